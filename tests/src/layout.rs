//! OCI layouts: a folder of blobs, named by their digests.

use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::Value;
use tempfile::TempDir;

/// The blobs of an exported image.
#[derive(Debug)]
pub struct Blobs {
    folder: TempDir,
}

impl Blobs {
    pub(crate) fn new(folder: TempDir) -> Self {
        Self { folder }
    }

    /// A blob.
    #[track_caller]
    pub fn blob(&self, digest: &str) -> Vec<u8> {
        read(&self.folder.path().join("blobs").join(digest.replace(':', "/")))
    }

    /// A blob without its compression.
    #[track_caller]
    pub fn inflated(&self, digest: &str) -> Vec<u8> {
        inflate(self.blob(digest), digest)
    }

    /// A blob that holds JSON.
    #[track_caller]
    pub fn json(&self, digest: &str) -> Value {
        parse(&self.blob(digest), digest)
    }

    /// Every blob without its compression, and the index.
    #[track_caller]
    pub fn all(&self) -> Vec<Vec<u8>> {
        let folder = self.folder.path().join("blobs/sha256");
        let entries =
            fs::read_dir(&folder).map(|entries| entries.flatten().collect::<Vec<_>>()).unwrap_or_default();
        assert!(!entries.is_empty(), "the image has no blobs");
        let blobs = entries.iter().map(|entry| inflate(read(&entry.path()), &entry.path().to_string_lossy()));
        blobs.chain([read(&self.folder.path().join("index.json"))]).collect()
    }

    /// The annotations of the index that an image for several platforms is; null for another.
    pub(crate) fn index_annotations(&self) -> Value {
        let outer = parse(&read(&self.folder.path().join("index.json")), "index.json");
        let only = outer["manifests"].get(0).filter(|only| is_index(only));
        only.map_or(Value::Null, |index| self.json(digest(index))["annotations"].clone())
    }

    /// The descriptors of manifests, through nested indexes.
    pub(crate) fn manifests(&self) -> Vec<Value> {
        let mut open = vec![parse(&read(&self.folder.path().join("index.json")), "index.json")];
        let mut found = Vec::new();
        while let Some(index) = open.pop() {
            for descriptor in index.get("manifests").and_then(Value::as_array).into_iter().flatten() {
                if is_index(descriptor) {
                    open.push(self.json(digest(descriptor)));
                } else {
                    found.push(descriptor.clone());
                }
            }
        }
        found
    }
}

fn is_index(descriptor: &Value) -> bool {
    let kind = descriptor["mediaType"].as_str();
    kind.is_some_and(|kind| kind.contains("index") || kind.contains("list"))
}

/// The digest in a descriptor.
pub(crate) fn digest(descriptor: &Value) -> &str {
    descriptor["digest"].as_str().unwrap_or_default()
}

#[track_caller]
pub(crate) fn read(path: &Path) -> Vec<u8> {
    match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// The JSON of a file or blob of that name.
#[track_caller]
pub(crate) fn parse(bytes: &[u8], name: &str) -> Value {
    match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(error) => panic!("{name}: {error}"),
    }
}

#[track_caller]
pub(crate) fn inflate(bytes: Vec<u8>, name: &str) -> Vec<u8> {
    assert!(!bytes.starts_with(b"\x28\xb5\x2f\xfd"), "{name}: zstd is not read here");
    if !bytes.starts_with(b"\x1f\x8b") {
        return bytes;
    }
    let mut plain = Vec::new();
    if let Err(error) = GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain) {
        panic!("{name}: {error}");
    }
    plain
}
