//! What pages say when something that they depend on is away.

use super::sign_in::{guide, name_of};
use super::{Browser, MARA, Patience, Scripts, browse, browse_at};
use axum::http::Method;
use callboard_testkit::{OpenIdProvider, Postgres, ProviderKind, RunningHub};
use serde_json::json;
use thirtyfour::SessionId;
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::common::requestdata::RequestData;

/// Cuts the browser off from everything, or connects it again: a command of `chromedriver` alone.
#[derive(Debug)]
struct Network {
    is_offline: bool,
}

impl FormatRequestData for Network {
    fn format_request(&self, session_id: &SessionId) -> RequestData {
        let path = format!("session/{session_id}/chromium/network_conditions");
        RequestData::new(Method::POST, path).add_body(json!({"network_conditions": {
            "offline": self.is_offline,
            "latency": 0,
            "download_throughput": -1,
            "upload_throughput": -1,
        }}))
    }
}

impl Browser {
    async fn connect(&self, network: Network) {
        self.driver.handle().cmd(network).await.unwrap();
    }
}

#[tokio::test]
async fn whoever_is_offline_keeps_the_page_and_is_told() {
    browse(
        "offline",
        MARA,
        Scripts::On,
        |browser: Browser| async move {
            browser.sign_in().await;
            browser.go("/catalog").await;
            browser.says(".pager", "of 38 components").await;

            browser.connect(Network { is_offline: true }).await;
            browser.says("#status", "You are offline.").await;
            browser.type_into("#filter-text", "seat").await;
            browser
                .says("#status", "Could not refresh. Try again")
                .await;
            browser.says(".pager", "of 38 components").await;

            // What could not be loaded is in the console; nothing else is.
            let complaints = browser.complaints().await;
            assert!(!complaints.is_empty());
            let reasons = ["ERR_INTERNET_DISCONNECTED", "Failed to fetch"];
            for complaint in complaints {
                let is_due = reasons.iter().any(|reason| complaint.contains(reason));
                assert!(is_due, "{complaint}");
            }

            browser.connect(Network { is_offline: false }).await;
            browser.find("#status:empty").await;
            browser.type_into("#filter-text", "-map").await;
            browser.says(".pager", "of 1 component").await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_page_says_how_old_it_is_while_the_database_is_away() {
    let postgres = Postgres::own().await;
    let url = postgres.database("stale").await;
    // What a guest stars is kept with the session; what a user stars, in the database.
    let provider = OpenIdProvider::start(ProviderKind::Keycloak);
    let hub = RunningHub::start_on_postgres(&url, |url| guide(url, &provider, None)).await;
    let body = |browser: Browser| async move {
        browser.go("/catalog").await;
        browser.identify(name_of(MARA)).await;
        browser.says(".pager", "of 38 components").await;

        postgres.stop().await;
        let mut patience = Patience::default();
        while browser.texts("main .note").await.unwrap().is_empty() {
            patience
                .spend(|| "no page says that the database is away".to_owned())
                .await;
            browser.go("/catalog").await;
        }

        browser
            .says(".note[role='status']", "Showing what we had at")
            .await;
        browser.says(".pager", "of 38 components").await;

        let star = "tbody tr:first-child .star";
        browser.click(star).await;
        browser
            .says("#status .no", "Could not refresh. Try again.")
            .await;
        browser.find(&format!("{star}[aria-pressed='false']")).await;
        browser.says(".pager", "of 38 components").await;
        // That it could not be stored is in the console; nothing else is.
        for complaint in browser.complaints().await {
            let is_due = complaint.contains("/catalog/star") && complaint.contains("status of 503");
            assert!(is_due, "{complaint}");
        }
    };
    browse_at("stale", hub, Scripts::On, body).await;
}
