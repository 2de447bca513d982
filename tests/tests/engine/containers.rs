//! Flags for the containers of `run` steps. What a Dockerfile's steps see under the same flags is the measure.

use optfrontend_tests::{Build, buildkit_version, is_refused};

use crate::contexts::same_since;

/// A spec with one script in a step.
fn step(script: &str) -> Build {
    Build::spec(&format!(
        "stages:\n  app:\n    from: busybox:1.36\n    steps:\n      - run: |\n          echo NONCE\n          {script}\n"
    ))
}

/// Runs one script in a step of a spec and in one of a Dockerfile; both must write the same to `/seen`, which is returned.
#[track_caller]
fn seen(script: &str, flags: &[&str]) -> String {
    let spec = step(script);
    let dockerfile = format!("FROM busybox:1.36\nRUN echo {} && {script}\n", spec.nonce());
    same_since((0, 9), Build::dockerfile(&dockerfile), spec, flags).only().text("/seen").to_owned()
}

/// True where the engine refuses a step under these flags, as `tests/engines.md` says.
#[track_caller]
fn are_refused(flags: &[&str]) -> bool {
    is_refused(&step("true").flags(flags.iter().copied()))
}

#[test]
fn add_host_adds_names() {
    let flags = [
        "--add-host=example.test:10.1.2.3",
        "--add-host=UPPER.test=10.1.2.4",
        "--add-host=six.test:[fd00::1]",
    ];
    let hosts = seen("grep test /etc/hosts | tr '\\t' ' ' > /seen", &flags);
    assert_eq!(hosts, "10.1.2.3 example.test\n10.1.2.4 upper.test\nfd00::1 six.test\n");
}

#[test]
fn ulimits_hold() {
    let flags = ["--ulimit=nofile=1234:2345", "--ulimit=core=0"];
    if !are_refused(&flags) {
        let limits = seen("(ulimit -S -n; ulimit -H -n; ulimit -S -c) > /seen", &flags);
        assert_eq!(limits, "1234\n2345\n0\n");
    }
}

#[test]
fn shared_memory_has_its_size() {
    let flags = ["--shm-size=12m"];
    if !are_refused(&flags) {
        assert_eq!(seen("df -k /dev/shm | awk 'END { print $2 }' > /seen", &flags), "12288\n");
    }
}

#[test]
fn the_parent_of_cgroups_is_that_of_the_client() {
    let flags = ["--cgroup-parent=/optfrontend-test"];
    if are_refused(&flags) {
        return;
    }
    let groups = seen("cut -d: -f3 /proc/self/cgroup | cut -d/ -f1-3 | sort -u > /seen", &flags);
    assert!(groups.starts_with("/optfrontend-test/buildkit"), "{groups}");
}

#[test]
fn the_network_is_that_of_the_client() {
    let links = "ls /sys/class/net > /seen";
    assert_eq!(seen(links, &["--network=default"]), "eth0\nlo\n");
    assert_eq!(seen(links, &["--network=none"]), "lo\n");
    // The host has at least the bridge of the engine.
    let more = "test $(ls /sys/class/net | wc -l) -gt 2; echo $? > /seen";
    assert_eq!(seen(more, &["--network=host", "--allow=network.host"]), "0\n");
}

#[test]
fn a_step_may_ask_for_another_network() {
    let spec = "
stages:
  app:
    from: busybox:1.36
    steps:
      - run: ls /sys/class/net | wc -l > /none; echo NONCE
        network: none
      - run: ls /sys/class/net | wc -l > /host
        network: host
      - run: ls /sys/class/net | wc -l > /default
";
    let image = Build::spec(spec).flags(["--allow=network.host"]).image();
    let links = |path| image.only().text(path).trim().parse::<u32>().unwrap();
    assert!(links("/none") == 1 && links("/default") == 2 && links("/host") > 2);
}

#[test]
fn the_host_name_is_that_of_the_client() {
    assert_eq!(seen("hostname > /seen", &["--build-arg=BUILDKIT_SANDBOX_HOSTNAME=builder"]), "builder\n");
    assert_eq!(seen("hostname > /seen", &[]), "buildkitsandbox\n");
}

const PROXIES: [&str; 3] = [
    "--build-arg=HTTP_PROXY=http://user:proxy-password@proxy.test:1",
    "--build-arg=no_proxy=localhost",
    "--build-arg=ALL_PROXY=http://proxy.test:2",
];

#[test]
fn proxies_reach_steps() {
    let proxies = seen("env | grep -i proxy= | sort > /seen", &PROXIES);
    assert!(proxies.contains("http_proxy=http://user:proxy-password@proxy.test:1\n"), "{proxies}");
    assert!(proxies.contains("NO_PROXY=localhost\n"), "{proxies}");
    // Before 0.9 BuildKit has no place for it.
    let all = proxies.contains("ALL_PROXY=http://proxy.test:2\n");
    assert_eq!(all, buildkit_version() > (0, 8), "{proxies}");
}

#[test]
fn proxies_are_neither_in_the_cache_key_nor_in_the_image() {
    let build = Build::spec("stages: {app: {from: busybox:1.36, steps: [{run: echo NONCE > /mark}]}}");
    build.run();
    let build = build.flags(PROXIES);
    let again = build.run();
    again.assert_ran(&[]);
    assert_eq!(again.warnings, []);
    for blob in build.image().blobs.all() {
        assert!(!String::from_utf8_lossy(&blob).contains("proxy.test"), "a proxy is in the image");
    }
}

#[test]
fn cache_mounts_can_have_a_namespace() {
    let spec = "
args: {TIME: none}
stages:
  app:
    from: busybox:1.36
    cache: {target: /kept, id: test-NONCE}
    steps:
      - run: echo $TIME >> /kept/times; cp /kept/times /times; echo NONCE
";
    let build = Build::spec(spec);
    let times = |build: Build| build.image().only().text("/times").to_owned();
    let run = |time: &str, namespace: &str| {
        let spec = std::fs::read_to_string(build.folder().join("build.yaml")).unwrap();
        let flags =
            [format!("--build-arg=TIME={time}"), format!("--build-arg=BUILDKIT_CACHE_MOUNT_NS={namespace}")];
        times(Build::spec("").file("build.yaml", spec).flags(flags))
    };
    assert_eq!(run("one", "x"), "one\n");
    assert_eq!(run("two", "y"), "two\n");
    assert_eq!(run("three", "x"), "one\nthree\n");
}
