//! Images.

use super::Attrs;
use crate::caps;

/// Where an image is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResolveMode {
    /// As the daemon is set up.
    Default,
    /// In the registry, even when the daemon has the image. Needs `source.image.resolvemode`.
    ForcePull,
    /// In the daemon's own store first.
    PreferLocal,
}

/// What the daemon notes an image as among what it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordType {
    /// A helper of the build.
    Internal,
    /// A frontend.
    Frontend,
}

/// `docker-image://`: an image. It is pulled when something reads its files, and not before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSource {
    /// The reference in normal form: `docker.io/library/alpine:3.20@sha256:…`. A daemon with source policies writes
    /// other forms out, and then knows this op and all that follow by other digests.
    pub reference: String,
    /// Where it is looked up. Default: as the daemon is set up.
    pub resolve_mode: Option<ResolveMode>,
    /// What it is noted as. Default: an image of a build.
    pub record_type: Option<RecordType>,
    /// Only so many of the lowest layers; 0 is none of them and an error. Default: all. Needs
    /// `source.image.layerlimit`.
    pub layer_limit: Option<u32>,
    /// The digest that the reference must have. Default: any. Needs `source.image.checksum`, which dockerd's own store
    /// has and ignores: a digest in the reference is safer.
    pub checksum: Option<String>,
}

impl ImageSource {
    /// An image by its reference.
    pub fn new(reference: impl Into<String>) -> Self {
        Self {
            reference: reference.into(),
            resolve_mode: None,
            record_type: None,
            layer_limit: None,
            checksum: None,
        }
    }

    pub(super) fn attrs(&self) -> Attrs {
        let mut attrs = Attrs::new(format!("docker-image://{}", self.reference), caps::SOURCE_IMAGE);
        let mode = self.resolve_mode.map(|mode| match mode {
            ResolveMode::Default => "default",
            ResolveMode::ForcePull => "pull",
            ResolveMode::PreferLocal => "local",
        });
        attrs.set("image.resolvemode", mode);
        // The other modes are wishes.
        attrs.caps.need(mode == Some("pull"), caps::SOURCE_IMAGE_RESOLVE_MODE);
        let record_type = self.record_type.map(|record_type| match record_type {
            RecordType::Internal => "internal",
            RecordType::Frontend => "frontend",
        });
        attrs.set("image.recordtype", record_type);
        attrs.set_number(caps::SOURCE_IMAGE_LAYER_LIMIT, "image.layerlimit", self.layer_limit);
        attrs.set_with(caps::SOURCE_IMAGE_CHECKSUM, "image.checksum", self.checksum.as_deref());
        attrs
    }
}

/// `oci-layout://`: an image of a layout that the client has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OciLayoutSource {
    /// The name that is shown, and the digest: `name@sha256:…`.
    pub reference: String,
    /// The client's session.
    pub session: Option<String>,
    /// The name that the client gave the layout.
    pub store: String,
    /// Only so many of the lowest layers; 0 is an error. Default: all.
    pub layer_limit: Option<u32>,
}

impl OciLayoutSource {
    /// An image by its name and digest, in a layout by the client's name for it.
    pub fn new(reference: impl Into<String>, store: impl Into<String>) -> Self {
        Self { reference: reference.into(), session: None, store: store.into(), layer_limit: None }
    }

    pub(super) fn attrs(&self) -> Attrs {
        let mut attrs = Attrs::new(format!("oci-layout://{}", self.reference), caps::SOURCE_OCI_LAYOUT);
        attrs.set("oci.session", self.session.as_deref());
        attrs.set("oci.store", Some(&self.store));
        attrs.set_number(caps::SOURCE_OCI_LAYOUT, "oci.layerlimit", self.layer_limit);
        attrs
    }
}
