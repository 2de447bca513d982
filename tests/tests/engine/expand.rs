//! `--call=expand`: what is short in a spec said in full, which makes the same image.

use optfrontend_tests::{Build, Registry, Site, docker, repository};
use serde_json::Value;

use crate::examples::alone_with;

const CALL: [&str; 2] = ["--call=expand", "--progress=none"];

/// Caches, secrets and mounts for all steps, packages, and a part that another file has.
const SHORT: &str = "include: base.yaml
secrets: {token: {required: false}}
stages:
  app:
    from: debian:bookworm-slim
    workdir: /srv
    cache: [pip, {target: /cache, id: NONCE}]
    secrets: token
    mounts: [{type: tmpfs, target: /scratch}]
    network: none
    steps:
      - run: echo NONCE
      - parallel:
          - - run: |
                mount | grep -c /cache > count
                echo \"$PIP_CACHE_DIR\"'s' >> count
          - - copy: input
              chmod: 0640
      - run: [sh, -c, 'test \"$$1\" = \"$VERSION\" && ls / > $$0', root, $VERSION]
        cache: npm
        run_as: nobody
        workdir: /tmp
";

const BASE: &str = "args: {VERSION: '1.20'}\nstages: {app: {labels: {version: $VERSION}}}\n";

/// Builds a spec and its core form: nothing is done anew, and the images are one.
#[track_caller]
fn assert_same_image(build: Build) {
    let build = build.flags(["--build-arg=SOURCE_DATE_EPOCH=1767323045"]);
    let expected = build.image().platforms;
    let core = build.run_with(CALL).ok().outcome.stdout;
    // Not in the context, which is to be the same.
    let elsewhere = Build::spec("");
    elsewhere.write("core.yaml", &core);
    let image = build.using(&elsewhere.folder().join("core.yaml").to_string_lossy()).image();
    image.built.assert_ran(&[]);
    assert!(image.platforms == expected, "another image is made of\n{core}");
}

fn short() -> Build {
    Build::spec(SHORT).file("base.yaml", BASE).file("input", "input\n")
}

#[test]
fn a_spec_and_its_core_form_make_one_image() {
    assert_same_image(short());
}

#[test]
fn packages_and_their_commands_make_one_image() {
    assert_same_image(Build::spec(
        "stages: {app: {from: 'debian:bookworm-slim', steps: [{run: echo NONCE}, {apt: [tini]}]}}",
    ));
}

/// The core form is built where no lock file is, and says what the tag was.
#[test]
fn a_locked_spec_and_its_core_form_make_one_image() {
    let registry = Registry::shared();
    let push = |mark: &str| {
        let name = registry.name("locked-base");
        let spec = format!("stages: {{app: {{from: scratch, labels: {{mark: {mark}, nonce: NONCE}}}}}}");
        Build::spec(&spec).run_with(["--push", "--tag", &*name, "--provenance=false"]).ok();
        docker(["image", "rm", "--force", &name]).ok();
        name
    };
    let (base, newer) = (push("old"), push("new"));
    let site = Site::empty().file("/data.txt", "data").start();
    let build = Build::spec(&format!(
        "
sources: {{data: {{http: '{data}'}}}}
stages:
  app:
    from: {base}
    steps:
      - {{copy: data.txt, from: data, to: /data/}}
      - {{copy: /bin/busybox, from: busybox:1.36, to: /bin/}}
      - {{add: '{data}', to: /added/}}
",
        data = site.url("/data.txt"),
        base = &*base,
    ));
    let lock = build.run_with(["--call=lock", "--progress=none"]).ok().outcome.stdout;
    let build = build.file("build.yaml.lock", lock);
    registry.move_tag(&base, &newer);
    assert_eq!(build.image().only().get("Labels")["mark"], "old");
    assert_same_image(build);
}

#[test]
fn a_preset_and_its_core_form_are_one_image() {
    let auto = "# syntax=optfrontend/optfrontend:1\npreset: auto\n";
    assert_same_image(Build::copy_of(repository().join("examples/go-server")).file("build.yaml", auto));
}

