//! `renovate/default.json`: the expressions by which Renovate finds what a spec and its lock file name, held against what the compiler
//! finds in them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use buildkit_llb::Platform;
use optfrontend::lock;
use optfrontend::parse::Found;
use optfrontend::select::{Request, Source, select_all};
use optfrontend::source::SpecFiles;
use regex_lite::Regex;
use serde_json::Value;
use spec_schema::diagnostic::Faults;

use crate::compile::Client;
use crate::folder::folder;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A manager: which files it is for, and what it finds in them.
struct Manager {
    files: Vec<Regex>,
    strings: Vec<Regex>,
}

/// What is found: a name, and where there are some the version and the digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Dependency {
    name: String,
    version: String,
    digest: Option<String>,
}

/// All managers. Like Renovate's RE2, this library knows no look-around: an expression that it takes, Renovate takes.
fn managers() -> Vec<Manager> {
    let text = std::fs::read_to_string(root().join("renovate/default.json")).unwrap();
    let preset: Value = serde_json::from_str(&text).unwrap();
    let expressions = |value: &Value| -> Vec<Regex> {
        value.as_array().unwrap().iter().map(|text| Regex::new(text.as_str().unwrap()).unwrap()).collect()
    };
    let managers = preset["customManagers"].as_array().unwrap().iter();
    managers
        .map(|one| Manager {
            files: expressions(&one["fileMatch"]),
            strings: expressions(&one["matchStrings"]),
        })
        .collect()
}

/// What the managers find in a file of that name.
fn found(managers: &[Manager], file: &str, text: &str) -> BTreeSet<Dependency> {
    let managers = managers.iter().filter(|one| one.files.iter().any(|pattern| pattern.is_match(file)));
    let strings = managers.flat_map(|one| &one.strings);
    let found = strings.flat_map(|string| string.captures_iter(text).collect::<Vec<_>>()).map(|found| {
        let group = |name| found.name(name).map(|group| group.as_str().to_owned());
        Dependency {
            name: group("depName").unwrap_or_default(),
            version: group("currentValue").unwrap_or_default(),
            digest: group("currentDigest"),
        }
    });
    found.collect()
}

/// The images that all stages of a spec name, in the short form.
fn images(text: &str) -> BTreeSet<String> {
    let client = Client::of(text.as_bytes());
    let (_, spec, mut faults) = client.finish(client.read("build.yaml", text.as_bytes()));
    let core = client.expand(spec.unwrap());
    let platform = Platform::parse("linux/amd64").unwrap();
    let selection = select_all(&core, &Request::default(), &platform, &platform, &mut faults).unwrap();
    let images = selection.named.iter().filter_map(|(source, _)| match source {
        Source::Image(key) => Some(key.reference.familiar_tagged()),
        _ => None,
    });
    images.collect()
}

#[test]
fn every_image_of_the_examples_is_found_and_nothing_else() {
    let managers = managers();
    let mut specs = 0;
    for example in std::fs::read_dir(root().join("examples")).unwrap() {
        let path = example.unwrap().path().join("build.yaml");
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        specs += 1;
        let mut found = found(&managers, "examples/app/build.yaml", &text);
        let frontend = found.iter().find(|one| one.name == "optfrontend/optfrontend").cloned();
        assert!(frontend.is_some_and(|one| found.remove(&one)), "{}: the frontend itself", path.display());
        let mut named = images(&text);
        // Those whose name is written out; of others, the arg whose line says what it is a version of.
        found.retain(|one| !named.remove(&format!("{}:{}", one.name, one.version)));
        let is_version_of = |image: &String, one: &Dependency| {
            let (name, tag) = image.rsplit_once(':').unwrap();
            let is_named = name == one.name || name.starts_with("gcr.io/distroless/");
            is_named && (tag.split('-').any(|part| part == one.version) || name.contains(&one.version))
        };
        named.retain(|image| !found.iter().any(|one| is_version_of(image, one)));
        assert!(named.is_empty(), "{}: not found: {named:?}, {found:?}", path.display());
        let literal = |one: &Dependency| text.contains(&format!("\"{}\" #", one.version));
        assert!(found.iter().all(literal), "{}: no image of the spec: {found:?}", path.display());
    }
    assert!(specs > 10, "{specs} examples");
}

#[test]
fn every_form_of_a_name_is_found() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let commit = "b".repeat(40);
    let spec = format!(
        "# syntax=docker.io/optfrontend/optfrontend:1.2@{digest}
args:
  TOOL: 2.1.0 # renovate: datasource=npm depName=@scope/tool
  PLAIN: 3
  OTHER: {{default: \"1.95\", description: of Rust}} # the newest; renovate: depName=rust
sources:
  base: {{image: 'debian:12-slim'}}
  lib: {{git: https://example.com/lib.git, ref: v1.0.0}}
  long:
    git: \"https://example.com/long\"
    ref: v2
    checksum: {commit}
stages:
  app: {{from: localhost:5000/team/app:1@{digest}, steps: [{{copy: /a, from: busybox:1.36}}]}}
  next:
    from: app
    steps:
      - copy: /etc/os-release
        from: \"alpine:3\"
        to: /x
      - add: https://example.com/r.git#v3
      - add: [https://example.com/a.git#v4, https://example.com/file]
      - run: docker run image:1
  variable: {{from: \"golang:${{GO}}-bookworm\"}}
  last: {{from: scratch}}
  end: {{from: quay.io/a/b:c}}"
    );
    let told: Vec<String> = found(&managers(), "ci/go.build.yml", &spec)
        .into_iter()
        .map(|one| {
            format!("{} {} {}", one.name, one.version, one.digest.unwrap_or_default()).trim().to_owned()
        })
        .collect();
    let expected = [
        "@scope/tool 2.1.0".to_owned(),
        "alpine 3".to_owned(),
        "busybox 1.36".to_owned(),
        "debian 12-slim".to_owned(),
        format!("docker.io/optfrontend/optfrontend 1.2 {digest}"),
        "https://example.com/a.git v4".to_owned(),
        "https://example.com/lib.git v1.0.0".to_owned(),
        format!("https://example.com/long v2 {commit}"),
        "https://example.com/r.git v3".to_owned(),
        format!("localhost:5000/team/app 1 {digest}"),
        "quay.io/a/b c".to_owned(),
        "rust 1.95".to_owned(),
    ];
    assert_eq!(told, expected);
    assert!(found(&managers(), ".github/workflows/ci.yaml", &spec).is_empty(), "other files are not read");
}

#[test]
fn every_entry_of_a_lock_file_is_found() {
    let text = std::fs::read_to_string(folder("cases").join("lock/build.yaml.lock")).unwrap();
    let (mut files, mut faults) = (SpecFiles::default(), Faults::new());
    let found_file = Found::Bytes(text.clone().into_bytes());
    let lock = lock::read("build.yaml", found_file, &mut files, &mut faults).unwrap();
    assert!(faults.is_empty());
    // Renovate knows nothing of downloads: `--call=lock` writes their checksums again.
    let entries = lock.pins().filter(|(name, _)| name.kind() != "http");
    let entries: BTreeSet<(String, Option<String>)> =
        entries.map(|(name, pin)| (name.key(), Some(pin.value.clone()))).collect();
    let separator = |name: &str| if name.starts_with("https://") { '#' } else { ':' };
    let found: BTreeSet<(String, Option<String>)> = found(&managers(), "build.yaml.lock", &text)
        .into_iter()
        .map(|one| (format!("{}{}{}", one.name, separator(&one.name), one.version), one.digest))
        .collect();
    assert_eq!(found, entries);
}
