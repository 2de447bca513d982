//! Lint on the real engine: warnings of a build, `--check`, SARIF, and the names of Docker's own checks.

use std::collections::BTreeSet;

use optfrontend_tests::Build;
use serde_json::{Value, json};

const SPEC: &str = "
LINT
args: {API_TOKEN: ''}
stages:
  app:
    from: busybox:1.36
    workdir: srv
    steps: [{copy: data.txt, to: .}]
    expose: [53/UDP]
    healthcheck: none
    cmd: httpd -f $API_TOKEN
  amd:
    description: is not built
    from: busybox:1.36
    platform: linux/amd64
  same:
    description: is not built
    from: busybox:1.36
    platform: $TARGETPLATFORM
default: app
";

/// The same.
const DOCKERFILE: &str = "FROM --platform=linux/amd64 busybox:1.36 AS build
FROM --platform=$TARGETPLATFORM busybox:1.36 AS same
FROM busybox:1.36
ARG API_TOKEN
WORKDIR srv
COPY data.txt .
EXPOSE 53/UDP
CMD httpd -f $API_TOKEN
";

fn spec(lint: &str) -> Build {
    Build::spec(&SPEC.replace("LINT", lint)).file("data.txt", "data").file(".dockerignore", "*.txt\n")
}

fn names(answer: &str) -> BTreeSet<String> {
    let json: Value = serde_json::from_str(answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
    let warnings = json["warnings"].as_array().into_iter().flatten();
    warnings.filter_map(|warning| Some(warning["ruleName"].as_str()?.to_owned())).collect()
}

#[test]
fn what_docker_finds_too_has_dockers_names() {
    let check = ["--call=check,format=json", "--progress=none"];
    let theirs = Build::dockerfile(DOCKERFILE).file("data.txt", "data").file(".dockerignore", "*.txt\n");
    // Theirs is on only where it is asked for.
    let theirs = theirs.flags(["--build-arg=BUILDKIT_DOCKERFILE_CHECK=experimental=CopyIgnoredFile"]);
    let theirs = names(&theirs.run_with(check).failed().outcome.stdout);
    let ours = names(&spec("").run_with(check).failed().outcome.stdout);
    assert!(theirs.len() > 5, "{theirs:?}");
    assert_eq!(theirs.difference(&ours).collect::<Vec<_>>(), Vec::<&String>::new());
    // What only ours asks for.
    assert_eq!(ours.difference(&theirs).collect::<Vec<_>>(), ["RunsAsRoot"]);
}

#[test]
fn a_build_warns_and_goes_on() {
    let built = Build::spec("stages: {app: {from: busybox:1.36, cmd: [top]}}").run();
    let [warning] = built.warnings.as_slice() else { panic!("{:?}", built.warnings) };
    assert_eq!(
        warning.short,
        "RunsAsRoot: the image `app` runs as root, since nothing says who else (line 2)"
    );
    assert_eq!(warning.line, Some(2));
    let quiet = "stages: {app: {from: busybox:1.36, cmd: [top]}} # lint: skip=RunsAsRoot it is a test";
    assert_eq!(Build::spec(quiet).run().warnings, []);
    let quiet = ["--build-arg=BUILDKIT_DOCKERFILE_CHECK=skip=RunsAsRoot"];
    assert_eq!(
        Build::spec("stages: {app: {from: busybox:1.36, cmd: [top]}}").flags(quiet).run().warnings,
        []
    );
}

#[test]
fn an_error_fails_the_build() {
    let spec = "lint: {error: RunsAsRoot}\nstages: {app: {from: busybox:1.36, cmd: [top]}}";
    let failed = Build::spec(spec).run_with(["--progress=plain"]).failed();
    let message = "build.yaml:3:10: RunsAsRoot: the image `app` runs as root, since nothing says who else\n  help: add `user: 65532`";
    assert!(failed.outcome.stderr.contains(message), "{}", failed.outcome.stderr);
}

#[test]
fn sarif_has_rules_and_places() {
    let printed =
        spec("lint: {error: RunsAsRoot}").run_with(["--call=check.sarif", "--progress=none"]).failed();
    let sarif: Value = serde_json::from_str(&printed.outcome.stdout).unwrap();
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    let root = results.iter().find(|result| result["ruleId"] == "RunsAsRoot").unwrap();
    assert_eq!(root["level"], "error");
    let region = &root["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region, &json!({ "startLine": 6, "startColumn": 3, "endLine": 6, "endColumn": 6 }));
    let rules: BTreeSet<&str> = run["tool"]["driver"]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|rule| rule["id"].as_str())
        .collect();
    assert!(results.iter().all(|result| rules.contains(result["ruleId"].as_str().unwrap())), "{results:?}");
    let wrong = Build::spec("stages: {app: {}}").run_with(["--call=check.sarif", "--progress=none"]).failed();
    assert!(wrong.outcome.stdout.contains("\"ruleId\": \"Fault\""), "{}", wrong.outcome.stdout);
}
