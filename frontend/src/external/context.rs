//! Named contexts: what the client puts in the place of a stage, a source or an image, with `--build-context`.

use std::collections::BTreeMap;

use buildkit_llb::{HttpSource, Platform};

use super::{CONTEXT_FILE, LocalDirectory, Origin, git};
use crate::image_ref::ImageRef;
use crate::opts::FrontendOpts;

/// The named contexts of a build, as the client's options have them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedContexts {
    /// What each stands for, by its name, or by `name::platform` where it is for one platform.
    pub values: BTreeMap<String, String>,
    /// What tells directories of the client apart, by the same names.
    pub shared_keys: BTreeMap<String, String>,
}

/// What a named context stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedContext {
    /// No file at all.
    Empty,
    /// An image, in the client's OCI layout of that name where there is one.
    Image(ImageRef, Option<String>),
    /// Files that are no image.
    Files(Box<Origin>),
}

/// The forms of a value, for messages.
pub const FORMS: &str = "a directory, `docker-image://IMAGE`, `oci-layout://DIRECTORY`, a git or HTTP URL, or in a bake file `target:NAME`";

/// The value of a context without any file.
const NOTHING: &str = "docker-image://scratch";

impl NamedContexts {
    /// Those of the client's options.
    pub fn of(opts: &FrontendOpts) -> Self {
        let mut values = opts.named_contexts.clone();
        // What another target of a bake file makes is handed over for a build, but not with a question.
        if opts.request_id.is_some() {
            values.values_mut().filter(|value| value.starts_with("target:")).for_each(|value| {
                NOTHING.clone_into(value);
            });
        }
        Self { values, shared_keys: opts.shared_keys.clone() }
    }

    /// What stands in the place of `name` for a platform; the one that is for this platform comes first.
    ///
    /// The error says what is wrong with the client's value.
    pub fn find(&self, name: &str, platform: &Platform) -> Option<Result<NamedContext, String>> {
        let name = ImageRef::parse(name).ok()?.familiar();
        let (key, value) = self.entry(&name, platform)?;
        let shared_key = self.shared_keys.get(key).cloned().unwrap_or_default();
        let found = parse(&name, key, value, shared_key);
        Some(found.map_err(|why| format!("the named context `{key}` is `{value}`: {why}")))
    }

    /// The name, with its platform if it has one, under which the client gives what stands in the place of `name`.
    pub fn key(&self, name: &str, platform: &Platform) -> Option<&str> {
        let (key, _) = self.entry(&ImageRef::parse(name).ok()?.familiar(), platform)?;
        Some(key)
    }

    fn entry(&self, name: &str, platform: &Platform) -> Option<(&String, &String)> {
        if matches!(name, "scratch" | "context") {
            return None;
        }
        let keys = [format!("{name}::{platform}"), name.to_owned()];
        keys.iter().find_map(|key| self.values.get_key_value(key))
    }

    /// The names of all contexts, without platforms.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(|key| key.split_once("::").map_or(key.as_str(), |(name, _)| name))
    }

    /// The client's directories, each once.
    pub fn directories(&self) -> impl Iterator<Item = LocalDirectory> {
        self.values.iter().filter_map(|(key, value)| {
            let local = value.strip_prefix("local:")?;
            let shared_key = self.shared_keys.get(key).cloned().unwrap_or_default();
            Some(LocalDirectory { context: key.clone(), local: local.to_owned(), shared_key })
        })
    }
}

fn parse(name: &str, key: &str, value: &str, shared_key: String) -> Result<NamedContext, String> {
    if let Some(source) = git::parse(value) {
        return source.map(|source| files(Origin::Git(source)));
    }
    let (scheme, rest) = value.split_once(':').ok_or("it does not say what kind of place this is")?;
    let path = rest.strip_prefix("//").unwrap_or(rest);
    match scheme {
        "docker-image" if path == "scratch" => Ok(NamedContext::Empty),
        "docker-image" => Ok(NamedContext::Image(ImageRef::parse(path)?, None)),
        "http" | "https" => {
            let filename = Some(CONTEXT_FILE.to_owned());
            Ok(files(Origin::Http(HttpSource { filename, ..HttpSource::new(value) })))
        }
        "oci-layout" => {
            let (store, digest) = path.split_once('@').ok_or("an OCI layout needs a digest")?;
            let image = ImageRef::parse(name)?.with_digest(digest)?;
            let store = store.rsplit_once(':').map_or(store, |(store, _)| store);
            Ok(NamedContext::Image(image, Some(store.to_owned())))
        }
        "local" => {
            let directory = LocalDirectory { context: key.to_owned(), local: rest.to_owned(), shared_key };
            Ok(files(Origin::Local(directory)))
        }
        "input" => Ok(files(Origin::Input(rest.to_owned()))),
        _ => Err(format!("`{scheme}` is not a kind of place")),
    }
}

