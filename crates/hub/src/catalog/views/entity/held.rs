//! The roles that a user holds or a group gives, for those who may read roles.

use crate::catalog::views::request::EntityRequest;
use crate::rbac::Holding;
use crate::ui::entity::{RefLink, Sight};
use crate::ui::{Question, Texts, query_value};
use callboard_catalog::EntityRef;
use callboard_policy::How;
use smol_str::SmolStr;

/// The roles, with the ways to them.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct HeldCard {
    pub(in crate::catalog::views) rows: Vec<HeldRow>,
    /// Whether there are no other roles than these.
    pub(in crate::catalog::views) is_whole: bool,
    pub(in crate::catalog::views) is_super_user: bool,
    /// The access review of this user or group alone.
    pub(in crate::catalog::views) review: String,
    /// The permission tester, asked about the user; a group asks for nothing.
    pub(in crate::catalog::views) tester: Option<String>,
}

/// A role.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct HeldRow {
    /// As its page is headed.
    pub(in crate::catalog::views) role: String,
    pub(in crate::catalog::views) href: String,
    pub(in crate::catalog::views) ways: Vec<HeldWay>,
}

/// One way in which a role is given.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct HeldWay {
    /// How, as the first words.
    pub(in crate::catalog::views) words: String,
    /// The groups on the way, from the nearest one up; `None` stands for one that the reader may
    /// not know of.
    pub(in crate::catalog::views) steps: Vec<Option<RefLink>>,
}

impl HeldCard {
    /// The card of the entity that is asked for; absent for a reader who may read no role.
    pub(super) fn of(request: &EntityRequest) -> Option<HeldCard> {
        let (app, sight) = (request.app(), &request.sight);
        let entity_ref = request.entity.entity_ref();
        let reader = &request.page.viewer.principal;
        let held = app.rbac().holdings(app, reader, entity_ref)?;
        let is_user = entity_ref.kind() == "user";
        let by = if is_user { "person" } else { "group" };
        Some(HeldCard {
            rows: held.roles.iter().map(|role| row(sight, role)).collect(),
            is_whole: held.is_whole,
            is_super_user: held.is_super_user,
            review: format!(
                "/rbac/review?by={by}&who={}",
                query_value(entity_ref.as_str())
            ),
            tester: is_user.then(|| {
                let question = Question {
                    user: Some(entity_ref.as_str()),
                    ..Question::default()
                };
                question.href()
            }),
        })
    }
}

fn row(sight: &Sight, held: &Holding) -> HeldRow {
    let ways = held.ways.iter();
    HeldRow {
        role: held.role.to_string(),
        href: held.href.clone(),
        ways: ways.map(|(how, via)| way(sight, *how, via)).collect(),
    }
}

fn way(sight: &Sight, how: How, via: &[SmolStr]) -> HeldWay {
    let steps = via.iter().map(|step| {
        let group = EntityRef::parse(step).ok()?;
        sight.knows(&group).then(|| RefLink::new(sight, &group))
    });
    HeldWay {
        words: words(&sight.t, how, via.is_empty()),
        steps: steps.collect(),
    }
}

fn words(t: &Texts, how: How, is_direct: bool) -> String {
    let name = match how {
        How::Default => "entity-held-by-everybody",
        How::Member if is_direct => "entity-held-directly",
        How::Member => "entity-held-through",
        How::Ownership => "entity-held-by-token",
    };
    t.say(name).to_string()
}
