//! A catalog file that changes: a page that is registered and removed, or a file of the hub's disk.

use super::random::Random;
use super::request::{Answer, Requests};
use super::site::Site;
use super::writer::{Subject, Write};
use crate::program::Place;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

const LOCATIONS: &str = "/api/catalog/locations";

/// How long the hub may take to process what is due, on a machine with much to do.
const DEADLINE: Duration = Duration::from_secs(30);

/// The numbers of the pages and of the files.
pub(crate) const PAGES: [u32; 2] = [0, 1];
pub(crate) const FILES: [u32; 2] = [2, 3];

/// How many there are of both.
const COUNT: u32 = 4;

#[derive(Debug, Clone)]
enum Kept {
    Page(Site),
    File(PathBuf),
}

/// A catalog file that its subject alone changes.
#[derive(Debug)]
pub(crate) struct Source {
    number: u32,
    kept: Kept,
    /// The version that the hub has said to read, and the one that is there.
    acknowledged: u64,
    latest: u64,
    /// The id of the registered location.
    id: Option<String>,
}

impl Source {
    /// A page of a site, for the first time to be registered.
    pub(crate) fn page(number: u32, site: &Site) -> Source {
        Source::new(number, Kept::Page(site.clone()))
    }

    /// A file that the configuration names; see [`configure`].
    pub(crate) fn file(number: u32, place: &Place) -> Source {
        let source = Source::new(number, Kept::File(place.path(&file_name(number))));
        source.put();
        source
    }

    fn new(number: u32, kept: Kept) -> Source {
        Source {
            number,
            kept,
            acknowledged: 0,
            latest: 0,
            id: None,
        }
    }

    /// Where it is, as the catalog says it.
    fn location(&self) -> (&'static str, String) {
        match &self.kept {
            Kept::Page(site) => ("url", site.url(&page_path(self.number))),
            Kept::File(path) => ("file", path.display().to_string()),
        }
    }

    /// The reference of the entity that stands for it.
    fn location_ref(&self) -> String {
        let (kind, target) = self.location();
        let digest = Sha1::digest(format!("{kind}:{target}").as_bytes());
        let hex = digest.iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        format!("location:default/generated-{hex}")
    }

    /// Writes what the newest version says.
    fn put(&self) {
        let text = text(self.number, self.latest);
        match &self.kept {
            Kept::Page(site) => {
                let nested = format!("# 1\n{}", component("child", self.number, 1));
                site.put(&format!("/child{}.yaml", self.number), nested);
                site.put(&page_path(self.number), text);
            }
            Kept::File(path) => {
                // Not at once, as editors write.
                std::fs::write(path, "metadata: {").expect("the folder can be written");
                std::fs::write(path, text).expect("the folder can be written");
            }
        }
    }

    /// The registered location, as the hub lists it.
    fn registered(&self, requests: &Requests) -> Option<String> {
        let (_, target) = self.location();
        let listed = requests.get(LOCATIONS);
        let mut listed = listed.as_array().into_iter().flatten();
        let own = listed.find(|location| location["data"]["target"] == target)?;
        own["data"]["id"].as_str().map(str::to_owned)
    }

    fn version(&self, requests: &Requests) -> Option<u64> {
        version_of(requests, "crash", self.number)
    }
}

impl Subject for Source {
    fn name(&self) -> String {
        self.location().1
    }

    fn next(&mut self, now: &Value, random: &mut Random) -> Write {
        let (kind, target) = self.location();
        if let Some(id) = &self.id
            && random.below(8) == 0
        {
            return Write {
                method: "DELETE",
                path: format!("{LOCATIONS}/{id}"),
                body: json!({}),
                after: json!({"registered": false, "is_current": true}),
            };
        }
        self.latest += 1;
        self.put();
        let (path, body) = match now["registered"] == true {
            true => (
                "/api/catalog/refresh",
                json!({"entityRef": self.location_ref()}),
            ),
            false => (LOCATIONS, json!({"type": kind, "target": target})),
        };
        Write {
            method: "POST",
            path: path.to_owned(),
            body,
            after: json!({"registered": true, "is_current": true}),
        }
    }

