//! `install: cargo`: what was compiled before the sources were there is never taken for them, however old the sources are.

use optfrontend_tests::{Build, docker, repository};

/// A program with a library beside it, whose workspace has a library with a build script and a macro, and one beyond the workspace.
fn project(spec: &str) -> Build {
    Build::spec(spec).files_of(repository().join("tests/install/cargo"))
}

const GREETING: &str = "Hello, Ada!";

/// A stage that installs and compiles, `env` being the rest of its keys.
fn compiled(env: &str) -> String {
    format!(
        "stages:
  app:
    from: rust:1.95-slim-bookworm
    workdir: /NONCE
    network: none
    {env}
    steps:
      - install: cargo
      - copy: .
      - run: cargo build --locked && test \"$(find target -name greet -path '*debug/greet' -exec {{}} \\;)\" = '{GREETING}'
"
    )
}

#[test]
fn for_the_platform_of_the_build() {
    project(&compiled("env: {}")).run();
}

#[test]
fn for_the_platform_of_a_variable() {
    project(&compiled("env: {CARGO_BUILD_TARGET: x86_64-unknown-linux-gnu}")).run();
}

#[test]
fn for_the_platform_of_the_settings() {
    for target in ["\"x86_64-unknown-linux-gnu\"", "[\"x86_64-unknown-linux-gnu\"]"] {
        let settings = format!("[build]\ntarget = {target}\n");
        project(&compiled("env: {}")).file(".cargo/config.toml", settings).run();
    }
}

#[test]
fn by_the_preset() {
    let image = project("preset: rust\nstages: {build: {workdir: /NONCE}}\n").load();
    assert_eq!(docker(["run", "--rm", &*image.name]).ok().stdout.trim(), GREETING);
}
