//! The whole pipeline against a daemon in memory: the calls that a build makes, and what it returns.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use buildkit_proto::google::rpc::Status;
use frontend::build::build;
use frontend::gateway::{BuildResult, Failure};
use frontend::opts::FrontendOpts;
use optfrontend_tests::fake_gateway::{Call, FakeGateway, FakeSession, Release, Request};
use serde_json::Value;
use tokio::task::LocalSet;

const CONFIG: &str = r#"{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:00"]}}"#;

/// Two images, a copy from the context, and one from a stage.
const SPEC: &str = "\
stages:
  build:
    from: golang:1.22
    steps:
      - copy: .
      - run: make
  app:
    from: busybox
    steps:
      - copy: /out
        from: build
";

fn opts(extra: &[(&str, &str)]) -> FrontendOpts {
    let given = [("filename", "build.yaml")].into_iter().chain(extra.iter().copied());
    let mut variables: Vec<(String, String)> = given
        .enumerate()
        .map(|(n, (key, value))| (format!("BUILDKIT_FRONTEND_OPT_{n}"), format!("{key}={value}")))
        .collect();
    variables.push(("BUILDKIT_SESSION_ID".to_owned(), "session".to_owned()));
    FrontendOpts::from_env(variables).unwrap_or_else(|errors| panic!("{errors}"))
}

fn images() -> FakeGateway {
    FakeGateway::new()
        .platforms(&["linux/amd64", "linux/arm64"])
        .image("docker.io/library/golang:1.22", CONFIG)
        .image("docker.io/library/busybox:latest", CONFIG)
}

async fn run(fake: FakeGateway, opts: &FrontendOpts) -> (FakeSession, Result<BuildResult, Failure>) {
    let session = fake.start();
    let outcome = LocalSet::new()
        .run_until(async {
            let gateway = session.connect().await;
            let outcome = build(&gateway, opts).await;
            if let Ok(result) = &outcome {
                gateway.return_result(result.clone()).await.unwrap_or_else(|error| panic!("{error}"));
            }
            outcome
        })
        .await;
    (session, outcome)
}

#[tokio::test]
async fn a_build_has_five_round_trips() {
    let (session, outcome) = run(images().file("dockerfile", "build.yaml", SPEC), &opts(&[])).await;
    outcome.unwrap();
    let chain = session.longest_chain();
    assert_eq!(chain.len(), 5, "{chain:?}");
    assert_eq!(chain.last(), Some(&"Return"));
}

/// A spec of three files, two levels deep.
fn including() -> FakeGateway {
    images()
        .file(
            "dockerfile",
            "build.yaml",
            "include: [common.yaml, ci/tools.yaml]\nstages: {app: {from: build}}\n",
        )
        .file("dockerfile", "common.yaml", SPEC)
        .file("dockerfile", "ci/tools.yaml", "include: deep.yaml\nargs: {TOOL: {description: a tool}}\n")
        .file("dockerfile", "ci/deep.yaml", "stages:\n  app:\n    steps:\n      - remove: /b*\n")
}

#[tokio::test]
async fn each_level_of_includes_takes_two_more_round_trips() {
    let one_level = images()
        .file("dockerfile", "build.yaml", "include: [one.yaml, two.yaml]\n")
        .file("dockerfile", "one.yaml", SPEC)
        .file("dockerfile", "two.yaml", "args: {A: a}\n");
    for (fake, trips) in [(one_level, 7), (including(), 9)] {
        let (session, outcome) = run(fake, &opts(&[])).await;
        outcome.unwrap();
        assert_eq!(session.longest_chain().len(), trips, "{:?}", session.longest_chain());
    }
}

#[tokio::test]
async fn the_places_of_included_files_are_theirs() {
    let (_, outcome) = run(including().release(Release(8)), &opts(&[])).await;
    let message = outcome.unwrap_err().message;
    assert!(message.starts_with("ci/deep.yaml:4:9: `remove` with a pattern needs"), "{message}");
    let ask = async |request| {
        let (_, outcome) = run(including(), &opts(&[("requestid", request)])).await;
        serde_json::from_slice::<Value>(&outcome.unwrap().metadata["result.json"]).unwrap()
    };
    let outline = ask("frontend.outline").await;
    assert_eq!(outline["args"][0]["name"], "TOOL");
    assert_eq!(outline["args"][0]["location"]["sourceIndex"], 2);
    let source = outline["sources"][2].as_str().unwrap();
    assert_eq!(
        STANDARD.decode(source).unwrap(),
        b"include: deep.yaml\nargs: {TOOL: {description: a tool}}\n"
    );
    let targets = ask("frontend.targets").await;
    let names: Vec<&str> =
        targets["targets"].as_array().unwrap().iter().filter_map(|target| target["name"].as_str()).collect();
    assert_eq!(names, ["build", "app"]);
    assert_eq!(targets["targets"][0]["location"]["sourceIndex"], 1);
    assert_eq!(targets["targets"][1]["location"].get("sourceIndex"), None);
    assert_eq!(ask("frontend.lint").await["sources"][3]["filename"], "ci/deep.yaml");
}

