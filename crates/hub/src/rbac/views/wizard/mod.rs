//! The wizard in which roles are created and edited, with the builder of conditions.
//!
//! A [`draft`] waits in the database while its author goes from step to step ([`store`]). Each form
//! gives it fields ([`input`]) and a button ([`op`], [`press`]); what is wrong with it is worked out
//! anew each time ([`fault`]), and so is the page ([`draw`]). [`writing`] is one request for it, and
//! [`save`] stores it.

mod as_text;
mod asked;
mod choice;
mod consequence;
mod content;
mod difference;
mod draft;
mod draw;
mod fault;
mod input;
mod json;
mod member;
mod node;
mod node_view;
mod op;
mod page;
mod press;
mod preview;
mod reach;
mod route;
mod save;
mod step;
mod store;
mod suggestion;
mod tree;
mod writing;

use super::address::CREATE;
use crate::feature::Registrar;
use crate::ui::Language;
use axum::Router;
use axum::routing::get;
use route::{members, post_edit, post_new, show_edit, show_new, suggestions};

/// Declares the pages and their words.
pub(super) fn register(hub: &mut Registrar) {
    hub.texts(&[
        (Language::English, include_str!("../../texts/wizard.en.ftl")),
        (Language::German, include_str!("../../texts/wizard.de.ftl")),
    ]);
    hub.pages(
        Router::new()
            .route(CREATE, get(show_new).post(post_new))
            .route(
                "/rbac/role/{kind}/{namespace}/{name}",
                get(show_edit).post(post_edit),
            )
            .route("/rbac/members", get(members))
            .route("/rbac/suggestions", get(suggestions)),
    );
}
