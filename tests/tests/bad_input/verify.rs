//! Images that are not as they should be.

use optfrontend_tests::Build;

use super::{assert_told, fails};

#[test]
fn files_that_must_and_must_not_be_there() {
    let spec = r#"
stages:
  app:
    from: gcr.io/distroless/static-debian12:nonroot
    steps:
      - write: {path: /srv/data, content: "0123456789"}
      - write: {path: /srv/keys/a.pem, content: ""}
      - write: {path: /srv/keys/b.pem, content: ""}
      - symlink: {target: /nowhere, path: /srv/link}
      - write: {path: /usr/bin/npm, content: "", chmod: 0755}
    verify:
      forbid:
        - /srv/data
        - "/srv/**/*.pem"
        - npm
        - /bin/sh
      require:
        - /srv/date
        - /srv/link
        - "/srv/*.txt"
        - curl
        - npm
"#;
    fails("verify_files", spec);
}

#[test]
fn an_image_that_is_too_large() {
    let spec = r#"
stages:
  app:
    from: scratch
    steps:
      - write: {path: /large, content: "0123456789"}
      - write: {path: /usr/share/larger, content: "012345678901234"}
      - write: {path: /small, content: "0"}
    verify: {max_size: 25B}
"#;
    fails("verify_size", spec);
}

#[test]
fn an_image_that_root_runs() {
    fails("verify_root", "stages:\n  app:\n    from: busybox:1.36\n    verify: {user: non_root}\n");
}

/// A shell in an image that has nothing else, and lines of its `verify`.
fn shell(entrypoint: &str, verify: &str) -> String {
    let steps = "steps: [{copy: /bin/busybox, from: busybox:1.36, to: /busybox}]";
    format!(
        "stages:\n  app:\n    from: scratch\n    {steps}\n    entrypoint: [/busybox, sh, -c, \"{entrypoint}\"]\n    user: \"1000\"\n    verify:\n{verify}"
    )
}

#[test]
fn commands_that_fail() {
    let verify = r#"      run:
        - command: [/busybox, sh, -c, "echo starting; echo no config >&2; exit 3"]
        - command: [/busybox, "true"]
          exit_code: 1
        - command: [/busybox, echo, "version 1.3"]
          stdout: {contains: "1.2", equals: version, matches: "^[a-z]+$"}
          stderr: {contains: warning}
        - command: [/server, --version]
        - command: a text for the shell
        - command: [/busybox, sh, -c, "kill -SEGV $$$$"]
        - command: [/busybox, sh, -c, "echo begun; /busybox sleep 1000"]
          timeout: 1s
"#;
    fails("verify_commands", &shell("", verify));
}

#[test]
fn a_command_that_writes_without_end() {
    let verify = r#"      run:
        - command: [/busybox, sh, -c, "/busybox yes | /busybox head -c 1000000000; echo; echo last"]
          timeout: 5m
          stdout: {contains: no}
"#;
    fails("verify_flood", &shell("", verify));
}

#[test]
fn a_server_that_dies() {
    let script = "echo reading /etc/app.conf; echo no such file >&2; exit 78";
    fails("verify_dies", &shell(script, "      serve: {http: \":8080/healthz\"}\n"));
}

#[test]
fn a_server_that_never_answers() {
    let script = "while :; do echo waiting for the database; /busybox sleep 1; done";
    fails("verify_never", &shell(script, "      serve: {http: \":8080/healthz\", within: 3s}\n"));
}

#[test]
fn a_server_that_answers_otherwise() {
    let script = "exec /busybox httpd -f -p 8080 -h /";
    fails("verify_status", &shell(script, "      serve: {http: \":8080/missing\", within: 3s}\n"));
}

#[test]
fn a_server_that_is_not_there() {
    let spec = "stages:\n  app:\n    from: scratch\n    entrypoint: [/server]\n    steps: [{write: {path: /mark, content: \"\"}}]\n    verify:\n      serve: {tcp: \":8080\"}\n";
    fails("verify_no_server", spec);
}

#[test]
fn a_user_that_the_image_does_not_know() {
    let spec =
        "stages:\n  app:\n    from: busybox:1.36\n    user: app\n    verify:\n      run: [{command: id}]\n";
    fails("verify_user_unknown", spec);
}

#[test]
fn a_step_that_fails_before_anything_is_checked() {
    let spec =
        "stages:\n  app:\n    from: busybox:1.36\n    steps: [{run: exit 3}]\n    verify: {require: [/x]}\n";
    assert_told("verify_after_failure", &Build::spec(spec).fail());
}
