//! Policies that cannot be had, contradict themselves, or are broken in many ways at once.

use optfrontend_tests::Build;

use super::{assert_told, by_flag};

const SPEC: &str = "stages:\n  app:\n    from: debian:12-slim\n    steps:\n      - run: 'true'\n      - {add: 'https://example.com/a', to: /a}\n";

fn under(policy: &str) -> Build {
    Build::spec(SPEC).file("rules/policy.yaml", policy).flags(["--build-context=policy=rules"])
}

#[test]
fn everything_that_is_against_it_is_told_at_once() {
    let policy = "images:\n  allow: [registry.acme.com/**, busybox]\n  pinned: true\nsources:\n  ban: https://example.com/**\n\
                  labels:\n  org.example.team: '[a-z]+'\nuser: non_root\nnetwork: none\nrequire: [verify, healthcheck]\n";
    assert_told("policy_breaches", &under(policy).fail());
}

#[test]
fn a_policy_that_contradicts_itself() {
    let policy = "images:\n  allow: [busybox, golang:1.22]\n  ban: [docker.io/library/busybox, golang]\nsources:\n  allow: https://a/**\n  ban: '**'\n\
                  labels: {a: '['}\nuser: root\nmax_size: 0B\nnetwork: nope\nlint: {error: RunAsRoot}\nimage: {}\nrequire: lock\n";
    assert_told("policy_contradiction", &under(policy).fail());
}

#[test]
fn patterns_that_are_none() {
    let policy =
        "images:\n  allow: ['https://a/b', 'golang@sha256:12', '']\n  ban: []\nsources: {ban: 'a b'}\n";
    assert_told("policy_patterns", &under(policy).fail());
}

#[test]
fn a_policy_that_says_nothing() {
    assert_told("policy_empty", &under("# later\n").fail());
}

#[test]
fn a_context_without_a_policy() {
    let build = Build::spec(SPEC).file("rules/README", "").flags(["--build-context=policy=rules"]);
    assert_told("policy_missing", &build.flags(by_flag()).fail());
}

#[test]
fn a_policy_of_the_spec_that_could_be_moved() {
    let told = |name: &str, policy: &str| {
        assert_told(name, &Build::spec(&format!("policy: {policy}\n{SPEC}")).fail());
    };
    told("policy_tag", "registry.acme.com/policy:1");
    told("policy_no_image", "./policy.yaml");
    told("policy_unreachable", &format!("localhost:1/policy@sha256:{}", "0".repeat(64)));
}
