//! What must hold of an image before it leaves the build: on images that hold nothing but a program, for users that are not root.

use optfrontend_tests::{Build, Built, Registry, buildx_version, is_refused};

/// A server of static pages that has no shell beside it. `checks` are lines of its `verify`.
fn server(checks: &[&str]) -> Build {
    let checks = checks.join("\n      ");
    let spec = format!(
        "
stages:
  app:
    from: scratch
    steps:
      - copy: /bin/busybox
        from: busybox:1.36
        to: /busybox
      - write: {{path: /www/healthz, content: NONCE}}
      - write: {{path: /etc/passwd, content: \"root:x:0:0::/:\\ntoor:x:0:0::/:\\nweb:x:65532:65532::/:\\n\"}}
    env: {{PATH: \"/\", MODE: prod}}
    workdir: /www
    user: web
    entrypoint: [/busybox, httpd, -f, -p]
    cmd: [\"8080\"]
    verify:
      {checks}
"
    );
    Build::spec(&spec)
}

/// Checks that were not taken from the cache.
fn checks_that_ran(built: &Built) -> Vec<&str> {
    built.progress.ran().into_iter().filter(|step| step.contains("] verify ")).collect()
}

/// Checks that all hold.
const GOOD: [&str; 14] = [
    "max_size: 3MB",
    "user: non_root",
    "forbid: [/bin/sh, \"**/*.pem\", npm]",
    "require: [/www/healthz, busybox, \"/etc/pass*\"]",
    "run:",
    "  - command: [busybox, id]",
    "    stdout: {contains: uid=65532, matches: \"^uid=[0-9]+\"}",
    "    stderr: {equals: \"\"}",
    "  - command: [/busybox, sh, -c, 'echo $$PWD $$MODE; echo $$MORE >&2; /busybox touch /x || exit 7']",
    "    stdout: {equals: /www prod}",
    "    stderr: {contains: [more, touch]}",
    "    exit_code: 7",
    "    env: {MORE: more}",
    "serve: {http: \":8080/healthz\", within: 1m}",
];

#[test]
fn an_image_that_is_as_it_should_be_is_looked_at_once() {
    let build = server(&GOOD);
    if is_refused(&build) {
        return;
    }
    let first = build.image();
    assert_eq!(checks_that_ran(&first.built).len(), 4);
    let second = build.image();
    assert_eq!(checks_that_ran(&second.built), Vec::<&str>::new());
    assert_eq!(second.built.progress.cached().iter().filter(|step| step.contains("] verify ")).count(), 4);
    assert_eq!(first.only().layers, second.only().layers);
    // Checks leave nothing.
    let files: Vec<&String> = first.only().files.keys().collect();
    assert_eq!(files, ["/busybox", "/etc", "/etc/passwd", "/www", "/www/healthz"]);
}

/// The daemon would begin to read the image for each check, and cancel that.
#[test]
fn what_is_cached_is_shown_as_that() {
    let checks = ["max_size: 3MB", "run: [{command: [/busybox, echo, NONCE]}, {command: [/busybox, id]}]"];
    let build = server(&checks);
    if is_refused(&build) {
        return;
    }
    let spec = std::fs::read_to_string(build.folder().join("build.yaml")).unwrap();
    build.write("build.yaml", spec.replace("user: web", "user: 65532:65532"));
    assert_eq!(checks_that_ran(&build.run()).len(), 3);
    for _ in 0..5 {
        let steps = build.run().progress.vertices;
        let checks: Vec<_> = steps.iter().filter(|step| step.name.contains("] verify ")).collect();
        assert!(
            checks.len() == 3 && checks.iter().all(|step| step.cached && step.error.is_none()),
            "{checks:?}"
        );
    }
}

/// Checks are solved before their image is evaluated.
#[test]
fn a_step_below_a_check_that_fails_is_told_as_one_of_the_image() {
    for (step, told) in
        [("run: exit 3", "exit code: 3"), ("{run: echo, run_as: nobody-there}", "nobody-there")]
    {
        let build = Build::spec(&format!(
            "
stages:
  app:
    from: busybox:1.36
    steps:
      - write: {{path: /nonce, content: NONCE}}
      - {step}
    user: \"65532\"
    verify: {{max_size: 100MB, run: [{{command: [/bin/true]}}]}}
"
        ));
        if is_refused(&build) {
            return;
        }
        let failed = build.fail();
        let told = failed.messages().contains(told) && failed.messages().contains("build.yaml:8");
        assert!(told && !failed.messages().contains("cannot be run as"), "{}", failed.messages());
    }
}

#[test]
fn another_expectation_runs_nothing_again() {
    let build = server(&["run: [{command: [/busybox, echo, NONCE], stdout: {contains: other}}]"]);
    if is_refused(&build) {
        return;
    }
    assert!(build.fail().messages().contains("does not contain `other`"));
    let spec = std::fs::read_to_string(build.folder().join("build.yaml")).unwrap();
    build.write("build.yaml", spec.replace("contains: other", &format!("equals: {}", build.nonce())));
    assert_eq!(checks_that_ran(&build.run()), Vec::<&str>::new());
}

#[test]
fn nothing_is_pushed_that_fails() {
    let registry = Registry::shared();
    let name = registry.name("unfit");
    let build = server(&["forbid: [/busybox]"]);
    if is_refused(&build) {
        return;
    }
    let failed = build.run_with(["--push", "--tag", &*name]).failed();
    assert!(failed.messages().contains("`/busybox` is in the image"), "{}", failed.messages());
    assert_eq!(registry.ask(&name).status, 404);
}

#[test]
fn another_platform_is_checked_by_programs_of_its_own() {
    let checks = [
        "max_size: 3MB",
        "require: [/busybox]",
        "run: [{command: [/busybox, uname, -m], stdout: {equals: aarch64}}]",
        "serve: {http: \":8080/healthz\", within: 1m}",
    ];
    let build = server(&checks).flags(["--platform=linux/arm64"]);
    if is_refused(&build) {
        return;
    }
    build.run();
    assert_eq!(checks_that_ran(&build.run()), Vec::<&str>::new());
}

#[test]
fn of_several_platforms_each_is_checked() {
    let check = "run: [{command: [/busybox, uname, -m], stdout: {equals: x86_64}}]";
    let build = server(&[check]).flags(["--platform=linux/amd64,linux/arm64"]);
    if is_refused(&build) {
        return;
    }
    let failed = build.fail();
    let told = "for linux/arm64: the stdout of `/busybox uname -m` is not `x86_64`\n  | aarch64";
    assert!(failed.messages().contains(told), "{}", failed.messages());
    assert!(!failed.messages().contains("for linux/amd64"), "{}", failed.messages());
}

#[test]
fn only_the_image_that_is_built_is_checked() {
    let build = server(&["require: [/missing]", "run: [{command: [/busybox, \"false\"]}]"]);
    if is_refused(&build) {
        return;
    }
    build.fail();
    let spec = std::fs::read_to_string(build.folder().join("build.yaml")).unwrap();
    build.write("build.yaml", format!("{spec}  last:\n    from: app\n    labels: {{last: \"1\"}}\n"));
    build.run();
    build.run_with(["--target=app", "--output=type=cacheonly"]).failed();
    build.run_with(["--target=app+debug", "--output=type=cacheonly"]).ok();
    if buildx_version() >= (0, 16) {
        let asked = build.run_with(["--target=app", "--check"]).ok();
        assert!(!asked.logs.contains("verify"), "{}", asked.logs);
    }
}

#[test]
fn users_are_known_by_the_files_of_the_image() {
    for (user, rule, told) in [
        ("toor", "non_root", Some("the image runs as root: `toor` has the uid 0")),
        ("who", "non_root", Some("no line of the image's /etc/passwd is for the user `who`")),
        ("web", "\"65532\"", None),
        ("65532", "web", None),
        ("toor", "web", Some("the image runs as `toor`, not as `web`")),
    ] {
        let spec = std::fs::read_to_string(server(&[&format!("user: {rule}")]).folder().join("build.yaml"));
        let spec = spec.unwrap().replacen("user: web", &format!("user: {user}"), 1);
        let outcome = Build::spec("").file("build.yaml", spec).run_with(["--output=type=cacheonly"]);
        match told {
            None => drop(outcome.ok()),
            Some(told) => assert!(outcome.messages().contains(told), "{}", outcome.messages()),
        }
    }
}

#[test]
fn a_stop_signal_reaches_the_server() {
    // What does not stop at it takes until it is killed.
    let script = "trap 'echo stops; exit 0' USR1; trap '' TERM; /busybox httpd -p 8080; while :; do /busybox sleep 0.1; done";
    let spec = format!(
        "
stages:
  app:
    from: scratch
    steps:
      - {{copy: /bin/busybox, from: busybox:1.36, to: /busybox}}
      - {{write: {{path: /mark, content: NONCE}}}}
    entrypoint: [/busybox, sh, -c, \"{script}\"]
    stop_signal: SIGUSR1
    verify:
      serve: {{tcp: \":8080\", within: 1m}}
"
    );
    let build = Build::spec(&spec);
    if is_refused(&build) {
        return;
    }
    let run = build.run();
    assert!(run.logs.contains("stops"), "{}", run.logs);
}

#[test]
fn a_network_is_there_for_what_asks_for_it() {
    let command = "command: [/busybox, sh, -c, '/busybox ip route | /busybox wc -l']";
    let build = server(&[
        "run:",
        &format!("  - {{{command}, stdout: {{equals: \"0\"}}}}"),
        &format!("  - {{{command}, stdout: {{matches: \"^[1-9]\"}}, network: default}}"),
    ]);
    if is_refused(&build) {
        return;
    }
    build.run();
}

#[test]
fn nobody_writes_a_report_about_itself() {
    // As root and as nobody in particular: over the report, by a link and another directory in its place, and by what is left behind.
    let place = "/dev/optfrontend/check";
    let forges = format!(
        "while :; do echo exit 0 >{place}/outcome; echo fine >{place}/stdout; done & /busybox mkdir {place}/stderr; /busybox ln -sf /etc/passwd {place}/outcome; \
         /busybox mv /dev/optfrontend /dev/other; /busybox mkdir -p {place}; echo exit 0 >{place}/outcome; \
         trap '' TERM; /busybox setsid /busybox sleep 1000 & exit 3"
    );
    let build = server(&[
        "run:",
        &format!("  - {{command: [/busybox, sh, -c, \"{forges}\"], stdout: {{equals: fine}}}}"),
        &format!("  - {{command: [/busybox, sh, -c, \"{forges}\"], stdout: {{equals: fine}}, run_as: root}}"),
    ]);
    if is_refused(&build) {
        return;
    }
    let failed = build.fail();
    let told = failed.messages();
    assert_eq!(told.matches("ended with exit code 3, not 0").count(), 2, "{told}");
}
