//! The example projects: they build, run, answer, are healthy, and are not run by root.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use optfrontend_tests::{
    Build, Container, Response, docker, get, in_one_of_three_rounds, nonce, repository, request,
};

/// The right to build an example, which one test has at a time: steps that two builds share while both run are done once,
/// but count as done in both.
type Alone = MutexGuard<'static, ()>;

/// Waits until no other test builds an example.
pub(crate) fn alone_with(example: &str) -> Alone {
    static LOCKS: Mutex<BTreeMap<String, &'static Mutex<()>>> = Mutex::new(BTreeMap::new());
    let lock = {
        let mut locks = LOCKS.lock().unwrap_or_else(PoisonError::into_inner);
        *locks.entry(example.to_owned()).or_insert_with(|| Box::leak(Box::default()))
    };
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Builds and starts an example that runs as nonroot.
pub(crate) fn serve(name: &str, port: u16) -> Container {
    serve_as(name, port, "65532:65532")
}

pub(crate) fn serve_as(name: &str, port: u16, user: &str) -> Container {
    serve_spec(name, "build.yaml", port, user)
}

/// As [`serve_as`], by another spec of the example.
pub(crate) fn serve_spec(name: &str, spec: &str, port: u16, user: &str) -> Container {
    let image = {
        let _alone = alone_with(name);
        Build::at(repository().join("examples").join(name)).using(spec).load()
    };
    let container = Container::serve(&image, port);
    assert_eq!(container.inspect("{{.Config.User}}"), user);
    container
}

/// The program that checks the health of what a preset makes, with manifests that its copy of the project has.
const HELPER: usize = 1024 * 1024;

/// Ends the test if the layers of an example's image have more bytes than those by its Dockerfile, or than a limit. What a preset makes
/// may have the program that checks its health besides.
#[track_caller]
pub(crate) fn assert_no_larger(name: &str, spec: &str, limit: usize) {
    let _alone = alone_with(name);
    let size = |file| Build::at(repository().join("examples").join(name)).using(file).image().unpacked_size();
    let (ours, dockerfile) = (size(spec), size("Dockerfile.reference"));
    let besides = if spec == "preset.yaml" { HELPER } else { 0 };
    assert!(
        ours <= dockerfile + besides && ours < limit,
        "{name}: {ours} bytes, by its Dockerfile {dockerfile}"
    );
}

/// Builds the stage that tests an example.
pub(crate) fn test(name: &str) {
    let _alone = alone_with(name);
    Build::at(repository().join("examples").join(name)).flags(["--target=test"]).run();
}

#[test]
fn go_server_shortens() {
    let container = serve("go-server", 8080);
    assert_eq!(container.answer(8080, "/healthz").status, 200);
    let json = r#"{"url": "https://example.com/"}"#;
    let made = request(container.port(8080), "POST", "/api/links", &["Content-Type: application/json"], json)
        .unwrap();
    assert!(made.body.contains(r#""url":"https://example.com/""#), "{made:?}");
    container.wait_until_healthy();
}

#[test]
fn node_api_keeps_notes() {
    let container = serve("node-api", 3000);
    assert_eq!(container.answer(3000, "/healthz").body, r#"{"status":"ok"}"#);
    let json = r#"{"title": "milk"}"#;
    let made =
        request(container.port(3000), "POST", "/notes", &["Content-Type: application/json"], json).unwrap();
    assert_eq!(made.status, 201, "{made:?}");
    assert!(get(container.port(3000), "/notes").unwrap().body.contains("milk"));
    container.wait_until_healthy();
}

#[test]
fn python_api_sums_up() {
    let container = serve("python-api", 8000);
    assert_eq!(container.answer(8000, "/healthz").status, 200);
    let json = r#"{"amount": "3.50", "category": "coffee"}"#;
    let made = request(container.port(8000), "POST", "/expenses", &["Content-Type: application/json"], json)
        .unwrap();
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(get(container.port(8000), "/totals").unwrap().body, r#"{"coffee":"3.50"}"#);
    container.wait_until_healthy();
}

#[test]
fn rust_server_renders() {
    let container = serve("rust-server", 8080);
    assert_eq!(container.answer(8080, "/healthz").status, 200);
    let made = request(container.port(8080), "POST", "/render", &[], "# Hello *there*").unwrap();
    assert!(made.body.contains(r#""title":"Hello there""#), "{made:?}");
    container.wait_until_healthy();
}

#[test]
fn react_nginx_serves_its_bundle() {
    let container = serve_as("react-nginx", 8080, "101");
    let page = container.answer(8080, "/some/route");
    assert_eq!(page.status, 200);
    let script = page.body.split('"').find(|word| word.starts_with("/assets/")).expect("a page has a script");
    assert!(get(container.port(8080), script).unwrap().body.contains("Bill splitter"), "{script}");
    container.wait_until_healthy();
}

fn scores_are_kept(container: &Container) {
    assert_eq!(container.answer(8080, "/healthz").status, 200);
    let body = |told: std::io::Result<Response>| told.map(|told| told.body).unwrap_or_default();
    let made = request(container.port(8080), "POST", "/scores/ada", &[], "5");
    assert_eq!(body(made), r#"{"player":"ada","points":5}"#);
    assert_eq!(body(get(container.port(8080), "/scores")), r#"[{"player":"ada","points":5}]"#);
    container.wait_until_healthy();
}

#[test]
fn java_service_keeps_scores() {
    scores_are_kept(&serve("java-service", 8080));
}

#[test]
fn java_service_keeps_scores_by_its_preset() {
    scores_are_kept(&serve_spec("java-service", "preset.yaml", 8080, "65532:65532"));
}

#[test]
fn cli_scratch_sorts_versions() {
    let _alone = alone_with("cli-scratch");
    let image = Build::at(repository().join("examples/cli-scratch")).load();
    let sorted = docker(["run", "--rm", &*image.name, "sort", "1.10.0", "1.2.0", "1.2.0-rc.1"]).ok().stdout;
    assert_eq!(sorted, "1.2.0-rc.1\n1.2.0\n1.10.0\n");
}

#[test]
fn go_server_passes_its_tests() {
    test("go-server");
}

#[test]
fn node_api_passes_its_tests() {
    test("node-api");
}

#[test]
fn python_api_passes_its_tests() {
    test("python-api");
}

#[test]
fn java_service_passes_its_tests() {
    test("java-service");
}

#[test]
fn cli_scratch_passes_its_tests() {
    test("cli-scratch");
}

#[test]
fn react_nginx_passes_its_tests() {
    test("react-nginx");
}

#[test]
fn rust_server_passes_its_tests() {
    test("rust-server");
}

#[test]
fn rust_server_compiles_its_dependencies_once() {
    let _alone = alone_with("rust-server");
    in_one_of_three_rounds(|| {
        let folder = repository().join("examples/rust-server");
        Build::at(&folder).run();
        let text = std::fs::read_to_string(folder.join("src/render.rs")).unwrap();
        let changed = Build::copy_of(&folder).file("src/render.rs", format!("{text}// {}\n", nonce())).run();
        let log = &changed.logs;
        assert!(log.contains("Compiling markdown-server"), "{log}");
        assert!(!log.contains("Compiling tiny_http"), "{log}");
    });
}
