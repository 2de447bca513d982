//! What is known of public images by their names, where nobody looks them up.

use super::image_name::ImageName;

/// Images of the Docker library that start as root and bring no health check; such as have a user of their own, or nothing to run, are
/// not among them.
const LIBRARY: &[&str] = &[
    "almalinux",
    "alpine",
    "amazoncorretto",
    "amazonlinux",
    "archlinux",
    "bash",
    "buildpack-deps",
    "busybox",
    "caddy",
    "centos",
    "clojure",
    "composer",
    "dart",
    "debian",
    "docker",
    "drupal",
    "eclipse-temurin",
    "elixir",
    "erlang",
    "fedora",
    "gcc",
    "golang",
    "gradle",
    "haskell",
    "httpd",
    "julia",
    "mariadb",
    "maven",
    "mongo",
    "mysql",
    "nginx",
    "node",
    "openjdk",
    "oraclelinux",
    "perl",
    "photon",
    "php",
    "postgres",
    "pypy",
    "python",
    "r-base",
    "redis",
    "rockylinux",
    "ruby",
    "rust",
    "swift",
    "tomcat",
    "ubuntu",
    "wordpress",
];

/// How the names of distroless images start.
const DISTROLESS: &str = "gcr.io/distroless/";

/// Whether an image starts as root; `None` where its name does not tell.
pub(super) fn starts_as_root(image: &ImageName) -> Option<bool> {
    if image.path.starts_with(DISTROLESS) {
        return Some(!image.tag_has("nonroot"));
    }
    is_library(image).then_some(true)
}

/// Whether an image brings no health check.
pub(super) fn lacks_healthcheck(image: &ImageName) -> bool {
    image.path.starts_with(DISTROLESS) || is_library(image)
}

fn is_library(image: &ImageName) -> bool {
    image.path.strip_prefix("docker.io/library/").is_some_and(|name| LIBRARY.contains(&name))
}
