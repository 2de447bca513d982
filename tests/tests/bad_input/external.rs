//! Files from outside that cannot be had.

use optfrontend_tests::{Build, Repository, Site, buildkit_version, tar};

use crate::{assert_told, by_flag};

/// A build whose only step adds something.
fn adding(step: &str) -> Build {
    Build::spec(&format!("stages:\n  app:\n    from: scratch\n    steps:\n      - {step}\n"))
}

/// What the tests ask for.
fn site() -> optfrontend_tests::Served {
    let repository = Repository::new().commit(&[("README", "x")]).git(&["tag", "v1"]);
    let evil = tar(&[("../../evil", 0o644, b"x")]);
    Site::empty().file("/a.txt", "a").file("/evil.tar", evil).repository("/r.git", &repository).start()
}

#[test]
fn a_download_with_another_checksum() {
    let step = format!("add: {}\n        checksum: sha256:{}", site().url("/a.txt"), "0".repeat(64));
    assert_told("download_checksum", &adding(&step).fail());
}

#[test]
fn a_download_that_is_not_there() {
    assert_told("download_missing", &adding(&format!("add: {}", site().url("/b.txt"))).fail());
}

#[test]
fn a_download_that_asks_who_wants_it() {
    let site = Site::empty().file("/a.txt", "a").only_for("somebody", "secret").start();
    assert_told("download_login", &adding(&format!("add: {}", site.url("/a.txt"))).fail());
}

#[test]
fn a_download_from_where_nobody_answers() {
    assert_told("download_unreachable", &adding("add: http://127.0.0.1:1/a.txt").fail());
}

#[test]
fn a_repository_at_another_commit() {
    let step = format!("add: {}#v1\n        checksum: {}", site().url("/r.git"), "0".repeat(40));
    assert_told("git_checksum", &adding(&step).fail());
}

#[test]
fn a_ref_that_a_repository_has_not() {
    let spec = format!(
        "sources:\n  repo: {{git: '{}', ref: release}}\nstages:\n  app:\n    from: repo\n",
        site().url("/r.git")
    );
    assert_told("git_ref", &Build::spec(&spec).fail());
}

#[test]
fn a_directory_that_a_repository_has_not() {
    assert_told("git_subdir", &adding(&format!("add: {}#v1:docs", site().url("/r.git"))).fail());
}

#[test]
fn a_repository_where_nobody_answers() {
    assert_told("git_unreachable", &adding("add: http://127.0.0.1:1/r.git").fail());
}

#[test]
fn a_repository_that_asks_who_it_is() {
    let site = Site::empty().repository("/r.git", &Repository::new().commit(&[("a", "a")]));
    let site = site.only_for("somebody", "secret").start();
    assert_told("git_login", &adding(&format!("add: {}", site.url("/r.git"))).fail());
}

#[test]
fn a_repository_behind_ssh_without_an_agent() {
    assert_told("git_agent", &adding("add: git@127.0.0.1:r.git").fail());
}

#[test]
fn a_path_that_a_repository_has_not() {
    let spec = format!(
        "sources: {{repo: {{git: '{}'}}}}\nstages: {{app: {{from: scratch, steps: [{{copy: docs, from: repo}}]}}}}\n",
        site().url("/r.git")
    );
    assert_told("git_path", &Build::spec(&spec).fail());
}

#[test]
fn a_downloaded_archive_that_climbs_out() {
    let step = format!("add: {}\n        unpack: true", site().url("/evil.tar"));
    does_not_climb("archive_climbs", &adding(&step));
}

#[test]
fn an_archive_of_the_context_that_climbs_out() {
    let build = adding("add: evil.tar").file("evil.tar", tar(&[("../../evil", 0o644, b"x")]));
    does_not_climb("archive_climbs_local", &build);
}

/// An old engine keeps the entry in the image, without a word; newer ones refuse the archive.
#[track_caller]
fn does_not_climb(name: &str, build: &Build) {
    if buildkit_version() >= (0, 14) {
        return assert_told(name, &build.fail());
    }
    let image = build.image();
    let files: Vec<&String> = image.only().files.keys().collect();
    assert_eq!(files, ["/evil"]);
}

#[test]
fn a_named_context_that_the_client_did_not_give() {
    let spec = "sources:\n  web: {context: site}\nstages:\n  app:\n    from: web\n";
    let build = Build::spec(spec).file("pages/index.html", "").flags(["--build-context=sites=pages"]);
    assert_told("context_missing", &build.fail());
}

/// The spec does not say where these come from, so the message has to.
#[test]
fn a_named_context_that_cannot_be_had() {
    let site = site();
    for (name, place) in [
        ("context_image", "docker-image://localhost:1/base:1".to_owned()),
        ("context_git_ref", site.url("/r.git#release")),
        ("context_git_unreachable", "http://127.0.0.1:1/r.git".to_owned()),
        ("context_download", site.url("/b.txt")),
        ("context_layout", "oci-layout:///no/such/layout".to_owned()),
        ("context_directory", "./no-such-directory".to_owned()),
    ] {
        let spec =
            "stages:\n  web: {from: scratch}\n  app:\n    from: scratch\n    steps: [{copy: a, from: web}]\n";
        let build = Build::spec(spec).flags([format!("--build-context=web={place}")]);
        assert_told(name, &build.fail());
    }
}

#[test]
fn a_named_context_of_no_known_kind() {
    let build = Build::spec("stages: {app: {from: web}}\n").flags(["--build-context=web=bogus://x"]);
    assert_told("context_scheme", &build.fail());
}

#[test]
fn a_named_context_with_a_wrong_query() {
    let context = format!("--build-context=web={}", site().url("/r.git?branh=main"));
    assert_told("context_query", &Build::spec("stages: {app: {from: web}}\n").flags([context]).fail());
}

#[test]
fn a_named_context_whose_ignore_file_is_wrong() {
    let build = Build::spec("stages: {app: {from: web}}\n").file("site/.dockerignore", "ok\n[a-\n");
    assert_told("context_ignore_file", &build.flags(["--build-context=web=site"]).fail());
}

#[test]
fn a_path_that_a_named_context_has_not() {
    let spec = "stages: {app: {from: scratch, steps: [{copy: inde.html, from: web}]}}\n";
    let build = Build::spec(spec).file("site/index.html", "").flags(["--build-context=web=site"]);
    assert_told("context_path", &build.fail());
}

#[test]
fn a_build_context_that_cannot_be_had() {
    let site = site();
    let contexts = [
        ("main_git_unreachable", "http://127.0.0.1:1/r.git".to_owned()),
        ("main_git_ref", site.url("/r.git#release")),
        ("main_git_query", site.url("/r.git?branh=main")),
        ("main_git_no_spec", site.url("/r.git")),
        ("main_download_missing", site.url("/context.tar")),
    ];
    for (name, context) in contexts {
        assert_told(name, &Build::spec("").context(context).flags(by_flag()).fail());
    }
}

#[test]
fn an_ignore_file_of_the_spec_with_a_bad_pattern() {
    let build = adding("copy: a").file("a", "").file("build.yaml.dockerignore", "ok\n[a-\n");
    assert_told("ignore_file_of_spec", &build.fail());
}
