//! The build context: what of it is sent, what is ignored, and what can stand in its place.

use optfrontend_tests::Build;

const ALL: &str = "stages: {app: {from: scratch, steps: [{copy: ., to: /all/}]}}";

fn files(build: &Build) -> Vec<String> {
    let image = build.image();
    image.only().files.keys().filter_map(|path| path.strip_prefix("/all/").map(str::to_owned)).collect()
}

#[test]
fn dockerignore_keeps_files_out() {
    let build =
        Build::spec(ALL).file("a.txt", "").file("b.log", "").file("sub/c.log", "").file("sub/d.txt", "");
    let build = build.file(".dockerignore", "**/*.log\n.dockerignore\nbuild.yaml\n!sub/c.log\n");
    assert_eq!(files(&build), ["a.txt", "sub", "sub/c.log", "sub/d.txt"]);
}

#[test]
fn the_ignore_file_of_the_spec_comes_before_the_common_one() {
    let build = Build::spec(ALL).file("a.txt", "").file("b.txt", "");
    let build =
        build.file(".dockerignore", "a.txt\n").file("build.yaml.dockerignore", "b.txt\nbuild*\n.docker*\n");
    assert_eq!(files(&build), ["a.txt"]);
}

#[test]
fn an_ignored_file_cannot_be_copied() {
    let spec = "stages: {app: {from: scratch, steps: [{copy: secret.key}]}}";
    let failed = Build::spec(spec).file("secret.key", "").file(".dockerignore", "*.key\n").fail();
    assert!(failed.messages().contains("secret.key"), "{}", failed.messages());
    assert!(failed.messages().contains("build.yaml:2"), "{}", failed.messages());
}

#[test]
fn only_what_is_copied_is_sent() {
    let build =
        Build::spec("stages: {app: {from: scratch, steps: [{copy: small.txt}]}}").file("small.txt", "x");
    let build = build.file("large.bin", vec![7; 8 << 20]);
    let course = build.run();
    // The client reports bytes sent while it loads the context.
    let sent = course.outcome.stderr.split("\"current\":").skip(1).filter_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().ok()
    });
    assert!(sent.max().unwrap_or_default() < 1 << 20);
}

#[test]
fn a_build_that_copies_nothing_sends_no_context() {
    let built = Build::spec("stages: {app: {from: busybox:1.36, steps: [{run: echo NONCE}]}}").run();
    assert!(
        !built.vertices.iter().any(|vertex| vertex.name.contains("build context")),
        "{:?}",
        built.vertices
    );
}

#[test]
fn a_spec_may_have_any_name_and_another_folder() {
    let spec =
        "# syntax=optfrontend/optfrontend:1\nstages: {app: {from: scratch, steps: [{copy: in-context}]}}";
    let build = Build::spec("").file("build/Dockerfile", spec).file("source/in-context", "x");
    let image = build.using("build/Dockerfile").context("source").image();
    assert_eq!(image.only().text("/in-context"), "x");
}
