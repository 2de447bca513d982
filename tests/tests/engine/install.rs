//! `install`: real package managers, from real lockfiles.

use std::os::unix::fs::PermissionsExt;

use optfrontend_tests::{Build, repository};

/// A spec for the project in a folder of `tests/install`.
fn project(name: &str, spec: &str) -> Build {
    Build::spec(spec).files_of(repository().join("tests/install").join(name))
}

/// For tools that trust only certificates of their own.
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

fn javascript(name: &str) {
    let check = "test ! -e node_modules/isarray && node -e 'require(\"ms\")'";
    javascript_with(name, "production: true", check);
}

fn javascript_with(name: &str, options: &str, check: &str) {
    let build = project(
        name,
        "stages:
  app:
    from: node:22-slim
    workdir: /NONCE
    env: {NODE_EXTRA_CA_CERTS: TRUSTED, YARN_HTTPS_CA_FILE_PATH: TRUSTED}
    steps:
      - {install: [npm, pnpm, yarn, bun], OPTIONS}
      - copy: .
      - run: CHECK
"
        .replace("TRUSTED", CERTIFICATES)
        .replace("OPTIONS", options)
        .replace("CHECK", check)
        .as_str(),
    );
    build.run();
    build.write("index.js", "the source has changed");
    build.run().assert_ran(&["copy . .", "run "]);
    build.write("package.json", "{\"dependencies\": {\"ms\": \"2.1.2\"}}");
    let failed = build.fail();
    let manager = if name == "berry" { "yarn" } else { name };
    let told = format!("build.yaml:8:9: {manager} does not install from `");
    assert!(failed.messages().contains(&told), "{}", failed.messages());
}

#[test]
fn npm_with_workspaces() {
    javascript("npm");
}

/// A script that runs when packages are installed has its files; one for whoever works on the project does not run in production.
#[test]
fn npm_with_scripts_of_the_project() {
    let manifest =
        "{\"scripts\": {\"postinstall\": \"node scripts/after.mjs\", \"prepare\": \"node missing.js\"}}";
    let build = Build::spec(
        "stages:
  app:
    from: node:22-slim
    workdir: /NONCE
    steps:
      - {install: npm, production: true}
      - run: test -e made-of-lib && grep missing package.json && test ! -e other.js
",
    )
    .file("package.json", manifest)
    .file("package-lock.json", "{\"lockfileVersion\": 3, \"packages\": {\"\": {}}}")
    .file("scripts/after.mjs", "import fs from 'node:fs'; fs.writeFileSync('made-of-lib', '')")
    .file("other.js", "");
    build.run();
    build.write("other.js", "// changed");
    build.run().assert_ran(&[]);
}

#[test]
fn pnpm_with_workspaces_which_the_image_does_not_have() {
    javascript("pnpm");
}

#[test]
fn yarn() {
    javascript("yarn");
}

#[test]
fn yarn_of_today_with_workspaces() {
    javascript_with("berry", "production: false", "node -e 'require(\"isarray\")'");
}

#[test]
fn yarn_of_today_without_what_only_development_needs() {
    let spec =
        "stages: {app: {from: 'node:22-slim', workdir: /NONCE, steps: [{install: yarn, production: true}]}}";
    let build = project("berry", spec);
    build.write("package.json", "{\"dependencies\": {\"ms\": \"2.1.2\"}}");
    let messages = build.fail().messages().to_owned();
    assert!(messages.contains("asks for `ms` `2.1.2`, and the lockfile is for `2.1.3`"), "{messages}");
}

/// Scripts in the place of the wrappers, which say what they were run with once they find their settings.
#[test]
fn wrappers_of_maven_and_gradle_have_their_settings() {
    let script = |settings: &str| format!("#!/bin/sh\ntest -f {settings} && echo \"$0\" \"$@\" >> /ran\n");
    let build = Build::spec(
        "stages:
  app:
    from: busybox:1.36
    workdir: /NONCE
    steps:
      - install: maven
      - {install: gradle, path: two}
      - run: test $(wc -l < /ran) = 2
",
    )
    .file("pom.xml", "<project/>")
    .file(".mvn/wrapper/maven-wrapper.properties", "")
    .file("mvnw", script(".mvn/wrapper/maven-wrapper.properties"))
    .file("two/build.gradle", "")
    .file("two/gradle/wrapper/gradle-wrapper.properties", "")
    .file("two/gradlew", script("gradle/wrapper/gradle-wrapper.properties"));
    for wrapper in ["mvnw", "two/gradlew"] {
        let path = build.folder().join(wrapper);
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    build.run();
}

#[test]
fn bun_with_workspaces_which_the_image_does_not_have() {
    javascript("bun");
}

#[test]
fn poetry_without_what_only_development_needs() {
    let spec = "stages:
  app:
    from: python:3.11-slim
    env: {REQUESTS_CA_BUNDLE: CERTS}
    workdir: /NONCE
    steps:
      - {install: [uv, poetry, pip], production: true}
      - copy: .
      - run: .venv/bin/python3 -c 'import itsdangerous' && ! .venv/bin/python3 -c 'import click'
";
    let build = project("poetry", &spec.replace("CERTS", CERTIFICATES));
    build.run();
    build.write("app.py", "the source has changed");
    build.run().assert_ran(&["copy . .", "run .venv"]);
}

#[test]
fn pip_with_files_that_name_others() {
    let build = project(
        "pip",
        "stages:
  app:
    from: python:3.11-slim
    workdir: /NONCE
    steps:
      - install: pip
      - copy: .
      - run: [python3, -c, 'import itsdangerous, click']
",
    );
    build.run();
    build.write("app.py", "the source has changed");
    build.run().assert_ran(&["copy . .", "run python3"]);
    build.write("more.txt", "");
    let failed = build.fail();
    assert!(failed.progress.logs.contains("No module named 'click'"), "{}", failed.progress.logs);
}

#[test]
fn uv_without_what_only_development_needs() {
    let build = project(
        "uv",
        "stages:
  lock:
    from: python:3.11-slim
    workdir: /app
    cache: [pip, uv]
    steps:
      - run: pip install --quiet --root-user-action=ignore uv==0.9.8
      - copy: pyproject.toml
      - run: uv lock
  locked:
    from: scratch
    steps: [{copy: /app/uv.lock, from: lock}]
  app:
    from: python:3.11-slim
    workdir: /NONCE
    steps:
      - {install: [uv, poetry, pip], production: true}
      - copy: .
      - run: .venv/bin/python3 -c 'import itsdangerous' && ! .venv/bin/python3 -c 'import click'
",
    );
    let missing = build.fail();
    assert!(missing.messages().contains("`uv lock` makes it"), "{}", missing.messages());
    // Lockfiles of uv name the index, which is not the same everywhere.
    build.run_with(["--target=locked", "--output=."]).ok();
    build.run();
    build.write("app.py", "the source has changed");
    build.run().assert_ran(&["copy . .", "run .venv"]);
}
