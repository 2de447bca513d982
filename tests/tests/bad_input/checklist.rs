//! A line of the checklist each: a spec that asks for it, what a build says that does not keep to it, and one that does.

use optfrontend_tests::{Build, buildkit_version};

use super::assert_told;

/// The first release that hands out the frontend's image, which most of `verify` needs.
const VERIFIES: (u32, u32) = (0, 10);

/// The one must fail, told as its snapshot, and the other must not.
#[track_caller]
fn enforced(name: &str, wrong: &Build, right: &Build) {
    assert_told(name, &wrong.fail());
    right.run();
}

/// The same of what `verify` finds out in the image; an engine that cannot refuses both.
#[track_caller]
fn verified(name: &str, wrong: &str, right: &str) {
    assert_told(name, &Build::spec(wrong).fail());
    if buildkit_version() >= VERIFIES {
        Build::spec(right).run();
    }
}

#[test]
fn a_base_without_a_shell() {
    let spec = |from: &str| {
        format!(
            "
stages:
  app:
    from: {from}
    steps: [{{write: {{path: /app/server, content: binary, chmod: 0755}}}}]
    entrypoint: [/app/server]
    verify: {{forbid: [sh, apt-get]}}
"
        )
    };
    verified("checklist_base", &spec("busybox:1.36"), &spec("gcr.io/distroless/static-debian12:nonroot"));
}

#[test]
fn no_compiler_in_the_image() {
    let spec = |target: &str| {
        format!(
            "
default: {target}
stages:
  build:
    from: busybox:1.36
    steps:
      - write: {{path: /usr/bin/gcc, content: compiler, chmod: 0755}}
      - run: mkdir /out && cp /bin/true /out/server
    verify: {{forbid: [gcc, cc, make, go, cargo, javac]}}
  app:
    from: scratch
    steps: [{{copy: /out/server, from: build, to: /server}}]
    verify: {{forbid: [gcc, cc, make, go, cargo, javac]}}
"
        )
    };
    verified("checklist_compiler", &spec("build"), &spec("app"));
}

#[test]
fn no_toolchain_as_a_base() {
    let spec = |from: &str| {
        format!(
            "lint: {{error: CompilerInImage}}\nstages: {{app: {{from: '{from}', user: \"1000\", cmd: [server]}}}}\n"
        )
    };
    let [wrong, right] = ["golang:1.22-bookworm", "busybox:1.36"].map(|from| Build::spec(&spec(from)));
    enforced("checklist_toolchain", &wrong, &right);
}

#[test]
fn a_user_who_is_not_root() {
    let spec = |user: &str| {
        format!(
            "stages:\n  app:\n    from: busybox:1.36\n{user}    cmd: [httpd, -f]\n    verify: {{user: non_root}}\n"
        )
    };
    let [wrong, right] = ["", "    user: \"65532\"\n"].map(|user| Build::spec(&spec(user)));
    enforced("checklist_user", &wrong, &right);
}

#[test]
fn no_secret_in_args_and_variables() {
    let wrong = "
lint: {error: [SecretsUsedInArgOrEnv, SecretValue]}
args: {NPM_TOKEN: ''}
stages:
  app:
    from: busybox:1.36
    env: {DATABASE_PASSWORD: hunter2}
    steps: [{run: 'echo $NPM_TOKEN | wc -c'}]
";
    let right = "
lint: {error: [SecretsUsedInArgOrEnv, SecretValue]}
secrets: {npm: {}}
stages:
  app:
    from: busybox:1.36
    steps: [{run: wc -c /run/secrets/npm, secrets: [npm]}]
";
    let right = Build::spec(right).variable("TOKEN", "abc").flags(["--secret=id=npm,env=TOKEN"]);
    enforced("checklist_secrets", &Build::spec(wrong), &right);
}

