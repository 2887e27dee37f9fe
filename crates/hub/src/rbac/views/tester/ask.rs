//! The question as the address has it, and the form that asks it.

use super::PATH;
use super::pick::{self, Choice};
use crate::error::Error;
use crate::rbac::explain::ExplainRequest;
use crate::ui::PageRequest;
use crate::ui::entity::Sight;
use callboard_policy::{Action, EntityRef};
use url::form_urlencoded;

/// A question as it was written; what was left open is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Asked {
    pub(super) user: String,
    pub(super) permission: String,
    pub(super) action: String,
    pub(super) resource: String,
}

impl Asked {
    /// Reads the query part of an address; what it does not know it ignores.
    pub(super) fn parse(query: &str) -> Asked {
        let mut asked = Asked::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let field = match &*name {
                "user" => &mut asked.user,
                "permission" => &mut asked.permission,
                "action" => &mut asked.action,
                // As the REST interface has it.
                "resource" | "resourceRef" => &mut asked.resource,
                _ => continue,
            };
            value.trim().clone_into(field);
        }
        if !asked.user.is_empty()
            && let Ok(user) = EntityRef::parse_with(&asked.user, Some("user"), "default")
        {
            asked.user = user.to_string();
        }
        asked
    }

    /// The address of the question.
    pub(super) fn href(&self) -> String {
        let query = self.pairs("resource");
        if query.is_empty() {
            PATH.to_owned()
        } else {
            format!("{PATH}?{query}")
        }
    }

    /// The address of the same question about another user.
    pub(super) fn about(&self, user: &str) -> String {
        let user = user.to_owned();
        Asked {
            user,
            ..self.clone()
        }
        .href()
    }

    /// The same question as a query of the REST interface.
    pub(super) fn api_query(&self) -> String {
        self.pairs("resourceRef")
    }

    fn pairs(&self, resource: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let pairs = [
            ("user", &self.user),
            ("permission", &self.permission),
            ("action", &self.action),
            (resource, &self.resource),
        ];
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.finish()
    }

    /// Whether it is about `user`, who is meant where nobody is named.
    pub(super) fn is_about(&self, user: &str) -> bool {
        self.user.is_empty() || self.user == user
    }

    /// The question as it is answered, to `viewer`.
    pub(super) fn to_request(&self, viewer: &str) -> ExplainRequest {
        let given = |text: &String| (!text.is_empty()).then(|| text.clone());
        ExplainRequest {
            user: given(&self.user).or_else(|| Some(viewer.to_owned())),
            permission: self.permission.clone(),
            action: given(&self.action),
            resource_ref: given(&self.resource),
        }
    }
}

/// The form, filled in.
pub(super) struct Form {
    pub(super) asked: Asked,
    /// Whether it may be asked about others.
    pub(super) is_reader: bool,
    /// Whom it is about.
    pub(super) user: String,
    pub(super) people: Vec<Choice>,
    pub(super) permissions: Vec<Choice>,
    pub(super) resources: Vec<Choice>,
    pub(super) actions: [Action; 5],
}

impl Form {
    pub(super) fn of(request: &PageRequest, asked: Asked, is_reader: bool) -> Result<Form, Error> {
        let PageRequest { app, viewer, .. } = request;
        let sight = Sight::of(app, &viewer.principal, request.texts())?;
        let user = if asked.user.is_empty() {
            viewer.user.entity_ref.to_string()
        } else {
            asked.user.clone()
        };
        Ok(Form {
            user,
            people: if is_reader {
                pick::people_like(&sight, "")
            } else {
                Vec::new()
            },
            permissions: pick::permissions_like(request, ""),
            resources: pick::resources_like(request, &sight, &asked.permission, ""),
            actions: Action::ALL,
            is_reader,
            asked,
        })
    }

    pub(super) fn is_action(&self, action: &Action) -> bool {
        self.asked.action == action.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_survives_its_address() {
        let asked =
            Asked::parse("user=tom&permission=catalog.entity.read&resourceRef=api%3Ax+y&a=b");

        assert_eq!(asked.user, "user:default/tom");
        assert_eq!(asked.resource, "api:x y");
        let (_, query) = asked
            .href()
            .split_once('?')
            .map(|(p, q)| (p.to_owned(), q.to_owned()))
            .unwrap();
        assert_eq!(Asked::parse(&query), asked);
        assert_eq!(Asked::default().href(), PATH);
    }

    #[test]
    fn what_is_no_reference_stays_as_it_was_written() {
        assert_eq!(Asked::parse("user=user:default/").user, "user:default/");
    }
}
