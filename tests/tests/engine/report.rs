//! `--call=report`: what an image is made of, and what the build has left behind.

use optfrontend_tests::{Build, Built};
use serde_json::{Value, json};

/// A build stage that leaves much behind, and an image whose layers hold something that nobody sees.
const SPEC: &str = "
stages:
  build:
    from: busybox:1.36
    steps:
      - write: {path: /nonce, content: NONCE}
      - run: mkdir /out && dd if=/dev/zero of=/out/server bs=1000 count=3000 && dd if=/dev/zero of=/objects bs=1000 count=5000
  app:
    from: scratch
    steps:
      - copy: /out/server
        from: build
        to: /app/server
      - write: {path: /app/large.txt, content: 0123456789}
      - write: {path: /app/large.txt, content: 0123}
      - copy: page.html
        to: /www/
    user: 65532
    entrypoint: [/app/server]
";

fn build() -> Build {
    Build::spec(SPEC).file("page.html", "<p>page</p>")
}

fn call(build: &Build, method: &str) -> Built {
    build.run_with([format!("--call={method}"), "--progress=none".to_owned()])
}

#[track_caller]
fn answer(build: &Build) -> Value {
    let stdout = call(build, "report,format=json").ok().outcome.stdout;
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"))
}

/// Whether a line of the checklist holds.
fn holds<'a>(report: &'a Value, name: &str) -> &'a Value {
    let mut lines = report["checklist"].as_array().into_iter().flatten();
    let line = lines.find(|line| line["name"].as_str().is_some_and(|known| known.contains(name)));
    &line.unwrap_or_else(|| panic!("no line `{name}`: {report:#}"))["met"]
}