    fn hear(&mut self, answer: &Answer) {
        match answer.status {
            201 => {
                let body: Value = serde_json::from_str(&answer.body).expect("the answer is JSON");
                self.id = body["location"]["id"].as_str().map(str::to_owned);
            }
            204 => self.id = None,
            _ => {}
        }
        self.acknowledged = self.latest;
    }

    /// What the hub shows once it has processed what it has said to process.
    fn shown(&mut self, requests: &Requests) -> Value {
        self.id = self.registered(requests);
        let is_file = matches!(self.kept, Kept::File(_));
        if !is_file && self.id.is_none() {
            // What a location alone has brought goes with it, not later.
            return json!({"registered": false, "is_current": self.version(requests).is_none()});
        }
        let begun = Instant::now();
        let mut version = self.version(requests);
        while version.is_none_or(|version| version < self.acknowledged)
            && begun.elapsed() < DEADLINE
        {
            thread::sleep(Duration::from_millis(10));
            version = self.version(requests);
        }
        // One that the hub was about to take may come at any time.
        let is_current =
            version.is_some_and(|version| (self.acknowledged..=self.latest).contains(&version));
        json!({"registered": true, "is_current": is_current})
    }
}

/// Has the hub read the files, and lets it read the site; nothing is read again unless somebody
/// says so. The administrator may do that.
pub(crate) fn configure(place: &Place, site: &Site) {
    let own = "{type: file, target: ./catalog.yaml}";
    let files = FILES.map(|number| format!("{{type: file, target: ./{}}}", file_name(number)));
    place.configure(own, &format!("{own}, {}", files.join(", ")));
    place.configure(
        "admin: {",
        "admin: {superUsers: [{name: 'user:default/warden'}], ",
    );
    place.configure(
        "catalog:\n",
        "catalog:\n  orphanStrategy: delete\n  processingInterval: {hours: 1}\n",
    );
    place.configure(
        "backend:\n",
        &format!(
            "backend:\n  reading: {{allow: [{{host: '{}', allowPrivateAddresses: true}}]}}\n",
            site.host
        ),
    );
}

/// The entities that the hub shows, by reference.
pub(crate) fn shown(requests: &Requests) -> Vec<Value> {
    let all = requests.get("/api/catalog/entities");
    all.as_array().cloned().expect("a list")
}

/// What belongs together is there together, and what the index says is so.
pub(crate) fn check_nothing_is_half_there(requests: &Requests) {
    let all = shown(requests);
    let named = |name: &str| all.iter().find(|entity| entity["metadata"]["name"] == name);
    for number in 0..COUNT {
        // One file is taken in one transaction.
        let version = named(&format!("crash{number}")).and_then(told_version);
        let extra = named(&format!("extra{number}")).and_then(told_version);
        let expected = version.filter(|version| version % 2 == 1);
        assert_eq!(extra, expected, "beside version {version:?} of {number}");
    }
    let listed = requests.get(LOCATIONS).to_string();
    for number in PAGES {
        let is_registered = listed.contains(&page_path(number));
        for word in ["crash", "extra", "child", "nest"] {
            let name = format!("{word}{number}");
            let is_left = !is_registered && named(&name).is_some();
            assert!(!is_left, "{name} is there without its location");
        }
    }
    for entity in &all {
        for relation in entity["relations"].as_array().into_iter().flatten() {
            let target = all
                .iter()
                .find(|one| reference(one) == relation["targetRef"]);
            let back = inverse(relation["type"].as_str().unwrap_or_default());
            let is_back =
                |other: &Value| other["type"] == back && other["targetRef"] == reference(entity);
            let is_told = |target: &Value| {
                let relations = target["relations"].as_array();
                relations.into_iter().flatten().any(is_back)
            };
            assert!(target.is_none_or(is_told), "{relation} of {entity}");
        }
    }
    check_index(requests, &all);
}

