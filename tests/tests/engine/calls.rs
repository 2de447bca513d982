//! `--call` and `--check`: what the real client makes of the answers, beside those of the Dockerfile frontend.

use optfrontend_tests::{Build, Built, buildkit_version, repository};
use serde_json::{Value, json};

const SPEC: &str = "
args:
  VERSION: {default: dev, description: what the binary says of itself}
secrets: {token: {}, netrc: {required: false}}
stages:
  build:
    description: the compiler
    from: busybox:1.36
    steps:
      - run: echo $VERSION
        secrets: [token, netrc]
        ssh: true
        cache: {target: /cache, id: objects}
  app: {from: build}
";

/// The same.
const DOCKERFILE: &str = "# VERSION what the binary says of itself
ARG VERSION=dev
# build the compiler
FROM busybox:1.36 AS build
ARG VERSION
RUN --mount=type=secret,id=token,required=true --mount=type=secret,id=netrc --mount=type=ssh,required=true \
--mount=type=cache,id=objects,target=/cache echo $VERSION
FROM build AS app
";

fn call(build: &Build, method: &str) -> Built {
    build.run_with([format!("--call={method}"), "--progress=none".to_owned()])
}

#[track_caller]
fn answer(method: &str) -> Value {
    let stdout = call(&Build::spec(SPEC), &format!("{method},format=json")).ok().outcome.stdout;
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"))
}

fn line(line: u32) -> Value {
    json!({ "ranges": [{ "start": { "line": line }, "end": { "line": line } }] })
}

#[test]
fn outline_lists_what_a_build_can_be_given() {
    let printed = call(&Build::spec(SPEC), "outline").ok().outcome.stdout;
    let expected = "TARGET: app

BUILD ARG   VALUE   DESCRIPTION
VERSION     dev     what the binary says of itself

SECRET   REQUIRED
netrc    
token    true

SSH       REQUIRED
default   true

";
    assert_eq!(printed, expected);
    let changed = Build::spec(SPEC).flags(["--build-arg=VERSION=2", "--target=build"]);
    let printed = call(&changed, "outline").ok().outcome.stdout;
    assert!(printed.starts_with("TARGET:      build\nDESCRIPTION: the compiler\n"), "{printed}");
    assert!(printed.contains("VERSION     2 "), "{printed}");
}

#[test]
fn outline_tells_places() {
    let outline = answer("outline");
    assert_eq!(outline["args"][0]["location"], line(4));
    assert_eq!(outline["secrets"][1], json!({ "name": "token", "required": true, "location": line(11) }));
    assert_eq!(outline["ssh"][0], json!({ "name": "default", "required": true, "location": line(11) }));
    assert_eq!(outline["cache"][0], json!({ "ID": "objects", "location": line(11) }));
}

/// An answer without places and files, which are another file's, in one order, and without what only says that there is nothing to
/// say.
fn comparable(outline: &Value) -> Value {
    match outline {
        Value::Object(fields) => {
            let is_told = |(name, value): &(&String, &Value)| {
                !matches!(name.as_str(), "location" | "sources")
                    && **value != json!("")
                    && **value != json!(false)
            };
            fields.iter().filter(is_told).map(|(name, value)| (name.clone(), comparable(value))).collect()
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(comparable).collect();
            items.sort_by_key(ToString::to_string);
            Value::Array(items)
        }
        other => other.clone(),
    }
}

