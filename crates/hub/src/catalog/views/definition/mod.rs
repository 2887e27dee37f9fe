//! `/catalog/{namespace}/{kind}/{name}/definition`: what an API offers, in its own words.
//!
//! A definition is a text of somebody else's, so nothing in it is trusted: it is read within
//! limits, off the threads that answer requests, and kept as long as the entity stays as it is.

mod asyncapi;
mod graphql;
mod highlight;
mod openapi;
mod schema;

use crate::app::App;
use crate::catalog::views::entity::{Header, Tab, not_there};
use crate::catalog::views::inspect::{file, file_name};
use crate::catalog::views::request::EntityRequest;
use crate::catalog::views::said;
use crate::error::Error;
use crate::ui::entity::href_of;
use crate::ui::{Icon, Page, Shell, Texts, Wants};
use askama::Template;
use askama::filters::HtmlSafe;
use asyncapi::AsyncApi;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use graphql::GraphQl;
use highlight::{Language, Line};
use moka::sync::Cache;
use openapi::{Head, OpenApi, Operation};
use serde_json::Value;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// How much text of definitions is kept read, in bytes.
const KEPT: u64 = 64 * 1024 * 1024;
/// The longest text that is read for an outline; a longer one is shown as it is.
const MAX_READ: usize = 8 * 1024 * 1024;
/// How many lines of a source are shown; the rest is in the file.
const MAX_LINES: usize = 5_000;
/// From how many operations on they are fetched one by one, when somebody opens them.
const MANY_OPERATIONS: usize = 40;

/// What was read of definitions, by the entities that they belong to.
pub(super) struct Definitions(Cache<String, Arc<Definition>>);

impl Default for Definitions {
    fn default() -> Definitions {
        let cache = Cache::builder()
            .max_capacity(KEPT)
            .weigher(|_, definition: &Arc<Definition>| {
                u32::try_from(definition.text.len()).unwrap_or(u32::MAX)
            })
            .build();
        Definitions(cache)
    }
}

/// A definition with what it says.
struct Definition {
    text: String,
    language: Language,
    outline: Outline,
}

/// What a definition says.
enum Outline {
    OpenApi(OpenApi),
    AsyncApi(AsyncApi),
    GraphQl(GraphQl),
    /// Nothing that is understood here: the source has to do.
    None,
    /// Nothing, since it is broken.
    Broken(Fault),
}

/// Why a definition cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    message: String,
    /// Counted from 1.
    line: Option<usize>,
}

impl Definition {
    fn read(api_type: &str, text: String) -> Definition {
        let language = Language::of(api_type, &text);
        let outline = match (api_type, language) {
            _ if text.len() > MAX_READ => Outline::None,
            (_, Language::GraphQl) => match GraphQl::read(&text) {
                Ok(schema) => Outline::GraphQl(schema),
                Err(error) => Outline::Broken(Fault {
                    line: Some(text[..error.offset].matches('\n').count() + 1),
                    message: error.to_string(),
                }),
            },
            ("openapi" | "asyncapi", Language::Json | Language::Yaml) => document(&text, language),
            _ => Outline::None,
        };
        Definition {
            text,
            language,
            outline,
        }
    }
}

fn document(text: &str, language: Language) -> Outline {
    let read = match language {
        Language::Json => serde_json::from_str::<Value>(text).map_err(|error| Fault {
            line: Some(error.line()),
            message: error.to_string(),
        }),
        _ => callboard_yaml::parse(text)
            .map(callboard_yaml::Node::into_json)
            .map_err(|error| Fault {
                line: error.position().map(|at| at.line as usize),
                message: error.to_string(),
            }),
    };
    match read {
        Err(fault) => Outline::Broken(fault),
        Ok(root) => match AsyncApi::read(&root) {
            Some(found) => Outline::AsyncApi(found),
            None => OpenApi::read(root).map_or(Outline::None, Outline::OpenApi),
        },
    }
}

impl Definitions {
    /// The definition of the entity of a request; `None` when it has none.
    async fn of(request: &EntityRequest) -> Result<Option<Arc<Definition>>, Error> {
        let entity = Arc::clone(&request.entity);
        let key = format!(
            "{} {}",
            entity.uid().unwrap_or_default(),
            entity.etag().unwrap_or_default()
        );
        let app: App = request.app().clone();
        let known = app.service::<Definitions>().0.get(&key);
        if known.is_some() {
            return Ok(known);
        }
        let read = spawn_blocking(move || {
            let text = said::definition(&entity)?;
            let api_type = entity.spec_text("type").unwrap_or_default();
            let definition = Arc::new(Definition::read(&api_type, text));
            app.service::<Definitions>()
                .0
                .insert(key, Arc::clone(&definition));
            Some(definition)
        });
        read.await.map_err(Error::internal)
    }
}

#[derive(Template)]
#[template(path = "catalog/templates/definition_page.html")]
struct DefinitionPage<'a> {
    shell: Shell,
    header: Header,
    /// The address of this page.
    here: String,
    is_source: bool,
    fault: Option<&'a Fault>,
    body: Body<'a>,
}

/// What stands below the choice between outline and source.
enum Body<'a> {
    OpenApi {
        api: &'a OpenApi,
        operations: Vec<Vec<OperationView<'a>>>,
    },
    AsyncApi(&'a AsyncApi),
    GraphQl(&'a GraphQl),
    Source {
        lines: Vec<Line>,
        is_cut: bool,
    },
    Nothing,
}

/// An operation, open or not.
struct OperationView<'a> {
    head: &'a Head,
    /// Absent until somebody asks for it.
    operation: Option<Operation>,
    is_open: bool,
}

