//! Steps with a time limit, more tries than one, and an age at which they run again.

use optfrontend_tests::{Build, is_refused};

use crate::health::other_frontend;

#[test]
fn a_step_that_takes_too_long_ends_with_all_that_it_has_started() {
    let spec = "
stages:
  app:
    from: busybox:1.36
    steps:
      - run: |
          echo NONCE
          setsid sleep 1000 &
          sleep 1000
        timeout: 1s
";
    let build = Build::spec(spec);
    if is_refused(&build) {
        return;
    }
    let outcome = build.fail();
    assert!(outcome.logs.contains("optfrontend: not done within 1s, ended\n"), "{}", outcome.logs);
    assert!(outcome.messages().contains("build.yaml:11:18: `run echo"), "{}", outcome.messages());
    assert!(outcome.messages().contains("was not done within 1s\n"), "{}", outcome.messages());
}

#[test]
fn a_step_that_fails_is_tried_again_alone() {
    let spec = "
stages:
  app:
    from: busybox:1.36
    steps:
      - run: |
          echo NONCE >> /tries
          pgrep -x sleep >> /others || true
          setsid sleep 1000 &
          test $(wc -l < /tries) = 3
        retries: 2
";
    let build = Build::spec(spec);
    if is_refused(&build) {
        return;
    }
    let image = build.image();
    let tries = format!("{}\n", build.nonce()).repeat(3);
    assert_eq!(image.only().text("/tries"), tries);
    assert_eq!(image.only().text("/others"), "", "what another try has started");
    assert!(
        image.built.logs.contains("exit code 1 (try 2 of 3); the next one starts in 2s"),
        "{}",
        image.built.logs
    );
}

#[test]
fn the_last_try_has_the_exit_code() {
    let spec = "stages: {app: {from: busybox:1.36, steps: [{run: echo NONCE; exit 7, retries: 1}]}}";
    let build = Build::spec(spec);
    if is_refused(&build) {
        return;
    }
    let outcome = build.fail();
    assert!(outcome.messages().contains("exit code: 7"), "{}", outcome.messages());
}

#[test]
fn limits_go_with_all_that_a_step_can_have() {
    let spec = "
secrets: {token: {}}
stages:
  app:
    from: busybox:1.36
    steps:
      - {run: mkdir -m 777 /seen; echo NONCE, timeout: 1m}
      - run: [sh, -c, id -u > /seen/exec]
        run_as: nobody
        timeout: 1m
      - run: |
          #!/bin/sh -e
          id -u > /seen/script
        run_as: 1234:1234
        retries: 1
      - run: |
          test \"$TOKEN\" = secret-value
          echo known > /seen/secret
        secrets: {id: token, env: TOKEN}
        timeout: 1m
      - run: ps -o args | head -2 > /seen/processes
        timeout: 1m
      - run: ls -a /dev > /seen/dev
";
    let build = Build::spec(spec).variable("TOKEN", "secret-value").flags(["--secret=id=token,env=TOKEN"]);
    if is_refused(&build) {
        return;
    }
    let image = build.image();
    let text = |path: &str| image.only().text(path);
    assert_eq!((text("/seen/exec"), text("/seen/script")), ("65534\n", "1234\n"));
    assert_eq!(text("/seen/secret"), "known\n");
    assert!(text("/seen/processes").contains("/dev/optfrontend/helper run --timeout 60000 -- /bin/sh -c ps"));
    assert!(!text("/seen/dev").contains("optfrontend"), "the next step sees the mount");
    assert!(
        image.only().files.keys().all(|path| !path.contains("optfrontend")),
        "there is a trace of the mount"
    );
    build.run().assert_ran(&[]);
}

#[test]
fn another_version_of_the_frontend_repeats_no_step() {
    let spec = "
stages:
  app:
    from: busybox:1.36
    steps:
      - {run: echo NONCE > /mark, timeout: 1m, retries: 1}
";
    let build = Build::spec(spec);
    if is_refused(&build) {
        return;
    }
    build.run().assert_ran(&["echo"]);
    let other = other_frontend();
    let flag = format!("--build-arg=BUILDKIT_SYNTAX={}", &*other.name);
    build.run_with(["--output=type=cacheonly", &flag]).ok().assert_ran(&[]);
}

#[test]
fn a_step_for_another_platform_has_the_program_of_that_one() {
    let spec = "
stages:
  app:
    from: busybox:1.36
    steps:
      - {run: echo NONCE; uname -m > /machine, timeout: 2m}
";
    let build = Build::spec(spec).flags(["--platform=linux/arm64"]);
    if is_refused(&build) {
        return;
    }
    let image = build.image();
    assert_eq!(image.only().text("/machine"), "aarch64\n");
}

#[test]
fn a_step_runs_again_when_its_time_has_come() {
    let spec = "
stages:
  app:
    from: busybox:1.36
    steps:
      - run: echo NONCE; date +%N > /time
        refresh: 7d
";
    let build = Build::spec(spec);
    let at = |seconds: u64| {
        let flag = format!("--build-arg=SOURCE_DATE_EPOCH={seconds}");
        build.run_with(["--output=type=cacheonly", &flag]).ok()
    };
    let week = 7 * 86_400;
    at(1000 * week).assert_ran(&["date"]);
    at(1001 * week - 1).assert_ran(&[]);
    at(1001 * week).assert_ran(&["date"]);
    // The machine's own time, which is not that of 1989.
    build.run().assert_ran(&["date"]);
    build.run().assert_ran(&[]);
}
