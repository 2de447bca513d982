//! The example projects in Python: what they answer, and what a change repeats.

use optfrontend_tests::{
    Build, Container, Kind, Response, in_one_of_three_rounds, is_refused, nonce, repository, request,
};

use crate::examples::{alone_with, assert_no_larger, serve, serve_spec, test};

fn copy_of(example: &str) -> Build {
    Build::copy_of(repository().join("examples").join(example))
}

/// Puts a line that means nothing at the end of a file that `#` begins comments in.
#[track_caller]
fn comment(build: &Build, file: &str) {
    let text = std::fs::read_to_string(build.folder().join(file)).unwrap_or_default();
    assert!(!text.is_empty(), "there is no {file}");
    build.write(file, format!("{text}\n# {}\n", nonce()));
}

/// Posts a text, which must be taken; returns the answer.
#[track_caller]
fn post(container: &Container, path: &str, text: &str) -> String {
    match request(container.port(8000), "POST", path, &[], text) {
        Ok(Response { status: 201, body, .. }) => body,
        other => panic!("{path}: {other:?}"),
    }
}

fn snippets_are_shown(container: &Container) {
    assert_eq!(container.answer(8000, "/healthz").body, r#"{"status":"ok","version":"dev"}"#);
    let made = post(container, "/?language=python", "def f(): pass");
    let path = made.split('"').find(|word| word.starts_with('/')).unwrap_or_default();
    let page = container.answer(8000, path);
    assert!(page.body.contains(r#"<span class="k">def</span>"#), "{page:?}");
    container.wait_until_healthy();
}

#[test]
fn python_uv_shows_snippets() {
    snippets_are_shown(&serve("python-uv", 8000));
}

#[test]
fn python_uv_shows_snippets_by_its_preset() {
    snippets_are_shown(&serve_spec("python-uv", "preset.yaml", 8000, "65532:65532"));
}

#[test]
fn python_uv_passes_its_tests() {
    test("python-uv");
}

#[test]
fn python_uv_installs_by_its_lockfile_alone() {
    let _alone = alone_with("python-uv");
    in_one_of_three_rounds(|| {
        let build = copy_of("python-uv");
        build.run();
        comment(&build, "app/main.py");
        build.run().assert_ran(&["runtime 3/3] copy app"]);
        // The same packages come out as the same bytes, so nothing behind them runs.
        comment(&build, "uv.lock");
        build.run().assert_ran(&["install uv: manifests and lockfile", "] install uv"]);
    });
}

#[test]
fn python_poetry_draws_codes() {
    let container = serve("python-poetry", 8000);
    assert_eq!(container.answer(8000, "/healthz").status, 200);
    let code = container.answer(8000, "/qr.svg?text=hello");
    assert!(code.body.contains("<svg"), "{code:?}");
    container.wait_until_healthy();
}

#[test]
fn python_poetry_passes_its_tests() {
    test("python-poetry");
}

#[test]
fn python_poetry_installs_by_what_its_lockfile_comes_to() {
    let _alone = alone_with("python-poetry");
    in_one_of_three_rounds(|| {
        let build = copy_of("python-poetry");
        build.run();
        comment(&build, "app/main.py");
        build.run().assert_ran(&["runtime 3/3] copy app"]);
        comment(&build, "poetry.lock");
        build.run().assert_ran(&["copy pyproject.toml poetry.lock", "run poetry check --lock"]);
    });
}

#[test]
fn python_api_answers_by_its_preset() {
    let container = serve_spec("python-api", "preset.yaml", 8000, "65532:65532");
    assert_eq!(container.answer(8000, "/healthz").status, 200);
    container.wait_until_healthy();
}

/// As the README has it: nothing can be written, nothing can be gained.
const STRICT: [&str; 3] = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"];

fn signed_webhooks_are_taken(spec: &str, user: &str) {
    let image = {
        let _alone = alone_with("python-hardened");
        Build::at(repository().join("examples/python-hardened")).using(spec).load()
    };
    let secret = Build::copy_of(repository().join("examples/python-hardened/tests"));
    secret.write("webhook", "It's a Secret to Everybody\n");
    let mounted = format!("--volume={}:/run/secrets/webhook:ro", secret.folder().join("webhook").display());
    let flags = [&STRICT[..], &[&mounted, "--publish=127.0.0.1::8000"]].concat();
    let container = Container::start(&image, &flags);
    assert_eq!(container.answer(8000, "/healthz").status, 200);
    let signed =
        "X-Hub-Signature-256: sha256=ea01d29e00146dadc94d74018a162ad37ade6d38982dd987df9ada58f08420c5";
    for (header, status) in [(signed, 202), ("X-Hub-Signature-256: sha256=00", 401)] {
        let told = request(container.port(8000), "POST", "/hook", &[header], r#"{"action": "opened"}"#);
        assert!(told.as_ref().is_ok_and(|told| told.status == status), "{told:?}");
    }
    container.wait_until_healthy();
    assert_eq!(container.inspect("{{.Config.User}}"), user);
    assert_eq!(container.stop(), 0);
}

#[test]
fn python_hardened_takes_signed_webhooks_in_the_strictest_of_containers() {
    signed_webhooks_are_taken("build.yaml", "65534:65534");
}

#[test]
fn python_hardened_takes_signed_webhooks_by_its_preset() {
    signed_webhooks_are_taken("preset.yaml", "65532:65532");
}

#[test]
fn python_hardened_has_nothing_to_attack_with() {
    let _alone = alone_with("python-hardened");
    let image = Build::at(repository().join("examples/python-hardened")).image();
    let image = image.only();
    for name in ["sh", "bash", "dash", "busybox", "pip", "pip3", "apt", "dpkg", "curl", "wget"] {
        for folder in ["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin"] {
            assert!(!image.files.contains_key(&format!("{folder}/{name}")), "{folder}/{name}");
        }
    }
    for (path, entry) in &image.files {
        if matches!(entry.kind, Kind::File { .. }) {
            assert_eq!(entry.mode & 0o6002, 0, "{path}: {entry}");
            let is_ours = path.starts_with("/app/");
            assert!(!is_ours || (entry.uid, entry.mode & 0o222) == (0, 0), "{path}: {entry}");
        }
        assert!(!path.contains("/site-packages/pip/") && !path.contains("/deps/pip/"), "{path}");
    }
}

/// What looks like the key of a cloud, and is like the one of its documentation.
const KEY: &str = "AKIAIOSFODNN7EXAMPLF";

#[test]
fn python_hardened_leaves_the_build_without_keys_alone() {
    let _alone = alone_with("python-hardened");
    let build = copy_of("python-hardened").using("release.yaml");
    if is_refused(&build) {
        return;
    }
    build.run();
    let reports = build.run_with(["--target=runtime+scan", "--output=reports"]).ok();
    reports.assert_ran(&[]);
    let outcome = std::fs::read_to_string(build.folder().join("reports/secrets.outcome"));
    assert_eq!(outcome.unwrap(), "exit 0");

    let settings = build.folder().join("app/settings.py");
    std::fs::write(settings, format!("ACCESS_KEY = '{KEY}'  # {}\n", nonce())).unwrap();
    let told = build.fail();
    assert!(told.messages().contains("the scan `secrets` ended with exit code 1"), "{}", told.messages());
    assert!(told.messages().contains("/rootfs/app/app/settings.py:1"), "{}", told.messages());
    // The spec that everybody builds has nothing to do with it.
    let unscanned = build.using("build.yaml").run();
    assert!(!unscanned.progress.vertices.iter().any(|step| step.name.contains("] scan ")));
}

#[test]
fn python_hardened_passes_its_tests() {
    test("python-hardened");
}

#[test]
fn python_hardened_installs_by_its_requirements_alone() {
    let _alone = alone_with("python-hardened");
    in_one_of_three_rounds(|| {
        let build = copy_of("python-hardened");
        build.run();
        comment(&build, "app/main.py");
        build.run().assert_ran(&["runtime 3/3] copy app"]);
        comment(&build, "requirements.txt");
        build.run().assert_ran(&["copy requirements.txt", "run pip install"]);
    });
}

#[test]
fn no_image_is_larger_than_that_of_its_dockerfile() {
    for example in ["python-api", "python-uv", "python-poetry", "python-hardened"] {
        assert_no_larger(example, "build.yaml", 200_000_000);
    }
    for example in ["python-api", "python-uv", "python-hardened"] {
        assert_no_larger(example, "preset.yaml", 200_000_000);
    }
}
