//! Flags of the client.

use optfrontend_tests::{Build, buildkit_version};

#[test]
fn target_chooses_the_stage() {
    let spec = "
stages:
  small: {from: scratch, labels: {which: small}}
  large: {from: busybox:1.36, labels: {which: large}}
";
    let build = Build::spec(spec);
    assert_eq!(build.image().only().get("Labels")["which"], "large");
    let build = build.flags(["--target=small"]);
    assert_eq!(build.image().only().get("Labels")["which"], "small");
}

#[test]
fn an_unknown_target_is_told_with_the_nearest() {
    let spec = "stages: {runtime: {from: scratch}, build: {from: scratch}}";
    let failed = Build::spec(spec).flags(["--target=runtim"]).fail();
    assert!(
        failed.messages().contains("runtim") && failed.messages().contains("`runtime`"),
        "{}",
        failed.messages()
    );
}

#[test]
fn build_args_are_set() {
    let spec = "
args: {VERSION: dev, NAME: {default: x, choices: [x, y]}}
stages: {app: {from: scratch, labels: {version: $VERSION, name: $NAME}}}
";
    let image = Build::spec(spec).flags(["--build-arg=VERSION=1 2", "--build-arg=NAME=y"]).image();
    let labels = image.only().get("Labels").clone();
    assert_eq!((&labels["version"], &labels["name"]), (&"1 2".into(), &"y".into()));
    assert_eq!(image.built.warnings, []);
    let failed = Build::spec(spec).flags(["--build-arg=NAME=z"]).fail();
    assert!(failed.messages().contains("`NAME`"), "{}", failed.messages());
}

#[test]
fn an_undeclared_build_arg_is_a_warning_with_the_nearest() {
    let spec = "{args: {VERSION: dev}, stages: {app: {from: scratch, labels: {version: $VERSION}}}}";
    let built =
        Build::spec(spec).flags(["--build-arg=VERSON=1", "--build-arg=HTTP_PROXY=http://localhost:1"]).run();
    let [warning] = built.warnings.as_slice() else { panic!("{:?}", built.warnings) };
    assert!(warning.short.contains("`VERSON`") && warning.short.contains("`VERSION`"), "{warning:?}");
}

#[test]
fn labels_of_the_client_win() {
    let spec = "stages: {app: {from: scratch, labels: {mine: spec, both: spec}}}";
    let image = Build::spec(spec).flags(["--label=both=client", "--label=own=client"]).image();
    let labels = image.only().get("Labels").to_string();
    assert_eq!(labels, r#"{"mine":"spec","both":"client","own":"client"}"#);
}

#[test]
fn a_failing_step_shows_its_lines() {
    let spec = "stages:\n  app:\n    from: busybox:1.36\n    steps:\n      - run: echo NONCE; exit 7\n";
    let failed = Build::spec(spec).fail();
    assert!(failed.messages().contains("build.yaml:6"), "{}", failed.messages());
    // Docker 20.10, with 0.8, shows no excerpts.
    let shown = failed.messages().contains(">>>       - run: echo");
    assert_eq!(shown, buildkit_version() > (0, 8), "{}", failed.messages());
    assert!(failed.messages().contains("exit code: 7"), "{}", failed.messages());
}

#[test]
fn an_epoch_makes_builds_repeatable() {
    let spec = "stages: {app: {from: scratch, workdir: /w, steps: [{write: {path: /NONCE, content: x}}]}}";
    let build = Build::spec(spec).flags(["--build-arg=SOURCE_DATE_EPOCH=1000000000", "--label=x=y"]);
    let image = build.image();
    assert_eq!(image.only().config["created"], "2001-09-09T01:46:40Z");
    assert_eq!(image.built.warnings, []);
}
