//! The example projects of Node.js: what they answer, what a change repeats, and how large they are beside their Dockerfiles.

use std::process::{Command, Stdio};

use optfrontend_tests::{
    Build, Built, Container, Outcome, Running, docker, frontend, get, in_one_of_three_rounds, nonce,
    repository, request,
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
    in_one_of_three_rounds(|| {
        let again = changed("node-pnpm", "build.yaml", "runtime", "src/app.ts");
        again.assert_ran(&["copy src", "run pnpm build", "copy build:/app/dist"]);
        assert_installs_nothing(
            &changed("node-pnpm", "preset.yaml", "runtime", "src/app.ts"),
            "npm run build",
        );
    });
}

fn codes_are_drawn(container: &Container) {
    let picture = container.answer(3000, "/qr.svg?text=hello");
    assert!(picture.status == 200 && picture.body.starts_with("<svg "), "{picture:?}");
    container.wait_until_healthy();
}

#[test]
fn node_corepack_draws() {
    codes_are_drawn(&serve("node-corepack", 3000));
}

#[test]
fn node_corepack_draws_by_its_preset() {
    codes_are_drawn(&serve_spec("node-corepack", "preset.yaml", 3000, "65532:65532"));
}

#[test]
fn node_corepack_passes_its_tests() {
    test("node-corepack");
}

#[test]
fn a_changed_source_of_node_corepack_installs_nothing() {
    let _alone = alone_with("node-corepack");
    in_one_of_three_rounds(|| {
        changed("node-corepack", "build.yaml", "runtime", "src/app.js").assert_ran(&["copy src"]);
    });
}

/// The bytes of an image as they are sent.
#[track_caller]
fn size(example: &str, file: &str, target: Option<&str>) -> u64 {
    let _alone = alone_with(example);
    let target = target.map(|target| format!("--target={target}"));
    let tag = Build::at(repository().join("examples").join(example)).using(file).flags(target).load();
    let told = docker(["image", "inspect", "--format={{.Size}}", &tag.name]).ok().stdout;
    told.trim().parse().unwrap_or_else(|error| panic!("{told}: {error}"))
}

/// Times in archives are not the same in any two builds, and compress differently.
const TIMES: u64 = 64 * 1024;

/// The program that checks the health of what a preset makes, with its directory.
const HELPER: u64 = 1024 * 1024;

#[test]
fn no_image_is_larger_than_that_of_its_dockerfile() {
    for target in ["api", "web"] {
        let sizes =
            ["Dockerfile.reference", "build.yaml"].map(|file| size("node-monorepo", file, Some(target)));
        assert!(sizes[1] <= sizes[0] + TIMES && sizes[0] < 150_000_000, "{target}: {sizes:?}");
    }
    for example in ["node-api", "node-corepack", "node-pnpm", "react-nginx"] {
        let sizes =
            ["Dockerfile.reference", "build.yaml", "preset.yaml"].map(|file| size(example, file, None));
        let [reference, spec, preset] = sizes;
        assert!(spec <= reference + TIMES, "{example}: {sizes:?}");
        assert!(preset <= reference + TIMES + HELPER, "{example}: {sizes:?}");
        assert!(reference < 150_000_000, "{example}: {sizes:?}");
    }
}

/// An app of the monorepo, with what its image has of the modules.
fn app(target: &str) -> (Container, Vec<String>) {
    let build = Build::at(repository().join("examples/node-monorepo")).flags([format!("--target={target}")]);
    let image = {
        let _alone = alone_with("node-monorepo");
        build.load()
    };
    let list = r#"console.log(require("fs").readdirSync("node_modules").join())"#;
    let modules = docker(["run", "--rm", &*image.name, "--eval", list]).ok().stdout;
    let container = Container::serve(&image, 3000);
    assert_eq!(container.inspect("{{.Config.User}}"), "65532:65532");
    (container, modules.trim().split(',').map(str::to_owned).collect())
}

#[test]
fn node_monorepo_has_an_image_of_each_app() {
    let has = |modules: &[String], name: &str| modules.iter().any(|module| module == name);
    let (api, modules) = app("api");
    let price = api.answer(3000, "/gross?net=1999");
    assert_eq!(price.body, r#"{"net":1999,"rate":19,"gross":2379,"text":"23.79 EUR"}"#);
    assert!(
        has(&modules, "fastify") && !has(&modules, "express") && !has(&modules, "typescript"),
        "{modules:?}"
    );
    api.wait_until_healthy();
    let (web, modules) = app("web");
    let page = web.answer(3000, "/");
    assert!(page.body.contains("<td>Teapot<td>23.79 EUR"), "{page:?}");
    assert!(
        has(&modules, "express") && !has(&modules, "fastify") && !has(&modules, "typescript"),
        "{modules:?}"
    );
    web.wait_until_healthy();
}

#[test]
fn node_monorepo_passes_its_tests() {
    test("node-monorepo");
}

#[test]
fn a_change_in_one_app_repeats_nothing_of_the_other() {
    let _alone = alone_with("node-monorepo");
    in_one_of_three_rounds(|| {
        let build = copy_of("node-monorepo");
        // What it has done, without what is no step: bake names the target within the brackets.
        let bake = || {
            let syntax = format!("--set=*.args.BUILDKIT_SYNTAX={}", frontend());
            let flags = ["buildx", "bake", "--progress=rawjson", "--set=*.output=type=cacheonly", &syntax];
            let baked = Built::new(Running::start(flags, Some(build.folder())).wait()).ok();
            let is_step = |name: &&str| {
                ["copy", "run", "install"].iter().any(|word| name.contains(&format!("] {word} ")))
            };
            baked.ran().into_iter().filter(is_step).map(str::to_owned).collect::<Vec<_>>()
        };
        bake();
        let edit = |path: &str| {
            let text = std::fs::read_to_string(build.folder().join(path)).unwrap();
            build.write(path, format!("{text}\n// {}\n", nonce()));
        };
        edit("apps/web/src/app.ts");
        let ran = bake();
        assert!(ran.len() == 3 && ran.iter().all(|step| step.starts_with("[web ")), "{ran:?}");
        edit("packages/money/src/index.ts");
        let ran = bake();
        for member in ["money", "api", "web"] {
            assert!(ran.iter().any(|step| step.contains(&format!("@shop/{member}"))), "{member}: {ran:?}");
        }
        assert!(!ran.iter().any(|step| step.contains("install")), "{ran:?}");
    });
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