#[test]
fn programs_are_told_what_a_dockerfile_tells_them() {
    let of = |build: Build, method: &str| -> Value {
        let stdout = call(&build, &format!("{method},format=json")).ok().outcome.stdout;
        comparable(&serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}")))
    };
    let mut outline = of(Build::spec(SPEC), "outline");
    let mut targets = of(Build::spec(SPEC), "targets");
    // A Dockerfile does not tell of caches, and has no target to look around in.
    assert_eq!(outline["cache"].take(), json!([{ "ID": "objects" }]));
    outline.as_object_mut().unwrap().retain(|name, _| name != "cache");
    targets["targets"].as_array_mut().unwrap().retain(|target| target["name"] != "debug");
    let arg = json!({ "name": "VERSION", "value": "dev", "description": "what the binary says of itself" });
    let secrets = json!([{ "name": "netrc" }, { "name": "token", "required": true }]);
    let ssh = json!([{ "name": "default", "required": true }]);
    assert_eq!(outline, json!({ "name": "app", "args": [arg], "secrets": secrets, "ssh": ssh }));
    let build = json!({ "name": "build", "base": "busybox:1.36", "description": "the compiler" });
    let app = json!({ "name": "app", "base": "build", "default": true });
    assert_eq!(targets, comparable(&json!({ "targets": [build, app] })));
    // Older Dockerfile frontends do not answer, or tell less.
    if buildkit_version() > (0, 13) {
        assert_eq!(outline, of(Build::dockerfile(DOCKERFILE), "outline"));
        assert_eq!(targets, of(Build::dockerfile(DOCKERFILE), "targets"));
    }
}

#[test]
fn targets_lists_the_stages() {
    let printed = call(&Build::spec(SPEC), "targets").ok().outcome.stdout;
    let debug = "debug         the default target with a shell and tools; STAGE+debug for any other one\n";
    let stages = "TARGET        DESCRIPTION\nbuild         the compiler\napp (default) \n";
    assert_eq!(printed, format!("{stages}{debug}"));
    if buildkit_version() > (0, 8) {
        let expected = call(&Build::dockerfile(DOCKERFILE), "targets").ok().outcome.stdout;
        assert_eq!(stages, expected);
    }
    let targets = answer("targets")["targets"].clone();
    assert_eq!(targets[1], json!({ "name": "app", "default": true, "base": "build", "location": line(15) }));
    assert_eq!((&targets[2]["name"], &targets[2]["base"]), (&json!("debug"), &json!("app")));
}

#[test]
fn subrequests_describe_lists_the_methods() {
    let printed = call(&Build::spec(SPEC), "subrequests.describe").ok().outcome.stdout;
    for method in [
        "lint",
        "check.sarif",
        "outline",
        "targets",
        "expand",
        "explain",
        "graph",
        "graph.dot",
        "graph.svg",
        "report",
        "report.html",
        "lock",
        "outdated",
        "schema",
        "convert",
        "audit",
        "audit.sarif",
        "subrequests.describe",
    ] {
        assert!(printed.lines().any(|line| line.starts_with(&format!("{method} "))), "{printed}");
    }
    let methods = answer("subrequests.describe");
    let outline =
        methods.as_array().into_iter().flatten().find(|method| method["name"] == "frontend.outline");
    assert_eq!(
        outline.map(|outline| (&outline["version"], &outline["type"])),
        Some((&"1.0.0".into(), &"rpc".into()))
    );
}

#[test]
fn check_is_content_with_a_spec_that_is_right() {
    for flag in ["--check", "--call=check", "--call=lint"] {
        let checked = Build::spec(SPEC).run_with([flag]).ok().outcome;
        assert_eq!(checked.stdout, "Check complete, no warnings found.\n");
    }
    let as_json = answer("check");
    assert_eq!((&as_json["warnings"], &as_json["buildError"]), (&json!([]), &Value::Null));
}

#[test]
fn check_fails_for_a_spec_that_is_wrong() {
    let wrong = SPEC.replace("from: build}", "from: 'biuld:${X}'}");
    for flag in ["--check", "--call=check,format=json"] {
        let checked = Build::spec(&wrong).run_with([flag]).failed().outcome;
        let all = checked.stdout + &checked.stderr;
        assert!(all.contains("build.yaml:15") && all.contains("`X`"), "{all}");
    }
}

