//! The pages in real Chromium.
//!
//! Each test has a hub on a loopback port, with the example organisation, and a browser. When a
//! test fails, what the browser showed is kept in `target/tmp/<test>.png`. A test fails as well when
//! the browser's console tells of an error, or of content that the policy for it keeps out.

mod accessibility;
mod administration;
mod catalog;
mod driver;
mod entity;
mod look;
mod notice;
mod palette;
mod pin;
mod plain;
mod register;
mod role;
mod role_walk;
mod role_wizard;
mod settings;
mod sign_in;
mod walk;

use callboard_config::Config;
use callboard_testkit::{RunningHub, TestHub, corpus};
use driver::Driver;
use serde_json::{Value, json};
use std::io::Write;
use std::panic::resume_unwind;
use std::time::Duration;
use thirtyfour::WindowHandle;
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities, LoggingPrefsLogLevel};

/// What a person has before them.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) driver: WebDriver,
    url: String,
}

/// Whether the browser runs scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    On,
    Off,
}

/// Who a guest of the test's hub is.
pub(crate) const GUEST: &str = "user:default/guest";
/// Somebody who owns things.
pub(crate) const MARA: &str = "user:default/mara.lindqvist";

/// A super user, who sees everything.
pub(crate) const NOOR: &str = "user:default/noor.aziz";

/// Runs `body` in a browser before a hub whose guest is `user`.
pub(crate) async fn browse<F, Fut>(name: &str, user: &str, scripts: Scripts, body: F)
where
    F: FnOnce(Browser) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let user = user.to_owned();
    let hub = RunningHub::start(move |url| example(url, &user)).await;
    browse_at(name, hub, scripts, body).await;
}

/// Runs `body` in a browser before `hub`, and stops both.
async fn browse_at<F, Fut>(name: &str, hub: RunningHub, scripts: Scripts, body: F)
where
    F: FnOnce(Browser) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let chromedriver = Driver::start();
    let driver = WebDriver::new(chromedriver.url(), capabilities(scripts))
        .await
        .unwrap();
    driver.set_window_rect(0, 0, 1440, 1000).await.unwrap();
    let browser = Browser {
        driver: driver.clone(),
        url: hub.url(),
    };

    let walk = body(browser.clone());
    let outcome = tokio::spawn(async move {
        walk.await;
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    })
    .await;

    if outcome.is_err() {
        let kept = format!("{}/{name}.png", env!("CARGO_TARGET_TMPDIR"));
        driver
            .screenshot(std::path::Path::new(&kept))
            .await
            .unwrap();
        std::io::stderr()
            .write_all(format!("the browser showed {kept}\n").as_bytes())
            .unwrap();
    }
    driver.quit().await.unwrap();
    hub.stop().await;
    if let Err(failure) = outcome {
        resume_unwind(failure.into_panic());
    }
}

/// The example's configuration, for a hub at `url` whose guest is `user`.
fn example(url: &str, user: &str) -> Config {
    example_with(
        url,
        json!({"auth": {"providers": {"guest": {"userEntityRef": user}}}}),
    )
}

/// The example's configuration with `over` in it, for a hub at `url`.
fn example_with(url: &str, over: Value) -> Config {
    let root = corpus::workspace_root();
    let text = std::fs::read_to_string(root.join("app-config.yaml")).unwrap();
    // Paths in the example are relative to the folder that it is started in.
    let text = text.replace("./examples", root.join("examples").to_str().unwrap());
    let config = callboard_yaml::parse(&text).unwrap().to_json();
    let here = json!({"app": {"baseUrl": url}, "backend": {"baseUrl": url}});
    TestHub::builder()
        .config(config)
        .config(here)
        .config(over)
        .to_config()
}

fn capabilities(scripts: Scripts) -> ChromeCapabilities {
    let mut capabilities = DesiredCapabilities::chrome();
    let errors = LoggingPrefsLogLevel::Severe;
    capabilities.set_browser_log_level(errors).unwrap();
    for argument in [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--disable-dev-shm-usage",
    ] {
        capabilities.add_arg(argument).unwrap();
    }
    if scripts == Scripts::Off {
        let preferences = json!({"profile.default_content_setting_values.javascript": 2});
        capabilities
            .add_experimental_option("prefs", preferences)
            .unwrap();
    }
    capabilities
}

impl Browser {
    /// Goes to a path of the hub.
    pub(crate) async fn go(&self, path: &str) {
        self.driver
            .goto(format!("{}{path}", self.url))
            .await
            .unwrap();
    }

