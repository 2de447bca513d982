//! `--call=audit`: what lint finds in a Dockerfile.

use optfrontend_tests::{Build, Built, frontend};
use serde_json::Value;

const DOCKERFILE: &str = "\
FROM busybox:1.36
WORKDIR /srv
ARG API_TOKEN
RUN test -z $API_TOKEN
COPY . .
EXPOSE 80
CMD httpd -f -p 80
";

/// The frontend is the one to test, whatever the file names.
fn call(build: &Build, method: &str) -> Built {
    build.run_with([
        format!("--call={method}"),
        format!("--build-arg=BUILDKIT_SYNTAX={}", frontend()),
        "--progress=none".to_owned(),
    ])
}

#[test]
fn a_dockerfile_is_told_with_reasons_costs_and_better_lines() {
    let build = Build::dockerfile(DOCKERFILE).file(".dockerignore", ".git\n.env\n");
    let told = call(&build, "audit").failed().outcome.stdout;
    for lines in [
        "Dockerfile:1:1: RunsAsRoot: the image runs as root, since nothing says who else\n  1 | FROM busybox:1.36\n    | ^^^^^^^^^^^^^^^^^\n  costs: whoever",
        "    RUN adduser -S -u 10001 app\n    USER app\n",
        "Dockerfile:3:5: SecretsUsedInArgOrEnv: the build arg `API_TOKEN` looks like a secret",
        "    RUN --mount=type=secret,id=api_token,env=API_TOKEN …\n",
        "Dockerfile:6:8: HealthcheckMissing: the image listens on `80`",
        "  help: write a list\n    CMD [\"httpd\", \"-f\", \"-p\", \"80\"]\n  in a spec: write a list: `cmd: [httpd, -f, -p, 80]`\n",
        "\n4 findings\n",
    ] {
        assert!(told.contains(lines), "{lines:?} is missing:\n{told}");
    }
}

#[test]
fn what_an_image_brings_is_looked_up() {
    let good = "FROM gcr.io/distroless/static-debian12:nonroot\nCOPY server /\nENTRYPOINT [\"/server\"]\n";
    let build = Build::dockerfile(good).file("server", "");
    assert_eq!(call(&build, "audit").ok().outcome.stdout, "Dockerfile: no findings\n");
    // One that cannot be had is known by its name.
    let missing = Build::dockerfile("FROM node:1.2.3-nowhere\nCMD [\"node\"]\n");
    let told = call(&missing, "audit").failed().outcome.stdout;
    assert!(told.contains("RunsAsRoot") && told.contains("    USER node\n"), "{told}");
}

#[test]
fn programs_get_json_and_sarif() {
    let build = Build::dockerfile(DOCKERFILE).file(".dockerignore", "*\n");
    let json: Value =
        serde_json::from_str(&call(&build, "audit,format=json").failed().outcome.stdout).unwrap();
    let list = json["warnings"].as_array().unwrap();
    let shell = list.iter().find(|it| it["ruleName"] == "JSONArgsRecommended").unwrap();
    assert_eq!(shell["better"][0], "CMD [\"httpd\", \"-f\", \"-p\", \"80\"]");
    assert_eq!(shell["location"]["ranges"][0]["start"]["line"], 7);
    assert!(shell["costs"].is_string() && shell["help"].is_string() && shell["inSpec"].is_string());
    assert_eq!(json["sources"][0]["language"], "Dockerfile");
    let sarif: Value = serde_json::from_str(&call(&build, "audit.sarif").failed().outcome.stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), list.len());
    let uri = &results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "Dockerfile");
}

#[test]
fn advice_is_told_apart_and_fails_nothing() {
    let text = "FROM python:3.12-slim\nRUN python -m pip install --no-cache-dir requests\n";
    let build = Build::dockerfile(text);
    let told = call(&build, "audit").ok().outcome.stdout;
    let start = "Dockerfile: no findings\n\nadvice: nothing is wrong with these, and they could be better\n\nDockerfile:2:5: UnpinnedPackage:";
    assert!(told.starts_with(start), "{told}");
    let json: Value = serde_json::from_str(&call(&build, "audit,format=json").ok().outcome.stdout).unwrap();
    assert_eq!(json["warnings"].as_array().unwrap().len(), 0);
    assert_eq!(json["advice"][0]["help"], "name its version, as in `requests==1.2.3`");
    let sarif: Value = serde_json::from_str(&call(&build, "audit.sarif").ok().outcome.stdout).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["level"], "note");
    // What fails is what is wrong.
    let both = Build::dockerfile(&format!("{text}RUN sudo true\n"));
    let told = call(&both, "audit").failed().outcome.stdout;
    assert!(told.ends_with("\n1 finding, 1 piece of advice\n"), "{told}");
}

#[test]
fn a_dockerfile_that_cannot_be_read_is_told_with_its_faults() {
    let build = Build::dockerfile("FROM busybox:1.36\nRNU true\nCOPY --form=a b c\n");
    let told = call(&build, "audit").failed().outcome.stdout;
    assert!(told.contains("Dockerfile:2:1: there is no instruction `RNU`\n  2 | RNU true\n"), "{told}");
    assert!(told.contains("Dockerfile:3:6: `COPY` has no flag `--form`"), "{told}");
}
