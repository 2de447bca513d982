//! Through a registry on loopback: images that are pushed and pulled, and the frontend itself.

use optfrontend_tests::{Build, Registry, docker, frontend};

#[test]
fn an_image_can_be_pushed() {
    let registry = Registry::shared();
    let name = registry.name("app");
    let spec = "stages: {app: {from: busybox:1.36, steps: [{write: {path: /mark, content: NONCE}}], cmd: [cat, /mark]}}";
    let build = Build::spec(spec);
    build
        .run_with(["--push", "--tag", &*name, "--platform=linux/amd64,linux/arm64", "--provenance=false"])
        .ok();
    let index = registry.manifest(&name).to_string();
    assert!(index.contains("arm64") && index.contains("amd64"), "{index}");
    let ran = docker(["run", "--rm", "--pull=always", "--quiet", &name]).ok();
    assert_eq!(ran.stdout, build.nonce());
}

#[test]
fn the_frontend_can_come_from_a_registry() {
    let name = Registry::shared().name("frontend");
    docker(["tag", &frontend(), &name]).ok();
    docker(["push", "--quiet", &name]).ok();
    // From here on only the registry has it.
    docker(["image", "rm", &name]).ok();
    let spec = format!("# syntax={}\nstages: {{app: {{from: scratch, labels: {{by: registry}}}}}}", &*name);
    let image = Build::spec("").file("build.yaml", spec).image();
    assert_eq!(image.only().get("Labels")["by"], "registry");
}

#[test]
fn a_login_is_used_to_push_and_to_pull() {
    let registry = Registry::with_login();
    let login = registry.logged_in();
    let config = login.path().to_str().unwrap();
    let base = registry.name("base");
    let build = Build::spec("stages: {app: {from: scratch, labels: {mark: NONCE}}}");
    let pushed = build.nonce().to_owned();
    build.variable("DOCKER_CONFIG", config).run_with(["--push", "--tag", &*base]).ok();
    assert_eq!(registry.ask(&base).status, 200);
    let image = Build::spec(&format!("stages: {{app: {{from: '{}'}}}}", &*base));
    assert_eq!(image.variable("DOCKER_CONFIG", config).image().only().get("Labels")["mark"], pushed.as_str());
}

#[test]
fn pull_asks_the_registry_for_a_tag_that_has_moved() {
    let registry = Registry::shared();
    let (base, newer) = (registry.name("base"), registry.name("base"));
    for (name, mark) in [(&base, "old"), (&newer, "new")] {
        let spec = format!("stages: {{app: {{from: scratch, labels: {{mark: {mark}}}}}}}");
        Build::spec(&spec).run_with(["--push", "--tag", name]).ok();
    }
    docker(["pull", "--quiet", &base]).ok();
    registry.move_tag(&base, &newer);
    let build = Build::spec(&format!("stages: {{app: {{from: '{}'}}}}", &*base));
    assert_eq!(build.image().only().get("Labels")["mark"], "old");
    assert_eq!(build.flags(["--pull"]).image().only().get("Labels")["mark"], "new");
}
