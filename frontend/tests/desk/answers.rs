//! What is told of specs that are right.

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use crate::program::{Desk, assert_snapshot, command, repository, shop, told};

#[test]
fn every_example_is_told_of() {
    for entry in fs::read_dir(repository("examples")).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.join("build.yaml").exists() {
            continue;
        }
        let run = |name: &str| {
            let words = [name, "build.yaml"];
            told(command(&words).current_dir(&folder).stdin(Stdio::null()).output().unwrap()).good()
        };
        assert_eq!(run("check").out, "build.yaml: no faults\n");
        assert!(run("expand").out.contains("\nstages:\n"));
        assert!(run("explain").out.starts_with("TARGET: "));
        assert!(run("graph").out.starts_with("flowchart TD\n"));
    }
}

#[test]
fn what_is_expanded_is_a_spec() {
    let core = shop().run(&["expand", "build.yaml"]).good().out;
    assert!(core.contains("        cache:\n          - target: /go/pkg/mod\n"), "{core}");
    let desk = Desk::with(&core);
    assert_eq!(desk.run(&["expand", "build.yaml"]).good().out, core);
    let json = desk.run(&["expand", "--format=json", "build.yaml"]).good().json();
    assert!(json["stages"]["tools"]["from"].is_string(), "{json:#}");
}

#[test]
fn a_dockerfile_becomes_a_spec() {
    let desk =
        Desk::new().file("Dockerfile", "FROM debian:12-slim\n# why\nRUN a && \\\n  b\nMAINTAINER me\n");
    let told = desk.run(&["convert", "Dockerfile"]).good();
    assert!(
        told.out
            .starts_with("# syntax=optfrontend/optfrontend:1\nstages:\n  app:\n    from: debian:12-slim\n")
    );
    assert!(told.out.contains("      # why\n      - run: >-\n          a &&\n          b\n"), "{}", told.out);
    assert!(told.err.starts_with("note: Dockerfile:5:12: a spec has no `MAINTAINER`"), "{}", told.err);
    let desk = desk.file("build.yaml", &told.out);
    assert_eq!(desk.run(&["check", "build.yaml"]).good().out, "build.yaml: no faults\n");
    let json = desk.run(&["convert", "--format=json", "Dockerfile"]).good().json();
    assert_eq!(json["spec"]["stages"]["app"]["from"], "debian:12-slim");
    let wrong = desk.file("Dockerfile", "FROM debian\nRNU a\n").run(&["convert", "Dockerfile"]);
    assert_eq!((wrong.code, wrong.out.as_str()), (1, ""));
    assert!(wrong.err.contains("there is no instruction `RNU`"), "{}", wrong.err);
}

#[test]
fn a_plan_is_explained() {
    let desk = shop();
    assert_snapshot("explain", &desk.run(&["explain", "--platform=linux/amd64", "build.yaml"]));
    let json = desk
        .run(&["explain", "build.yaml", "--format", "json", "--platform", "linux/amd64,linux/arm64"])
        .good()
        .json();
    assert_eq!(json["platforms"][1]["platform"], "linux/arm64");
}

#[test]
fn stages_are_drawn() {
    let desk = shop();
    let drawn = |format| desk.run(&["graph", "--format", format, "--target=pages", "build.yaml"]).good().out;
    assert!(drawn("mermaid").contains("<b>pages</b><br/>6 steps\"]:::target\n"));
    assert!(drawn("dot").starts_with("digraph stages {\n"));
    assert!(drawn("svg").starts_with("<svg "));
    let nodes = serde_json::from_str::<Value>(&drawn("json")).unwrap()["platforms"][0]["nodes"].clone();
    assert!(nodes.as_array().unwrap().iter().any(|node| node["kind"] == "target"), "{nodes:#}");
}

#[test]
fn the_schema_is_the_one_in_the_repository() {
    let schema = fs::read_to_string(repository("spec-schema/schema/v1.json")).unwrap();
    assert_eq!(Desk::new().run(&["schema"]).good().out, schema);
}