#[tokio::test]
async fn an_include_that_is_not_there_gets_the_nearest_name() {
    let fake = images().file("dockerfile", "build.yaml", "include: [ci/tols.yaml, ci, other.yaml]\n").file(
        "dockerfile",
        "ci/tools.yaml",
        "args: {}\n",
    );
    let (_, outcome) = run(fake, &opts(&[])).await;
    assert_eq!(
        outcome.unwrap_err().message,
        "the spec has 3 faults\n\
         build.yaml:1:11: there is no file `ci/tols.yaml`\n  \
           help: did you mean `ci/tools.yaml`?\n\
         build.yaml:1:25: `ci` is not a file\n\
         build.yaml:1:29: there is no file `other.yaml`\n  \
           help: files are included from the folder of the spec, which is what the client sends; a spec from stdin has none"
    );
}

#[tokio::test]
async fn eight_images_take_no_more_round_trips_than_one() {
    let mut spec = String::from("stages:\n");
    let mut fake = images();
    for number in 0..8 {
        spec += &format!("  s{number}:\n    from: base{number}\n    steps: [{{run: make}}]\n");
        fake = fake.image(&format!("docker.io/library/base{number}:latest"), CONFIG);
    }
    spec += "  app:\n    from: scratch\n    steps:\n";
    for number in 0..8 {
        spec += &format!("      - {{copy: /out, from: s{number}, to: /{number}}}\n");
    }
    let (session, outcome) = run(fake.file("dockerfile", "build.yaml", spec), &opts(&[])).await;
    outcome.unwrap();
    assert_eq!(session.longest_chain().len(), 5);
}

#[tokio::test]
async fn layers_apart_from_their_base_take_two_more_round_trips() {
    let mut spec =
        String::from("default: app\nstages:\n  app:\n    from: busybox\n    workdir: /srv\n    steps:\n");
    let mut fake = images();
    for number in 0..8 {
        spec += &format!("      - {{copy: /out, from: s{number}, to: /srv/deep/{number}/, chown: web}}\n");
    }
    for number in 0..8 {
        spec += &format!("  s{number}:\n    from: base{number}\n    steps: [{{run: make}}]\n");
        fake = fake.image(&format!("docker.io/library/base{number}:latest"), CONFIG);
    }
    let fake = fake.file("dockerfile", "build.yaml", spec);
    let (session, outcome) = run(fake.clone(), &opts(&[])).await;
    outcome.unwrap();
    let chain = session.longest_chain();
    assert_eq!(chain.len(), 7, "{chain:?}");
    assert_eq!(
        (chain[3], chain[5]),
        ("Solve", "Solve"),
        "what is read in between is read at once: {chain:?}"
    );
    let (session, outcome) = run(fake.without("mergeop"), &opts(&[])).await;
    outcome.unwrap();
    assert_eq!(session.longest_chain().len(), 5, "nothing is read where nothing can be merged");
}

#[tokio::test]
async fn a_base_that_cannot_be_read_fails_no_build_by_itself() {
    let spec =
        "stages: {app: {from: busybox, steps: [{write: {path: /a/b, content: c}}, {copy: a, to: /c/d}]}}\n";
    let fake = images().file("dockerfile", "build.yaml", spec);
    let failure = Status { code: 2, message: "no space left".to_owned(), details: Vec::new() };
    let (session, outcome) = run(fake.fail_call("ReadDir", failure), &opts(&[])).await;
    outcome.unwrap();
    assert!(session.methods().contains(&"ReadDir"), "{:?}", session.methods());
    assert!(
        !session.definitions().last().unwrap().metadata.values().any(|op| op.caps.contains_key("mergeop"))
    );
}

