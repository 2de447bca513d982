//! Images for several platforms.

use optfrontend_tests::{Build, Container, Progress, Tag, docker, repository};

use super::examples::alone_with;

const BOTH: &str = "--platform=linux/amd64,linux/arm64";

#[test]
fn an_index_has_both_and_each_runs() {
    let spec = "
stages:
  app:
    from: busybox:1.36
    steps:
      - run: uname -m > /built-on; echo NONCE
    cmd: [cat, /built-on]
";
    let build = Build::spec(spec).flags([BOTH]);
    let image = build.image();
    assert_eq!(image.platforms.keys().collect::<Vec<_>>(), ["linux/amd64", "linux/arm64"]);
    assert_eq!(image.platforms["linux/amd64"].text("/built-on"), "x86_64\n");
    assert_eq!(image.platforms["linux/arm64"].text("/built-on"), "aarch64\n");
    let tag = build.load();
    for (platform, machine) in [("linux/amd64", "x86_64"), ("linux/arm64", "aarch64")] {
        let ran = docker(["run", "--rm", "--platform", platform, &tag.name, "uname", "-m"]).ok();
        assert_eq!(ran.stdout.trim(), machine);
    }
}

#[test]
fn a_spec_may_name_its_platforms() {
    let spec = "
platforms: [linux/amd64, linux/arm64]
annotations:
  org.example.for: $TARGETARCH
  index,manifest:org.example.both: NONCE
stages:
  app:
    from: busybox:1.36
    annotations: {org.example.stage: NONCE}
    labels: {for: $TARGETARCH}
";
    let build = Build::spec(spec);
    let image = build.image();
    assert_eq!(image.platforms.keys().collect::<Vec<_>>(), ["linux/amd64", "linux/arm64"]);
    assert_eq!(image.annotations[""]["org.example.both"], build.nonce());
    assert_eq!(image.annotations[""].get("org.example.for"), None);
    for (platform, one) in &image.platforms {
        let architecture = platform.trim_start_matches("linux/");
        let annotations = &image.annotations[platform];
        assert_eq!(one.config["architecture"], architecture);
        assert_eq!(one.get("Labels")["for"], architecture);
        assert_eq!(annotations["org.example.for"], architecture);
        assert_eq!(annotations["org.example.both"], build.nonce());
        assert_eq!(annotations["org.example.stage"], build.nonce());
    }
    let of_client = [
        "--platform=linux/arm64",
        "--annotation=org.example.for=client",
        "--annotation=org.example.client=client",
    ];
    let one = Build::spec(spec).flags(of_client).image();
    assert_eq!(one.only().config["architecture"], "arm64");
    assert_eq!(
        one.annotations["linux/arm64"]["org.example.for"], "arm64",
        "the spec's goes over the client's"
    );
    assert_eq!(one.annotations["linux/arm64"]["org.example.client"], "client");
}

#[test]
fn one_other_platform_makes_an_image_for_it() {
    let spec = "stages: {app: {from: gcr.io/distroless/static-debian12:nonroot, labels: {for: $TARGETARCH}}}";
    let image = Build::spec(spec).flags(["--platform=linux/arm64"]).image();
    assert_eq!(image.only().config["architecture"], "arm64");
    assert_eq!(image.only().get("Labels")["for"], "arm64");
}

#[test]
fn steps_may_be_for_one_platform_only() {
    let spec = "
stages:
  app:
    from: scratch
    steps:
      - write: {path: /always, content: NONCE}
      - write: {path: /arm, content: x}
        when: {TARGETARCH: arm64}
";
    let image = Build::spec(spec).flags([BOTH]).image();
    assert!(!image.platforms["linux/amd64"].files.contains_key("/arm"));
    assert!(image.platforms["linux/arm64"].files.contains_key("/arm"));
}

/// The processes of a build that did not run as the build machine's own: names of steps tell the platform, and what is made for it.
fn emulated(course: &Progress) -> Vec<&str> {
    let own = if cfg!(target_arch = "aarch64") { "[linux/arm64" } else { "[linux/amd64" };
    processes(course).filter(|name| !name.starts_with(own)).collect()
}

fn processes(course: &Progress) -> impl Iterator<Item = &str> {
    let is_process = |name: &&str| {
        ["] run ", "] install ", "] apt "].iter().any(|word| name.contains(word))
            && !name.ends_with("manifests and lockfile")
    };
    course.steps().map(|step| step.name.as_str()).filter(is_process)
}

/// Builds for both platforms and sees that the compiler ran for each, and nothing under emulation.
#[track_caller]
fn assert_cross_compiles(build: Build, compiler: &str) -> Tag {
    let tag = build.flags([BOTH]).load();
    let course = &tag.built.progress;
    assert_eq!(emulated(course), Vec::<&str>::new());
    let runs: Vec<&str> = processes(course).filter(|name| name.contains(compiler)).collect();
    let (own, other) = if cfg!(target_arch = "aarch64") { ("arm64", "amd64") } else { ("amd64", "arm64") };
    for target in [format!("[linux/{own} "), format!("[linux/{own}->{other} ")] {
        assert_eq!(runs.iter().filter(|name| name.starts_with(&target)).count(), 1, "{runs:#?}");
    }
    for platform in ["linux/amd64", "linux/arm64"] {
        let container = Container::start(&tag, &["--platform", platform, "--publish=127.0.0.1::8080"]);
        assert_eq!(container.answer(8080, "/healthz").status, 200);
    }
    tag
}

fn example(name: &str) -> Build {
    Build::at(repository().join("examples").join(name))
}

fn preset(name: &str) -> Build {
    let auto = "# syntax=optfrontend/optfrontend:1\npreset: auto\n";
    Build::copy_of(repository().join("examples").join(name)).file("build.yaml", auto)
}

#[test]
fn a_process_for_another_platform_is_seen_to_be_emulated() {
    let spec = "stages: {app: {from: 'busybox:1.36', steps: [{run: echo NONCE}]}}";
    let course = Build::spec(spec).flags([BOTH]).run().progress;
    assert_eq!(emulated(&course).len(), 1, "{:#?}", course.steps().collect::<Vec<_>>());
}

#[test]
fn the_go_example_compiles_without_emulation() {
    let tag = assert_cross_compiles(example("go-server"), "go build");
    let names: Vec<&str> = tag.built.steps().map(|step| step.name.as_str()).collect();
    assert_eq!(names.iter().filter(|name| name.contains("go mod download")).count(), 1, "{names:#?}");
}

#[test]
fn the_preset_go_compiles_without_emulation() {
    assert_cross_compiles(preset("go-server"), "go build");
}

#[test]
fn the_rust_example_compiles_without_emulation() {
    let _alone = alone_with("rust-server");
    assert_cross_compiles(example("rust-server"), "cargo build");
}

#[test]
fn the_preset_rust_compiles_without_emulation() {
    let _alone = alone_with("rust-server");
    assert_cross_compiles(preset("rust-server"), "cargo build");
}
