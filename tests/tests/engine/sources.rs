//! `sources` and `add`: files from URLs, git repositories and archives, compared with Dockerfile `ADD`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use optfrontend_tests::{Build, Repository, Served, Site, frontend, gzip, is_refused, tar};

use crate::contexts::{same, same_since};

/// A tar archive of one file, and of one in a directory; each holds its path.
fn archive() -> Vec<u8> {
    tar(&[("one.txt", 0o640, b"one.txt"), ("sub/two.sh", 0o755, b"sub/two.sh")])
}

#[test]
fn downloads_are_added_as_a_dockerfile_adds_them() {
    let site =
        Site::empty().file("/a.txt", "a").file("/x/b%20c.txt", "b").file("/", "root").file("/tool", "#!");
    let site = site.file("/data.tar.gz", gzip(&archive())).start();
    let (a, b, root, tool) =
        (site.url("/a.txt"), site.url("/x/b%20c.txt?q=1"), site.url("/"), site.url("/tool"));
    let (tar, digest) = (site.url("/data.tar.gz"), site.digest("/data.tar.gz"));
    let dockerfile = format!(
        "FROM busybox:1.36\nWORKDIR /w\nADD {a} .\nADD {a} {b} many/\nADD {root} /root-of-site/\n\
         ADD --chmod=755 --chown=1:2 {tool} /usr/bin/tool\nADD {tar} /plain/\n\
         ADD --checksum={digest} {tar} checked.tar.gz\nADD --chmod=u+x {a} /bits\n"
    );
    let spec = format!(
        "
stages:
  app:
    from: busybox:1.36
    workdir: /w
    steps:
      - add: {a}
      - {{add: ['{a}', '{b}'], to: many/}}
      - {{add: '{root}', to: /root-of-site/}}
      - {{add: '{tool}', to: /usr/bin/tool, chmod: 755, chown: '1:2'}}
      - {{add: '{tar}', to: /plain/}}
      - {{add: '{tar}', to: checked.tar.gz, checksum: '{digest}'}}
      - {{add: '{a}', to: /bits, chmod: u+x}}
"
    );
    let spec = Build::spec(&spec);
    if is_refused(&spec) {
        return;
    }
    let image = same(Build::dockerfile(&dockerfile), spec, &[]);
    assert_eq!(image.only().text("/w/many/b c.txt"), "b");
    assert_eq!(image.only().entry("/w/a.txt").mode, 0o600);
}

#[test]
fn a_downloaded_archive_is_unpacked_where_the_step_says_so() {
    let site = Site::empty().file("/data.tar.gz", gzip(&archive())).file("/data.tar", archive()).start();
    let (gz, tar) = (site.url("/data.tar.gz"), site.url("/data.tar"));
    let dockerfile =
        format!("FROM busybox:1.36\nADD --unpack=true {gz} /gz/\nADD --unpack --chown=5:6 {tar} /tar\n");
    let spec = format!(
        "
stages:
  app:
    from: busybox:1.36
    steps:
      - {{add: '{gz}', to: /gz/, unpack: true}}
      - {{add: '{tar}', to: /tar, unpack: true, chown: '5:6'}}
"
    );
    let image = same_since((0, 23), Build::dockerfile(&dockerfile), Build::spec(&spec), &[]);
    assert_eq!(image.only().text("/gz/sub/two.sh"), "sub/two.sh");
}

fn repository() -> Repository {
    Repository::new()
        .commit(&[("README", "first"), ("docs/a.txt", "a")])
        .git(&["tag", "v1"])
        .commit(&[("README", "second"), ("bin/run", "x")])
}

