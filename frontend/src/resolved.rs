//! What was looked up for a build: the answers that the phases behind `resolve` work with.

use std::collections::BTreeMap;

use buildkit_llb::Definition;

use crate::external::{Inputs, Origin};
use crate::image_config::ImageConfig;
use crate::select::{ImageKey, Source};

/// An image that stages start from or copy from.
#[derive(Debug, Clone, PartialEq)]
pub struct BaseImage {
    /// The reference with its digest, as the source op names it.
    pub reference: String,
    /// Its config.
    pub config: ImageConfig,
}

/// Everything that was looked up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resolved {
    /// The images.
    pub images: BTreeMap<ImageKey, BaseImage>,
    /// The graphs that the client handed over.
    pub inputs: Inputs,
    /// The graph of the frontend's own image, where anything of it is needed.
    pub own_image: Option<Definition>,
    /// The patterns of files that are not sent, of each of the client's directories by its context.
    pub ignored: BTreeMap<String, Vec<String>>,
}

impl Resolved {
    /// The image config of what a stage starts from, where that has one.
    pub fn config(&self, base: &Source) -> Option<&ImageConfig> {
        match base {
            Source::Image(key) => self.images.get(key).map(|image| &image.config),
            Source::External(external) => match &external.origin {
                Origin::Input(name) => self.inputs.get(name)?.config.as_ref(),
                _ => None,
            },
            Source::Scratch | Source::Stage(_) => None,
        }
    }
}
