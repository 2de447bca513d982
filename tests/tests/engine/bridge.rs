//! The network that `docker/engine` makes for builds and containers.

use optfrontend_tests::docker;

/// Where a new container sends what is for other networks: the link-layer address of its gateway.
fn gateway() -> String {
    let script = r#"
        gateway=$(ip route | sed -n 's/^default via \([0-9.]*\) .*/\1/p')
        ping -c 1 -W 5 "$gateway" > /dev/null
        grep -F "$gateway " /proc/net/arp | grep -oE '(..:){5}..'
    "#;
    docker(["run", "--rm", "busybox:1.36", "sh", "-c", script]).ok().stdout
}

/// A bridge that was given none takes the address of one of its ports, so that a container's start or end cuts off the others.
#[test]
fn a_bridge_keeps_its_address_when_containers_come_and_go() {
    let before = gateway();
    // As Docker's own bridges have it; those of ports are random.
    assert!(before.starts_with("02:42:"), "{before}");
    for _ in 0..3 {
        assert_eq!(gateway(), before);
    }
}