#[test]
fn repositories_are_added_as_a_dockerfile_adds_them() {
    let repository = repository();
    let first = repository.commit_of("v1");
    let site = Site::empty().repository("/r.git", &repository).start();
    let url = site.url("/r.git");
    let dockerfile = format!(
        "FROM busybox:1.36\nWORKDIR /w\nADD {url} .\nADD {url}#v1 /v1\nADD {url}#v1:docs /docs/\n\
         ADD --checksum={first} --chown=7:8 {url}#v1 /checked\n"
    );
    let spec = format!(
        "
stages:
  app:
    from: busybox:1.36
    workdir: /w
    steps:
      - add: {url}
      - {{add: '{url}#v1', to: /v1}}
      - {{add: '{url}#v1:docs', to: /docs/}}
      - {{add: '{url}#v1', to: /checked, checksum: {first}, chown: '7:8'}}
"
    );
    let spec = Build::spec(&spec);
    if is_refused(&spec) {
        return;
    }
    let image = same(Build::dockerfile(&dockerfile), spec, &[]);
    assert_eq!(image.only().text("/w/README"), "second");
    assert_eq!(image.only().text("/docs/a.txt"), "a");
}

#[test]
fn the_git_directory_comes_along_where_the_step_says_so() {
    let repository = repository();
    let site = Site::empty().repository("/r.git", &repository).start();
    let spec = format!(
        "
sources: {{repo: {{git: '{url}', ref: v1, keep_git_dir: true}}}}
stages:
  app:
    from: scratch
    steps:
      - {{add: '{url}#v1', to: /added, keep_git_dir: true}}
      - {{copy: ., from: repo, to: /copied}}
      - {{add: '{url}#v1', to: /without}}
",
        url = site.url("/r.git")
    );
    let image = Build::spec(&spec).image();
    let has = |path: &str| image.only().files.contains_key(path);
    assert!(has("/added/.git/HEAD") && has("/copied/.git/HEAD") && !has("/without/.git"));
    assert_eq!(image.only().text("/copied/README"), "first");
    let url = site.url("/r.git#v1");
    let dockerfile = format!("FROM scratch\nADD --keep-git-dir=true {url} /added\nADD {url} /without\n");
    let spec = format!(
        "stages: {{app: {{from: scratch, steps: [{{add: '{url}', to: /added, keep_git_dir: true}}, {{add: '{url}', to: /without}}]}}}}"
    );
    same_since((0, 14), Build::dockerfile(&dockerfile), Build::spec(&spec), &[]);
}

/// Serves a repository that has another one in it, at its first commit.
fn with_submodule() -> Served {
    let inner = Site::empty().repository("/inner.git", &repository()).start();
    let outer = Repository::new()
        .commit(&[
            ("own.txt", "own"),
            ("Dockerfile", "FROM scratch\nCOPY . /all/\n"),
            ("build.yaml", "stages: {app: {from: scratch, steps: [{copy: ., to: /all/}]}}\n"),
        ])
        .git(&["submodule", "--quiet", "add", &inner.url("/inner.git"), "libs/inner"])
        .git(&["-C", "libs/inner", "checkout", "--quiet", "v1"])
        .commit(&[]);
    Site::empty().repository("/outer.git", &outer).start()
}

#[test]
fn submodules_come_along_at_the_commit_that_is_written_down() {
    let url = with_submodule().url("/outer.git");
    let dockerfile = format!("FROM scratch\nADD {url} /added/\n");
    let spec = format!("stages: {{app: {{from: scratch, steps: [{{add: '{url}', to: /added/}}]}}}}");
    let image = same(Build::dockerfile(&dockerfile), Build::spec(&spec), &[]);
    assert_eq!(image.only().text("/added/libs/inner/README"), "first");
    let spec = format!(
        "
sources:
  with: {{git: '{url}'}}
  without: {{git: '{url}', submodules: false}}
  inside: {{git: '{url}', subdir: libs/inner/docs}}
stages:
  app:
    from: scratch
    steps:
      - {{copy: ., from: with, to: /with/}}
      - {{copy: ., from: without, to: /without/}}
      - {{copy: ., from: inside, to: /inside/}}
"
    );
    let image = Build::spec(&spec).image();
    let image = image.only();
    assert_eq!((image.text("/with/libs/inner/README"), image.text("/inside/a.txt")), ("first", "a"));
    assert_eq!(image.text("/without/own.txt"), "own");
    assert!(!image.files.contains_key("/without/libs/inner/README"));
}

