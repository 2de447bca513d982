//! Build contexts that are no directory of the client, compared with what the Dockerfile frontend makes of them.

use optfrontend_tests::{Build, Repository, Site, buildkit_version, differences, frontend, gzip, tar};

use crate::contexts::same;

const DOCKERFILE: &str = "FROM busybox:1.36\nCOPY . /all/\nENV A=1\n";
const SPEC: &str = "stages: {app: {from: 'busybox:1.36', steps: [{copy: ., to: /all/}], env: {A: '1'}}}\n";

/// The flag without which a file that the harness cannot see would be built by the frontend that it names.
fn by_flag() -> String {
    format!("--build-arg=BUILDKIT_SYNTAX={}", frontend())
}

/// A build of a context by one of its files.
fn of(context: &str, file: &str) -> Build {
    let build = Build::spec("").using(file).context(context);
    if file == "Dockerfile" { build } else { build.flags([by_flag()]) }
}

/// A repository that has both, and a directory that has both.
fn repository() -> Repository {
    Repository::new()
        .commit(&[
            ("Dockerfile", DOCKERFILE),
            ("build.yaml", SPEC),
            ("a.txt", "first"),
            (".dockerignore", "a.txt"),
        ])
        .commit(&[("sub/Dockerfile", DOCKERFILE), ("sub/build.yaml", SPEC), ("sub/b.txt", "b")])
        .git(&["tag", "v1"])
        .commit(&[("a.txt", "second")])
}

#[test]
fn a_git_repository_is_the_context() {
    let site = Site::empty().repository("/r.git", &repository()).start();
    for (fragment, path, content) in [
        ("", "/all/a.txt", "second"),
        ("#v1", "/all/a.txt", "first"),
        ("#main:sub", "/all/b.txt", "b"),
        ("?tag=v1&subdir=sub", "/all/b.txt", "b"),
    ] {
        let context = site.url(&format!("/r.git{fragment}"));
        let image = same(of(&context, "Dockerfile"), of(&context, "build.yaml"), &[]);
        // No ignore file holds for a remote context.
        assert_eq!(image.only().text(path), content, "{fragment}");
        assert!(!image.only().files.contains_key("/all/.git"), "{fragment}");
    }
}

#[test]
fn the_git_directory_is_kept_where_the_client_asks_for_it() {
    let site = Site::empty().repository("/r.git", &repository()).start();
    let keep = "--build-arg=BUILDKIT_CONTEXT_KEEP_GIT_DIR=1";
    let by_arg = of(&site.url("/r.git"), "build.yaml").flags([keep]).image();
    let by_query = of(&site.url("/r.git?keep-git-dir=true"), "build.yaml").image();
    for image in [by_arg, by_query] {
        assert!(image.only().files.contains_key("/all/.git/HEAD"));
    }
}

#[test]
fn a_checked_commit_is_built() {
    let repository = repository();
    let commit = repository.commit_of("v1");
    let site = Site::empty().repository("/r.git", &repository).start();
    let context = site.url(&format!("/r.git?ref=v1&checksum={commit}"));
    assert_eq!(of(&context, "build.yaml").image().only().text("/all/a.txt"), "first");
}

/// An archive that has both.
fn archive() -> Vec<u8> {
    tar(&[
        ("Dockerfile", 0o644, DOCKERFILE.as_bytes()),
        ("build.yaml", 0o644, SPEC.as_bytes()),
        ("bin/run", 0o750, b"run"),
    ])
}

#[test]
fn an_archive_behind_a_url_is_the_context() {
    let site = Site::empty().file("/c.tar", archive()).file("/c.tar.gz", gzip(&archive())).start();
    for path in ["/c.tar", "/c.tar.gz"] {
        let context = site.url(path);
        let image = same(of(&context, "Dockerfile"), of(&context, "build.yaml"), &[]);
        assert_eq!(image.only().text("/all/bin/run"), "run", "{path}");
    }
}

#[test]
fn a_spec_behind_a_url_is_built_alone() {
    let spec =
        "stages: {app: {from: scratch, steps: [{write: {path: /a, content: a}}, {copy: ., to: /all/}]}}";
    let site = Site::empty().file("/build.yaml", spec).start();
    let image = Build::spec("").context(site.url("/build.yaml")).flags([by_flag()]).image();
    assert_eq!(image.only().text("/a"), "a");
    assert_eq!(
        image.only().text("/all/context"),
        spec,
        "as with a Dockerfile, the file is all of the context"
    );
}

#[test]
fn an_archive_on_stdin_is_the_context() {
    let build = |file: &str| {
        Build::spec("")
            .file("context.tar.gz", gzip(&archive()))
            .using("context.tar.gz")
            .alone()
            .flags([format!("--file={file}")])
    };
    let image = same(build("Dockerfile"), build("build.yaml").flags([by_flag()]), &[]);
    assert_eq!(image.only().text("/all/bin/run"), "run");
}

#[test]
fn a_spec_on_stdin_is_built_in_a_remote_context() {
    let site = Site::empty().repository("/r.git", &repository()).start();
    let spec = "stages: {app: {from: scratch, steps: [{copy: a.txt, to: /from-git}]}}";
    let image = Build::spec(spec).from_stdin().context(site.url("/r.git#v1")).image();
    assert_eq!(image.only().text("/from-git"), "first");
}

#[test]
fn a_context_may_come_as_an_input() {
    let site = Site::empty().repository("/r.git", &repository()).start();
    let build =
        of(&site.url("/r.git?ref=v1"), "build.yaml").variable("BUILDX_SEND_GIT_QUERY_AS_INPUT", "true");
    assert_eq!(build.image().only().text("/all/a.txt"), "first");
}

/// The client reads the bake file, and hands over the repository as the inputs `context` and `dockerfile`.
#[test]
fn bake_builds_what_a_repository_holds() {
    let targets = format!(
        r#"
target "spec" {{
  dockerfile = "build.yaml"
  args = {{ BUILDKIT_SYNTAX = "{}" }}
}}
target "below" {{
  inherits = ["spec"]
  context = "sub"
}}
target "dockerfile" {{}}
target "dockerfile-below" {{ context = "sub" }}
"#,
        frontend()
    );
    let repository = repository().commit(&[("docker-bake.hcl", &targets)]);
    let site = Site::empty().repository("/r.git", &repository).start();
    let bake = |target: &str| Build::spec("").bake(target, [site.url("/r.git#main")]);
    for (target, dockerfile, path, content) in
        [("spec", "dockerfile", "/all/a.txt", "second"), ("below", "dockerfile-below", "/all/b.txt", "b")]
    {
        let image = bake(target);
        assert_eq!(image.only().text(path), content, "{target}");
        // As elsewhere, images of older Dockerfile frontends are another matter.
        if buildkit_version() > (0, 8) {
            let found = differences(&bake(dockerfile), &image);
            assert!(found.is_empty(), "{target}: {found:#?}");
        }
    }
}
