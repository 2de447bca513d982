//! The example projects of Node.js: what they answer, what a change repeats, and how large they are beside their Dockerfiles.

use std::process::{Command, Stdio};

use optfrontend_tests::{
    Build, Built, Container, Outcome, Running, docker, frontend, get, nonce, repository, request,
};

use crate::examples::{alone_with, serve, serve_spec, test};

fn copy_of(example: &str) -> Build {
    Build::copy_of(repository().join("examples").join(example))
}

/// Builds a spec of an example, changes a file of its source, and builds again.
#[track_caller]
fn changed(example: &str, spec: &str, target: &str, source: &str) -> Built {
    let build = copy_of(example).using(spec).flags([format!("--target={target}")]);
    build.run();
    let text = std::fs::read_to_string(build.folder().join(source)).unwrap_or_default();
    assert!(!text.is_empty(), "{example} has no {source}");
    build.write(source, format!("{text}\n// {}\n", nonce()));
    build.run()
}

/// Of a preset, whose other steps are its own affair.
#[track_caller]
fn assert_installs_nothing(built: &Built, step: &str) {
    let ran = built.ran();
    assert!(ran.iter().any(|name| name.contains(step)), "{ran:?}");
    assert!(!ran.iter().any(|name| name.contains("install")), "{ran:?}");
    assert!(built.cached().iter().any(|name| name.contains("install")), "{:?}", built.cached());
}

