//! Scanners that look at an image before it leaves the build.

use optfrontend_tests::{Build, Built, Registry, frontend, is_refused, nonce};

/// An image with a program and a file of its own, and lines of its `scan`.
fn scanned(scans: &[&str]) -> Build {
    let scans = scans.join("\n      ");
    Build::spec(&format!(
        "
secrets: {{token: {{required: false}}}}
stages:
  app:
    from: scratch
    steps:
      - {{copy: /bin/busybox, from: busybox:1.36, to: /bin/busybox}}
      - {{write: {{path: /etc/app.conf, content: NONCE, chmod: 0600}}}}
    labels: {{revision: \"1\"}}
    scan:
      {scans}
"
    ))
}

/// Scans that were not taken from the cache.
fn scans_that_ran(built: &Built) -> Vec<&str> {
    built.progress.ran().into_iter().filter(|step| step.contains("] scan ")).collect()
}

const CONF: &str = "- {name: conf, image: busybox:1.36, args: [grep, -q, NONCE, /rootfs/etc/app.conf]}";

#[test]
fn an_image_is_scanned_once_by_each_scanner() {
    let build = scanned(&[CONF, "- {name: other, image: busybox:1.36, args: [ls, /rootfs]}"]);
    if is_refused(&build) {
        return;
    }
    let first = build.image();
    assert_eq!(scans_that_ran(&first.built).len(), 2);
    let files: Vec<&String> = first.only().files.keys().collect();
    assert_eq!(files, ["/bin", "/bin/busybox", "/etc", "/etc/app.conf"]);
    assert_eq!(scans_that_ran(&build.run()), Vec::<&str>::new());
    // What is scanned are the files, however they are made.
    let spec = std::fs::read_to_string(build.folder().join("build.yaml")).unwrap();
    let copied = spec
        .replace("steps:\n", "steps:\n      - {mkdir: /etc}\n")
        .replace("revision: \"1\"", "revision: \"2\"");
    build.write("build.yaml", &copied);
    assert_eq!(scans_that_ran(&build.run()), Vec::<&str>::new());
    build.write("build.yaml", copied.replace("content: ", "content: more-"));
    assert_eq!(scans_that_ran(&build.run()).len(), 2);
}

#[test]
fn a_scanner_sees_all_files_and_changes_none() {
    let script = "
          id -u; cat /rootfs/etc/app.conf; echo; touch /rootfs/x 2>&1; ip route | wc -l; echo $$MODE; cat /run/secrets/token; echo;
          echo told >/report/told; mkdir -p /report/deep/er; echo deeper >/report/deep/er/file; echo error >&2";
    let build = scanned(&[
        "- image: busybox:1.36",
        "  env: {MODE: strict}",
        "  secrets: token",
        "  report: [told, /report/deep/er/file]",
        &format!("  args: [sh, -c, \"{}\"]", script.trim()),
        "- {name: online, image: busybox:1.36, network: default, run_as: \"65534\", args: [sh, -c, \"id -u; ip route | wc -l; touch /report/mine\"]}",
    ]);
    if is_refused(&build) {
        return;
    }
    let secret = nonce();
    let build = build.file("token", &secret).flags(["--secret=id=token,src=token"]);
    build.run_with(["--target=scan", "--output=out"]).ok();
    let read = |name: &str| std::fs::read_to_string(build.folder().join("out").join(name)).unwrap();
    let nonce = build.nonce();
    let told = format!("0\n{nonce}\ntouch: /rootfs/x: Read-only file system\n0\nstrict\n{secret}\n");
    assert_eq!((read("busybox.stdout"), read("busybox.stderr").as_str()), (told, "error\n"));
    assert_eq!(
        (read("busybox/told").as_str(), read("busybox/deep/er/file").as_str()),
        ("told\n", "deeper\n")
    );
    let online = read("online.stdout");
    assert!(online.starts_with("65534\n") && online != "65534\n0\n", "{online}");
    assert_eq!((read("online/mine").as_str(), read("online.outcome").as_str()), ("", "exit 0"));
}

#[test]
fn what_a_scanner_finds_stops_the_export_and_is_exported_where_it_is_asked_for() {
    let registry = Registry::shared();
    let name = registry.name("findings");
    let finds = "- {name: finds, image: busybox:1.36, args: [sh, -c, \"echo NONCE >/report/found; exit 3\"]}";
    let build = scanned(&[CONF, finds]);
    if is_refused(&build) {
        return;
    }
    let failed = build.run_with(["--push", "--tag", &*name]).failed();
    assert!(failed.messages().contains("the scan `finds` ended with exit code 3"), "{}", failed.messages());
    assert!(!failed.messages().contains("the scan `conf`"), "{}", failed.messages());
    assert_eq!(registry.ask(&name).status, 404);

    let exported = build.run_with(["--target=app+scan", "--output=out"]).ok();
    assert_eq!(scans_that_ran(&exported), Vec::<&str>::new());
    let found = std::fs::read_to_string(build.folder().join("out/finds/found")).unwrap();
    assert_eq!(found.trim(), build.nonce());
    assert_eq!(std::fs::read_to_string(build.folder().join("out/finds.outcome")).unwrap(), "exit 3");

    let spec = std::fs::read_to_string(build.folder().join("build.yaml")).unwrap();
    for (fail_on, fails) in [("never", false), ("[1, 4-9]", false), ("2-5", true), ("any", true)] {
        build.write("build.yaml", spec.replace("name: finds,", &format!("name: finds, fail_on: {fail_on},")));
        let outcome = build.run_with(["--output=type=cacheonly"]);
        assert_eq!(outcome.outcome.code == Some(0), !fails, "{fail_on}: {}", outcome.messages());
        assert_eq!(scans_that_ran(&outcome), Vec::<&str>::new());
    }
}

#[test]
fn each_platform_is_scanned_on_that_of_the_builder() {
    let scan = "- {name: machine, image: busybox:1.36, args: [sh, -c, \"uname -m; od -An -tx1 -j18 -N1 /rootfs/bin/busybox\"]}";
    let build = scanned(&[scan]).flags(["--platform=linux/amd64,linux/arm64"]);
    if is_refused(&build) {
        return;
    }
    build.run_with(["--target=scan", "--output=out"]).ok();
    // The byte of a program that says what it is for: 3e is x86-64, b7 is arm64.
    for (platform, machine) in [("linux_amd64", "3e"), ("linux_arm64", "b7")] {
        let told = std::fs::read_to_string(build.folder().join(format!("out/{platform}/machine.stdout")));
        assert_eq!(told.unwrap(), format!("x86_64\n {machine}\n"));
    }
}

#[test]
fn a_scanner_may_be_a_stage_or_what_the_client_gives() {
    let spec = "
default: app
stages:
  scanner:
    from: busybox:1.36
    platform: $BUILDPLATFORM
    steps: [{write: {path: /bin/scanner, chmod: 0755, content: \"#!/bin/sh\\necho $$WHO $$* && ls $$1/etc\\n\"}}]
    env: {WHO: NONCE}
    entrypoint: [scanner]
    cmd: [/rootfs, by-default]
  app:
    from: scratch
    steps: [{write: {path: /etc/app.conf, content: NONCE}}]
    scan: {image: scanner}
";
    let build = Build::spec(spec);
    if is_refused(&build) {
        return;
    }
    let told = |flag: &str| {
        build.run_with(["--target=scan", "--output=out", flag]).ok();
        std::fs::read_to_string(build.folder().join("out/scanner.stdout")).unwrap()
    };
    assert_eq!(told("--pull=false"), format!("{} /rootfs by-default\napp.conf\n", build.nonce()));
    let image = scanned(&[CONF]);
    let syntax = format!("# syntax={}\n", frontend());
    image.write(
        "build.yaml",
        syntax + "stages: {app: {from: busybox:1.36, entrypoint: [echo, another], cmd: []}}",
    );
    let registry = Registry::shared();
    let name = registry.name("another-scanner");
    image.run_with(["--push", "--tag", &*name]).ok();
    assert_eq!(told(&format!("--build-context=scanner=docker-image://{}", &*name)), "another\n");
}

#[test]
fn a_real_scanner_finds_a_key() {
    // What looks like the key of a cloud, and is the one of its documentation.
    let spec = "
default: app
stages:
  detect-secrets:
    from: python:3.11-slim-bookworm
    platform: $BUILDPLATFORM
    cache: pip
    steps:
      - {copy: requirements.txt, to: /}
      - run: pip install --require-hashes --no-deps --root-user-action=ignore -r /requirements.txt
  app:
    from: gcr.io/distroless/python3-debian12
    steps: [{write: {path: /app/settings.py, content: \"REGION = 'eu-1'  # NONCE\\nKEY\\n\"}}]
    scan:
      image: detect-secrets
      args: [find, /rootfs/app, -type, f, -exec, detect-secrets-hook, \"{}\", +]
";
    let build = Build::spec(&spec.replace("KEY", "KEY = 'AKIAIOSFODNN7EXAMPLF'"))
        .file("requirements.txt", include_str!("../../secret-scanner/requirements.txt"));
    if is_refused(&build) {
        return;
    }
    let failed = build.fail();
    let told = failed.messages();
    assert!(told.contains("the scan `detect-secrets` ended with exit code 1"), "{told}");
    assert!(told.contains("AWS Access Key") && told.contains("/rootfs/app/settings.py:2"), "{told}");
    let spec = std::fs::read_to_string(build.folder().join("build.yaml")).unwrap();
    build.write("build.yaml", spec.replace("KEY = 'AKIAIOSFODNN7EXAMPLF'", "KEY = os.environ['KEY']"));
    assert_eq!(scans_that_ran(&build.run()).len(), 1);
}

#[test]
fn a_scan_that_is_refreshed_runs_again_when_its_time_has_come() {
    let build = scanned(&[&CONF.replace("args:", "refresh: 1d, args:")]);
    if is_refused(&build) {
        return;
    }
    let at = |time: &str| {
        build
            .run_with(["--output=type=cacheonly".to_owned(), format!("--build-arg=SOURCE_DATE_EPOCH={time}")])
            .ok()
    };
    assert_eq!(scans_that_ran(&at("1700000000")).len(), 1);
    assert_eq!(scans_that_ran(&at("1700000001")), Vec::<&str>::new());
    assert_eq!(scans_that_ran(&at("1700100000")).len(), 1);
}
