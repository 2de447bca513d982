//! Images as files, made for a test.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, Header};

/// How something is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packed {
    Plain,
    Gzip,
    /// In two frames, with one between them that is to be skipped.
    Zstd,
}

impl Packed {
    pub(crate) fn pack(self, bytes: &[u8]) -> Vec<u8> {
        let frame = |bytes| compress_to_vec(bytes, CompressionLevel::Fastest);
        match self {
            Self::Plain => bytes.to_vec(),
            Self::Gzip => {
                let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
                packed.write_all(bytes).unwrap();
                packed.finish().unwrap()
            }
            Self::Zstd => {
                let (start, end) = bytes.split_at(bytes.len() / 2);
                let skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
                [frame(start), skipped.to_vec(), frame(end)].concat()
            }
        }
    }
}

/// A layer in the making: members of an archive.
pub(crate) struct Layer(Builder<Vec<u8>>);

impl Layer {
    pub(crate) fn new() -> Self {
        Self(Builder::new(Vec::new()))
    }

    pub(crate) fn file(self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.member(path, EntryType::Regular, "", bytes.as_ref())
    }

    pub(crate) fn folder(self, path: &str) -> Self {
        self.member(path, EntryType::Directory, "", &[])
    }

    pub(crate) fn link(self, path: &str, target: &str) -> Self {
        self.member(path, EntryType::Symlink, target, &[])
    }

    pub(crate) fn name(self, path: &str, target: &str) -> Self {
        self.member(path, EntryType::Link, target, &[])
    }

    /// A member whose name is written as it is.
    pub(crate) fn member(mut self, path: &str, kind: EntryType, target: &str, bytes: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o755);
        let old = header.as_old_mut();
        old.name[..path.len()].copy_from_slice(path.as_bytes());
        old.linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        self.0.append(&header, bytes).unwrap();
        self
    }

    /// A file of 8 GB that is nothing but a hole, as GNU's `tar --sparse` writes it.
    pub(crate) fn hole(mut self, path: &str) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::GNUSparse);
        header.set_path(path).unwrap();
        header.set_size(0);
        let gnu = header.as_gnu_mut().unwrap();
        gnu.realsize = *b"77777777777\0";
        gnu.sparse[0].offset = *b"77777777777\0";
        gnu.sparse[0].numbytes = *b"00000000000\0";
        header.set_cksum();
        self.0.append(&header, &[][..]).unwrap();
        self
    }

    pub(crate) fn done(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    let mut shown = "sha256:".to_owned();
    for byte in Sha256::digest(bytes) {
        shown += &format!("{byte:02x}");
    }
    shown
}

/// The files of an OCI layout with an image for each platform, by their paths.
pub(crate) fn layout(platforms: &[(&str, &[Vec<u8>])], packed: Packed) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![("oci-layout".to_owned(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec())];
    let mut put = |bytes: Vec<u8>| {
        let described = json!({ "digest": digest(&bytes), "size": bytes.len() });
        files.push((format!("blobs/sha256/{}", &digest(&bytes)[7..]), bytes));
        described
    };
    let mut manifests = Vec::new();
    for (architecture, layers) in platforms {
        let config = put(config(architecture, layers).to_string().into_bytes());
        let layers: Vec<Value> = layers.iter().map(|layer| put(packed.pack(layer))).collect();
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": layers });
        let mut manifest = put(manifest.to_string().into_bytes());
        // Clients write the platform, and the program goes by the config.
        manifest["platform"] = json!({ "os": "linux", "architecture": architecture });
        manifests.push(manifest);
    }
    let mut statement = put(b"{}".to_vec());
    statement["annotations"] = json!({ "vnd.docker.reference.type": "attestation-manifest" });
    manifests.push(statement);
    let mut inner = put(json!({ "schemaVersion": 2, "manifests": manifests }).to_string().into_bytes());
    inner["annotations"] = json!({ "org.opencontainers.image.ref.name": "app:1" });
    let index = json!({ "schemaVersion": 2, "manifests": [inner] });
    files.push(("index.json".to_owned(), index.to_string().into_bytes()));
    files
}

/// The files of what Docker has saved before it wrote OCI layouts.
pub(crate) fn saved(layers: &[Vec<u8>]) -> Vec<(String, Vec<u8>)> {
    let config = config("amd64", layers).to_string().into_bytes();
    let name = format!("{}.json", &digest(&config)[7..]);
    let paths: Vec<String> = (0..layers.len()).map(|at| format!("{at}/layer.tar")).collect();
    let list = json!([{ "Config": name, "RepoTags": ["app:1"], "Layers": paths }]);
    let layers = paths.into_iter().zip(layers.iter().cloned());
    layers.chain([(name, config), ("manifest.json".to_owned(), list.to_string().into_bytes())]).collect()
}

pub(crate) fn archive(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    files.iter().fold(Layer::new(), |archive, (path, bytes)| archive.file(path, bytes)).done()
}

fn config(architecture: &str, layers: &[Vec<u8>]) -> Value {
    let made = (0..layers.len())
        .map(|at| json!({ "created_by": format!("/bin/sh -c #(nop) COPY {at}  /  # buildkit") }));
    let history: Vec<Value> =
        made.chain([json!({ "created_by": "USER 1000", "empty_layer": true })]).collect();
    let diff_ids: Vec<String> = layers.iter().map(|layer| digest(layer)).collect();
    json!({
        "os": "linux",
        "architecture": architecture,
        "config": {},
        "history": history,
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
    })
}
