//! What a builder fetches that has nothing yet, where all that it builds is in a cache elsewhere.

use optfrontend_tests::{Build, OwnEngine, Recorder, Registry};
use serde_json::Value;

/// Builds on an engine that has nothing what this one has put into a cache, and pushes it; returns what it asks the registry for that holds
/// files of the base.
#[track_caller]
fn fetched(
    recorder: &Recorder,
    registry: &Registry,
    engine: &OwnEngine,
    file: &str,
    spec: &str,
) -> Vec<String> {
    let base = registry.name("lazy-base");
    let small = "stages: {app: {from: busybox:1.36, steps: [{write: {path: /nonce, content: NONCE}}]}}";
    Build::spec(small).run_with(["--push", "--tag", &*base, "--provenance=false"]).ok();
    let manifest: Value = serde_json::from_str(&registry.ask(&base).body).unwrap_or_default();
    let layer = manifest.pointer("/layers").and_then(Value::as_array).and_then(|layers| layers.last());
    let layer = layer.and_then(|layer| layer["digest"].as_str()).unwrap_or_default();
    assert!(layer.starts_with("sha256:"), "{manifest}");

    let spec = spec.replace("BASE", &recorder.name(&base));
    let cache = recorder.name(&registry.name("lazy-cache"));
    let flags = |image: &str| {
        [
            "--provenance=false".to_owned(),
            format!("--output=type=image,name={},push=true,store=false", recorder.name(image)),
            format!("--cache-from=type=registry,ref={cache}"),
        ]
    };
    let build = match file {
        "Dockerfile" => Build::spec("").file(file, &spec).using(file),
        _ => Build::spec(&spec),
    };
    let made = registry.name("lazy-made");
    let to = format!("--cache-to=type=registry,ref={cache},mode=max");
    build.run_with(flags(&made).into_iter().chain([to])).ok();
    recorder.take();
    let again = registry.name("lazy-again");
    build.variable("DOCKER_HOST", engine.host()).run_with(flags(&again)).ok().assert_ran(&[]);
    assert_eq!(registry.ask(&again).status, 200);
    let asked = recorder.take();
    assert!(asked.iter().any(|line| line.contains("/lazy-base/manifests/")), "{asked:?}");
    asked.into_iter().filter(|line| line.starts_with("GET ") && line.contains(layer)).collect()
}

#[test]
fn a_base_is_not_fetched_for_what_is_cached() {
    let (registry, engine) = (Registry::shared(), OwnEngine::start());
    let recorder = Recorder::of(&registry);
    let ran = "stages: {app: {from: 'BASE', steps: [{run: echo NONCE > /ran}]}}";
    let copied = "
stages:
  build: {from: 'BASE', steps: [{run: echo NONCE > /out}]}
  app: {from: 'BASE', steps: [{copy: /out, from: build, to: /usr/local/out}]}
";
    let linked = copied.replace("from: build,", "from: build, link: true,");
    let dockerfile =
        "FROM BASE AS build\nRUN echo NONCE > /out\nFROM BASE\nCOPY --from=build /out /usr/local/out\n";
    for (file, spec) in
        [("Dockerfile", dockerfile), ("build.yaml", ran), ("build.yaml", copied), ("build.yaml", &linked)]
    {
        let fetched = fetched(&recorder, &registry, &engine, file, spec);
        assert!(fetched.is_empty(), "{fetched:?} for\n{spec}");
    }
}
