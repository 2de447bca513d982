//! Patterns of images and URLs.

use regex_lite::Regex;
use spec_schema::span::Span;

/// A pattern of images: their whole name with the registry, and their tag.
#[derive(Debug, Clone)]
pub(super) struct ImagePattern {
    pub(super) text: String,
    pub(super) span: Span,
    name: Glob,
    tag: Option<Glob>,
}

/// A pattern of URLs.
#[derive(Debug, Clone)]
pub(super) struct UrlPattern {
    pub(super) text: String,
    pub(super) span: Span,
    url: Glob,
}

#[derive(Debug, Clone)]
struct Glob {
    text: String,
    regex: Regex,
}

/// What patterns of both kinds have.
pub(super) trait Pattern: Sized {
    fn parse(text: &str, span: Span) -> Result<Self, String>;
    /// The pattern as it was written, and where.
    fn written(&self) -> (&str, Span);
    /// Whether everything that the other one matches is matched, as far as their texts tell.
    fn covers(&self, other: &Self) -> bool;
}

impl Glob {
    /// `**` is any text, `*` any text without a slash, and everything else itself.
    fn parse(text: &str) -> Result<Self, String> {
        let mut regex = String::from("^");
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(behind) = rest.strip_prefix("**") {
                regex += ".*";
                rest = behind;
                continue;
            }
            match c {
                '*' => regex += "[^/]*",
                c => regex += &regex_lite::escape(&c.to_string()),
            }
            rest = &rest[c.len_utf8()..];
        }
        let regex = Regex::new(&(regex + "$")).map_err(|error| error.to_string())?;
        Ok(Self { text: text.to_owned(), regex })
    }

    fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl ImagePattern {
    /// Whether it is for an image, by its whole name and its tag.
    pub(super) fn matches(&self, name: &str, tag: Option<&str>) -> bool {
        let is_tag = |glob: &Glob| tag.is_some_and(|tag| glob.matches(tag));
        self.name.matches(name) && self.tag.as_ref().is_none_or(is_tag)
    }
}

impl Pattern for ImagePattern {
    fn parse(text: &str, span: Span) -> Result<Self, String> {
        if text.contains('@') {
            return Err("a pattern has no digest: `pinned: true` asks for one".to_owned());
        }
        if text.is_empty() || text.contains(char::is_whitespace) || text.contains("://") {
            return Err(
                "a pattern is the name of an image, such as `docker.io/library/*` or `golang:1.*`".to_owned()
            );
        }
        let (path, tag) = match text.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(Glob::parse(tag)?)),
            _ => (text, None),
        };
        Ok(Self { text: text.to_owned(), span, name: Glob::parse(&whole(path))?, tag })
    }

    fn written(&self) -> (&str, Span) {
        (&self.text, self.span)
    }

    fn covers(&self, other: &Self) -> bool {
        let tags = match (&self.tag, &other.tag) {
            (None, _) => true,
            (Some(own), Some(other)) => own.matches(&other.text),
            (Some(own), None) => matches!(own.text.as_str(), "*" | "**"),
        };
        tags && self.name.matches(&other.name.text)
    }
}

/// A name with what Docker fills in; one that starts with a wildcard may be of any registry.
fn whole(path: &str) -> String {
    match path.split_once('/') {
        _ if path.starts_with('*') => path.to_owned(),
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => path.to_owned(),
        Some(_) => format!("docker.io/{path}"),
        None => format!("docker.io/library/{path}"),
    }
}

impl UrlPattern {
    /// Whether it is for a URL.
    pub(super) fn matches(&self, url: &str) -> bool {
        self.url.matches(url)
    }
}

impl Pattern for UrlPattern {
    fn parse(text: &str, span: Span) -> Result<Self, String> {
        if text.is_empty() || text.contains(char::is_whitespace) {
            return Err("a pattern is a URL, such as `https://github.com/acme/**`".to_owned());
        }
        Ok(Self { text: text.to_owned(), span, url: Glob::parse(text)? })
    }

    fn written(&self) -> (&str, Span) {
        (&self.text, self.span)
    }

    fn covers(&self, other: &Self) -> bool {
        self.url.matches(&other.url.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(text: &str) -> ImagePattern {
        ImagePattern::parse(text, Span::default()).unwrap()
    }

    #[test]
    fn patterns_of_images_are_names_as_a_spec_has_them() {
        for (pattern, name, tag, expected) in [
            ("golang", "docker.io/library/golang", Some("1"), true),
            ("golang", "docker.io/acme/golang", Some("1"), false),
            ("golang:1.*", "docker.io/library/golang", Some("1.22"), true),
            ("golang:1.*", "docker.io/library/golang", Some("2"), false),
            ("golang:1.*", "docker.io/library/golang", None, false),
            ("acme/*", "docker.io/acme/app", None, true),
            ("docker.io/library/*", "docker.io/library/a/b", None, false),
            ("registry.acme.com/**", "registry.acme.com/a/b", None, true),
            ("registry.acme.com/**", "registryXacme.com/a", None, false),
            ("registry.acme.com/**", "evil.com/registry.acme.com/a", None, false),
            ("localhost:5000/x", "localhost:5000/x", None, true),
            ("**:latest", "quay.io/a/b", Some("latest"), true),
            ("**/alpine", "docker.io/library/alpine", None, true),
        ] {
            assert_eq!(image(pattern).matches(name, tag), expected, "{pattern} {name} {tag:?}");
        }
    }

    #[test]
    fn one_pattern_covers_another_where_the_texts_tell() {
        for (wide, narrow, expected) in [
            ("**", "golang", true),
            ("golang", "golang:1", true),
            ("golang:1", "golang", false),
            ("docker.io/library/*", "golang", true),
            ("docker.io/library/go*", "docker.io/library/*", false),
            ("golang:*", "golang", true),
        ] {
            assert_eq!(image(wide).covers(&image(narrow)), expected, "{wide} {narrow}");
        }
    }
}
