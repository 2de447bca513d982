//! Triggers of base images.

use optfrontend_tests::{Build, ImageName, docker, nonce};

use crate::contexts::same_since;

/// An image with triggers in the engine.
fn base(triggers: &str) -> ImageName {
    let name = ImageName::new(format!("optfrontend-test:{}", nonce()));
    let dockerfile = format!("FROM busybox:1.36\nENV BASE=base\n{triggers}\nUSER 3\n");
    Build::dockerfile(&dockerfile).run_with(["--load", "--provenance=false", "--tag", &*name]).ok();
    name
}

#[test]
fn they_run_as_they_do_in_a_dockerfile() {
    let base = base(
        "ONBUILD ARG MODE=none
ONBUILD ENV MODE=$MODE
ONBUILD USER 0
ONBUILD COPY a.txt /a.txt
ONBUILD COPY --from=other /other /other
ONBUILD RUN echo $BASE $MODE > /run && echo \"$(id -u)\" >> /run
ONBUILD USER 4
ONBUILD CMD [\"triggered\"]",
    );
    let base = &*base;
    let dockerfile = format!(
        "FROM busybox:1.36 AS other\nRUN echo other > /other\nFROM busybox:1.36 AS unused\nRUN exit 1\nFROM {base}\nRUN id -u > /tmp/user\n"
    );
    let spec = format!(
        "
stages:
  other:
    from: busybox:1.36
    steps: [{{run: echo other > /other}}]
  unused:
    description: is not built
    from: busybox:1.36
    steps: [{{run: exit 1}}]
  app:
    from: {base}
    steps: [{{run: id -u > /tmp/user}}]
"
    );
    let flags = ["--build-arg=MODE=given"];
    let [dockerfile, spec] =
        [Build::dockerfile(&dockerfile), Build::spec(&spec)].map(|build| build.file("a.txt", "a"));
    // Dockerfiles can copy from other stages in a trigger since then.
    let second = same_since((0, 17), dockerfile, spec, &flags);
    assert_eq!(second.only().text("/run"), "base given\n0\n");
    let names: Vec<&str> = second.built.steps().map(|step| step.name.as_str()).collect();
    assert!(names.iter().any(|name| name.ends_with("ONBUILD COPY a.txt /a.txt")), "{names:#?}");
    assert!(second.built.warnings.is_empty(), "{:#?}", second.built.warnings);
}

#[test]
fn a_stage_can_do_without() {
    let base = base("ONBUILD RUN exit 1");
    let spec = format!("stages: {{app: {{from: {}, reset: onbuild, labels: {{a: NONCE}}}}}}", &*base);
    let image = Build::spec(&spec).image();
    assert_eq!(image.only().get("OnBuild"), &serde_json::Value::Null);
}

#[test]
fn a_fault_tells_whose_trigger_it_is() {
    let base =
        base("ONBUILD COPY --from=Nowhere! /a /b\nONBUILD RUN --mount=type=cache,mode=x,target=/a true");
    let spec = format!("stages:\n  app:\n    from: {}\n", &*base);
    let built = Build::spec(&spec).fail();
    let messages = built.messages().replace(&*base, "BASE");
    assert!(
        messages.contains(
            "build.yaml:4:11: the image `BASE` has the trigger `ONBUILD COPY --from=Nowhere! /a /b`"
        ),
        "{messages}"
    );
    assert!(
        messages.contains("help: `reset: onbuild` starts from the base without its triggers"),
        "{messages}"
    );
    let _ = docker(["image", "inspect", &*base]).ok();
}
