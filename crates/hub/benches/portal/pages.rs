//! What pages cost: the hub's time, the bytes over the wire, and what a browser measures.

use crate::client::Request;
use crate::driver::Driver;
use crate::hub::{Hub, LARGEST_ROLE, Setup};
use crate::timing;
use callboard_testkit::generate::World;
use serde_json::Value;
use std::time::Duration;
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities, Cookie};

/// How many entities stand in one file.
const PER_FILE: usize = 1_000;

/// How long a page is left alone before its figures are read.
const SETTLES: Duration = Duration::from_millis(600);

/// Gathers what the browser measures; `buffered` gives what came before.
const OBSERVE: &str = "
    window.seen = {lcp: 0, cls: 0, inp: 0};
    new PerformanceObserver(list => { for (const entry of list.getEntries()) seen.lcp = entry.startTime; })
        .observe({type: 'largest-contentful-paint', buffered: true});
    new PerformanceObserver(list => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.cls += entry.value; })
        .observe({type: 'layout-shift', buffered: true});
    new PerformanceObserver(list => { for (const entry of list.getEntries()) seen.inp = Math.max(seen.inp, entry.duration); })
        .observe({type: 'event', durationThreshold: 16, buffered: true});
";

/// What came over the wire for the page and all that it loads.
const WIRE: &str = "
    const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    const sent = all.filter(entry => entry.transferSize > 0);
    return {requests: sent.length, bytes: sent.reduce((sum, entry) => sum + entry.transferSize, 0), ...window.seen};
";

/// Prints what the pages cost at `size` entities and `roles` roles.
#[expect(clippy::print_stdout, reason = "the figures are what the bench is for")]
pub(crate) fn run(size: usize, roles: usize) {
    let world = World::of(size);
    let folder = tempfile::TempDir::new().expect("a temporary folder can be made");
    let files = folder.path().join("files");
    std::fs::create_dir(&files).expect("the folder is ours");
    let glob = world.write(&files, PER_FILE).expect("the disk has room");
    let setup = Setup {
        glob: glob.to_str().expect("a path of text"),
        database: &folder.path().join("data").display().to_string(),
        roles,
    };
    let hub = Hub::start(&setup);
    hub.wait_for(world.len());
    hub.rest();

    let mut client = hub.browser();
    let component = first_component(&hub);
    let pages = [
        ("home", "/".to_owned()),
        ("catalog list", "/catalog".to_owned()),
        ("entity", component),
        ("role list", "/rbac".to_owned()),
        ("role", format!("/rbac/roles/role/default/{LARGEST_ROLE}")),
    ];
    println!("{} entities, {roles} roles: the hub's time", world.len());
    for (name, path) in &pages {
        let (series, _) = timing::repeat(&hub, &mut client, &Request::get(path.as_str()));
        println!("  {name}: {series}");
    }

    println!("in Chromium");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    runtime.block_on(async {
        let chromedriver = Driver::start();
        for (name, path) in &pages {
            // Each page is the first one of a browser that knows nothing yet.
            let driver = WebDriver::new(chromedriver.url(), capabilities())
                .await
                .expect("chromium starts");
            let measured = measure(&driver, &hub, client.cookies(), path).await;
            driver.quit().await.expect("chromium ends");
            match measured {
                Ok(line) => println!("  {name}: {line}"),
                Err(error) => println!("  {name}: {error}"),
            }
        }
    });
    hub.stop();
}

/// The page of the first component by name.
fn first_component(hub: &Hub) -> String {
    let query =
        "/api/catalog/entities/by-query?limit=1&filter=kind=component&orderField=metadata.name,asc";
    let page = hub.client().get(query).json();
    let metadata = &page["items"][0]["metadata"];
    let name = metadata["name"].as_str().expect("a component");
    let namespace = metadata["namespace"].as_str().unwrap_or("default");
    format!("/catalog/{namespace}/component/{name}")
}

/// A cold load, a warm one, and a key that opens the palette.
async fn measure(
    driver: &WebDriver,
    hub: &Hub,
    cookies: &str,
    path: &str,
) -> WebDriverResult<String> {
    // Cookies can be set on a page of their site only; this one brings no sheet and no script.
    driver
        .goto(format!("{}/.backstage/health/v1/liveness", hub.url()))
        .await?;
    for (name, value) in cookies.split("; ").filter_map(|pair| pair.split_once('=')) {
        driver.add_cookie(Cookie::new(name, value)).await?;
    }
    let mut loads = Vec::new();
    for _ in 0..2 {
        driver.goto(format!("{}{path}", hub.url())).await?;
        driver.execute(OBSERVE, Vec::new()).await?;
        tokio::time::sleep(SETTLES).await;
        let body = driver.find(By::Css("body")).await?;
        body.send_keys("/").await?;
        tokio::time::sleep(SETTLES).await;
        loads.push(driver.execute(WIRE, Vec::new()).await?.json().clone());
    }
    let number = |load: usize, name: &str| {
        loads[load]
            .get(name)
            .and_then(Value::as_f64)
            .unwrap_or_default()
    };
    Ok(format!(
        "cold {:.1} KB in {} requests, LCP {:.0} ms, CLS {:.3}, INP {:.0} ms; warm {:.1} KB, LCP {:.0} ms",
        number(0, "bytes") / 1e3,
        number(0, "requests"),
        number(0, "lcp"),
        number(0, "cls"),
        number(0, "inp"),
        number(1, "bytes") / 1e3,
        number(1, "lcp"),
    ))
}

fn capabilities() -> ChromeCapabilities {
    let mut capabilities = DesiredCapabilities::chrome();
    for argument in [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-dev-shm-usage",
        "--window-size=1440,1000",
    ] {
        capabilities.add_arg(argument).expect("an argument");
    }
    capabilities
}