#[tokio::test]
async fn named_contexts_take_no_more_round_trips() {
    let fake = images()
        .file("dockerfile", "build.yaml", SPEC)
        .file("files", ".dockerignore", "*.log\n")
        .image("docker.io/library/alpine:3", CONFIG);
    let contexts = [
        ("context:build", "local:files"),
        ("context:busybox", "docker-image://alpine:3"),
        ("context:unused", "local:unused"),
    ];
    let (session, outcome) = run(fake, &opts(&contexts)).await;
    outcome.unwrap();
    assert_eq!(session.longest_chain().len(), 5);
    let solved = session.definitions().last().unwrap().def.concat();
    let solved = String::from_utf8_lossy(&solved);
    assert!(
        solved.contains("local://files") && solved.contains("*.log") && solved.contains("alpine"),
        "{solved}"
    );
    assert!(!solved.contains("golang") && !solved.contains("make"), "{solved}");
    let reads = session.methods().iter().filter(|method| **method == "ReadFile").count();
    assert_eq!(reads, 3, "spec, its ignore file, that of the one directory that is needed");
}

#[tokio::test]
async fn an_input_comes_with_its_config() {
    let mut graph = buildkit_llb::Graph::new();
    let output = graph.source(
        buildkit_llb::ImageSource::new("docker.io/library/linked:1"),
        buildkit_llb::OpMeta::default(),
    );
    let fake = images().input("base", graph.marshal(Some(output)).into_pb()).file(
        "dockerfile",
        "build.yaml",
        "stages: {app: {from: busybox, steps: [{run: make}]}}\n",
    );
    let config = STANDARD.encode(CONFIG.replace("PATH=/bin", "PATH=/linked"));
    let metadata = format!(r#"{{"containerimage.config":"{config}"}}"#);
    let contexts = [("context:busybox", "input:base"), ("input-metadata:base", metadata.as_str())];
    let (session, outcome) = run(fake, &opts(&contexts)).await;
    let result = outcome.unwrap();
    let config = String::from_utf8_lossy(&result.metadata["containerimage.config"]).into_owned();
    assert!(config.contains("PATH=/linked"), "{config}");
    let solved = session.definitions().last().unwrap().def.concat();
    assert!(String::from_utf8_lossy(&solved).contains("linked:1"));
    assert!(!session.methods().iter().any(|method| method.starts_with("Resolve")));
}

/// A graph that a client may hand over: the files of a repository.
fn handed_over(url: &str) -> buildkit_proto::pb::Definition {
    let mut graph = buildkit_llb::Graph::new();
    let output = graph.source(buildkit_llb::GitSource::new(url), buildkit_llb::OpMeta::default());
    graph.marshal(Some(output)).into_pb()
}

#[tokio::test]
async fn a_spec_may_come_as_an_input_and_its_ignore_file_with_it() {
    let no_such = Status { code: 2, message: "no local source dockerfile".to_owned(), details: Vec::new() };
    let fake = images()
        .input("dockerfile", handed_over("https://example.com/specs.git"))
        .source_file("git://example.com/specs.git", "build.yaml", SPEC)
        .source_file("git://example.com/specs.git", "build.yaml.dockerignore", "*.secret\n")
        .file("context", ".dockerignore", "*.log\n")
        .fail_source("local://dockerfile", no_such);
    let (session, outcome) = run(fake, &opts(&[])).await;
    outcome.unwrap();
    let built = built(&session);
    assert!(built.contains("local://context") && built.contains("*.secret"), "{built}");
    assert!(!built.contains("*.log") && !built.contains("specs.git"), "{built}");
}

#[tokio::test]
async fn steps_see_the_directory_of_a_remote_context_that_the_client_names() {
    let url = "https://example.com/r.git";
    let fake = images().source_file("git://example.com/r.git", "build.yaml", SPEC);
    let as_input = images().file("dockerfile", "build.yaml", SPEC).input("context", handed_over(url));
    let named = [("contextsubdir", "services/api")];
    for (fake, options) in [(fake, vec![("context", url), named[0]]), (as_input, named.to_vec())] {
        let (session, outcome) = run(fake, &opts(&options)).await;
        outcome.unwrap();
        let dump = session.definitions().last().unwrap().clone();
        let dump = buildkit_llb::Definition::try_from(dump).unwrap().to_string();
        let taken =
            "copy op0:/services/api / (dir-contents)  \"[internal] take services/api of the build context\"";
        assert!(dump.contains(taken), "{dump}");
        assert!(dump.contains("copy op1:/ /"), "{dump}");
    }
    // A directory of the client is the context as it is.
    let fake = images().file("dockerfile", "build.yaml", SPEC);
    let (session, outcome) = run(fake, &opts(&named)).await;
    outcome.unwrap();
    assert!(!built(&session).contains("services/api"));
}

/// The bytes of the last graph that was solved, as text.
fn built(session: &FakeSession) -> String {
    let last = session.definitions().last().map(|last| last.def.concat());
    String::from_utf8_lossy(&last.unwrap_or_default()).into_owned()
}

#[tokio::test]
async fn what_is_not_needed_is_not_asked_for() {
    let spec = "stages:\n  other: {from: not-there}\n  app: {from: busybox, steps: [{run: make}]}\n";
    let (session, outcome) = run(images().file("dockerfile", "build.yaml", spec), &opts(&[])).await;
    outcome.unwrap();
    let lookups = session.methods().iter().filter(|method| method.starts_with("Resolve")).count();
    assert_eq!(lookups, 1, "only the image of the stage that is built");
    let reads = session.methods().iter().filter(|method| **method == "ReadFile").count();
    assert_eq!(reads, 2, "no .dockerignore where nothing of the context is read");
}

#[tokio::test]
async fn the_ignore_file_beside_the_spec_comes_before_that_of_the_context() {
    let fake = images()
        .file("dockerfile", "build.yaml", SPEC)
        .file("dockerfile", "build.yaml.dockerignore", "beside\n")
        .file("context", ".dockerignore", "inside\n");
    let (session, outcome) = run(fake, &opts(&[])).await;
    outcome.unwrap();
    let solved = format!(
        "{:?}",
        session
            .definitions()
            .last()
            .unwrap()
            .def
            .iter()
            .map(|op| String::from_utf8_lossy(op))
            .collect::<Vec<_>>()
    );
    assert!(solved.contains("beside") && !solved.contains("inside"), "{solved}");
}

#[tokio::test]
async fn several_platforms_are_returned_by_name() {
    let arm = CONFIG.replace("amd64", "arm64");
    let fake = FakeGateway::new()
        .platforms(&["linux/amd64", "linux/arm64"])
        .image_for("docker.io/library/busybox:latest", "linux/amd64", CONFIG)
        .image_for("docker.io/library/busybox:latest", "linux/arm64", arm)
        .file("dockerfile", "build.yaml", "stages: {app: {from: busybox, steps: [{run: make}]}}\n");
    let (session, outcome) = run(fake, &opts(&[("platform", "linux/amd64,linux/arm64")])).await;
    let result = outcome.unwrap();
    assert_eq!(session.longest_chain().len(), 5);
    let platforms: Value = serde_json::from_slice(&result.metadata["refs.platforms"]).unwrap();
    let ids: Vec<&str> =
        platforms["Platforms"].as_array().unwrap().iter().filter_map(|p| p["ID"].as_str()).collect();
    assert_eq!(ids, ["linux/amd64", "linux/arm64"]);
    for (id, architecture) in [("linux/amd64", "amd64"), ("linux/arm64", "arm64")] {
        let config: Value =
            serde_json::from_slice(&result.metadata[&format!("containerimage.config/{id}")]).unwrap();
        assert_eq!(config["architecture"], architecture);
    }
}

#[tokio::test]
async fn a_daemon_of_2020_gets_what_it_knows() {
    let fake = images().release(Release(8)).file("dockerfile", "build.yaml", SPEC);
    let (session, outcome) = run(fake, &opts(&[])).await;
    outcome.unwrap();
    assert!(session.methods().contains(&"ResolveImageConfig"));
}

#[tokio::test]
async fn what_a_daemon_lacks_is_said_before_the_solve() {
    let spec = "stages:\n  app:\n    from: busybox\n    steps:\n      - {copy: a, chmod: u+x}\n      - run: b\n      - {copy: b, chmod: g-w}\n";
    let fake = images().release(Release(13)).file("dockerfile", "build.yaml", spec);
    let (session, outcome) = run(fake, &opts(&[])).await;
    let failure = outcome.unwrap_err();
    let lacks = "needs `file.copy.modestring`, which this BuildKit lacks; BuildKit 0.17 is the first that has it\n  \
                 help: set the permissions as a whole: `chmod: 0755`, or `chmod: u=rwx,go=rx`";
    let expected = format!(
        "the spec has 2 faults\nbuild.yaml:5:9: `chmod: u+x` {lacks}\nbuild.yaml:7:9: `chmod: g-w` {lacks}"
    );
    assert_eq!(failure.message, expected);
    assert_eq!(failure.sources.len(), 1, "the lines go along");
    let solves = session.methods().iter().filter(|method| **method == "Solve").count();
    assert_eq!(solves, 2, "only the two sources");
}

#[tokio::test]
async fn one_layer_is_not_promised_where_it_cannot_be_made() {
    let stage = |from| {
        format!(
            "stages:\n  app:\n    from: {from}\n    squash: true\n    steps: [{{mkdir: /a}}, {{mkdir: /b}}]\n"
        )
    };
    for (from, refused) in [("busybox", true), ("scratch", false)] {
        let fake = images().release(Release(8)).file("dockerfile", "build.yaml", stage(from));
        let (_, outcome) = run(fake, &opts(&[])).await;
        let expected = "build.yaml:4:13: `squash` on a base needs `mergeop`, which this BuildKit lacks; BuildKit 0.10 is the \
                        first that has it\n  help: a stage from `scratch` that copies `/` of this one has one layer too, \
                        with the base in it";
        assert_eq!(outcome.err().map(|failure| failure.message), refused.then(|| expected.to_owned()));
    }
}

#[tokio::test]
async fn what_an_old_daemon_lacks_is_made_in_another_way() {
    let spec = "secrets: {t: {}}\nstages:\n  app:\n    from: busybox\n    steps:\n      - symlink: {target: a, path: /b}\n      \
                - remove: /c\n      - {copy: a, chmod: a=rx}\n      - {run: d, secrets: {id: t, env: T}}\n";
    let fake = images().release(Release(8)).file("dockerfile", "build.yaml", spec);
    let (session, outcome) = run(fake, &opts(&[])).await;
    outcome.unwrap();
    let definition = session.definitions().last().unwrap().clone();
    let names: Vec<String> = definition
        .metadata
        .values()
        .filter_map(|op| op.description.get("llb.customname"))
        .filter_map(|name| Some(name.split_once(" (without `")?.1.to_owned()))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let caps = ["exec.secretenv", "file.copy.modestring", "file.rm.nofollowsymlink", "file.symlink.create"];
    assert_eq!(names, caps.map(|cap| format!("{cap}`)")));
    let needed = definition.metadata.values().flat_map(|op| op.caps.keys());
    let old =
        |cap: &&String| matches!(buildkit_llb::caps::first_release(cap), Some("0.3" | "0.5" | "0.7" | "0.8"));
    assert_eq!(needed.filter(|cap| !old(cap)).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[tokio::test]
async fn branches_run_one_after_the_other_where_nothing_can_be_merged() {
    let spec = "stages:\n  app:\n    from: busybox\n    steps:\n      - parallel:\n          - [{run: a}]\n          - [{run: b}]\n";
    for (merges, ops) in [(true, 7), (false, 4)] {
        let mut fake = images().file("dockerfile", "build.yaml", spec);
        if !merges {
            fake = fake.disabled("mergeop", "only with containerd image store backend");
        }
        let (session, outcome) = run(fake, &opts(&[])).await;
        outcome.unwrap();
        // Two processes, their image and the output; two diffs and the merge.
        assert_eq!(session.definitions().last().unwrap().def.len(), ops);
        let expected = "the branches in line 5 run one after the other: this BuildKit has \"mergeop\" switched off: \
                        only with containerd image store backend";
        assert_eq!(warnings(&session), if merges { vec![] } else { vec![expected] });
    }
}

fn warnings(session: &FakeSession) -> Vec<String> {
    let warning = |call: &Call| match &call.request {
        Request::Warn(warning) => Some(String::from_utf8_lossy(&warning.short).into_owned()),
        _ => None,
    };
    session.calls().iter().filter_map(warning).collect()
}

/// Only where the spec asks for it: a layer that nobody asked for is no loss.
#[tokio::test]
async fn a_copy_that_cannot_be_linked_is_a_warning_for_each_place() {
    let spec = "stages:\n  app:\n    from: busybox\n    steps:\n      - {copy: a, link: true}\n      - copy: b\n      - {copy: c, link: false}\n      \
                - parallel:\n          - [{run: c}]\n          - [{copy: d, link: true}]\n";
    for merges in [true, false] {
        let mut fake = images().file("dockerfile", "build.yaml", spec);
        if !merges {
            fake = fake.disabled("diffop", "");
        }
        let (session, outcome) =
            run(fake, &opts(&[("platform", "linux/amd64,linux/arm64"), ("multi-platform", "true")])).await;
        outcome.unwrap();
        let link = |line| {
            format!(
                "`link: true` in line {line} makes a plain copy, which keeps links and directories of what is below: \
                 this BuildKit has \"diffop\" switched off; `link: false` says so for every daemon"
            )
        };
        let branches =
            "the branches in line 8 run one after the other: this BuildKit has \"diffop\" switched off";
        let expected = if merges { vec![] } else { vec![branches.to_owned(), link(5), link(10)] };
        assert_eq!(warnings(&session), expected);
    }
}

#[tokio::test]
async fn an_unknown_subrequest_is_refused_in_the_words_that_clients_look_for() {
    let (session, outcome) = run(FakeGateway::new(), &opts(&[("requestid", "frontend.weather")])).await;
    assert_eq!(outcome.unwrap_err().message, "unsupported request frontend.weather");
    assert!(session.methods().is_empty());
}

#[tokio::test]
async fn a_check_tells_every_fault_and_solves_nothing() {
    let spec = "stages:\n  app:\n    from: busybox\n    steps:\n      - run: make\n        chmod: 755\n      - copy: $NOPE\n";
    let fake = images().file("dockerfile", "build.yaml", spec);
    let (session, outcome) = run(fake, &opts(&[("requestid", "frontend.lint")])).await;
    let result = outcome.unwrap();
    assert_eq!(result.metadata["result.statuscode"], b"1");
    assert_eq!(
        String::from_utf8_lossy(&result.metadata["result.txt"]),
        "the spec has 2 faults\n\
         build.yaml:6:9: `chmod` does not belong to a `run` step\n  \
           help: it is an option of `copy`, `add` or `mkdir`\n\
         build.yaml:7:15: the variable `NOPE` is not defined\n  \
           help: declare it under `args` or `env`; `$$` is a dollar that stays one"
    );
    assert_eq!(
        session.methods().iter().filter(|method| **method == "Solve").count(),
        2,
        "only the two sources"
    );
}

#[tokio::test]
async fn targets_and_outline_tell_what_can_be_built_and_given() {
    let spec = "\
args: {VERSION: {default: dev, description: the release}}
secrets: {token: {required: false}}
stages:
  build: {from: busybox, description: compiles, steps: [{run: make, secrets: token, cache: go}]}
  app: {from: build}
";
    let ask = async |request| {
        let fake = images().file("dockerfile", "build.yaml", spec);
        let (_, outcome) = run(fake, &opts(&[("requestid", request)])).await;
        String::from_utf8(outcome.unwrap().metadata["result.txt"].clone()).unwrap()
    };
    assert_eq!(
        ask("frontend.targets").await,
        "TARGET          DESCRIPTION\nbuild           compiles\napp (default)\n"
    );
    assert_eq!(
        ask("frontend.outline").await,
        "TARGET:   app\n\n\
         BUILD ARG   VALUE   DESCRIPTION\nVERSION     dev     the release\n\n\
         SECRET   REQUIRED\ntoken\n"
    );
}

#[tokio::test]
async fn what_an_old_daemon_lacks_is_told_at_the_step_that_asks_for_it() {
    let spec = "\
stages:
  app:
    from: busybox
    steps:
      - {copy: /a, from: busybox, chmod: u+x}
      - {copy: /a, from: busybox, exclude: b}
      - {run: a, ulimits: {core: 0}}
      - {run: b, shm_size: 1MB}
      - {run: c, devices: vendor.com/gpu=0}
";
    let fake = images().release(Release(8)).file("dockerfile", "build.yaml", spec);
    let (session, outcome) = run(fake, &opts(&[])).await;
    let message = outcome.unwrap_err().message;
    let told: Vec<&str> = message.lines().filter(|line| line.starts_with("build.yaml")).collect();
    let line = |place: &str, words: &str, cap: &str, first: &str| {
        format!(
            "build.yaml:{place}: {words} needs `{cap}`, which this BuildKit lacks; BuildKit {first} is the first that has it"
        )
    };
    assert_eq!(
        told,
        [
            line("5:9", "`chmod: u+x`", "file.copy.modestring", "0.17"),
            line("6:9", "`exclude` of a copy", "file.copy.includeexcludepatterns", "0.9"),
            line("7:9", "`ulimits`", "exec.meta.ulimit", "0.10"),
            line("8:9", "`shm_size`", "exec.mount.tmpfs.size", "0.10"),
            line("9:9", "`devices`", "exec.meta.cdi", "0.20"),
        ]
    );
    assert_eq!(session.methods().iter().filter(|method| **method == "Return").count(), 0);
}
