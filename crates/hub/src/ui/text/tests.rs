//! What texts say, and that every page finds its own in every language.

use super::*;
use crate::auth::test::{ManualClock, hub};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn texts(source: &'static str) -> Texts {
    Dictionary::new(&[(Language::English, source)]).texts(Language::English)
}

#[test]
fn a_text_is_given_numbers_and_words() {
    let t = texts(
        "rows = { $n ->\n  [one] { $n } row of { $table }\n *[other] { $n } rows of { $table }\n }",
    );

    let say = |n: usize| {
        t.say("rows")
            .with("n", n)
            .with("table", "<roles>")
            .to_string()
    };

    assert_eq!(say(1), "1 row of <roles>");
    assert_eq!(say(3), "3 rows of <roles>");
}

#[test]
fn markup_comes_from_us_only() {
    let t = texts("door = Need <{ $permission }>? Ask { $contact } & wait.");

    let door = t
        .rich("door")
        .code("permission", "a<b>")
        .link("contact", "/x?a=1&b=\"", "O'Hara")
        .to_string();

    assert_eq!(
        door,
        "Need &lt;<code>a&lt;b&gt;</code>&gt;? Ask <a href=\"/x?a=1&amp;b=&quot;\">O&#39;Hara</a> &amp; wait."
    );
}

#[test]
fn english_says_what_another_language_does_not() {
    let sources = [
        (Language::English, "here = Here\nthere = There"),
        (Language::German, "here = Hier"),
    ];
    let t = Dictionary::new(&sources).texts(Language::German);

    assert_eq!(t.say("here").to_string(), "Hier");
    assert_eq!(t.say("there").to_string(), "There");
}

/// The values that a pattern names.
fn variables(pattern: &Pattern<&str>, found: &mut BTreeSet<String>) {
    fn inline(expression: &InlineExpression<&str>, found: &mut BTreeSet<String>) {
        match expression {
            InlineExpression::VariableReference { id } => {
                found.insert(id.name.to_owned());
            }
            InlineExpression::Placeable { expression } => nested(expression, found),
            _ => {}
        }
    }
    fn nested(expression: &Expression<&str>, found: &mut BTreeSet<String>) {
        match expression {
            Expression::Inline(expression) => inline(expression, found),
            Expression::Select { selector, variants } => {
                inline(selector, found);
                for variant in variants {
                    variables(&variant.value, found);
                }
            }
        }
    }
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            nested(expression, found);
        }
    }
}

/// Each text of a language with the values that it names.
async fn said_in(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let hub = hub(&ManualClock::default(), json!({})).await;
    let sources = hub.app().dictionary().sources.clone();
    let mut said = BTreeMap::new();
    for (_, source) in sources.iter().filter(|(of, _)| *of == language) {
        let resource = parser::parse(*source).unwrap_or_else(|(_, errors)| panic!("{errors:?}"));
        for entry in resource.body {
            let Entry::Message(message) = entry else {
                continue;
            };
            let attributes = message.attributes.iter().map(|attribute| {
                (
                    format!("{}.{}", message.id.name, attribute.id.name),
                    &attribute.value,
                )
            });
            let own = message
                .value
                .iter()
                .map(|value| (message.id.name.to_owned(), value));
            for (name, pattern) in own.chain(attributes) {
                let mut named = BTreeSet::new();
                variables(pattern, &mut named);
                assert!(
                    said.insert(name.clone(), named).is_none(),
                    "`{name}` is there twice"
                );
            }
        }
    }
    said
}

#[tokio::test]
async fn every_language_says_the_same() {
    let english = said_in(Language::English).await;
    for language in Language::ALL {
        let other = said_in(language).await;
        let missing: Vec<_> = english
            .keys()
            .filter(|name| !other.contains_key(*name))
            .collect();
        let more: Vec<_> = other
            .keys()
            .filter(|name| !english.contains_key(*name))
            .collect();
        assert!(
            missing.is_empty() && more.is_empty(),
            "{language:?} lacks {missing:?}, has {more:?}"
        );
        for (name, values) in &english {
            assert_eq!(values, &other[name], "{language:?}: `{name}`");
        }
    }
}

/// The text of every template and source file below `folder`.
fn files(folder: &Path, found: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.extension().and_then(|kind| kind.to_str());
        if path.is_dir() {
            files(&path, found);
        } else if matches!(kind, Some("html" | "rs")) {
            found.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[tokio::test]
async fn every_text_that_pages_ask_for_is_there_and_no_other() {
    let mut source = String::new();
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut source,
    );
    let english = said_in(Language::English).await;

    let unused: Vec<_> = english
        .keys()
        .filter(|name| !source.contains(&format!("\"{name}\"")))
        .collect();
    // The examples of this file are no texts of pages.
    let own = ["rows", "door", "here", "there", "catalog-clear"];
    let asked = ["say(\"", "rich(\""]
        .into_iter()
        .flat_map(|call| source.split(call).skip(1));
    let missing: BTreeSet<_> = asked
        .filter_map(|rest| rest.split('"').next())
        .filter(|name| !english.contains_key(*name) && !own.contains(name))
        .collect();

    assert!(unused.is_empty(), "nobody says {unused:?}");
    assert!(missing.is_empty(), "there is no {missing:?}");
}
