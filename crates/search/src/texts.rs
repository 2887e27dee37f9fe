//! Many short texts in one allocation.

/// A list of texts.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    all: String,
    /// Where each text ends.
    ends: Vec<u32>,
}

impl Texts {
    pub(crate) fn push(&mut self, text: &str) {
        self.all.push_str(text);
        self.ends.push(self.all.len() as u32);
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn get(&self, place: usize) -> &str {
        let start = match place {
            0 => 0,
            later => self.ends[later - 1],
        };
        &self.all[start as usize..self.ends[place] as usize]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|place| self.get(place))
    }

    /// The first place, in a sorted list, whose text is not below `text` by `is_below`.
    pub(crate) fn partition_point(&self, is_below: impl Fn(&str) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if is_below(self.get(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    pub(crate) fn shrink_to_fit(&mut self) {
        self.all.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    /// What it takes of the heap.
    pub(crate) fn size_bytes(&self) -> usize {
        self.all.capacity() + self.ends.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_again() {
        let mut texts = Texts::default();
        ["a", "", "çb"]
            .into_iter()
            .for_each(|text| texts.push(text));

        assert_eq!(texts.iter().collect::<Vec<_>>(), ["a", "", "çb"]);
        assert_eq!((texts.get(0), texts.get(1), texts.get(2)), ("a", "", "çb"));
    }

    #[test]
    fn places_in_a_sorted_list_are_found() {
        let mut texts = Texts::default();
        ["b", "d"].into_iter().for_each(|text| texts.push(text));

        let place = |text: &str| texts.partition_point(|other| other < text);

        assert_eq!(["a", "b", "c", "d", "e"].map(place), [0, 0, 1, 1, 2]);
    }
}
