//! What somebody can do on a page, read from its markup.

use std::collections::BTreeMap;
use std::fmt;

/// Elements that have no end.
const VOID: [&str; 8] = ["br", "col", "hr", "img", "input", "link", "meta", "wbr"];

/// Classes of links that do something, rather than lead to what they name.
const ACTING: [&str; 4] = ["btn", "nav", "opt", "stat"];

/// Something that can be clicked or sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Control {
    /// `link`, `button`, or the method of a form.
    pub(super) kind: String,
    /// Where it leads, or what it opens.
    pub(super) target: String,
    /// What it is called.
    pub(super) label: String,
}

impl Control {
    /// The same with `{me}` in place of who looks at the page, as `user:default/<name>`.
    pub(super) fn without(mut self, user: Option<&str>) -> Control {
        let name = user.and_then(|user| user.rsplit('/').next());
        if let Some(name) = name {
            for slash in ["/", "%2F"] {
                let (mine, anybodys) = (
                    format!("default{slash}{name}"),
                    format!("default{slash}{{me}}"),
                );
                self.target = self.target.replace(&mine, &anybodys);
            }
            let words = self.label.split(' ');
            let words = words.map(|word| if word == name { "{me}" } else { word });
            self.label = words.collect::<Vec<_>>().join(" ");
        }
        self
    }
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.kind, &self.target, &self.label].into_iter();
        let parts: Vec<_> = parts
            .filter(|part| !part.is_empty())
            .map(String::as_str)
            .collect();
        write!(f, "{}", parts.join("  "))
    }
}

/// An element with what it holds.
#[derive(Debug, Default)]
pub(super) struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Node>,
}

