//! Git repositories.

use super::Attrs;
use crate::caps;

/// `git://`: a repository at a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of the daemon's attributes")]
pub struct GitSource {
    /// The URL as git takes it, without fragment: `https://github.com/moby/buildkit.git`,
    /// `git@github.com:moby/buildkit.git`.
    pub url: String,
    /// A branch, a tag, a commit. Default: the repository's default branch.
    pub reference: Option<String>,
    /// The directory of the repository that becomes the root. Default: its root. Needs `source.git.subdir`.
    pub subdir: Option<String>,
    /// Whether `.git` comes along.
    pub keep_git_dir: bool,
    /// The commit that the ref must be at; the first digits of it will do. Needs `source.git.checksum`.
    pub checksum: Option<String>,
    /// Whether submodules are left out. Needs `source.git.skipsubmodules`.
    pub skip_submodules: bool,
    /// Whether files get the time of the commit instead of that of the checkout. Needs `source.git.mtime`.
    pub commit_time: bool,
    /// Whether the commit of [`GitSource::checksum`] is fetched without asking where the ref is. Needs
    /// `source.git.fetchbycommit`.
    pub fetch_by_commit: bool,
    /// Id of the secret that holds a token. Default: `GIT_AUTH_TOKEN`, where the client has it. Another one needs
    /// `source.git.httpauth`.
    pub auth_token_secret: Option<String>,
    /// Id of the secret that holds an authorization header. Default: `GIT_AUTH_HEADER`, where the client has it.
    /// Another one needs `source.git.httpauth`.
    pub auth_header_secret: Option<String>,
    /// Host keys for ssh, as in a `known_hosts` file.
    pub known_ssh_hosts: Option<String>,
    /// Id of the client's ssh agent. Default: `default` for an ssh URL, none for others.
    pub ssh_socket: Option<String>,
    /// A git bundle that the history is taken from, and not from the remote: `docker-image+blob://…@sha256:…` or
    /// `oci-layout+blob://…`. Goes with [`GitSource::checksum`]. Needs `source.git.bundle`.
    pub bundle: Option<String>,
    /// Session and store of a bundle in a layout that the client has.
    pub bundle_store: Option<(String, String)>,
    /// Whether the outcome is one git bundle and no work tree. Needs `source.git.checkoutbundle`.
    pub checkout_bundle: bool,
    /// The signature that the commit or its tag must have. Needs `source.git.signatureverify`.
    pub signature: Option<GitSignature>,
}

/// The signature that a commit or its tag must have.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct GitSignature {
    /// The key that it must be of, as text: `OpenPGP` or ssh.
    pub public_key: String,
    /// Whether a key that has expired is refused.
    pub reject_expired: bool,
    /// Whether the tag itself must be signed.
    pub require_signed_tag: bool,
    /// Whether only the commit's signature counts.
    pub ignore_signed_tag: bool,
}

const TOKEN_SECRET: &str = "GIT_AUTH_TOKEN";
const HEADER_SECRET: &str = "GIT_AUTH_HEADER";

impl GitSource {
    /// A repository by its URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// `git://HOST/PATH#REF:SUBDIR`: without user and protocol, so that it is the same for all of them.
    fn identifier(&self) -> String {
        let (host, path) = split_url(&self.url);
        let place = [host, &clean(path)].join("/");
        let reference = self.reference.as_deref().unwrap_or_default();
        match clean(self.subdir.as_deref().unwrap_or_default()) {
            subdir if !subdir.is_empty() => format!("git://{place}#{reference}:{subdir}"),
            _ if reference.is_empty() => format!("git://{place}"),
            _ => format!("git://{place}#{reference}"),
        }
    }

    fn is_ssh(&self) -> bool {
        self.url
            .split_once("://")
            .map_or(self.url.contains('@'), |(protocol, _)| protocol.eq_ignore_ascii_case("ssh"))
    }

