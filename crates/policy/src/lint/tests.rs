//! What is said, and what is not.

use crate::configured::{admin_role, default_role};
use crate::{
    Action, ConditionsFile, ConditionsFileLimits, EntityRef, GroupGraph, Lint, Permission,
    PolicyFile, Precedence, Settings,
    lint::{self, Conditions, FileKind, Input, Policies, Remark},
};

const CREW: &str = "g, group:default/crew, role:default/crew\n";

struct World {
    settings: Settings,
    groups: GroupGraph,
    policies: String,
    conditions: String,
}

impl World {
    fn new(policies: &str, conditions: &str) -> Self {
        Self {
            settings: Settings::default(),
            groups: GroupGraph::new(),
            policies: policies.to_owned(),
            conditions: conditions.to_owned(),
        }
    }

    fn remarks(&self) -> Vec<Remark> {
        let file = PolicyFile::parse("rbac.csv", &self.policies);
        let parsed = ConditionsFile::parse(&self.conditions, &ConditionsFileLimits::default());
        let admin = admin_role(&["user:default/owen"]).unwrap();
        let everybody = [("catalog-entity", Some("read"))];
        let mut configured = vec![admin];
        if let Some(role) = &self.settings.default_role {
            configured.push(default_role(Some(role), &everybody).unwrap());
        }
        let resource = |name, action| Permission::resource(name, action, "catalog-entity");
        lint::lint(&Input {
            policies: Some(Policies {
                text: &self.policies,
                file: &file,
            }),
            conditions: Some(Conditions {
                text: &self.conditions,
                parsed: parsed.as_ref(),
            }),
            settings: &self.settings,
            configured: &configured,
            permissions: &[
                resource("catalog.entity.read", Some(Action::Read)),
                resource("catalog.entity.refresh", Some(Action::Update)),
                resource("catalog.entity.rename", Some(Action::Update)),
                Permission::basic("catalog.entity.create", Some(Action::Create)),
            ],
            groups: &self.groups,
        })
    }

    /// Each remark as `line:column check`.
    fn said(&self) -> Vec<String> {
        let remarks = self.remarks();
        let shown = remarks.iter().map(|remark| {
            let place = remark.place;
            let file = match place.file {
                FileKind::Policies => "",
                FileKind::Conditions => "yaml ",
            };
            let (line, column) = (place.line.unwrap_or(0), place.column.unwrap_or(0));
            format!("{file}{line}:{column} {}", remark.lint)
        });
        shown.collect()
    }
}

fn said(policies: &str, conditions: &str) -> Vec<String> {
    World::new(policies, conditions).said()
}

fn condition(role: &str, mapping: &str) -> String {
    format!(
        "result: CONDITIONAL\nroleEntityRef: {role}\npluginId: catalog\nresourceType: catalog-entity\n\
         permissionMapping: [{mapping}]\nconditions:\n  rule: IS\n  resourceType: catalog-entity\n"
    )
}

#[test]
fn a_file_that_means_what_it_says_is_not_remarked_on() {
    let policies = format!(
        "{CREW}p, role:default/crew, catalog-entity, read, allow\n\
         p, role:default/crew, catalog.entity.create, create, allow\n"
    );

    assert_eq!(
        said(&policies, &condition("role:default/crew", "update")),
        [""; 0]
    );
}

#[test]
fn a_name_shadows_the_type_in_its_own_role_once_all_of_the_type_are_named() {
    let one = format!(
        "{CREW}p, role:default/crew, catalog-entity, update, deny\n\
         p, role:default/crew, catalog.entity.refresh, update, allow\n"
    );
    let all = format!("{one}p, role:default/crew, catalog.entity.rename, update, allow\n");

    assert_eq!(said(&one, ""), [""; 0]);
    assert_eq!(said(&all, ""), ["2:23 policy/shadowed"]);
}

#[test]
fn a_name_in_another_role_shadows_only_when_everybody_holds_that_role_too() {
    let rows = "p, role:default/crew, catalog-entity, read, allow\n\
                p, role:default/audit, catalog.entity.read, read, allow\n";
    let apart = format!("{CREW}g, group:default/audit, role:default/audit\n{rows}");
    let within = format!("{CREW}g, group:default/crew, role:default/audit\n{rows}");

    assert_eq!(said(&apart, ""), [""; 0]);
    assert_eq!(said(&within, ""), ["3:23 policy/shadowed"]);
    assert!(
        World::new(&within, "").remarks()[0]
            .message
            .contains("line 4 for `role:default/audit`"),
    );
}

#[test]
fn an_allow_is_overruled_only_when_everybody_is_denied() {
    let rows = "p, role:default/crew, catalog-entity, read, allow\n\
                p, role:default/loud, catalog-entity, read, deny\n";
    let some = format!(
        "{CREW}g, user:default/ada, role:default/crew\ng, user:default/ada, role:default/loud\n{rows}"
    );
    let all = format!("{CREW}g, group:default/crew, role:default/loud\n{rows}");

    assert_eq!(said(&some, ""), [""; 0]);
    assert_eq!(said(&all, ""), ["3:45 policy/overruled"]);
}

#[test]
fn a_condition_hides_plain_rows_of_people_who_hold_both_roles() {
    let rows = "p, role:default/crew, catalog-entity, read, allow\n";
    let conditions = condition("role:default/guests", "read");
    let mut world = World::new(
        &format!("{CREW}g, user:default/ada, role:default/guests\n{rows}"),
        &conditions,
    );
    assert_eq!(world.said(), [""; 0]);

    let reference = |text| EntityRef::parse(text).unwrap();
    world
        .groups
        .add_member(reference("user:ada"), reference("group:riggers"));
    world
        .groups
        .add_parent(reference("group:riggers"), reference("group:crew"));

    assert_eq!(world.said(), ["yaml 1:1 condition/hides-allow"]);
    assert_eq!(
        world.remarks()[0].message,
        "for `catalog.entity.read` this condition of `role:default/guests` hides the plain allow of \
         `role:default/crew` in line 3 of the policy file; `user:default/ada` holds both roles"
    );
}

