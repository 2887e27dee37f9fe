//! Stitching: the final form of an entity out of what was read and what the hub knows.
//!
//! All of it is done with text. Neither what goes in nor what comes out is ever a tree.

use std::borrow::Cow;
use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha1::{Digest, Sha1};
use uuid::Uuid;

use crate::{
    entity::{Entity, EntityError, Piece, Relation},
    members::{Member, members, unquoted, write_object, write_sorted_object},
    term::ambiguous_keys,
};

const ORPHAN_ANNOTATION: &str = "backstage.io/orphan";
/// Annotations that pages make links of.
const LINK_ANNOTATIONS: [&str; 2] = ["backstage.io/view-url", "backstage.io/edit-url"];
/// A link in place of one that would run a script, as JSON.
const REJECTED_LINK: &str = r#""https://backstage.io/annotation-rejected-for-security-reasons""#;

/// What the final form of an entity is made of.
#[derive(Clone, Debug)]
pub struct Stitch<'a> {
    /// The entity as it was read and validated.
    pub source: StitchSource<'a>,
    /// The stable identifier of its reference.
    pub uid: Uuid,
    /// Annotations that the hub sets, over those of the source.
    pub annotations: &'a [(&'a str, &'a str)],
    /// Its relations, sorted and without duplicates.
    pub relations: &'a [Relation],
    /// Problems of its processing.
    pub status: &'a [StatusItem],
    /// Whether nothing emits it any more.
    pub is_orphan: bool,
}

/// Where an entity stands as it was read and validated.
#[derive(Clone, Copy, Debug)]
pub enum StitchSource<'a> {
    /// In this JSON.
    Written(&'a str),
    /// In its final form, among what was filled in.
    Final {
        /// The final form.
        entity: &'a Entity,
        /// Whether the source gave the etag, and not the hub.
        has_own_etag: bool,
    },
}

/// A problem that is shown with an entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusItem {
    /// The part of the system that reports it.
    #[serde(rename = "type")]
    pub item_type: String,
    /// `error`, `warning` or `info`.
    pub level: String,
    /// The whole message, beginning with the name of the error.
    pub message: String,
    /// The error as its name and message.
    pub error: StatusError,
}

/// The error of a [`StatusItem`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusError {
    /// Its name, such as `InputError`.
    pub name: String,
    /// What it says.
    pub message: String,
}

/// Why an entity could not be stitched; the messages are those of the wire.
#[derive(Debug, thiserror::Error)]
pub enum StitchError {
    /// Two keys are the same to a search.
    #[error("Entity has duplicate keys that vary only in casing, '{}'", .0.join("', '"))]
    AmbiguousKeys(Vec<String>),
    /// What was read is no entity at all.
    #[error(transparent)]
    Form(#[from] EntityError),
}

impl StatusItem {
    /// An error of the catalog's own processing.
    pub fn processing_error(name: &str, message: &str) -> Self {
        Self {
            item_type: "backstage.io/catalog-processing".to_owned(),
            level: "error".to_owned(),
            message: format!("{name}: {message}"),
            error: StatusError {
                name: name.to_owned(),
                message: message.to_owned(),
            },
        }
    }
}

impl Stitch<'_> {
    /// Puts the final entity together.
    ///
    /// `metadata` comes first, in it what the hub fills in; relations and status come last.
    /// Without an etag of its own the entity gets a hash of its other content, so that equal
    /// content has an equal etag.
    ///
    /// # Errors
    ///
    /// [`StitchError`] when the entity has neither kind nor name.
    pub fn finish(self) -> Result<Entity, StitchError> {
        let mut source = members(self.source.json());
        let written = take(&mut source, "metadata");
        source.retain(|(name, _)| *name != "relations" && *name != "status");
        let metadata = Metadata::of(&self, members(written.unwrap_or_default()));
        let (metadata, has_own_etag) = (metadata.to_json(), metadata.has_own_etag);
        let status =
            (!self.status.is_empty()).then(|| json_of(&StatusItems { items: self.status }));
        let relations = json_of(self.relations);

        let mut root: Vec<Member<'_>> = Vec::with_capacity(source.len() + 3);
        root.push(("metadata", &metadata));
        root.append(&mut source);
        root.extend(status.as_deref().map(|status| ("status", status)));
        root.push(("relations", &relations));
        // What the hub gives does not count for the etag.
        let etag = (!has_own_etag).then(|| format!(r#","etag":"{}""#, hash(root.clone())));
        let open = metadata.strip_suffix('}').unwrap_or_default();
        let comma = if open.ends_with('{') { "" } else { "," };
        let etag = etag.unwrap_or_default();
        let metadata = format!(r#"{open}{comma}"uid":"{}"{etag}}}"#, self.uid);
        root[0].1 = &metadata;
        let size = root
            .iter()
            .map(|(name, value)| name.len() + value.len() + 4);
        let mut json = String::with_capacity(size.sum::<usize>() + 2);
        write_object(&root, &mut json);
        Ok(Entity::parse(json)?)
    }
}

impl<'a> StitchSource<'a> {
    fn json(self) -> &'a str {
        match self {
            Self::Written(json) => json,
            Self::Final { entity, .. } => entity.json(),
        }
    }
}

/// Whether every key of an entity means one thing to a search, as it was read and validated.
///
/// # Errors
///
/// [`StitchError::AmbiguousKeys`] when two keys differ only in case.
pub fn check_keys(entity: &Value) -> Result<(), StitchError> {
    match ambiguous_keys(entity) {
        ambiguous if ambiguous.is_empty() => Ok(()),
        ambiguous => Err(StitchError::AmbiguousKeys(ambiguous)),
    }
}

/// The members of `metadata`, without what the hub gives.
struct Metadata<'a> {
    is_namespace_filled_in: bool,
    annotations: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    has_own_etag: bool,
    /// The others, with an own etag in its place.
    rest: Vec<Member<'a>>,
}

impl<'a> Metadata<'a> {
    fn of(stitch: &Stitch<'a>, mut source: Vec<Member<'a>>) -> Self {
        let is_final = matches!(stitch.source, StitchSource::Final { .. });
        // One that the source gave stands behind the annotations, and each source has some: the hub
        // writes into it where it comes from.
        let default = json_of(callboard_policy::DEFAULT_NAMESPACE);
        if is_final && source.first() == Some(&("namespace", default.as_str())) {
            source.remove(0);
        }
        take(&mut source, "uid");
        let is_own = match stitch.source {
            StitchSource::Written(_) => true,
            StitchSource::Final { has_own_etag, .. } => has_own_etag,
        };
        let etag = source.iter().find(|(name, _)| *name == "etag");
        let has_own_etag = is_own && etag.is_some_and(|(_, etag)| etag.starts_with('"'));
        if !has_own_etag {
            take(&mut source, "etag");
        }
        let written = take(&mut source, "annotations");
        let mut written = members(written.unwrap_or_default());
        if is_final {
            take(&mut written, ORPHAN_ANNOTATION);
        }
        Self {
            is_namespace_filled_in: source.iter().all(|(name, _)| *name != "namespace"),
            annotations: final_annotations(stitch, written),
            has_own_etag,
            rest: source,
        }
    }