#[test]
fn explain_tells_what_a_build_comes_to() {
    let build = Build::spec(SPEC).flags(["--build-arg=VERSION=2"]);
    let printed = call(&build, "explain").ok().outcome.stdout;
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(
        lines[0],
        format!("TARGET: app for {}", explained(&build)["platform"].as_str().unwrap_or_default())
    );
    let step = "  [build 2/2] run echo $VERSION
      at        build.yaml:11
      mounts    cache /cache (id objects, shared)
      secrets   token at /run/secrets/token; netrc at /run/secrets/netrc (optional); ssh agent default at
                /run/buildkit/ssh_agent.0
      key       the image busybox:1.36@sha256:";
    assert!(printed.contains(step), "{printed}");
    assert!(printed.contains("; the args VERSION;"), "{printed}");
}

#[track_caller]
fn explained(build: &Build) -> Value {
    let stdout = call(build, "explain,format=json").ok().outcome.stdout;
    let json: Value = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"));
    json["platforms"][0].clone()
}

#[test]
fn explain_knows_what_the_base_holds_and_runs_nothing() {
    let spec = "stages:
  build: {from: busybox:1.36, steps: [{run: 'echo NONCE; exit 1'}]}
  app:
    from: busybox:1.36
    steps:
      - copy: /etc/passwd
        from: build
        to: /srv/passwd
      - copy: /etc/group
        from: build
        to: /etc/passwd
";
    let explained = explained(&Build::spec(spec));
    assert_eq!(explained["longest_chain"].as_array().map(Vec::len), Some(3), "{explained:#}");
    let app = &explained["stages"][1];
    let linked: Vec<&Value> = app["steps"].as_array().into_iter().flatten().map(|it| &it["linked"]).collect();
    assert_eq!(linked.len(), 2);
    // BuildKit without merges lays nothing apart.
    let merges = linked[0] == true;
    assert_eq!(linked[1], false, "the base has a file there");
    let key = app["steps"][0]["cache_key"][0].as_str().unwrap_or_default();
    assert_eq!(key.starts_with("the image busybox"), !merges, "{app:#}");
}

#[test]
fn explain_tells_no_values() {
    let secret = "a-value-that-nobody-may-see";
    let build = Build::spec(SPEC).variable("TOKEN", secret).flags([format!("--build-arg=VERSION={secret}")]);
    for method in ["explain", "explain,format=json"] {
        let told = build.run_with([&*format!("--call={method}"), "--secret=id=token,env=TOKEN"]).ok().outcome;
        assert!(told.stdout.contains("VERSION") && !told.stdout.contains(secret), "{}", told.stdout);
    }
}

#[test]
fn graph_draws_the_stages() {
    let drawn = |method| call(&Build::spec(SPEC), method).ok().outcome.stdout;
    let mermaid = drawn("graph");
    assert!(mermaid.starts_with("flowchart TD\n  n0[\"<b>build</b><br/>1 step\"]:::stage\n"), "{mermaid}");
    assert!(mermaid.contains("\n  n0 --> n1\n  n2 --> n0\n"), "{mermaid}");
    let dot = drawn("graph.dot");
    assert!(dot.starts_with("digraph stages {\n") && dot.contains("\n  n0 -> n1\n"), "{dot}");
    let svg = drawn("graph.svg");
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
    let json = &answer("graph")["platforms"][0];
    assert_eq!(json["nodes"][1], json!({ "name": "app", "kind": "target", "detail": "0 steps" }));
    assert_eq!(json["edges"][0], json!({ "from": 0, "to": 1, "starts": true }));
}

#[test]
fn schema_is_that_of_the_repository_and_asks_nothing_of_the_spec() {
    let schema = std::fs::read_to_string(repository().join("spec-schema/schema/v1.json")).unwrap_or_default();
    let wrong = Build::spec("stages: {app: {fron: scratch}}");
    assert_eq!(call(&wrong, "schema").ok().outcome.stdout, schema);
    let as_json = call(&wrong, "schema,format=json").ok().outcome.stdout;
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    assert!(parsed(&as_json)["properties"]["stages"].is_object(), "{as_json}");
    assert_eq!(parsed(&as_json), parsed(&schema));
}

#[test]
fn an_unknown_method_is_refused() {
    let refused = call(&Build::spec(SPEC), "frobnicate").failed();
    assert!(refused.messages().contains("unsupported request frontend.frobnicate"), "{}", refused.messages());
}
