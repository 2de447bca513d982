//! Presets: a project and two lines.

use optfrontend_tests::{Build, Container, repository};

use super::examples::alone_with;

/// An example with nothing but the line that names the frontend and `preset: auto`.
fn auto(example: &str) -> Build {
    Build::spec("preset: auto\n")
        .files_of(repository().join("examples").join(example))
        .file("build.yaml", AUTO)
}

const AUTO: &str = "# syntax=optfrontend/optfrontend:1\npreset: auto\n";

fn serves(build: &Build, user: &str, port: u16) {
    let container = Container::serve(&build.load(), port);
    assert_eq!(container.inspect("{{.Config.User}}"), user);
    assert_eq!(container.answer(port, "/healthz").status, 200);
    container.wait_until_healthy();
}

#[test]
fn a_program_in_go() {
    let build = auto("go-server");
    let course = build.run().progress;
    let told = "[preset go] go version 1.22 (go.mod), package ./cmd/server (the only program in cmd), health /healthz (cmd/server/main.go), port 8080 (cmd/server/main.go)";
    let names: Vec<&str> = course.vertices.iter().map(|step| step.name.as_str()).collect();
    assert!(names.contains(&told), "{names:#?}");
    serves(&build, "65532:65532", 8080);
}

#[test]
fn a_service_in_typescript() {
    let _alone = alone_with("node-api");
    serves(&auto("node-api"), "65532:65532", 3000);
}

#[test]
fn a_server_in_python() {
    let build = auto("python-api").file(".python-version", "3.11\n");
    serves(&build, "app", 8000);
}
