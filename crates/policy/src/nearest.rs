//! The name that was probably meant.

/// The candidate that differs from `name` in the fewest letters, if that is less than half of it.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let measured = candidates.map(|candidate| (distance(name, candidate), candidate));
    let (distance, candidate) = measured.min_by_key(|(distance, _)| *distance)?;
    (distance * 2 < name.chars().count().max(2)).then_some(candidate)
}

/// The reference of the same kind and namespace whose name [differs least](nearest).
pub fn nearest_reference<'a>(
    reference: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let at = reference.find('/').map_or(0, |slash| slash + 1);
    let (start, name) = reference.split_at(at);
    let names = candidates.filter_map(|candidate| candidate.strip_prefix(start));
    nearest(name, names).map(|name| format!("{start}{name}"))
}

/// How many letters must be put in, taken out or changed to make one text the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, a) in one.chars().enumerate() {
        // `diagonal` is the cell above and to the left of the one that is worked out.
        let mut diagonal = above;
        row[0] = above + 1;
        for (at, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[at + 1];
            row[at + 1] = changed.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_unless_it_is_far() {
        let known = [
            "catalog.entity.read",
            "catalog.entity.create",
            "catalog-entity",
        ];

        assert_eq!(
            nearest("catalog.entty.read", known.into_iter()),
            Some("catalog.entity.read")
        );
        assert_eq!(
            nearest("catalog-entities", known.into_iter()),
            Some("catalog-entity")
        );
        assert_eq!(nearest("zzz", known.into_iter()), None);
    }

    #[test]
    fn references_are_compared_by_name_within_their_namespace() {
        let known = [
            "role:default/reader",
            "role:stage/sales",
            "group:default/sales",
        ];
        let meant = |reference| nearest_reference(reference, known.into_iter());

        assert_eq!(
            meant("role:default/readers").as_deref(),
            Some("role:default/reader")
        );
        assert_eq!(meant("role:default/sales"), None);
    }

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "ab"), 2);
    }
}
