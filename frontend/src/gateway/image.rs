//! Looking up images in registries and stores.

use std::collections::BTreeMap;

use buildkit_proto::moby::buildkit::v1::frontend as proto;
use buildkit_proto::pb;

use super::client::Gateway;
use super::daemon::caps;
use super::error::GatewayError;
use crate::opts::ResolveMode;

/// The scheme of images in source identifiers.
const SCHEME: &str = "docker-image://";

/// The scheme of images in OCI layouts of the client.
const LAYOUT_SCHEME: &str = "oci-layout://";

/// Which image to look up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageRequest {
    /// The full reference: `docker.io/library/golang:1.22-bookworm`.
    pub reference: String,
    /// The client's OCI layout that holds it. Default: it is in a registry or the daemon's own store.
    pub layout: Option<ClientStore>,
    /// The platform to pick the config of. Nothing stands for the daemon's own.
    pub platform: Option<pb::Platform>,
    /// Where to look.
    pub resolve_mode: ResolveMode,
    /// What the user sees while it takes place: `[internal] load metadata for ...`.
    pub log_name: String,
}

/// An OCI layout of the client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientStore {
    /// The session of the client.
    pub session: String,
    /// The client's name for it.
    pub store: String,
}

/// An image as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedImage {
    /// The reference to build with. A source policy may have changed it.
    pub reference: String,
    /// The digest of what the tag points to, over all platforms. An image of the daemon's local store has
    /// none.
    pub digest: Option<String>,
    /// The image config: JSON, as it is in the registry.
    pub config: Vec<u8>,
}

impl ResolvedImage {
    /// The reference with its digest, where there is one, so that the build cannot get another image.
    pub fn pinned(&self) -> String {
        match &self.digest {
            Some(digest) if !self.reference.contains('@') => format!("{}@{digest}", self.reference),
            _ => self.reference.clone(),
        }
    }
}

impl Gateway {
    /// Looks up an image. Each call is shown to the user and recorded among the materials of the build,
    /// so an image that is not needed must not be looked up, nor one twice.
    pub async fn resolve_image(&self, image: ImageRequest) -> Result<ResolvedImage, GatewayError> {
        if self.ping().await?.supports(caps::RESOLVE_SOURCE_META).is_ok() {
            self.resolve_source(image).await
        } else {
            self.resolve_config(image).await
        }
    }

    async fn resolve_source(&self, image: ImageRequest) -> Result<ResolvedImage, GatewayError> {
        let (scheme, attrs) = match image.layout {
            None => (SCHEME, BTreeMap::new()),
            Some(ClientStore { session, store }) => {
                let attrs = [("oci.session".to_owned(), session), ("oci.store".to_owned(), store)];
                (LAYOUT_SCHEME, BTreeMap::from(attrs))
            }
        };
        let request = proto::ResolveSourceMetaRequest {
            source: Some(pb::SourceOp { identifier: format!("{scheme}{}", image.reference), attrs }),
            platform: image.platform,
            log_name: image.log_name,
            resolve_mode: image.resolve_mode.as_str().to_owned(),
            ..proto::ResolveSourceMetaRequest::default()
        };
        let reply: proto::ResolveSourceMetaResponse = self.call("ResolveSourceMeta", &request).await?;
        let reference = match reply.source {
            None => image.reference,
            Some(source) => match source.identifier.strip_prefix(scheme) {
                Some(reference) => reference.to_owned(),
                None => {
                    return Err(GatewayError::NotAnImage {
                        requested: image.reference,
                        replacement: source.identifier,
                    });
                }
            },
        };
        let Some(found) = reply.image else {
            let what = "has no image";
            return Err(GatewayError::Unexpected { method: "ResolveSourceMeta", what });
        };
        Ok(resolved(reference, found.digest, found.config))
    }

    /// The way of daemons before 0.13. Before 0.12 the reply has no reference.
    async fn resolve_config(&self, image: ImageRequest) -> Result<ResolvedImage, GatewayError> {
        // The kinds of places as the protocol counts them.
        const REGISTRY: i32 = 0;
        const OCI_LAYOUT: i32 = 1;
        let resolver_type = if image.layout.is_some() { OCI_LAYOUT } else { REGISTRY };
        let ClientStore { session, store } = image.layout.unwrap_or_default();
        let request = proto::ResolveImageConfigRequest {
            r#ref: image.reference.clone(),
            resolver_type,
            session_id: session,
            store_id: store,
            platform: image.platform,
            log_name: image.log_name,
            resolve_mode: image.resolve_mode.as_str().to_owned(),
            ..proto::ResolveImageConfigRequest::default()
        };
        let reply: proto::ResolveImageConfigResponse = self.call("ResolveImageConfig", &request).await?;
        let reference = if reply.r#ref.is_empty() { image.reference } else { reply.r#ref };
        Ok(resolved(reference, reply.digest, reply.config))
    }
}

fn resolved(reference: String, digest: String, config: Vec<u8>) -> ResolvedImage {
    ResolvedImage { reference, digest: (!digest.is_empty()).then_some(digest), config }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_pinned_once_and_only_with_a_digest() {
        let pinned = |reference: &str, digest: &str| {
            resolved(reference.to_owned(), digest.to_owned(), Vec::new()).pinned()
        };
        assert_eq!(pinned("a:1", "sha256:12"), "a:1@sha256:12");
        assert_eq!(pinned("a:1", ""), "a:1");
        assert_eq!(pinned("a@sha256:34", "sha256:34"), "a@sha256:34");
    }
}
