//! Steps on the real engine, where no Dockerfile says the same.

use optfrontend_tests::{Build, is_refused};

#[test]
fn a_step_without_cache_runs_each_time() {
    let build = Build::spec(
        "stages:
  app:
    from: busybox:1.36
    steps:
      - run: echo NONCE > /before
      - run: cat /proc/uptime > /uptime
        no_cache: true
      - run: echo after
",
    );
    build.run().assert_ran(&["before", "uptime", "after"]);
    build.run().assert_ran(&["uptime", "after"]);
}

#[test]
fn a_device_that_may_be_missing_is_missed_by_no_step() {
    let spec = "stages: {app: {from: busybox:1.36, steps: [{run: echo NONCE > /a, devices: vendor.test/device=none}]}}";
    let build = Build::spec(spec);
    if !is_refused(&build) {
        build.run();
    }
}

/// Docker's own daemon lets no client ask for devices, however it asks.
#[test]
fn a_device_that_the_daemon_guards_stays_closed() {
    let step = "{run: 'test -c /dev/test-guarded && echo NONCE', devices: {name: optfrontend.test/device=guarded, required: true}}";
    let build = Build::spec(&format!("stages: {{app: {{from: busybox:1.36, steps: [{step}]}}}}"));
    if is_refused(&build) {
        return;
    }
    let told = build.fail();
    let expected = "this step asks for the device `optfrontend.test/device=guarded`, which neither the client nor the builder allows";
    assert!(told.messages().contains(expected), "{}", told.messages());
    for allow in ["--allow=device", "--allow=device=optfrontend.test/device=guarded"] {
        let dockerfile = Build::dockerfile("FROM busybox:1.36\nRUN true\n").flags([allow]).fail();
        let told = build.run_with([allow, "--output=type=cacheonly"]).failed();
        assert_eq!(told.messages(), dockerfile.messages(), "{allow}");
    }
}
