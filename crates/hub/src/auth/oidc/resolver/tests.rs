//! Whom each resolver finds, and what becomes of those whom none finds.

use super::*;
use callboard_catalog::Entity;
use callboard_config::Config;
use serde_json::{Value, json};

fn user(name: &str, email: &str, annotation: Option<(&str, &str)>) -> Entity {
    let mut entity = json!({
        "apiVersion": "backstage.io/v1alpha1", "kind": "User",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"profile": {"email": email}},
        "relations": [{"type": "memberOf", "targetRef": "group:default/wardrobe"}],
    });
    if let Some((key, value)) = annotation {
        entity["metadata"]["annotations"] = json!({key: value});
    }
    Entity::parse(entity.to_string()).unwrap()
}

fn catalog() -> CatalogSnapshot {
    CatalogSnapshot::build([
        user("mara", "Mara.Lindqvist@lantern.example", None),
        user(
            "otto",
            "otto@lantern.example",
            Some(("keycloak.org/id", "4711")),
        ),
        user(
            "twin-a",
            "twin@lantern.example",
            Some(("pingidentity.org/id", "7")),
        ),
        user(
            "twin-b",
            "twin@lantern.example",
            Some(("pingidentity.org/id", "7")),
        ),
    ])
}

fn resolvers(list: &Value, allows_strangers: bool) -> Resolvers {
    let config = Config::from_value(json!({"signIn": {"resolvers": list}}));
    Resolvers::read(&config.root(), allows_strangers).unwrap()
}

fn resolve_with(list: &Value, allows_strangers: bool, claims: Value) -> Result<String, String> {
    let claims: Claims = serde_json::from_value(claims).unwrap();
    let found = resolvers(list, allows_strangers).resolve(&claims, &catalog(), Groups::Direct);
    found
        .map(|identity| {
            assert_eq!(identity.ownership[0], identity.entity_ref.as_str());
            identity.entity_ref.to_string()
        })
        .map_err(|refusal| refusal.to_string())
}

fn resolve(list: &Value, claims: Value) -> Result<String, String> {
    resolve_with(list, false, claims)
}

#[test]
fn each_resolver_finds_its_user() {
    let by = |name: &str, claims: Value| resolve(&json!([{"resolver": name}]), claims).unwrap();

    let email = "emailMatchingUserEntityProfileEmail";
    let mara = "user:default/mara";
    assert_eq!(
        by(email, json!({"email": "mara.lindqvist@LANTERN.example"})),
        mara
    );
    assert_eq!(
        by(email, json!({"email": "mara.lindqvist+x@lantern.example"})),
        mara
    );
    let local = "emailLocalPartMatchingUserEntityName";
    assert_eq!(by(local, json!({"email": "Mara@anywhere.example"})), mara);
    let preferred = "preferredUsernameMatchingUserEntityName";
    assert_eq!(by(preferred, json!({"preferred_username": "mara"})), mara);
    let username = "usernameMatchingUserEntityName";
    assert_eq!(by(username, json!({"username": "mara"})), mara);
    let keycloak = "oidcSubClaimMatchingKeycloakUserId";
    assert_eq!(by(keycloak, json!({"sub": "4711"})), "user:default/otto");
}

#[test]
fn without_configuration_the_local_part_decides_and_groups_come_along() {
    let claims: Claims = serde_json::from_value(json!({"email": "mara@x.example"})).unwrap();
    let resolvers = Resolvers::read(&Config::from_value(json!({})).root(), false).unwrap();

    let found = resolvers
        .resolve(&claims, &catalog(), Groups::Direct)
        .unwrap();

    assert_eq!(
        found.ownership,
        ["user:default/mara", "group:default/wardrobe"]
    );
    let stranger: Claims = serde_json::from_value(json!({"email": "eve@x.example"})).unwrap();
    let refusal = resolvers
        .resolve(&stranger, &catalog(), Groups::Direct)
        .unwrap_err();
    assert_eq!(refusal.to_string(), UNKNOWN);
}

#[test]
fn a_resolver_that_finds_nobody_passes_on_and_other_failures_end_the_search() {
    let chain = json!([
        {"resolver": "oidcSubClaimMatchingKeycloakUserId"},
        {"resolver": "preferredUsernameMatchingUserEntityName"},
        {"resolver": "emailLocalPartMatchingUserEntityName", "allowedDomains": ["lantern.example"]},
        {"resolver": "emailMatchingUserEntityProfileEmail"},
    ]);
    let resolve = |claims: Value| resolve(&chain, claims);

    assert_eq!(
        resolve(
            json!({"sub": "1", "preferred_username": "nobody", "email": "otto@lantern.example"})
        ),
        Ok("user:default/otto".to_owned())
    );
    assert_eq!(
        resolve(json!({"sub": "1", "email": "nobody@lantern.example"})).unwrap_err(),
        EXHAUSTED
    );
    assert_eq!(
        resolve(json!({"sub": "1", "email": "otto@evil.example"})).unwrap_err(),
        "Sign-in user email is not from an allowed domain"
    );
    assert_eq!(
        resolve(json!({"sub": "1"})).unwrap_err(),
        "Login failed, user profile does not contain an email"
    );
    assert_eq!(
        resolve(json!({"sub": "1", "email": "twin@lantern.example"})).unwrap_err(),
        "User lookup resulted in multiple matches"
    );
}

#[test]
fn an_address_that_nobody_proved_finds_nobody() {
    for resolver in [
        "emailMatchingUserEntityProfileEmail",
        "emailLocalPartMatchingUserEntityName",
    ] {
        for verified in [json!(false), json!("false")] {
            let claims = json!({"email": "otto@lantern.example", "email_verified": verified});
            let found = resolve_with(&json!([{"resolver": resolver}]), true, claims);
            assert_eq!(
                found.unwrap_err(),
                "Login failed, user profile does not contain an email"
            );
        }
    }
}

#[test]
fn strangers_come_in_where_the_configuration_insists_under_a_name_that_can_be_one() {
    let own = json!([{
        "resolver": "preferredUsernameMatchingUserEntityName",
        "dangerouslyAllowSignInWithoutUserInCatalog": true,
    }]);
    let named = |name: &str| json!({"preferred_username": name});

    assert_eq!(resolve(&own, named("Eve")).unwrap(), "user:default/eve");
    assert_eq!(
        resolve_with(&json!([]), true, json!({"email": "eve@x.example"})).unwrap(),
        "user:default/eve"
    );
    for odd in ["group:default/owners", "a/b", "", "a b", "\u{e9}ve"] {
        assert_eq!(resolve(&own, named(odd)).unwrap_err(), EXHAUSTED, "{odd}");
    }
}

#[test]
fn a_resolver_that_there_is_not_is_named() {
    let config = json!({"signIn": {"resolvers": [{"resolver": "magic"}]}});

    let error = Resolvers::read(&Config::from_value(config).root(), false).unwrap_err();

    assert!(
        error
            .to_string()
            .contains("Sign-in resolver 'magic' is not available"),
        "{error}"
    );
}
