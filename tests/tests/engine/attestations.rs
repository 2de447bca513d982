//! `--sbom`, `--provenance` and `--attest`: what is attached to an image. The scanner is Syft.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use optfrontend_tests::{Build, Image, ImageName, Registry, repository};
use serde_json::Value;

/// The scanner of `tests/scanner`, in the registry: one for all tests that run at a time, each of which keeps it.
#[track_caller]
pub(crate) fn scanner() -> Arc<ImageName> {
    static SHARED: Mutex<Weak<ImageName>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let name = Arc::new(Registry::shared().name("scanner"));
        let flags = ["--push", "--provenance=false", "--tag", &**name];
        Build::at(repository().join("tests/scanner")).run_with(flags).ok();
        *shared = Arc::downgrade(&name);
        name
    })
}

/// The statements of a kind.
fn statements(image: &Image, kind: &str) -> Vec<Value> {
    let layers = image.attestations.iter().filter_map(|manifest| manifest["layers"].as_array()).flatten();
    layers
        .filter(|layer| {
            layer["annotations"]["in-toto.io/predicate-type"].as_str().is_some_and(|it| it.contains(kind))
        })
        .map(|layer| image.blobs.json(layer["digest"].as_str().unwrap_or_default()))
        .collect()
}

/// What Syft found: the packages of each file system by its name.
fn packages(image: &Image) -> BTreeMap<String, BTreeSet<String>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    statements(image, "spdx.dev")
        .iter()
        .map(|statement| {
            let packages = statement["predicate"]["packages"].as_array().into_iter().flatten();
            (text(&statement["predicate"]["name"]), packages.map(|package| text(&package["name"])).collect())
        })
        .collect()
}

const METADATA: &str = "Metadata-Version: 2.1\nName: requests\nVersion: 2.1.0\n";
const LOCKFILE: &str = r#"{"name": "a", "version": "1.0.0", "lockfileVersion": 3, "packages": {
    "": {"name": "a", "version": "1.0.0"},
    "node_modules/left-pad": {"version": "1.3.0", "resolved": "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz"}
}}"#;

const SPEC: &str = "
ARGS
stages:
  install:
    from: busybox:1.36
    steps: [{copy: package-lock.json, to: /src/}]
  other: {from: install, steps: [{copy: /src/package-lock.json, from: install, to: /other/}]}
  app:
    from: scratch
    steps:
      - {copy: METADATA, to: /usr/lib/python3/dist-packages/requests-2.1.0.dist-info/}
      - {copy: /other/package-lock.json, from: other, to: /unknown}
";

const DOCKERFILE: &str = "ARGS
FROM busybox:1.36 AS install
COPY package-lock.json /src/
FROM install AS other
COPY --from=install /src/package-lock.json /other/
FROM scratch AS app
COPY METADATA /usr/lib/python3/dist-packages/requests-2.1.0.dist-info/
COPY --from=other /other/package-lock.json /unknown
";

/// Builds with a list of software, from a spec with `args` and from a Dockerfile with the like: the lists must be the same.
#[track_caller]
fn listed(args: &[(&str, &str)], flags: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let declared: Vec<String> = args.iter().map(|(name, value)| format!("{name}: '{value}'")).collect();
    let spec = SPEC.replace("ARGS", &format!("args: {{{}}}", declared.join(", ")));
    let declared: Vec<String> = args.iter().map(|(name, value)| format!("ARG {name}={value}\n")).collect();
    let dockerfile = DOCKERFILE.replace("ARGS\n", &declared.concat());
    let scanner = scanner();
    let generator = format!("--sbom=generator={}", &**scanner);
    let [spec, dockerfile] = [Build::spec(&spec), Build::dockerfile(&dockerfile)].map(|build| {
        let build = build.file("METADATA", METADATA).file("package-lock.json", LOCKFILE);
        packages(&build.flags([generator.as_str()]).flags(flags.iter().copied()).image())
    });
    assert_eq!(spec, dockerfile);
    spec
}

#[test]
fn an_sbom_lists_what_is_in_the_image() {
    let found = listed(&[], &[]);
    assert_eq!(found.keys().collect::<Vec<_>>(), ["sbom"]);
    assert!(found["sbom"].contains("requests") && !found["sbom"].contains("left-pad"), "{found:?}");
}

#[test]
fn an_sbom_tells_of_stages_and_of_the_context() {
    let args = [("BUILDKIT_SBOM_SCAN_STAGE", "true"), ("BUILDKIT_SBOM_SCAN_CONTEXT", "true")];
    let found = listed(&args, &[]);
    assert_eq!(found.keys().collect::<Vec<_>>(), ["sbom", "sbom-context", "sbom-install", "sbom-other"]);
    assert!(
        found["sbom-install"].contains("left-pad") && found["sbom-install"].contains("busybox"),
        "{found:?}"
    );
    assert!(
        found["sbom-context"].contains("left-pad") && !found["sbom-context"].contains("busybox"),
        "{found:?}"
    );
    assert!(!found["sbom"].contains("left-pad"), "{found:?}");
}

