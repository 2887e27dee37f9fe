//! Conditions as JSON: checking a whole policy, reading its criteria, and writing them back.

#![no_main]

use callboard_policy::{ConditionLimits, ConditionalPolicy, Criteria, validate};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let limits = ConditionLimits::default();
    if validate(&body, &limits).is_ok() {
        let criteria = Criteria::from_json(&body["conditions"]);
        assert!(criteria.is_ok(), "valid, and cannot be read: {criteria:?}");
        let _role_may_be_wrong = ConditionalPolicy::from_json(&body, &limits);
    }

    // Any part of a request may be taken for criteria.
    if let Ok(criteria) = Criteria::from_json(&body) {
        let written = criteria.to_json();
        let again = Criteria::from_json(&written);
        assert_eq!(again.as_ref(), Ok(&criteria), "written as {written}");
        let _truth = criteria.evaluate(&mut |condition| condition.rule.len() % 2 == 0);
    }
});