    pub(super) fn attrs(&self) -> Attrs {
        let mut attrs = Attrs::new(self.identifier(), caps::SOURCE_GIT);
        attrs.set_with(caps::SOURCE_GIT_FULL_URL, "git.fullurl", Some(&self.url));
        attrs.set_flag(caps::SOURCE_GIT_KEEP_DIR, "git.keepgitdir", self.keep_git_dir);
        let has_subdir = self.subdir.as_deref().is_some_and(|subdir| !clean(subdir).is_empty());
        attrs.caps.need(has_subdir, caps::SOURCE_GIT_SUBDIR);
        attrs.set_with(caps::SOURCE_GIT_CHECKSUM, "git.checksum", self.checksum.as_deref());
        attrs.set_flag(caps::SOURCE_GIT_SKIP_SUBMODULES, "git.skipsubmodules", self.skip_submodules);
        attrs.set_with(caps::SOURCE_GIT_MTIME, "git.mtime", self.commit_time.then_some("commit"));
        attrs.set_flag(caps::SOURCE_GIT_FETCH_BY_COMMIT, "git.fetchbycommit", self.fetch_by_commit);
        self.set_credentials(&mut attrs);
        self.set_bundle(&mut attrs);
        self.set_signature(&mut attrs);
        attrs
    }

    fn set_credentials(&self, attrs: &mut Attrs) {
        // The daemon has no names of its own for these secrets. Ours are tried on every daemon and needed on none.
        attrs.set("git.authtokensecret", Some(self.auth_token_secret.as_deref().unwrap_or(TOKEN_SECRET)));
        attrs.set("git.authheadersecret", Some(self.auth_header_secret.as_deref().unwrap_or(HEADER_SECRET)));
        let is_named = self.auth_token_secret.is_some() || self.auth_header_secret.is_some();
        attrs.caps.need(is_named, caps::SOURCE_GIT_HTTP_AUTH);
        let socket = self.ssh_socket.as_deref().or(self.is_ssh().then_some("default"));
        attrs.set_with(caps::SOURCE_GIT_SSH_SOCKET, "git.mountsshsock", socket);
        attrs.set_with(caps::SOURCE_GIT_KNOWN_HOSTS, "git.knownsshhosts", self.known_ssh_hosts.as_deref());
    }

    fn set_bundle(&self, attrs: &mut Attrs) {
        attrs.set_with(caps::SOURCE_GIT_BUNDLE, "git.bundle", self.bundle.as_deref());
        if let Some((session, store)) = &self.bundle_store {
            attrs.set("oci.session", Some(session));
            attrs.set("oci.store", Some(store));
        }
        attrs.set_flag(caps::SOURCE_GIT_CHECKOUT_BUNDLE, "git.checkoutbundle", self.checkout_bundle);
    }

    fn set_signature(&self, attrs: &mut Attrs) {
        let Some(signature) = &self.signature else { return };
        let cap = caps::SOURCE_GIT_SIGNATURE;
        attrs.set_with(cap, "git.sig.pubkey", Some(&signature.public_key));
        attrs.set_flag(cap, "git.sig.rejectexpired", signature.reject_expired);
        attrs.set_flag(cap, "git.sig.requiresignedtag", signature.require_signed_tag);
        attrs.set_flag(cap, "git.sig.ignoresignedtag", signature.ignore_signed_tag);
    }
}

/// Host and path of `https://user@host/path`, `user@host:path` or `host/path`.
fn split_url(url: &str) -> (&str, &str) {
    let (authority, path) = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/').unwrap_or((rest, "")),
        None if url.contains('@') => url.split_once(':').unwrap_or((url, "")),
        None => url.split_once('/').unwrap_or((url, "")),
    };
    (authority.rsplit_once('@').map_or(authority, |(_, host)| host), path)
}

/// A path without empty parts, `.` and `..`, and without slashes at its ends.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identifier_does_not_depend_on_the_protocol() {
        for url in [
            "https://github.com/moby/buildkit.git",
            "http://user:pw@github.com/moby/buildkit.git",
            "ssh://git@github.com//moby/./buildkit.git",
            "git@github.com:moby/buildkit.git",
            "GIT://github.com/moby/buildkit.git/",
            "github.com/moby/buildkit.git",
        ] {
            assert_eq!(GitSource::new(url).identifier(), "git://github.com/moby/buildkit.git", "{url}");
        }
        assert_eq!(GitSource::new("https://host:8443/r").identifier(), "git://host:8443/r");
    }

    #[test]
    fn reference_and_subdir_make_the_fragment() {
        for (reference, subdir, fragment) in [
            (None, None, ""),
            (Some("v1"), None, "#v1"),
            (None, Some("/a/../b/"), "#:b"),
            (Some("v1"), Some("b"), "#v1:b"),
            (Some("v1"), Some("/"), "#v1"),
        ] {
            let source = GitSource {
                reference: reference.map(str::to_owned),
                subdir: subdir.map(str::to_owned),
                ..GitSource::new("https://example.com/r")
            };
            assert_eq!(source.identifier(), format!("git://example.com/r{fragment}"));
        }
    }
}
