//! Lock files that somebody has edited, or that time has passed by.

use optfrontend_tests::{Build, Built, Registry, Repository, Served, Site, is_refused};

use super::{assert_told, by_flag};

/// As [`assert_told`], with words in the place of what is another each time.
#[track_caller]
fn told(name: &str, mut built: Built, names: &[(&str, &str)]) {
    for (name, word) in names {
        built.progress.messages = built.progress.messages.replace(name, word);
    }
    assert_told(name, &built);
}

fn of(spec: &str, lock: &str) -> Build {
    Build::spec(spec).file("build.yaml.lock", lock)
}

#[test]
fn a_digest_that_the_registry_does_not_have() {
    let registry = Registry::shared();
    let (base, other) = (registry.name("base"), registry.name("other"));
    for name in [&base, &other] {
        let spec = "stages: {app: {from: scratch, labels: {nonce: NONCE}}}";
        Build::spec(spec).run_with(["--push", "--tag", name, "--provenance=false"]).ok();
    }
    let names = [(&*base, "REGISTRY/base:1"), (&*other, "REGISTRY/other:1")];
    let spec = format!("stages:\n  app:\n    from: {}\n", &*base);
    // In two lines, so that no column depends on the name.
    let of_image = |value: &str| format!("version: 1\nimages:\n  ? {}\n  : {value}\n", &*base);
    let gone = of_image(&format!("sha256:{}", "0".repeat(64)));
    told("lock_digest_gone", of(&spec, &gone).fail(), &names);
    // The digest of another image is none of this one.
    let lock = Build::spec(&spec.replace(&*base, &other)).run_with(["--call=lock", "--progress=none"]).ok();
    let json = lock.outcome.stdout;
    let mixed_up = of_image(json.trim().rsplit(' ').next().unwrap_or_default());
    told("lock_digest_of_another", of(&spec, &mixed_up).fail(), &names);
}

fn served() -> (Served, Repository) {
    let repository = Repository::new().commit(&[("README", "first")]);
    (Site::empty().file("/data.txt", "data").repository("/r.git", &repository).start(), repository)
}

#[test]
fn a_checksum_that_the_download_does_not_have() {
    let (site, _) = served();
    let url = site.url("/data.txt");
    let spec = format!("stages:\n  app:\n    from: scratch\n    steps:\n      - {{add: '{url}', to: /}}\n");
    let lock = format!("version: 1\nhttp:\n  ? {url}\n  : sha256:{}\n", "0".repeat(64));
    told("lock_checksum", of(&spec, &lock).fail(), &[]);
}

#[test]
fn a_commit_that_the_repository_does_not_have() {
    let (site, _) = served();
    let url = site.url("/r.git");
    let spec = format!("sources:\n  lib: {{git: '{url}', ref: main}}\nstages:\n  app:\n    from: lib\n");
    let lock = format!("version: 1\ngit:\n  ? {url}#main\n  : {}\n", "0123456789".repeat(4));
    let build = of(&spec, &lock);
    if is_refused(&build) {
        return;
    }
    told("lock_commit", build.fail(), &[]);
}

#[test]
fn what_a_shell_leaves_when_the_call_has_failed() {
    let build = of("stages:\n  app:\n    from: busybox:1.36\n", "").flags(by_flag());
    told("lock_empty", build.fail(), &[]);
}

#[test]
fn an_image_that_no_registry_answers_for_cannot_be_locked() {
    let spec = "stages:\n  app:\n    from: localhost:1/nowhere:1\n";
    let build = Build::spec(spec).flags(["--call=lock"]);
    told("lock_unreachable", build.fail(), &[]);
}
