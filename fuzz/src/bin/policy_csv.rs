//! Policy files: reading one, bringing an empty hub in line with it, and reading what it says back.

#![no_main]

use callboard_policy::{PolicyFile, Row, StoredPolicy, sync};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let file = PolicyFile::parse("fuzz.csv", &text);
    for row in &file.rows {
        assert!(row.line >= 1, "lines are counted from 1");
    }

    let first = sync(&file, &StoredPolicy::default());

    // What was taken is stored; the same file then has nothing more to add, and takes nothing away.
    let mut stored = StoredPolicy::default();
    for added in &first.add {
        let source = added.origin.source.clone();
        if let Row::Membership(membership) = &added.row {
            stored.roles.insert(membership.role.clone(), source.clone());
        }
        stored.rows.insert(added.row.clone(), source);
    }
    let second = sync(&file, &stored);
    assert!(second.add.is_empty(), "added twice: {:?}", second.add);
    assert!(second.remove.is_empty(), "taken back: {:?}", second.remove);
});
