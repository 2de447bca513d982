//! The whole pipeline against a daemon in memory: the calls that a build makes, and what it returns.
//!
//! The clock stands still while anything is left to do: what overlaps does not hang on how fast the machine is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use buildkit_proto::google::rpc::Status;
use frontend::build::build;
use frontend::gateway::{BuildResult, Failure};
use frontend::opts::FrontendOpts;
use optfrontend_tests::fake_gateway::{Call, FakeGateway, FakeSession, Release, Request};
use serde_json::Value;
use tokio::task::LocalSet;

mod calls;
mod contexts;
mod daemons;

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
    // What lint finds would be told by a call each, beside the solve.
    let quiet = ("build-arg:BUILDKIT_DOCKERFILE_CHECK", "skip=all");
    let given = [("filename", "build.yaml"), quiet].into_iter().chain(extra.iter().copied());
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

#[tokio::test(start_paused = true)]
async fn a_stage_by_its_number_is_told_the_names() {
    let spec = "stages:\n  build: {from: busybox}\n  app:\n    from: scratch\n    steps:\n      - {copy: /a, from: 0}\n";
    let (_, outcome) = run(images().file("dockerfile", "build.yaml", spec), &opts(&[])).await;
    let message = outcome.unwrap_err().message;
    assert!(
        message.ends_with("\n  help: stages have names here and no numbers: `build` or `app`"),
        "{message}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_build_has_five_round_trips() {
    let (session, outcome) = run(images().file("dockerfile", "build.yaml", SPEC), &opts(&[])).await;
    outcome.unwrap();
    let chain = session.longest_chain();
    assert_eq!(chain.len(), 5, "{chain:?}");
    assert_eq!(chain.last(), Some(&"Return"));
}

#[tokio::test(start_paused = true)]
async fn a_lock_file_takes_no_round_trip_and_stands_for_tags() {
    let digest = |c: &str| format!("sha256:{}", c.repeat(64));
    let (golang, busybox) =
        (format!("golang:1.22@{}", digest("a")), format!("busybox:latest@{}", digest("b")));
    // Nobody has the tags.
    let fake = FakeGateway::new()
        .platforms(&["linux/amd64"])
        .image(&format!("docker.io/library/{golang}"), CONFIG)
        .image(&format!("docker.io/library/{busybox}"), CONFIG)
        .file("dockerfile", "build.yaml", SPEC)
        .file(
            "dockerfile",
            "build.yaml.lock",
            format!("version: 1\nimages: {{golang:1.22: {}, busybox: {}}}\n", digest("a"), digest("b")),
        );
    let (session, outcome) = run(fake, &opts(&[])).await;
    outcome.unwrap();
    assert_eq!(session.longest_chain().len(), 5, "{:?}", session.longest_chain());
    let loads = session.calls().iter().filter(|call| matches!(&call.request, Request::ReadFile(_))).count();
    assert_eq!(loads, 4, "the spec, its lock file, and two ignore files");
}

/// A project of npm with a workspace.
fn project() -> FakeGateway {
    images()
        .image("docker.io/library/node:22-slim", CONFIG)
        .file("context", ".dockerignore", "secret\n")
        .file("context", "package.json", r#"{"name": "app", "scripts": {"start": "node app.js"}}"#)
        .file("context", "package-lock.json", r#"{"packages": {"": {}, "libs/a": {}}}"#)
        .file("context", "libs/a/package.json", "{}")
}

/// The first look at the context takes one for the ignore file, and two for files; what a manifest names takes two more.
#[tokio::test(start_paused = true)]
async fn an_install_takes_three_more_round_trips_and_two_for_a_workspace() {
    for (lock, trips) in [("{}", 8), (r#"{"packages": {"": {}, "libs/a": {}}}"#, 10)] {
        let spec = "stages: {app: {from: busybox, steps: [{install: npm}, {copy: .}]}}\n";
        let fake =
            project().file("context", "package-lock.json", lock).file("dockerfile", "build.yaml", spec);
        let (session, outcome) = run(fake, &opts(&[])).await;
        outcome.unwrap();
        let chain = session.longest_chain();
        assert_eq!(chain.len(), trips, "{chain:?}");
        let ignore = |call: &Call| match &call.request {
            Request::ReadFile(read) => {
                read.file_path.ends_with(".dockerignore") && !read.file_path.contains("build.yaml")
            }
            _ => false,
        };
        assert_eq!(session.calls().iter().filter(|call| ignore(call)).count(), 1, "it is read once");
    }
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

#[tokio::test(start_paused = true)]
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

#[tokio::test(start_paused = true)]
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
    assert_eq!(names, ["build", "app", "debug"]);
    assert_eq!(targets["targets"][0]["location"]["sourceIndex"], 1);
    assert_eq!(targets["targets"][1]["location"].get("sourceIndex"), None);
    assert_eq!(ask("frontend.lint").await["sources"][3]["filename"], "ci/deep.yaml");
}

#[tokio::test(start_paused = true)]
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

#[tokio::test(start_paused = true)]
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

#[tokio::test(start_paused = true)]
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
    let imports = ("cache-imports", r#"[{"Type":"registry","Attrs":{"ref":"registry.example.com/cache"}}]"#);
    let (session, outcome) = run(fake.clone(), &opts(&[imports])).await;
    outcome.unwrap();
    assert_eq!(session.longest_chain().len(), 5, "no base is looked into where all may be cached elsewhere");
    let (session, outcome) = run(fake.without("mergeop"), &opts(&[])).await;
    outcome.unwrap();
    assert_eq!(session.longest_chain().len(), 5, "nothing is read where nothing can be merged");
}

#[tokio::test(start_paused = true)]
async fn accounts_take_two_more_round_trips_for_each_stage_that_has_to_run_first() {
    let on_images = "{from: busybox, users: a, steps: [{copy: x, to: /srv/x, chown: a}]}";
    let chain = "{from: busybox, users: a, steps: [{run: b}]}\n  c: {from: a, users: d}\n  e: {from: c, steps: [{run: f}]}\n  g: {from: e, users: h}";
    let several: Vec<String> = (0..8).map(|n| format!("{{from: golang:1.22, users: u{n}}}")).collect();
    let copies: Vec<String> = (0..8).map(|n| format!("{{copy: /x, from: s{n}, to: /{n}/}}")).collect();
    let several: Vec<String> =
        several.iter().enumerate().map(|(n, stage)| format!("s{n}: {stage}")).collect();
    let many = format!(
        "{{from: scratch}}\n  {}\n  z: {{from: busybox, users: v, steps: [{}]}}",
        several.join("\n  "),
        copies.join(", ")
    );
    let specs = [
        ("{from: scratch, users: [a, b], steps: [{copy: x, to: /x, chown: a}]}", 5),
        ("{from: busybox, users: [a, b]}", 7),
        (on_images, 7),
        (&many, 7),
        ("{from: scratch, users: [a]}\n  b: {from: a, users: c}", 4),
        ("{from: busybox, users: [a]}\n  b: {from: a, users: c}", 7),
        ("{from: busybox, steps: [{run: b}]}\n  b: {from: a, users: c}", 7),
        (chain, 11),
    ];
    for (stages, trips) in specs {
        let spec = format!("stages:\n  a: {stages}\n");
        let fake = images().file("dockerfile", "build.yaml", spec.clone());
        let (session, outcome) = run(fake, &opts(&[("platform", "linux/amd64,linux/arm64")])).await;
        outcome.unwrap();
        let chain = session.longest_chain();
        assert_eq!(chain.len(), trips, "{spec}{chain:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_daemon_lacks_is_said_before_steps_run_for_accounts() {
    let spec = "stages:\n  a: {from: busybox, steps: [{run: b}]}\n  b: {from: a, users: c, steps: [{copy: x, chmod: u+x}]}\n";
    let fake = images().release(Release(13)).file("dockerfile", "build.yaml", spec);
    let (session, outcome) = run(fake, &opts(&[])).await;
    let message = outcome.unwrap_err().message;
    assert!(message.starts_with("build.yaml:3:34: `chmod: u+x` needs `file.copy.modestring`"), "{message}");
    let solves = session.methods().iter().filter(|method| **method == "Solve").count();
    assert_eq!(solves, 3, "only the three sources");
}

#[tokio::test(start_paused = true)]
async fn accounts_are_added_to_those_of_the_base() {
    let image = images().image_source("docker.io/library/busybox:latest");
    let base = |fake: FakeGateway| {
        fake.source_file(&image, "etc/passwd", b"root:x:0:0:r\xf6\xf6t:/:/bin/sh".as_slice())
            .source_file(&image, "etc/group", "root:x:0:\n")
            .source_file(&image, "etc/shadow", "")
    };
    let spec = "stages: {app: {from: busybox, users: [web, {name: root, uid: 0}]}}\n";
    for release in [Release(8), Release(13), Release(25)] {
        let fake = base(images()).release(release).file("dockerfile", "build.yaml", spec);
        let (session, outcome) = run(fake, &opts(&[])).await;
        outcome.unwrap();
        let definition = session.definitions().last().unwrap().def.concat();
        let has = |bytes: &[u8]| definition.windows(bytes.len()).any(|window| window == bytes);
        assert!(has(b"r\xf6\xf6t:/:/bin/sh\nweb:x:10001:10001::/nonexistent:/sbin/nologin\n"));
        assert!(has(b"root:x:0:\nweb:x:10001:\n") && has(b"web:!:::::::\n") && !has(b"gshadow"));
    }
    let spec = "stages: {app: {from: busybox, users: [{name: root, home: /root}]}}\n";
    let (session, outcome) = run(base(images()).file("dockerfile", "build.yaml", spec), &opts(&[])).await;
    let message = outcome.unwrap_err().message;
    assert!(
        message.starts_with("build.yaml:1:58: the user `root` is there already, with the home `/`"),
        "{message}"
    );
    assert!(!session.methods().contains(&"Return"));
}

#[tokio::test(start_paused = true)]
async fn accounts_of_a_base_that_cannot_be_read_fail_the_build() {
    let spec = "stages:\n  app:\n    from: busybox\n    users: a\n";
    let fake = images().file("dockerfile", "build.yaml", spec);
    let status = Status { code: 2, message: "no space left".to_owned(), details: Vec::new() };
    let image = images().image_source("docker.io/library/busybox:latest");
    let (_, outcome) = run(fake.clone().fail_source(&image, status), &opts(&[])).await;
    assert_eq!(outcome.unwrap_err().message, "no space left");
    let large = vec![b'#'; (1 << 20) + 1];
    let (_, outcome) = run(fake.source_file(&image, "etc/group", large), &opts(&[])).await;
    assert_eq!(
        outcome.unwrap_err().message,
        "build.yaml:3:11: `/etc/group` of what this stage starts from has more than 1048576 bytes"
    );
}

#[tokio::test(start_paused = true)]
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

#[tokio::test(start_paused = true)]
async fn what_is_not_needed_is_not_asked_for() {
    let spec = "stages:\n  other: {from: not-there}\n  app: {from: busybox, steps: [{run: make}]}\n";
    let (session, outcome) = run(images().file("dockerfile", "build.yaml", spec), &opts(&[])).await;
    outcome.unwrap();
    let lookups = session.methods().iter().filter(|method| method.starts_with("Resolve")).count();
    assert_eq!(lookups, 1, "only the image of the stage that is built");
    let reads = session.methods().iter().filter(|method| **method == "ReadFile").count();
    assert_eq!(reads, 3, "no .dockerignore where nothing of the context is read");
}

#[tokio::test(start_paused = true)]
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
