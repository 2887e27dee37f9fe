//! The options of the command palette.

use super::builder;
use crate::pages::guest;
use insta::assert_snapshot;

/// The markup without the address of the sprite, which changes with it.
fn plain(html: &str) -> String {
    let mut plain = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("<use href=\"") {
        let (address, after) = after.split_once('"').unwrap();
        let (_, icon) = address.split_once('#').unwrap();
        plain.push_str(before);
        plain.push_str(&format!("<use href=\"#{icon}\""));
        rest = after;
    }
    plain.push_str(rest);
    plain
}

#[tokio::test]
async fn without_anything_typed_it_leads_back_and_to_every_place() {
    let hub = builder().start().await;
    let guest = guest(&hub).await;

    for name in ["seat-map", "vault"] {
        let page = format!("/catalog/default/component/{name}");
        guest.get(&page).await;
    }

    let answer = guest.get("/search/palette?q=").await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_snapshot!(plain(&answer.text()), @r##"
    <div role="group" aria-labelledby="pg0"><p class="cap" id="pg0">Recently opened</p>
    <a role="option" href="/catalog/default/component/seat-map" tabindex="-1" id="p0" aria-selected="true"><span class="tile teal" aria-hidden="true"><svg class="i" aria-hidden="true"><use href="#globe"/></svg></span>seat-map<span class="n">component</span></a>
    </div>
    <div role="group" aria-labelledby="pg1"><p class="cap" id="pg1">Go to</p>
    <a role="option" href="/" tabindex="-1" id="p1" aria-selected="false"><svg class="i" aria-hidden="true"><use href="#house"/></svg>Home<span class="n"><kbd>g</kbd> <kbd>h</kbd></span></a>
    <a role="option" href="/catalog" tabindex="-1" id="p2" aria-selected="false"><svg class="i" aria-hidden="true"><use href="#library"/></svg>Catalog<span class="n"><kbd>g</kbd> <kbd>c</kbd></span></a>
    <a role="option" href="/api-docs" tabindex="-1" id="p3" aria-selected="false"><svg class="i" aria-hidden="true"><use href="#plug"/></svg>APIs<span class="n"><kbd>g</kbd> <kbd>a</kbd></span></a>
    <a role="option" href="/settings" tabindex="-1" id="p4" aria-selected="false"><svg class="i" aria-hidden="true"><use href="#settings"/></svg>Settings<span class="n"><kbd>g</kbd> <kbd>s</kbd></span></a>
    </div>
    "##);
}

#[tokio::test]
async fn what_is_typed_finds_entities_places_and_commands() {
    let hub = builder().start().await;
    let guest = guest(&hub).await;
    let labels = async |query: &str| {
        let text = guest
            .get(&format!("/search/palette?q={query}"))
            .await
            .text();
        let options = text.split("role=\"option\"").skip(1);
        let label = |option: &str| {
            let (_, rest) = option.split_once('>').unwrap();
            let rest = rest
                .rsplit_once("</svg></span>")
                .map_or(rest, |(_, rest)| rest);
            let rest = rest.rsplit_once("</svg>").map_or(rest, |(_, rest)| rest);
            rest.split('<').next().unwrap().to_owned()
        };
        options.map(label).collect::<Vec<_>>()
    };

    assert_eq!(
        labels("seat").await,
        ["seat-map", "seating", "All results for “seat”"]
    );
    assert_eq!(labels("vault").await, ["Nothing found"]);
    assert_eq!(
        labels("seatnig").await,
        ["seating", "seat-map", "All results for “seatnig”"]
    );
    assert_eq!(labels("home").await, ["Home"]);
    assert_eq!(labels("theme").await, ["Switch theme"]);
    assert_eq!(
        labels("%3E").await,
        ["Switch theme", "Copy a link to this page", "Sign out"]
    );
    assert_eq!(labels("%3E+a+link").await, ["Copy a link to this page"]);
    assert_eq!(labels("%3E+seating").await, ["Nothing found"]);
    assert_eq!(labels(&"x".repeat(5000)).await, ["Nothing found"]);
}

#[tokio::test]
async fn markup_in_names_stays_text() {
    let hub = builder()
        .catalog("apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: odd, title: '<b>odd</b>'}\nspec: {type: x, lifecycle: y, owner: crew}\n")
        .start()
        .await;

    let text = guest(&hub).await.get("/search/palette?q=odd").await.text();

    assert!(text.contains("&#60;b&#62;odd&#60;/b&#62;"), "{text}");
}

#[tokio::test]
async fn somebody_who_is_not_signed_in_is_sent_to_sign_in() {
    let hub = builder().start().await;

    let answer = hub
        .anonymous()
        .header("hx-request", "true")
        .header("hx-current-url", "http://localhost:7007/catalog")
        .get("/search/palette?q=seat")
        .await;

    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("hx-redirect"), "/?redirect=%2Fcatalog");
}