#[derive(Template)]
#[template(path = "catalog/templates/definition/operation.html")]
struct OperationBody<'a> {
    t: &'a Texts,
    operation: &'a Operation,
}

impl HtmlSafe for OperationBody<'_> {}

impl<'a> OperationView<'a> {
    /// What stands below the head, if it is there.
    fn body<'b>(&'b self, t: &'b Texts) -> Option<OperationBody<'b>> {
        let operation = self.operation.as_ref()?;
        Some(OperationBody { t, operation })
    }
}

/// What is asked for.
#[derive(serde::Deserialize)]
pub(super) struct Asked {
    /// `source` for the text as it is.
    view: Option<String>,
    /// The operation that is open.
    operation: Option<String>,
    /// Whether the text is wanted as a file.
    #[serde(default)]
    download: bool,
}

/// `GET /catalog/{namespace}/{kind}/{name}/definition?view=source&operation=&download=true`; the
/// fragment is one operation.
///
/// For people who are signed in; `catalog.entity.read` decides what they see.
pub(super) async fn definition(
    request: EntityRequest,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let entity_ref = request.entity.entity_ref();
    if !Tab::Definition.is_of(entity_ref.kind()) {
        return not_there(&request);
    }
    let found = Definitions::of(&request).await?;
    let Some(found) = found else {
        return page(&request, None, false, Body::Nothing);
    };
    if asked.download {
        let name = file_name(entity_ref, found.language.extension());
        return Ok(file(&name, found.text.clone()));
    }
    if let (Outline::OpenApi(api), Wants::Fragment, Some(id)) =
        (&found.outline, request.wants, &asked.operation)
    {
        let missing = || Error::NotFound(format!("no operation `{id}`"));
        let head = api.head(id).ok_or_else(missing)?;
        let operation = api.operation(head);
        let body = OperationBody {
            t: &request.sight.t,
            operation: &operation,
        };
        return Ok(Page(body).into_response());
    }
    let is_source = asked.view.as_deref() == Some("source");
    let body = match &found.outline {
        _ if is_source => source(&found),
        Outline::None | Outline::Broken(_) => source(&found),
        Outline::OpenApi(api) => Body::OpenApi {
            api,
            operations: operations(api, asked.operation.as_deref()),
        },
        Outline::AsyncApi(api) => Body::AsyncApi(api),
        Outline::GraphQl(schema) => Body::GraphQl(schema),
    };
    page(&request, Some(&found), is_source, body)
}

fn page(
    request: &EntityRequest,
    definition: Option<&Definition>,
    is_source: bool,
    body: Body<'_>,
) -> Result<Response, Error> {
    let fault = definition.and_then(|definition| match &definition.outline {
        Outline::Broken(fault) => Some(fault),
        _ => None,
    });
    Ok(Page(DefinitionPage {
        shell: request.shell()?,
        header: Header::new(request, Tab::Definition),
        here: format!("{}/definition", href_of(request.entity.entity_ref())),
        is_source: is_source || matches!(body, Body::Source { .. }),
        fault,
        body,
    })
    .into_response())
}

fn source(definition: &Definition) -> Body<'_> {
    let lines = highlight::lines(&definition.text, definition.language, MAX_LINES);
    let is_cut = definition.text.lines().nth(MAX_LINES).is_some();
    Body::Source { lines, is_cut }
}

/// The operations of each group; of many, only the one that is open has more than its head.
fn operations<'a>(api: &'a OpenApi, open: Option<&str>) -> Vec<Vec<OperationView<'a>>> {
    let is_much = api.operation_count() > MANY_OPERATIONS;
    let view = |head: &'a Head| {
        let is_open = open == Some(head.id.as_str());
        OperationView {
            head,
            operation: (is_open || !is_much).then(|| api.operation(head)),
            is_open,
        }
    };
    api.groups
        .iter()
        .map(|group| group.operations.iter().map(view).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(api_type: &str, text: &str) -> Option<usize> {
        match Definition::read(api_type, text.to_owned()).outline {
            Outline::Broken(fault) => fault.line,
            _ => None,
        }
    }

    #[test]
    fn the_text_says_what_it_is() {
        let outline =
            |api_type: &str, text: &str| Definition::read(api_type, text.to_owned()).outline;

        assert!(matches!(
            outline("openapi", "openapi: 3.0.0"),
            Outline::OpenApi(_)
        ));
        assert!(matches!(
            outline("openapi", r#"{"swagger": "2.0"}"#),
            Outline::OpenApi(_)
        ));
        assert!(matches!(
            outline("openapi", "asyncapi: 2.0.0"),
            Outline::AsyncApi(_)
        ));
        assert!(matches!(
            outline("graphql", "type Query { a: Int }"),
            Outline::GraphQl(_)
        ));
        assert!(matches!(
            outline("grpc", "syntax = \"proto3\";"),
            Outline::None
        ));
        assert!(matches!(outline("openapi", "just text"), Outline::None));
    }

    #[test]
    fn a_broken_text_says_in_which_line() {
        assert!(fault("openapi", "openapi: 3.0.0\ninfo: [\n").is_some_and(|line| line >= 2));
        assert_eq!(fault("openapi", "{\n  \"openapi\": }"), Some(2));
        assert_eq!(fault("graphql", "type Query {\n  a:\n}\n"), Some(3));
    }
}
