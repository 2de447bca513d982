//! Git URLs as BuildKit writes them: a fragment `#ref:subdir`, or a query that says more.

use buildkit_llb::GitSource;

/// The keys of a query.
const KEYS: &str = "`ref`, `branch`, `tag`, `subdir`, `checksum`, `commit`, `keep-git-dir`, `submodules`, `mtime` and `fetch-by-commit`";

/// Reads a URL; `None` for one that is not of a git repository.
///
/// `http` and `https` are git where the path ends in `.git`; `git://`, `ssh://` and `user@host:path` always are. The error
/// says what is wrong with the fragment or the query.
pub fn parse(text: &str) -> Option<Result<GitSource, String>> {
    let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (url, query) = rest.split_once('?').unwrap_or((rest, ""));
    is_git(url).then(|| source(url, fragment, query))
}

/// Reads the URL of what is known to be a git repository.
pub fn parse_known(text: &str) -> Result<GitSource, String> {
    let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (url, query) = rest.split_once('?').unwrap_or((rest, ""));
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("https" | "http")) {
        return Err("a URL of a repository is written `https://HOST/PATH` or `git@HOST:PATH`".to_owned());
    }
    source(url, fragment, query)
}

/// Reads what the client gives as the build context, where the short form `github.com/…` is a repository too.
pub fn parse_context(text: &str) -> Option<Result<GitSource, String>> {
    match text.strip_prefix("github.com/") {
        Some(_) => {
            let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
            let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
            Some(source(&format!("https://{path}"), fragment, query))
        }
        None => parse(text),
    }
}

/// The URL of the same files at a commit; `None` where none says that.
pub fn at_commit(text: &str, commit: &str) -> Option<String> {
    let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (url, query) = rest.split_once('?').unwrap_or((rest, ""));
    let is_ref = |pair: &str| matches!(pair.split_once('='), Some(("ref" | "tag" | "branch", _)));
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !is_ref(pair)).collect();
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    let subdir = fragment.split_once(':').map(|(_, subdir)| format!(":{subdir}")).unwrap_or_default();
    let written = format!("{url}{query}#{commit}{subdir}");
    let meant = GitSource { reference: Some(commit.to_owned()), ..parse(text)?.ok()? };
    (parse(&written)?.ok()? == meant).then_some(written)
}

fn is_git(url: &str) -> bool {
    match url.split_once("://") {
        Some((scheme, place)) => match scheme.to_ascii_lowercase().as_str() {
            "git" | "ssh" => true,
            "http" | "https" => {
                place.split_once('/').is_some_and(|(_, path)| path.strip_suffix(".git").is_some())
            }
            _ => false,
        },
        None => is_scp_style(url),
    }
}

/// `user@host:path`, as scp writes it.
fn is_scp_style(url: &str) -> bool {
    let Some((user, rest)) = url.split_once('@') else { return false };
    let Some((host, _)) = rest.split_once(':') else { return false };
    let all = |text: &str, more: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    all(user, "-_") && all(host, "-.")
}

fn source(url: &str, fragment: &str, query: &str) -> Result<GitSource, String> {
    let mut source = GitSource::new(url);
    let fragment = decode(fragment)?;
    let (reference, subdir) = fragment.split_once(':').unwrap_or((&fragment, ""));
    source.reference = some(reference);
    source.subdir = some(subdir.trim_matches('/'));
    let mut query_reader = Query { source, seen: Vec::new() };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        query_reader.read(&decode(key)?, &decode(&value.replace('+', " "))?)?;
    }
    Ok(query_reader.source)
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

struct Query {
    source: GitSource,
    seen: Vec<String>,
}

impl Query {
    fn read(&mut self, key: &str, value: &str) -> Result<(), String> {
        if self.seen.iter().any(|seen| seen == key) {
            return Err(format!("its query has `{key}` twice"));
        }
        self.seen.push(key.to_owned());
        match key {
            "ref" => self.reference(needed(key, value)?),
            "tag" => self.reference(full("refs/tags/", needed(key, value)?)),
            "branch" => self.reference(full("refs/heads/", needed(key, value)?)),
            "subdir" => set("directory", &mut self.source.subdir, needed(key, value)?),
            "checksum" | "commit" => set("commit", &mut self.source.checksum, needed(key, value)?),
            "keep-git-dir" => flag(key, value).map(|keep| self.source.keep_git_dir = keep),
            "submodules" => flag(key, value).map(|with| self.source.skip_submodules = !with),
            "fetch-by-commit" => flag(key, value).map(|by_commit| self.source.fetch_by_commit = by_commit),
            "mtime" => match value {
                "checkout" | "commit" => {
                    self.source.commit_time = value == "commit";
                    Ok(())
                }
                _ => Err(format!("`mtime` is `checkout` or `commit`, not `{value}`")),
            },
            _ => Err(format!("its query has `{key}`, and there are {KEYS}")),
        }
    }