    fn to_json(&self) -> String {
        let namespace = json_of(callboard_policy::DEFAULT_NAMESPACE);
        let mut annotations = String::new();
        let mut all: Vec<Member<'_>> = Vec::with_capacity(self.rest.len() + 2);
        if self.is_namespace_filled_in {
            all.push(("namespace", &namespace));
        }
        if !self.annotations.is_empty() {
            let borrowed: Vec<Member<'_>> = self
                .annotations
                .iter()
                .map(|(key, value)| (&**key, &**value))
                .collect();
            write_object(&borrowed, &mut annotations);
            all.push(("annotations", &annotations));
        }
        all.extend(&self.rest);
        let mut json = String::new();
        write_object(&all, &mut json);
        json
    }
}

/// Annotations as JSON: those that the hub sets first, and over those that were written.
fn final_annotations<'a>(
    stitch: &Stitch<'a>,
    written: Vec<Member<'a>>,
) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
    let set = stitch.annotations.iter().map(|(key, value)| {
        let key = unquoted(&json_of(*key)).to_owned();
        (Cow::Owned(key), Cow::Owned(json_of(*value)))
    });
    let mut all: Vec<(Cow<'a, str>, Cow<'a, str>)> = set.collect();
    for (key, value) in written {
        if all.iter().all(|(known, _)| known != key) {
            all.push((Cow::Borrowed(key), Cow::Borrowed(value)));
        }
    }
    for (key, link) in &mut all {
        if LINK_ANNOTATIONS.contains(&&**key)
            && let Ok(text) = serde_json::from_str::<Piece<'_>>(link)
            && is_script(&text)
        {
            *link = Cow::Borrowed(REJECTED_LINK);
        }
    }
    if stitch.is_orphan {
        let is_other = |(key, _): &(Cow<'_, str>, Cow<'_, str>)| key != ORPHAN_ANNOTATION;
        all.retain(is_other);
        all.push((ORPHAN_ANNOTATION.into(), Cow::Borrowed(r#""true""#)));
    }
    all
}

/// Takes a member out, and gives its value.
fn take<'a>(members: &mut Vec<Member<'a>>, name: &str) -> Option<&'a str> {
    let at = members.iter().position(|(known, _)| *known == name)?;
    Some(members.remove(at).1)
}

/// Whether a browser would run a link instead of following it; white space in it counts for nothing.
fn is_script(link: &str) -> bool {
    let scheme: String = link
        .chars()
        .filter(|letter| !letter.is_whitespace() && !letter.is_control())
        .take("javascript:".len())
        .collect();
    scheme.eq_ignore_ascii_case("javascript:")
}