#[test]
fn an_ignore_file_that_keeps_out_what_no_image_should_hold() {
    let build = || {
        let spec = "
lint: {error: ContextUnfiltered}
stages:
  app:
    from: node:22-bookworm-slim
    steps: [{copy: ., to: /app/}]
";
        Build::spec(spec).file("index.js", "").file(".env", "TOKEN=1").file("node_modules/x/index.js", "")
    };
    let right = build().file(".dockerignore", ".git\n.env\nnode_modules\n");
    enforced("checklist_ignore_file", &build(), &right);
}

#[test]
fn a_base_with_a_version() {
    let spec =
        |from: &str| format!("lint: {{error: BaseImageLatest}}\nstages: {{app: {{from: '{from}'}}}}\n");
    let [wrong, right] = ["busybox", "busybox:1.36"].map(|from| Build::spec(&spec(from)));
    enforced("checklist_version", &wrong, &right);
}

#[test]
fn a_scan_that_finds_nothing() {
    // The scanner knows one package, as others know a database of them.
    let spec = |version: &str| {
        format!(
            "
stages:
  app:
    from: scratch
    steps: [{{write: {{path: /app/packages, content: left-pad {version}}}}}]
    scan:
      image: busybox:1.36
      name: packages
      args: [sh, -c, \"! grep -n 'left-pad 1.2' /rootfs/app/packages\"]
"
        )
    };
    verified("checklist_scan", &spec("1.2"), &spec("1.3"));
}

#[test]
fn a_cache_for_each_package_manager() {
    let spec = |cache: &str| {
        format!(
            "
lint: {{error: [CacheMountMissing, CacheInLayer]}}
stages:
  app:
    from: busybox:1.36
    steps:
      - write: {{path: /usr/local/bin/pip, content: \"#!/bin/sh\\n\", chmod: 0755}}
      - run: pip install --require-hashes -r requirements.txt{cache}
"
        )
    };
    let [wrong, right] = ["", "\n        cache: pip"].map(|cache| Build::spec(&spec(cache)));
    enforced("checklist_caches", &wrong, &right);
}

#[test]
fn a_health_check() {
    let spec = |check: &str| {
        format!(
            "lint: {{error: HealthcheckMissing}}\nstages:\n  app:\n    from: busybox:1.36\n    user: \"1000\"\n    \
             expose: [8080]\n    cmd: [httpd, -f, -p, \"8080\"]\n{check}"
        )
    };
    let check = "    healthcheck: {test: [CMD, wget, -q, -O, /dev/null, \"http://localhost:8080/\"]}\n";
    let [wrong, right] = ["", check].map(|check| Build::spec(&spec(check)));
    enforced("checklist_health_check", &wrong, &right);
}

#[test]
fn a_size_under_its_target() {
    let spec = |copy: &str| {
        format!(
            "
stages:
  build:
    from: busybox:1.36
    steps: [{{run: mkdir /out && head -c 20000 /dev/zero > /out/server && head -c 50000 /dev/zero > /out/objects}}]
  app:
    from: scratch
    steps: [{{copy: {copy}, from: build, to: /app/}}]
    verify: {{max_size: 30kB}}
"
        )
    };
    verified("checklist_size", &spec("/out/"), &spec("/out/server"));
}

#[test]
fn every_platform_is_built_and_tested() {
    let spec = |when: &str| {
        format!(
            "
platforms: [linux/amd64, linux/arm64]
stages:
  app:
    from: scratch
    steps: [{{write: {{path: /app/server, content: $TARGETARCH}}{when}}}]
    verify: {{require: [/app/server]}}
"
        )
    };
    verified("checklist_platforms", &spec(", when: {TARGETARCH: amd64}"), &spec(""));
}

#[test]
fn a_list_of_the_software() {
    let spec = |wanted: &str| {
        Build::spec(&format!("stages: {{app: {{from: scratch, verify: {{attestations: {wanted}}}}}}}\n"))
    };
    assert_told("checklist_sbom", &spec("[sbom, provenance]").flags(["--provenance=false"]).fail());
}