#[test]
fn every_example_and_its_core_form_are_one_image() {
    let mut folders: Vec<_> = std::fs::read_dir(repository().join("examples")).unwrap().flatten().collect();
    folders.sort_by_key(std::fs::DirEntry::file_name);
    for folder in folders {
        let _alone = alone_with(&folder.file_name().to_string_lossy());
        let specs =
            ["build.yaml", "preset.yaml"].into_iter().filter(|spec| folder.path().join(spec).exists());
        for spec in specs {
            assert_same_digest(&Build::at(folder.path()).using(spec));
        }
    }
}

/// As [`assert_same_image`], of an image that is too large to look into.
#[track_caller]
fn assert_same_digest(build: &Build) {
    // Not in the context, which is to be the same.
    let elsewhere = Build::spec("");
    let digest = |build: &Build| {
        let written_to = elsewhere.folder().join("metadata.json");
        let flags = [
            "--build-arg=SOURCE_DATE_EPOCH=1767323045",
            "--provenance=false",
            "--output=type=image,push=false,store=false",
            &format!("--metadata-file={}", written_to.display()),
        ];
        let outcome = build.run_with(flags).ok();
        let metadata = std::fs::read_to_string(written_to).unwrap_or_default();
        let metadata: Value = serde_json::from_str(&metadata).unwrap_or_default();
        (outcome, metadata["containerimage.digest"].clone())
    };
    let expected = digest(build).1;
    assert!(expected.is_string(), "{expected}");
    let core = build.run_with(CALL).ok().outcome.stdout;
    elsewhere.write("core.yaml", &core);
    let file = elsewhere.folder().join("core.yaml");
    let (again, found) = digest(&Build::at(build.folder()).using(&file.to_string_lossy()));
    again.assert_ran(&[]);
    assert!(found == expected, "{}: another image is made of\n{core}", build.folder().display());
}

#[test]
fn what_is_printed_is_a_spec() {
    let build = short();
    let printed = build.run_with(CALL).ok().outcome.stdout;
    let lines: Vec<&str> = printed.lines().take(4).collect();
    assert!(lines[0].starts_with("# syntax=") && lines[1..] == ["", "args:", "  VERSION: 1.20"], "{printed}");
    let script = "      - parallel:
          - - run: |
                mount | grep -c /cache > count
                echo \"$PIP_CACHE_DIR\"'s' >> count
              env:
                PIP_CACHE_DIR: /root/.cache/pip
              cache:
                - target: /root/.cache/pip
                  id: /root/.cache/pip:$TARGETPLATFORM
                  sharing: shared
                - target: /cache
                  id: ";
    assert!(printed.contains(script), "{printed}");
    build.write("core.yaml", &printed);
    let again = build.using("core.yaml").run_with(CALL).ok().outcome.stdout;
    assert_eq!(again, printed);
}

#[test]
fn as_json_it_is_a_spec_too() {
    let build = short();
    let json = build.run_with(["--call=expand,format=json", "--progress=none"]).ok().outcome.stdout;
    let parsed: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(parsed["stages"]["app"]["steps"][0]["network"], "none");
    let yaml = build.run_with(CALL).ok().outcome.stdout;
    build.write("core.yaml", format!("{}\n{json}", yaml.lines().next().unwrap()));
    assert_eq!(build.using("core.yaml").run_with(CALL).ok().outcome.stdout, yaml);
}

#[test]
fn nothing_of_the_client_is_printed() {
    let secret = "a-value-that-nobody-may-see";
    let build = short().variable("TOKEN", secret);
    let flags = ["--secret=id=token,env=TOKEN", &*format!("--build-arg=VERSION={secret}")];
    for format in ["", ",format=json"] {
        let call = format!("--call=expand{format}");
        let outcome = build.run_with([&*call, flags[0], flags[1]]).ok().outcome;
        assert!(!outcome.stdout.contains(secret) && outcome.stdout.contains("token"), "{}", outcome.stdout);
    }
}

#[test]
fn a_spec_that_is_wrong_is_not_expanded() {
    let failed = Build::spec("stages: {app: {fron: scratch}}").run_with(CALL).failed();
    assert!(failed.messages().contains("build.yaml:2:16: unknown key `fron`"), "{}", failed.messages());
}
