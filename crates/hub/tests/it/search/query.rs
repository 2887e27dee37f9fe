//! The interface of search, as clients ask it.

use super::{builder, search, titles, titles_of};
use callboard_testkit::TestHub;
use insta::assert_json_snapshot;
use serde_json::json;

#[tokio::test]
async fn an_answer_has_documents_ranks_and_highlights() {
    let hub = builder().start().await;

    let mut body = search(&hub.service(), "term=seat&filters[kind]=Component")
        .await
        .json();

    let mark = body["results"][0]["highlight"]["preTag"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(mark.starts_with('<') && mark.len() == 38, "{mark}");
    let after = mark.replace('<', "</");
    for result in body["results"].as_array_mut().unwrap() {
        let text = result.to_string().replace(&mark, "[").replace(&after, "]");
        *result = serde_json::from_str(&text).unwrap();
    }
    assert_json_snapshot!(body, @r#"
    {
      "numberOfResults": 2,
      "results": [
        {
          "type": "software-catalog",
          "document": {
            "title": "seat-map",
            "text": "Interactive seating plans",
            "componentType": "website",
            "type": "website",
            "namespace": "default",
            "kind": "Component",
            "lifecycle": "production",
            "owner": "crew",
            "location": "/catalog/default/component/seat-map"
          },
          "rank": 1,
          "highlight": {
            "preTag": "[",
            "postTag": "]",
            "fields": {
              "text": "Interactive [seating] plans",
              "title": "[seat]-map"
            }
          }
        },
        {
          "type": "software-catalog",
          "document": {
            "title": "Secret Vault",
            "text": "Where seats are kept",
            "componentType": "service",
            "type": "service",
            "namespace": "default",
            "kind": "Component",
            "lifecycle": "experimental",
            "owner": "others",
            "location": "/catalog/default/component/vault"
          },
          "rank": 2,
          "highlight": {
            "preTag": "[",
            "postTag": "]",
            "fields": {
              "text": "Where [seats] are kept"
            }
          }
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn people_and_groups_have_their_names_in_the_text() {
    let hub = builder().start().await;
    let document = async |term: &str| {
        let body = search(&hub.service(), &format!("term={term}")).await.json();
        body["results"][0]["document"].clone()
    };

    assert_json_snapshot!(document("uest").await, @r#"
    {
      "title": "guest",
      "text": "Gil Uest : gil@example.com",
      "componentType": "other",
      "type": "other",
      "namespace": "default",
      "kind": "User",
      "lifecycle": "",
      "owner": "",
      "location": "/catalog/default/user/guest"
    }
    "#);
    assert_eq!(document("crew").await["text"], "Those who do it : The Crew");
}

#[tokio::test]
async fn typos_and_beginnings_are_forgiven_and_every_word_counts() {
    let hub = builder().start().await;
    let service = hub.service();

    assert_eq!(titles(&service, "term=valt").await, ["Secret Vault"]);
    assert_eq!(titles(&service, "term=seatign+inter").await, ["seat-map"]);
    assert_eq!(titles(&service, "term=seat+nothing").await, [""; 0]);
    assert_eq!(titles(&service, "term=MAPS").await, ["seat-map"]);
}

#[tokio::test]
async fn filters_narrow() {
    let hub = builder().start().await;
    let service = hub.service();

    let both = "filters[type][0]=website&filters[type][1]=openapi";
    assert_eq!(titles(&service, both).await, ["seating", "seat-map"]);
    let one = "filters[type]=website&filters[owner]=crew&types[0]=software-catalog";
    assert_eq!(titles(&service, one).await, ["seat-map"]);
    assert_eq!(
        titles(&service, "filters[namespace]=STAGE").await,
        ["seating"]
    );
    assert_eq!(titles(&service, "filters[nothing]=x").await, [""; 0]);
}

#[tokio::test]
async fn pages_follow_each_other() {
    let hub = builder().start().await;
    let service = hub.service();
    let page = async |cursor: &str| {
        let query = format!(
            "filters[kind][]=Component&filters[kind][]=API&pageLimit=2&pageCursor={cursor}"
        );
        search(&service, &query).await.json()
    };

    let first = page("").await;
    let second = page("MQ%3D%3D").await;
    let beyond = page("Nw%3D%3D").await;

    assert_eq!(titles_of(&first), ["seating", "seat-map"]);
    assert_eq!(first["nextPageCursor"], "MQ==");
    assert_eq!(first.get("previousPageCursor"), None);
    assert_eq!(titles_of(&second), ["Secret Vault"]);
    assert_eq!(second.get("nextPageCursor"), None);
    assert_eq!(second["previousPageCursor"], "MA==");
    assert_eq!(second["results"][0]["rank"], 3);
    assert_eq!(beyond["results"], json!([]));
    for body in [first, second, beyond] {
        assert_eq!(body["numberOfResults"], 3);
    }
}

#[tokio::test]
async fn what_is_too_large_or_unknown_is_refused() {
    let hub = builder()
        .config(json!({"search": {"maxPageLimit": 10, "maxTermLength": 5}}))
        .start()
        .await;

    let answer = search(&hub.service(), "term=abcdef&types[]=techdocs&pageLimit=11").await;

    assert_eq!(answer.status, 400);
    assert_json_snapshot!(answer.json(), @r#"
    {
      "error": {
        "name": "InputError",
        "message": "Invalid query string: [\n  {\n    \"code\": \"custom\",\n    \"message\": \"The term length \\\"6\\\" is greater than \\\"5\\\"\",\n    \"path\": [\n      \"term\"\n    ]\n  },\n  {\n    \"code\": \"custom\",\n    \"message\": \"Invalid input\",\n    \"path\": [\n      \"types\",\n      0\n    ]\n  },\n  {\n    \"code\": \"custom\",\n    \"message\": \"The page limit \\\"11\\\" is greater than \\\"10\\\"\",\n    \"path\": [\n      \"pageLimit\"\n    ]\n  }\n]"
      },
      "request": {
        "method": "GET",
        "url": "/api/search/query?term=abcdef&types[]=techdocs&pageLimit=11"
      },
      "response": {
        "statusCode": 400
      }
    }
    "#);
    let cursor = search(&hub.service(), "pageCursor=LTE%3D").await;
    assert_eq!(
        cursor.error(),
        json!({"name": "InputError", "message": "Invalid page cursor"})
    );
}

#[tokio::test]
async fn metrics_tell_how_large_the_index_is() {
    let hub = builder().start().await;
    let service = hub.service();
    let all = search(&service, "").await.json();

    let metrics = hub.anonymous().get("/metrics").await.text();

    let count = format!(
        "search_documents_count{{type=\"software-catalog\"}} {}",
        all["numberOfResults"]
    );
    assert!(metrics.contains(&count), "{count} in {metrics}");
    assert!(metrics.contains("search_index_size_bytes{type=\"software-catalog\"} "));
    assert!(
        metrics.contains("search_index_update_duration_seconds_count{type=\"software-catalog\"} ")
    );
}

#[tokio::test]
async fn a_limit_of_nothing_keeps_the_hub_from_starting() {
    let config = json!({"search": {"maxPageLimit": 0}});

    let error = TestHub::builder()
        .config(config)
        .try_start()
        .await
        .err()
        .unwrap();

    assert!(error.to_string().contains("search.maxPageLimit"), "{error}");
}
