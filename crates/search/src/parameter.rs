//! Query strings with brackets, such as `types[0]=a&filters[kind]=b`, as the original's servers
//! read them.

use std::collections::BTreeMap;

use url::form_urlencoded;

/// How many parameters are read.
const MAX_PARAMETERS: usize = 1000;
/// How many brackets of a name are looked at.
const MAX_DEPTH: usize = 5;

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    Text(String),
    List(Vec<Parameter>),
    Map(BTreeMap<String, Parameter>),
}

impl Parameter {
    /// The parameters of a query string, by name.
    pub(crate) fn parse(query: &str) -> BTreeMap<String, Self> {
        let mut all = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).take(MAX_PARAMETERS) {
            let (name, path) = split(&name);
            let known = all.remove(name);
            all.insert(name.to_owned(), Self::with(known, &path, &value));
        }
        all
    }

    /// What validation calls it.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "string",
            Self::List(_) => "array",
            Self::Map(_) => "object",
        }
    }

    /// What is known already, with a value more at a path within it.
    ///
    /// A repeated name makes a list, and so do empty brackets and those with a number.
    fn with(known: Option<Self>, path: &[&str], value: &str) -> Self {
        let Some((first, rest)) = path.split_first() else {
            let text = Self::Text(value.to_owned());
            return match known {
                None => text,
                Some(Self::Text(one)) => Self::List(vec![Self::Text(one), text]),
                Some(Self::List(mut list)) => {
                    list.push(text);
                    Self::List(list)
                }
                Some(Self::Map(map)) => Self::Map(map),
            };
        };
        let is_place = first.bytes().all(|byte| byte.is_ascii_digit());
        match known {
            Some(Self::List(mut list)) if is_place => {
                list.push(Self::with(None, rest, value));
                Self::List(list)
            }
            Some(Self::Text(one)) if is_place => {
                Self::List(vec![Self::Text(one), Self::with(None, rest, value)])
            }
            None if is_place => Self::List(vec![Self::with(None, rest, value)]),
            Some(Self::Map(mut map)) => {
                let known = map.remove(*first);
                map.insert((*first).to_owned(), Self::with(known, rest, value));
                Self::Map(map)
            }
            None | Some(Self::Text(_) | Self::List(_)) => {
                let inner = Self::with(None, rest, value);
                Self::Map(BTreeMap::from([((*first).to_owned(), inner)]))
            }
        }
    }
}

/// A name, and what stands in brackets after it; a bracket that is not closed belongs to the name.
fn split(name: &str) -> (&str, Vec<&str>) {
    let Some((base, brackets)) = name.split_once('[').filter(|(base, _)| !base.is_empty()) else {
        return (name, Vec::new());
    };
    let mut path = Vec::new();
    let mut rest = brackets;
    while path.len() < MAX_DEPTH {
        let Some((inner, after)) = rest.split_once(']') else {
            break;
        };
        path.push(inner);
        let Some(next) = after.strip_prefix('[') else {
            break;
        };
        rest = next;
    }
    if path.is_empty() {
        (name, path)
    } else {
        (base, path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Parameter {
        Parameter::Text(text.to_owned())
    }

    fn list(texts: &[&str]) -> Parameter {
        Parameter::List(texts.iter().map(|one| text(one)).collect())
    }

    fn map(name: &str, inner: Parameter) -> Parameter {
        Parameter::Map(BTreeMap::from([(name.to_owned(), inner)]))
    }

    #[test]
    fn brackets_make_lists_and_maps() {
        for (query, expected) in [
            ("a=x+y%21", text("x y!")),
            ("a=x&a=y", list(&["x", "y"])),
            ("a[]=x&a[]=y", list(&["x", "y"])),
            ("a%5B0%5D=x&a[7]=y", list(&["x", "y"])),
            ("a[b]=x", map("b", text("x"))),
            ("a[b][]=x&a[b]=y", map("b", list(&["x", "y"]))),
            ("a[b][c]=x", map("b", map("c", text("x")))),
            ("a[0]=x&a[b]=y", map("b", text("y"))),
        ] {
            assert_eq!(
                Parameter::parse(query).remove("a"),
                Some(expected),
                "{query}"
            );
        }
    }

    #[test]
    fn what_is_no_bracket_belongs_to_the_name() {
        for name in ["a[", "[a]", "a]", "a[b"] {
            let parameters = Parameter::parse(&format!("{name}=x"));
            assert_eq!(parameters.get(name), Some(&text("x")), "{name}");
        }
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let deep = format!("a{}=x", "[b]".repeat(10_000));
        let many = "a[]=x&".repeat(10_000);

        assert!(Parameter::parse(&deep).contains_key("a"));
        match &Parameter::parse(&many)["a"] {
            Parameter::List(list) => assert_eq!(list.len(), MAX_PARAMETERS),
            other => panic!("{other:?}"),
        }
    }
}
