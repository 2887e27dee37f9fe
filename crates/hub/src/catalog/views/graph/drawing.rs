//! A graph as a picture: what the template writes as SVG.

use super::layout::{self, Layout, Spot};
use super::walk::Graph;
use crate::ui::entity::{Sight, href_of, title_of};
use crate::ui::{Look, Texts, Tone};
use callboard_catalog::Entity;
use std::collections::HashMap;

/// How many letters fit into a node: its name, and what it is.
const TITLE_LETTERS: usize = 19;
const KIND_LETTERS: usize = 24;

/// How many lines of one relation leave a node before only the one in the middle says which it is.
const FAN: usize = 4;

/// A picture of a graph.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct Drawing {
    pub(in crate::catalog::views) width: i32,
    pub(in crate::catalog::views) height: i32,
    /// What somebody who cannot see it is told.
    pub(in crate::catalog::views) label: String,
    pub(in crate::catalog::views) lines: Vec<DrawnLine>,
    /// From left to right, and from top to bottom.
    pub(in crate::catalog::views) nodes: Vec<DrawnNode>,
    /// What there was no room for.
    pub(in crate::catalog::views) rests: Vec<DrawnRest>,
}

/// A relation, or several between the same two.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct DrawnLine {
    pub(in crate::catalog::views) path: String,
    /// Empty where a line beside it says the same.
    pub(in crate::catalog::views) label: String,
    pub(in crate::catalog::views) x: i32,
    pub(in crate::catalog::views) y: i32,
}

/// An entity.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct DrawnNode {
    pub(in crate::catalog::views) href: String,
    pub(in crate::catalog::views) x: i32,
    pub(in crate::catalog::views) y: i32,
    pub(in crate::catalog::views) tone: Tone,
    pub(in crate::catalog::views) is_root: bool,
    /// As much of the name as fits.
    pub(in crate::catalog::views) title: String,
    /// Kind and type.
    pub(in crate::catalog::views) kind: String,
    /// The whole name and the reference.
    pub(in crate::catalog::views) tooltip: String,
}

/// A number of entities that are not drawn.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct DrawnRest {
    pub(in crate::catalog::views) text: String,
    pub(in crate::catalog::views) href: String,
}

impl Drawing {
    /// Draws `graph`, which is about what `label` says.
    pub(in crate::catalog::views) fn new(sight: &Sight, graph: &Graph, label: String) -> Drawing {
        let t = &sight.t;
        let spots: Vec<Spot> = graph
            .nodes
            .iter()
            .map(|node| Spot {
                column: node.column,
                parent: node.parent,
            })
            .collect();
        let ends = graph.edges.iter().map(|edge| (edge.from, edge.to));
        let layout = layout::place(&spots).with_room_for(ends);
        let lines = lines(t, graph, &layout);
        let nodes = graph.nodes.iter().zip(&layout.places);
        let mut nodes: Vec<DrawnNode> = nodes
            .map(|(node, place)| {
                let is_root = node.parent.is_none();
                DrawnNode::new(t, &node.entity, is_root, place.x, place.y)
            })
            .collect();
        nodes.sort_by_key(|node| (node.x, node.y));
        let rests = graph.rests.iter().map(|rest| {
            let entity = &graph.nodes[rest.node].entity;
            DrawnRest {
                text: t
                    .say("entity-graph-rest")
                    .with("n", rest.count)
                    .with("name", title_of(entity))
                    .with("relation", t.say(rest.relation.label).to_string())
                    .to_string(),
                href: format!(
                    "{}/related?relation={}",
                    href_of(entity.entity_ref()),
                    rest.relation.name
                ),
            }
        });
        Drawing {
            width: layout.width,
            height: layout.height,
            label,
            lines,
            nodes,
            rests: rests.collect(),
        }
    }
}

fn lines(t: &Texts, graph: &Graph, layout: &Layout) -> Vec<DrawnLine> {
    // The lines that leave a node with the same words.
    let mut fans: HashMap<(usize, i32, String), Vec<usize>> = HashMap::new();
    let mut lines: Vec<DrawnLine> = Vec::with_capacity(graph.edges.len());
    for (number, edge) in graph.edges.iter().enumerate() {
        let line = layout.line(edge.from, edge.to);
        let words = edge
            .relations
            .iter()
            .map(|relation| t.say(relation.label).to_string());
        let label = words.collect::<Vec<_>>().join(", ");
        let side = layout.places[edge.to].x;
        let fan = fans.entry((edge.from, side, label.clone())).or_default();
        fan.push(number);
        lines.push(DrawnLine {
            path: line.path,
            label,
            x: line.label.x,
            y: line.label.y,
        });
    }
    for mut fan in fans.into_values().filter(|fan| fan.len() > FAN) {
        fan.sort_by_key(|number| lines[*number].y);
        let middle = fan[fan.len() / 2];
        for number in fan.into_iter().filter(|number| *number != middle) {
            lines[number].label.clear();
        }
    }
    lines
}

impl DrawnNode {
    fn new(t: &Texts, entity: &Entity, is_root: bool, x: i32, y: i32) -> DrawnNode {
        let entity_ref = entity.entity_ref();
        let title = title_of(entity);
        let spec_type = entity.spec_text("type");
        let kind = t
            .say("entity-kind")
            .with("kind", entity_ref.kind().to_owned());
        let kind = match &spec_type {
            Some(spec_type) => format!("{kind} · {spec_type}"),
            None => kind.to_string(),
        };
        DrawnNode {
            href: href_of(entity_ref),
            x,
            y,
            tone: Look::of(entity_ref.kind(), spec_type.as_deref()).tile.tone,
            is_root,
            tooltip: format!("{title} ({entity_ref})"),
            title: clip(&title, TITLE_LETTERS),
            kind: clip(&kind, KIND_LETTERS),
        }
    }
}

fn clip(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let kept: String = text.chars().take(letters - 1).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_gives_way() {
        assert_eq!(clip("box-office-api", 19), "box-office-api");
        assert_eq!(clip("a name that goes on and on", 12), "a name that…");
    }
}