/// The words for what the client gives under this name, behind what it is; none for what the spec names itself.
pub fn given_as(given: Option<&str>) -> String {
    given.map_or_else(String::new, |name| format!(" (the named context `{name}`)"))
}

fn files(origin: Origin) -> NamedContext {
    NamedContext::Files(Box::new(origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::external::External;

    fn contexts(values: &[(&str, &str)]) -> NamedContexts {
        let values = values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        NamedContexts { values, ..NamedContexts::default() }
    }

    fn find(value: &str) -> Result<NamedContext, String> {
        contexts(&[("x", value)]).find("x", &Platform::default()).unwrap()
    }

    #[test]
    fn a_context_is_found_by_the_familiar_name_and_for_a_platform_first() {
        let arm = Platform::parse("linux/arm64").unwrap();
        let both = contexts(&[("alpine", "local:all"), ("alpine::linux/arm64", "local:arm")]);
        let local = |name: &str, platform: &Platform| match both.find(name, platform) {
            Some(Ok(NamedContext::Files(origin))) => External::from(*origin).local().unwrap().local.clone(),
            other => panic!("{other:?}"),
        };
        for name in ["alpine", "alpine:latest", "docker.io/library/alpine"] {
            assert_eq!(local(name, &Platform::default()), "all");
            assert_eq!(local(name, &arm), "arm");
        }
        assert_eq!(both.find("alpine:3", &arm), None);
        assert_eq!(both.find("no name", &arm), None);
        assert_eq!(contexts(&[("scratch", "local:x")]).find("scratch", &arm), None);
    }

    #[test]
    fn every_kind_of_place_is_known() {
        assert_eq!(find("docker-image://scratch"), Ok(NamedContext::Empty));
        let image = NamedContext::Image(ImageRef::parse("alpine").unwrap(), None);
        assert_eq!(find("docker-image://alpine"), Ok(image));
        let digest = format!("sha256:{}", "a".repeat(64));
        let layout = ImageRef::parse(&format!("x@{digest}")).unwrap();
        let layout = NamedContext::Image(layout, Some("store".to_owned()));
        assert_eq!(find(&format!("oci-layout://store:tag@{digest}")).map(|_| ()), Ok(()));
        assert_eq!(find(&format!("oci-layout://store@{digest}")), Ok(layout));
        assert_eq!(find("input:web"), Ok(files(Origin::Input("web".to_owned()))));
        let filename = Some("context".to_owned());
        let download = HttpSource { filename, ..HttpSource::new("https://example.com/a.txt") };
        assert_eq!(find("https://example.com/a.txt"), Ok(files(Origin::Http(download))));
        for url in ["https://example.com/a.git#v1", "git@example.com:a"] {
            assert_eq!(find(url), Ok(files(Origin::Git(git::parse(url).unwrap().unwrap()))));
        }
    }

    #[test]
    fn a_wrong_value_is_told() {
        assert_eq!(
            find("bogus://x"),
            Err("the named context `x` is `bogus://x`: `bogus` is not a kind of place".to_owned())
        );
        assert!(find("directory").unwrap_err().ends_with("it does not say what kind of place this is"));
        assert!(find("oci-layout://store").unwrap_err().ends_with("an OCI layout needs a digest"));
        assert!(find("docker-image://A").unwrap_err().ends_with("the name of an image is in lower case"));
        let unknown = find("https://example.com/a.git?branh=x").unwrap_err();
        assert!(unknown.contains("`branh`"), "{unknown}");
    }
}
