//! A secret's value is nowhere but in the step that names it.

use optfrontend_tests::{Build, Image, Store, nonce, repository, store};

use crate::examples::alone_with;

/// As much about a build as the engine can tell: Docker's own store keeps no provenance.
pub(crate) fn most_told() -> Option<&'static str> {
    (store() == Store::Containerd).then_some("--provenance=mode=max")
}

/// Searches all that a build gave, layers without their compression, the config, the provenance, the client's output.
fn assert_no_trace(image: &Image, secret: &str) {
    let found = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
    for blob in image.blobs.all() {
        assert!(!found(&blob), "the secret is in a blob that starts with {:?}", &blob[..blob.len().min(80)]);
    }
    let outcome = &image.built.outcome;
    for text in [&outcome.stdout, &outcome.stderr, &image.built.logs] {
        assert!(!found(text.as_bytes()), "the secret is in the output");
    }
}

#[test]
fn the_search_finds_what_is_there() {
    let build =
        Build::spec("stages: {app: {from: scratch, steps: [{write: {path: /leak, content: NONCE}}]}}");
    let (image, nonce) = (build.image(), build.nonce().to_owned());
    let searched = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| assert_no_trace(&image, &nonce)));
    assert!(searched.is_err());
}

#[test]
fn a_signing_key_leaves_no_trace() {
    let _alone = alone_with("node-api");
    let build = Build::copy_of(repository().join("examples/node-api"));
    let secret = format!("key{}", nonce());
    let path = build.folder().join("src/app.ts");
    let source = std::fs::read_to_string(path).unwrap();
    let edited = format!("{source}\nexport const edited = \"{}\";\n", build.nonce());
    // Ignored by the project's .dockerignore, as a key should be.
    let build = build.file("src/app.ts", edited).file("release.key", &secret);
    let image = build.flags(["--secret=id=signing_key,src=release.key"]).flags(most_told()).image();
    assert!(image.built.logs.contains(" signed\n"), "{}", image.built.logs);
    assert!(image.only().text("/app/dist/build-info.json").contains("\"signature\": \""));
    assert_eq!(image.attestations.len(), most_told().iter().len());
    assert_no_trace(&image, &secret);
}

#[test]
fn a_secret_in_a_variable_leaves_no_trace() {
    let spec = "
secrets: {token: {}}
stages:
  app:
    from: busybox:1.36
    steps:
      - run: test -n \"$TOKEN\" && test -s /run/secrets/token && echo NONCE > /used
        secrets: [{id: token, env: TOKEN}, token]
";
    let secret = format!("token{}", nonce());
    let build = Build::spec(spec).file("token", &secret);
    let image = build.flags(["--secret=id=token,src=token"]).flags(most_told()).image();
    assert!(image.only().files.contains_key("/used"));
    assert!(!image.only().files.contains_key("/run/secrets/token"));
    assert_no_trace(&image, &secret);
}

#[test]
fn a_required_secret_that_is_missing_is_told() {
    let spec = "
secrets: {token: {description: for the registry}}
stages: {app: {from: busybox:1.36, steps: [{run: echo NONCE, secrets: token}]}}
";
    let failed = Build::spec(spec).fail();
    assert!(
        failed.messages().contains("token") && failed.messages().contains("build.yaml:4"),
        "{}",
        failed.messages()
    );
}
