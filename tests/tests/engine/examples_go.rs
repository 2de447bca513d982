//! The example projects in Go, for several platforms and by their presets.

use optfrontend_tests::{Build, Container, docker, get, in_one_of_three_rounds, nonce, repository};

use crate::examples::{alone_with, assert_no_larger, serve, serve_spec, test};

fn redirects(container: &Container, machine: &str) {
    assert_eq!(container.answer(8080, "/healthz").body, format!("dev on linux/{machine}\n"));
    let told = get(container.port(8080), "/blog/2026/news").map(|answer| answer.headers).unwrap_or_default();
    assert!(told.contains("Location: https://blog.example.com/posts/2026/news\r\n"), "{told}");
    container.wait_until_healthy();
}

#[test]
fn go_multiarch_redirects() {
    redirects(&serve("go-multiarch", 8080), "amd64");
}

#[test]
fn go_multiarch_redirects_on_each_platform() {
    let tag = {
        let _alone = alone_with("go-multiarch");
        let both = ["--platform=linux/amd64,linux/arm64"];
        Build::at(repository().join("examples/go-multiarch")).flags(both).load()
    };
    for machine in ["amd64", "arm64"] {
        let platform = format!("--platform=linux/{machine}");
        redirects(&Container::start(&tag, &[&platform, "--publish=127.0.0.1::8080"]), machine);
    }
}

#[test]
fn go_multiarch_passes_its_tests() {
    test("go-multiarch");
}

#[test]
fn go_multiarch_compiles_what_has_changed() {
    let _alone = alone_with("go-multiarch");
    in_one_of_three_rounds(|| {
        let build = Build::copy_of(repository().join("examples/go-multiarch"));
        build.run();
        let rules = std::fs::read_to_string(build.folder().join("redirects.yaml")).unwrap();
        build.write("redirects.yaml", format!("{rules}# {}\n", nonce()));
        build.run().assert_ran(&["copy redirects.yaml"]);
        let source = std::fs::read_to_string(build.folder().join("main.go")).unwrap();
        build.write("main.go", format!("{source}// {}\n", nonce()));
        build.run().assert_ran(&[
            "copy main.go",
            "copy rules rules/",
            "run go build",
            "copy build:/out/redirects",
        ]);
    });
}

#[test]
fn go_server_answers_by_its_preset() {
    let container = serve_spec("go-server", "preset.yaml", 8080, "65532:65532");
    assert_eq!(container.answer(8080, "/healthz").status, 200);
    container.wait_until_healthy();
}

#[test]
fn go_multiarch_redirects_by_its_preset() {
    redirects(&serve_spec("go-multiarch", "preset.yaml", 8080, "65532:65532"), "amd64");
}

#[test]
fn cli_scratch_sorts_versions_by_its_preset() {
    let _alone = alone_with("cli-scratch");
    let image = Build::at(repository().join("examples/cli-scratch")).using("preset.yaml").load();
    let sorted = docker(["run", "--rm", &*image.name, "sort", "1.10.0", "1.2.0"]).ok().stdout;
    assert_eq!(sorted, "1.2.0\n1.10.0\n");
}

#[test]
fn rust_server_renders_by_its_preset() {
    let container = serve_spec("rust-server", "preset.yaml", 8080, "65532:65532");
    assert_eq!(container.answer(8080, "/healthz").status, 200);
    container.wait_until_healthy();
}

#[test]
fn no_image_is_larger_than_that_of_its_dockerfile() {
    for example in ["go-server", "go-multiarch", "cli-scratch"] {
        assert_no_larger(example, "build.yaml", 30_000_000);
        assert_no_larger(example, "preset.yaml", 30_000_000);
    }
}
