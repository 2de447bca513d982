//! The program on a desk: `optfrontend COMMAND FILE`, as a process.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests end the test")]

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

/// A folder that the program is started in, gone behind the test.
struct Desk(PathBuf);

impl Desk {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("optfrontend-desk-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn with(spec: &str) -> Self {
        Self::new().file("build.yaml", spec)
    }

    fn file(self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    fn run(&self, words: &[&str]) -> Told {
        told(command(words).current_dir(&self.0).stdin(Stdio::null()).output().unwrap())
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_optfrontend"));
    command.args(words).env_remove("BUILDKIT_SESSION_ID").env_remove("BUILDKIT_WORKERS");
    command
}

/// What the program has said.
struct Told {
    code: i32,
    out: String,
    err: String,
}

fn told(Output { status, stdout, stderr }: Output) -> Told {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Told { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}

impl Told {
    #[track_caller]
    fn good(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }

    /// Everything, for a snapshot.
    fn all(&self) -> String {
        let Self { code, out, err } = self;
        format!("exit code {code}\n--- stdout\n{out}--- stderr\n{err}")
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn shop() -> Desk {
    Desk::with(&fs::read_to_string(repository("frontend/tests/explained/shop.yaml")).unwrap())
}

#[track_caller]
fn assert_snapshot(name: &str, told: &Told) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("desk");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, told.all()));
}

#[test]
fn every_example_is_told_of() {
    for entry in fs::read_dir(repository("examples")).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.join("build.yaml").exists() {
            continue;
        }
        let run = |command: &str| {
            let words = [command, "build.yaml"];
            told(self::command(&words).current_dir(&folder).stdin(Stdio::null()).output().unwrap()).good()
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
fn faults_are_told_with_their_lines() {
    let wrong = fs::read_to_string(repository("frontend/tests/invalid/all_phases.yaml")).unwrap();
    let desk = Desk::new().file("sub/build.yaml", wrong);
    assert_snapshot("faults", &desk.run(&["check", "sub/build.yaml"]));
    let checked = desk.run(&["check", "--format=json", "sub/build.yaml"]);
    assert_eq!(checked.code, 1);
    let message = checked.json()["buildError"]["message"].clone();
    assert!(message.as_str().unwrap().contains("\nsub/build.yaml:"), "{message}");
    for command in ["expand", "explain", "graph"] {
        let told = desk.run(&[command, "sub/build.yaml"]);
        assert_eq!((told.code, told.out.as_str()), (1, ""), "{command}");
        assert!(told.err.contains("sub/build.yaml:") && told.err.ends_with(" faults\n"), "{}", told.err);
    }
}

#[test]
fn a_spec_from_stdin_is_read() {
    let run = |spec: &str| {
        let mut child = command(&["check", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(spec.as_bytes()).unwrap();
        told(child.wait_with_output().unwrap())
    };
    assert_eq!(run("stages: {app: {from: scratch}}").good().out, "<stdin>: no faults\n");
    assert_snapshot("stdin", &run("include: base.yaml\nstages: {app: {from: scratch}}\n"));
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
    labels: {made: '$OWN $NODE_VERSION $VERSION ${NONE:-none}'}
    steps: [{run: 'for i in *; do echo $i; done'}]
";
    assert_snapshot("variables", &Desk::with(spec).run(&["check", "build.yaml"]));
    let scratch = spec.replace("node:22", "scratch");
    assert_snapshot("variables_of_nothing", &Desk::with(&scratch).run(&["check", "build.yaml"]));
}

#[test]
fn options_mean_what_they_mean_in_a_build() {
    let desk = Desk::with(
        "
args: {V: {required: true, pattern: '[0-9]+'}}
sources: {tools: {context: tools}}
stages: {a: {from: scratch}, b: {from: scratch, steps: [{copy: /x, from: tools, to: /$V}]}}
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
fn included_files_are_those_beside_the_spec() {
    let base = "stages: {app: {from: scratch, env: {A: $NONE}}}\n";
    let desk =
        Desk::new().file("sub/build.yaml", "include: parts/base.yaml\n").file("sub/parts/base.yaml", base);
    assert_snapshot("include", &desk.run(&["check", "sub/build.yaml"]));
    let desk =
        Desk::with("include: [bose.yaml, out.yaml, folder]\n").file("base.yaml", base).file("folder/x", "");
    symlink("/etc/hostname", desk.0.join("out.yaml")).unwrap();
    assert_snapshot("include_nothing", &desk.run(&["check", "build.yaml"]));
}

const INSTALL: &str = "stages: {app: {from: 'node:22', workdir: /app, steps: [{install: yarn}]}}\n";

fn project() -> Desk {
    Desk::with(INSTALL)
        .file("package.json", r#"{"name": "x", "workspaces": ["packages/[ab]*"]}"#)
        .file("yarn.lock", "# yarn lockfile v1\n")
        .file("packages/a/package.json", r#"{"name": "a"}"#)
        .file("packages/c/package.json", r#"{"name": "c"}"#)
}

#[test]
fn the_build_context_is_looked_at() {
    let desk = project();
    let core = desk.run(&["expand", "build.yaml"]).good().out;
    assert!(core.contains("packages/a/package.json") && !core.contains("packages/c"), "{core}");
    let elsewhere = Desk::with(INSTALL);
    let context = desk.0.to_string_lossy().into_owned();
    assert_eq!(elsewhere.run(&["expand", "build.yaml", "--context", &context]).good().out, core);
    assert_snapshot("install_nothing", &elsewhere.run(&["expand", "build.yaml"]));
}

#[test]
fn what_is_ignored_is_not_in_the_build_context() {
    let desk = project().file(".dockerignore", "yarn.*\n");
    let ignored = desk.run(&["check", "build.yaml"]);
    assert_eq!(ignored.code, 1, "{}", ignored.all());
    // That of the spec goes over that of the context.
    let desk = desk.file("build.yaml.dockerignore", "# nothing\n");
    desk.run(&["check", "build.yaml"]).good();
    let desk = desk.file("build.yaml.dockerignore", "[\n!\n");
    assert_snapshot("dockerignore", &desk.run(&["check", "build.yaml"]));
}

#[test]
fn a_preset_is_found() {
    let desk = Desk::with("preset: auto\n")
        .file("go.mod", "module example.com/x\n\ngo 1.22\n")
        .file("main.go", "package main\n");
    assert_snapshot("preset", &desk.run(&["check", "build.yaml"]));
    assert_snapshot("preset_of_nothing", &Desk::with("preset: auto\n").run(&["check", "build.yaml"]));
}

#[test]
fn what_cannot_be_read_is_told() {
    let desk = Desk::with("stages: {app: {from: scratch}}").file("sub/x", "");
    for (spec, why) in [
        ("biuld.yaml", "there is no file biuld.yaml; did you mean `build.yaml`?"),
        ("nowhere/build.yaml", "there is no file nowhere/build.yaml"),
        ("sub", "sub is a folder: name the spec in it, such as sub/build.yaml"),
        (".", ". is a folder: name the spec in it"),
        ("build.yaml/x", "build.yaml/x cannot be read: Not a directory (os error 20)"),
    ] {
        let told = desk.run(&["check", spec]);
        assert_eq!((told.code, told.out.as_str()), (2, ""));
        assert_eq!(told.err, format!("optfrontend: {why}\n"));
    }
    let told = desk.run(&["check", "build.yaml", "--context=none"]);
    assert_eq!((told.code, told.err.as_str()), (2, "optfrontend: the build context none is no folder\n"));
}

#[test]
fn a_file_that_may_not_be_read_is_told() {
    let desk = Desk::with("stages: {app: {from: scratch}}");
    let program = desk.0.join("optfrontend");
    fs::copy(env!("CARGO_BIN_EXE_optfrontend"), &program).unwrap();
    fs::set_permissions(&desk.0, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(desk.0.join("build.yaml"), fs::Permissions::from_mode(0o000)).unwrap();
    let mut command = Command::new(program);
    command.args(["check", "build.yaml"]).current_dir(&desk.0);
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        // Root may read everything.
        command.uid(65534).gid(65534);
    }
    let told = told(command.output().unwrap());
    assert_eq!(
        (told.code, told.err.as_str()),
        (2, "optfrontend: build.yaml cannot be read: permission denied\n")
    );
}

#[test]
fn no_bytes_break_it() {
    let mut garbage: Vec<u8> = (0..=255).cycle().take(4096).collect();
    garbage.insert(0, 0xff);
    let large = "# a comment\n".repeat(900_000);
    let desk = Desk::new().file("garbage.yaml", garbage).file("large.yaml", large).file("empty.yaml", "");
    assert_snapshot("garbage", &desk.run(&["check", "garbage.yaml"]));
    assert_snapshot("large", &desk.run(&["check", "large.yaml"]));
    assert_snapshot("empty", &desk.run(&["check", "empty.yaml"]));
}

#[test]
fn a_wrong_command_line_is_told() {
    let desk = Desk::with("stages: {app: {from: scratch}}");
    for (words, why) in [
        (vec!["chekc"], "there is no command `chekc`; did you mean `check`?"),
        (vec!["--format=json"], "a command comes first, before `--format`"),
        (vec!["check"], "the spec is missing: name its file, or `-` for stdin"),
        (
            vec!["check", "build.yaml", "."],
            "one spec at a time: `.` is too many; the build context is named by `--context`",
        ),
        (vec!["check", "--format=svg", "a"], "`svg` is no format of this command: `text` or `json`"),
        (
            vec!["graph", "--format", "text", "a"],
            "`text` is no format of this command: `mermaid`, `dot`, `svg` or `json`",
        ),
        (vec!["graph", "a", "--format"], "`--format` needs a value"),
        (vec!["check", "--tagret=a", "a"], "there is no option `--tagret`; did you mean `target`?"),
        (vec!["check", "-f", "a"], "there is no option `-f`"),
        (
            vec!["check", "--build-context", "x", "a"],
            "`x` is no build context: write `NAME=FOLDER`, or a URL behind the `=`",
        ),
        (vec!["schema", "build.yaml"], "`schema` takes no file: there is one schema for all specs"),
        (vec!["schema", "--format=json"], "`schema` has no option `--format`"),
    ] {
        let told = desk.run(&words);
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{words:?}");
        assert_eq!(told.err, format!("optfrontend: {why}\n`optfrontend --help` shows how it is used\n"));
    }
    let told = desk.run(&["check", "build.yaml", "--platform=x/y/z/w"]);
    assert_eq!(told.code, 2);
    assert!(told.err.starts_with("optfrontend: `--platform`: `x/y/z/w` is not a platform"), "{}", told.err);
}

#[test]
fn help_and_version_are_there() {
    let desk = Desk::new();
    assert_snapshot("help", &desk.run(&["--help"]));
    for words in [&["-h"][..], &["help"], &["check", "--help"], &["graph", "a", "-h"], &["schema", "-h"]] {
        assert_eq!(desk.run(words).good().out, desk.run(&["--help"]).out);
    }
    assert_eq!(desk.run(&["--version"]).good().out, concat!("optfrontend ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn without_a_daemon_and_without_words_it_says_what_it_is_for() {
    assert_snapshot("nothing", &Desk::new().run(&[]));
}

#[test]
fn whoever_reads_may_stop() {
    let mut child = command(&["schema"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let told = told(child.wait_with_output().unwrap());
    assert_eq!((told.code, told.err.as_str()), (0, ""));
}
