//! Images that a scanner finds fault with, and scanners that are at fault themselves.

use optfrontend_tests::Build;

use super::{assert_told, fails};

/// A stage with a file, and lines of its `scan`.
fn scanned(scan: &str) -> String {
    format!(
        "stages:\n  app:\n    from: scratch\n    steps: [{{write: {{path: /etc/app.conf, content: \"password=hunter2\"}}}}]\n    scan:\n{scan}"
    )
}

/// A scanner that is a script.
fn script(script: &str, more: &str) -> String {
    scanned(&format!(
        "      image: busybox:1.36\n      name: secrets\n      args: [sh, -c, \"{script}\"]\n{more}"
    ))
}

#[test]
fn findings_of_several_scanners() {
    let spec = r#"      - image: busybox:1.36
        name: secrets
        args: [sh, -c, "cd /rootfs; ! grep -r password ."]
      - image: busybox:1.36
        name: licences
        args: [sh, -c, "echo all is well; exit 0"]
      - image: busybox:1.36
        name: packages
        args: [sh, -c, "echo no list of packages >&2; exit 3"]
        fail_on: [2, 3-5]
"#;
    fails("scan_findings", &scanned(spec));
}

#[test]
fn a_scanner_that_does_not_exist() {
    fails("scan_no_image", &scanned("      image: localhost:1/no/scanner:1\n"));
}

#[test]
fn a_scanner_with_nothing_to_run() {
    let spec = "stages:\n  empty: {from: scratch}\n  app:\n    from: busybox:1.36\n    scan:\n      - {image: empty}\n      - {image: empty, name: other, args: [/scanner]}\n      - {image: scratch, name: third}\n";
    fails("scan_nothing_to_run", spec);
}

#[test]
fn a_scanner_whose_program_is_not_there() {
    fails("scan_no_program", &scanned("      {image: busybox:1.36, args: [/bin/scanner, /rootfs]}\n"));
}

#[test]
fn a_scanner_that_hangs() {
    let hangs = "echo scanning; trap '' TERM; while :; do sleep 1; done";
    fails("scan_hangs", &script(hangs, "      timeout: 1s\n"));
}

#[test]
fn a_scanner_that_writes_a_gigabyte() {
    let floods = "yes | head -c 1000000000; echo last; exit 1";
    fails("scan_floods", &script(floods, ""));
}

#[test]
fn a_scanner_that_is_killed() {
    fails("scan_killed", &script("echo scanning; kill -9 $$$$", "      fail_on: never\n"));
}

#[test]
fn a_scanner_that_says_that_all_is_well_and_has_written_nothing() {
    let lies = "touch /report/empty.json; echo no findings";
    let more = "      report: [empty.json, more/findings.sarif]\n      fail_on: never\n";
    fails("scan_no_report", &script(lies, more));
}

#[test]
fn a_scanner_that_wants_the_network() {
    fails("scan_offline", &script("wget -q http://database.example/latest", ""));
}

#[test]
fn a_scanner_with_an_unknown_user() {
    fails("scan_user_unknown", &script("id", "      run_as: scanner\n"));
}

#[test]
fn reports_that_nobody_writes() {
    let spec = "stages:\n  app: {from: busybox:1.36}\n";
    assert_told("scan_not_asked", &Build::spec(spec).run_with(["--target=app+scan"]).failed());
}

#[test]
fn reports_of_a_scan_that_does_not_come_to_an_end() {
    let spec = script("exit 1", "      report: findings.json\n");
    assert_told(
        "scan_report_missing",
        &Build::spec(&spec).run_with(["--target=scan", "--output=out"]).failed(),
    );
}
