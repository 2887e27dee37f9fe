//! `/search`: everything that has some words, the best first.

use super::service::{SearchPage, SearchResult};
use crate::error::Error;
use crate::ui::{Icon, Look, Marked, Page, PageRequest, Place, Shell, Tile};
use askama::Template;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Response};
use callboard_search::{PageCursor, Request};
use url::form_urlencoded;

/// How many results a page has.
const PAGE_LIMIT: usize = 25;

#[derive(Template)]
#[template(path = "search/templates/search_page.html")]
struct ResultsPage {
    shell: Shell,
    asked: Asked,
    /// How many there are, in words; absent when there are none.
    total: Option<String>,
    hits: Vec<Hit>,
    previous: Option<String>,
    next: Option<String>,
}

/// What was asked for, as the address has it.
struct Asked {
    query: String,
    types: Vec<String>,
    cursor: Option<String>,
}

/// A result as it is shown.
struct Hit {
    tile: Tile,
    href: String,
    title: Marked,
    text: Marked,
    /// Such as `component · service · box-office`.
    facts: String,
}

/// `GET /search?query=&types[]=&pageCursor=`.
///
/// Permission: none; of the catalog's documents the person finds those that
/// `catalog.entity.read` lets them read.
pub(super) async fn search(
    request: PageRequest,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let search = request.app.search();
    let asked = Asked::read(&query.unwrap_or_default(), search.limits().term);
    let found = match asked.request() {
        Some(wanted) => {
            search
                .page(&request.app, &request.viewer.principal, wanted?)
                .await?
        }
        None => SearchPage::default(),
    };
    let t = request.texts();
    let to = |cursor: PageCursor| asked.href(cursor);
    let page = ResultsPage {
        shell: request.shell(Place::top(t.say("search")))?,
        total: (found.total > 0).then(|| {
            let results = t.say("search-results").with("n", found.total);
            results.with("query", asked.query.as_str()).to_string()
        }),
        previous: found.previous.map(to),
        next: found.next.map(to),
        hits: found
            .results
            .into_iter()
            .map(|result| Hit::new(result, search.marks()))
            .collect(),
        asked,
    };
    Ok(Page(page).into_response())
}

impl Asked {
    /// Reads a query string; of what was typed, the first `longest` letters count.
    fn read(query: &str, longest: usize) -> Asked {
        let mut asked = Asked {
            query: String::new(),
            types: Vec::new(),
            cursor: None,
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "query" => asked.query = value.trim().chars().take(longest).collect(),
                "types[]" | "types" => asked.types.push(value.into_owned()),
                "pageCursor" => asked.cursor = Some(value.into_owned()),
                _ => {}
            }
        }
        asked
    }

    /// The request to the index; `None` when nothing was typed.
    fn request(&self) -> Option<Result<Request, Error>> {
        if self.query.is_empty() {
            return None;
        }
        let page = match &self.cursor {
            Some(cursor) => PageCursor::decode(cursor).map_err(Error::from),
            None => Ok(PageCursor::default()),
        };
        Some(page.map(|page| Request {
            term: self.query.clone(),
            filters: Vec::new(),
            types: (!self.types.is_empty()).then(|| self.types.clone()),
            page,
            page_limit: PAGE_LIMIT,
        }))
    }

    /// The address of another page of the same results.
    fn href(&self, cursor: PageCursor) -> String {
        let mut address = form_urlencoded::Serializer::new("/search?".to_owned());
        address.append_pair("query", &self.query);
        for document_type in &self.types {
            address.append_pair("types[]", document_type);
        }
        address.append_pair("pageCursor", &cursor.encode());
        address.finish()
    }
}

impl Hit {
    fn new(result: SearchResult, marks: [&str; 2]) -> Hit {
        let SearchResult {
            document,
            title,
            text,
            ..
        } = result;
        let member = |name: &str| {
            let found = document.members.iter().find(|(member, _)| *member == name);
            found.map_or("", |(_, value)| value.as_str())
        };
        let facts: Vec<_> = ["kind", "type", "owner"]
            .into_iter()
            .map(member)
            .filter(|fact| !fact.is_empty())
            .collect();
        let marked = |marked: Option<String>, plain: &str| match marked {
            Some(marked) => Marked::between(&marked, marks),
            None => Marked::plain(plain),
        };
        Hit {
            tile: Look::of(member("kind"), Some(member("type"))).tile,
            facts: facts.join(" · "),
            title: marked(title, &document.title),
            text: marked(text, &document.text),
            href: document.location.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_keeps_what_was_asked() {
        let asked = Asked::read("query=a%26b&types%5B%5D=software-catalog&other=1", 100);

        let next = Asked::read(
            asked.href(PageCursor(1)).trim_start_matches("/search?"),
            100,
        );

        assert_eq!(
            (next.query.as_str(), next.types.as_slice()),
            ("a&b", asked.types.as_slice())
        );
        assert_eq!(next.request().unwrap().unwrap().page, PageCursor(1));
    }
}
