//! Archives, also such as nobody should make.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use tar::{EntryType, Header};

/// A `tar.gz` that is put together without asking whether that is wise.
pub(crate) struct Tarball(Vec<u8>);

impl Tarball {
    pub(crate) fn new() -> Tarball {
        Tarball(Vec::new())
    }

    pub(crate) fn file(self, path: &str, content: &str) -> Tarball {
        self.entry(EntryType::Regular, path, "", content.as_bytes())
    }

    pub(crate) fn folder(self, path: &str) -> Tarball {
        self.entry(EntryType::Directory, path, "", b"")
    }

    pub(crate) fn link(self, kind: EntryType, path: &str, target: &str) -> Tarball {
        self.entry(kind, path, target, b"")
    }

    /// The name of the next entry, as GNU tar writes long ones.
    pub(crate) fn long_name(self, path: &str) -> Tarball {
        let content = format!("{path}\0");
        self.entry(
            EntryType::GNULongName,
            "././@LongLink",
            "",
            content.as_bytes(),
        )
    }

    /// Properties of the next entry, as POSIX has them.
    pub(crate) fn pax(self, records: &[(&str, &str)]) -> Tarball {
        let mut content = String::new();
        for (key, value) in records {
            let rest = format!(" {key}={value}\n");
            // The length counts its own digits.
            let mut length = rest.len() + 1;
            while length != rest.len() + length.to_string().len() {
                length += 1;
            }
            content.push_str(&format!("{length}{rest}"));
        }
        self.entry(EntryType::XHeader, "pax", "", content.as_bytes())
    }

    /// The archive, packed.
    pub(crate) fn packed(&self) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&self.0).unwrap();
        encoder.write_all(&[0; 1024]).unwrap();
        encoder.finish().unwrap()
    }

    fn entry(mut self, kind: EntryType, path: &str, target: &str, content: &[u8]) -> Tarball {
        let mut header = Header::new_gnu();
        let fields = header.as_gnu_mut().unwrap();
        // The methods of the library refuse what is to be tried here.
        fields.name[..path.len()].copy_from_slice(path.as_bytes());
        fields.linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }
}
