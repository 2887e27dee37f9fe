//! Trees of *all of*, *any of* and *not* over leaves of any kind.

/// A boolean expression whose leaves are `C`.
///
/// The same shape carries the conditions of a policy, the filters of a query and whatever a
/// caller maps them to; [`Criteria::try_map`] turns one into another.
///
/// ```
/// use callboard_policy::Criteria;
///
/// let even_or_big = Criteria::AnyOf(vec![Criteria::Leaf("even"), Criteria::Leaf("big")]);
/// assert!(even_or_big.evaluate(&mut |leaf| *leaf == "big"));
/// assert!(!Criteria::not(even_or_big).evaluate(&mut |leaf| *leaf == "big"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Criteria<C> {
    /// True when every member is; of no members, true.
    AllOf(Vec<Criteria<C>>),
    /// True when some member is; of no members, false.
    AnyOf(Vec<Criteria<C>>),
    /// True when the member is not.
    Not(Box<Criteria<C>>),
    /// True when the leaf is.
    Leaf(C),
}

impl<C> Criteria<C> {
    /// Negates a tree.
    #[expect(
        clippy::should_implement_trait,
        reason = "a constructor named after its variant, not the operator"
    )]
    pub fn not(member: Self) -> Self {
        Self::Not(Box::new(member))
    }

    /// Turns every leaf into another kind of leaf.
    pub fn map<D>(self, f: &mut impl FnMut(C) -> D) -> Criteria<D> {
        match self {
            Self::AllOf(members) => {
                Criteria::AllOf(members.into_iter().map(|member| member.map(f)).collect())
            }
            Self::AnyOf(members) => {
                Criteria::AnyOf(members.into_iter().map(|member| member.map(f)).collect())
            }
            Self::Not(member) => Criteria::not(member.map(f)),
            Self::Leaf(leaf) => Criteria::Leaf(f(leaf)),
        }
    }

    /// Turns every leaf into another kind of leaf, left to right.
    ///
    /// # Errors
    ///
    /// The first error that `f` returns: a leaf that cannot be read makes the whole tree
    /// unreadable, since dropping it below a `not` would widen what the tree accepts.
    pub fn try_map<D, E>(&self, f: &mut impl FnMut(&C) -> Result<D, E>) -> Result<Criteria<D>, E> {
        Ok(match self {
            Self::AllOf(members) => Criteria::AllOf(try_map_all(members, f)?),
            Self::AnyOf(members) => Criteria::AnyOf(try_map_all(members, f)?),
            Self::Not(member) => Criteria::not(member.try_map(f)?),
            Self::Leaf(leaf) => Criteria::Leaf(f(leaf)?),
        })
    }

    /// The leaves, left to right.
    pub fn leaves(&self) -> Leaves<'_, C> {
        Leaves {
            waiting: vec![self],
        }
    }

    /// Decides the tree, asking only the leaves that matter.
    pub fn evaluate(&self, holds: &mut impl FnMut(&C) -> bool) -> bool {
        match self {
            Self::AllOf(members) => members.iter().all(|member| member.evaluate(holds)),
            Self::AnyOf(members) => members.iter().any(|member| member.evaluate(holds)),
            Self::Not(member) => !member.evaluate(holds),
            Self::Leaf(leaf) => holds(leaf),
        }
    }
}

fn try_map_all<C, D, E>(
    members: &[Criteria<C>],
    f: &mut impl FnMut(&C) -> Result<D, E>,
) -> Result<Vec<Criteria<D>>, E> {
    members.iter().map(|member| member.try_map(f)).collect()
}

/// The leaves of a tree, left to right; see [`Criteria::leaves`].
#[derive(Clone, Debug)]
pub struct Leaves<'a, C> {
    waiting: Vec<&'a Criteria<C>>,
}

impl<'a, C> Iterator for Leaves<'a, C> {
    type Item = &'a C;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.waiting.pop()? {
                Criteria::AllOf(members) | Criteria::AnyOf(members) => {
                    self.waiting.extend(members.iter().rev());
                }
                Criteria::Not(member) => self.waiting.push(member),
                Criteria::Leaf(leaf) => return Some(leaf),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Criteria<u8> {
        Criteria::AllOf(vec![
            Criteria::Leaf(1),
            Criteria::AnyOf(vec![Criteria::Leaf(2), Criteria::not(Criteria::Leaf(3))]),
            Criteria::Leaf(4),
        ])
    }

    #[test]
    fn leaves_come_from_left_to_right() {
        assert_eq!(tree().leaves().copied().collect::<Vec<_>>(), [1, 2, 3, 4]);
    }

    #[test]
    fn mapping_keeps_the_shape() {
        assert_eq!(
            tree().map(&mut |leaf| leaf * 2).map(&mut |leaf| leaf / 2),
            tree()
        );
        assert_eq!(tree().try_map(&mut |leaf| Ok::<_, ()>(*leaf)), Ok(tree()));
    }

    #[test]
    fn one_bad_leaf_spoils_the_tree() {
        let mapped = tree().try_map(&mut |leaf| if *leaf == 3 { Err("three") } else { Ok(()) });

        assert_eq!(mapped, Err("three"));
    }

    #[test]
    fn evaluation_stops_at_the_first_answer() {
        let mut asked = Vec::new();

        let result = tree().evaluate(&mut |leaf| {
            asked.push(*leaf);
            *leaf != 4
        });

        assert!(!result);
        assert_eq!(asked, [1, 2, 4]);
    }
}
