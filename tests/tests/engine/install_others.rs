//! `install` for PHP, Ruby and Java: real package managers, with packages that the project itself holds.

use optfrontend_tests::{Build, Site, repository};

/// A spec for the project in a folder of `tests/install`.
fn project(name: &str, spec: &str) -> Build {
    Build::spec(spec).files_of(repository().join("tests/install").join(name))
}

#[test]
fn composer_with_packages_of_the_project() {
    let build = project(
        "composer",
        "stages:
  app:
    from: composer:2
    workdir: /NONCE
    network: none
    steps:
      - {install: composer, production: true}
      - copy: .
      - run: composer dump-autoload --optimize && test \"$(php app.php)\" = 'Hello, Ada' && test ! -e vendor/acme/probe
  development:
    from: composer:2
    workdir: /NONCE
    network: none
    steps:
      - install: composer
      - run: test -e vendor/acme/probe/probe.php
default: app
",
    );
    build.run();
    build.run_with(["--target=development"]).ok();
    build.write("libs/greet/src/Polite.php", "<?php // the source has changed\n");
    build.run().assert_ran(&["copy . .", "run composer dump-autoload"]);
    build.write("composer.json", "{\"name\": \"acme/app\", \"require\": {\"acme/absent\": \"^1.0\"}}");
    let failed = build.fail();
    let told = "build.yaml:8:9: composer does not install from `composer.lock`: \
                `composer.json` asks for `acme/absent` `^1.0`, which the lockfile does not have";
    assert!(failed.messages().contains(told), "{}", failed.messages());
}

#[test]
fn bundler_with_gems_of_the_project_and_from_its_cache() {
    let build = project(
        "bundler",
        "stages:
  app:
    from: ruby:3.1-slim
    workdir: /NONCE
    network: none
    steps:
      - {install: bundler, production: true, args: [--local]}
      - copy: .
      - run: test \"$(ruby app.rb)\" = 'Hello, Ada' && bundle check && ! gem list | grep probe
  development:
    from: ruby:3.1-slim
    workdir: /NONCE
    network: none
    steps:
      - {install: bundler, args: [--local]}
      - run: bundle exec ruby -e 'require \"probe\"'
default: app
",
    );
    build.run();
    build.run_with(["--target=development"]).ok();
    build.write("libs/greet/lib/greet/polite.rb", "# the source has changed\n");
    build.run().assert_ran(&["copy . .", "run test"]);
    build.write("Gemfile", "source 'https://rubygems.org'\n\ngem 'absent', '~> 1.0'\n");
    let failed = build.fail();
    let told = "build.yaml:8:9: bundler does not install from `Gemfile.lock`: \
                `Gemfile` asks for `absent`, which the lockfile does not have";
    assert!(failed.messages().contains(told), "{}", failed.messages());
}

#[test]
fn maven_for_a_user_without_a_home() {
    let build = project(
        "maven",
        "stages:
  app:
    from: maven:3.9-eclipse-temurin-17
    workdir: /NONCE
    run_as: 1000:1000
    cache: maven
    env: {MAVEN_OPTS: -Dgreeting=hello}
    steps:
      - install: maven
      - run: |
          test -e /dev/optfrontend/cache/root/.m2/repository/com/google/code/gson/gson
          test ! -e '?'
          case $MAVEN_OPTS in '-Dgreeting=hello -Dmaven.repo.local=/dev/optfrontend/cache/'*) ;; *) exit 1 ;; esac
",
    );
    build.run();
}

/// The archives are fetched by the install: what follows has no network. Sources are only in the project when it is compiled.
#[test]
fn gradle_with_archives_from_a_repository() {
    let mut site = Site::empty();
    for kind in ["pom", "jar"] {
        let path = format!("/com/acme/words/1.0/words-1.0.{kind}");
        let file = repository().join("tests/install/repository").join(path.trim_start_matches('/'));
        site = site.file(&path, std::fs::read(file).unwrap());
    }
    let site = site.start();
    let build = project(
        "gradle",
        &"stages:
  app:
    from: gradle:4.4-jdk17
    workdir: /NONCE
    network: none
    cache: gradle
    env: {REPOSITORY: 'URL'}
    steps:
      - {install: gradle, network: host}
      - copy: .
      - run: |
          gradle --no-daemon --offline --quiet installDist
          test \"$(app/build/install/app/bin/app)\" = 'Hello, Ada'
"
        .replace("URL", &site.url("/")),
    )
    .flags(["--allow=network.host"]);
    build.run();
    build.write("lib/src/main/java/lib/Polite.java", "package lib;\n\nfinal class Polite {}\n");
    build.run().assert_ran(&["copy . .", "run gradle"]);
}
