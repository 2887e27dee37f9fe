//! What holds for every URL and every archive.

use super::*;
use crate::reading::archive::{Wanted, unpack};
use crate::reading::config;
use crate::reading::forge::{Access, Files};
use crate::reading::tests::tarball::Tarball;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::json;
use std::io::Write;
use tar::EntryType;

/// Parts of paths that have a meaning somewhere.
fn part() -> impl Strategy<Value = String> {
    let words = [
        "blob", "tree", "raw", "edit", "-", "src", "branch", "_edit", "_git", "projects", "users",
        "repos", "browse", "o", "r.git", "main", "a%20b", "..", ".", "%2e%2e", "%252e", "%2F",
        "%5C", "*", "**", "c.yaml", "é", "%ff", "",
    ];
    prop_oneof![
        prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        "[ -~]{0,6}"
    ]
}

fn wanted() -> Wanted {
    Wanted {
        folder: String::new(),
        pattern: None,
        limits: TreeLimits {
            unpacked_bytes: 1 << 20,
            ..TreeLimits::default()
        },
    }
}

fn is_safe(path: &str) -> bool {
    !path.starts_with('/') && !path.split('/').any(|part| matches!(part, "" | "." | ".."))
}

proptest! {
    #[test]
    fn a_git_host_is_only_asked_below_its_own_addresses(
        host in prop::sample::select(vec![
            "github.com", "gitlab.com", "bitbucket.org", "gitea.com", "dev.azure.com",
            "stash.example.com", "ghe.example.com",
        ]),
        path in prop::collection::vec(part(), 0..9),
        query in prop::collection::vec(part(), 0..3),
    ) {
        let section = json!({
            "bitbucketServer": [{"host": "stash.example.com"}],
            "github": [{"host": "ghe.example.com"}],
        });
        let integrations = config::read(&Config::from_value(json!({"integrations": section}))).unwrap();
        let query = format!("path={}&at={}&version=GB{}", query.join("/"), query.concat(), query.concat());
        let Ok(url) = Url::parse(&format!("https://{host}/{}?{query}", path.join("/"))) else {
            return Ok(());
        };
        let Some(at) = integrations.iter().find(|at| at.has(&url)) else {
            return Ok(());
        };
        let Ok(place) = at.forge.place(at, &url) else {
            return Ok(());
        };
        let files = match at.forge.files(at, &place, "c0ffee") {
            Files::Archive(question) | Files::List(question) => question,
        };
        let asked = [
            at.forge.file(at, &place, Access::Anonymous).url,
            at.forge.file(at, &place, Access::Authorized).url,
            at.forge.commit(at, &place).0.url,
            files.url,
        ];
        for asked in asked {
            let bases = [Some(&at.base), Some(&at.api), at.raw.as_ref()];
            let is_below = |base: &&Url| {
                let path = base.path().trim_end_matches('/');
                base.origin() == asked.origin() && asked.path().starts_with(&format!("{path}/"))
            };
            prop_assert!(bases.into_iter().flatten().any(|base| is_below(&base)), "{asked}");
            prop_assert!(!asked.path().split('/').any(|part| part == ".."), "{asked}");
        }
        // Where it is shown is read as the same place again.
        let shown = at.forge.show(&url, &place, &place.path);
        prop_assert_eq!(at.forge.place(at, &shown), Ok(place));
    }

    #[test]
    fn a_reference_leads_to_http_or_nowhere(reference in "[ -~]{0,40}") {
        let reader = reader(json!({}));
        let base = Url::parse("https://github.com/o/r/blob/main/a/c.yaml").unwrap();

        if let Ok(url) = reader.resolve(&base, &reference) {
            prop_assert!(matches!(url.scheme(), "http" | "https"));
        }
    }

    #[test]
    fn no_bytes_make_an_archive_dangerous(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&bytes).unwrap();

        for source in [bytes.as_slice(), &packed.finish().unwrap()] {
            for file in unpack(source, &wanted()).unwrap_or_default() {
                prop_assert!(is_safe(&file.path), "{}", file.path);
            }
        }
    }

    #[test]
    fn no_names_make_an_archive_dangerous(
        names in prop::collection::vec((0u8..5, "[a./\\\\ \u{0}-\u{7f}]{0,30}"), 0..8),
    ) {
        let archive = names.iter().fold(Tarball::new(), |archive, (kind, name)| match kind {
            0 => archive.file(name, "x"),
            1 => archive.long_name(name),
            2 => archive.pax(&[("path", name)]),
            3 => archive.link(EntryType::Symlink, name, "/etc/passwd"),
            _ => archive.folder(name),
        });

        for file in unpack(archive.packed().as_slice(), &wanted()).unwrap_or_default() {
            prop_assert!(is_safe(&file.path), "{}", file.path);
        }
    }
}