#[derive(Debug)]
enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    /// Reads a page.
    pub(super) fn parse(page: &str) -> Element {
        let mut open = vec![Element::default()];
        let mut rest = page;
        while let Some((text, markup)) = rest.split_once('<') {
            add(&mut open, Node::Text(decoded(text)));
            let tag = tag_of(markup);
            rest = markup.get(tag.len() + 1..).unwrap_or_default();
            if let Some(name) = tag.strip_prefix('/') {
                let closed = open.pop().unwrap();
                assert_eq!(closed.name, name, "the markup is not nested: {page}");
                add(&mut open, Node::Element(closed));
                continue;
            }
            if tag.starts_with('!') {
                continue;
            }
            let element = Element::opened(tag);
            if tag.ends_with('/') || VOID.contains(&element.name.as_str()) {
                add(&mut open, Node::Element(element));
            } else {
                open.push(element);
            }
        }
        assert_eq!(open.len(), 1, "the markup is not closed: {page}");
        open.pop().unwrap()
    }

    fn opened(tag: &str) -> Element {
        let tag = tag.trim_end_matches('/').trim();
        let (name, rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let mut attributes = BTreeMap::new();
        let mut rest = rest.trim_start();
        while !rest.is_empty() {
            let end = rest
                .find(|letter: char| letter == '=' || letter.is_whitespace())
                .unwrap_or(rest.len());
            let (attribute, after) = rest.split_at(end);
            let (value, after) = match after.as_bytes() {
                [b'=', b'"', ..] => after[2..].split_once('"').unwrap(),
                [b'=', b'\'', ..] => after[2..].split_once('\'').unwrap(),
                [b'=', ..] => after[1..].split_at(after[1..].find(' ').unwrap_or(after.len() - 1)),
                _ => ("", after),
            };
            attributes.insert(attribute.to_owned(), decoded(value));
            rest = after.trim_start();
        }
        Element {
            name: name.to_owned(),
            attributes,
            children: Vec::new(),
        }
    }

    /// The first element within this one that `wanted` takes.
    pub(super) fn find(&self, wanted: impl Fn(&Element) -> bool + Copy) -> Option<&Element> {
        self.elements().find_map(|child| {
            if wanted(child) {
                Some(child)
            } else {
                child.find(wanted)
            }
        })
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    pub(super) fn has_class(&self, class: &str) -> bool {
        let classes = self.attribute("class").unwrap_or_default();
        classes.split(' ').any(|found| found == class)
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// Everything that can be done within this element, which is on `page`, and whether it can
    /// be done now.
    pub(super) fn controls(&self, page: &Element) -> BTreeMap<Control, bool> {
        let mut found = BTreeMap::new();
        let around = Around {
            page,
            is_nav: false,
            form: None,
        };
        self.collect(around, &mut found);
        found
    }

    fn collect<'a>(&'a self, mut around: Around<'a>, found: &mut BTreeMap<Control, bool>) {
        // To turn pages is no action.
        if self.has_class("pager") {
            return;
        }
        let control = match self.name.as_str() {
            "nav" => {
                around.is_nav = true;
                None
            }
            "form" => {
                around.form = Some(self);
                // Something else sends it: a field that changes, or a button elsewhere.
                let is_sent = self.find(Element::submits).is_none();
                is_sent.then(|| Element::control(self.sent(), String::new()))
            }
            "a" if around.is_nav || self.acts() => {
                let target = self.attribute("href").unwrap_or_default();
                Some(Element::control(
                    ("link".to_owned(), target.to_owned()),
                    self.label(),
                ))
            }
            "button" | "summary" => Some(Element::control(self.pressed(around), self.label())),
            _ => None,
        };
        if let Some(control) = control {
            *found.entry(control).or_default() |= self.is_open();
        }
        for child in self.elements() {
            child.collect(around, found);
        }
    }

    fn control((kind, target): (String, String), label: String) -> Control {
        Control {
            kind,
            target,
            label,
        }
    }

    fn is_open(&self) -> bool {
        self.attribute("aria-disabled") != Some("true") && self.attribute("disabled").is_none()
    }

    /// What a button does: it sends a form, or it opens something.
    fn pressed(&self, around: Around<'_>) -> (String, String) {
        let named = self.attribute("form").and_then(|id| {
            let is_it = |element: &Element| element.attribute("id") == Some(id);
            around.page.find(is_it)
        });
        match named.or(around.form).filter(|_| self.submits()) {
            Some(form) => {
                let (method, action) = form.sent();
                let mut target = self.attribute("formaction").unwrap_or(&action).to_owned();
                if let Some(name) = self.attribute("name") {
                    let value = self.attribute("value").unwrap_or_default();
                    target = format!("{target} {name}={value}");
                }
                (method, target)
            }
            None => {
                let opened = self
                    .attribute("popovertarget")
                    .or_else(|| self.attribute("commandfor"));
                let target = opened.map(|id| format!("#{id}"));
                ("button".to_owned(), target.unwrap_or_default())
            }
        }
    }

    fn acts(&self) -> bool {
        ACTING.iter().any(|class| self.has_class(class))
    }

    fn submits(&self) -> bool {
        self.is("button") && !matches!(self.attribute("type"), Some("button"))
    }

    /// The method and the address of a form.
    fn sent(&self) -> (String, String) {
        let method = self.attribute("method").unwrap_or("get").to_uppercase();
        (
            method,
            self.attribute("action").unwrap_or_default().to_owned(),
        )
    }

    /// What an element is called.
    fn label(&self) -> String {
        match self.attribute("aria-label") {
            Some(label) => label.to_owned(),
            None => self.words().trim().to_owned(),
        }
    }

    /// Whether it is no part of a name: keys, counts, pictures, what phones show instead.
    fn is_aside(&self) -> bool {
        let is_hidden = self.attribute("aria-hidden") == Some("true");
        is_hidden || self.is("kbd") || self.has_class("n") || self.has_class("phone-only")
    }

    /// The words of an element, with one space between two.
    fn words(&self) -> String {
        let mut words = String::new();
        for node in &self.children {
            let text = match node {
                Node::Text(text) => text.clone(),
                Node::Element(element) if element.is_aside() => String::new(),
                Node::Element(element) => format!(" {}", element.words()),
            };
            words.push_str(&text);
        }
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Where an element stands.
#[derive(Clone, Copy)]
struct Around<'a> {
    page: &'a Element,
    is_nav: bool,
    form: Option<&'a Element>,
}

fn add(open: &mut [Element], node: Node) {
    let last = open.last_mut().expect("the root is never closed");
    last.children.push(node);
}

/// What stands between `<` and the `>` that is in no value.
fn tag_of(markup: &str) -> &str {
    let mut is_quoted = false;
    let end = markup.find(|letter| {
        is_quoted ^= letter == '"';
        letter == '>' && !is_quoted
    });
    &markup[..end.unwrap_or(markup.len())]
}

fn decoded(text: &str) -> String {
    let marks = [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&nbsp;", " "),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    let decode = |text: String, (mark, letter): (&str, &str)| text.replace(mark, letter);
    marks.into_iter().fold(text.to_owned(), decode)
}
