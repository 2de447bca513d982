//! Downloads.

use super::Attrs;
use crate::caps;

/// `http://` and `https://`: a directory with one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HttpSource {
    /// The URL.
    pub url: String,
    /// The digest of the content: `sha256:…`. Default: any content.
    pub checksum: Option<String>,
    /// The name of the file. Default: that of the answer or the URL.
    pub filename: Option<String>,
    /// Permissions of the file. Default: 0600.
    pub permissions: Option<u32>,
    /// User and group that own the file. Default: 0 and 0.
    pub owner: Option<(u32, u32)>,
    /// Id of the secret that holds an authorization header. Needs `source.http.auth`.
    pub auth_header_secret: Option<String>,
    /// The `Accept` header. Needs `source.http.header`.
    pub accept: Option<String>,
    /// The `User-Agent` header. Needs `source.http.header`.
    pub user_agent: Option<String>,
    /// The signature that the content must have. Needs `source.http.signatureverify`.
    pub signature: Option<HttpSignature>,
}

/// A detached `OpenPGP` signature, and the key that it must be of; both as armoured text.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HttpSignature {
    /// The key.
    pub public_key: String,
    /// The signature.
    pub signature: String,
}

impl HttpSource {
    /// A file by its URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    pub(super) fn attrs(&self) -> Attrs {
        let mut attrs = Attrs::new(self.url.clone(), caps::SOURCE_HTTP);
        attrs.set_with(caps::SOURCE_HTTP_CHECKSUM, "http.checksum", self.checksum.as_deref());
        attrs.set("http.filename", self.filename.as_deref());
        let permissions = self.permissions.map(|bits| format!("0{bits:o}"));
        attrs.set_with(caps::SOURCE_HTTP_PERM, "http.perm", permissions.as_deref());
        attrs.set_number(caps::SOURCE_HTTP_OWNER, "http.uid", self.owner.map(|(user, _)| user));
        attrs.set_number(caps::SOURCE_HTTP_OWNER, "http.gid", self.owner.map(|(_, group)| group));
        attrs.set_with(caps::SOURCE_HTTP_AUTH, "http.authheadersecret", self.auth_header_secret.as_deref());
        attrs.set_with(caps::SOURCE_HTTP_HEADER, "http.header.accept", self.accept.as_deref());
        attrs.set_with(caps::SOURCE_HTTP_HEADER, "http.header.user-agent", self.user_agent.as_deref());
        if let Some(HttpSignature { public_key, signature }) = &self.signature {
            attrs.set_with(caps::SOURCE_HTTP_SIGNATURE, "http.sig.pubkey", Some(public_key));
            attrs.set_with(caps::SOURCE_HTTP_SIGNATURE, "http.sig.signature", Some(signature));
        }
        attrs
    }
}
