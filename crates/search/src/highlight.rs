//! Marks what was found in a text.

use crate::{term::Term, word::words};

/// The text with `before` and `after` around each word that is like one of the terms; `None` when
/// none is.
pub fn highlight(text: &str, terms: &[Term], before: &str, after: &str) -> Option<String> {
    let mut marked = String::new();
    let mut at = 0;
    let found = words(text).filter(|word| {
        terms
            .iter()
            .any(|term| term.likeness(&word.folded).is_some())
    });
    for word in found {
        marked.push_str(&text[at..word.range.start]);
        marked.push_str(before);
        marked.push_str(&text[word.range.clone()]);
        marked.push_str(after);
        at = word.range.end;
    }
    if at == 0 {
        return None;
    }
    marked.push_str(&text[at..]);
    Some(marked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Query;

    #[test]
    fn words_are_marked_as_they_are_written() {
        let marked = |text, query| highlight(text, &Query::new(query).terms, "<", ">");

        assert_eq!(
            marked("The Théâtre's ticket office", "tick theatre").as_deref(),
            Some("The <Théâtre>'s <ticket> office")
        );
        assert_eq!(marked("seatMap", "map").as_deref(), Some("seat<Map>"));
        assert_eq!(marked("nothing here", "ticket"), None);
        assert_eq!(marked("anything", ""), None);
    }
}
