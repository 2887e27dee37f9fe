//! Makes the assets ready to be sent: joins what belongs together, compresses each file once, and
//! names them all by one hash.
//!
//! What comes out is `assets.rs` in the folder of the build: `HASH`, and `FILES` in the order of
//! their paths; `src/ui/asset.rs` includes it.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Folders whose files become one, named like the folder.
const JOINED: [&str; 2] = ["css/callboard", "js/callboard"];

/// Files that every page loads, which become one in this order: each is a request less.
const OF_PAGES: [(&str, &[&str]); 2] = [
    ("css/page.css", &["css/tokens.css", "css/callboard.css"]),
    (
        "js/page.js",
        &["js/htmx.js", "js/callboard.js", "js/appearance.js"],
    ),
];

/// What browsers load; licences and the list of origins lie beside it and are not served.
const SERVED: [&str; 4] = ["css", "js", "svg", "woff2"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=assets");
    let source = PathBuf::from("assets");
    let target = out_dir();

    let mut files = Vec::new();
    collect(&source, &source, &mut files)?;
    for folder in JOINED {
        let parts = files.extract_if(.., |(path, _)| Path::new(path).starts_with(folder));
        let parts: Vec<_> = parts.collect();
        let extension = folder.split('/').next().unwrap_or_default();
        files.push((format!("{folder}.{extension}"), joined(parts)));
    }
    for (path, parts) in OF_PAGES {
        let mut content = Vec::new();
        for part in parts {
            for (_, bytes) in files.extract_if(.., |(path, _)| path.as_str() == *part) {
                content.extend(bytes);
                // A script that ends without a semicolon would go on in the next one.
                let end: &[u8] = if path.ends_with(".js") { b";\n" } else { b"\n" };
                content.extend_from_slice(end);
            }
        }
        files.push((path.to_owned(), content));
    }
    files.sort();

    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    let mut code = format!(
        "const HASH: &str = \"{:016x}\";\nstatic FILES: &[File] = &[\n",
        hasher.finish()
    );
    for (path, bytes) in &files {
        // A font is compressed by its own format.
        let forms: &[_] = if path.ends_with(".woff2") {
            &[("plain", bytes.clone())]
        } else {
            &[
                ("plain", bytes.clone()),
                ("brotli", brotli(bytes)?),
                ("gzip", gzip(bytes)?),
            ]
        };
        let mut fields = String::new();
        for (name, content) in forms {
            let file = target.join(format!("{}.{name}", path.replace('/', "_")));
            fs::write(&file, content)?;
            let include = format!("include_bytes!({:?})", file.display().to_string());
            let value = if *name == "plain" {
                include
            } else {
                format!("Some({include})")
            };
            let _ = write!(fields, "{name}: {value}, ");
        }
        if forms.len() == 1 {
            fields.push_str("brotli: None, gzip: None");
        }
        let _ = writeln!(code, "    File {{ path: {path:?}, {fields} }},");
    }
    code.push_str("];\n");
    fs::write(target.join("assets.rs"), code)
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script its folder by the environment"
)]
fn out_dir() -> PathBuf {
    PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default())
}

/// All served files below `folder`, with their paths relative to `root`.
fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if path
            .extension()
            .is_some_and(|is| SERVED.iter().any(|served| is == *served))
        {
            let relative = path.strip_prefix(root).map_err(io::Error::other)?;
            let relative = relative.to_string_lossy().replace('\\', "/");
            files.push((relative, fs::read(&path)?));
        }
    }
    Ok(())
}

/// Files as one, in the order of their names. Scripts get one scope, so that modules find each
/// other's functions and the page finds none.
fn joined(mut parts: Vec<(String, Vec<u8>)>) -> Vec<u8> {
    parts.sort();
    let is_script = parts.iter().any(|(path, _)| path.ends_with(".js"));
    let [open, close]: [&[u8]; 2] = if is_script {
        [b"(() => {\n", b"})();\n"]
    } else {
        [b"", b""]
    };
    let content = parts.into_iter().flat_map(|(_, part)| part);
    [open, &content.collect::<Vec<_>>(), close].concat()
}

fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut compressed, 4096, 11, 22);
    writer.write_all(bytes)?;
    drop(writer);
    Ok(compressed)
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes)?;
    writer.finish()
}
