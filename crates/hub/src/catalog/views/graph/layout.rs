//! Where the nodes of a graph stand: a column for each distance from the roots, a row for each node.
//!
//! Nothing here knows entities. Nodes come in the order in which a walk from the roots found them;
//! the same nodes always stand in the same places, and no two in one.

use std::collections::BTreeMap;

/// The width of a node, in units of the drawing.
pub(super) const NODE_WIDTH: i32 = 156;
/// The height of a node.
pub(super) const NODE_HEIGHT: i32 = 44;
/// Between columns, for the lines and their labels.
const GAP_X: i32 = 132;
/// Between rows.
const GAP_Y: i32 = 24;
/// Around everything.
const MARGIN: i32 = 24;

/// A node to be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    /// Its column: 0 for roots, less for what stands before them, more for what follows.
    pub(super) column: i32,
    /// The node that led to it, which comes earlier in the list; absent for a root.
    pub(super) parent: Option<usize>,
}

/// Where a node stands: its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: i32,
    pub(super) y: i32,
}

/// A drawing: a place for each node, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) places: Vec<Place>,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// A line from one node to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The data of an SVG path.
    pub(super) path: String,
    /// The middle of its label.
    pub(super) label: Place,
}

/// Places nodes: columns from left to right, each in the middle of the height, and in it those
/// beside each other that came from the same node; a node stands before the middle of those that
/// it led to, as far as its neighbours leave room.
pub(super) fn place(spots: &[Spot]) -> Layout {
    let mut columns: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
    let mut rows = vec![0; spots.len()];
    for generation in generations(spots) {
        let mut generation = generation;
        // A stable sort: those of one parent keep the order in which they were found.
        generation.sort_by_key(|node| spots[*node].parent.map_or(0, |parent| rows[parent]));
        for node in generation {
            let column = columns.entry(spots[node].column).or_default();
            rows[node] = column.len();
            column.push(node);
        }
    }
    let tallest = columns.values().map(Vec::len).max().unwrap_or_default();
    let inner = height_of(tallest);
    let mut places = vec![Place { x: 0, y: 0 }; spots.len()];
    for (index, nodes) in columns.values().enumerate() {
        let top = MARGIN + (inner - height_of(nodes.len())) / 2;
        for (row, node) in nodes.iter().enumerate() {
            places[*node] = Place {
                x: MARGIN + count(index) * (NODE_WIDTH + GAP_X),
                y: top + count(row) * (NODE_HEIGHT + GAP_Y),
            };
        }
    }
    settle(spots, &columns, &mut places, MARGIN + inner);
    let across = count(columns.len());
    Layout {
        places,
        width: 2 * MARGIN + across * NODE_WIDTH + (across - 1).max(0) * GAP_X,
        height: 2 * MARGIN + inner,
    }
}

/// Moves nodes up and down to the middle of those that they led to further out, the outermost
/// columns first; the order within a column stays.
fn settle(spots: &[Spot], columns: &BTreeMap<i32, Vec<usize>>, places: &mut [Place], bottom: i32) {
    const STEP: i32 = NODE_HEIGHT + GAP_Y;
    let mut outward: Vec<_> = columns.iter().filter(|(column, _)| **column != 0).collect();
    outward.sort_by_key(|(column, _)| std::cmp::Reverse(column.abs()));
    for (column, nodes) in outward {
        for node in nodes {
            let led_to = spots
                .iter()
                .zip(&*places)
                .filter(|(spot, _)| spot.parent == Some(*node) && spot.column.abs() > column.abs());
            let (first, last) = led_to.fold((i32::MAX, i32::MIN), |(first, last), (_, place)| {
                (first.min(place.y), last.max(place.y))
            });
            if first <= last {
                places[*node].y = i32::midpoint(first, last);
            }
        }
        let mut above = MARGIN - STEP;
        for node in nodes {
            above = places[*node].y.max(above + STEP);
            places[*node].y = above;
        }
        let mut below = bottom + GAP_Y;
        for node in nodes.iter().rev() {
            below = places[*node].y.min(below - STEP);
            places[*node].y = below;
        }
    }
}

/// The nodes by how many others led to them.
fn generations(spots: &[Spot]) -> Vec<Vec<usize>> {
    let mut depths: Vec<usize> = Vec::with_capacity(spots.len());
    let mut generations: Vec<Vec<usize>> = Vec::new();
    for (node, spot) in spots.iter().enumerate() {
        let depth = spot.parent.map_or(0, |parent| depths[parent] + 1);
        depths.push(depth);
        if generations.len() <= depth {
            generations.resize(depth + 1, Vec::new());
        }
        generations[depth].push(node);
    }
    generations
}

impl Layout {
    /// Makes room at the right for lines within the last column, and for their labels.
    pub(super) fn with_room_for(mut self, lines: impl Iterator<Item = (usize, usize)>) -> Layout {
        let right = self.width - MARGIN - NODE_WIDTH;
        let mut swings = lines.map(|(from, to)| (self.places[from].x, self.places[to].x));
        if swings.any(|(from, to)| from == right && to == right) {
            self.width += GAP_X / 2;
        }
        self
    }

