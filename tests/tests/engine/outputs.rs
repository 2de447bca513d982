//! `--output` and what stands for it: `--load`, `--push`, `--tag`, and the files that tell of it.

use std::fs::{self, File};
use std::path::Path;

use optfrontend_tests::{Build, ImageName, Registry, buildkit_version, docker, nonce};
use serde_json::{Value, json};

const SPEC: &str = "
stages:
  app:
    from: scratch
    steps:
      - write: {path: /bin/tool, content: NONCE, chmod: 0755}
      - {symlink: {target: tool, path: /bin/link}}
    labels: {arch: $TARGETARCH}
";

const BOTH: &str = "--platform=linux/amd64,linux/arm64";

#[track_caller]
fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path.as_ref()).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// The paths in an archive.
fn listed(archive: &Path) -> std::io::Result<Vec<String>> {
    let mut archive = tar::Archive::new(File::open(archive)?);
    archive.entries()?.map(|entry| Ok(entry?.path()?.display().to_string())).collect()
}

#[test]
fn a_folder() {
    use std::os::unix::fs::PermissionsExt as _;

    let build = Build::spec(SPEC);
    build.run_with(["--output=out"]).ok();
    let tool = build.folder().join("out/bin/tool");
    assert_eq!(read(&tool), build.nonce());
    assert_eq!(fs::metadata(&tool).unwrap().permissions().mode() & 0o777, 0o755);
    assert_eq!(fs::read_link(build.folder().join("out/bin/link")).unwrap(), Path::new("tool"));
}

#[test]
fn a_folder_with_one_for_each_platform() {
    let build = Build::spec(SPEC);
    build.run_with(["--output=type=local,dest=out", BOTH]).ok();
    for platform in ["linux_amd64", "linux_arm64"] {
        assert_eq!(read(build.folder().join("out").join(platform).join("bin/tool")), build.nonce());
    }
}

#[test]
fn one_platform_can_be_told_as_several_are() {
    let build = Build::spec(SPEC);
    build.run_with(["--output=out", "--build-arg=BUILDKIT_MULTI_PLATFORM=1"]).ok();
    let folders: Vec<_> = fs::read_dir(build.folder().join("out")).unwrap().flatten().collect();
    assert_eq!(folders.len(), 1);
    assert!(folders[0].file_name().to_string_lossy().starts_with("linux_"), "{folders:?}");
    assert_eq!(read(folders[0].path().join("bin/tool")), build.nonce());
}

#[test]
fn an_archive() {
    let build = Build::spec(SPEC);
    build.run_with(["--output=type=tar,dest=out.tar"]).ok();
    assert_eq!(listed(&build.folder().join("out.tar")).unwrap(), ["bin/", "bin/link", "bin/tool"]);
}

#[test]
fn an_archive_on_stdout() {
    let build = Build::spec(SPEC);
    let outcome = build.run_with(["--output=-"]).ok().outcome;
    assert!(outcome.stdout.contains(build.nonce()));
}

#[test]
fn an_image_that_docker_loads() {
    let build = Build::spec(
        "stages: {app: {from: busybox:1.36, steps: [{write: {path: /mark, content: NONCE}}], cmd: [cat, /mark]}}",
    );
    let name = ImageName::new(format!("optfrontend-test:{}", nonce()));
    build.run_with([format!("--output=type=docker,dest=image.tar,name={}", &*name)]).ok();
    docker(["load", "--quiet", "--input", build.folder().join("image.tar").to_str().unwrap()]).ok();
    assert_eq!(docker(["run", "--rm", &name]).ok().stdout, build.nonce());
}

#[test]
fn an_archive_in_oci_layout() {
    let build = Build::spec(SPEC);
    build.run_with(["--output=type=oci,dest=image.tar", BOTH]).ok();
    let paths = listed(&build.folder().join("image.tar")).unwrap();
    assert!(
        paths.contains(&"oci-layout".to_owned()) && paths.contains(&"index.json".to_owned()),
        "{paths:?}"
    );
}

#[test]
fn several_outputs_of_one_build() {
    let build = Build::spec(SPEC);
    build
        .run_with([
            "--output=type=local,dest=out",
            "--output=type=tar,dest=out.tar",
            "--output=type=cacheonly",
        ])
        .ok();
    assert_eq!(read(build.folder().join("out/bin/tool")), build.nonce());
    assert!(listed(&build.folder().join("out.tar")).unwrap().contains(&"bin/tool".to_owned()));
}

#[test]
fn a_pushed_image_with_all_its_tags() {
    let registry = Registry::shared();
    let (one, two) = (registry.name("tags"), registry.name("tags"));
    Build::spec(SPEC).run_with(["--push", "--tag", &*one, "--tag", &*two]).ok();
    assert_eq!(registry.ask(&one).body, registry.ask(&two).body);
    assert_eq!(registry.ask(&one).status, 200);
}

