//! Specs of several files.

use optfrontend_tests::{Build, Repository, Site, frontend};

const COMMON: &str = "# What every build starts from.
args: {VERSION: {default: dev, description: the release}}
stages:
  base:
    from: busybox:1.36
    env: {FROM: common, EARLY: common}
    steps: [{run: echo common > /common}]
";

fn build() -> Build {
    let spec = "include: [common.yaml, parts/tools.yaml]
args: {VERSION: {default: \"2\"}}
stages:
  base: {env: {FROM: spec}}
  app:
    from: base
    steps:
      - copy: /tool
        from: tools
      - run: echo $VERSION NONCE > /version
";
    Build::spec(spec)
        .file("common.yaml", COMMON)
        .file("parts/tools.yaml", "include: [../common.yaml, more.yaml]\nstages: {tools: {from: base}}\n")
        .file("parts/more.yaml", "stages: {tools: {steps: [{run: echo tool > /tool}]}}\n")
}

#[test]
fn files_beside_the_spec_are_merged() {
    let build = build();
    let image = build.image();
    let image = image.only();
    assert_eq!(image.text("/version"), format!("2 {}\n", build.nonce()));
    assert_eq!((image.text("/common"), image.text("/tool")), ("common\n", "tool\n"));
    let env = image.get("Env").to_string();
    assert!(env.contains("FROM=spec") && env.contains("EARLY=common"), "{env}");
}

#[test]
fn includes_are_read_from_the_folder_of_the_spec() {
    let spec = "# syntax=optfrontend/optfrontend:1\ninclude: [common.yaml, link.yaml]\ndefault: base\n";
    let build = Build::spec("").file("ci/build.yaml", spec).file("ci/common.yaml", COMMON);
    let build = build.file("ci/real/file.yaml", "stages: {base: {env: {LATE: link}}}\n");
    std::os::unix::fs::symlink("real/file.yaml", build.folder().join("ci/link.yaml")).unwrap();
    // Neither the context nor its ignore file has anything to do with it.
    let image = build.file(".dockerignore", "**\n").using("ci/build.yaml").image();
    assert!(image.only().get("Env").to_string().contains("LATE=link"));
}

#[test]
fn an_included_file_that_changes_is_read_again() {
    let build = build();
    build.run();
    build.write("parts/more.yaml", "stages: {tools: {steps: [{run: echo other > /tool}]}}\n");
    assert_eq!(build.image().only().text("/tool"), "other\n");
}

#[test]
fn calls_tell_of_included_files() {
    let call = |build: &Build, method: &str| build.run_with([method, "--progress=none"]);
    let targets = call(&build(), "--call=targets").ok().outcome.stdout;
    let targets: Vec<&str> = targets.lines().map(str::trim_end).collect();
    assert_eq!(targets[..4], ["TARGET        DESCRIPTION", "base", "tools", "app (default)"]);
    assert!(targets[4].starts_with("debug         the default target"), "{targets:?}");
    let outline = call(&build(), "--call=outline").ok().outcome.stdout;
    assert!(outline.contains("VERSION     2       the release"), "{outline}");
    let check = call(&build(), "--check").ok().outcome.stdout;
    assert_eq!(check, "Check complete, no warnings found.\n");
    let faulty = build().file("parts/more.yaml", "stages:\n  tools:\n    user: $NOBODY\n");
    let outcome = call(&faulty, "--check").failed().outcome;
    let check = outcome.stdout + &outcome.stderr;
    assert!(check.contains("parts/more.yaml:3:11: the variable `NOBODY` is not defined"), "{check}");
    assert!(check.contains("3 | >>>     user: $NOBODY"), "{check}");
}

#[test]
fn a_spec_of_a_repository_includes_files_of_it() {
    let repository = Repository::new().commit(&[
        ("ci/build.yaml", "include: ../common.yaml\ndefault: base\nstages: {base: {env: {FROM: spec}}}\n"),
        ("ci/typo.yaml", "include: ../comon.yaml\n"),
        ("common.yaml", COMMON),
    ]);
    let site = Site::empty().repository("/r.git", &repository).start();
    let of = |file: &str| {
        let flag = format!("--build-arg=BUILDKIT_SYNTAX={}", frontend());
        Build::spec("").using(file).context(site.url("/r.git#main")).flags([flag])
    };
    let image = of("ci/build.yaml").image();
    assert_eq!(image.only().text("/common"), "common\n");
    assert!(image.only().get("Env").to_string().contains("FROM=spec"));
    let told = of("ci/typo.yaml").fail();
    let help = "ci/typo.yaml:1:10: there is no file `comon.yaml`\n  help: did you mean `common.yaml`?";
    assert!(told.messages().contains(help), "{}", told.messages());
}
