//! The checks by name.

use std::fmt;

use crate::Severity;

/// How much a remark matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Something is probably not as meant.
    Warning,
    /// It is refused, or can never work.
    Error,
}

impl Level {
    /// The level's name in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Declares the checks, each with its id, its level and what it finds.
macro_rules! lints {
    ($($variant:ident, $id:literal, $level:ident, $finds:literal;)*) => {
        /// A check of policy files.
        ///
        /// Some look at declared permissions, rules or the catalog; those are run by whoever
        /// has them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Lint {
            $(#[doc = $finds] $variant,)*
        }

        impl Lint {
            /// Every check, in the order of the manual.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The check's name, which never changes: `policy/duplicate`.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// How much it matters.
            pub fn level(self) -> Level {
                match self { $(Self::$variant => Level::$level,)* }
            }

            /// What it finds, in one sentence.
            pub fn finds(self) -> &'static str {
                match self { $(Self::$variant => $finds,)* }
            }
        }
    };
}

lints! {
    PolicySyntax, "policy/syntax", Error, "A line is no list of fields.";
    PolicyUnknownRow, "policy/unknown-row", Error, "A line is neither a `p` nor a `g` row and is passed over.";
    PolicySubject, "policy/subject", Error, "The subject of a policy is no full reference.";
    PolicyFields, "policy/fields", Error, "A field of a policy is missing, superfluous or holds quotes.";
    PolicyAction, "policy/action", Error, "The action of a policy is none.";
    PolicyEffect, "policy/effect", Error, "The effect of a policy is neither `allow` nor `deny`.";
    PolicyDuplicate, "policy/duplicate", Error, "A policy stands more than once, and no copy counts.";
    PolicyContradiction, "policy/contradiction", Error,
        "A policy stands with `allow` and with `deny`, and neither counts.";
    PolicySource, "policy/source", Error, "A policy is about a role that the configuration owns.";
    PolicyRetired, "policy/retired", Warning, "A policy names the resource type that `policy.entity.create` once had.";
    PolicyDirectSubject, "policy/direct-subject", Warning,
        "A policy is about a user or a group, and counts only for people without any role.";
    PolicyUnknownPermission, "policy/unknown-permission", Warning,
        "A policy names a permission or resource type that no known plugin has.";
    PolicyNoPermission, "policy/no-permission", Warning, "No permission of that name or type has the action of a policy.";
    PolicyShadowed, "policy/shadowed", Warning,
        "A policy about a resource type never counts, as its permissions are named by a role of the same people.";
    PolicyOverruled, "policy/overruled", Warning,
        "An allow never counts, as everybody who holds its role is denied the same by another.";
    MemberFields, "member/fields", Error, "A membership has not exactly a member and a role.";
    MemberReference, "member/reference", Error, "The member or the role of a membership is no full reference.";
    MemberKind, "member/kind", Error, "A membership puts a role into a role, or somebody into a group.";
    MemberDuplicate, "member/duplicate", Error, "A membership stands more than once, and no copy counts.";
    MemberSource, "member/source", Error, "A membership is of a role that the configuration owns.";
    MemberUnknown, "member/unknown", Warning, "The catalog does not know a member.";
    RoleNoMember, "role/no-member", Warning, "A role has policies but no member, and so gives nothing.";
    RoleNoPolicy, "role/no-policy", Note, "A role has members but neither policies nor conditions.";
    ConditionYaml, "condition/yaml", Error, "A document is no YAML.";
    ConditionLimit, "condition/limit", Error, "The file of conditional policies is too large.";
    ConditionIndentation, "condition/indentation", Error, "Keys of a condition stand beside the key that they belong below.";
    ConditionInvalid, "condition/invalid", Error, "A document is no conditional policy.";
    ConditionUnknownKey, "condition/unknown-key", Warning, "A document has a key that nothing reads.";
    ConditionNoRole, "condition/no-role", Error, "A condition is for a role without a member in the policy file.";
    ConditionOverlap, "condition/overlap", Error, "Two conditions of a role share a permission, and the file is refused.";
    ConditionCollision, "condition/collision", Error,
        "Conditions of a role for two plugins share a permission, which is then denied.";
    ConditionResourceType, "condition/resource-type", Warning,
        "A document has no resource type, and takes that of its rules.";
    ConditionForeignRule, "condition/foreign-rule", Warning,
        "A rule is about another resource type than its condition.";
    ConditionUnknownPermission, "condition/unknown-permission", Warning,
        "A condition names a permission or resource type that no known plugin has.";
    ConditionNoPermission, "condition/no-permission", Warning,
        "No permission of its resource type fits an entry of a condition.";
    ConditionUnknownPlugin, "condition/unknown-plugin", Warning,
        "A condition names a plugin that is not known, or that has not its resource type.";
    ConditionUnknownRule, "condition/unknown-rule", Error, "The plugin has no rule of that name, so the condition denies.";
    ConditionParams, "condition/params", Error, "The parameters do not fit their rule, so the condition denies.";
    ConditionCase, "condition/case", Warning, "A reference in a condition has capitals and so never matches.";
    ConditionHidesAllow, "condition/hides-allow", Warning, "A condition hides a plain allow of somebody who holds both roles.";
    ConditionHidesDeny, "condition/hides-deny", Warning, "A condition hides a plain deny of somebody who holds both roles.";
    ConditionNeverAsked, "condition/never-asked", Warning,
        "Plain rows come first and always decide where a condition is for.";
    CheckIncomplete, "check/incomplete", Note, "Something that the checks need was not given.";
}

impl Lint {
    /// Whether the rest of a file of conditional policies counts.
    pub(crate) fn file_severity(self) -> Severity {
        match self.level() {
            Level::Error => Severity::Error,
            Level::Warning | Level::Note => Severity::Warning,
        }
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_kebab_case_below_their_subject_and_stand_once() {
        let ids: BTreeSet<_> = Lint::ALL.iter().map(|lint| lint.id()).collect();

        assert_eq!(ids.len(), Lint::ALL.len());
        for id in ids {
            let (subject, name) = id.split_once('/').unwrap();
            assert!(["policy", "member", "role", "condition", "check"].contains(&subject));
            assert!(
                name.bytes().all(|c| c == b'-' || c.is_ascii_lowercase()),
                "{id}"
            );
        }
    }

    #[test]
    fn the_manual_lists_every_check_with_its_level() {
        let manual = include_str!("../../../../docs/reference/policy-checks.md");

        let listed: Vec<_> = manual
            .lines()
            .filter(|line| line.starts_with("| [`"))
            .collect();
        let expected: Vec<_> = Lint::ALL
            .iter()
            .map(|lint| {
                let (id, level) = (lint.id(), lint.level());
                let anchor = id.replace('/', "");
                format!("| [`{id}`](#{anchor}) | {level} | {} |", lint.finds())
            })
            .collect();
        assert_eq!(listed, expected);
        for lint in Lint::ALL {
            assert!(manual.contains(&format!("\n### {}\n", lint.id())), "{lint}");
        }
    }
}
