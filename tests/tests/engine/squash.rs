//! Stages that are one layer.

use std::fs::File;
use std::time::{Duration, UNIX_EPOCH};

use optfrontend_tests::{Build, Image, differences};

/// A base, and a stage that does to its files all that steps do. Some of what is changed keeps size and time, or has the
/// owner or the permissions that mark what is touched. `secret-` stands apart from the nonce, so that only the files have both in one.
const SPEC: &str = "
stages:
  base:
    from: busybox:1.36
    steps:
      - run: |
          mkdir -p /gone/deep /opaque/sub /to-file /kept/moded /marked
          for file in /gone/deep/a /opaque/sub/a /to-file/a /to-directory /changed /replaced /exact /removed; do echo old > $file; done
          ln -s /changed /link; ln /changed /hard; touch -d @1000 /exact
          touch -r /changed /replaced
      - run: echo NONCE > /base
  app:
    from: base
    squash: SQUASH
    workdir: /work
    steps:
      - run: mkdir -p /made/deep; echo longer > /replaced; printf %s-%s secret NONCE | tee /made/deep/secret > /secret; echo more > /gone/deep/b
      - parallel:
          - [{run: rm -r /gone /removed}, {write: {path: /written, content: w}}]
          - [{run: echo new > /replaced; touch -r /changed /replaced}, {run: echo new > /exact; touch -d @1000 /exact}]
      - run: rm -r /opaque; mkdir -p /opaque/new; rm -r /to-file; echo file > /to-file; rm /to-directory; mkdir /to-directory
      - {copy: file, to: /opaque/new/, chown: 7:8, link: true}
      - run: rm /secret /made/deep/secret; chmod 1711 /kept; chown 61793:61793 /marked; chmod 0002 /kept/moded; ln -s a s; chown -h 61793:61793 s
      - run: rm /link; ln -s /other /link; echo h > h; ln h /hard-h; mkfifo pipe; mkdir empty; chown 3:4 empty
";

fn spec(squash: bool) -> Build {
    Build::spec(&SPEC.replace("SQUASH", &squash.to_string())).file("file", "copied")
}

fn diff_ids(image: &Image) -> Vec<&str> {
    let list = image.only().config["rootfs"]["diff_ids"].as_array();
    list.into_iter().flatten().filter_map(serde_json::Value::as_str).collect()
}

/// The history of the layers, without that of steps that left none.
fn history(image: &Image) -> Vec<&str> {
    let entries = image.only().config["history"].as_array();
    let entries = entries.into_iter().flatten().filter(|entry| entry["empty_layer"] != true);
    entries.map(|entry| entry["created_by"].as_str().unwrap_or_default()).collect()
}

fn has_secret(image: &Image, of: &Build) -> bool {
    let secret = format!("secret-{}", of.nonce()).into_bytes();
    image.blobs.all().iter().any(|blob| blob.windows(secret.len()).any(|part| *part == *secret))
}

#[test]
fn a_stage_is_one_layer_on_those_of_its_base() {
    let squashed = spec(true);
    // The same steps.
    let plain = spec(false);
    plain.write(
        "build.yaml",
        std::fs::read_to_string(squashed.folder().join("build.yaml"))
            .unwrap()
            .replace("squash: true", "squash: false"),
    );
    let base = squashed.image_with(&["--target=base"]);
    let (one, many) = (squashed.image(), plain.image());
    let found = differences(&many, &one);
    assert!(found.is_empty(), "each step a layer (-), one for all (+)\n{found:#?}");
    assert_eq!(one.only().text("/replaced"), "new\n", "with the size and time of the base's");
    let count = diff_ids(&base).len();
    assert_eq!(diff_ids(&one)[..count], diff_ids(&base));
    assert_eq!((diff_ids(&one).len(), diff_ids(&many).len()), (count + 1, count + 10));
    assert_eq!(history(&one).len(), count + 1);
    assert_eq!(history(&one).last(), Some(&"squash"));
    assert!(!has_secret(&one, &squashed), "it is in a layer");
    assert!(has_secret(&many, &squashed), "the steps of this one have it");
    squashed.run().assert_ran(&[]);
}

#[test]
fn stages_from_squashed_stages_have_a_layer_more() {
    let build = Build::spec(
        "
stages:
  first:
    from: scratch
    squash: true
    steps:
      - write: {path: /a, content: printf}
      - {copy: /, from: tools, to: /}
      - run: [/bin/busybox, rm, /a, /etc/passwd]
  second:
    from: first
    squash: true
    steps:
      - run: [/bin/busybox, sh, -c, 'echo NONCE > /b; echo NONCE > /c']
      - run: [/bin/busybox, rm, /c, /etc/group]
  third: {from: second, steps: [{run: [/bin/busybox, sh, -c, 'test -e /b && test ! -e /c && test ! -e /etc/group && echo > /d']}]}
  nothing: {from: third, squash: true}
  tools: {from: busybox:1.36}
default: nothing
",
    );
    let image = build.image();
    assert_eq!(diff_ids(&image).len(), 3);
    assert_eq!(history(&image).iter().filter(|entry| **entry == "squash").count(), 2);
    assert_eq!(history(&image).len(), 3);
    let files = &image.only().files;
    assert!(["/a", "/c", "/etc/passwd", "/etc/group"].iter().all(|path| !files.contains_key(*path)));
    assert_eq!(image.only().text("/b"), format!("{}\n", build.nonce()));
}

#[test]
fn every_platform_has_one_layer() {
    let build = Build::spec(
        "
platforms: [linux/amd64, linux/arm64]
stages:
  app:
    from: busybox:1.36
    squash: true
    steps:
      - write: {path: /platform, content: $TARGETARCH NONCE}
      - write: {path: /other, content: NONCE}
      - remove: /other
",
    );
    let image = build.image();
    for (platform, one) in &image.platforms {
        let layers = one.config["rootfs"]["diff_ids"].as_array().map_or(0, Vec::len);
        assert_eq!((layers, one.layers.len()), (2, 2), "{platform}");
        assert!(one.text("/platform").starts_with(&platform["linux/".len()..]), "{platform}");
        assert!(!one.files.contains_key("/other"));
    }
    assert_eq!(image.platforms.len(), 2);
}

/// Two files that a layer could not tell apart, as its differ goes by size and time.
#[test]
fn the_last_of_two_copies_counts_whatever_their_times() {
    let spec =
        "stages: {app: {from: busybox:1.36, squash: true, steps: [{copy: a, to: /x}, {copy: b, to: /x}]}}\n";
    let build = Build::spec(spec);
    let time = UNIX_EPOCH + Duration::new(1_600_000_000, 123_456_789);
    for name in ["a", "b"] {
        build.write(name, format!("{name} {}", build.nonce()));
        let file = File::options().write(true).open(build.folder().join(name)).unwrap();
        file.set_modified(time).unwrap();
    }
    assert_eq!(build.image().only().text("/x"), format!("b {}", build.nonce()));
}
