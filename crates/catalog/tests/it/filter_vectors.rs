//! The vectors of filters, orders, pages and facets, as far as they concern this crate.
//!
//! What only a server can answer (malformed requests, ancestry) is tested there again.

use std::collections::BTreeMap;

use callboard_catalog::{
    CatalogSnapshot, Cursor, Entity, Facet, Fields, Filter, FullText, OffsetCursor, OrderField,
    Page, Query, Stitch, StitchSource, relation,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::vectors::documents;

/// Takes entities through relations and stitching, as the hub does.
fn stitched(written: &[Value]) -> CatalogSnapshot {
    let edges = written
        .iter()
        .flat_map(|entity| relation::edges(entity).unwrap());
    let relations = relation::by_entity(edges);
    let location = [("backstage.io/managed-by-location", "file:/fixture.yaml")];
    let entities = written.iter().enumerate().map(|(index, entity)| {
        let written = entity.to_string();
        let bare = Entity::parse(&*written).unwrap();
        let stitch = Stitch {
            source: StitchSource::Written(&written),
            uid: Uuid::from_u128(1 + index as u128 * 7919 % 101),
            annotations: &location,
            relations: relations
                .get(bare.entity_ref())
                .map(Vec::as_slice)
                .unwrap_or_default(),
            status: &[],
            is_orphan: false,
        };
        stitch.finish().unwrap()
    });
    CatalogSnapshot::build(entities.collect::<Vec<_>>())
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|item| item.as_str().unwrap().to_owned())
        .collect()
}

/// The parameters of a request, decoded.
struct Request {
    path: String,
    parameters: Vec<(String, String)>,
}

impl Request {
    fn parse(target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let parameters = url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        Self {
            path: path.strip_prefix("/api/catalog").unwrap().to_owned(),
            parameters,
        }
    }

    fn all(&self, name: &str) -> Vec<&str> {
        self.parameters
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .collect()
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.all(name).first().map(|value| value.parse().unwrap())
    }
}

/// What a request is answered with: entities, or the message of an error.
struct Answer {
    page: Page,
    fields: Option<Fields>,
    offset: Option<OffsetCursor>,
}

fn list(catalog: &CatalogSnapshot, request: &Request) -> Result<Answer, String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let order: Result<Vec<_>, _> = request
        .all("order")
        .into_iter()
        .map(OrderField::parse_order)
        .collect();
    let offset = match request.all("after").first() {
        Some(after) => OffsetCursor::decode(after).map_err(|error| text(&error))?,
        None => OffsetCursor {
            limit: request.number("limit"),
            offset: request.number("offset").unwrap_or_default(),
        },
    };
    let page = catalog.query(&Query {
        filter: Filter::parse(&request.all("filter")).map_err(|error| text(&error))?,
        order: order.map_err(|error| text(&error))?,
        limit: offset.limit,
        offset: offset.offset,
        ..Query::default()
    });
    let fields = Fields::parse(&request.all("fields")).map_err(|error| text(&error))?;
    Ok(Answer {
        offset: offset.next(page.total),
        page,
        fields,
    })
}

fn by_query(catalog: &CatalogSnapshot, request: &Request) -> Result<Answer, String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let fields = Fields::parse(&request.all("fields")).map_err(|error| text(&error))?;
    let cursor = request
        .all("cursor")
        .first()
        .map(|cursor| Cursor::decode(cursor))
        .transpose();
    let order: Result<Vec<_>, _> = request
        .all("orderField")
        .into_iter()
        .map(OrderField::parse_order_field)
        .collect();
    let mut order = order.map_err(|error| text(&error))?;
    if order.is_empty() {
        order.push(OrderField::by_uid());
    }
    let full_text = request
        .all("fullTextFilterTerm")
        .first()
        .map(|term| FullText {
            term: (*term).to_owned(),
            fields: request
                .all("fullTextFilterFields")
                .iter()
                .flat_map(|list| list.split(','))
                .map(String::from)
                .collect(),
        });
    let page = catalog.query(&Query {
        filter: Filter::parse(&request.all("filter")).map_err(|error| text(&error))?,
        full_text,
        order,
        limit: Some(request.number("limit").unwrap_or(20)),
        offset: request.number("offset").unwrap_or_default(),
        cursor: cursor.map_err(|error| text(&error))?,
        permission: None,
    });
    Ok(Answer {
        page,
        fields,
        offset: None,
    })
}