#[test]
fn submodules_are_in_the_context() {
    let url = with_submodule().url("/outer.git");
    let of = |file: &str| Build::spec("").using(file).context(url.clone());
    let by_flag = format!("--build-arg=BUILDKIT_SYNTAX={}", frontend());
    let image = same(of("Dockerfile"), of("build.yaml").flags([&by_flag]), &[]);
    assert_eq!(image.only().text("/all/libs/inner/README"), "first");
    let context = format!("{url}?submodules=false");
    let image = Build::spec("").using("build.yaml").context(context).flags([by_flag]).image();
    assert_eq!(image.only().text("/all/own.txt"), "own");
    assert!(!image.only().files.contains_key("/all/libs/inner/README"));
}

#[test]
fn a_token_opens_a_repository() {
    let repository = repository();
    let token = optfrontend_tests::nonce();
    let site = Site::empty().repository("/r.git", &repository).only_for("x-access-token", &token).start();
    let spec =
        format!("stages: {{app: {{from: scratch, steps: [{{add: '{}', to: /}}]}}}}", site.url("/r.git#main"));
    let build = Build::spec(&spec).file("token", &token);
    let image = build.flags(["--secret=id=GIT_AUTH_TOKEN,src=token"]).image();
    assert_eq!(image.only().text("/README"), "second");
    assert!(image.blobs.all().iter().all(|blob| !contains(blob, token.as_bytes())));
}

#[test]
fn a_token_opens_a_download() {
    let password = optfrontend_tests::nonce();
    let site = Site::empty().file("/a.txt", "a").only_for("somebody", &password).start();
    let token = STANDARD.encode(format!("somebody:{password}"));
    let url = site.url("/a.txt");
    let (dockerfile, spec) = (
        format!("FROM scratch\nADD {url} /\n"),
        format!(
            "sources: {{a: {{http: '{url}', chmod: 0640}}}}\nstages: {{app: {{from: scratch, steps: [{{add: '{url}'}}, {{copy: a.txt, from: a, to: /b}}]}}}}"
        ),
    );
    // A token is sent as `Bearer`, a header as it is.
    for (id, secret) in [
        ("HTTP_AUTH_TOKEN_127.0.0.1", token.clone()),
        ("HTTP_AUTH_HEADER_127.0.0.1", format!("Basic {token}")),
    ] {
        let with =
            |build: Build| build.file("secret", &secret).flags([format!("--secret=id={id},src=secret")]);
        let image = with(Build::spec(&spec)).image();
        assert_eq!((image.only().text("/a.txt"), image.only().text("/b")), ("a", "a"), "{id}");
        let wanted = with(Build::dockerfile(&dockerfile)).image();
        assert_eq!(wanted.only().entry("/a.txt"), image.only().entry("/a.txt"), "{id}");
        assert!(image.blobs.all().iter().all(|blob| !contains(blob, token.as_bytes())), "{id}");
    }
}

