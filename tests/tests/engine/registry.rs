//! Through a registry on loopback: images that are pushed, and the frontend itself.

use optfrontend_tests::{Build, ImageName, docker, frontend, nonce, request};

/// The registry, such as `localhost:5028`, and its port.
fn registry() -> (String, u16) {
    let Ok(registry) = std::env::var("OPTFRONTEND_REGISTRY") else {
        panic!(
            "these tests push to a registry: set OPTFRONTEND_REGISTRY to one on loopback, as docker/engine env does"
        );
    };
    let port = registry.rsplit(':').next().and_then(|port| port.parse().ok());
    let Some(port) = port else { panic!("OPTFRONTEND_REGISTRY has no port: {registry}") };
    (registry, port)
}

#[test]
fn an_image_can_be_pushed() {
    let (registry, port) = registry();
    let tag = nonce();
    let name = ImageName::new(format!("{registry}/optfrontend-tests/app:{tag}"));
    let spec = "stages: {app: {from: busybox:1.36, steps: [{write: {path: /mark, content: NONCE}}], cmd: [cat, /mark]}}";
    let build = Build::spec(spec);
    build
        .run_with(["--push", "--tag", &*name, "--platform=linux/amd64,linux/arm64", "--provenance=false"])
        .ok();
    let path = format!("/v2/optfrontend-tests/app/manifests/{tag}");
    let accept = "Accept: application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json";
    let index = request(port, "GET", &path, &[accept], "").unwrap();
    assert!(index.body.contains("arm64") && index.body.contains("amd64"), "{index:?}");
    let ran = docker(["run", "--rm", "--pull=always", "--quiet", &name]).ok();
    assert_eq!(ran.stdout, build.nonce());
}

#[test]
fn the_frontend_can_come_from_a_registry() {
    let (registry, _) = registry();
    let name = ImageName::new(format!("{registry}/optfrontend-tests/frontend:{}", nonce()));
    docker(["tag", &frontend(), &name]).ok();
    docker(["push", "--quiet", &name]).ok();
    // From here on only the registry has it.
    docker(["image", "rm", &name]).ok();
    let spec = format!("# syntax={}\nstages: {{app: {{from: scratch, labels: {{by: registry}}}}}}", &*name);
    let image = Build::spec("").file("build.yaml", spec).image();
    assert_eq!(image.only().get("Labels")["by"], "registry");
}
