//! The words of a text, and the form in which they are compared.

use std::ops::Range;

use smol_str::SmolStr;
use unicode_normalization::UnicodeNormalization;

/// How many letters of a word count.
pub(crate) const MAX_LETTERS: usize = 64;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The bytes of the text that it is.
    pub range: Range<usize>,
    /// The form in which it is compared; see [`fold`].
    pub folded: SmolStr,
}

/// Splits a text into words: runs of letters and digits, broken where a capital follows a small
/// letter. An ideograph is a word of its own, since no spaces stand between those.
pub fn words(text: &str) -> impl Iterator<Item = Word> {
    let mut letters = text.char_indices().peekable();
    let next_range = move || {
        let (start, first) = letters.find(|(_, c)| c.is_alphanumeric())?;
        let (mut end, mut last) = (start + first.len_utf8(), first);
        while let Some((at, c)) = letters.next_if(|(_, c)| goes_on(last, *c)) {
            end = at + c.len_utf8();
            last = c;
        }
        Some(start..end)
    };
    std::iter::from_fn(next_range).filter_map(|range| {
        let folded = fold(&text[range.clone()]);
        (!folded.is_empty()).then_some(Word { range, folded })
    })
}

/// The form in which words are compared: without case, accents, and letters beyond the 64th.
pub fn fold(word: &str) -> SmolStr {
    if word.is_ascii() {
        let letters = word.bytes().filter(u8::is_ascii_alphanumeric);
        return letters
            .take(MAX_LETTERS)
            .map(|byte| char::from(byte.to_ascii_lowercase()))
            .collect();
    }
    let lower = word.nfkd().flat_map(char::to_lowercase);
    lower
        .filter(|c| c.is_alphanumeric() && !is_accent(*c))
        .take(MAX_LETTERS)
        .collect()
}

/// Whether a word that has come to `last` has `next` in it too.
fn goes_on(last: char, next: char) -> bool {
    let is_break = last.is_lowercase() && next.is_uppercase();
    is_accent(next)
        || next.is_alphanumeric() && !is_break && !is_ideograph(last) && !is_ideograph(next)
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<String> {
        words(text).map(|word| word.folded.to_string()).collect()
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        assert_eq!(folded("box-office_API v3"), ["box", "office", "api", "v3"]);
        assert_eq!(folded("seatMapService"), ["seat", "map", "service"]);
        assert_eq!(folded(" … "), [""; 0]);
    }

    #[test]
    fn case_and_accents_do_not_count() {
        assert_eq!(folded("Théâtre ÉLISE"), ["theatre", "elise"]);
        assert_eq!(folded("The\u{301}a\u{302}tre"), ["theatre"]);
        assert_eq!(folded("ﬁnale Ａ１ İo"), ["finale", "a1", "io"]);
        assert_eq!(folded("Ωδή"), ["ωδη"]);
    }

    #[test]
    fn ideographs_are_words_of_their_own() {
        assert_eq!(folded("劇場api"), ["劇", "場", "api"]);
    }

    #[test]
    fn ranges_are_those_of_the_text() {
        let text = "à la Carte";
        let pieces: Vec<_> = words(text).map(|word| &text[word.range]).collect();

        assert_eq!(pieces, ["à", "la", "Carte"]);
    }

    #[test]
    fn a_word_without_end_is_cut() {
        assert_eq!(fold(&"a".repeat(1000)).len(), MAX_LETTERS);
        assert_eq!(fold(&"é".repeat(1000)).len(), MAX_LETTERS);
    }
}
