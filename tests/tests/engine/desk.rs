//! The frontend's image by hand: `docker run … optfrontend/optfrontend:1 check build.yaml`, without a build.

use optfrontend_tests::{Build, Outcome, docker, frontend, repository};
use serde_json::Value;

/// A folder as users mount it; the program needs neither a network nor anything that can be written to.
fn run(build: &Build, flags: &[&str], words: &[&str]) -> Outcome {
    let mount = format!("{}:/w:ro", build.folder().display());
    let run = ["run", "--rm", "--read-only", "--network=none", "--volume", &mount, "--workdir", "/w"];
    docker([&run, flags, &[&*frontend()], words].concat())
}

#[test]
fn a_mounted_spec_is_checked() {
    let right = Build::at(repository().join("examples/go-server"));
    assert_eq!(run(&right, &[], &["check", "build.yaml"]).ok().stdout, "build.yaml: no faults\n");
    let wrong = Build::spec("stages: {app: {fron: scratch}}");
    let checked = run(&wrong, &[], &["check", "build.yaml"]);
    assert_eq!((checked.code, checked.stderr.as_str()), (Some(1), ""));
    assert!(
        checked.stdout.starts_with("build.yaml:2:16: unknown key `fron` in a stage\n"),
        "{}",
        checked.stdout
    );
}

#[test]
fn a_user_who_is_not_root_may_ask() {
    let spec = Build::at(repository().join("examples/go-server"));
    let drawn = run(&spec, &["--user=1234:1234", "--cap-drop=ALL"], &["graph", "build.yaml"]).ok().stdout;
    assert!(drawn.starts_with("flowchart TD\n"), "{drawn}");
}

#[test]
fn without_words_it_says_what_it_is_for() {
    let told = run(&Build::spec("stages: {}"), &[], &[]);
    assert_eq!(told.code, Some(2));
    assert!(told.stderr.contains("`docker buildx build -f build.yaml .`"), "{}", told.stderr);
}

#[test]
fn answers_are_those_of_a_build() {
    let spec = Build::spec(
        "
include: parts/base.yaml
stages:
  page: {from: scratch, steps: [{write: {path: /page, content: hello}}]}
  app:
    from: base
    users: web
    steps: [{copy: /page, from: page, to: /srv/}]
",
    );
    let spec = spec.file("parts/base.yaml", "stages: {base: {from: scratch, steps: [mkdir: /srv]}}\n");
    assert_same(&spec, &["expand", "explain", "graph", "schema"]);
    assert_same(&Build::at(repository().join("examples/rust-server")), &["expand", "schema"]);
}

/// Holds answers to those that the same image gives in a build.
#[track_caller]
fn assert_same(build: &Build, commands: &[&str]) {
    for command in commands {
        let called = build.run_with([&*format!("--call={command}"), "--progress=none"]).ok().outcome.stdout;
        let words = if *command == "schema" { vec!["schema"] } else { vec![*command, "build.yaml"] };
        assert_eq!(run(build, &[], &words).ok().stdout, called, "{command}");
    }
}

/// Layers that add, change, cover and remove what others have.
const LAYERS: &str = "
stages:
  app:
    from: busybox:1.36
    steps:
      - write: {path: /nonce, content: NONCE}
      - run: |
          mkdir -p /data/deep/er /old && cd /data
          dd if=/dev/zero of=large bs=1000 count=300
          ln large deep/same && ln -s ../large deep/link && mkfifo pipe
          echo a > deep/er/a && echo b > /old/b && echo c > /old/c
      - run: rm -r /old /data/deep/er && mkdir /old && echo d > /old/d && echo file > /data/deep/er
      - run: ln -s data /also
      - write: {path: /data/large, content: small}
";

#[test]
fn images_in_files_have_the_report_of_a_build() {
    let build = Build::spec(LAYERS);
    let save = |tag: &str, file: &str| {
        let file = build.folder().join(file).display().to_string();
        docker(["save", "--output", &file, tag]).ok();
    };
    let old = build.load();
    save(&old.name, "old.tar");
    let spec = std::fs::read_to_string(build.folder().join("build.yaml")).unwrap();
    build.write("build.yaml", spec.replace("count=300", "count=500").replace("echo d", "echo changed"));
    let new = build.load();
    save(&new.name, "new.tar");
    let before = format!("--build-context=before=docker-image://{}", &*old.name);
    let called =
        build.run_with(["--call=report,format=json", "--progress=none", &before]).ok().outcome.stdout;
    let told = run(&build, &[], &["report", "--format=json", "old.tar", "new.tar"]).ok().stdout;
    let [called, mut told] = [called, told].map(|answer| {
        let mut answer: Value =
            serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
        answer["platforms"][0].take()
    });
    for key in ["platform", "size", "files", "hidden", "growth"] {
        assert_eq!(told[key], called[key], "{key}: {told:#}");
    }
    // A base is one layer to a build, and has its own in a file.
    let bases =
        told["layers"].as_array().map_or(0, Vec::len) - called["layers"].as_array().map_or(0, Vec::len);
    lift(&mut told["tree"], bases as u64);
    assert_eq!(told["tree"], called["tree"]);
}

/// Counts layers from the last one of the base.
fn lift(item: &mut Value, bases: u64) {
    if let Some(layer) = item["layer"].as_u64() {
        item["layer"] = layer.saturating_sub(bases).into();
    }
    let children = item.get_mut("children").and_then(Value::as_array_mut);
    children.into_iter().flatten().for_each(|child| lift(child, bases));
}
