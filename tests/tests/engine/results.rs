//! What the image says of itself.

use optfrontend_tests::Build;

#[test]
fn the_history_names_every_layer() {
    let spec = "
stages:
  base: {from: busybox:1.36, steps: [{run: echo NONCE > /a}]}
  app:
    from: base
    workdir: /srv
    steps:
      - copy: file
      - run: echo one > one
      - mkdir: [x, y]
      - {symlink: {target: one, path: link}, name: a link}
    labels: {a: b}
";
    let image = Build::spec(spec).file("file", "x").image();
    let history = image.only().config["history"].as_array().unwrap().clone();
    let layers: Vec<&str> = history
        .iter()
        .filter(|entry| entry["empty_layer"] != true)
        .map(|entry| entry["created_by"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(layers.len(), image.only().layers.len(), "{history:#?}");
    let comments: Vec<&str> = history.iter().filter_map(|entry| entry["comment"].as_str()).collect();
    assert!(!comments.iter().any(|comment| comment.contains("exporter")), "{history:#?}");
    assert!(layers.iter().any(|layer| layer.contains("echo one")), "{layers:?}");
}

#[test]
fn the_same_spec_gives_the_same_layers() {
    let spec = "stages: {app: {from: scratch, steps: [{copy: file}], labels: {b: x, a: y}}}";
    let build = Build::spec(spec).file("file", "x");
    let (one, two) = (build.image(), build.image());
    assert_eq!(one.only().layers, two.only().layers);
    assert_eq!(one.only().config, two.only().config);
}

#[test]
fn provenance_tells_the_sources() {
    let build = Build::spec("stages: {app: {from: busybox:1.36, labels: {a: NONCE}}}");
    let image = build.flags(["--provenance=mode=max"]).image();
    assert_eq!(image.attestations.len(), 1);
    let blobs = image.blobs.all().concat();
    let text = String::from_utf8_lossy(&blobs);
    assert!(text.contains("pkg:docker/busybox@1.36"), "no source in the provenance");
    assert!(text.contains("build.yaml"), "no spec in the provenance");
}
