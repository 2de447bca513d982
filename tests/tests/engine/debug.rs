//! `--target debug` and `--target STAGE+debug`: a stage as it is, with a shell and tools on top.

use optfrontend_tests::{Build, Tag, docker};
use serde_json::Value;

/// An image without a shell, and a stage that it takes something from.
const SPEC: &str = "
stages:
  build:
    from: busybox:1.36
    steps:
      - run: echo NONCE > /built
  app:
    from: gcr.io/distroless/static-debian12:nonroot
    env: {MODE: production}
    workdir: /srv
    steps:
      - copy: /built
        from: build
        to: /srv/
    entrypoint: [/srv/built]
    labels: {stage: $TARGETSTAGE}
    healthcheck: {test: [CMD, /srv/built]}
";

/// What a shell in the image says.
fn sh(tag: &Tag, script: &str) -> String {
    docker(["run", "--rm", "--entrypoint", "sh", &tag.name, "-c", script]).ok().stdout
}

/// What a container is run with, and apart from it the environment.
fn settings(config: &Value) -> (Value, String) {
    let mut settings = config["config"].clone();
    let env = settings.as_object_mut().and_then(|settings| settings.remove("Env"));
    (settings, env.unwrap_or_default().to_string())
}

#[test]
fn the_default_target_gets_a_shell_and_stays_what_it_is() {
    let build = Build::spec(SPEC);
    let (plain, debug) = (build.image(), build.image_with(&["--target=debug"]));
    let (plain, debug) = (plain.only(), debug.only());
    assert_eq!(debug.layers.len(), plain.layers.len() + 1);
    assert_eq!(debug.layers[..plain.layers.len()], plain.layers, "the layers below are those of the image");
    let ((expected, env), (found, found_env)) = (settings(&plain.config), settings(&debug.config));
    assert_eq!(found, expected);
    assert_eq!(found_env, env.replace("/sbin:/bin\"", "/sbin:/bin:/busybox\""));

    let tag = build.flags(["--target=debug"]).load();
    let seen = sh(&tag, "id -u; pwd; echo $MODE; ls -1 /srv; which sh");
    assert_eq!(seen, "65532\n/srv\nproduction\nbuilt\n/busybox/sh\n");
}

#[test]
fn any_other_stage_does_too() {
    let build = Build::spec(SPEC).flags(["--target=build+debug"]);
    let seen = sh(&build.load(), "cat /built; which sh; ls /busybox/sh");
    assert_eq!(seen, format!("{}\n/bin/sh\n/busybox/sh\n", build.nonce()));
}

#[test]
fn the_tools_can_be_the_clients() {
    let flags = ["--target=debug", "--build-context=debug-tools=mine"];
    let image = Build::spec(SPEC).file("mine/bin/tool", "mine").flags(flags).image();
    assert_eq!(image.only().text("/busybox/tool"), "mine");
    assert!(!image.only().files.contains_key("/busybox/sh"));
}

#[test]
fn each_platform_has_tools_of_its_own() {
    let spec = "stages: {app: {from: scratch, steps: [{write: {path: /mark, content: NONCE}}]}}";
    let build = Build::spec(spec).flags(["--target=debug", "--platform=linux/arm64"]);
    assert_eq!(sh(&build.load(), "uname -m"), "aarch64\n");
}

#[test]
fn a_stage_of_that_name_is_what_it_says() {
    let spec = "stages: {debug: {from: scratch, steps: [{write: {path: /mark, content: NONCE}}]}, app: {from: debug}}";
    let image = Build::spec(spec).flags(["--target=debug"]).image();
    assert!(!image.only().files.contains_key("/busybox"));
}