#[test]
fn the_image_of_the_engine_is_told_by_files_and_stdout() {
    let build = Build::spec(SPEC);
    let name = ImageName::new(format!("optfrontend-test:{}", nonce()));
    let flags = ["--tag", &*name, "--quiet", "--iidfile=id", "--metadata-file=metadata.json"];
    let outcome = build.run_with(flags).ok().outcome;
    assert_eq!(outcome.stderr, "", "it is to be quiet");
    let id = docker(["image", "inspect", "--format={{.Id}}", &name]).ok().stdout;
    let metadata: Value = serde_json::from_str(&read(build.folder().join("metadata.json"))).unwrap();
    assert_eq!(outcome.stdout, id);
    assert_eq!(read(build.folder().join("id")), id.trim());
    assert_eq!(metadata["containerimage.digest"], id.trim());
    // Old daemons tell less.
    if buildkit_version() < (0, 9) {
        return;
    }
    assert_eq!(metadata["image.name"], format!("docker.io/library/{}", &*name));
    let provenance = &metadata["buildx.build.provenance"];
    if buildkit_version() < (0, 14) {
        return;
    }
    assert_eq!(provenance["invocation"]["configSource"]["entryPoint"], "build.yaml", "{provenance}");
}

#[test]
fn annotations_are_where_they_were_asked_for() {
    let flags = [
        "--platform=linux/amd64,linux/arm64",
        "--annotation=plain=a",
        "--annotation=index:of.index=b",
        "--annotation=manifest[linux/arm64]:of.arm=c",
        "--annotation=manifest-descriptor:of.descriptor=d",
    ];
    let spec = Build::spec("stages: {app: {from: scratch, labels: {mark: NONCE}}}").flags(flags);
    let dockerfile = Build::dockerfile("FROM scratch\nLABEL mark=x\n").flags(flags);
    let found = annotations(&spec);
    assert_eq!(found, annotations(&dockerfile));
    assert_eq!(found["index"], json!({ "of.index": "b" }));
    assert_eq!(found["linux/arm64"], json!([{ "of.descriptor": "d" }, { "of.arm": "c", "plain": "a" }]));
}

/// Pushes a build and reads the annotations of its index, and of the descriptor and the manifest of each platform.
#[track_caller]
fn annotations(build: &Build) -> Value {
    let registry = Registry::shared();
    let name = registry.name("annotations");
    build.run_with(["--push", "--tag", &*name, "--provenance=false"]).ok();
    let index = registry.manifest(&name);
    let mut found = json!({ "index": index["annotations"] });
    for entry in index["manifests"].as_array().into_iter().flatten() {
        let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let repository = name.rsplit_once(':').map_or("", |(repository, _)| repository);
        let manifest = registry.manifest(&format!("{repository}@{}", text("/digest")));
        let platform = format!("{}/{}", text("/platform/os"), text("/platform/architecture"));
        found[platform] = json!([entry["annotations"], manifest["annotations"]]);
    }
    found
}

/// A build that fails at its end, when other steps have long had their outcome.
#[track_caller]
fn failed(flags: &[&str]) -> Build {
    let spec = "
stages:
  app:
    from: busybox:1.36
    steps:
      - write: {path: /bin/tool, content: NONCE}
      - run: exit 3
";
    let build = Build::spec(spec);
    build.run_with(flags.iter().copied()).failed();
    build
}

#[test]
fn a_failed_build_leaves_no_files() {
    let flags = [
        "--output=type=local,dest=out",
        "--output=type=tar,dest=out.tar",
        "--output=type=oci,dest=oci.tar",
        "--output=type=oci,tar=false,dest=oci",
        "--iidfile=id",
        "--metadata-file=metadata.json",
    ];
    for platforms in ["linux/amd64", "linux/amd64,linux/arm64"] {
        let platforms = format!("--platform={platforms}");
        let build = failed(&[&flags[..], &[&platforms]].concat());
        let left = fs::read_dir(build.folder()).unwrap().flatten().map(|entry| entry.path());
        let left: Vec<_> = left.filter(|path| path.file_name().unwrap() != "build.yaml").collect();
        let content = |path: &Path| path.is_dir() || fs::metadata(path).unwrap().len() > 0;
        assert!(!left.iter().any(|path| content(path)), "{left:?}");
    }
}

#[test]
fn a_failed_build_leaves_no_image() {
    let registry = Registry::shared();
    let name = registry.name("never");
    failed(&["--push", "--tag", &*name]);
    failed(&["--load", "--tag", &*name]);
    assert_eq!(registry.ask(&name).status, 404);
    docker(["image", "inspect", &name]).failed();
}
