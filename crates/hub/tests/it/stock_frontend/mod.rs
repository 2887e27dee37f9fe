//! What an unmodified Backstage front end asks, from another origin: each call by itself.
//!
//! The browser sends a preflight before each of them, since they carry a token or a JSON body.

mod auth;
mod catalog;
mod permission;
mod search;

use axum::Router;
use axum::body::Body;
use axum::http::Method;
use axum::routing::get;
use callboard_testkit::{Answer, Client, TestHub};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Where the front end is served.
const ORIGIN: &str = "http://localhost:3000";

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: lights, description: Follow spots}
spec: {type: service, lifecycle: production, owner: stage}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: sound}
spec: {type: service, lifecycle: production, owner: stage}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: stage}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: guest}
spec: {memberOf: [stage]}
";

const POLICIES: &str = "
g, user:default/guest, role:default/everything
p, role:default/everything, catalog-entity, read, allow
p, role:default/everything, catalog.location.read, read, allow
p, role:default/everything, catalog.location.create, create, allow
p, role:default/everything, catalog.location.delete, delete, allow
p, role:default/everything, catalog.entity.create, create, allow
p, role:default/everything, policy-entity, read, allow
p, role:default/everything, policy-entity, update, allow
p, role:default/everything, policy-entity, delete, allow
p, role:default/everything, policy.entity.create, create, allow
";

/// A front end whose person has signed in.
struct Frontend {
    hub: TestHub,
    browser: Client,
    person: Client,
    /// A file that can be registered.
    file: String,
}

impl Frontend {
    async fn start() -> Frontend {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let text = "{apiVersion: backstage.io/v1alpha1, kind: Component, metadata: {name: curtain}, spec: {type: service, lifecycle: production, owner: stage}}";
        let router = Router::new().route("/catalog-info.yaml", get(move || async move { text }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let methods = ["GET", "HEAD", "PATCH", "POST", "PUT", "DELETE"];
        let config = json!({"backend": {
            "cors": {"origin": ORIGIN, "methods": methods, "credentials": true},
            "reading": {"allow": [{"host": host, "allowPrivateAddresses": true}]},
        }});
        let hub = TestHub::builder()
            .on_disk()
            .catalog(CATALOG)
            .policy_csv(POLICIES);
        let hub = hub.config(config).start().await;
        let browser = hub.anonymous().header("origin", ORIGIN);
        let session = browser.get("/api/auth/guest/refresh").await.json();
        let token = session["backstageIdentity"]["token"].as_str().unwrap();
        Frontend {
            person: browser.clone().bearer(token),
            browser,
            file: format!("http://{host}/catalog-info.yaml"),
            hub,
        }
    }

    /// Asks as a browser does: first whether it may, then what it wants to know.
    ///
    /// # Panics
    ///
    /// When the script of the page would not get to see the answer.
    async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let preflight = self
            .browser
            .clone()
            .header("access-control-request-method", method)
            .header(
                "access-control-request-headers",
                "authorization,content-type",
            );
        let preflight = preflight
            .send(Method::OPTIONS, path, None, Body::empty())
            .await;
        assert_eq!(preflight.status, 204, "{method} {path}");
        is_open(&preflight, path);
        let methods = preflight.header("access-control-allow-methods");
        assert!(
            methods.split(',').any(|allowed| allowed == method),
            "{methods}"
        );
        let headers = preflight.header("access-control-allow-headers");
        assert_eq!(headers, "authorization,content-type");

        let content_type = body.map(|_| "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let method = method.parse().unwrap();
        let answer = self.person.send(method, path, content_type, body).await;
        is_open(&answer, path);
        answer
    }

    async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(&body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.call("PUT", path, Some(&body)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, None).await
    }
}

fn is_open(answer: &Answer, path: &str) {
    assert_eq!(
        answer.header("access-control-allow-origin"),
        ORIGIN,
        "{path}"
    );
    assert_eq!(
        answer.header("access-control-allow-credentials"),
        "true",
        "{path}"
    );
    let varies = answer.headers.get_all("vary").iter();
    let varies: Vec<_> = varies
        .map(|value| value.to_str().unwrap().to_lowercase())
        .collect();
    assert!(varies.join(",").contains("origin"), "{path}: {varies:?}");
}

fn names(items: &Value) -> Vec<&str> {
    let items = items.as_array().unwrap().iter();
    items
        .map(|item| item["metadata"]["name"].as_str().unwrap())
        .collect()
}
