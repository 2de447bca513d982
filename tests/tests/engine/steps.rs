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
