//! Named contexts: what `--build-context` puts in the place of stages and images, compared with what the Dockerfile
//! frontend makes of the same flags.

use optfrontend_tests::{Build, Built, Image, Repository, Site, buildkit_version, differences, frontend};
use serde_json::{Value, json};

const DOCKERFILE: &str =
    "FROM scratch AS web\nCOPY not-there /\n\nFROM busybox:1.36\nCOPY --from=web . /web/\n";
const SPEC: &str = "
stages:
  web:
    from: scratch
    steps: [{copy: not-there}]
  app:
    from: busybox:1.36
    steps: [{copy: ., from: web, to: /web/}]
";

/// Builds both with the same flags; the images must be the same.
#[track_caller]
pub(crate) fn same(dockerfile: Build, spec: Build, flags: &[&str]) -> Image {
    same_since((0, 9), dockerfile, spec, flags)
}

/// As [`same`], for a Dockerfile that an engine can build since this release of `BuildKit`. Before it the spec is built alone.
#[track_caller]
pub(crate) fn same_since(release: (u32, u32), dockerfile: Build, spec: Build, flags: &[&str]) -> Image {
    if buildkit_version() < release {
        return spec.flags(flags.iter().copied()).image();
    }
    let dockerfile = dockerfile.flags(flags.iter().copied()).image();
    let spec = spec.flags(flags.iter().copied()).image();
    let differences: Vec<String> = differences(&dockerfile, &spec).iter().map(ToString::to_string).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    spec
}

fn both() -> (Build, Build) {
    (Build::dockerfile(DOCKERFILE), Build::spec(SPEC))
}

#[test]
fn a_directory_stands_in_for_a_stage() {
    let (dockerfile, spec) = both();
    let files = |build: Build| {
        build
            .file("site/index.html", "hello")
            .file("site/notes/a.log", "")
            .file("site/notes/b.txt", "b")
            .file("site/.dockerignore", "**/*.log\n.dockerignore\n")
    };
    let image = same(files(dockerfile), files(spec), &["--build-context=web=site"]);
    assert_eq!(image.only().text("/web/index.html"), "hello");
    assert!(!image.only().files.contains_key("/web/notes/a.log"));
}

#[test]
fn of_a_directory_only_what_is_copied_is_sent() {
    let spec = "
stages:
  app:
    from: scratch
    steps:
      - {copy: small.txt, from: web}
      - {write: {path: /NONCE, content: x}}
";
    let build = Build::spec(spec).file("site/small.txt", "x").file("site/large.bin", vec![7; 8 << 20]);
    assert!(sent(&build.flags(["--build-context=web=site"]).run()) < 1 << 20);
}

/// The most bytes that the client reports for one transfer.
fn sent(built: &Built) -> u64 {
    let reports = built.outcome.stderr.split("\"current\":").skip(1).filter_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().ok()
    });
    reports.max().unwrap_or_default()
}

#[test]
fn an_image_stands_in_for_an_image_and_its_config_holds() {
    let dockerfile = Build::dockerfile("FROM no-such-image:1\nRUN go version > /version\n");
    let spec = Build::spec("stages: {app: {from: 'no-such-image:1', steps: [{run: go version > /version}]}}");
    let image = same(dockerfile, spec, &["--build-context=no-such-image:1=docker-image://golang:1.22"]);
    assert!(image.only().text("/version").contains("go1.22"));
}

#[test]
fn a_target_that_is_replaced_is_what_replaces_it() {
    let dockerfile = Build::dockerfile("FROM scratch AS app\nCOPY not-there /\nENTRYPOINT [\"/x\"]\n");
    let spec = Build::spec(
        "stages: {app: {from: scratch, steps: [{copy: not-there}], entrypoint: [/x], env: {A: b}}}",
    );
    let image = same(dockerfile, spec, &["--build-context=app=docker-image://busybox:1.36"]);
    assert!(image.only().files.contains_key("/bin/busybox"));
    assert!(image.only().get("Entrypoint").is_null());
}

#[test]
fn nothing_at_all_can_stand_in() {
    let dockerfile = Build::dockerfile("FROM no-such-image\nENV A=1\n");
    let spec = Build::spec("stages: {app: {from: no-such-image, env: {A: '1'}}}");
    let image = same(dockerfile, spec, &["--build-context=no-such-image=docker-image://scratch"]);
    assert!(image.only().files.is_empty());
}

