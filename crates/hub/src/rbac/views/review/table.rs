//! The table of a review: a matrix, or a list with the way to each answer.

use super::cell::{self, Mark};
use super::query::{ROWS, ReviewQuery};
use super::subject::{Subject, subjects};
use crate::app::App;
use crate::rbac::owner::Visible;
use crate::rbac::review::{self, By, Cell, Review, Way};
use crate::rbac::views::address;
use crate::ui::entity::Sight;
use crate::ui::{Question, Texts};
use callboard_policy::Permission;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// What the page shows.
pub(super) struct Table {
    pub(super) t: Texts,
    pub(super) query: ReviewQuery,
    /// Every permission, for the form.
    pub(super) permissions: Vec<String>,
    /// Every plugin, for the form.
    pub(super) plugins: Vec<String>,
    /// The sources of roles, for the form.
    pub(super) sources: Vec<String>,
    pub(super) content: Content,
    /// How many rows there are on all pages.
    pub(super) total: usize,
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
    pub(super) revision: u64,
}

pub(super) enum Content {
    Matrix {
        columns: Vec<Column>,
        rows: Vec<Row>,
    },
    /// One permission, or one subject: a line for each answer.
    Ways(Vec<WayRow>),
}

pub(super) struct Column {
    pub(super) name: String,
    /// The review of this permission.
    pub(super) href: String,
}

pub(super) struct Row {
    pub(super) subject: Subject,
    /// The review of this one.
    pub(super) href: String,
    pub(super) cells: Vec<LinkedMark>,
}

pub(super) struct LinkedMark {
    pub(super) mark: Mark,
    /// The trace.
    pub(super) href: String,
}

pub(super) struct WayRow {
    /// Whom or what the line is about.
    pub(super) label: String,
    pub(super) subject: Option<Subject>,
    pub(super) mark: Mark,
    pub(super) role: Option<String>,
    pub(super) role_href: Option<String>,
    pub(super) path: String,
    pub(super) place: String,
    pub(super) href: String,
}

impl Table {
    pub(super) fn of(app: &App, sight: &Sight, visible: &Visible, query: ReviewQuery) -> Table {
        let t = sight.t.clone();
        let all = review::permissions(app, visible);
        let columns = columns(app, &all, &query);
        let everybody = subjects(app, sight, visible, &query);
        let reference = |subject: &Subject| subject.reference.clone();
        let sources = sources(app, visible);
        let mut table = Table {
            permissions: all.iter().map(|one| one.name().to_owned()).collect(),
            plugins: plugins(app, &all),
            sources,
            content: Content::Ways(Vec::new()),
            total: 0,
            first: 0,
            last: 0,
            previous: None,
            next: None,
            revision: app.permission().snapshot().revision(),
            t,
            query,
        };
        let is_one = !table.query.who.is_empty();
        let is_of_one_permission = !table.query.permission.is_empty() && !is_one;
        // What is left out for its answers has to be asked before it is known what a page holds.
        let chosen = if is_of_one_permission || table.query.only_conditional {
            let references: Vec<SmolStr> = everybody.iter().map(reference).collect();
            let review = Review::of(app, visible, table.query.by, &references);
            let is_wanted = |at: usize| {
                columns
                    .iter()
                    .any(|permission| match review.cell(at, permission) {
                        Cell::Conditional(_) => true,
                        Cell::Allow | Cell::Deny => !table.query.only_conditional,
                        Cell::Nothing => false,
                    })
            };
            let wanted = everybody.into_iter().enumerate();
            wanted
                .filter(|(at, _)| is_wanted(*at))
                .map(|(_, subject)| subject)
                .collect()
        } else {
            everybody
        };
        let shown = table.turn_to_page(chosen);
        let references: Vec<SmolStr> = shown.iter().map(reference).collect();
        let review = Review::of(app, visible, table.query.by, &references);
        table.content = if is_one {
            table.of_one(&review, &columns, shown.first())
        } else if is_of_one_permission {
            table.of_permission(&review, &columns, &shown)
        } else {
            table.matrix(&review, &columns, shown)
        };
        table
    }

    /// The subjects of the page, of all that were chosen.
    fn turn_to_page(&mut self, chosen: Vec<Subject>) -> Vec<Subject> {
        self.total = chosen.len();
        let last_page = self.total.saturating_sub(1) / ROWS;
        self.query.page = self.query.page.min(last_page);
        let skip = self.query.page * ROWS;
        let shown: Vec<_> = chosen.into_iter().skip(skip).take(ROWS).collect();
        self.first = if shown.is_empty() { 0 } else { skip + 1 };
        self.last = skip + shown.len();
        let page = self.query.page;
        let turn = |page: usize| self.query.on_page(page).href();
        self.previous = page.checked_sub(1).map(turn);
        self.next = (page < last_page).then(|| turn(page + 1));
        shown
    }

    fn matrix(&self, review: &Review, columns: &[Permission], shown: Vec<Subject>) -> Content {
        let row = |(at, subject): (usize, Subject)| Row {
            href: self.review_of(&subject),
            cells: columns
                .iter()
                .map(|permission| LinkedMark {
                    mark: Mark::new(&self.t, review.cell(at, permission)),
                    href: self.trace(&subject, permission),
                })
                .collect(),
            subject,
        };
        let column = |permission: &Permission| Column {
            name: permission.name().to_owned(),
            href: ReviewQuery {
                permission: permission.name().to_owned(),
                page: 0,
                ..self.query.clone()
            }
            .href(),
        };
        Content::Matrix {
            columns: columns.iter().map(column).collect(),
            rows: shown.into_iter().enumerate().map(row).collect(),
        }
    }