#[test]
fn layers_stages_and_what_is_left_behind_have_sizes() {
    let build = build();
    let report = &answer(&build)["platforms"][0];
    assert_eq!((&report["size"], &report["files"]), (&json!(3_000_015), &json!(3)), "{report:#}");
    let layers: Vec<(&Value, &Value, &Value)> = report["layers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|layer| (&layer["step"], &layer["size"], &layer["covers"]))
        .collect();
    let expected = [
        ("from scratch", 0, 0),
        ("copy build:/out/server /app/server", 3_000_000, 0),
        ("write /app/large.txt", 10, 0),
        ("write /app/large.txt", 4, 10),
        ("copy page.html /www/", 11, 0),
    ];
    let expected = expected.map(|(step, size, covers)| (json!(step), json!(size), json!(covers)));
    assert!(layers.iter().copied().eq(expected.iter().map(|(a, b, c)| (a, b, c))), "{layers:#?}");
    assert_eq!(report["hidden"], json!(10));
    assert_eq!(report["layers"][1]["location"], json!("build.yaml:12"));
    assert_eq!(report["layers"][1]["largest"], json!([{ "path": "/app/server", "size": 3_000_000 }]));
    assert_eq!(
        report["contributions"],
        json!([
            { "kind": "stage", "name": "build", "size": 3_000_000 },
            { "kind": "stage", "name": "app", "size": 14 },
            { "kind": "context", "name": "", "size": 11 },
        ])
    );
    let brought = |kind: &str| {
        let mut all = report["brought"].as_array().into_iter().flatten();
        all.find(|it| it["kind"] == kind).cloned().unwrap_or_default()
    };
    let base = brought("image")["size"].as_u64().unwrap_or_default();
    assert!(base > 1_000_000, "{report:#}");
    let nonce = build.nonce().len() as u64;
    let stage = json!({ "kind": "stage", "name": "build", "size": 8_000_000 + nonce, "taken": 3_000_000 });
    assert_eq!(brought("stage"), stage);
    assert_eq!(brought("context"), json!({ "kind": "context", "name": "", "size": 11, "taken": 11 }));
    assert_eq!(report["left_behind"], json!(base + 5_000_000 + nonce));
    assert_eq!(report["tree"]["children"][0]["name"], "app/");
    assert_eq!(report["tree"]["children"][0]["children"][0]["name"], "server");
    assert_eq!(report["tree"]["children"][0]["layer"], 1);
}

#[test]
fn the_checklist_says_what_holds_of_the_image() {
    let build = build();
    let report = &answer(&build)["platforms"][0];
    for name in
        ["scratch base", "no compiler", "non-root", "no secret", "ignore file", "a version", "cache mounts"]
    {
        assert_eq!(holds(report, name), &json!(true), "{name}: {report:#}");
    }
    for name in ["health check", "amd64 and arm64", "scan", "SBOM"] {
        assert_eq!(holds(report, name), &json!(false), "{name}: {report:#}");
    }
    let wrong = Build::spec(
        "
stages:
  app:
    from: busybox:latest
    steps:
      - write: {path: /usr/bin/gcc, content: NONCE, chmod: '755'}
      - write: {path: /bin/node, content: '', chmod: '755'}
      - copy: .
    env: {API_TOKEN: abc}
    user: root
    entrypoint: [/bin/sh]
    healthcheck: {test: [CMD, 'true']}
    scan: {image: 'busybox:1.36', args: [ls, /rootfs]}
    verify: {max_size: 1kB}
",
    )
    .file(".env", "x")
    .flags(["--platform=linux/amd64,linux/arm64"]);
    let platforms = &answer(&wrong)["platforms"];
    assert_eq!(platforms.as_array().map(Vec::len), Some(2));
    for report in platforms.as_array().into_iter().flatten() {
        let wrong =
            ["scratch base", "no compiler", "non-root", "no secret", "ignore file", "a version", "size"];
        for name in wrong {
            assert_eq!(holds(report, name), &json!(false), "{name}: {report:#}");
        }
        assert_eq!(holds(report, "health check"), &json!(true));
        assert_eq!(holds(report, "scan"), &json!(true));
        assert_eq!(holds(report, "amd64 and arm64"), &json!(true));
    }
}

#[test]
fn a_terminal_gets_bars_and_a_browser_a_page() {
    let build = build();
    let text = call(&build, "report").ok().outcome.stdout;
    assert!(text.starts_with("IMAGE: app for linux/"), "{text}");
    for line in [
        "     3.0 MB  ███████████████████▉  100 %  stage build\n",
        "     3.0 MB  ███████████████████▉  100 %  app: copy build:/out/server /app/server\n",
        "  10 B of that is covered or removed by later layers, and shipped all the same\n",
        "     3.0 MB  ███████████████████▉  100 %  /app/server\n",
        "stage build, 3.0 MB of it copied\n",
        "  ✗ health check: the image has none\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    let page = call(&build, "report.html").ok().outcome.stdout;
    assert!(page.starts_with("<!doctype html>\n") && page.ends_with("</html>\n"), "{page}");
    assert!(
        page.contains("aria-label=\"/app/server&#10;3.0 MB, 99.9 % of the image, 1 file, layer: copy"),
        "{page}"
    );
    // It needs nothing from elsewhere.
    for reference in ["src=", "href=", "url(", "@import", "<link"] {
        assert!(!page.contains(reference), "{reference}");
    }
}

#[test]
fn growth_is_told_against_another_image() {
    let build = build();
    let before = build.load();
    let spec = std::fs::read_to_string(build.folder().join("build.yaml")).unwrap_or_default();
    let spec =
        spec.replace("to: /app/server", "to: /app/program").replace("content: 0123}", "content: 3210}");
    build.write("build.yaml", spec);
    let build = build.flags([format!("--build-context=before=docker-image://{}", &*before.name)]);
    let report = &answer(&build)["platforms"][0];
    let growth = &report["growth"];
    let numbers = ["before", "after", "added", "changed", "removed"].map(|key| growth[key].clone());
    assert_eq!(numbers, [3_000_015, 3_000_015, 1, 1, 1].map(|number| json!(number)), "{report:#}");
    let text = call(&build, "report").ok().outcome.stdout;
    assert!(
        text.contains("\nGROWTH: +0 B, from 3.0 MB to 3.0 MB; files: 1 added, 1 changed, 1 removed\n"),
        "{text}"
    );
    assert!(text.contains("     +3.0 MB  1 added                       /app/program\n"), "{text}");
    assert!(text.contains("     −3.0 MB  1 removed                     /app/server\n"), "{text}");
}

#[test]
fn branches_and_squashed_steps_are_one_layer_each() {
    let build = Build::spec(
        "
stages:
  app:
    from: scratch
    steps:
      - write: {path: /nonce, content: NONCE}
      - parallel:
          - [{write: {path: /p1, content: '12345'}}]
          - [{write: {path: /p2, content: '1234567'}}]
      - copy: page.html
        to: /linked/
        link: true
  small:
    from: app
    squash: true
    steps:
      - write: {path: /p1, content: '123'}
      - remove: /p2
      - write: {path: /q, content: '12'}
",
    )
    .file("page.html", "<p>page</p>");
    let report = &answer(&build)["platforms"][0];
    let layers: Vec<(&str, u64, u64)> = report["layers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|layer| {
            Some((layer["step"].as_str()?, layer["size"].as_u64()?, layer["covers"].as_u64()?))
        })
        .collect();
    let nonce = build.nonce().len() as u64;
    let expected = [
        ("from scratch", 0, 0),
        ("write /nonce", nonce, 0),
        ("2 branches", 12, 0),
        ("copy page.html /linked/", 11, 0),
        ("all steps, as one layer", 5, 12),
    ];
    assert_eq!(layers, expected, "{report:#}");
    assert_eq!((&report["size"], &report["hidden"]), (&json!(nonce + 16), &json!(12)));
    let told: Vec<&Value> = report["tree"]["children"].as_array().into_iter().flatten().collect();
    let layer = |name: &str| told.iter().find(|item| item["name"] == name).map(|item| &item["layer"]);
    assert_eq!(
        (layer("linked/"), layer("p1"), layer("q")),
        (Some(&json!(3)), Some(&json!(4)), Some(&json!(4)))
    );
}

/// Nothing of it is what another test makes at the same time: the daemon would do that once for both, and show both what it did.
const OF_ITS_OWN: &str = "
stages:
  build: {from: 'busybox:1.36', steps: [{run: mkdir /out && echo NONCE > /out/server}]}
  app: {from: scratch, steps: [{copy: /out/server, from: build, to: /NONCE/server}]}
";

#[test]
fn a_report_runs_what_a_build_would_run_and_is_kept() {
    let build = Build::spec(OF_ITS_OWN);
    let steps = |built: &Built| -> Vec<String> {
        let ran = built.progress.ran().into_iter().map(str::to_owned);
        ran.filter(|step| step.contains("run mkdir") || step.contains("weigh files")).collect()
    };
    let report = || build.run_with(["--call=report"]).ok();
    let first = report();
    assert_eq!(steps(&first).len(), 2, "{:#?}", first.progress.vertices);
    let second = report();
    assert_eq!(steps(&second), Vec::<String>::new(), "{:#?}", second.progress.vertices);
    assert_eq!(steps(&build.run()), Vec::<String>::new());
}

#[test]
fn an_image_with_nothing_in_it_has_a_report() {
    let build = Build::spec("stages: {app: {from: scratch}}");
    let report = &answer(&build)["platforms"][0];
    assert_eq!((&report["size"], &report["left_behind"]), (&json!(0), &json!(0)));
    assert_eq!(report["tree"], json!({ "name": "/", "size": 0, "files": 0, "layer": 0 }));
    let page = call(&build, "report.html").ok().outcome.stdout;
    assert!(page.ends_with("</html>\n"), "{page}");
}

#[test]
fn what_fails_a_build_fails_its_report() {
    for (spec, why) in [
        ("stages: {app: {from: scratch, steps: [{copy: nowhere}]}}", "`nowhere`"),
        ("stages: {app: {form: scratch}}", "did you mean `from`?"),
        ("stages: {app: {from: 'busybox:1.36', steps: [{run: 'exit 3 # NONCE'}]}}", "exit code: 3"),
    ] {
        let told = call(&Build::spec(spec), "report").failed();
        assert!(told.messages().contains(why), "{}", told.messages());
    }
    let nowhere = build().flags(["--build-context=before=docker-image://localhost:1/nowhere:1"]);
    let told = call(&nowhere, "report").failed();
    assert!(told.messages().contains("localhost:1/nowhere:1"), "{}", told.messages());
}