#[test]
fn an_oci_layout_stands_in_for_a_stage() {
    let layout = Build::spec(
        "stages: {site: {from: scratch, steps: [{write: {path: /index.html, content: NONCE}}], env: {A: layout}}}",
    );
    layout.run_with(["--output=type=oci,tar=false,dest=out", "--provenance=false"]).ok();
    let context = format!("--build-context=web=oci-layout://{}/out", layout.folder().display());
    let (dockerfile, spec) = both();
    let image = same(dockerfile, spec, &[&context]);
    assert_eq!(image.only().text("/web/index.html"), layout.nonce());
    let dockerfile = Build::dockerfile("FROM web\nENV B=1\n");
    let image = same(dockerfile, Build::spec("stages: {app: {from: web, env: {B: '1'}}}"), &[&context]);
    assert!(image.only().get("Env").to_string().contains("A=layout"));
}

#[test]
fn an_image_of_an_oci_layout_may_be_named_by_tag_or_digest() {
    let folder = Build::spec("");
    // Clients write the names of images into a layout in more than one form: that of the format is put there here.
    let mut manifests = ["1", "2"].map(|version| {
        let steps = format!("[{{write: {{path: /version, content: '{version}'}}}}]");
        folder.write(
            "build.yaml",
            format!("# syntax=optfrontend/optfrontend:1\nstages: {{a: {{from: scratch, steps: {steps}}}}}\n"),
        );
        folder.run_with(["--output=type=oci,tar=false,dest=out", "--provenance=false"]).ok();
        let mut manifest = index(&folder)["manifests"][0].take();
        manifest["annotations"] = json!({ "org.opencontainers.image.ref.name": version });
        manifest
    });
    folder.write("out/index.json", json!({ "schemaVersion": 2, "manifests": manifests }).to_string());
    let first = manifests[0]["digest"].take();
    for (name, version) in [(":1", "1"), (":2", "2"), (&format!("@{}", first.as_str().unwrap()), "1")] {
        let context = format!("--build-context=web=oci-layout://{}/out{name}", folder.folder().display());
        let (dockerfile, spec) = both();
        let image = same(dockerfile, spec, &[&context]);
        assert_eq!(image.only().text("/web/version"), version, "{name}");
    }
}

/// The index of the layout `out`.
#[track_caller]
fn index(build: &Build) -> Value {
    let read = std::fs::read(build.folder().join("out/index.json"));
    read.ok().and_then(|index| serde_json::from_slice(&index).ok()).unwrap_or_default()
}

/// Copies from a stage, a source and an image, all of which are elsewhere by what the file itself says.
const EVERYWHERE: &str = "
sources: {files: {git: 'https://localhost:1/none.git'}}
stages:
  web: {from: scratch, steps: [{copy: not-there}]}
  app:
    from: scratch
    steps:
      - {copy: NAME, from: web, to: /stage}
      - {copy: NAME, from: files, to: /source}
      - {copy: NAME, from: 'no-such-image:1', to: /image}
";

/// The same, without a name for a source.
const EVERYWHERE_DOCKERFILE: &str = "
FROM scratch AS web
COPY not-there /
FROM scratch
COPY --from=web NAME /stage
COPY --from=files NAME /source
COPY --from=no-such-image:1 NAME /image
";

#[test]
fn every_kind_stands_in_for_stages_sources_and_images() {
    let image =
        Build::spec("stages: {app: {from: scratch, steps: [{write: {path: /name, content: image}}]}}").load();
    let repository = Repository::new().commit(&[("name", "git")]);
    let site = Site::empty().repository("/web.git", &repository).file("/name", "http").start();
    for (place, name, content) in [
        (format!("docker-image://{}", &*image.name), "name", "image"),
        ("folder".to_owned(), "name", "folder"),
        (site.url("/web.git#main"), "name", "git"),
        (site.url("/name"), "context", "http"),
    ] {
        let flags =
            ["web", "files", "no-such-image:1"].map(|given| format!("--build-context={given}={place}"));
        let flags = flags.each_ref().map(String::as_str);
        let spec = Build::spec(&EVERYWHERE.replace("NAME", name)).file("folder/name", "folder");
        let dockerfile = Build::dockerfile(&EVERYWHERE_DOCKERFILE.replace("NAME", name));
        // As above: not every Dockerfile frontend takes a download.
        let image = match content {
            "http" => spec.flags(flags).image(),
            _ => same_since((0, 14), dockerfile.file("folder/name", "folder"), spec, &flags),
        };
        for path in ["/stage", "/source", "/image"] {
            assert_eq!(image.only().text(path), content, "{path}");
        }
    }
}

