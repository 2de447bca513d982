//! What is told of specs that are wrong.

use std::fs;

use crate::program::{Desk, assert_snapshot, repository};

#[test]
fn faults_are_told_with_their_lines() {
    let wrong = fs::read_to_string(repository("frontend/tests/invalid/all_phases.yaml")).unwrap();
    let desk = Desk::new().file("sub/build.yaml", wrong);
    assert_snapshot("faults", &desk.run(&["check", "sub/build.yaml"]));
    let checked = desk.run(&["check", "--format=json", "sub/build.yaml"]);
    assert_eq!(checked.code, 1);
    let message = checked.json()["buildError"]["message"].clone();
    assert!(message.as_str().unwrap().contains("\nsub/build.yaml:"), "{message}");
    for command in ["expand", "explain", "graph"] {
        let told = desk.run(&[command, "sub/build.yaml"]);
        assert_eq!((told.code, told.out.as_str()), (1, ""), "{command}");
        assert!(told.err.contains("sub/build.yaml:") && told.err.ends_with(" faults\n"), "{}", told.err);
    }
}

#[test]
fn a_circle_of_stages_is_told_by_every_command() {
    let desk = Desk::with("stages:\n  one: {from: two}\n  two: {from: one}\n");
    for command in ["check", "explain", "graph"] {
        let told = desk.run(&[command, "build.yaml"]);
        assert_eq!(told.code, 1, "{command}");
        let all = told.out + &told.err;
        assert!(all.contains("these stages use each other in a circle: `two` → `one` → `two`"), "{all}");
    }
}

#[test]
fn no_bytes_break_it() {
    let mut garbage: Vec<u8> = (0..=255).cycle().take(4096).collect();
    garbage.insert(0, 0xff);
    let large = "# a comment\n".repeat(900_000);
    let desk = Desk::new().file("garbage.yaml", garbage).file("large.yaml", large).file("empty.yaml", "");
    assert_snapshot("garbage", &desk.run(&["check", "garbage.yaml"]));
    assert_snapshot("large", &desk.run(&["check", "large.yaml"]));
    assert_snapshot("empty", &desk.run(&["check", "empty.yaml"]));
}

#[test]
fn what_lint_finds_is_told_where_there_are_no_faults() {
    let desk = Desk::with(
        "args: {API_TOKEN: ''}\nstages:\n  app:\n    from: busybox\n    workdir: srv    # lint: skip=WorkdirRelativePath it is a test\n    cmd: httpd $API_TOKEN\n",
    );
    let run = desk.run(&["check", "build.yaml"]);
    assert_eq!(run.code, 1);
    assert_snapshot("findings", &run);
    let sarif = desk.run(&["check", "--format=sarif", "build.yaml"]).json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let rules: Vec<&str> = results.iter().filter_map(|result| result["ruleId"].as_str()).collect();
    assert_eq!(rules, ["SecretsUsedInArgOrEnv", "RunsAsRoot", "BaseImageLatest", "JSONArgsRecommended"]);
    let json = desk.run(&["check", "--format=json", "build.yaml"]).json();
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(4));
}