#[test]
fn options_mean_what_they_mean_in_a_build() {
    let desk = Desk::with(
        "
args: {V: {required: true, pattern: '[0-9]+'}}
sources: {tools: {context: tools}}
stages: {a: {description: one, from: scratch}, b: {from: scratch, steps: [{copy: /x, from: tools, to: /$V}]}}
",
    );
    let run = |words: &[&str]| desk.run(&[&["check", "build.yaml"], words].concat());
    let tools = "--build-context=tools=./tools";
    assert_eq!(run(&["--build-arg=V=1", tools]).good().err, "");
    assert_eq!(run(&["--build-arg", "V=1", "--target", "a"]).good().err, "");
    let note = "note: the spec declares no build arg `W`, which the client set; did you mean `V`?\n";
    assert_eq!(
        run(&["--build-arg=V=1", "--build-arg=W=1", tools]).good().err,
        note.replace("; did you mean `V`?", "")
    );
    assert!(run(&[tools]).out.contains("the build arg `V` is required"));
    assert!(run(&["--build-arg=V=x", tools]).out.contains("the build arg `V` cannot be `x`"));
    assert!(run(&["--build-arg=V=1"]).out.contains("tools"));
    assert!(run(&["--target=c", "--build-arg=V=1"]).out.contains("there is no stage `c`"));
    let of_environment =
        command(&["check", "build.yaml", "--build-arg=V", tools]).env("V", "7").current_dir(&desk.0).output();
    told(of_environment.unwrap()).good();
}

#[test]
fn variables_that_only_an_image_can_have_are_told() {
    let spec = "
args: {VERSION: 1}
stages:
  app:
    from: node:22
    env: {OWN: a}
    expose: [$PORT]
    labels: {made: '$OWN $NODE_VERSION $VERSION $VERISON ${NONE:-none}'}
    steps: [{run: 'for i in *; do echo $i; done'}]
    healthcheck: none
";
    assert_snapshot("variables", &Desk::with(spec).run(&["check", "build.yaml"]));
    let scratch = spec.replace("node:22", "scratch");
    assert_snapshot("variables_of_nothing", &Desk::with(&scratch).run(&["check", "build.yaml"]));
}

#[test]
fn a_lock_file_is_read_and_a_policy_is_told_to_be_open() {
    let spec = "stages: {app: {from: 'busybox:1.36', user: '1000', steps: [{mkdir: /a}]}}\n";
    let lock = |image: &str| format!("version: 1\nimages: {{{image}: sha256:{}}}\n", "a".repeat(64));
    let desk = Desk::with(spec).file("build.yaml.lock", lock("busybox:1.36"));
    assert_eq!(desk.run(&["check", "build.yaml"]).good().out, "build.yaml: no faults\n");
    let explained = desk.run(&["explain", "build.yaml"]).good().out;
    assert!(explained.contains("busybox:1.36@sha256:aaaaaaaaaaaa"), "{explained}");
    let desk = desk.file("build.yaml.lock", lock("busybox:1.37"));
    let told = desk.run(&["check", "build.yaml"]);
    assert_eq!(told.code, 1);
    assert!(
        told.out.contains("LockEntryMissing") && told.out.contains("build.yaml.lock:2:10"),
        "{}",
        told.out
    );
    let told = Desk::with(spec).run(&["check", "build.yaml", "--build-context=policy=."]);
    assert!(told.err.contains("the policy was not looked at"), "{}", told.err);
}

#[test]
fn what_is_locked_is_in_what_is_expanded() {
    let spec = "# syntax=optfrontend/optfrontend:1\nargs: {TAG: '22'}\nstages: {app: {from: busybox, steps: [{copy: /a, from: 'node:${TAG}'}]}}\n";
    let digest = "a".repeat(64);
    let desk = Desk::with(spec)
        .file("build.yaml.lock", format!("version: 1\nimages: {{busybox: sha256:{digest}}}\n"));
    let told = desk.run(&["expand", "build.yaml"]).good().out;
    let expected = format!(
        "\
# syntax=optfrontend/optfrontend:1

# What only a lock file can pin: keep a copy of build.yaml.lock beside this file, under its name with `.lock`.
# - node:${{TAG}}

args:
  TAG: 22

stages:
  app:
    from: busybox:latest@sha256:{digest}
    steps:
      - copy: /a
        from: node:${{TAG}}
"
    );
    assert_eq!(told, expected);
    let told = desk.run(&["expand", "build.yaml", "--format=json"]).good().out;
    assert!(told.contains(&format!("\"from\": \"busybox:latest@sha256:{digest}\"")), "{told}");
    let desk = desk.file("build.yaml.lock", "version: 2\n");
    assert!(desk.run(&["expand", "build.yaml"]).err.contains("this lock file has the version 2"));
}