#[test]
fn catalog_filters_follow_the_vectors() {
    for document in documents("catalog-filter") {
        let mut entities = document["entities"].as_array().unwrap().clone();
        entities.push(json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "Location",
            "metadata": {"name": "generated-<sha1>"},
            "spec": {"type": "file", "target": "/fixture.yaml"},
        }));
        let catalog = stitched(&entities);
        let vectors = document["vectors"].as_array().unwrap();
        let tested = vectors
            .iter()
            .filter(|vector| follows_vector(&catalog, vector))
            .count();
        assert!(
            tested * 10 >= vectors.len() * 8,
            "only {tested} of {} vectors concern the engine",
            vectors.len()
        );
        for sequence in document["sequences"].as_array().into_iter().flatten() {
            follow_sequence(&catalog, sequence);
        }
    }
}

/// Tests one vector; false when only a server can answer it.
fn follows_vector(catalog: &CatalogSnapshot, vector: &Value) -> bool {
    let (id, expected) = (&vector["id"], &vector["expect"]);
    let is_about_the_request = expected["error"]["message"]
        .as_str()
        .is_some_and(|message| {
            message.starts_with("request/") || message.starts_with("Empty value found")
        });
    let request = Request::parse(vector["request"]["path"].as_str().unwrap());
    if is_about_the_request || request.path.ends_with("/ancestry") {
        return false;
    }
    let answer = match request.path.as_str() {
        "/entities" => list(catalog, &request),
        "/entities/by-query" => by_query(catalog, &request),
        "/entities/by-refs" => {
            assert_by_refs(catalog, &vector["request"]["body"], expected, id);
            return true;
        }
        "/entity-facets" => {
            assert_facets(catalog, &request, expected, id);
            return true;
        }
        path => {
            let found = match path.split('/').skip(2).collect::<Vec<_>>()[..] {
                ["by-uid", uid] => catalog.get_by_uid(uid),
                ["by-name", kind, namespace, name] => {
                    catalog.get(&format!("{kind}:{namespace}/{name}"))
                }
                _ => panic!("{id}: unknown path {path}"),
            };
            let found: Vec<_> = found
                .into_iter()
                .map(|entity| entity.entity_ref().to_string())
                .collect();
            assert_eq!(
                found,
                expected["refs"]
                    .as_array()
                    .map(|_| texts(&expected["refs"]))
                    .unwrap_or_default(),
                "{id}"
            );
            return true;
        }
    };
    match answer {
        Ok(answer) => assert_answer(&answer, expected, &vector["compare"], id),
        Err(message) => {
            let error = &expected["error"];
            match error["messagePrefix"].as_str() {
                Some(prefix) => assert!(message.starts_with(prefix), "{id}: {message}"),
                None => assert_eq!(json!(message), error["message"], "{id}"),
            }
        }
    }
    true
}

