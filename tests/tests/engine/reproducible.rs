//! Builds that come to the same bytes, whenever they run.

use std::fs;

use optfrontend_tests::Build;
use serde_json::Value;

const EPOCH: &str = "1767323045";

/// Something of every kind that has a time.
const SPEC: &str = "stages:\n  app:\n    from: busybox:1.36\n    workdir: /work\n    steps:\n      - copy: input\n        to: copied/\n      - write: {path: /etc/written, content: NONCE}\n      - mkdir: /made/deep\n        chmod: 0777\n      - symlink: {target: /work, path: /links/work}\n      - run: date > /dev/null; mkdir /run-made; echo x > /run-made/file\n";

/// Builds anew and gives the digest of the image.
#[track_caller]
fn digest(build: &Build) -> String {
    build.write("out/.keep", "");
    let (image, told) = (build.folder().join("out/image.tar"), build.folder().join("out/metadata.json"));
    let output = format!("--output=type=oci,rewrite-timestamp=true,dest={}", image.display());
    let epoch = format!("--build-arg=SOURCE_DATE_EPOCH={EPOCH}");
    let metadata = format!("--metadata-file={}", told.display());
    build.run_with(["--no-cache", "--provenance=false", &*output, &*epoch, &*metadata]).ok();
    let metadata: Value =
        fs::read(&told).ok().and_then(|told| serde_json::from_slice(&told).ok()).unwrap_or_default();
    match metadata["containerimage.digest"].as_str() {
        Some(digest) => digest.to_owned(),
        None => panic!("the client told no digest: {metadata}"),
    }
}

#[test]
fn two_builds_are_one_image() {
    let build = Build::spec(SPEC).file("input", "input\n").file(".dockerignore", "out\n");
    let first = digest(&build);
    // Seconds are what tars and image configs count in.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(first, digest(&build));
}

#[test]
fn two_builds_are_one_squashed_image() {
    let build = Build::spec(&SPEC.replace("workdir:", "squash: true\n    workdir:"));
    let build = build.file("input", "input\n").file(".dockerignore", "out\n");
    let first = digest(&build);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(first, digest(&build));
}

#[test]
fn the_config_has_that_time() {
    let build = Build::spec(SPEC).file("input", "input\n");
    let image = build.flags([format!("--build-arg=SOURCE_DATE_EPOCH={EPOCH}")]).image();
    let config = &image.only().config;
    assert_eq!(config["created"], "2026-01-02T03:04:05Z");
    let history = config["history"].as_array().unwrap();
    let ours: Vec<&Value> = history.iter().filter(|entry| entry["comment"] == "optfrontend.v1").collect();
    assert!(!ours.is_empty());
    assert!(ours.iter().all(|entry| entry["created"] == "2026-01-02T03:04:05Z"), "{ours:#?}");
}

#[test]
fn a_spec_can_have_the_time_itself() {
    let spec = format!("args: {{SOURCE_DATE_EPOCH: {EPOCH}}}\n{SPEC}");
    let image = Build::spec(&spec).file("input", "input\n").image();
    assert_eq!(image.only().config["created"], "2026-01-02T03:04:05Z");
}