    fn reference(&mut self, reference: String) -> Result<(), String> {
        set("ref", &mut self.source.reference, reference)
    }
}

/// Sets what may stand in the fragment, too: the same twice is one.
fn set(what: &str, place: &mut Option<String>, value: String) -> Result<(), String> {
    match place {
        Some(known) if *known != value => Err(format!("it names two of a {what}: `{known}` and `{value}`")),
        _ => {
            *place = Some(value);
            Ok(())
        }
    }
}

fn needed(key: &str, value: &str) -> Result<String, String> {
    some(value).ok_or_else(|| format!("`{key}` in its query has no value"))
}

fn full(prefix: &str, name: String) -> String {
    if name.starts_with(prefix) { name } else { format!("{prefix}{name}") }
}

/// A boolean as Go spells it; the key alone says yes.
fn flag(key: &str, value: &str) -> Result<bool, String> {
    match value {
        "" | "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!("`{key}` is `true` or `false`, not `{value}`")),
    }
}

/// A part of a URL without its percent signs.
pub(super) fn decode(text: &str) -> Result<String, String> {
    let wrong = || format!("`{text}` has a `%` that two hexadecimal digits do not follow, or is no UTF-8");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = more.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()).ok_or_else(wrong)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
        rest = &more[2..];
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(text: &str) -> GitSource {
        parse(text).unwrap().unwrap()
    }

    fn wrong(text: &str) -> String {
        parse(text).unwrap().unwrap_err()
    }

    #[test]
    fn git_is_told_from_other_urls() {
        for git in [
            "https://example.com/r.git",
            "http://example.com/r.git?ref=v1#",
            "HTTPS://example.com/a/r.git#v1",
            "git://example.com/r",
            "ssh://git@example.com/r",
            "git@example.com:a/r.git",
            "deploy_1@example.com:r",
        ] {
            assert!(parse(git).is_some(), "{git}");
        }
        for other in [
            "https://example.com/r",
            "https://example.git",
            "https://example.com/r.git.tar",
            "ftp://example.com/r.git",
            "github.com/moby/buildkit",
            "./git@example.com:r",
            "a b@example.com:r",
            "r.git",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
        assert_eq!(
            parse_context("github.com/moby/buildkit#v0.1:docs"),
            Some(Ok(good("https://github.com/moby/buildkit.git#v0.1:docs"))).map(|source| source
                .map(|source| GitSource { url: "https://github.com/moby/buildkit".to_owned(), ..source }))
        );
    }

    #[test]
    fn the_fragment_names_ref_and_directory() {
        let source = good("https://example.com/r.git#release%2F1:/a/b/");
        assert_eq!(source.url, "https://example.com/r.git");
        assert_eq!(source.reference.as_deref(), Some("release/1"));
        assert_eq!(source.subdir.as_deref(), Some("a/b"));
        assert_eq!(good("https://example.com/r.git#:a").reference, None);
        assert_eq!(good("git@example.com:r#v1").reference.as_deref(), Some("v1"));
    }

    #[test]
    fn the_query_says_more() {
        let source = good(
            "https://example.com/r.git?branch=main&subdir=a&checksum=abc&keep-git-dir&submodules=false&mtime=commit&fetch-by-commit=1",
        );
        let expected = GitSource {
            reference: Some("refs/heads/main".to_owned()),
            subdir: Some("a".to_owned()),
            checksum: Some("abc".to_owned()),
            keep_git_dir: true,
            skip_submodules: true,
            commit_time: true,
            fetch_by_commit: true,
            ..GitSource::new("https://example.com/r.git")
        };
        assert_eq!(source, expected);
        assert_eq!(good("https://example.com/r.git?tag=v1").reference.as_deref(), Some("refs/tags/v1"));
        assert_eq!(good("https://example.com/r.git?ref=v1#v1").reference.as_deref(), Some("v1"));
    }

    #[test]
    fn what_cannot_be_is_told() {
        assert!(
            wrong("https://example.com/r.git?branh=x")
                .starts_with("its query has `branh`, and there are `ref`")
        );
        assert_eq!(wrong("https://example.com/r.git?ref=a#b"), "it names two of a ref: `b` and `a`");
        assert_eq!(
            wrong("https://example.com/r.git?tag=a&branch=a"),
            "it names two of a ref: `refs/tags/a` and `refs/heads/a`"
        );
        assert_eq!(wrong("https://example.com/r.git?ref="), "`ref` in its query has no value");
        assert_eq!(wrong("https://example.com/r.git?ref=a&ref=a"), "its query has `ref` twice");
        assert_eq!(
            wrong("https://example.com/r.git?submodules=no"),
            "`submodules` is `true` or `false`, not `no`"
        );
        assert_eq!(wrong("https://example.com/r.git?mtime=x"), "`mtime` is `checkout` or `commit`, not `x`");
        assert!(wrong("https://example.com/r.git#%zz").contains("`%zz`"));
    }
}
