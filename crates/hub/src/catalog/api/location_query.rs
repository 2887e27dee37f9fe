//! `/locations/by-query`: pages of the registered locations.

use super::body::Body;
use super::wire::{input, json_of};
use crate::app::App;
use crate::catalog::location::RegisteredLocation;
use crate::error::Error;
use crate::http::query::QueryParams;
use crate::principal::Principal;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use callboard_catalog::{Filter, Match, Test};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How many locations a page has when the client does not say.
const DEFAULT_LIMIT: usize = 1000;

/// Which locations are asked for; as a cursor, what of them comes next.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LocationQuery {
    limit: usize,
    /// The identifier after which the page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    after_id: Option<String>,
    /// The predicate, as it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<Value>,
}

/// `GET /locations/by-query`: all locations, in pages.
///
/// Permission: `catalog.location.read`; without it there are no locations.
pub(super) async fn get(
    State(app): State<App>,
    principal: Principal,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let params = QueryParams::parse(query.as_deref(), &["limit", "cursor"])?;
    let query = match params.first("cursor") {
        Some(cursor) => LocationQuery::decode(cursor)?,
        None => LocationQuery::new(params.count("limit")?, None)?,
    };
    page(&app, &principal, query)
}

/// `POST /locations/by-query`; a cursor says everything, beside it nothing counts.
///
/// Permission: `catalog.location.read`; without it there are no locations.
pub(super) async fn post(
    State(app): State<App>,
    principal: Principal,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, Error> {
    QueryParams::parse(query.as_deref(), &[])?;
    let query = match body.string("cursor")? {
        Some("") => return Err(input("Cursor cannot be empty")),
        Some(cursor) => LocationQuery::decode(cursor)?,
        None => LocationQuery::new(body.count("limit")?, body.get("query").cloned())?,
    };
    page(&app, &principal, query)
}

impl LocationQuery {
    fn new(limit: Option<usize>, query: Option<Value>) -> Result<LocationQuery, Error> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if limit == 0 {
            return Err(input("Limit must be a positive integer >= 1"));
        }
        Ok(LocationQuery {
            limit,
            after_id: None,
            query,
        })
    }

    /// Reads what [`LocationQuery::encode`] gave.
    fn decode(cursor: &str) -> Result<LocationQuery, Error> {
        let text = STANDARD
            .decode(cursor)
            .map_err(|_| input("Malformed cursor, unknown encoding"))?;
        let value: Value = serde_json::from_slice(&text)
            .map_err(|_| input("Malformed cursor, unknown encoding"))?;
        match serde_json::from_value::<LocationQuery>(value) {
            Ok(query) if query.limit > 0 => Ok(query),
            Ok(_) => Err(input("Malformed cursor: `limit` must be at least 1")),
            Err(error) => Err(input(format!("Malformed cursor: {error}"))),
        }
    }

    fn encode(&self) -> String {
        STANDARD.encode(json!(self).to_string())
    }

    /// What locations must be like.
    fn filter(&self) -> Result<Option<Filter>, Error> {
        let Some(predicate) = &self.query else {
            return Ok(None);
        };
        if !predicate.is_object() {
            return Err(input("Query must be an object"));
        }
        let filter = Filter::from_predicate(predicate).map_err(input)?;
        match filter.0.leaves().find(|leaf| !is_known(&leaf.key)) {
            None => Ok(Some(filter)),
            Some(Match { key, .. }) => Err(input(format!(
                "Invalid filter predicate, expected key to be 'id', 'type', 'target', or 'entityRef', got '{key}'"
            ))),
        }
    }
}

fn is_known(key: &str) -> bool {
    matches!(key, "id" | "type" | "target" | "entityref")
}

fn page(app: &App, principal: &Principal, query: LocationQuery) -> Result<Response, Error> {
    let filter = query.filter()?;
    let locations = app.catalog().registered_locations(app, principal);
    let mut matching: Vec<&RegisteredLocation> = locations
        .iter()
        .flat_map(|locations| locations.iter())
        .filter(|location| {
            filter
                .as_ref()
                .is_none_or(|filter| passes(filter, location))
        })
        .collect();
    let total = matching.len();
    matching.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    let is_ahead = |location: &&RegisteredLocation| {
        let after = query.after_id.as_deref();
        after.is_none_or(|after| location.id.as_str() > after)
    };
    let mut items: Vec<_> = matching.into_iter().filter(is_ahead).collect();
    let has_more = items.len() > query.limit;
    items.truncate(query.limit);
    let mut info = json!({});
    if let (true, Some(last)) = (has_more, items.last()) {
        let next = LocationQuery {
            after_id: Some(last.id.clone()),
            ..query
        };
        info["nextCursor"] = next.encode().into();
    }
    Ok(json_of(
        &json!({"items": items, "totalItems": total, "pageInfo": info}),
    ))
}

fn passes(filter: &Filter, location: &RegisteredLocation) -> bool {
    filter.0.evaluate(&mut |Match { key, test }| {
        let value = match &**key {
            "id" => location.id.clone(),
            "type" => location.location_type.clone(),
            "target" => location.target.clone(),
            _ => location.to_location().entity_ref().to_string(),
        };
        let value = value.to_lowercase();
        match test {
            Test::Exists => true,
            Test::OneOf(values) => values.iter().any(|known| *known == value),
            Test::Prefix(prefix) => value.starts_with(prefix.as_str()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_says_what_comes_next() {
        let query = LocationQuery {
            limit: 2,
            after_id: Some("a".to_owned()),
            query: Some(json!({"type": "url"})),
        };

        let read = LocationQuery::decode(&query.encode()).unwrap();

        assert_eq!(json!(read), json!(query));
        for (cursor, message) in [
            ("%", "Malformed cursor, unknown encoding"),
            ("bm8=", "Malformed cursor, unknown encoding"),
            (
                "eyJsaW1pdCI6MH0=",
                "Malformed cursor: `limit` must be at least 1",
            ),
            ("e30=", "Malformed cursor: missing field `limit`"),
        ] {
            let error = LocationQuery::decode(cursor).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn predicates_know_the_members_of_a_location_only() {
        let location = RegisteredLocation {
            id: "a1".to_owned(),
            target: "https://Host.example/a.yaml".to_owned(),
            location_type: "url".to_owned(),
        };
        let passes = |predicate: Value| {
            let query = LocationQuery::new(None, Some(predicate)).unwrap();
            query
                .filter()
                .map(|filter| passes(&filter.unwrap(), &location))
        };

        assert!(passes(json!({"target": {"$hasPrefix": "https://host"}})).unwrap());
        assert!(passes(json!({"$not": {"type": "file"}, })).unwrap());
        assert!(passes(json!({"entityRef": {"$exists": true}, "ID": "A1"})).unwrap());
        assert!(!passes(json!({"id": {"$in": ["a2"]}})).unwrap());
        let error = passes(json!({"kind": "x"})).unwrap_err();
        assert!(error.to_string().ends_with("got 'kind'"), "{error}");
        assert_eq!(
            passes(json!([])).unwrap_err().to_string(),
            "Query must be an object"
        );
    }
}
