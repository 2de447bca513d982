//! Lockfiles that do not fit their manifests: the package manager fails, and the message says over what.

use optfrontend_tests::{Build, repository};

use crate::assert_told;

fn installing(manager: &str, image: &str) -> Build {
    Build::spec(&format!(
        "stages:\n  app:\n    from: {image}\n    workdir: /src\n    steps:\n      - install: {manager}\n"
    ))
}

/// The project in a folder of `tests/install`, with another manifest than its lockfile was made for.
fn changed(manager: &str, image: &str, manifest: &str, from: &str, to: &str) -> Build {
    let folder = repository().join("tests/install").join(manager);
    let text = std::fs::read_to_string(folder.join(manifest)).unwrap_or_default();
    assert!(text.contains(from), "{manifest} has no {from}");
    installing(manager, image).files_of(folder).file(manifest, text.replace(from, to))
}

#[test]
fn npm_with_a_lockfile_for_other_ranges() {
    let build = changed("npm", "node:22-slim", "package.json", "\"ms\": \"2.1.3\"", "\"ms\": \"2.1.2\"");
    assert_told("install_npm", &build.fail());
}

#[test]
fn pnpm_with_a_member_that_asks_for_more() {
    let build =
        changed("pnpm", "node:22-slim", "libs/a/package.json", "\"once\"", "\"wrappy\": \"1.0.2\", \"once\"");
    assert_told("install_pnpm", &build.fail());
}

#[test]
fn yarn_with_a_lockfile_for_other_ranges() {
    let build = changed("yarn", "node:22-slim", "package.json", "\"ms\": \"", "\"ms\": \">");
    assert_told("install_yarn", &build.fail());
}

#[test]
fn uv_with_a_lockfile_that_lacks_something() {
    let lock = "version = 1\nrequires-python = \">=3.9\"\n\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n\
                source = { virtual = \".\" }\n";
    let manifest = "[project]\nname = \"app\"\nversion = \"1.0.0\"\nrequires-python = \">=3.9\"\n\
                    dependencies = [\"itsdangerous>=2\"]\n";
    let build = Build::spec(
        "stages:\n  app:\n    from: python:3.11-slim\n    workdir: /src\n    env: {UV_NATIVE_TLS: 'true'}\n    steps:\n      - install: uv\n",
    );
    assert_told("install_uv", &build.file("uv.lock", lock).file("pyproject.toml", manifest).fail());
}

#[test]
fn pip_with_hashes_for_some() {
    let requirements = "itsdangerous==2.2.0 --hash=sha256:c6242fc49e35958c8b15141343aa660db5fc54d4f13a1db01a3f5891b98700ef\nclick==8.1.7\n";
    let build = installing("pip", "python:3.11-slim").file("requirements.txt", requirements);
    assert_told("install_pip", &build.fail());
}

#[test]
fn cargo_with_a_lockfile_that_lacks_something() {
    let manifest = "[package]\nname = \"app\"\nversion = \"1.0.0\"\n\n[dependencies]\nlibc = \"0.2\"\n";
    let lock = "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n";
    let build =
        installing("cargo", "rust:1.95-slim-bookworm").file("Cargo.toml", manifest).file("Cargo.lock", lock);
    assert_told("install_cargo", &build.fail());
}
