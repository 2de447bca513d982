//! What Docker's own image store cannot hold, and containerd's can.

use optfrontend_tests::{Build, Store, store};

use super::assert_told;

/// A build whose image the daemon is to keep: the message of one that cannot, on the store that cannot.
#[track_caller]
fn kept_by_containerd_alone(name: &str, build: &Build) {
    match store() {
        Store::Containerd => drop(build.load()),
        Store::Docker => assert_told(name, &build.run_with(["--load"]).failed()),
    }
}

#[test]
fn more_layers_than_a_store_takes() {
    let layers = "\n      - {write: {path: /a, content: NONCE}}".repeat(140);
    let spec = format!("stages:\n  app:\n    from: busybox:1.36\n    steps:{layers}\n");
    kept_by_containerd_alone("layers", &Build::spec(&spec));
}

#[test]
fn several_platforms_at_once() {
    let spec =
        "stages:\n  app:\n    from: scratch\n    steps:\n      - {write: {path: /a, content: NONCE}}\n";
    let build = Build::spec(spec).flags(["--platform=linux/amd64,linux/arm64"]);
    kept_by_containerd_alone("platforms", &build);
}
