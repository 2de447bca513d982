//! Policies: what an organisation asks of every build, given by the client or named by the spec.

use optfrontend_tests::{Build, Built, Registry, Repository, Site, frontend};

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A build under a policy in a folder.
fn under(policy: &str, spec: &str) -> Build {
    Build::spec(spec).file("rules/policy.yaml", policy).flags(["--build-context=policy=rules"])
}

fn check(build: &Build) -> Built {
    build.run_with(["--call=check", "--progress=none"])
}

/// What a check tells: findings on stdout, faults on stderr.
fn said(built: &Built) -> String {
    built.outcome.stdout.clone() + &built.outcome.stderr
}

/// A spec that is against nothing, with these keys in its stage.
fn spec(stage: &str) -> String {
    format!("stages:\n  app:\n    from: busybox:1.36\n    user: '1000'\n{stage}")
}

/// What is told of a build that is against a policy; the same build without that is told nothing.
#[track_caller]
fn refused(policy: &str, wrong: &str, right: &str, expected: &str) {
    let told = said(&check(&under(policy, wrong)).failed());
    assert!(told.contains(expected), "{policy}\n{wrong}\nsays:\n{told}");
    assert!(told.contains("policy/policy.yaml:"), "the policy's own place: {told}");
    let told = said(&check(&under(policy, right)));
    assert!(!told.contains("policy"), "{policy}\n{right}\nsays:\n{told}");
}

#[test]
fn images_are_allowed_banned_and_pinned() {
    let plain = spec("");
    let allow = "images: {allow: [docker.io/library/busybox, 'gcr.io/**']}\n";
    let other = plain.replace("busybox:1.36", "debian:12-slim");
    refused(allow, &other, &plain, "build.yaml:4:11: the policy does not allow the image `debian:12-slim`");
    let copies = spec("    steps: [{copy: /etc/os-release, from: 'debian:12-slim', to: /x}]\n");
    refused(allow, &copies, &plain, "the policy does not allow the image `debian:12-slim`");
    let ban = "images: {ban: ['**:latest', 'debian:*']}\n";
    refused(ban, &plain.replace(":1.36", ""), &plain, "the policy bans the image `busybox`, by `**:latest`");
    let pinned = "images: {pinned: true}\n";
    let lock = Build::spec(&plain).run_with(["--call=lock", "--progress=none"]).ok().outcome.stdout;
    let told = said(&check(&under(pinned, &plain)).failed());
    assert!(told.contains("the policy asks for digests, and `busybox:1.36` has none"), "{told}");
    let told = said(&check(&under(pinned, &plain).file("build.yaml.lock", lock)).ok());
    assert!(told.contains("no warnings found"), "{told}");
}

#[test]
fn what_stands_in_the_place_of_an_image_is_judged() {
    let plain = spec("");
    let allow = "images: {allow: busybox}\n";
    let swapped = under(allow, &plain).flags(["--build-context=busybox:1.36=docker-image://debian:12-slim"]);
    let told = said(&check(&swapped).failed());
    assert!(told.contains("does not allow the image `debian:12-slim`"), "{told}");
    let files = under(allow, &plain).file("root/bin/sh", "").flags(["--build-context=busybox:1.36=root"]);
    let told = said(&check(&files).failed());
    assert!(told.contains("this stage starts from files of the client"), "{told}");
    // A stage of the policy's name is none.
    let diverted = plain
        .replace("stages:\n", "stages:\n  policy: {from: scratch}\n")
        .replace("busybox:1.36", "debian:12-slim");
    let told = said(&check(&under(allow, &diverted)).failed());
    assert!(told.contains("does not allow the image `debian:12-slim`"), "{told}");
}

#[test]
fn repositories_and_downloads_are_judged() {
    let site = Site::empty().file("/a.txt", "a").start();
    let (url, sum) = (site.url("/a.txt"), site.digest("/a.txt"));
    let of = |more: &str| spec(&format!("    steps:\n      - {{add: '{url}', to: /a.txt{more}}}\n"));
    let with_sum = of(&format!(", checksum: '{sum}'"));
    refused("sources: {pinned: true}\n", &of(""), &with_sum, "the policy asks for a checksum");
    let allow = "sources: {allow: 'https://github.com/acme/**'}\n";
    refused(allow, &with_sum, &spec(""), &format!("the policy does not allow `{url}`"));
    refused("sources: {ban: 'http://**'}\n", &with_sum, &spec(""), &format!("the policy bans `{url}`"));
}