/// SHA-1 in hexadecimal over the JSON with its members sorted.
fn hash(root: Vec<Member<'_>>) -> String {
    let mut text = String::new();
    write_sorted_object(root, &mut text);
    let mut hex = String::with_capacity(40);
    for byte in Sha1::digest(&text) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[derive(Serialize)]
struct StatusItems<'a> {
    items: &'a [StatusItem],
}

fn json_of(value: &(impl Serialize + ?Sized)) -> String {
    // Neither texts nor lists of structs with texts can fail.
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stitch(written: &str) -> Stitch<'_> {
        Stitch {
            source: StitchSource::Written(written),
            uid: Uuid::nil(),
            annotations: &[],
            relations: &[],
            status: &[],
            is_orphan: false,
        }
    }

    #[test]
    fn members_stand_where_upstream_puts_them() {
        let relation = Relation {
            relation_type: "ownedBy".into(),
            target: "group:default/a".parse().unwrap(),
        };
        let written =
            r#"{"kind":"K","metadata":{"name":"n","annotations":{"b":"x","a":"old"}},"spec":{}}"#;
        let entity = Stitch {
            annotations: &[("a", "new")],
            relations: &[relation],
            status: &[StatusItem::processing_error("InputError", "no")],
            is_orphan: true,
            ..stitch(written)
        };

        let text = entity.finish().unwrap().json().to_owned();

        let etag = text
            .split("\"etag\":\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        assert_eq!(
            text,
            format!(
                concat!(
                    r#"{{"metadata":{{"namespace":"default","annotations":{{"a":"new","b":"x","backstage.io/orphan":"true"}},"#,
                    r#""name":"n","uid":"00000000-0000-0000-0000-000000000000","etag":"{}"}},"kind":"K","spec":{{}},"#,
                    r#""status":{{"items":[{{"type":"backstage.io/catalog-processing","level":"error","message":"InputError: no","#,
                    r#""error":{{"name":"InputError","message":"no"}}}}]}},"#,
                    r#""relations":[{{"type":"ownedBy","targetRef":"group:default/a"}}]}}"#
                ),
                etag
            )
        );
    }

    #[test]
    fn the_etag_follows_the_content_and_not_its_order() {
        let etag = |entity: Value| {
            let entity = stitch(&entity.to_string()).finish().unwrap();
            entity.etag().unwrap().to_owned()
        };

        let first = etag(json!({"kind": "K", "metadata": {"name": "n"}, "spec": {"a": 1, "b": 2}}));

        assert_eq!(first.len(), 40);
        assert_eq!(
            first,
            etag(json!({"metadata": {"name": "n"}, "spec": {"b": 2, "a": 1}, "kind": "K"}))
        );
        assert_ne!(
            first,
            etag(json!({"kind": "K", "metadata": {"name": "n"}, "spec": {"a": 1, "b": 3}}))
        );
        assert_eq!(
            etag(json!({"kind": "K", "metadata": {"name": "n", "etag": "own"}})),
            "own"
        );
    }

    #[test]
    fn an_entity_gives_back_what_it_was_stitched_from() {
        for source in [
            json!({"kind": "K", "metadata": {"name": "n"}, "spec": {"b": 1, "a": 2}}),
            json!({"kind": "K", "metadata": {"namespace": "default", "name": "n", "annotations": {"x": "y"}}}),
            json!({"apiVersion": "v", "kind": "K", "metadata": {"name": "n", "namespace": "other", "uid": "own"}}),
        ] {
            let written = source.to_string();
            let whole = Stitch {
                status: &[StatusItem::processing_error("Error", "no")],
                is_orphan: true,
                ..stitch(&written)
            };
            let plain = stitch(&written).finish().unwrap();

            let again = Stitch {
                source: StitchSource::Final {
                    entity: &whole.finish().unwrap(),
                    has_own_etag: false,
                },
                ..stitch("")
            };

            assert_eq!(again.finish().unwrap().json(), plain.json());
        }
    }

    #[test]
    fn links_that_run_scripts_are_replaced() {
        let links = json!({"backstage.io/view-url": " JavaScript:alert(1)", "backstage.io/edit-url": "https://a"});
        let written = json!({"kind": "K", "metadata": {"name": "n", "annotations": links}});

        let entity = stitch(&written.to_string()).finish().unwrap();

        let link = |key| entity.annotation(key).unwrap().into_owned();
        assert_eq!(
            link("backstage.io/view-url"),
            REJECTED_LINK.trim_matches('"')
        );
        assert_eq!(link("backstage.io/edit-url"), "https://a");
    }

    #[test]
    fn keys_that_differ_only_in_case_are_refused() {
        let error = check_keys(
            &json!({"kind": "K", "metadata": {"name": "n"}, "spec": {"foo": 1, "Foo": 2}}),
        );

        assert_eq!(
            error.unwrap_err().to_string(),
            "Entity has duplicate keys that vary only in casing, 'spec.foo'"
        );
    }
}
