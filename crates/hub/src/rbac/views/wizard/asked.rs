//! What the query of an address says.

use super::step::Step;
use crate::ui::query_value;
use url::form_urlencoded;

/// What the query of an address says.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    pub(super) step: Option<Step>,
    pub(super) active: Option<String>,
    /// What was looked for among users and groups.
    pub(super) text: String,
    /// Which of the chosen members are shown.
    pub(super) filter: String,
    /// Which page of them, from 1.
    pub(super) page: usize,
    /// The role that a new one begins as, until its draft is kept.
    pub(super) copy: Option<String>,
}

impl Asked {
    pub(super) fn new(query: &str) -> Asked {
        let mut asked = Asked::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "step" => asked.step = Step::parse(&value),
                "activeStep" => asked.active = Some(value.into_owned()),
                "q" => asked.text = value.into_owned(),
                "filter" => asked.filter = value.into_owned(),
                "page" => asked.page = value.parse().unwrap_or_default(),
                "copy" => asked.copy = Some(value.into_owned()),
                _ => {}
            }
        }
        asked
    }

    pub(super) fn step(&self) -> Step {
        let active = self.active.as_deref().and_then(Step::from_active);
        self.step.or(active).unwrap_or(Step::Words)
    }

    /// The address of a step on the page at `path`.
    pub(super) fn href(&self, path: &str, step: Step) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(active) = &self.active {
            query.append_pair("activeStep", active);
        }
        query.append_pair("step", &step.number().to_string());
        if step == Step::Members {
            if !self.filter.is_empty() {
                query.append_pair("filter", &self.filter);
            }
            if self.page > 1 {
                query.append_pair("page", &self.page.to_string());
            }
        }
        format!("{path}?{}", query.finish())
    }

    /// Where the form of a step on the page at `path` is sent.
    pub(super) fn form(&self, path: &str, step: Step) -> String {
        let href = self.href(path, step);
        match &self.copy {
            Some(role) => format!("{href}&copy={}", query_value(role)),
            None => href,
        }
    }

    /// The same at another page of the members.
    pub(super) fn at_page(&self, page: usize) -> Asked {
        Asked {
            page,
            ..self.clone()
        }
    }
}