fn assert_answer(answer: &Answer, expected: &Value, compare: &Value, id: &Value) {
    let page = &answer.page;
    let mut found: Vec<Value> = match (&answer.fields, &expected["items"]) {
        (Some(fields), Value::Array(_)) => page
            .entities
            .iter()
            .map(|entity| serde_json::from_str(&entity.project(fields)).unwrap())
            .collect(),
        _ => page
            .entities
            .iter()
            .map(|entity| json!(entity.entity_ref()))
            .collect(),
    };
    let mut wanted = expected["items"]
        .as_array()
        .or(expected["refs"].as_array())
        .unwrap()
        .clone();
    match compare["mode"].as_str() {
        Some("unordered") => {
            for list in [&mut found, &mut wanted] {
                list.sort_by_key(Value::to_string);
                list.dedup();
            }
        }
        Some("ordered-prefix") => {
            let length = compare["length"].as_u64().unwrap() as usize;
            assert_eq!(found.len(), wanted.len(), "{id}");
            found.truncate(length);
            wanted.truncate(length);
        }
        _ => {}
    }
    assert_eq!(found, wanted, "{id}");
    if expected["totalItems"].is_number() {
        assert_eq!(json!(page.total), expected["totalItems"], "{id}");
        assert_eq!(
            json!(page.next.is_some()),
            expected["hasNextCursor"],
            "{id}"
        );
        assert_eq!(
            json!(page.previous.is_some()),
            expected["hasPrevCursor"],
            "{id}"
        );
    }
    let after = expected["link"].as_str().map(|link| {
        link.split("&after=")
            .nth(1)
            .unwrap()
            .split('>')
            .next()
            .unwrap()
    });
    let found = answer
        .offset
        .map(|offset| offset.encode().replace('=', "%3D"));
    assert_eq!(found.as_deref(), after, "{id}");
}

fn assert_by_refs(catalog: &CatalogSnapshot, body: &Value, expected: &Value, id: &Value) {
    let fields = body["fields"]
        .as_array()
        .map(|_| Fields::parse(&texts(&body["fields"])).unwrap().unwrap());
    let found: Vec<Value> = texts(&body["entityRefs"])
        .iter()
        .map(|entity_ref| match (catalog.get(entity_ref), &fields) {
            (None, _) => Value::Null,
            (Some(entity), Some(fields)) => serde_json::from_str(&entity.project(fields)).unwrap(),
            (Some(entity), None) => json!(entity.entity_ref()),
        })
        .collect();
    assert_eq!(
        &found,
        expected["items"]
            .as_array()
            .or(expected["refs"].as_array())
            .unwrap(),
        "{id}"
    );
}

fn assert_facets(catalog: &CatalogSnapshot, request: &Request, expected: &Value, id: &Value) {
    let filter = Filter::parse(&request.all("filter")).unwrap();
    let counts = |facet: &Facet| {
        facet
            .values
            .iter()
            .map(|value| (value.value.to_string(), value.count))
            .collect::<BTreeMap<_, _>>()
    };
    for facet in catalog.facets(&request.all("facet"), filter.as_ref(), None) {
        let wanted: BTreeMap<_, _> = expected["facets"][&facet.key]
            .as_array()
            .unwrap()
            .iter()
            .map(|value| {
                (
                    value["value"].as_str().unwrap().to_owned(),
                    value["count"].as_u64().unwrap(),
                )
            })
            .collect();
        assert_eq!(counts(&facet), wanted, "{id}: {}", facet.key);
    }
}

fn follow_sequence(catalog: &CatalogSnapshot, sequence: &Value) {
    let mut page = by_query(
        catalog,
        &Request::parse(sequence["start"].as_str().unwrap()),
    )
    .unwrap()
    .page;
    for (index, step) in sequence["steps"].as_array().unwrap().iter().enumerate() {
        let name = step["step"].as_str().unwrap();
        let limit = name
            .split_once("limit=")
            .map_or(2, |(_, limit)| limit.parse().unwrap());
        if index > 0 {
            let cursor = if name.starts_with("next") {
                &page.next
            } else {
                &page.previous
            };
            // The cursor travels as text, as it does to a client and back.
            let cursor = Cursor::decode(&cursor.as_ref().unwrap().encode()).unwrap();
            page = catalog.query(&Query {
                cursor: Some(cursor),
                limit: Some(limit),
                ..Query::default()
            });
        }
        let found: Vec<_> = page
            .entities
            .iter()
            .map(|entity| entity.entity_ref().to_string())
            .collect();
        assert_eq!(found, texts(&step["refs"]), "{} {index}", sequence["id"]);
        assert_eq!(json!(page.total), step["totalItems"]);
        assert_eq!(
            json!(page.next.is_some()),
            step["hasNext"],
            "{} {index}",
            sequence["id"]
        );
        assert_eq!(
            json!(page.previous.is_some()),
            step["hasPrev"],
            "{} {index}",
            sequence["id"]
        );
    }
}