fn flags_are_switched(container: &Container) {
    assert_eq!(container.answer(3000, "/healthz").body, r#"{"status":"ok"}"#);
    let port = container.port(3000);
    let set = request(port, "PUT", "/flags/search", &[], r#"{"percent": 100}"#);
    assert!(set.as_ref().is_ok_and(|answer| answer.status == 200), "{set:?}");
    let on = get(port, "/flags/search/ada").map(|answer| answer.body).unwrap_or_default();
    assert_eq!(on, r#"{"name":"search","user":"ada","on":true}"#);
    container.wait_until_healthy();
}

#[test]
fn node_pnpm_switches_flags() {
    flags_are_switched(&serve("node-pnpm", 3000));
}

#[test]
fn node_pnpm_switches_flags_by_its_preset() {
    flags_are_switched(&serve_spec("node-pnpm", "preset.yaml", 3000, "65532:65532"));
}

#[test]
fn node_api_keeps_notes_by_its_preset() {
    let container = serve_spec("node-api", "preset.yaml", 3000, "65532:65532");
    assert_eq!(container.answer(3000, "/healthz").body, r#"{"status":"ok"}"#);
    let made = request(
        container.port(3000),
        "POST",
        "/notes",
        &["Content-Type: application/json"],
        r#"{"title": "milk"}"#,
    );
    assert!(made.as_ref().is_ok_and(|answer| answer.status == 201), "{made:?}");
    container.wait_until_healthy();
}

#[test]
fn react_nginx_serves_its_bundle_by_its_preset() {
    let container = serve_spec("react-nginx", "preset.yaml", 8080, "101:101");
    let page = container.answer(8080, "/some/route");
    let script = page.body.split('"').find(|word| word.starts_with("/assets/")).unwrap_or_default();
    let bundle = get(container.port(8080), script);
    assert!(bundle.is_ok_and(|answer| answer.body.contains("Bill splitter")), "{page:?}");
    container.wait_until_healthy();
}

#[test]
fn node_pnpm_passes_its_tests() {
    test("node-pnpm");
}

#[test]
fn a_changed_source_of_node_pnpm_installs_nothing() {
    let _alone = alone_with("node-pnpm");
    let again = changed("node-pnpm", "build.yaml", "runtime", "src/app.ts");
    again.assert_ran(&["copy src", "run pnpm build", "copy build:/app/dist"]);
    assert_installs_nothing(&changed("node-pnpm", "preset.yaml", "runtime", "src/app.ts"), "npm run build");
}

/// The bytes of an image as they are sent.
#[track_caller]
fn size(example: &str, file: &str) -> u64 {
    let _alone = alone_with(example);
    let tag = Build::at(repository().join("examples").join(example)).using(file).load();
    let told = docker(["image", "inspect", "--format={{.Size}}", &tag.name]).ok().stdout;
    told.trim().parse().unwrap_or_else(|error| panic!("{told}: {error}"))
}

/// Times in archives are not the same in any two builds, and compress differently.
const TIMES: u64 = 64 * 1024;

/// The program that checks the health of what a preset makes, with its directory.
const HELPER: u64 = 1024 * 1024;

#[test]
fn no_image_is_larger_than_that_of_its_dockerfile() {
    for example in ["node-api", "node-pnpm", "react-nginx"] {
        let sizes = ["Dockerfile.reference", "build.yaml", "preset.yaml"].map(|file| size(example, file));
        let [reference, spec, preset] = sizes;
        assert!(spec <= reference + TIMES, "{example}: {sizes:?}");
        assert!(preset <= reference + TIMES + HELPER, "{example}: {sizes:?}");
        assert!(reference < 150_000_000, "{example}: {sizes:?}");
    }
}

/// The services of an example's `compose.yaml`. They end with their test, and their images go.
struct Services {
    folder: Build,
    project: String,
}

impl Services {
    fn of(example: &str) -> Self {
        let folder = copy_of(example);
        let spec = std::fs::read_to_string(folder.folder().join("build.yaml")).unwrap_or_default();
        folder.write("build.yaml", spec.replace("optfrontend/optfrontend:1", &frontend()));
        Self { folder, project: format!("test-{}", nonce()) }
    }

    /// Runs `docker compose`.
    #[track_caller]
    fn compose(&self, words: &str) -> Outcome {
        let mut compose = Command::new("docker");
        compose.arg("compose").args(words.split(' ')).current_dir(self.folder.folder()).stdin(Stdio::null());
        compose.envs([("COMPOSE_PROJECT_NAME", self.project.as_str()), ("DEV_PORT", "0"), ("PORT", "0")]);
        Running::spawn(compose).wait()
    }

    /// What a service answers, once it does as expected.
    #[track_caller]
    fn wait_for(&self, service: &str, path: &str, expected: &str) {
        let told = self.compose(&format!("port {service} 3000")).ok().stdout;
        let port = told.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        let Some(port) = port else { panic!("{service} has no port: {told}") };
        for _ in 0..600 {
            if get(port, path).is_ok_and(|answer| answer.body == expected) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("{service} does not answer {expected}: {:?}", self.compose("logs"));
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.compose("down --timeout 1 --rmi local");
    }
}

#[test]
fn one_spec_has_the_container_to_develop_in_and_the_image_of_production() {
    let services = Services::of("node-pnpm");
    {
        let _alone = alone_with("node-pnpm");
        services.compose("up --build --detach dev").ok();
        services.compose("up --build --detach --wait api").ok();
    }
    for service in ["dev", "api"] {
        services.wait_for(service, "/healthz", r#"{"status":"ok"}"#);
    }
    let source = std::fs::read_to_string(services.folder.folder().join("src/app.ts")).unwrap();
    services.folder.write("src/app.ts", source.replace(r#"status: "ok""#, r#"status: "edited""#));
    services.wait_for("dev", "/healthz", r#"{"status":"edited"}"#);
    services.wait_for("api", "/healthz", r#"{"status":"ok"}"#);

    let modules = |service: &str, node: &str| {
        let list = r#"console.log(require("fs").readdirSync("node_modules").join())"#;
        services.compose(&format!("exec -T {service} {node} -e {list}")).ok().stdout
    };
    assert_eq!(
        modules("dev", "node"),
        ".bin,.modules.yaml,.pnpm,.pnpm-workspace-state-v1.json,@hono,@types,hono,tsx,typescript,zod\n"
    );
    assert_eq!(modules("api", "/nodejs/bin/node"), ".pnpm,@hono,hono,zod\n");
    let user = |service: &str, node: &str| {
        services.compose(&format!("exec -T {service} {node} -p process.getuid()")).ok().stdout
    };
    assert_eq!((user("dev", "node"), user("api", "/nodejs/bin/node")), ("1000\n".into(), "65532\n".into()));
}
