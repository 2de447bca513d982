//! Images, read from their OCI layout.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::TempDir;

use crate::built::Built;
use crate::layout::{Blobs, digest};
use crate::tree::{self, Entry, Kind, Tree};

/// An image, for one platform or several.
#[derive(Debug)]
pub struct Image {
    /// How it was built.
    pub built: Built,
    /// All that the image is made of.
    pub blobs: Blobs,
    /// The image of each platform.
    pub platforms: Platforms,
    /// The manifests of attestations.
    pub attestations: Vec<Value>,
    /// The annotations of each platform's manifest, and by an empty name those of the index of several.
    pub annotations: BTreeMap<String, Value>,
}

/// The image of each platform, such as `linux/arm64`.
pub type Platforms = BTreeMap<String, PlatformImage>;

/// The image of one platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlatformImage {
    /// Its files.
    pub files: Tree,
    /// Its config as a whole: `config.Env`, `history`, ...
    pub config: Value,
    /// Its layers' digests.
    pub layers: Vec<String>,
}

impl Image {
    pub(crate) fn read(folder: TempDir, built: Built) -> Self {
        let blobs = Blobs::new(folder);
        let mut annotations = BTreeMap::from([(String::new(), blobs.index_annotations())]);
        let mut image = Self {
            built,
            blobs,
            platforms: Platforms::new(),
            attestations: Vec::new(),
            annotations: BTreeMap::new(),
        };
        for descriptor in image.blobs.manifests() {
            let manifest = image.blobs.json(digest(&descriptor));
            if descriptor.pointer("/annotations/vnd.docker.reference.type").is_some() {
                image.attestations.push(manifest);
                continue;
            }
            let config = image.blobs.json(digest(&manifest["config"]));
            let layers: Vec<&str> = manifest["layers"].as_array().into_iter().flatten().map(digest).collect();
            let files = tree::apply(&image.blobs, &layers);
            annotations.insert(platform(&config), manifest["annotations"].clone());
            let layers = layers.into_iter().map(str::to_owned).collect();
            image.platforms.insert(platform(&config), PlatformImage { files, config, layers });
        }
        image.annotations = annotations;
        image
    }

    /// How many bytes the layers of its only platform have without compression.
    #[track_caller]
    pub fn unpacked_size(&self) -> usize {
        self.only().layers.iter().map(|layer| self.blobs.inflated(layer).len()).sum()
    }

    /// The image, where it is for one platform.
    #[track_caller]
    pub fn only(&self) -> &PlatformImage {
        let mut images = self.platforms.values();
        match (images.next(), images.next()) {
            (Some(image), None) => image,
            _ => panic!("the image is for {:?}", self.platforms.keys()),
        }
    }
}

fn platform(config: &Value) -> String {
    let part = |key: &str| config[key].as_str().filter(|part| !part.is_empty());
    let parts = [part("os"), part("architecture"), part("variant")];
    parts.into_iter().flatten().collect::<Vec<_>>().join("/")
}

impl PlatformImage {
    /// What is at a path.
    #[track_caller]
    pub fn entry(&self, path: &str) -> &Entry {
        match self.files.get(path) {
            Some(entry) => entry,
            None => panic!("the image has no {path}"),
        }
    }

    /// The text of a file of at most 64 KiB.
    #[track_caller]
    pub fn text(&self, path: &str) -> &str {
        match &self.entry(path).kind {
            Kind::File { text: Some(text), .. } => text,
            other => panic!("{path} is no small text: {other:?}"),
        }
    }

    /// A key of the config's `config`, such as `Entrypoint`; null where it is absent.
    pub fn get(&self, key: &str) -> &Value {
        &self.config["config"][key]
    }
}