#[test]
fn a_header_opens_a_repository() {
    let password = optfrontend_tests::nonce();
    let site = Site::empty().repository("/r.git", &repository()).only_for("somebody", &password).start();
    let header = format!("Basic {}", STANDARD.encode(format!("somebody:{password}")));
    let spec =
        format!("stages: {{app: {{from: scratch, steps: [{{add: '{}', to: /}}]}}}}", site.url("/r.git#main"));
    let build = Build::spec(&spec).file("header", &header).flags(["--secret=id=GIT_AUTH_HEADER,src=header"]);
    assert_eq!(build.image().only().text("/README"), "second");
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn archives_of_the_context_are_unpacked_as_a_dockerfile_unpacks_them() {
    let dockerfile = "FROM busybox:1.36\nWORKDIR /w\nADD data.tar.gz .\nADD data.tar /tar/\nADD note.txt /note\n\
                      ADD --unpack=false data.tar /kept/\nADD --chown=1:2 *.gz folder /both/\n";
    let spec = "
stages:
  app:
    from: busybox:1.36
    workdir: /w
    steps:
      - add: data.tar.gz
      - {add: data.tar, to: /tar/}
      - {add: note.txt, to: /note}
      - {add: data.tar, to: /kept/, unpack: false}
      - {add: ['*.gz', folder], to: /both/, chown: '1:2'}
";
    let files = |build: Build| {
        build
            .file("data.tar.gz", gzip(&archive()))
            .file("data.tar", archive())
            .file("note.txt", "note")
            .file("folder/in.txt", "in")
    };
    let image = same_since((0, 23), files(Build::dockerfile(dockerfile)), files(Build::spec(spec)), &[]);
    assert_eq!(image.only().text("/tar/one.txt"), "one.txt");
    assert!(image.only().files.contains_key("/kept/data.tar"));
}

#[test]
fn sources_are_copied_mounted_and_started_from() {
    let repository = repository();
    let site =
        Site::empty().repository("/r.git", &repository).file("/tool", "#!/bin/sh\necho tool\n").start();
    let spec = format!(
        "
args: {{REF: main}}
sources:
  base: {{image: 'busybox:1.36'}}
  repo: {{git: '{git}', ref: $REF, subdir: docs}}
  tool: {{http: '{http}', checksum: '{digest}', filename: run, chmod: 0755}}
  web: {{context: site, include: ['**/*.html'], exclude: [drafts]}}
stages:
  repo-only: {{from: repo}}
  app:
    from: base
    steps:
      - {{copy: a.txt, from: repo, to: /}}
      - {{copy: ., from: repo-only, to: /stage/}}
      - run: /tools/run > /said; ls /seed /web > /seen; echo NONCE
        mounts: [{{type: bind, from: tool, target: /tools}}, {{type: bind, from: web, target: /web}}]
        cache: {{target: /seed, from: repo, id: NONCE}}
",
        git = site.url("/r.git"),
        http = site.url("/tool"),
        digest = site.digest("/tool")
    );
    let build = Build::spec(&spec)
        .file("pages/index.html", "")
        .file("pages/style.css", "")
        .file("pages/drafts/new.html", "")
        .flags(["--build-context=site=pages", "--build-arg=REF=v1"]);
    if is_refused(&build) {
        return;
    }
    let image = build.image();
    let image = image.only();
    assert_eq!((image.text("/a.txt"), image.text("/stage/a.txt")), ("a", "a"));
    assert_eq!(image.text("/said"), "tool\n");
    assert_eq!(image.text("/seen"), "/seed:\na.txt\n\n/web:\nindex.html\n");
}

#[test]
fn a_source_can_be_replaced_by_the_client() {
    let spec = "
sources: {repo: {git: 'https://localhost:1/not-there.git'}}
stages: {app: {from: scratch, steps: [{copy: a.txt, from: repo}]}}
";
    let build = Build::spec(spec).file("mine/a.txt", "mine").flags(["--build-context=repo=mine"]);
    assert_eq!(build.image().only().text("/a.txt"), "mine");
}

#[test]
fn what_is_not_used_is_not_fetched() {
    let site = Site::empty().file("/a", "a").file("/b", "b").start();
    let spec = format!(
        "
sources: {{a: {{http: '{}'}}, b: {{http: '{}'}}, c: {{context: not-given}}}}
stages: {{other: {{from: c}}, app: {{from: scratch, steps: [{{copy: a, from: a}}]}}}}
",
        site.url("/a"),
        site.url("/b")
    );
    assert_eq!(Build::spec(&spec).image().only().text("/a"), "a");
    assert!(site.requests().iter().all(|request| request.ends_with("/a")), "{:?}", site.requests());
}
