//! Image references in the normal form that BuildKit's source ops use.

use std::fmt;

/// A reference such as `docker.io/library/debian:bookworm-slim`: domain and tag or digest always there.
///
/// What is left out is filled in as Docker does it: `docker.io`, `library/`, `:latest`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageRef {
    name: String,
    suffix: String,
}

impl ImageRef {
    /// Reads a reference; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A colon before the last slash belongs to the registry's port.
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
            _ => (rest, None),
        };
        if let Some(digest) = digest {
            check_digest(digest)?;
        }
        if let Some(tag) = tag {
            check_tag(tag)?;
        }
        let name = full_name(path)?;
        let suffix = match (tag, digest) {
            (None, None) => ":latest".to_owned(),
            (tag, digest) => {
                let tag = tag.map(|tag| format!(":{tag}")).unwrap_or_default();
                tag + &digest.map(|digest| format!("@{digest}")).unwrap_or_default()
            }
        };
        Ok(Self { name, suffix })
    }

    /// The short form: without what Docker fills in.
    pub fn familiar(&self) -> String {
        let name = self.name.strip_prefix("docker.io/").unwrap_or(&self.name);
        let name = name.strip_prefix("library/").filter(|rest| !rest.contains('/')).unwrap_or(name);
        format!("{name}{}", self.suffix.strip_prefix(":latest").unwrap_or(&self.suffix))
    }

    /// The same image at a digest. A tag that was filled in goes.
    pub fn with_digest(self, digest: &str) -> Result<Self, &'static str> {
        check_digest(digest)?;
        let tag = self.suffix.split_once('@').map_or(self.suffix.as_str(), |(tag, _)| tag);
        let tag = if tag == ":latest" { "" } else { tag };
        Ok(Self { suffix: format!("{tag}@{digest}"), name: self.name })
    }

    /// The same reference, which had no digest, with one; nothing else of it changes.
    #[must_use]
    pub fn locked(&self, digest: &str) -> Self {
        Self { name: self.name.clone(), suffix: format!("{}@{digest}", self.suffix) }
    }

    /// The whole name with its registry, and the tag, where it has one.
    pub fn name_and_tag(&self) -> (&str, Option<&str>) {
        let tag = self.suffix.split_once('@').map_or(self.suffix.as_str(), |(tag, _)| tag);
        (&self.name, tag.strip_prefix(':'))
    }

    /// The digest, where it has one.
    pub fn digest(&self) -> Option<&str> {
        self.suffix.split_once('@').map(|(_, digest)| digest)
    }

    /// The name by which somebody else may move it: without its digest; `None` where it has nothing but a digest.
    pub fn tagged(&self) -> Option<Self> {
        let tag = self.suffix.split_once('@').map_or(self.suffix.as_str(), |(tag, _)| tag);
        (!tag.is_empty()).then(|| Self { name: self.name.clone(), suffix: tag.to_owned() })
    }

    /// The short form with its tag, also where that is `latest`.
    pub fn familiar_tagged(&self) -> String {
        let familiar = self.familiar();
        if self.suffix == ":latest" { familiar + ":latest" } else { familiar }
    }

    /// True where the reference itself says which image it is, for good.
    pub fn is_pinned(&self) -> bool {
        self.suffix.contains('@')
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, self.suffix)
    }
}

fn full_name(path: &str) -> Result<String, &'static str> {
    if path.is_empty() {
        return Err("it has no name");
    }
    let (domain, path) = match path.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest.to_owned()),
        Some(_) => ("docker.io", path.to_owned()),
        None => ("docker.io", format!("library/{path}")),
    };
    if path.chars().any(|c| c.is_ascii_uppercase()) {
        return Err("the name of an image is in lower case");
    }
    let is_component = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.ends_with(|c: char| c.is_ascii_alphanumeric())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    if !path.split('/').all(is_component) {
        return Err("the name of an image has letters, digits, `.`, `_` and `-` between slashes");
    }
    let domain = if domain == "index.docker.io" { "docker.io" } else { domain };
    Ok(format!("{domain}/{path}"))
}

fn check_tag(tag: &str) -> Result<(), &'static str> {
    let good = tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && tag.len() <= 128
        && tag.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    if good { Ok(()) } else { Err("a tag has at most 128 letters, digits, `_`, `.` and `-`") }
}

/// Checks the digest of an image; the error says what is wrong with it.
pub fn check_digest(digest: &str) -> Result<(), &'static str> {
    let hex = digest.strip_prefix("sha256:").ok_or("a digest starts with `sha256:`")?;
    let good = hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if good { Ok(()) } else { Err("a sha256 digest has 64 hexadecimal digits in lower case") }
}

#[cfg(test)]
mod tests {
    use super::ImageRef;

    fn normal(text: &str) -> String {
        ImageRef::parse(text).map_or_else(|error| format!("error: {error}"), |image| image.to_string())
    }

    #[test]
    fn fills_in_what_docker_fills_in() {
        assert_eq!(normal("busybox"), "docker.io/library/busybox:latest");
        assert_eq!(normal("foo/bar:1"), "docker.io/foo/bar:1");
        assert_eq!(normal("localhost:5000/x"), "localhost:5000/x:latest");
        assert_eq!(
            normal("gcr.io/distroless/static-debian12:nonroot"),
            "gcr.io/distroless/static-debian12:nonroot"
        );
        let digest = format!("sha256:{}", "a".repeat(64));
        assert_eq!(normal(&format!("x@{digest}")), format!("docker.io/library/x@{digest}"));
        assert_eq!(normal(&format!("x:1@{digest}")), format!("docker.io/library/x:1@{digest}"));
    }

    #[test]
    fn knows_the_short_form() {
        let familiar = |text: &str| ImageRef::parse(text).unwrap().familiar();
        assert_eq!(familiar("docker.io/library/alpine:latest"), "alpine");
        assert_eq!(familiar("alpine:3"), "alpine:3");
        assert_eq!(familiar("docker.io/a/b"), "a/b");
        assert_eq!(familiar("docker.io/library/a/b"), "library/a/b");
        assert_eq!(familiar("localhost:5000/library/x:1"), "localhost:5000/library/x:1");
        let digest = format!("sha256:{}", "a".repeat(64));
        assert_eq!(familiar(&format!("alpine@{digest}")), format!("alpine@{digest}"));
        let pinned = |text: &str| ImageRef::parse(text).unwrap().with_digest(&digest).unwrap().to_string();
        assert_eq!(pinned("x"), format!("docker.io/library/x@{digest}"));
        assert_eq!(pinned("x:1"), format!("docker.io/library/x:1@{digest}"));
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(normal("Foo"), "error: the name of an image is in lower case");
        assert_eq!(
            normal("a b"),
            "error: the name of an image has letters, digits, `.`, `_` and `-` between slashes"
        );
        assert_eq!(normal("a:b c"), "error: a tag has at most 128 letters, digits, `_`, `.` and `-`");
        assert_eq!(normal("a@sha256:12"), "error: a sha256 digest has 64 hexadecimal digits in lower case");
        assert_eq!(normal(":1"), "error: it has no name");
    }
}