    /// The line from `from` to `to`, which leaves and arrives at the sides that face each other.
    pub(super) fn line(&self, from: usize, to: usize) -> Line {
        let (from, to) = (self.places[from], self.places[to]);
        let middle = |place: Place| place.y + NODE_HEIGHT / 2;
        let (y1, y2) = (middle(from), middle(to));
        let (x1, x2, bend1, bend2) = if from.x == to.x {
            // Within a column the line swings out to the right.
            let side = from.x + NODE_WIDTH;
            (side, side, side + GAP_X / 2, side + GAP_X / 2)
        } else if from.x < to.x {
            let (x1, x2) = (from.x + NODE_WIDTH, to.x);
            (x1, x2, (x1 + x2) / 2, (x1 + x2) / 2)
        } else {
            let (x1, x2) = (from.x, to.x + NODE_WIDTH);
            (x1, x2, (x1 + x2) / 2, (x1 + x2) / 2)
        };
        // Nearer to the end, where lines of one node have parted: the curve at 0.7 of its way.
        let at = |a: i32, b: i32, c: i32, d: i32| (27 * a + 189 * b + 441 * c + 343 * d) / 1000;
        Line {
            path: format!("M{x1} {y1}C{bend1} {y1} {bend2} {y2} {x2} {y2}"),
            label: Place {
                x: at(x1, bend1, bend2, x2),
                y: at(y1, y1, y2, y2) - 4,
            },
        }
    }
}

fn height_of(rows: usize) -> i32 {
    let rows = count(rows);
    rows * NODE_HEIGHT + (rows - 1).max(0) * GAP_Y
}

/// Graphs are walked up to a few hundred nodes, so that this never saturates.
fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spot(column: i32, parent: Option<usize>) -> Spot {
        Spot { column, parent }
    }

    fn overlap(one: Place, other: Place) -> bool {
        (one.x - other.x).abs() < NODE_WIDTH && (one.y - other.y).abs() < NODE_HEIGHT
    }

    #[test]
    fn neighbours_stand_beside_their_root() {
        let layout = place(&[
            spot(0, None),
            spot(-1, Some(0)),
            spot(1, Some(0)),
            spot(1, Some(0)),
        ]);

        let [root, before, first, second] = layout.places[..] else {
            panic!("four places")
        };
        assert!(before.x < root.x && root.x < first.x && first.x == second.x);
        assert!(first.y < root.y && root.y < second.y);
        assert_eq!(before.y, root.y);
    }

    #[test]
    fn a_node_stands_before_the_middle_of_those_that_it_led_to() {
        let mut spots = vec![spot(0, None), spot(1, Some(0)), spot(1, Some(0))];
        spots.extend([spot(2, Some(1)); 6]);
        spots.push(spot(2, Some(2)));

        let places = place(&spots).places;

        assert_eq!(places[1].y, i32::midpoint(places[3].y, places[8].y));
        assert_eq!(places[2].y, places[9].y);
    }

    #[test]
    fn those_of_one_parent_stand_together() {
        let layout = place(&[
            spot(0, None),
            spot(1, Some(0)),
            spot(1, Some(0)),
            spot(2, Some(2)),
            spot(2, Some(1)),
        ]);

        assert!(layout.places[4].y < layout.places[3].y);
    }

    #[test]
    fn a_line_leaves_at_the_side_that_faces_its_end() {
        let layout = place(&[spot(0, None), spot(-1, Some(0)), spot(0, None)]);

        let back = layout.line(0, 1);
        let (root, before) = (layout.places[0], layout.places[1]);
        assert!(
            back.path.starts_with(&format!("M{} ", root.x)),
            "{}",
            back.path
        );
        assert!(back.label.x > before.x + NODE_WIDTH && back.label.x < root.x);
        let within = layout.line(0, 2);
        assert!(within.label.x > root.x + NODE_WIDTH);
    }

    #[test]
    fn a_line_within_the_last_column_stays_inside() {
        let spots = [spot(0, None), spot(1, Some(0)), spot(1, Some(0))];
        let narrow = place(&spots);
        let wide = place(&spots).with_room_for([(0, 1), (1, 2)].into_iter());

        assert_eq!(
            place(&spots).with_room_for([(0, 1)].into_iter()).width,
            narrow.width
        );
        let label = wide.line(1, 2).label;
        assert!(wide.width > narrow.width && label.x + MARGIN < wide.width);
    }

    #[test]
    fn nothing_takes_no_room() {
        assert_eq!(place(&[]).places, []);
    }

    fn spots() -> impl Strategy<Value = Vec<Spot>> {
        let steps = prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..60);
        (1_usize..4, steps).prop_map(|(roots, steps)| {
            let mut spots = vec![spot(0, None); roots];
            for (parent, is_after) in steps {
                let parent = parent.index(spots.len());
                let column = spots[parent].column + if is_after { 1 } else { -1 };
                spots.push(spot(column, Some(parent)));
            }
            spots
        })
    }

    proptest! {
        #[test]
        fn nodes_never_overlap_and_stay_inside(spots in spots()) {
            let layout = place(&spots);

            for (index, one) in layout.places.iter().enumerate() {
                prop_assert!(one.x >= MARGIN && one.x + NODE_WIDTH + MARGIN <= layout.width);
                prop_assert!(one.y >= MARGIN && one.y + NODE_HEIGHT + MARGIN <= layout.height);
                for other in &layout.places[index + 1..] {
                    prop_assert!(!overlap(*one, *other), "{one:?} and {other:?}");
                }
            }
        }

        #[test]
        fn the_same_graph_is_always_drawn_alike(spots in spots()) {
            prop_assert_eq!(place(&spots), place(&spots));
        }
    }
}
