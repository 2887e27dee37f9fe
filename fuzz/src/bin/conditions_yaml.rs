//! Files of conditional policies: reading one, and bringing an empty hub in line with it.

#![no_main]

use callboard_policy::{ConditionsFile, ConditionsFileLimits, StoredCondition, reconcile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let limits = ConditionsFileLimits::default();
    let Ok(file) = ConditionsFile::parse(&text, &limits) else {
        return;
    };
    let wanted: Vec<_> = file
        .policies
        .iter()
        .map(|written| written.policy.clone())
        .collect();
    let Ok(first) = reconcile(&[], &wanted) else {
        return;
    };

    let stored: Vec<_> = first
        .create
        .into_iter()
        .zip(1..)
        .map(|(policy, id)| StoredCondition { id, policy })
        .collect();
    let second = reconcile(&stored, &wanted);

    assert!(
        second.is_ok_and(|plan| plan.is_empty()),
        "a file that is stored has something left to do"
    );
});