#[test]
fn images_have_labels_a_user_and_a_health_check() {
    let labelled = |value: &str| spec(&format!("    labels: {{org.example.team: '{value}'}}\n"));
    let labels = "labels:\n  org.example.team: '[a-z]+'\n";
    refused(
        labels,
        &spec(""),
        &labelled("core"),
        "build.yaml:3:3: the policy asks for the label `org.example.team`",
    );
    refused(
        labels,
        &labelled("Core 1"),
        &labelled("core"),
        "the label `org.example.team` of the image is `Core 1`",
    );
    let by_client = under(labels, &spec("")).flags(["--label=org.example.team=core"]);
    assert!(!said(&check(&by_client)).contains("policy"));
    let root = spec("").replace("'1000'", "root");
    refused(
        "user: non_root\n",
        &root,
        &spec(""),
        "build.yaml:5:11: the policy asks for a user that is not root",
    );
    let zero = spec("").replace("'1000'", "'00:5'");
    refused("user: non_root\n", &zero, &spec(""), "the image `app` runs as root");
    let healthy = spec("    healthcheck: {test: [CMD, 'true']}\n");
    refused("require: healthcheck\n", &spec(""), &healthy, "the policy asks for a health check");
    refused(
        "require: healthcheck\n",
        &spec("    healthcheck: none\n"),
        &healthy,
        "the policy asks for a health check",
    );
    let verified = spec("    verify: {require: [/bin/sh]}\n");
    let scanned = spec("    scan: {image: 'busybox:1.36', args: ['true']}\n");
    refused("require: [scan]\n", &spec(""), &scanned, "the policy asks for `scan`");
    refused("require: [verify]\nmax_size: 1GB\n", &spec(""), &verified, "the policy asks for `verify`");
}

#[test]
fn steps_have_the_network_and_the_privileges_that_are_allowed() {
    let run = |more: &str| spec(&format!("    steps:\n      - {{run: 'true'{more}}}\n"));
    refused(
        "network: none\n",
        &run(""),
        &run(", network: none"),
        "build.yaml:7:9: the policy does not allow the network `default`",
    );
    refused(
        "security: sandbox\n",
        &run(", security: insecure"),
        &run(""),
        "the policy does not allow `security: insecure`",
    );
    let host =
        under("network: [none, default]\n", &run("")).flags(["--network=host", "--allow=network.host"]);
    let told = said(&check(&host).failed());
    assert!(told.contains("does not allow the network `host`"), "{told}");
}

#[test]
fn lint_rules_that_a_policy_enforces_cannot_be_switched_off() {
    let policy = "lint: {error: [RunsAsRoot, BaseImageUnpinned]}\n";
    let root = "lint: {skip: all}\nstages:\n  app:\n    # lint: skip=all because\n    from: busybox:1.36\n    # lint: skip=RunsAsRoot because\n    user: root\n    cmd: [sh]\n";
    let build = under(policy, root).flags(["--build-arg=BUILDKIT_DOCKERFILE_CHECK=skip=all"]);
    let told = build.fail();
    let messages = told.messages();
    assert!(messages.contains("RunsAsRoot: ") && messages.contains("BaseImageUnpinned: "), "{messages}");
    let fine = Build::spec(root).flags(["--build-arg=BUILDKIT_DOCKERFILE_CHECK=skip=all"]);
    check(&fine).ok();
}

#[test]
fn the_smaller_size_counts() {
    let spec = |size: &str| {
        spec(&format!(
            "    verify: {{max_size: {size}}}\n    steps: [{{write: {{path: /NONCE, content: x}}}}]\n"
        ))
    };
    let large = under("max_size: 1KB\n", &spec("1GB")).fail();
    let messages = large.messages();
    assert!(messages.contains("policy/policy.yaml:1:11: "), "{messages}");
    let smaller = under("max_size: 1GB\n", &spec("1KB")).fail();
    let messages = smaller.messages();
    assert!(messages.contains("build.yaml:6:24: "), "{messages}");
    under("max_size: 1GB\n", &spec("500MB")).run().ok();
}

