//! Pages look as they did: pictures of them are compared with those in `look/`.
//!
//! What a page looks like now is left in `target/tmp/look`; `cargo xtask look` takes it for what
//! it should look like.

use super::{Browser, MARA, NOOR, Scripts, browse};
use callboard_testkit::corpus;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// The pages, by the names of their pictures.
const PAGES: [(&str, &str); 10] = [
    ("home", "/"),
    ("catalog", "/catalog"),
    ("apis", "/api-docs"),
    ("entity", "/catalog/default/component/box-office-api"),
    ("group", "/catalog/default/group/box-office"),
    ("diagram", "/catalog/default/domain/audience/system"),
    ("create", "/create"),
    ("register", "/catalog-import"),
    ("search", "/search?query=seat"),
    ("lost", "/nowhere"),
];

/// Which of them are looked at in the dark, too.
const DARK: [&str; 2] = ["home", "entity"];

/// The share of points that may differ: letters are drawn a little differently from one release
/// of the browser to the next.
const TOLERANCE: f64 = 0.01;

/// How far a colour may be off, of 255, before the point counts as another one.
const NEAR: u8 = 32;

/// Takes what another day shows differently out of sight, and waits for the letters.
const STILL: &str = "
    const done = arguments[arguments.length - 1];
    const still = new CSSStyleSheet();
    still.replaceSync('time, [data-varies] { visibility: hidden } * { transition: none !important; animation: none !important; caret-color: transparent !important }');
    document.adoptedStyleSheets = [still];
    document.activeElement?.blur();
    document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))));
";

#[tokio::test]
async fn pages_look_as_they_did() {
    browse("look", MARA, Scripts::On, |browser: Browser| async move {
        let mut changed = Vec::new();
        look(&browser, "sign-in-wide", "/", &mut changed).await;
        browser.sign_in().await;
        for (name, path) in PAGES {
            look(&browser, &format!("{name}-wide"), path, &mut changed).await;
        }
        resize(&browser, 390, 844).await;
        for (name, path) in PAGES {
            look(&browser, &format!("{name}-phone"), path, &mut changed).await;
        }
        resize(&browser, 1440, 1000).await;
        browser.go("/").await;
        browser.click(".to-dark").await;
        browser.find("html[data-theme='dark']").await;
        for (name, path) in PAGES.iter().filter(|(name, _)| DARK.contains(name)) {
            look(&browser, &format!("{name}-dark"), path, &mut changed).await;
        }
        complain(&changed);
    })
    .await;
}

/// Pages of the administration that name neither days nor folders.
const ADMINISTRATION: [(&str, &str); 4] = [
    ("roles", "/rbac"),
    ("wizard", "/rbac/role/new"),
    ("review", "/rbac/review"),
    (
        "tester",
        "/rbac/test?user=user:default/mara.lindqvist&permission=catalog.entity.delete&action=delete&resource=component:default/box-office-api",
    ),
];

#[tokio::test]
async fn the_administration_looks_as_it_did() {
    browse(
        "look-administration",
        NOOR,
        Scripts::On,
        |browser: Browser| async move {
            let mut changed = Vec::new();
            browser.sign_in().await;
            for (name, path) in ADMINISTRATION {
                look(&browser, &format!("{name}-wide"), path, &mut changed).await;
            }
            resize(&browser, 390, 844).await;
            for (name, path) in ADMINISTRATION {
                look(&browser, &format!("{name}-phone"), path, &mut changed).await;
            }
            complain(&changed);
        },
    )
    .await;
}

fn complain(changed: &[String]) {
    assert!(
        changed.is_empty(),
        "these pages look different; compare `target/tmp/look` with `crates/hub/tests/it/browser/look`, \
         and run `cargo xtask look` if that is meant:\n{}",
        changed.join("\n")
    );
}

async fn resize(browser: &Browser, width: u32, height: u32) {
    let resized = browser.driver.set_window_rect(0, 0, width, height).await;
    resized.unwrap();
}

/// Looks at a page, and notes what is different.
async fn look(browser: &Browser, name: &str, path: &str, changed: &mut Vec<String>) {
    browser.go(path).await;
    let still = browser.driver.execute_async(STILL, Vec::new()).await;
    still.unwrap();
    let now = browser.driver.screenshot_as_png().await.unwrap();
    let kept = folder().join(format!("{name}.png"));
    fs::create_dir_all(folder()).unwrap();
    fs::write(&kept, &now).unwrap();
    let was = corpus::workspace_root()
        .join("crates/hub/tests/it/browser/look")
        .join(format!("{name}.png"));
    match difference(&was, &now) {
        Ok(share) if share <= TOLERANCE => {}
        Ok(share) => changed.push(format!("{name}: {:.2} % of its points", share * 100.0)),
        Err(reason) => changed.push(format!("{name}: {reason}")),
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("look")
}

/// The share of points in which two pictures differ.
fn difference(was: &Path, now: &[u8]) -> Result<f64, String> {
    let was = fs::read(was).map_err(|error| format!("no picture to compare with: {error}"))?;
    let (was, now) = (Picture::read(&was)?, Picture::read(now)?);
    if was.size != now.size {
        return Err(format!("{:?} instead of {:?}", now.size, was.size));
    }
    let is_far = |(one, other): (&[u8], &[u8])| {
        let mut channels = one.iter().zip(other);
        channels.any(|(one, other)| one.abs_diff(*other) > NEAR)
    };
    let points = was
        .points
        .chunks_exact(was.samples)
        .zip(now.points.chunks_exact(now.samples));
    let (all, far) = points.fold((0, 0), |(all, far), pair| {
        (all + 1, far + usize::from(is_far(pair)))
    });
    Ok(far as f64 / f64::from(all))
}

/// A picture, eight bits a channel.
struct Picture {
    size: (u32, u32),
    /// How many channels a point has.
    samples: usize,
    points: Vec<u8>,
}

impl Picture {
    fn read(bytes: &[u8]) -> Result<Picture, String> {
        let decoder = png::Decoder::new(Cursor::new(bytes));
        let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
        let mut points = vec![0; reader.output_buffer_size().unwrap_or_default()];
        let frame = reader
            .next_frame(&mut points)
            .map_err(|error| error.to_string())?;
        points.truncate(frame.buffer_size());
        Ok(Picture {
            size: (frame.width, frame.height),
            samples: frame.color_type.samples(),
            points,
        })
    }
}
