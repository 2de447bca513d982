//! The spec, what it includes, and the build context.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use crate::program::{Desk, assert_snapshot, command, told};

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
    // Copied by another process: what another test starts meanwhile would inherit a file open for writing here, and a program
    // that somebody may write cannot be run.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_optfrontend")).arg(&program).status().unwrap();
    assert!(copied.success());
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
