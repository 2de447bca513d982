//! How much larger the image may be than the one that was published before it.

use spec_schema::span::Spanned;
use spec_schema::spec::{Growth, MaxGrowth};

use crate::image_config::ImageConfig;
use crate::resolved::Resolved;
use crate::select::{Published, Selection, Source};

/// An image beside the one that was published before it.
#[derive(Debug, Clone, PartialEq)]
pub struct GrowthCheck {
    /// The other image: its name, and where that is written.
    pub since: Spanned<String>,
    /// Its files; `None` where it is not published yet, or not for the platform: then nothing is compared.
    pub published: Option<Source>,
    /// The most that this one may have more.
    pub by: Spanned<Growth>,
}

/// Plans the check of a stage for which `selection` is made.
pub(super) fn growth(written: &MaxGrowth, selection: &Selection, resolved: &Resolved) -> GrowthCheck {
    let published = selection.published.as_ref();
    let name = published.map_or_else(|| written.since.raw.clone(), |published| published.name.clone());
    GrowthCheck {
        since: Spanned::new(name, written.since.span),
        published: published.filter(|published| is_there(published, resolved)).map(|it| it.source.clone()),
        by: written.by.clone(),
    }
}

fn is_there(published: &Published, resolved: &Resolved) -> bool {
    match &published.source {
        Source::Image(key) => resolved.images.get(key).is_some_and(|image| {
            // An image for one platform alone is handed out for any other as well.
            let own = ImageConfig::platform(&image.config);
            let parts =
                |platform: &buildkit_llb::Platform| (platform.os.clone(), platform.architecture.clone());
            own.is_none_or(|own| parts(&own) == parts(&key.platform))
        }),
        Source::External(_) => true,
        // Without any file there is nothing to compare with: a client says so for an image that is not there yet.
        Source::Scratch | Source::Stage(_) => false,
    }
}
