//! A tree over sorted words that finds those a few typos away from a term.

use std::{collections::VecDeque, ops::Range};

use crate::{edit::Edits, term::Term, texts::Texts};

/// The beginnings that words have in common.
#[derive(Debug, Default)]
pub(crate) struct Trie {
    // INVARIANT: breadth first, so that the children of a node stand together, and those of the
    // next node after them. The first is the root, the last only ends the one before.
    nodes: Vec<Node>,
}

/// A beginning: the letter that it adds, and the words that have it.
#[derive(Debug)]
struct Node {
    letter: char,
    first_child: u32,
    words: Range<u32>,
}

impl Trie {
    /// Builds the tree over words that are sorted and differ.
    pub(crate) fn over(words: &Texts) -> Self {
        let mut nodes = vec![Node::new('\0', 0..words.len() as u32)];
        // Each with the bytes of its beginning; nodes are taken in the order in which they stand.
        let mut ahead = VecDeque::from([0]);
        let mut at = 0;
        while let Some(depth) = ahead.pop_front() {
            nodes[at].first_child = nodes.len() as u32;
            let Range { start, end } = nodes[at].words.clone();
            // A single word needs no tree: its rest is read where it stands.
            let is_leaf = end - start == 1 && at > 0;
            let mut from = if is_leaf { end } else { start };
            if from < end && words.get(from as usize).len() == depth {
                from += 1;
            }
            while from < end {
                let Some(letter) = words.get(from as usize)[depth..].chars().next() else {
                    break;
                };
                let is_same = |word: &u32| words.get(*word as usize)[depth..].starts_with(letter);
                let to = (from..end).find(|word| !is_same(word)).unwrap_or(end);
                nodes.push(Node::new(letter, from..to));
                ahead.push_back(depth + letter.len_utf8());
                from = to;
            }
            at += 1;
        }
        let end = nodes.len() as u32;
        nodes.push(Node {
            first_child: end,
            ..Node::new('\0', 0..0)
        });
        nodes.shrink_to_fit();
        Self { nodes }
    }

    /// Calls `found` with ranges of words that are like a term but for as many typos as it says.
    ///
    /// The same word may come more than once, and words without any typo come too.
    pub(crate) fn near(&self, words: &Texts, term: &Term, found: &mut dyn FnMut(Range<u32>, u8)) {
        let mut walk = Walk {
            nodes: &self.nodes,
            words,
            term,
            edits: Edits::new(&term.letters),
            found,
        };
        walk.visit(0, 0);
    }

    /// What it takes of the heap.
    pub(crate) fn size_bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>()
    }
}

impl Node {
    fn new(letter: char, words: Range<u32>) -> Self {
        Self {
            letter,
            first_child: 0,
            words,
        }
    }
}

struct Walk<'a> {
    nodes: &'a [Node],
    words: &'a Texts,
    term: &'a Term,
    edits: Edits<'a>,
    found: &'a mut dyn FnMut(Range<u32>, u8),
}

impl Walk<'_> {
    /// Goes through what is below a node, whose beginning has `depth` bytes.
    fn visit(&mut self, node: usize, depth: usize) {
        let nodes = self.nodes;
        let [start, end] = [node, node + 1].map(|node| nodes[node].first_child as usize);
        for (child, Node { letter, words, .. }) in (start..end).zip(&nodes[start..end]) {
            let depth = depth + letter.len_utf8();
            if self.edits.push(*letter) <= self.term.tolerance && !self.take_all(*letter, words) {
                if self.words.get(words.start as usize).len() == depth {
                    self.take_one(words.start);
                }
                if words.len() == 1 {
                    self.follow(words.start, depth);
                } else {
                    self.visit(child, depth);
                }
            }
            self.edits.pop();
        }
    }

    /// Reads the rest of the only word of a node.
    fn follow(&mut self, word: u32, depth: usize) {
        let mut rest = self.words.get(word as usize)[depth..].chars();
        let mut pushed = 0;
        while let Some(letter) = rest.next() {
            pushed += 1;
            if self.edits.push(letter) > self.term.tolerance
                || self.take_all(letter, &(word..word + 1))
            {
                break;
            }
            if rest.as_str().is_empty() {
                self.take_one(word);
            }
        }
        (0..pushed).for_each(|_| self.edits.pop());
    }

    /// Takes every word with the beginning so far, if that is like the term; true when none of
    /// them can be any closer.
    fn take_all(&mut self, letter: char, words: &Range<u32>) -> bool {
        let distance = self.edits.distance();
        if self.term.letters.last() != Some(&letter) || distance > self.term.tolerance {
            return false;
        }
        (self.found)(words.clone(), distance);
        distance <= 1
    }

    /// Takes a word that has come to its end.
    fn take_one(&mut self, word: u32) {
        let distance = self.edits.distance();
        if distance <= self.term.tolerance {
            (self.found)(word..word + 1, distance);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::Likeness;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn check(words: &BTreeSet<String>, term: &str) {
        let mut texts = Texts::default();
        words.iter().for_each(|word| texts.push(word));
        let term = Term::new(term.into());
        let mut best = vec![None; words.len()];

        Trie::over(&texts).near(&texts, &term, &mut |range, typos| {
            for word in range {
                best[word as usize] = best[word as usize].max(Likeness::of_typos(typos));
            }
        });

        for (word, best) in words.iter().zip(best) {
            let expected = term.likeness(word);
            if expected.is_none_or(|likeness| likeness <= Likeness::OneTypo) {
                assert_eq!(best, expected, "{word} under {}", term.text);
            }
        }
    }

    proptest! {
        #[test]
        fn the_tree_finds_what_a_look_at_each_word_finds(
            words in prop::collection::btree_set("[abc]{1,12}|[aé]{4,6}", 0..60),
            term in "[abc]{4,10}|[aé]{4,5}",
        ) {
            check(&words, &term);
        }
    }
}
