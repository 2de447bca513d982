//! Presets: a project and two lines.

use optfrontend_tests::{Build, Container, docker, repository};

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

/// Builds, and sees that the log says what was found.
fn assert_told(build: &Build, expected: &str) {
    let course = build.run().progress;
    let names: Vec<&str> = course.vertices.iter().map(|step| step.name.as_str()).collect();
    assert!(names.contains(&expected), "{names:#?}");
}

#[test]
fn a_program_in_go() {
    let build = auto("go-server");
    assert_told(
        &build,
        "[preset go] go version 1.22 (go.mod), package ./cmd/server (the only program in cmd), health /healthz (cmd/server/main.go), port 8080 (cmd/server/main.go)",
    );
    serves(&build, "65532:65532", 8080);
}

#[test]
fn a_service_in_typescript() {
    let _alone = alone_with("node-api");
    let build = auto("node-api");
    assert_told(
        &build,
        "[preset node] node version 22 (engines in package.json), build true (the script `build`), entry dist/server.js (the script `start`), output dist (where the entry is), port 3000 (src/server.ts)",
    );
    serves(&build, "65532:65532", 3000);
}

#[test]
fn a_server_in_python() {
    let build = auto("python-api");
    assert_told(
        &build,
        "[preset python] health /healthz (app/main.py), entry app.main:app (app/main.py, for uvicorn), port 8000 (the usual one)",
    );
    serves(&build, "app", 8000);
}

#[test]
fn a_program_in_rust() {
    let _alone = alone_with("rust-server");
    let build = auto("rust-server");
    assert_told(
        &build,
        "[preset rust] package markdown-server (Cargo.toml), bin markdown-server (src/main.rs), health /healthz (src/main.rs), port 8080 (src/main.rs)",
    );
    serves(&build, "65532:65532", 8080);
}

/// A program that comes with C, for which Rust alone has no compiler and no library.
#[test]
fn a_program_in_rust_and_c() {
    let manifest = "[package]\nname = 'app'\nversion = '1.0.0'\nedition = '2024'\n[[bin]]\nname = 'sum'\npath = 'src/main.rs'\n[build-dependencies]\ncc = '1'\n";
    let build = Build::spec("preset: auto\n")
        .file("build.yaml", AUTO)
        .file("Cargo.toml", manifest)
        .file("Cargo.lock", include_str!("presets/Cargo.lock"))
        .file("build.rs", "fn main() { cc::Build::new().file(\"sum.c\").compile(\"sum\"); }\n")
        .file("sum.c", "#include <string.h>\nint sum(int a, int b) { return a + b + (int) strlen(\"\"); }\n")
        .file(
            "src/main.rs",
            "unsafe extern \"C\" { fn sum(a: i32, b: i32) -> i32; }\nfn main() { println!(\"{}\", unsafe { sum(40, 2) }); }\n",
        );
    assert_told(
        &build,
        "[preset rust] libc gnu (app in Cargo.lock needs cc), package app (Cargo.toml), bin sum (src/main.rs)",
    );
    let image = build.load();
    assert_eq!(docker(["run", "--rm", &*image.name]).ok().stdout, "42\n");
}

#[test]
fn files_for_browsers() {
    let build = Build::spec("preset: auto\n")
        .file("build.yaml", AUTO)
        .file("index.html", "<h1>Hello</h1>\n")
        .file("css/site.css", "h1 { color: teal }\n");
    assert_told(
        &build,
        "[preset static] output . (index.html is there), health / (index.html is there), port 8080 (the usual one)",
    );
    let container = Container::serve(&build.load(), 8080);
    assert_eq!(container.inspect("{{.Config.User}}"), "101:101");
    assert_eq!(container.answer(8080, "/").body, "<h1>Hello</h1>\n");
    assert_eq!(container.answer(8080, "/css/site.css").status, 200);
    assert_eq!(container.answer(8080, "/build.yaml").status, 404);
    container.wait_until_healthy();
}
