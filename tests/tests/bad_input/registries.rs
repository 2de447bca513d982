//! Registries, and an ssh agent, that do not do what is wanted of them.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use optfrontend_tests::{Agent, Build, Built, Registry};

use super::assert_told;

/// As [`assert_told`], without the port, which is another each time.
#[track_caller]
fn told(name: &str, mut built: Built, address: &str) {
    built.progress.messages = built.progress.messages.replace(address, "REGISTRY");
    assert_told(name, &built);
}

fn from(image: &str) -> Build {
    Build::spec(&format!("stages:\n  app:\n    from: {image}\n"))
}

#[test]
fn a_login_that_is_missing_to_pull() {
    let registry = Registry::with_login();
    let image = format!("{}/private/base:1", registry.address());
    told("registry_login", from(&image).fail(), registry.address());
}

#[test]
fn a_login_that_is_missing_to_compare() {
    let registry = Registry::with_login();
    let since = format!("{}/private/app:latest", registry.address());
    let build = format!(
        "stages:\n  app:\n    from: scratch\n    verify:\n      max_growth: {{since: {since}, by: 10%}}\n"
    );
    told("growth_login", Build::spec(&build).fail(), registry.address());
}

#[test]
fn an_image_that_has_grown_too_much() {
    let registry = Registry::shared();
    let before = registry.name("app");
    let of = |steps: &str, verify: &str| {
        Build::spec(&format!("stages:\n  app:\n    from: busybox:1.36\n    steps:\n{steps}{verify}"))
    };
    let file =
        |name: &str, bytes| format!("      - write: {{path: /srv/{name}, content: {}}}\n", "x".repeat(bytes));
    let tag = before.rsplit(':').next().unwrap_or_default();
    let cache = "      - run: mkdir -p /root/.cache/pip && dd if=/dev/zero of=/root/.cache/pip/wheel bs=1000 count=700\n";
    of(&(file("server", 5) + &file("old", 50)), "").run_with(["--push", "--tag", &*before]).ok();
    let verify = format!("    verify:\n      max_growth:\n        since: {}\n        by: 10%\n", &*before);
    let mut built = of(&(file("server", 25) + cache), &verify).fail();
    built.progress.messages = built.progress.messages.replace(tag, "TAG");
    told("growth", built, registry.address());
}

/// A preset whose compiler comes from a registry that has no such release.
#[track_caller]
fn no_release(name: &str, with: &str) {
    let registry = Registry::shared();
    let compiler = format!("stages: {{build: {{from: '{}/golang:${{GO_VERSION}}'}}}}\n", registry.address());
    let build = Build::spec(&format!("include: compiler.yaml\npreset: auto\n{with}"))
        .file("compiler.yaml", compiler)
        .file("go.mod", "module app\n\ngo 9.9.1\n")
        .file("main.go", "package main\n");
    told(name, build.fail(), registry.address());
}

#[test]
fn a_release_that_no_image_has_by_a_file_of_the_project() {
    no_release("preset_release_found", "");
}

#[test]
fn a_release_that_no_image_has_by_an_option() {
    no_release("preset_release", "with: {go_version: '9'}\n");
}

#[test]
fn a_login_that_is_missing_to_push() {
    let registry = Registry::with_login();
    let name = registry.name("app");
    let spec = "stages: {app: {from: scratch, labels: {mark: NONCE}}}";
    let tag = name.replace(registry.address(), "REGISTRY");
    let mut denied = Build::spec(spec).run_with(["--push", "--tag", &*name]).failed();
    denied.progress.messages =
        denied.progress.messages.replace(tag.rsplit(':').next().unwrap_or_default(), "TAG");
    told("registry_push", denied, registry.address());
    assert_eq!(registry.ask(&name).status, 404);
}

/// A server that answers everything with this status and content; its address.
fn server(status: &'static str, kind: &'static str, body: &'static str) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close\r\n");
            let mut request = [0; 4096];
            if stream.read(&mut request).is_ok() {
                drop(write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()));
            }
        }
    });
    Ok(address)
}

#[test]
fn a_server_that_is_no_registry() {
    let address = server("200 OK", "text/html", "<html>Welcome</html>").unwrap();
    told("registry_garbage", from(&format!("{address}/app:1")).fail(), &address);
}

#[test]
fn a_registry_that_refuses() {
    for (name, status) in [
        ("registry_refuses", "403 Forbidden"),
        ("registry_busy", "429 Too Many Requests"),
        ("registry_at_fault", "503 Service Unavailable"),
    ] {
        let address = server(status, "application/json", "{}").unwrap();
        told(name, from(&format!("{address}/app:1")).fail(), &address);
    }
}

#[test]
fn an_agent_that_is_gone() {
    let mut agent = Agent::start("key");
    agent.crash();
    let spec = "stages:\n  app:\n    from: golang:1.22\n    steps:\n      - run: ssh-add -l >&2 || exit 1\n        ssh: true\n";
    let flag = format!("--ssh=default={}", agent.socket().display());
    assert_told("ssh_agent_gone", &Build::spec(spec).flags([flag]).fail());
}

#[test]
fn an_agent_that_never_was() {
    let spec =
        "stages:\n  app:\n    from: busybox:1.36\n    steps:\n      - run: echo build\n        ssh: true\n";
    assert_told("ssh_agent_none", &Build::spec(spec).flags(["--ssh=default=/no/such/agent"]).fail());
}
