//! Entity references, in the form of the catalog and in the stricter one of roles.

#![no_main]

use callboard_policy::EntityRef;
use callboard_policy::reference::{self, Usage};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(entity) = EntityRef::parse(text) {
        let again = EntityRef::parse(entity.as_str());
        assert_eq!(
            again.as_ref(),
            Ok(&entity),
            "a reference reads back as itself"
        );
        let parts = EntityRef::new(entity.kind(), entity.namespace(), entity.name());
        assert_eq!(parts, entity, "a reference is made of its parts");
    }
    for usage in [Usage::Any, Usage::Role, Usage::Owner] {
        if reference::check(text, usage).is_ok() {
            assert!(
                EntityRef::parse(text).is_ok(),
                "checked, and cannot be read"
            );
        }
    }
});
