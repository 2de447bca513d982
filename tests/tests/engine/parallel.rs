//! Branches of steps.

use optfrontend_tests::Build;

#[test]
fn branches_run_at_one_time() {
    let built = Build::spec(
        "
stages:
  app:
    from: busybox:1.36
    steps:
      - parallel:
          - [{run: sleep 3; echo NONCE > /one}]
          - [{run: sleep 3; echo NONCE > /two}]
          - [{run: sleep 3; echo NONCE > /three}]
      - run: cat /one /two /three
",
    )
    .run();
    let steps = ["[app 2/6]", "[app 3/6]", "[app 4/6]"].map(|name| built.step(name));
    assert!(
        steps[0].overlaps(steps[1]) && steps[1].overlaps(steps[2]) && steps[0].overlaps(steps[2]),
        "{steps:?}"
    );
    let last = built.step("run cat");
    assert!(steps.iter().all(|step| step.completed.unwrap() <= last.started.unwrap()), "{steps:?} {last:?}");
}

#[test]
fn an_edited_branch_repeats_no_other() {
    let build = Build::spec(
        "
stages:
  app:
    from: busybox:1.36
    steps:
      - run: echo NONCE > /start
      - parallel:
          - [{copy: one, to: /one}, {run: cat /one}]
          - [{copy: two, to: /two}, {run: cat /two}]
",
    )
    .file("one", "1")
    .file("two", "2");
    build.run();
    build.write("two", build.nonce());
    let again = build.run();
    again.assert_ran(&["copy two", "run cat /two"]);
}

#[test]
fn each_layer_has_its_history() {
    let image = Build::spec(
        "
stages:
  app:
    from: busybox:1.36
    steps:
      - run: echo NONCE > /start
      - parallel:
          - [{write: {path: /a/1, content: '1'}}, {write: {path: /a/2, content: '2'}}]
          - [{remove: /start}, {parallel: [[{mkdir: /b}], [{symlink: {target: /b, path: /c}}]]}]
      - run: test ! -e /start; ls /a /b /c
",
    )
    .image();
    let image = image.only();
    let history: Vec<&str> = image.config["history"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["empty_layer"] != true)
        .map(|entry| entry["created_by"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(history.len(), image.layers.len(), "{history:?}");
    assert_eq!(
        history[history.len() - 6..],
        [
            "write /a/1",
            "write /a/2",
            "remove /start",
            "mkdir /b",
            "symlink /c -> /b",
            "run test ! -e /start; ls /a /b /c"
        ]
    );
    assert_eq!(image.config["rootfs"]["diff_ids"].as_array().unwrap().len(), image.layers.len());
}
