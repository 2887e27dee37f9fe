//! The image: written, read back, and the same each time.

use callboard_packaging::containerfile::Containerfile;
use callboard_packaging::image::{self, Image};
use callboard_packaging::workspace_root;
use serde_json::json;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use tempfile::TempDir;

fn containerfile() -> Containerfile {
    let text = fs::read_to_string(workspace_root().join("deploy/image/Containerfile"))
        .expect("the Containerfile is there");
    Containerfile::parse(&text).expect("the Containerfile is understood")
}

/// An image whose program is a short text.
fn write(folder: &Path) -> image::Size {
    let binary = folder.join("program");
    fs::write(&binary, "#!program\n".repeat(1000)).expect("the folder can be written");
    let root = folder.join("root");
    image::stage(&workspace_root(), &binary, &root).expect("the root can be made");
    image::write(&folder.join("layout"), &root, &containerfile(), "1.2.3")
        .expect("the image can be written")
}

/// Digests of everything in the layout.
fn index(folder: &Path) -> String {
    fs::read_to_string(folder.join("layout/index.json")).expect("the layout has an index")
}

#[test]
fn an_image_is_read_as_it_was_written() {
    let folder = TempDir::new().expect("a temporary folder can be made");

    let size = write(folder.path());
    let image = Image::open(&folder.path().join("layout")).expect("the image is whole");
    let root = folder.path().join("unpacked");
    image.unpack(&root).expect("the image can be unpacked");

    assert!(size.compressed_bytes < size.unpacked_bytes);
    assert_eq!(image.version, "1.2.3");
    assert_eq!(image.config["os"], "linux");
    insta::assert_json_snapshot!(image.config["config"], @r#"
    {
      "User": "1001:0",
      "ExposedPorts": {
        "7007/tcp": {},
        "9464/tcp": {}
      },
      "Env": [
        "PATH=/usr/bin",
        "NODE_ENV=production",
        "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"
      ],
      "Entrypoint": [
        "/usr/bin/callboard",
        "--config",
        "/opt/callboard/app-config.production.yaml"
      ],
      "WorkingDir": "/opt/app-root/src",
      "Labels": {
        "org.opencontainers.image.title": "Callboard",
        "org.opencontainers.image.description": "A developer hub in one binary",
        "org.opencontainers.image.licenses": "Apache-2.0"
      }
    }
    "#);
    let mode = |path: &str| {
        let metadata = fs::metadata(root.join(path)).expect("the file is in the image");
        metadata.permissions().mode() & 0o7777
    };
    assert_eq!(mode("usr/bin/callboard"), 0o755);
    assert_eq!(mode("opt/callboard/app-config.production.yaml"), 0o644);
    assert_eq!(mode("tmp"), 0o1777);
    for folder in [
        "opt/app-root/src",
        "opt/callboard/config",
        "opt/callboard/dynamic-plugins-root",
        "dynamic-plugins-root",
    ] {
        assert_eq!(mode(folder), 0o755, "{folder}");
    }
    let authorities = fs::read_to_string(root.join("etc/ssl/certs/ca-certificates.crt"))
        .expect("the authorities are in the image");
    assert!(authorities.contains("BEGIN CERTIFICATE"));
    // The archive says 0, the begin of time, which is unpacked as the second after it.
    assert_eq!(
        fs::metadata(root.join("usr/bin/callboard"))
            .map(|file| file.mtime())
            .ok(),
        Some(1)
    );
}

#[test]
fn the_same_content_is_the_same_image() {
    let (one, two) = (
        TempDir::new().expect("a temporary folder can be made"),
        TempDir::new().expect("a temporary folder can be made"),
    );

    write(one.path());
    write(two.path());

    assert_eq!(index(one.path()), index(two.path()));
}

#[test]
fn a_changed_byte_is_found() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    write(folder.path());
    let blobs = folder.path().join("layout/blobs/sha256");
    let largest = fs::read_dir(blobs)
        .expect("the layout has blobs")
        .map(|entry| entry.expect("the folder can be listed").path())
        .max_by_key(|path| {
            fs::metadata(path)
                .map(|file| file.len())
                .unwrap_or_default()
        })
        .expect("there is one");
    let mut bytes = fs::read(&largest).expect("the layer can be read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&largest, bytes).expect("the layer can be written");

    let error = Image::open(&folder.path().join("layout")).expect_err("the digest is wrong");

    assert!(
        error.to_string().ends_with("has another content"),
        "{error}"
    );
}

#[test]
fn everybody_of_the_root_group_can_run_it() {
    let file = containerfile();

    assert_eq!(file.user, "1001:0");
    assert_eq!(
        file.config()["ExposedPorts"],
        json!({"7007/tcp": {}, "9464/tcp": {}})
    );
}
