//! Names and texts.

use super::Kind;
use super::random::Random;

/// The stream of names; a name is asked for without the rest of its entity.
const NAMES: u64 = 100;

const SUBJECTS: [&str; 40] = [
    "account",
    "audit",
    "basket",
    "billing",
    "booking",
    "calendar",
    "campaign",
    "catalogue",
    "checkout",
    "consent",
    "contract",
    "customer",
    "delivery",
    "discount",
    "document",
    "export",
    "feedback",
    "fraud",
    "gift",
    "identity",
    "inventory",
    "invoice",
    "ledger",
    "loyalty",
    "mail",
    "media",
    "notification",
    "order",
    "partner",
    "payment",
    "price",
    "profile",
    "refund",
    "report",
    "seat",
    "shipment",
    "stock",
    "survey",
    "ticket",
    "voucher",
];

const ROLES: [&str; 16] = [
    "adapter",
    "archive",
    "backend",
    "broker",
    "console",
    "engine",
    "frontend",
    "gateway",
    "importer",
    "index",
    "planner",
    "router",
    "scheduler",
    "store",
    "sync",
    "worker",
];

const NAMESPACES: [&str; 7] = [
    "commerce",
    "data",
    "edge",
    "finance",
    "logistics",
    "marketing",
    "platform",
];

const WORDS: [&str; 64] = [
    "accepts",
    "after",
    "agreed",
    "all",
    "and",
    "answers",
    "asks",
    "batches",
    "before",
    "between",
    "branches",
    "cached",
    "changes",
    "checks",
    "collects",
    "copies",
    "daily",
    "deadline",
    "each",
    "every",
    "events",
    "fails",
    "files",
    "follows",
    "for",
    "from",
    "gives",
    "hourly",
    "incoming",
    "into",
    "keeps",
    "known",
    "late",
    "limits",
    "lists",
    "merges",
    "messages",
    "missing",
    "moves",
    "nightly",
    "once",
    "outgoing",
    "over",
    "pages",
    "partners",
    "prices",
    "publishes",
    "queue",
    "reads",
    "records",
    "regions",
    "retries",
    "schedule",
    "sends",
    "shops",
    "slowly",
    "stores",
    "summaries",
    "teams",
    "to",
    "until",
    "users",
    "when",
    "with",
];

/// The name of an entity by its place among those of its kind.
pub(super) fn name(kind: Kind, index: usize) -> String {
    let mut random = Random::of(NAMES + kind as u64, index);
    let subject = random.pick(&SUBJECTS);
    match kind {
        Kind::Domain => format!("{subject}-{index}"),
        Kind::System => format!("{subject}-system-{index}"),
        Kind::Group => format!("team-{subject}-{index}"),
        Kind::User => format!("user-{index:06}"),
        Kind::Resource => format!(
            "{subject}-{}-{index}",
            random.pick(&["bucket", "db", "queue"])
        ),
        Kind::Api => format!("{subject}-api-{index}"),
        Kind::Component => format!("{subject}-{}-{index}", random.pick(&ROLES)),
    }
}

/// The namespace of an entity; people and structure have the default one.
pub(super) fn namespace(kind: Kind, index: usize) -> &'static str {
    let mut random = Random::of(2 * NAMES + kind as u64, index);
    match kind {
        Kind::Domain | Kind::System | Kind::Group | Kind::User => "default",
        Kind::Resource | Kind::Api | Kind::Component if random.chance(80) => "default",
        Kind::Resource | Kind::Api | Kind::Component => random.pick(&NAMESPACES),
    }
}

/// The whole reference of an entity.
pub(super) fn reference(kind: Kind, index: usize) -> String {
    let word = match kind {
        Kind::Domain => "domain",
        Kind::System => "system",
        Kind::Group => "group",
        Kind::User => "user",
        Kind::Resource => "resource",
        Kind::Api => "api",
        Kind::Component => "component",
    };
    format!("{word}:{}/{}", namespace(kind, index), name(kind, index))
}

/// Words of a title.
pub(super) fn title(random: &mut Random) -> String {
    let (subject, role) = (random.pick(&SUBJECTS), random.pick(&ROLES));
    capitalised(&format!("{subject} {role}"))
}

/// So many words that begin and end as a sentence does.
pub(super) fn sentence(random: &mut Random, words: usize) -> String {
    capitalised(&text(random, words)) + "."
}

fn capitalised(text: &str) -> String {
    let (first, rest) = text.split_at(1);
    first.to_ascii_uppercase() + rest
}

/// So many words.
pub(super) fn text(random: &mut Random, words: usize) -> String {
    let words: Vec<&str> = (0..words)
        .map(|_| {
            if random.chance(15) {
                random.pick(&SUBJECTS)
            } else {
                random.pick(&WORDS)
            }
        })
        .collect();
    words.join(" ")
}