#[test]
fn an_sbom_tells_of_one_stage() {
    let args = [("BUILDKIT_SBOM_SCAN_STAGE", "install,unused"), ("BUILDKIT_SBOM_SCAN_CONTEXT", "false")];
    let spec = SPEC.to_owned() + "  unused: {from: scratch}\n";
    let declared: Vec<String> = args.iter().map(|(name, value)| format!("{name}: '{value}'")).collect();
    let spec = spec.replace("ARGS", &format!("default: app\nargs: {{{}}}", declared.join(", ")));
    let build = Build::spec(&spec).file("METADATA", METADATA).file("package-lock.json", LOCKFILE);
    let scanner = scanner();
    let image = build.flags([format!("--attest=type=sbom,generator={}", &**scanner)]).image();
    assert_eq!(packages(&image).keys().collect::<Vec<_>>(), ["sbom", "sbom-install"]);
}

#[test]
fn the_client_may_ask_for_more_of_an_sbom_on_several_platforms() {
    let flags = ["--build-arg=BUILDKIT_SBOM_SCAN_STAGE=other", "--platform=linux/amd64,linux/arm64"];
    let build = Build::spec(&SPEC.replace("ARGS", "")).file("METADATA", METADATA);
    let scanner = scanner();
    let generator = format!("--sbom=generator={}", &**scanner);
    let image = build
        .file("package-lock.json", LOCKFILE)
        .flags(flags)
        .flags([generator, "--provenance=false".to_owned()])
        .image();
    assert_eq!(image.built.warnings, []);
    assert_eq!((image.attestations.len(), statements(&image, "spdx.dev").len()), (2, 4));
    assert_eq!(packages(&image).keys().collect::<Vec<_>>(), ["sbom", "sbom-other"]);
}

#[test]
fn provenance_is_as_much_as_was_asked_for() {
    let spec = "
args: {COLOUR: red}
stages: {app: {from: busybox:1.36, steps: [{run: echo $COLOUR NONCE}]}}
";
    let provenance = |flag: &str| {
        let image = Build::spec(spec).flags([flag, "--build-arg=COLOUR=bluish"]).image();
        statements(&image, "slsa.dev").pop()
    };
    assert_eq!(provenance("--provenance=false"), None);
    let least = provenance("--provenance=mode=min").unwrap().to_string();
    assert!(least.contains("pkg:docker/busybox") && !least.contains("bluish"), "{least}");
    for flag in ["--provenance=mode=max", "--attest=type=provenance,mode=max"] {
        let most = provenance(flag).unwrap();
        let all = most.to_string();
        assert!(all.contains("build-arg:COLOUR") && all.contains("bluish"), "{all}");
        let sources = most
            .pointer("/predicate/metadata/https:~1~1mobyproject.org~1buildkit@v1#metadata/source/infos/0");
        assert_eq!(sources.map(|source| &source["filename"]), Some(&"build.yaml".into()), "{all}");
    }
}

#[test]
fn a_spec_that_asks_for_attestations_is_built_with_them_alone() {
    let build = Build::spec("stages: {app: {from: scratch, steps: [{copy: METADATA}], verify: {attestations: [sbom, provenance]}}}")
        .file("METADATA", METADATA);
    let scanner = scanner();
    let [sbom, provenance] = [format!("--sbom=generator={}", &**scanner), "--provenance=true".to_owned()];
    let image = build.image_with(&[&sbom, &provenance]);
    assert_eq!((statements(&image, "spdx.dev").len(), statements(&image, "slsa.dev").len()), (1, 1));
    for (flags, missing) in
        [([sbom.as_str(), "--provenance=false"], "provenance"), ([&provenance, "--sbom=false"], "sbom")]
    {
        let told = build.run_with(flags).failed();
        assert!(told.messages().contains(&format!("the image gets no `{missing}`")), "{}", told.messages());
    }
}

#[test]
fn a_scanner_that_is_not_there_is_told() {
    let spec = SPEC.replace("ARGS", "args: {BUILDKIT_SBOM_SCAN_STAGE: 'true'}");
    let build = Build::spec(&spec).file("METADATA", METADATA).file("package-lock.json", LOCKFILE);
    let failed = build
        .run_with(["--sbom=generator=localhost:1/no/scanner:1", "--output=type=oci,dest=out.tar"])
        .failed();
    assert!(failed.messages().contains("localhost:1/no/scanner:1"), "{}", failed.messages());
    assert!(!build.folder().join("out.tar").metadata().is_ok_and(|file| file.len() > 0));
}
