//! Images as files: archives of `docker save`, OCI layouts as archives or folders. Read without a daemon, and without unpacking anything.
//!
//! What is in a file may be anything: memory is bounded by the names of an image's files, nothing is written, and no name leads anywhere.

mod compressed;
mod layer;
mod manifest;
mod members;
mod store;
mod tree;
mod weigh;

use std::path::Path;

use buildkit_llb::Platform;

use self::manifest::Manifest;
use self::store::Store;
use self::tree::Tree;
use crate::report::sentence;
use crate::weight::{Growth, Item, Large, Layer, Report};

/// Why an image cannot be read.
type Trouble = String;

/// An image with all of its layers put together.
pub(crate) struct ImageFile {
    manifest: Manifest,
    layers: Vec<tree::Layer>,
    files: Tree,
}

impl ImageFile {
    /// Reads the image in a file or folder; of several the one for `platform`.
    pub(crate) fn read(path: &Path, platform: Option<&Platform>) -> Result<Self, Trouble> {
        let read = || {
            let store = Store::open(path)?;
            let manifest = manifest::find(&store, platform)?;
            let (mut files, mut layers) = (Tree::default(), Vec::with_capacity(manifest.layers.len()));
            for layer in &manifest.layers {
                layers.push(layer::add(&store, layer, &mut files)?);
            }
            Ok(Self { manifest, layers, files })
        };
        read().map_err(|why: Trouble| format!("{}: {}", path.display(), sentence(&why)))
    }

    /// What it is made of, and in what it differs from another one.
    pub(crate) fn report(&self, before: Option<&Self>) -> Report {
        let whole = self.files.weigh();
        let growth = before.map(|before| {
            let (tree, sums) = self.files.compare(&before.files);
            Growth::of(tree, sums)
        });
        let mut report = Report {
            platform: self.manifest.platform.to_string(),
            target: self.manifest.name.clone(),
            size: whole.sums.after,
            files: whole.sums.files,
            layers: self.layers.iter().zip(&self.manifest.layers).map(told).collect(),
            tree: Item::of(whole),
            growth,
            ..Report::default()
        };
        let shipped: u64 = report.layers.iter().map(|layer| layer.size).sum();
        report.hidden = shipped.saturating_sub(report.size);
        report
    }
}

fn told((layer, described): (&tree::Layer, &manifest::Layer)) -> Layer {
    let largest = layer.largest.iter().rev();
    let largest = largest.map(|(size, path)| Large { path: path.clone(), size: *size });
    Layer {
        stage: None,
        step: described.step.clone(),
        location: String::new(),
        size: layer.size,
        files: layer.files,
        covers: layer.covers,
        largest: largest.collect(),
    }
}