#[test]
fn a_condition_for_another_action_hides_nothing() {
    let policies = format!("{CREW}p, role:default/crew, catalog-entity, read, allow\n");

    assert_eq!(
        said(&policies, &condition("role:default/crew", "update")),
        [""; 0]
    );
    assert_eq!(
        said(&policies, &condition("role:default/crew", "read")),
        ["yaml 1:1 condition/hides-allow"]
    );
}

#[test]
fn everybody_holds_the_default_role_that_a_condition_hides() {
    let mut world = World::new(CREW, &condition("role:default/crew", "read"));
    world.settings.default_role = Some("role:default/everyone".into());

    assert!(
        world.remarks()[0]
            .message
            .ends_with("hides the plain allow of `role:default/everyone` in the configuration")
    );
}

#[test]
fn plain_rows_first_turn_the_question_around() {
    let policies = format!("{CREW}p, role:default/crew, catalog-entity, update, allow\n");
    let mut world = World::new(&policies, &condition("role:default/crew", "update"));
    world.settings.precedence = Precedence::Basic;
    assert_eq!(world.said(), ["yaml 1:1 condition/never-asked"]);

    world.conditions = condition("role:default/crew", "read");

    assert_eq!(world.said(), [""; 0]);
}

#[test]
fn rows_that_nobody_holds_are_one_remark_with_the_role_that_was_meant() {
    let policies = format!(
        "{CREW}p, role:default/crew, catalog.entity.create, create, allow\n\
         p, role:default/cew, catalog-entity, read, allow\n\
         p, role:default/cew, catalog-entity, update, allow\n"
    );

    let remarks = World::new(&policies, "").remarks();

    assert_eq!(remarks.len(), 1);
    assert_eq!(
        remarks[0].message,
        "`role:default/cew` has no member, so its 2 rows give nothing"
    );
    assert_eq!(
        remarks[0].help.as_deref(),
        Some("did you mean `role:default/crew`?")
    );
}

#[test]
fn words_with_capitals_are_recognised() {
    let policies = format!("{CREW}p, role:default/crew, catalog-entity, READ, allow\n");

    let remarks = World::new(&policies, "").remarks();

    assert_eq!(remarks[0].lint, Lint::PolicyAction);
    assert_eq!(remarks[0].place.column, Some(39));
    assert_eq!(remarks[0].help.as_deref(), Some("did you mean `read`?"));
}

#[test]
fn keys_that_lost_their_place_are_found_where_they_stand() {
    let head = "result: CONDITIONAL\nroleEntityRef: role:default/crew\npluginId: catalog\n\
                resourceType: catalog-entity\npermissionMapping: [update]\n";
    let found = |body: &str| {
        let said = said(CREW, &format!("{head}{body}"));
        let moved = said
            .iter()
            .filter(|one| one.ends_with("condition/indentation"));
        moved.cloned().collect::<Vec<_>>()
    };

    assert_eq!(
        found("conditions:\nanyOf:\n  - rule: A\n    resourceType: t\n"),
        ["yaml 7:1 condition/indentation"]
    );
    assert_eq!(
        found("conditions:\n  rule: A\n  resourceType: t\nparams:\n  claims: [x]\n"),
        ["yaml 9:1 condition/indentation"]
    );
    assert_eq!(
        found("conditions:\n  rule: A\n  resourceType: t\n  params:\n  claims: [x]\n"),
        ["yaml 10:3 condition/indentation"]
    );
    assert_eq!(
        found("conditions:\n  anyOf:\n  - rule: A\n  resourceType: t\n"),
        ["yaml 9:3 condition/indentation"]
    );
    assert_eq!(
        found("conditions:\n  anyOf:\n  - rule: A\n  - resourceType: t\n"),
        ["yaml 9:5 condition/indentation"]
    );
    assert_eq!(
        found("conditions:\n  - rule: A\n    resourceType: t\n"),
        ["yaml 7:3 condition/indentation"]
    );
    assert_eq!(
        found(
            "conditions:\n  not:\n    allOf:\n    - rule: A\n      resourceType: t\n      params: {x: 1}\n"
        ),
        [""; 0]
    );
}

#[test]
fn the_indentation_explains_what_loading_misses() {
    let conditions = "result: CONDITIONAL\nroleEntityRef: role:default/crew\npluginId: catalog\n\
                      resourceType: catalog-entity\npermissionMapping: [update]\nconditions:\nrule: A\n";

    assert_eq!(said(CREW, conditions), ["yaml 7:1 condition/indentation"]);
}

#[test]
fn two_conditions_for_one_permission_are_refused_or_deny() {
    let one = condition("role:default/crew", "update");
    let overlap = format!(
        "{one}---\n{}",
        condition("role:default/crew", "'update', 'read'")
    );
    let collision = format!(
        "{one}---\n{}",
        one.replace("pluginId: catalog", "pluginId: other")
    );
    let apart = format!("{one}---\n{}", condition("role:default/crew", "read"));

    assert_eq!(said(CREW, &overlap), ["yaml 10:1 condition/overlap"]);
    assert_eq!(said(CREW, &collision), ["yaml 10:1 condition/collision"]);
    assert_eq!(said(CREW, &apart), [""; 0]);
}
