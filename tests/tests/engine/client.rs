//! Flags that are the client's own affair, with our frontend behind them.

use optfrontend_tests::{Build, Site, docker};

const SPEC: &str = "stages: {app: {from: busybox:1.36, steps: [{run: echo NONCE > /mark}]}}";

#[test]
fn the_spec_may_come_from_stdin() {
    let build =
        Build::spec("stages: {app: {from: scratch, steps: [{copy: file}]}}").file("file", "from the context");
    assert_eq!(build.from_stdin().image().only().text("/file"), "from the context");
}

#[test]
fn the_spec_may_lie_anywhere() {
    let spec = Build::spec("stages: {app: {from: scratch, steps: [{copy: file}]}}");
    let elsewhere = spec.folder().join("build.yaml");
    let text = std::fs::read_to_string(&elsewhere).unwrap();
    let site = Site::empty().file("/build.yaml", text.clone()).start();
    for place in [elsewhere.to_str().unwrap().to_owned(), site.url("/build.yaml")] {
        // The harness looks at the file of that name beside the context for what names the frontend.
        let build = Build::spec("").file("file", "x").file("build.yaml", &text);
        assert_eq!(build.flags([format!("--file={place}")]).image().only().text("/file"), "x");
    }
}

#[test]
fn without_any_context() {
    let spec = "stages: {app: {from: busybox:1.36, steps: [{run: echo NONCE > /mark}]}}";
    let build = Build::spec(spec).alone();
    assert_eq!(build.image().only().text("/mark"), format!("{}\n", build.nonce()));
}

#[test]
fn progress_has_the_form_asked_for() {
    let plain = Build::spec(SPEC).run_with(["--progress=plain"]).ok().outcome;
    assert!(plain.stderr.contains("[app 2/2] run echo"), "{}", plain.stderr);
    let quiet = Build::spec(SPEC).run_with(["--progress=quiet"]).ok().outcome;
    assert!(quiet.stdout.starts_with("sha256:") && quiet.stderr.is_empty(), "{quiet:?}");
    let none = Build::spec(SPEC).run_with(["--progress=none"]).ok().outcome;
    assert!(none.stdout.is_empty() && none.stderr.is_empty(), "{none:?}");
    let json = Build::spec(SPEC).run_with(["--progress=rawjson"]).ok();
    assert_eq!(json.ran().len(), 1);
}

#[test]
fn debug_tells_more_of_a_failure() {
    let spec = "stages: {app: {from: busybox:1.36, steps: [{run: echo NONCE; exit 9}]}}";
    let failed = Build::spec(spec).run_with(["--debug"]).failed();
    assert!(failed.messages().contains("exit code: 9"), "{}", failed.messages());
    assert!(failed.messages().contains("solver/llbsolver"), "{}", failed.messages());
}

#[test]
fn a_builder_is_named() {
    Build::spec(SPEC).run_with(["--builder=default", "--output=type=cacheonly"]).ok();
    let failed = Build::spec(SPEC).run_with(["--builder=no-such"]).failed();
    assert!(failed.messages().contains("no-such"), "{}", failed.messages());
}

#[test]
fn no_cache_does_every_step_again() {
    let build = Build::spec(
        "
stages:
  one: {from: busybox:1.36, steps: [{run: echo one NONCE > /one}]}
  two: {from: busybox:1.36, steps: [{run: echo two NONCE > /two}, {copy: /one, from: one}]}
",
    );
    let all = build.run().steps().count();
    assert_eq!(build.run().ran().len(), 0);
    let again = build.run_with(["--no-cache", "--output=type=cacheonly"]).ok();
    assert_eq!(again.ran().len(), all, "{:?}", again.cached());
}

#[test]
fn a_secret_may_come_from_a_variable() {
    let spec = "
secrets: {token: {}}
stages: {app: {from: busybox:1.36, steps: [{run: sha256sum < /run/secrets/token > /sum; echo NONCE, secrets: token}]}}
";
    let sum = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  -\n";
    for flag in ["--secret=id=token,env=MY_TOKEN", "--secret=type=env,id=token,src=MY_TOKEN"] {
        let image = Build::spec(spec).flags([flag]).variable("MY_TOKEN", "test").image();
        assert_eq!(image.only().text("/sum"), sum);
    }
    // Without a source, the variable of the same name.
    let image = Build::spec(spec).flags(["--secret=id=token"]).variable("token", "test").image();
    assert_eq!(image.only().text("/sum"), sum);
}

#[test]
fn build_args_of_buildkit_that_we_do_not_know_do_no_harm() {
    let build = Build::spec(SPEC);
    let name = format!("--build-arg=BUILDKIT_BUILD_NAME={}", build.nonce());
    let course = build.run_with([&name, "--build-arg=BUILDKIT_NEW_THING=1", "--output=type=cacheonly"]).ok();
    assert_eq!(course.warnings, []);
    let history = docker(["buildx", "history", "ls"]).ok().stdout;
    assert!(history.contains(build.nonce()), "{history}");
}
