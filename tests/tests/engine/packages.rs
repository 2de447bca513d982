//! System packages and well-known caches.

use optfrontend_tests::{Build, docker};

#[test]
fn apt_keeps_archives_in_the_cache_and_nothing_in_the_layer() {
    let image = Build::spec(
        "stages:
  app:
    from: debian:bookworm-slim
    steps:
      - run: echo NONCE
      - apt: tini
      - run: ls /var/cache/apt/archives > /archives
        cache: apt
      - run: find /var/lib/apt/lists /var/cache/apt /var/log -type f > /left
",
    )
    .image();
    let image = image.only();
    assert!(image.text("/archives").contains("tini_"), "{}", image.text("/archives"));
    assert_eq!(
        image.text("/left").lines().filter(|file| !file.ends_with("faillog")).collect::<Vec<_>>(),
        [""; 0]
    );
    assert!(image.text("/etc/apt/apt.conf.d/docker-clean").contains("Post-Invoke"));
}

#[test]
fn apt_installs_from_another_repository_with_its_key() {
    let sources = docker([
        "run",
        "--rm",
        "debian:bookworm-slim",
        "sh",
        "-c",
        "cat /etc/apt/sources.list /etc/apt/sources.list.d/*",
    ])
    .stdout;
    let address =
        sources.split_whitespace().find(|word| word.starts_with("http")).expect("the stand-in has a mirror");
    let image = Build::spec(
        "args: {MIRROR: {required: true}}
stages:
  app:
    from: debian:bookworm-slim
    steps:
      - run: echo NONCE
      - apt: tini
        repositories:
          uri: $MIRROR
          suites: [bookworm-backports]
          key: {from: debian:bookworm-slim, path: /usr/share/keyrings/debian-archive-keyring.gpg}
      - run: ls -R /etc/apt/sources.list.d /dev > /left
",
    )
    .flags(["--build-arg", &format!("MIRROR={address}")])
    .image();
    assert!(
        image.built.progress.logs.contains("bookworm-backports InRelease"),
        "{}",
        image.built.progress.logs
    );
    assert!(!image.only().text("/left").contains("optfrontend"));
}

#[test]
fn apk_and_dnf_run_as_root_with_their_caches() {
    let fake = |name: &str, caches: &str| {
        format!(
            "
      - write: {{path: /usr/bin/{name}, chmod: 0755, content: \"#!/bin/sh\\nid -u > /{name}; for d in {caches}; do grep -o \\\" $$d \\\" /proc/mounts; done >> /{name}; echo \\\"$$@\\\" >> /{name}\\n\"}}
      - {name}: [one, two=2]"
        )
    };
    let image = Build::spec(&format!(
        "stages:
  app:
    from: busybox:1.36
    run_as: nobody
    steps:{}{}
",
        fake("apk", "/etc/apk/cache"),
        fake("dnf", "/var/cache/dnf /var/cache/libdnf5 /var/cache/yum"),
    ))
    .image();
    let image = image.only();
    assert_eq!(image.text("/apk"), "0\n /etc/apk/cache \nadd --update-cache one two=2\n");
    assert_eq!(
        image.text("/dnf"),
        "0\n /var/cache/dnf \n /var/cache/libdnf5 \n /var/cache/yum \n\
         install --assumeyes --setopt=tsflags=nodocs --setopt=keepcache=1 --setopt=install_weak_deps=0 one two=2\n"
    );
}

#[test]
fn caches_belong_to_whoever_runs_the_step() {
    let build = Build::spec(
        "stages:
  app:
    from: busybox:1.36
    cache: npm
    steps:
      - run: echo NONCE > $npm_config_cache/NONCE
        run_as: 1000:1000
      - run: echo NONCE > $npm_config_cache/NONCE
        run_as: nobody
      - run: stat -c '%u:%g' $npm_config_cache > /tmp/owner; test -f $npm_config_cache/NONCE
        run_as: 1000:1000
      - run: test ! -e $npm_config_cache/NONCE
",
    );
    let image = build.image();
    assert_eq!(image.only().text("/tmp/owner"), "1000:1000\n");
    let left: Vec<&String> = image
        .only()
        .files
        .keys()
        .filter(|path| path.contains("npm") || path.contains("optfrontend"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_file_of_the_spec_is_seen_by_its_step_alone() {
    let image = Build::spec(
        "args: {LEVEL: high}
stages:
  app:
    from: busybox:1.36
    steps:
      - run: cat /etc/tool/rc > /seen; stat -c %a /etc/tool/rc >> /seen
        mounts: [{type: file, target: /etc/tool/rc, content: \"level=$LEVEL $$HOME\\n\", mode: 0600}]
",
    )
    .image();
    assert_eq!(image.only().text("/seen"), "level=high $HOME\n600\n");
    assert!(!image.only().files.keys().any(|path| path.contains("tool")));
}
