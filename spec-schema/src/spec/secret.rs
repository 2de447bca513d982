//! Secrets.

use crate::decode::record;
use crate::decode::text::Text;
use crate::span::Spanned;

record! {
    "secret";
    /// A secret that steps may use. Its value comes from the client (`--secret id=NAME,src=FILE`) and
    /// reaches only the steps that name it; it is in no layer, no image config and no cache key.
    pub struct Secret {
        /// Shown to whoever asks what can be set.
        pub description: Option<Text>,
        /// Whether a build without it fails. Default: true.
        pub required: Option<Spanned<bool>>,
    }
}
