//! The lock file: made by `--call=lock`, used by builds, looked through by `--call=outdated`.

use optfrontend_tests::{
    Build, Built, ImageName, Recorder, Registry, Repository, Site, docker, frontend, is_refused,
};
use serde_json::{Value, json};

/// What a call prints.
fn call(build: &Build, method: &str) -> Built {
    build.run_with([format!("--call={method}"), "--progress=none".to_owned()])
}

/// A build with the lock file that it makes of itself.
#[track_caller]
fn locked(build: Build) -> (Build, String) {
    let lock = call(&build, "lock").ok().outcome.stdout;
    (build.file("build.yaml.lock", &lock), lock)
}

/// An image in a registry, whose label `mark` says which.
#[track_caller]
fn push(registry: &Registry, repository: &str, mark: &str) -> ImageName {
    let name = registry.name(repository);
    let spec = format!("stages: {{app: {{from: scratch, labels: {{mark: {mark}, nonce: NONCE}}}}}}");
    Build::spec(&spec).run_with(["--push", "--tag", &*name, "--provenance=false"]).ok();
    // From here on only the registry has it.
    docker(["image", "rm", "--force", &name]).ok();
    name
}

/// The digest of an image, as the registry tells it.
#[track_caller]
fn digest(registry: &Registry, image: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let body = registry.ask(image).body;
    Sha256::digest(body.as_bytes())
        .iter()
        .fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

#[test]
fn everything_that_can_move_is_locked_and_stays() {
    let registry = Registry::shared();
    let (base, newer) = (push(&registry, "base", "old"), push(&registry, "base", "new"));
    let repository = Repository::new().commit(&[("README", "first")]).git(&["tag", "v1"]);
    let repository = repository.commit(&[("README", "second")]);
    let (first, second) = (repository.commit_of("v1"), repository.commit_of("main"));
    let site = Site::empty().file("/data.txt", "data").repository("/r.git", &repository).start();
    let (data, checksum, git) = (site.url("/data.txt"), site.digest("/data.txt"), site.url("/r.git"));
    let spec = format!(
        "
args: {{BASE: '{}', REF: main}}
sources:
  data: {{http: '{data}'}}
  tagged: {{git: '{git}', ref: v1}}
stages:
  app:
    from: ${{BASE}}
    steps:
      - {{copy: data.txt, from: data, to: /data/}}
      - {{copy: README, from: tagged, to: /tagged/}}
      - {{add: '{git}#$REF', to: /main/}}
  other:
    description: not built, and locked all the same
    from: busybox:1.36
default: app
",
        &*base
    );
    let spec = Build::spec(&spec);
    if is_refused(&spec) {
        return;
    }
    let (build, lock) = locked(spec);
    let expected = format!("  {}: {}\n", &*base, digest(&registry, &base));
    assert!(lock.contains(&expected), "{lock}");
    assert!(lock.contains("\n  busybox:1.36: sha256:"), "{lock}");
    assert!(lock.contains(&format!("\n  {git}#main: {second}\n  {git}#v1: {first}\n")), "{lock}");
    assert!(lock.ends_with(&format!("http:\n  {data}: {checksum}\n")), "{lock}");
    let json: Value = serde_json::from_str(&call(&build, "lock,format=json").ok().outcome.stdout).unwrap();
    assert_eq!(json["git"], json!({ format!("{git}#main"): second, format!("{git}#v1"): first }));
    assert_eq!(json["version"], 1);

    let current = call(&build, "outdated,format=json");
    let current: Value = serde_json::from_str(&current.outcome.stdout).unwrap();
    let outdated = |answer: &Value, name: &str| {
        let entries = answer["entries"].as_array().unwrap().iter();
        entries.clone().find(|entry| entry["name"] == name).unwrap()["outdated"].clone()
    };
    assert_eq!(outdated(&current, &base), false);
    assert_eq!(outdated(&current, &format!("{git}#main")), false);
    assert_eq!(outdated(&current, &data), false);

    // The tag moves, and somebody goes back to an older commit.
    registry.move_tag(&base, &newer);
    build.write("build.yaml.lock", lock.replace(&second, &first));
    let image = build.image();
    assert_eq!(image.only().get("Labels")["mark"], "old");
    assert_eq!(image.only().text("/main/README"), "first");
    assert_eq!(image.only().text("/data/data.txt"), "data");
    let moved = call(&build, "outdated").failed();
    assert_eq!(moved.outcome.code, Some(1), "{}", moved.outcome.stdout);
    let line = |name: &str| {
        let lines = moved.outcome.stdout.lines();
        lines.clone().find(|line| line.starts_with(&format!("{name} "))).unwrap_or_default().to_owned()
    };
    assert!(line(&base).contains("outdated  build.yaml.lock:"), "{}", moved.outcome.stdout);
    assert!(line(&format!("{git}#main")).contains(&second[..12]), "{}", moved.outcome.stdout);
    assert!(!line(&data).contains("outdated"), "{}", moved.outcome.stdout);

    // `--pull` does not move what is locked, and what the client puts in the place of an image is not looked up in the lock.
    let pulled = build.flags(["--pull"]);
    assert_eq!(pulled.image().only().get("Labels")["mark"], "old");
    let replaced = pulled.flags([format!("--build-context={}=docker-image://{}", &*base, &*base)]);
    assert_eq!(replaced.image().only().get("Labels")["mark"], "new");
}

#[test]
fn a_locked_image_that_the_daemon_has_is_not_asked_for() {
    let registry = Registry::shared();
    let base = push(&registry, "counted", "counted");
    let recorder = Recorder::of(&registry);
    let image = recorder.name(&base);
    // What only a build has loaded goes when other tests have the daemon collect what nobody needs.
    let (untagged, _) = image.rsplit_once(':').unwrap();
    docker(["pull", "--quiet", &format!("{untagged}@{}", digest(&registry, &base))]).ok();
    let build = Build::spec(&format!(
        "stages: {{app: {{from: '{image}', steps: [{{write: {{path: /a, content: NONCE}}}}]}}}}"
    ));
    build.run().ok();
    recorder.take();
    build.run().ok();
    let by_tag = recorder.take();
    assert!(by_tag.iter().any(|line| line.contains("/manifests/")), "a tag is looked up: {by_tag:?}");
    let (build, lock) = locked(build);
    recorder.take();
    build.run().ok();
    assert_eq!(recorder.take(), Vec::<String>::new(), "{lock}");
    docker(["image", "rm", "--force", &format!("{untagged}@{}", digest(&registry, &base))]);
}

#[test]
fn a_lock_file_travels_with_the_spec() {
    let registry = Registry::shared();
    let (base, newer) = (push(&registry, "base", "old"), push(&registry, "base", "new"));
    let spec = format!("stages:\n  app:\n    from: {}\n", &*base);
    let (build, lock) = locked(Build::spec(&spec));
    registry.move_tag(&base, &newer);
    let mark = |build: Build| build.image().only().get("Labels")["mark"].clone();
    assert_eq!(mark(build), "old");
    let repository = Repository::new().commit(&[("ci/build.yaml", &spec), ("ci/build.yaml.lock", &lock)]);
    let site = Site::empty().repository("/r.git", &repository).start();
    let remote = Build::spec("").context(site.url("/r.git")).using("ci/build.yaml");
    assert_eq!(mark(remote.flags([format!("--build-arg=BUILDKIT_SYNTAX={}", frontend())])), "old");
    // A spec from stdin is in no folder, and an included file has no lock of its own.
    assert_eq!(mark(Build::spec(&spec).file("build.yaml.lock", &lock).from_stdin()), "new");
    let including =
        Build::spec("include: base.yaml\n").file("base.yaml", &spec).file("base.yaml.lock", &lock);
    assert_eq!(mark(including), "new");
}

#[test]
fn what_is_locked_is_found_wanting_nowhere() {
    let registry = Registry::shared();
    let base = push(&registry, "linted", "linted");
    let untagged = base.rsplit_once(':').unwrap().0;
    registry.move_tag(&format!("{untagged}:latest"), &base);
    let spec = format!(
        "lint: {{error: [BaseImageUnpinned, LockEntryMissing]}}\nstages:\n  app:\n    from: {untagged}\n    user: '1000'\n"
    );
    let build = Build::spec(&spec);
    let told = call(&build, "check").failed().outcome.stdout;
    assert!(told.contains("BaseImageLatest") && told.contains("BaseImageUnpinned"), "{told}");
    let (build, lock) = locked(build);
    assert!(lock.contains(&format!("  {untagged}:latest: sha256:")), "{lock}");
    let told = call(&build, "check").ok().outcome.stdout;
    assert!(told.contains("no warnings found"), "{told}");
    build.write("build.yaml.lock", lock.replace(":latest:", ":other:"));
    let told = build.fail();
    let messages = told.messages();
    assert!(messages.contains("LockEntryMissing: the image"), "{messages}");
}
