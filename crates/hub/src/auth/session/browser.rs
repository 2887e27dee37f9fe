//! What a browser is called, from how it calls itself.

use crate::ui::Texts;

/// The name and the system of a browser, such as `Firefox on Linux`; what is not known is left
/// out, and whatever calls itself something else altogether keeps its first word.
pub(super) fn name_of(t: &Texts, user_agent: Option<&str>) -> String {
    let Some(text) = user_agent.filter(|text| !text.trim().is_empty()) else {
        return t.say("session-no-browser").to_string();
    };
    // Browsers name those that they want to be taken for, too: the truest comes first.
    let browser = first_of(
        text,
        &[
            ("Edg", "Edge"),
            ("OPR/", "Opera"),
            ("Firefox/", "Firefox"),
            ("FxiOS/", "Firefox"),
            ("Chrome/", "Chrome"),
            ("CriOS/", "Chrome"),
            ("Safari/", "Safari"),
        ],
    );
    let system = first_of(
        text,
        &[
            ("Android", "Android"),
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Windows", "Windows"),
            ("Mac OS X", "macOS"),
            ("CrOS", "ChromeOS"),
            ("Linux", "Linux"),
        ],
    );
    match (browser, system) {
        (Some(browser), Some(system)) => t
            .say("session-browser-on")
            .with("browser", browser)
            .with("system", system)
            .to_string(),
        (Some(name), None) => name.to_owned(),
        (None, Some(system)) => t
            .say("session-some-browser-on")
            .with("system", system)
            .to_string(),
        (None, None) => text
            .split(['/', ' '])
            .next()
            .unwrap_or_default()
            .chars()
            .take(40)
            .collect(),
    }
}

fn first_of(text: &str, names: &[(&str, &'static str)]) -> Option<&'static str> {
    let found = names.iter().find(|(mark, _)| text.contains(mark));
    found.map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{Dictionary, Language};

    #[test]
    fn a_browser_is_told_in_words() {
        let english = include_str!("../texts/en.ftl");
        let t = Dictionary::new(&[(Language::English, english)]).texts(Language::English);
        for (user_agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, \
                 like Gecko) Version/18.0 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/141.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("curl/8.5.0", "curl"),
            ("  ", "Unknown browser"),
        ] {
            assert_eq!(name_of(&t, Some(user_agent)), name);
        }
        assert_eq!(name_of(&t, None), "Unknown browser");
    }
}
