//! What names besides those of stages stand for: named contexts of the client, images.

use buildkit_llb::Platform;

use super::{ImageKey, Source};
use crate::external::{NamedContext, NamedContexts};
use crate::image_ref::ImageRef;

/// Where names of a `from` are looked up that no stage has.
#[derive(Debug, Clone, Default)]
pub(super) struct Origins {
    contexts: NamedContexts,
}

impl Origins {
    pub(super) fn new(contexts: NamedContexts) -> Self {
        Self { contexts }
    }

    /// What a name stands for: a named context, else an image.
    pub(super) fn find(&self, name: &str, platform: &Platform) -> Result<Source, String> {
        match self.context(name, platform) {
            Some(found) => found,
            None => Ok(image(ImageRef::parse(name)?, None, platform)),
        }
    }

    /// What the client put in the place of a name.
    pub(super) fn context(&self, name: &str, platform: &Platform) -> Option<Result<Source, String>> {
        let found = self.contexts.find(name, platform)?;
        Some(found.map(|context| match context {
            NamedContext::Empty => Source::Scratch,
            NamedContext::Image(reference, store) => image(reference, store, platform),
            NamedContext::Files(origin) => Source::External(Box::new((*origin).into())),
        }))
    }
}

fn image(reference: ImageRef, store: Option<String>, platform: &Platform) -> Source {
    Source::Image(Box::new(ImageKey { reference, store, platform: platform.clone() }))
}