    /// Enters as the guest and waits for the page behind.
    pub(crate) async fn sign_in(&self) {
        self.go("/").await;
        self.click("form[action='/sign-in/guest'] button").await;
        self.find("#shell").await;
    }

    /// The element that a selector finds, once it is there.
    pub(crate) async fn find(&self, selector: &str) -> WebElement {
        self.find_by(By::Css(selector.to_owned())).await
    }

    async fn find_by(&self, by: By) -> WebElement {
        let mut patience = Patience::default();
        loop {
            let error = match self.driver.find(by.clone()).await {
                Ok(found) => return found,
                Err(error) => error,
            };
            let failure = || format!("{by:?} is not on the page: {error}");
            patience.spend(failure).await;
        }
    }

    /// Clicks what a selector finds.
    pub(crate) async fn click(&self, selector: &str) {
        self.click_by(By::Css(selector.to_owned())).await;
    }

    /// Clicks the link with these words.
    pub(crate) async fn follow(&self, words: &str) {
        self.click_by(By::LinkText(words.to_owned())).await;
    }

    async fn click_by(&self, by: By) {
        let mut patience = Patience::default();
        // The page may change between the finding and the click.
        while let Err(error) = self.find_by(by.clone()).await.click().await {
            // On a phone the bar at the bottom may lie above it; the next round tells whether
            // this helped.
            let _moved = self.find_by(by.clone()).await.scroll_into_view().await;
            patience
                .spend(|| format!("{by:?} cannot be clicked: {error}"))
                .await;
        }
    }

    /// Types into what a selector finds.
    pub(crate) async fn type_into(&self, selector: &str, text: &str) {
        self.find(selector).await.send_keys(text).await.unwrap();
    }

    /// Waits until the heading says `words` first.
    pub(crate) async fn reads(&self, words: &str) {
        self.says("h1", words).await;
    }

    /// Waits until something that a selector finds says `words` somewhere.
    pub(crate) async fn says(&self, selector: &str, words: &str) {
        let mut patience = Patience::default();
        loop {
            let texts = self.texts(selector).await.unwrap_or_default();
            if texts.iter().any(|text| text.contains(words)) {
                return;
            }
            patience
                .spend(|| format!("`{selector}` does not say `{words}`, but {texts:?}"))
                .await;
        }
    }

    /// What all that a selector finds says; an error when the page changes meanwhile.
    async fn texts(&self, selector: &str) -> WebDriverResult<Vec<String>> {
        let mut texts = Vec::new();
        for found in self.driver.find_all(By::Css(selector.to_owned())).await? {
            texts.push(found.text().await?);
        }
        Ok(texts)
    }

    /// Another window than this one, once there is one.
    pub(crate) async fn other_window(&self, this: &WindowHandle) -> WindowHandle {
        let mut patience = Patience::default();
        loop {
            let windows = self.driver.windows().await.unwrap();
            if let Some(other) = windows.into_iter().find(|window| window != this) {
                return other;
            }
            patience
                .spend(|| "there is no other window".to_owned())
                .await;
        }
    }

    /// The path and query of the page.
    pub(crate) async fn place(&self) -> String {
        let url = self.driver.current_url().await.unwrap();
        url[url::Position::BeforePath..].to_owned()
    }

    /// What the console tells of the hub's pages since it was last asked: errors of scripts,
    /// content that the policy keeps out, what could not be loaded.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.unwrap();
        let messages = log.into_iter().map(|entry| entry.message);
        messages
            .filter(|message| message.contains(&self.url) && !is_refusal(message))
            .collect()
    }

    /// Runs a script and gives what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.driver
            .execute(script, Vec::new())
            .await
            .unwrap()
            .json()
            .clone()
    }
}

/// Whether a message is about a page that the hub refuses, as it should; every asset is there.
fn is_refusal(message: &str) -> bool {
    message.contains("responded with a status of 4") && !message.contains("/static/")
}

/// How long a test waits for a page to become what it should be.
struct Patience {
    attempts: u32,
}

impl Default for Patience {
    /// Ten seconds.
    fn default() -> Patience {
        Patience { attempts: 200 }
    }
}

impl Patience {
    /// Waits a moment, or fails when there is no patience left.
    async fn spend(&mut self, failure: impl FnOnce() -> String) {
        assert!(self.attempts > 0, "{}", failure());
        self.attempts -= 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