#[test]
fn a_git_repository_stands_in_for_a_stage() {
    let repository = Repository::new()
        .commit(&[("index.html", "first"), ("docs/a.txt", "a")])
        .git(&["tag", "v1"])
        .commit(&[("index.html", "second")]);
    let site = Site::empty().repository("/web.git", &repository).start();
    for (fragment, expected) in
        [("", "second"), ("#v1", "first"), ("#refs/heads/main", "second"), ("?tag=v1", "first")]
    {
        let context = format!("--build-context=web={}{fragment}", site.url("/web.git"));
        let (dockerfile, spec) = both();
        let image = same_since((0, 14), dockerfile, spec, &[&context]);
        assert_eq!(image.only().text("/web/index.html"), expected, "{fragment}");
        assert!(!image.only().files.contains_key("/web/.git"), "{fragment}");
    }
    let context = format!("--build-context=web={}#v1:docs", site.url("/web.git"));
    let (dockerfile, spec) = both();
    assert_eq!(same_since((0, 14), dockerfile, spec, &[&context]).only().text("/web/a.txt"), "a");
}

#[test]
fn a_download_stands_in_for_a_stage() {
    let site = Site::empty().file("/index.html", "hello").start();
    // The Dockerfile frontend of several releases takes no such context: "invalid argument".
    let context = format!("--build-context=web={}", site.url("/index.html"));
    let image = Build::spec(SPEC).flags([context]).image();
    assert_eq!(image.only().text("/web/context"), "hello");
}

#[test]
fn a_context_may_be_mounted() {
    let spec = "
stages:
  app:
    from: busybox:1.36
    steps:
      - run: cat /web/index.html > /seen; echo NONCE
        mounts: [{type: bind, from: web, target: /web}]
";
    let build = Build::spec(spec).file("site/index.html", "hello").flags(["--build-context=web=site"]);
    assert_eq!(build.image().only().text("/seen"), "hello");
}

#[test]
fn a_platform_may_have_a_context_of_its_own() {
    let targets = format!(
        r#"
target "app" {{
  dockerfile = "build.yaml"
  contexts = {{ "web" = "./any", "web::linux/arm64" = "./arm" }}
  args = {{ BUILDKIT_SYNTAX = "{}" }}
  platforms = ["linux/amd64", "linux/arm64"]
}}
"#,
        frontend()
    );
    let spec = "stages: {app: {from: scratch, steps: [{copy: name, from: web, to: /NONCE}]}}";
    let build =
        Build::spec(spec).file("docker-bake.hcl", targets).file("any/name", "any").file("arm/name", "arm");
    let image = build.bake("app", [""; 0]);
    let path = format!("/{}", build.nonce());
    assert_eq!(image.platforms["linux/amd64"].text(&path), "any");
    assert_eq!(image.platforms["linux/arm64"].text(&path), "arm");
}

const LINKED: &str = r#"
target "base" {
  dockerfile = "base.yaml"
  args = { BUILDKIT_SYNTAX = "FRONTEND" }
}
target "app" {
  contexts = { base = "target:base", web = "target:base" }
  dockerfile = "build.yaml"
  args = { BUILDKIT_SYNTAX = "FRONTEND" }
}
"#;

fn linked() -> Build {
    let base = "
stages:
  base:
    from: busybox:1.36
    env: {MARK: base}
    workdir: /work
    steps: [{run: uname -m > machine}]
";
    let app = "
stages:
  app:
    from: base
    steps:
      - {copy: /work/machine, from: web, to: /copied}
      - run: pwd > /pwd; echo $MARK > /mark
    cmd: [cat, /mark]
";
    let targets = LINKED.replace("FRONTEND", &frontend());
    Build::spec(app).file("base.yaml", base).file("docker-bake.hcl", targets)
}

#[test]
fn a_bake_target_stands_in_with_its_config() {
    let image = linked().bake("app", [""; 0]);
    let image = image.only();
    assert_eq!(image.text("/copied"), "x86_64\n");
    assert_eq!((image.text("/pwd"), image.text("/mark")), ("/work\n", "base\n"));
    assert!(image.get("Env").to_string().contains("MARK=base"));
}

#[test]
fn a_bake_target_of_several_platforms_stands_in_for_each() {
    let image = linked().bake("app", ["--set=*.platform=linux/amd64,linux/arm64"]);
    assert_eq!(image.platforms["linux/amd64"].text("/copied"), "x86_64\n");
    assert_eq!(image.platforms["linux/arm64"].text("/copied"), "aarch64\n");
    assert_eq!(image.platforms["linux/arm64"].text("/mark"), "base\n");
}
