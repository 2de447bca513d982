//! `max_growth` of `verify`: an image beside the one that was published before it.

use optfrontend_tests::{Build, Built, ImageName, Registry, buildx_version, is_refused};

/// An image of 100 bytes, published.
fn published(registry: &Registry, flags: &[&str]) -> ImageName {
    let name = registry.name("grows");
    let build = Build::spec(&format!("stages:\n  app:\n    from: scratch\n    steps:\n{}", file(100)));
    let push = ["--push", "--provenance=false", "--tag", &*name];
    build.run_with(push.into_iter().chain(flags.iter().copied())).ok();
    name
}

/// A step that writes so many bytes.
fn file(bytes: usize) -> String {
    format!("      - {{write: {{path: /data/a, content: '{}'}}}}\n", "a".repeat(bytes))
}

/// An image of 160 bytes that may have so much more than another one.
fn grown(since: &str, by: &str) -> Build {
    Build::spec(&format!(
        "stages:
  app:
    from: scratch
    steps:
{}      - {{write: {{path: /data/b, content: '{}'}}}}
      - {{write: {{path: /empty/NONCE, content: ''}}}}
    verify:
      max_growth: {{since: '{since}', by: {by}}}
",
        file(100),
        "b".repeat(60)
    ))
}

/// The images that were compared, as the progress shows it.
fn compared(built: &Built) -> Vec<&str> {
    built.progress.ran().into_iter().filter(|step| step.ends_with("] verify growth")).collect()
}

/// The lines that say what was not compared, and why.
fn uncompared(built: &Built) -> Vec<&str> {
    built.progress.steps().map(|step| step.name.as_str()).filter(|name| name.ends_with(NOTHING)).collect()
}

const NOTHING: &str = "is not there yet, so nothing is compared";

#[test]
fn an_image_may_grow_by_so_much_and_no_more() {
    let registry = Registry::shared();
    let before = published(&registry, &[]);
    let build = grown(&before, "59%");
    if is_refused(&build) {
        return;
    }
    let name = registry.name("grown");
    let failed = build.run_with(["--push", "--tag", &*name]).failed();
    let told = format!(
        "the files of the image have 160 B, 60 B (60%) more than the 100 B of {}, where 59% more are allowed\n  |      +60 B  /data/b\n",
        &*before
    );
    assert!(failed.messages().contains(&told), "{}", failed.messages());
    assert_eq!(registry.ask(&name).status, 404, "nothing is pushed");
    assert_eq!(compared(&failed).len(), 1);
    let spec = std::fs::read_to_string(build.folder().join("build.yaml")).unwrap();
    for by in ["60%", "60B", "1MB"] {
        build.write("build.yaml", spec.replace("59%", by));
        // The limit is nothing that the comparison depends on.
        assert_eq!(compared(&build.run()), Vec::<&str>::new(), "{by}");
    }
    build.write("build.yaml", spec.replace("59%", "59B"));
    let failed = build.fail();
    assert!(failed.messages().contains("60 B (60%) more than the 100 B of"), "{}", failed.messages());
    assert!(failed.messages().contains("where 59 B more are allowed"), "{}", failed.messages());
}

#[test]
fn what_is_not_published_yet_is_not_compared() {
    let registry = Registry::shared();
    let name = registry.name("first");
    let build = grown(&name, "0%");
    if is_refused(&build) {
        return;
    }
    let first = build.run_with(["--push", "--tag", &*name]).ok();
    assert_eq!(uncompared(&first), [format!("[app] verify growth: {} {NOTHING}", &*name)]);
    assert_eq!(compared(&first), Vec::<&str>::new());
    // The next one is compared with what has been pushed.
    let second = build.run();
    assert_eq!(uncompared(&second), Vec::<&str>::new());
    assert_eq!(compared(&second).len(), 1);
}

#[test]
fn a_named_context_takes_the_place_of_the_published_image() {
    let registry = Registry::shared();
    let before = published(&registry, &[]);
    // Nobody answers there.
    let build = grown("localhost:1/app:1", "59%");
    if is_refused(&build) {
        return;
    }
    let with = |value: &str| build.run_with([format!("--build-context=localhost:1/app:1={value}")]);
    let failed = with(&format!("docker-image://{}", &*before)).failed();
    assert!(failed.messages().contains("the 100 B of localhost:1/app:1,"), "{}", failed.messages());
    build.write("old/data/a", "a".repeat(120));
    let files = with("old").ok();
    assert_eq!(compared(&files).len(), 1);
    assert_eq!(uncompared(&with("docker-image://scratch").ok()).len(), 1);
}

#[test]
fn what_is_compared_with_is_neither_locked_nor_judged() {
    let registry = Registry::shared();
    let before = published(&registry, &[]);
    let policy = format!("images: {{ban: ['{}/**'], pinned: true}}\n", registry.address());
    let build = grown(&before, "1MB")
        .file("rules/policy.yaml", policy)
        .flags(["--build-context=policy=rules", "--build-arg=BUILDKIT_DOCKERFILE_CHECK=error=true"]);
    if is_refused(&build) {
        return;
    }
    build.run();
    if buildx_version() >= (0, 16) {
        let lock = build.run_with(["--call=lock", "--progress=none"]).ok().outcome.stdout;
        assert!(!lock.contains("grows"), "{lock}");
        let checked = build.run_with(["--check", "--progress=none"]).ok().outcome.stdout;
        assert!(!checked.contains("grows"), "{checked}");
    }
}

#[test]
fn each_platform_is_compared_with_its_own() {
    let registry = Registry::shared();
    let before = published(&registry, &["--platform=linux/amd64"]);
    let build = grown(&before, "59%").flags(["--platform=linux/amd64,linux/arm64"]);
    if is_refused(&build) {
        return;
    }
    let failed = build.fail();
    let messages = failed.messages();
    assert!(messages.contains("for linux/amd64: the files of the image have 160 B"), "{messages}");
    assert!(!messages.contains("for linux/arm64"), "{messages}");
    assert_eq!(uncompared(&failed), [format!("[linux/arm64 app] verify growth: {} {NOTHING}", &*before)]);
    let both = published(&registry, &["--platform=linux/amd64,linux/arm64"]);
    let spec = std::fs::read_to_string(build.folder().join("build.yaml")).unwrap();
    build.write("build.yaml", spec.replace(&*before, &both));
    let failed = build.fail();
    for platform in ["linux/amd64", "linux/arm64"] {
        let told = format!("for {platform}: the files of the image have 160 B");
        assert!(failed.messages().contains(&told), "{}", failed.messages());
    }
}
