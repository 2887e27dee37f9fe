//! Links between Markdown files: each leads to a file of the repository, and to a heading there.

use super::problem::Problem;
use super::tree::Tree;

/// Finds links that lead nowhere. Links to other sites are not followed.
pub(crate) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (file, text) in tree.texts().filter(|(file, _)| file.extension() == "md") {
        for (line, target) in links(text) {
            if let Some(what) = fault(tree, &file.path, &target) {
                problems.push(Problem::error(&file.path, line, what, "correct the link"));
            }
        }
    }
    problems
}

fn fault(tree: &Tree, from: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = target
        .split_once('#')
        .map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let Some(path) = resolve(from, path) else {
        return Some(format!("`{target}` leads out of the repository"));
    };
    if !tree.contains(&path) {
        return Some(format!("no such file `{path}`"));
    }
    let anchor = anchor.filter(|_| path.ends_with(".md"))?;
    let has_heading = tree
        .text(&path)
        .is_some_and(|text| headings(text).iter().any(|heading| heading == anchor));
    (!has_heading).then(|| format!("`{path}` has no heading `#{anchor}`"))
}

/// The path that a link means, below the root; an empty link means its own file.
fn resolve(from: &str, path: &str) -> Option<String> {
    if path.is_empty() {
        return Some(from.to_owned());
    }
    let (mut parts, path): (Vec<&str>, &str) = match path.strip_prefix('/') {
        Some(path) => (Vec::new(), path),
        None => (from.split('/').collect(), path),
    };
    parts.pop();
    for part in path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
    {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}

/// The lines outside fenced code, with code spans blanked; counted from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut is_code = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        (!is_code && !is_fence).then(|| {
            let spans = line.split('`').enumerate();
            let kept = spans.map(|(span, text)| if span % 2 == 0 { text } else { "code" });
            (index + 1, kept.collect())
        })
    })
}

/// The targets of `[text](target)` and `[name]: target`, with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        let inline = line
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'))
            .map(|(target, _)| target);
        let reference = line
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("]: "))
            .map(|(_, target)| target);
        for target in inline.chain(reference) {
            // A title may follow the target.
            let target = target.split_whitespace().next().unwrap_or_default();
            links.push((number, target.trim_matches(['<', '>']).to_owned()));
        }
    }
    links
}

/// The anchors of the headings, as repository hosts make them.
fn headings(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        is_code ^= line.trim_start().starts_with("```");
        let Some(title) = line
            .trim_start_matches('#')
            .strip_prefix(' ')
            .filter(|_| line.starts_with('#') && !is_code)
        else {
            continue;
        };
        let anchor = anchor(title);
        let copies = anchors
            .iter()
            .filter(|existing| without_number(existing, &anchor))
            .count();
        anchors.push(if copies == 0 {
            anchor
        } else {
            format!("{anchor}-{copies}")
        });
    }
    anchors
}

/// Whether the anchor is that of the title, or of an earlier copy of it.
fn without_number(existing: &str, anchor: &str) -> bool {
    existing.strip_prefix(anchor).is_some_and(|rest| {
        rest.is_empty()
            || rest
                .strip_prefix('-')
                .is_some_and(|number| number.parse::<u32>().is_ok())
    })
}

fn anchor(title: &str) -> String {
    let kept = title.trim().to_lowercase();
    kept.chars()
        .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(text: &str) -> Vec<String> {
        let tree = Tree::of(&[
            ("docs/index.md", text),
            (
                "docs/how-to/start.md",
                "# Start the hub\n\n## On `/metrics`, too\n\n## Notes\n\n## Notes\n",
            ),
            ("README.md", "# Callboard\n"),
        ]);
        check(&tree)
            .into_iter()
            .map(|problem| problem.what)
            .collect()
    }

    #[test]
    fn links_to_files_folders_headings_and_other_sites_are_fine() {
        let text = "[a](how-to/start.md) [b](../README.md \"Title\") [c](how-to) [d](/README.md)\n\
            [e](how-to/start.md#start-the-hub) [f](how-to/start.md#on-metrics-too) [g](how-to/start.md#notes-1)\n\
            [h](https://example.com/x) [i](mailto:a@example.com) [j](#own)\n\n# Own\n\n[k]: ../README.md\n";

        assert_eq!(whats(text), [] as [&str; 0]);
    }

    #[test]
    fn a_link_to_nothing_is_a_problem() {
        assert_eq!(whats("[a](gone.md)"), ["no such file `docs/gone.md`"]);
        assert_eq!(
            whats("[a](how-to/start.md#gone)"),
            ["`docs/how-to/start.md` has no heading `#gone`"]
        );
        assert_eq!(
            whats("[a](../../x.md)"),
            ["`../../x.md` leads out of the repository"]
        );
        assert_eq!(whats("[a]: gone.md"), ["no such file `docs/gone.md`"]);
    }

    #[test]
    fn code_holds_no_links() {
        assert_eq!(
            whats("```\n[a](gone.md)\n```\nand `[a](gone.md)`\n"),
            [] as [&str; 0]
        );
    }
}
