//! The core form of specs with a lock file: it says itself what is locked.

use std::collections::{BTreeMap, BTreeSet};

use optfrontend::source::SpecFiles;
use spec_schema::diagnostic::Faults;

use crate::compile::{Client, compile};
use crate::expanded::read;

/// Names of every kind that a lock file pins, where a spec may have them.
const LOCKED: &str = "\
sources:
  image: {image: busybox}
  tagged: {git: https://example.com/r.git, ref: v1}
  plain: {git: https://example.com/r.git?submodules=false}
  data: {http: https://example.com/data}
stages:
  scanner:
    from: debian:12-slim
  base:
    from: localhost:5000/base
  app:
    from: base
    steps:
      - {copy: /bin/busybox, from: image, to: /b/}
      - {copy: [/etc/os-release, /etc/issue], from: debian:12-slim, to: /x/}
      - {copy: /etc/hostname, from: docker.io/library/debian:12-slim, name: own}
      - {copy: /f, from: tagged, to: '$$HOME/'}
      - {copy: /f, from: plain, to: /p/}
      - {copy: /data, from: data, to: /d/}
      - {add: ['https://example.com/r.git#v1:docs', 'https://example.com/r.git?ref=v1&subdir=a'], to: /docs/}
      - {add: 'https://example.com/r.git#v1', to: /docs/}
      - {add: https://example.com/data, to: /a/}
      - parallel:
          - - run: a
              mounts: [{type: bind, from: busybox, target: /busybox}]
          - - run: b
              cache: {target: /c, from: 'busybox:latest'}
    scan:
      - {image: debian:12-slim, args: [scan]}
      - {image: scanner, args: [scan], mounts: [{type: bind, from: busybox, target: /busybox}]}
";

/// A lock file of all of these.
fn lock_file() -> Vec<u8> {
    let digest = |digit: &str| digit.repeat(64);
    let commit = |digit: &str| digit.repeat(40);
    let text = format!(
        "version: 1\nimages:\n  busybox:latest: sha256:{}\n  debian:12-slim: sha256:{}\n  localhost:5000/base:latest: sha256:{}\n\
         git:\n  https://example.com/r.git: {}\n  https://example.com/r.git#v1: {}\nhttp:\n  https://example.com/data: sha256:{}\n",
        digest("1"),
        digest("2"),
        digest("3"),
        commit("4"),
        commit("5"),
        digest("6"),
    );
    text.into_bytes()
}

/// What comes of a spec: for each platform the graph, those of the checks, and the image.
fn built(spec: &str, client: &Client) -> Vec<impl PartialEq + std::fmt::Debug> {
    let compiled = compile(spec.as_bytes(), client).unwrap_or_else(|why| panic!("{why}\n{spec}"));
    let graph = |definition: &buildkit_llb::Definition| definition.as_pb().def.clone();
    let built = compiled
        .into_iter()
        .map(|one| (graph(&one.definition), one.checks.iter().map(graph).collect::<Vec<_>>(), one.image));
    built.collect()
}

#[test]
fn what_is_locked_is_said_by_the_spec_itself() {
    let beside = [("build.yaml.lock".to_owned(), lock_file())].into_iter().collect();
    let locked = Client { beside, ..Client::of(LOCKED.as_bytes()) };
    let client = Client { beside: BTreeMap::new(), ..Client::of(LOCKED.as_bytes()) };
    let lock = locked.lock(&mut SpecFiles::default(), &mut Faults::new()).unwrap();
    let (core, open) = client.expand(read(LOCKED, &client).unwrap()).locked(&lock);
    assert_eq!(open, BTreeSet::new());
    let yaml = core.into_yaml("", &[]);
    assert_eq!(built(&yaml, &client), built(LOCKED, &locked), "{yaml}");
    assert_ne!(built(&yaml, &client), built(LOCKED, &client));
    insta::assert_snapshot!(yaml);
}

#[test]
fn what_args_decide_is_left_to_a_lock_file() {
    let spec = "\
args: {TAG: '12-slim', BASE: app, REF: v1}
sources: {r: {git: https://example.com/r.git, ref: $REF}}
stages:
  base: {from: 'debian:${TAG}'}
  app:
    from: busybox
    steps:
      - {add: ['https://example.com/data', 'https://example.com/$REF'], to: /a/}
      - {add: 'https://example.com/$$d', to: /d/}
      - {copy: '$TAG', to: '/$$HOME'}
";
    let client = Client::of(spec.as_bytes());
    let locked = Client {
        beside: [("build.yaml.lock".to_owned(), lock_file())].into_iter().collect(),
        ..Client::default()
    };
    let lock = locked.lock(&mut SpecFiles::default(), &mut Faults::new()).unwrap();
    let (core, open) = client.expand(read(spec, &client).unwrap()).locked(&lock);
    let expected = [
        "debian:${TAG}",
        "https://example.com/$$d",
        "https://example.com/$REF",
        "https://example.com/data",
        "https://example.com/r.git#$REF",
    ];
    assert_eq!(open.iter().collect::<Vec<_>>(), expected);
    assert!(core.into_yaml("", &[]).contains(&format!("from: busybox:latest@sha256:{}", "1".repeat(64))));
}
