//! Health checks of an address: on images that hold nothing but a server, for users that are not root, on each platform.

use optfrontend_tests::{Build, Container, Tag, frontend, in_one_of_three_rounds, is_refused, nonce};

/// A server of static pages that has no shell beside it, with a health check.
fn server(healthcheck: &str) -> Build {
    let spec = format!(
        "
stages:
  app:
    from: scratch
    steps:
      - copy: /bin/busybox
        from: busybox:1.36
        to: /busybox
      - copy: healthz
        to: /www/
    user: 65532:65532
    entrypoint: [/busybox, httpd, -f, -p, \"8080\", -h, /www]
    healthcheck: {{{healthcheck}, interval: 250ms, retries: 2}}
"
    );
    Build::spec(&spec).file("healthz", nonce())
}

#[test]
fn an_address_that_answers_is_healthy_without_a_shell_or_root() {
    for check in
        [r#"http: ":8080/healthz""#, "http: http://127.0.0.1:8080/missing, status: 404", r#"tcp: ":8080""#]
    {
        let build = server(check);
        if is_refused(&build) {
            return;
        }
        Container::start(&build.load(), &[]).wait_until_healthy();
    }
}

#[test]
fn an_address_that_does_not_is_unhealthy_and_says_why() {
    for (check, says) in [
        (r#"http: ":8080/missing""#, "http://localhost:8080/missing: status 404, not 200-399"),
        (r#"http: ":8080/healthz", status: 204"#, "http://localhost:8080/healthz: status 200, not 204"),
        ("tcp: 127.0.0.1:8081", "127.0.0.1:8081: Connection refused"),
    ] {
        let build = server(check);
        if is_refused(&build) {
            return;
        }
        let said = Container::start(&build.load(), &[]).wait_until_unhealthy();
        assert!(said.starts_with(&format!("optfrontend: {says}")), "{said}");
    }
}

#[test]
fn each_platform_has_its_own_program() {
    let build = server(r#"http: ":8080/healthz""#).flags(["--platform=linux/amd64,linux/arm64"]);
    let image = build.image();
    let layer = |platform: &str| image.platforms[platform].layers.last().unwrap().clone();
    assert_ne!(layer("linux/amd64"), layer("linux/arm64"));
    for platform in image.platforms.values() {
        let helper = platform.entry("/.optfrontend/helper");
        assert_eq!((helper.mode, helper.uid, helper.gid), (0o755, 0, 0));
    }
    let tag = build.load();
    Container::start(&tag, &["--platform=linux/arm64"]).wait_until_healthy();
}

#[test]
fn the_program_is_a_layer_that_another_version_of_the_frontend_leaves_as_it_is() {
    let build = server(r#"tcp: ":8080""#);
    if is_refused(&build) {
        return;
    }
    // Other tests have the same layer of the program, made by whichever frontend came first.
    in_one_of_three_rounds(|| {
        let before = build.image();
        let other = other_frontend();
        let after = build.image_with(&[format!("--build-arg=BUILDKIT_SYNTAX={}", &*other.name)]);
        after.built.assert_ran(&[]);
        assert_eq!(before.only().layers, after.only().layers);
    });
}

/// The frontend that is tested, with something else beside it.
pub(crate) fn other_frontend() -> Tag {
    let spec = format!(
        "stages: {{frontend: {{from: {}, steps: [{{write: {{path: /version, content: NONCE}}}}]}}}}",
        frontend()
    );
    Build::spec(&spec).load()
}
