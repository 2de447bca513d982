//! Presets: a project and two lines.

use std::os::unix::fs::PermissionsExt;

use optfrontend_tests::{Build, Container, docker, in_one_of_three_rounds, nonce, repository};

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

/// A module of a workspace that is nothing without its C, and says so only when it is used.
#[test]
fn a_program_in_go_and_c() {
    let module = |name: &str| format!("module {name}\n\ngo 1.22\n");
    let sqlite = "github.com/mattn/go-sqlite3";
    let build = Build::spec(AUTO)
        .file("go.work", "go 1.22\n\nuse (\n\t./app\n\t./sqlite\n)\n")
        .file("app/go.mod", format!("{}\nrequire {sqlite} v1.14.22\n", module("example.com/app")))
        .file("app/cmd/main.go", format!("package main\n\nimport sqlite \"{sqlite}\"\n\nfunc main() {{ println(sqlite.Sum()) }}\n"))
        .file("sqlite/go.mod", module(sqlite))
        .file("sqlite/with.go", "//go:build cgo\n\npackage sqlite3\n\n// static int sum(int a, int b) { return a + b; }\nimport \"C\"\n\nfunc Sum() int { return int(C.sum(40, 2)) }\n")
        .file("sqlite/without.go", "//go:build !cgo\n\npackage sqlite3\n\nfunc Sum() int { panic(\"a stub\") }\n");
    assert_told(
        &build,
        "[preset go] go version 1.22 (go.work), package ./app/cmd (the only program), cgo 1 (github.com/mattn/go-sqlite3 in app/go.mod)",
    );
    let image = build.load();
    assert_eq!(docker(["run", "--rm", &*image.name]).ok().stderr, "42\n");
    build.flags(["--target=test"]).run();
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

/// No packages, so no lockfile, and a manifest as editors of Windows write it, whose script has the service started with a file that is loaded before it.
#[test]
fn a_service_that_is_started_with_options() {
    let manifest = "\u{feff}{\r\n\"scripts\": {\"start\": \"node --require ./before.cjs server.js\", \"prepare\": \"husky\"}}\r\n";
    let server = "const port = Number(process.env.PORT) || 8081\nrequire('node:http').createServer((_, to) => to.end(globalThis.before)).listen(port)\n";
    let build = Build::spec(AUTO)
        .file("package.json", manifest)
        .file("before.cjs", "globalThis.before = 'loaded'\n")
        .file("server.js", server);
    assert_told(
        &build,
        "[preset node] node options --require ./before.cjs (the script `start`), entry server.js (the script `start`), port 8081 (server.js)",
    );
    let container = Container::serve(&build.load(), 8081);
    assert_eq!(container.answer(8081, "/").body, "loaded");
    container.wait_until_healthy();
}

#[test]
fn a_site_in_django() {
    let settings = "ALLOWED_HOSTS = ['*']\nROOT_URLCONF = 'shop.urls'\n";
    let urls = "from django.http import HttpResponse\nfrom django.urls import path\n\n\
                urlpatterns = [path('', lambda request: HttpResponse('open'))]\n";
    let wsgi = "import os\nfrom django.core.wsgi import get_wsgi_application\n\n\
                os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n\
                application = get_wsgi_application()\n";
    let build = Build::spec(AUTO)
        .file("requirements.txt", "Django==5.2.*\ngunicorn==23.*\n")
        .file(".python-version", "3.11\n")
        .file("manage.py", "")
        .file("shop/settings.py", settings)
        .file("shop/urls.py", urls)
        .file("shop/wsgi.py", wsgi);
    assert_told(
        &build,
        "[preset python] python version 3.11 (.python-version), entry shop.wsgi:application (shop/wsgi.py, for gunicorn), port 8000 (the usual one)",
    );
    let container = Container::serve(&build.load(), 8000);
    assert_eq!(container.answer(8000, "/").body, "open");
    container.wait_until_healthy();
}

#[test]
fn a_package_of_python_in_a_directory_apart() {
    let package = "from shop.words import HELLO\n\n\ndef create_app():\n    \
                   def app(request, start):\n        start('200 OK', [])\n        return [HELLO]\n\n    return app\n";
    let build = Build::spec(AUTO)
        .file("requirements.txt", "\u{feff}gunicorn==23.*\r\n")
        .file(".python-version", "3.11\n")
        .file("src/shop/__init__.py", package)
        .file("src/shop/words.py", "HELLO = b'hello'\n");
    assert_told(
        &build,
        "[preset python] python version 3.11 (.python-version), entry shop:create_app() (src/shop/__init__.py, for gunicorn), port 8000 (the usual one)",
    );
    let container = Container::serve(&build.load(), 8000);
    assert_eq!(container.answer(8000, "/").body, "hello");
    container.wait_until_healthy();
}

#[test]
fn a_site_in_next() {
    let page = "export default function P() { return <h1>{process.env.NEXT_PUBLIC_SHOP}</h1>; }\n";
    let build = Build::spec(AUTO)
        .files_of(repository().join("tests/install/next"))
        .file("app/page.js", page)
        .file(".env", "NEXT_PUBLIC_SHOP=open all day\nAPI_KEY=for-the-server-alone\n");
    assert_told(
        &build,
        "[preset node] entry server.js (`output: standalone` in next.config.js), health /healthz (app/healthz/route.js), port 3000 (the usual one), modules platform $TARGETPLATFORM (the lockfile names packages for some platforms only)",
    );
    serves(&build, "65532:65532", 3000);
    let image = build.load();
    assert!(Container::serve(&image, 3000).answer(3000, "/").body.contains("<h1>open all day</h1>"));
    let listing = docker([
        "run",
        "--rm",
        "--entrypoint=/nodejs/bin/node",
        &*image.name,
        "-e",
        "console.log(fs.readdirSync('.'))",
    ])
    .ok()
    .stdout;
    assert!(listing.contains("server.js") && !listing.contains(".env"), "{listing}");
}

#[test]
fn a_server_in_python() {
    let build = auto("python-api");
    assert_told(
        &build,
        "[preset python] health /healthz (app/main.py), entry app.main:app (app/main.py, for uvicorn), port 8000 (the usual one)",
    );
    serves(&build, "app", 8000);
    // The release that there is a base without a shell for.
    serves(&build.flags(["--build-arg=PYTHON_VERSION=3.11"]), "65532:65532", 8000);
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
        .file("css/site.css", "h1 { color: teal }\n")
        .file("docs/.env", "TOKEN=1\n")
        .file(".env.local", "TOKEN=1\n")
        .file(".well-known/security.txt", "Contact: us\n");
    assert_told(
        &build,
        "[preset static] output . (index.html is there), health / (index.html is there), port 8080 (the usual one)",
    );
    let container = Container::serve(&build.load(), 8080);
    assert_eq!(container.inspect("{{.Config.User}}"), "101:101");
    assert_eq!(container.answer(8080, "/").body, "<h1>Hello</h1>\n");
    assert_eq!(container.answer(8080, "/css/site.css").status, 200);
    assert_eq!(container.answer(8080, "/.well-known/security.txt").status, 200);
    for kept in ["/build.yaml", "/.env.local", "/docs/.env"] {
        assert_eq!(container.answer(8080, kept).status, 404, "{kept}");
    }
    container.wait_until_healthy();
}

#[test]
fn a_program_in_java_without_a_build_tool() {
    let _alone = alone_with("java-service");
    let build = auto("java-service");
    assert_told(
        &build,
        "[preset java] main scores.Server (src/scores/Server.java), health /healthz (src/scores/Server.java), port 8080 (src/scores/Server.java)",
    );
    serves(&build, "65532:65532", 8080);
}

const PROGRAM: &str = "src/main/java/com/example/Main.java";

#[test]
fn a_program_of_maven_with_a_library() {
    let build = Build::spec("preset: auto\n")
        .files_of(repository().join("tests/install/maven"))
        .file("build.yaml", AUTO);
    assert_told(
        &build,
        "[preset java] java version 17 (maven.compiler.release in pom.xml), main com.example.Main (src/main/java/com/example/Main.java)",
    );
    let image = build.load();
    assert_eq!(docker(["run", "--rm", &*image.name]).ok().stdout, "[1,2]\n");
    let main = std::fs::read_to_string(build.folder().join(PROGRAM)).unwrap();
    in_one_of_three_rounds(|| {
        build.write(PROGRAM, format!("{main}// {}\n", nonce()));
        let changed = build.run().progress;
        let ran = |name: &str| changed.ran().iter().any(|step| step.ends_with(name));
        assert!(ran("mvn package") && !ran("install maven"), "{:#?}", changed.ran());
    });
}

/// The wrapper hands on what the image says for its arguments, as those of Maven do.
#[test]
fn a_program_of_maven_by_its_own_wrapper() {
    let build = Build::spec("preset: auto\n")
        .files_of(repository().join("tests/install/maven"))
        .file("build.yaml", AUTO)
        .file("mvnw", format!("#!/bin/sh\n# {}\nexec mvn $MAVEN_CONFIG \"$@\"\n", nonce()));
    std::fs::set_permissions(build.folder().join("mvnw"), PermissionsExt::from_mode(0o755)).unwrap();
    let image = build.load();
    assert_eq!(docker(["run", "--rm", &*image.name]).ok().stdout, "[1,2]\n");
}

#[test]
fn what_a_preset_leaves_out_is_not_sent() {
    let build = Build::spec("preset: auto\n")
        .file("build.yaml", AUTO)
        .file("package.json", "{\"scripts\": {\"build\": \"true\", \"start\": \"node server.js\"}}")
        .file("package-lock.json", "{\"lockfileVersion\": 3, \"packages\": {\"\": {}}}")
        .file("server.js", format!("// {}\n", nonce()))
        .file("node_modules/large.bin", "x".repeat(1 << 20))
        .flags(["--target=build"]);
    // The client reports bytes sent while it loads the context.
    let course = build.run();
    let sent = course.outcome.stderr.split("\"current\":").skip(1).filter_map(|rest| {
        let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().ok()
    });
    assert!((1..1 << 16).contains(&sent.max().unwrap_or_default()));
}

/// Looks for certificates, time zones, its user, and a place for what is temporary.
const SEEKER: &str = r#"package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"os/user"
	"time"
)

func main() {
	roots, err := x509.SystemCertPool()
	fmt.Println(err, len(roots.Subjects()) > 10)
	_, err = time.LoadLocation("Europe/Lisbon")
	fmt.Println(err)
	who, err := user.Current()
	fmt.Println(err, who.Username)
	for _, folder := range []string{"", who.HomeDir} {
		_, err = os.CreateTemp(folder, "x")
		fmt.Println(err)
	}
}
"#;

#[test]
fn a_program_in_go_has_what_it_looks_for_and_nothing_else() {
    let project = |main: &str| {
        let module = format!("module seeker-{}\n\ngo 1.22\n", nonce());
        let build = Build::spec("preset: auto\n").file("build.yaml", AUTO);
        build.file("go.mod", module).file("main.go", main)
    };
    let seeker = project(SEEKER);
    let found = docker(["run", "--rm", &*seeker.load().name]).ok().stdout;
    assert_eq!(found, "<nil> true\n<nil>\n<nil> nonroot\n<nil>\n<nil>\n");
    let image = project("package main\n\nfunc main() { println(\"alone\") }\n").image();
    let files: Vec<&String> = image.only().files.keys().collect();
    assert_eq!(files, ["/app"]);
}
