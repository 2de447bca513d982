//! `--call=convert`: a Dockerfile as a spec that makes the same image.

use optfrontend_tests::{Build, Built, frontend, platform_differences};
use serde_json::Value;

const DOCKERFILE: &str = "\
# A small server

ARG TAG=1.36
FROM busybox:$TAG AS build
WORKDIR /src
COPY page.html .
ARG VERSION=v1.2
# one after the other
RUN sed -i \"s/@/$VERSION/\" page.html && \\
    # whatever that is
    wc -c < page.html > size

FROM busybox:$TAG
COPY --from=0 /src/ /www/
LABEL number=${VERSION#v}
USER 1000
CMD httpd -f -h /www
";

/// The frontend is the one to test, whatever the file names.
fn call(build: &Build, format: &str) -> Built {
    let call = format!("--call=convert{format}");
    build.run_with([
        call,
        format!("--build-arg=BUILDKIT_SYNTAX={}", frontend()),
        "--progress=none".to_owned(),
    ])
}

fn project() -> Build {
    Build::dockerfile(DOCKERFILE).file("page.html", "<p>@</p>\n")
}

#[test]
fn a_dockerfile_and_its_spec_make_one_image() {
    let build = project();
    let yaml = call(&build, "").ok().outcome.stdout;
    assert!(yaml.starts_with(&format!("# syntax={}\n# A small server\n\nargs:\n", frontend())), "{yaml}");
    assert!(
        yaml.contains("      # one after the other\n      # whatever that is\n      - run: >-\n"),
        "{yaml}"
    );
    assert!(yaml.contains("      # Note: "), "{yaml}");
    let expected = build.image().platforms;
    let elsewhere = Build::spec("");
    elsewhere.write("converted.yaml", &yaml);
    let image = build.using(&elsewhere.folder().join("converted.yaml").to_string_lossy()).image();
    let differences = platform_differences(&expected, &image.platforms);
    assert!(differences.is_empty(), "{differences:?}\n{yaml}");
}

#[test]
fn as_json_it_tells_what_a_spec_cannot_say() {
    let json: Value = serde_json::from_str(&call(&project(), ",format=json").ok().outcome.stdout).unwrap();
    assert_eq!(json["spec"]["stages"]["build"]["from"], "busybox:$TAG");
    let note = &json["notes"][0];
    assert!(note["message"].as_str().unwrap_or_default().contains("${VERSION#v}"), "{note}");
    assert_eq!(note["location"]["ranges"][0]["start"]["line"], 15);
}

#[test]
fn a_dockerfile_that_is_wrong_is_told_line_by_line() {
    let build = Build::dockerfile("FROM busybox:1.36\nRNU true\nCOPY --form=a b c\n");
    let messages = call(&build, "").failed().messages().to_owned();
    for sentence in [
        "the Dockerfile has 2 faults",
        "Dockerfile:2:1: there is no instruction `RNU`",
        "help: did you mean `RUN`?",
        "Dockerfile:3:6: `COPY` has no flag `--form`",
    ] {
        assert!(messages.contains(sentence), "{sentence} is missing:\n{messages}");
    }
}
