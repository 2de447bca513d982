//! The frontend's image by hand: `docker run … optfrontend/optfrontend:1 check build.yaml`, without a build.

use optfrontend_tests::{Build, Outcome, docker, frontend, repository};

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