fn check_index(requests: &Requests, all: &[Value]) {
    let facets = requests.get("/api/catalog/entity-facets?facet=kind");
    let counts = facets["facets"]["kind"].as_array().into_iter().flatten();
    let counted: i64 = counts.filter_map(|facet| facet["count"].as_i64()).sum();
    let now = shown(requests);
    // Files may be read meanwhile; then the next look compares.
    if now != *all {
        return;
    }
    assert_eq!(counted, all.len() as i64, "{facets}");
    for number in 0..COUNT {
        let target = format!("component:default/crash{number}");
        let found = requests.get(&format!(
            "/api/catalog/entities/by-query?filter=relations.dependson={target}"
        ));
        let is_one =
            |relation: &Value| relation["type"] == "dependsOn" && relation["targetRef"] == target;
        let depends = |entity: &&Value| {
            let relations = entity["relations"].as_array();
            relations.into_iter().flatten().any(is_one)
        };
        let expected = all.iter().filter(depends).count();
        assert!(
            found["totalItems"] == expected || shown(requests) != *all,
            "{found} are {expected}"
        );
    }
}

/// Waits until two hubs show the same catalog, but for the identifiers that each gives.
pub(crate) fn check_equal(one: &Requests, other: &Requests) {
    let all = |requests: &Requests| {
        let mut all = shown(requests);
        for entity in &mut all {
            entity["metadata"]["uid"] = Value::Null;
        }
        all
    };
    let begun = Instant::now();
    loop {
        let (first, second) = (all(one), all(other));
        if first == second {
            return;
        }
        assert!(
            begun.elapsed() < DEADLINE,
            "{first:#?}\nis worked out anew\n{second:#?}"
        );
        thread::sleep(Duration::from_millis(50));
    }
}

/// The locations that are registered, for another hub to register.
pub(crate) fn register_again(from: &Requests, at: &Requests) {
    for location in from.get(LOCATIONS).as_array().into_iter().flatten() {
        let body = json!({"type": "url", "target": location["data"]["target"]});
        let answer = at.send("POST", LOCATIONS, &body.to_string());
        assert!(answer.is_ok_and(|answer| answer.status == 201), "{body}");
    }
}

fn file_name(number: u32) -> String {
    format!("crash{number}.yaml")
}

fn page_path(number: u32) -> String {
    format!("/crash{number}.yaml")
}

/// A version of a catalog file: one entity, beside every other one a second, and below pages one
/// more in a page of its own.
fn text(number: u32, version: u64) -> String {
    let mut text = format!("# {version}\n{}", component("crash", number, version));
    if version % 2 == 1 {
        text += &component("extra", number, version);
    }
    if PAGES.contains(&number) {
        let _ = write!(
            text,
            "---\napiVersion: backstage.io/v1alpha1\nkind: Location\n\
             metadata: {{name: nest{number}}}\nspec: {{target: ./child{number}.yaml}}\n"
        );
    }
    text
}

fn component(word: &str, number: u32, version: u64) -> String {
    let next = (u64::from(number) + version) % u64::from(COUNT);
    format!(
        "---\napiVersion: backstage.io/v1alpha1\nkind: Component\n\
         metadata: {{name: {word}{number}, description: '{version}'}}\n\
         spec: {{type: service, lifecycle: production, owner: ushers, dependsOn: ['component:crash{next}']}}\n"
    )
}

fn version_of(requests: &Requests, word: &str, number: u32) -> Option<u64> {
    let path = format!("/api/catalog/entities/by-query?filter=metadata.name={word}{number}");
    told_version(&requests.get(&path)["items"][0])
}

fn told_version(entity: &Value) -> Option<u64> {
    entity["metadata"]["description"].as_str()?.parse().ok()
}

fn reference(entity: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
    let metadata = &entity["metadata"];
    format!(
        "{}:{}/{}",
        text(&entity["kind"]),
        text(&metadata["namespace"]),
        text(&metadata["name"])
    )
}

fn inverse(relation_type: &str) -> &'static str {
    let pairs = [
        ("ownedBy", "ownerOf"),
        ("dependsOn", "dependencyOf"),
        ("memberOf", "hasMember"),
    ];
    let found = pairs
        .into_iter()
        .find_map(|(one, other)| match relation_type {
            _ if relation_type == one => Some(other),
            _ if relation_type == other => Some(one),
            _ => None,
        });
    found.unwrap_or_else(|| panic!("`{relation_type}` is not of this catalog"))
}
