//! `--cache-to` and `--cache-from`: results that come from elsewhere than this engine's own cache.
//!
//! A step whose outcome is another each time it runs tells whether it ran. The engine forgets its own results by a prune
//! of nothing but the records of one test.
//!
//! It is a suite of its own, so that nothing runs beside it: with any prune, BuildKit 0.25 also forgets which results in the
//! middle of a chain belong to which step, and would run those of other tests again.

use optfrontend_tests::{Build, Image, Registry, docker};

const SPEC: &str = "
stages:
  build:
    from: busybox:1.36
    steps:
      - run: echo NONCE; cat /proc/sys/kernel/random/uuid > /uuid
  app:
    from: busybox:1.36
    steps:
      - {copy: /uuid, from: build, to: /uuid, name: copy NONCE}
      - {copy: input, to: /input, name: copy input NONCE}
      - run: echo NONCE > /last
";

fn app() -> Build {
    Build::spec(SPEC).file("input", "from the context")
}

/// Has the engine forget what the build left in its cache.
#[track_caller]
fn forget(build: &Build) {
    let filter = format!("--filter=description~={}", build.nonce());
    docker(["buildx", "prune", "--all", "--force", &filter]).ok();
}

/// What the steps wrote, for each platform.
fn marks(image: &Image) -> Vec<String> {
    image.platforms.values().map(|image| image.text("/uuid").to_owned()).collect()
}

/// Builds twice on an engine that has forgotten what `first` built: without its cache, and with it. `first` says what its
/// steps wrote.
#[track_caller]
fn round_trip(build: &Build, first: impl FnOnce(&Build) -> Vec<String>, from: &str) {
    let first = first(build);
    forget(build);
    assert_ne!(marks(&build.image()), first, "the engine had not forgotten");
    forget(build);
    let imported = build.image_with(&[from]);
    assert_eq!(marks(&imported), first, "the cache was not imported");
    let ran = imported.built.ran();
    assert!(!ran.iter().any(|step| step.contains("run echo")), "{ran:?}");
}

#[test]
fn a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display();
    let to = format!("--cache-to=type=local,dest={path},mode=max");
    let from = format!("--cache-from=type=local,src={path}");
    round_trip(&app(), |build| marks(&build.image_with(&[to])), &from);
}

#[test]
fn a_registry() {
    let name = Registry::shared().name("cache");
    let to = format!("--cache-to=type=registry,ref={},mode=max", &*name);
    let from = format!("--cache-from={}", &*name);
    let build = app().flags(["--platform=linux/amd64,linux/arm64"]);
    round_trip(&build, |build| marks(&build.image_with(&[to])), &from);
}

/// The cache goes with an image that is pushed; what its steps wrote is read from there.
#[track_caller]
fn inline(flag: &str) {
    let name = Registry::shared().name("inline");
    let push = |build: &Build| {
        build.run_with(["--push", "--tag", &*name, flag]).ok();
        docker(["pull", "--quiet", &name]).ok();
        vec![docker(["run", "--rm", &name, "cat", "/uuid"]).ok().stdout]
    };
    round_trip(&app(), push, &format!("--cache-from=type=registry,ref={}", &*name));
}

#[test]
fn inline_in_a_pushed_image() {
    inline("--cache-to=type=inline");
}

#[test]
fn inline_by_the_build_arg() {
    inline("--build-arg=BUILDKIT_INLINE_CACHE=1");
}

#[test]
fn a_cache_that_is_not_there_is_no_reason_to_fail() {
    let name = Registry::shared().name("no-cache");
    Build::spec("stages: {app: {from: busybox:1.36, steps: [{run: echo NONCE}]}}")
        .flags([format!("--cache-from={}", &*name)])
        .run();
}