    fn of_permission(&self, review: &Review, columns: &[Permission], shown: &[Subject]) -> Content {
        let Some(permission) = columns.first() else {
            return Content::Ways(Vec::new());
        };
        let row = |(at, subject): (usize, &Subject)| {
            let way = review.way(at, permission)?;
            let href = self.trace(subject, permission);
            Some(self.way_row(subject.label.clone(), Some(subject.clone()), &way, href))
        };
        Content::Ways(shown.iter().enumerate().filter_map(row).collect())
    }

    fn of_one(
        &self,
        review: &Review,
        columns: &[Permission],
        subject: Option<&Subject>,
    ) -> Content {
        let Some(subject) = subject else {
            return Content::Ways(Vec::new());
        };
        let row = |permission: &Permission| {
            let way = review.way(0, permission)?;
            let is_wanted = match way.cell {
                Cell::Conditional(_) => true,
                Cell::Allow | Cell::Deny => !self.query.only_conditional,
                Cell::Nothing => false,
            };
            let href = self.trace(subject, permission);
            is_wanted.then(|| self.way_row(permission.name().to_owned(), None, &way, href))
        };
        Content::Ways(columns.iter().filter_map(row).collect())
    }

    fn way_row(&self, label: String, subject: Option<Subject>, way: &Way, href: String) -> WayRow {
        let role = way.role.as_deref();
        // Of a role itself there is nothing to say how it is held.
        let path = if self.query.by == By::Role {
            String::new()
        } else {
            cell::path(&self.t, way)
        };
        let place = way.place.as_deref().unwrap_or_default();
        WayRow {
            mark: Mark::new(&self.t, way.cell),
            role: role.map(|role| {
                role.strip_prefix("role:default/")
                    .unwrap_or(role)
                    .to_owned()
            }),
            role_href: role
                .filter(|role| role.starts_with("role:"))
                .map(address::overview),
            place: match way.condition {
                Some(id) => self
                    .t
                    .say("review-condition")
                    .with("id", id.to_string())
                    .to_string(),
                None => place.rsplit('/').next().unwrap_or(place).to_owned(),
            },
            path,
            label,
            subject,
            href,
        }
    }

    /// The review of one row.
    fn review_of(&self, subject: &Subject) -> String {
        ReviewQuery {
            by: self.query.by,
            who: subject.reference.to_string(),
            ..ReviewQuery::default()
        }
        .href()
    }

    /// Where it is told how an answer came about: for people the tester, for a role its page, for
    /// a group its people.
    fn trace(&self, subject: &Subject, permission: &Permission) -> String {
        match self.query.by {
            By::Person => Question {
                user: Some(&subject.reference),
                permission: permission.name(),
                ..Question::default()
            }
            .href(),
            By::Role => address::overview(&subject.reference),
            By::Group => ReviewQuery {
                by: By::Person,
                permission: permission.name().to_owned(),
                group: subject.reference.to_string(),
                ..ReviewQuery::default()
            }
            .href(),
        }
    }

    pub(super) fn csv_href(&self) -> String {
        format!("/rbac/review.csv?{}", self.query.on_page(0).pairs())
    }

    pub(super) fn href_by_role(&self) -> String {
        self.query.by(By::Role).href()
    }

    pub(super) fn href_by_person(&self) -> String {
        self.query.by(By::Person).href()
    }

    pub(super) fn href_by_group(&self) -> String {
        self.query.by(By::Group).href()
    }
}

/// The permissions of the table.
pub(super) fn columns(app: &App, all: &[Permission], query: &ReviewQuery) -> Vec<Permission> {
    let is_shown = |permission: &&Permission| {
        let is_named = query.permission.is_empty() || permission.name() == query.permission;
        let is_of_plugin = query.plugin.is_empty() || plugin_of(app, permission) == query.plugin;
        is_named && is_of_plugin
    };
    all.iter().filter(is_shown).cloned().collect()
}

/// The plugin that declares a permission; of one that only policies name, its first word.
fn plugin_of(app: &App, permission: &Permission) -> String {
    let mut plugins = app.plugin_permissions().iter();
    let declaring = plugins.find(|plugin| {
        let mut names = plugin.permissions.iter().map(Permission::name);
        names.any(|name| name == permission.name())
    });
    match declaring {
        Some(plugin) => plugin.plugin.to_owned(),
        None => permission
            .name()
            .split('.')
            .next()
            .unwrap_or_default()
            .to_owned(),
    }
}

fn plugins(app: &App, all: &[Permission]) -> Vec<String> {
    let plugins: BTreeSet<_> = all.iter().map(|one| plugin_of(app, one)).collect();
    plugins.into_iter().collect()
}

fn sources(app: &App, visible: &Visible) -> Vec<String> {
    let state = app.rbac().state();
    let seen = state.roles.values().filter(|one| visible.includes(one));
    let sources: BTreeSet<_> = seen.map(|one| one.source.to_string()).collect();
    sources.into_iter().collect()
}