#[test]
fn what_a_report_compares_with_is_not_judged() {
    let policy = "images: {ban: busybox}\nlabels: {team: '[a-z]+'}\nuser: non_root\nmax_size: 1MB\n";
    let spec = "stages:\n  app:\n    from: scratch\n    user: '1000'\n    labels: {team: core}\n    steps: [{write: {path: /NONCE, content: x}}]\n";
    let build = under(policy, spec).flags(["--build-context=before=docker-image://busybox:1.36"]);
    let told = build.run_with(["--call=report", "--progress=none"]).ok().outcome.stdout;
    assert!(told.contains("\nGROWTH: −"), "{told}");
    // It is no stage that could be built.
    let refused = build.run_with(["--target=report+before", "--output=type=cacheonly"]).failed();
    assert!(refused.messages().contains("there is no stage `report+before`"), "{}", refused.messages());
}

#[test]
fn a_preset_is_judged_at_the_line_that_asks_for_it() {
    let policy = "images: {allow: 'registry.acme.com/**'}\n";
    let build = under(policy, "preset: static\nwith: {build: 'false'}\n").file("index.html", "hello");
    let told = said(&check(&build).failed());
    assert!(told.contains("build.yaml:2:9: the policy does not allow the image"), "{told}");
    assert!(told.contains("the preset says so here"), "{told}");
}

#[test]
fn a_policy_comes_from_wherever_a_context_may_come_from() {
    let policy = "images: {ban: '**:1.36'}\n";
    let repository = Repository::new().commit(&[("policy.yaml", policy)]);
    let site = Site::empty().repository("/p.git", &repository).file("/p.yaml", policy).start();
    let registry = Registry::shared();
    let image = registry.name("policy");
    let made = Build::spec("stages: {policy: {from: scratch, steps: [{copy: policy.yaml}]}}");
    let made = made.file("policy.yaml", policy);
    made.run_with(["--push", "--tag", &*image, "--provenance=false"]).ok();
    for place in [site.url("/p.git"), site.url("/p.yaml"), format!("docker-image://{}", &*image)] {
        let build = Build::spec(&spec("")).flags([format!("--build-context=policy={place}")]);
        let told = build.fail();
        let messages = told.messages();
        assert!(messages.contains("the policy bans the image `busybox:1.36`"), "{place}: {messages}");
    }
    let lock = format!("stages: {{app: {{from: '{}'}}}}", &*image);
    let lock =
        Build::spec(&lock).run_with(["--call=lock,format=json", "--progress=none"]).ok().outcome.stdout;
    let digest = lock.split('"').find(|word| word.starts_with("sha256:")).unwrap_or(DIGEST);
    let own = format!("policy: {}@{digest}\n{}", &*image, spec(""));
    let messages = Build::spec(&own).fail().messages().to_owned();
    assert!(messages.contains("build.yaml:5:11: the policy bans the image `busybox:1.36`"), "{messages}");
    // Both hold.
    let both = under("user: non_root\n", &own.replace("'1000'", "root")).fail();
    let messages = both.messages();
    assert!(messages.contains("the spec has 2 faults"), "{messages}");
}

#[test]
fn a_lock_can_be_written_under_a_policy_that_asks_for_it() {
    let build = under("images: {pinned: true}\n", &spec(""));
    let lock = build.run_with(["--call=lock", "--progress=none"]).ok().outcome.stdout;
    assert!(lock.contains("busybox:1.36: sha256:"), "{lock}");
    let syntax = format!("--build-arg=BUILDKIT_SYNTAX={}", frontend());
    let told = said(&build.run_with(["--call=check", "--progress=none", &syntax]).failed());
    assert!(told.contains("the policy asks for digests"), "{told}");
    build.file("build.yaml.lock", lock).run().ok();
}
