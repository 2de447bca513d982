//! What is done again, and what is not.

use optfrontend_tests::{Build, in_one_of_three_rounds, repository};

use crate::examples::alone_with;

const SPEC: &str = "
args: {VERSION: dev}
stages:
  app:
    from: busybox:1.36
    workdir: /NONCE
    steps:
      - run: echo first
      - copy: early.txt
      - run: cat early.txt > second
      - copy: late.txt
      - run: cat late.txt > third
      - run: echo $VERSION > version
";

fn app() -> Build {
    let build = Build::spec(SPEC);
    let nonce = build.nonce().to_owned();
    build
        .file("early.txt", format!("early {nonce}"))
        .file("late.txt", format!("late {nonce}"))
        .file("other.txt", "")
}

#[test]
fn a_second_build_does_nothing() {
    let build = app();
    let first = build.run();
    let again = build.run();
    again.assert_ran(&[]);
    assert_eq!(again.cached().len(), first.steps().count(), "{:?}", again.cached());
}

/// The daemon has one key for both copies, were they written alike.
#[test]
fn a_copy_of_nothing_is_not_the_cached_copy_of_something() {
    let build = Build::spec(
        "
stages:
  files: {from: scratch, steps: [{write: {path: /file, content: NONCE}}]}
  nothing: {from: scratch}
  full: {from: busybox:1.36, steps: [{copy: /, from: files, to: /to/NONCE, link: false}]}
  empty: {from: busybox:1.36, steps: [{copy: /, from: nothing, to: /to/NONCE, link: false}]}
",
    );
    let to = format!("/to/{}", build.nonce());
    let image = |target: &str| build.image_with(&[format!("--target={target}")]);
    assert_eq!(image("full").only().text(&format!("{to}/file")), build.nonce());
    let empty = image("empty");
    let below: Vec<&String> = empty.only().files.keys().filter(|path| path.starts_with(&to)).collect();
    assert_eq!(below, [&to]);
}

#[test]
fn an_edited_file_repeats_what_comes_after_its_copy() {
    let build = app();
    build.run();
    build.write("late.txt", format!("changed {}", build.nonce()));
    build.run().assert_ran(&["copy late.txt", "run cat late.txt", "run echo $VERSION"]);
}

#[test]
fn a_file_that_no_step_names_repeats_nothing() {
    let build = app();
    build.run();
    build.write("other.txt", "changed");
    build.run().assert_ran(&[]);
}

#[test]
fn an_arg_repeats_the_steps_that_name_it() {
    let build = app();
    build.run();
    let again = build.run_with(["--build-arg=VERSION=2", "--output=type=cacheonly"]).ok();
    again.assert_ran(&["run echo $VERSION"]);
}

#[test]
fn labels_and_other_config_repeat_nothing() {
    let build = app();
    build.run();
    let spec = SPEC.replace("NONCE", build.nonce()) + "    labels: {a: b}\n    user: nobody\n    cmd: [x]\n";
    build.write("build.yaml", format!("# syntax=optfrontend/optfrontend:1\n{spec}"));
    build.run().assert_ran(&[]);
}

#[test]
fn no_cache_filter_repeats_one_stage() {
    let build = Build::spec(
        "
stages:
  one: {from: busybox:1.36, steps: [{run: echo one NONCE > /one}]}
  two: {from: busybox:1.36, steps: [{run: echo two NONCE > /two}]}
  all: {from: scratch, steps: [{copy: /one, from: one}, {copy: /two, from: two}]}
",
    );
    build.run();
    let again = build.run_with(["--no-cache-filter=two", "--output=type=cacheonly"]).ok();
    let ran = again.ran();
    assert!(ran.iter().any(|name| name.contains("run echo two")), "{ran:?}");
    assert!(!ran.iter().any(|name| name.contains("run echo one")), "{ran:?}");
}

#[test]
fn editing_the_source_of_an_example_installs_nothing() {
    let _alone = alone_with("node-api");
    in_one_of_three_rounds(|| {
        let build = Build::copy_of(repository().join("examples/node-api"));
        build.run();
        let path = build.folder().join("src/app.ts");
        let source = std::fs::read_to_string(path).unwrap();
        build.write("src/app.ts", format!("{source}\nexport const edited = \"{}\";\n", build.nonce()));
        let again = build.run();
        let ran = again.ran();
        assert!(ran.iter().any(|name| name.contains("npm run build")), "{ran:?}");
        assert!(!ran.iter().any(|name| name.contains("npm ci")), "{ran:?}");
    });
}

#[test]
fn stages_that_do_not_need_each_other_run_at_one_time() {
    let built = Build::spec(
        "
stages:
  one: {from: busybox:1.36, steps: [{run: sleep 5; echo NONCE > /one}]}
  two: {from: busybox:1.36, steps: [{run: sleep 5; echo NONCE > /two}]}
  all: {from: scratch, steps: [{copy: /one, from: one}, {copy: /two, from: two}]}
",
    )
    .run();
    let (one, two) = (built.step("[one 2/2]"), built.step("[two 2/2]"));
    let start = one.started.unwrap().min(two.started.unwrap());
    let end = one.completed.unwrap().max(two.completed.unwrap());
    assert!(one.overlaps(two) && end - start < 8.0, "{one:?} {two:?}");
}

#[test]
fn unused_stages_are_not_built() {
    let built = Build::spec(
        "
default: app
stages:
  broken: {from: busybox:1.36, steps: [{run: exit 1}]}
  unknown: {from: 'localhost:1/there/is/none', steps: [{copy: nothing}]}
  app: {from: busybox:1.36, steps: [{run: echo NONCE}]}
",
    )
    .run();
    built.assert_ran(&["[app 2/2] run echo"]);
    assert!(!built.vertices.iter().any(|vertex| vertex.name.contains("localhost:1")), "{:?}", built.vertices);
}

/// The second stage finds what the first has left, though it copies something else from it.
#[test]
fn stages_share_a_cache() {
    let build = Build::spec(
        "
stages:
  first:
    from: busybox:1.36
    cache: /shared/NONCE
    steps:
      - run: echo kept > /shared/NONCE/file; touch /done
  second:
    from: busybox:1.36
    cache: /shared/NONCE
    steps:
      - copy: /done
        from: first
        to: /
      - run: cp /shared/NONCE/file /found
",
    );
    let image = build.image();
    assert_eq!(image.only().text("/found"), "kept\n");
    let kept = format!("/shared/{}/file", build.nonce());
    assert!(!image.only().files.contains_key(&kept), "a cache is no part of the image");
}

/// With a Dockerfile, everything below the first change runs again.
#[test]
fn a_change_of_an_early_layer_does_not_cascade() {
    let spec = Build::spec(
        "
stages:
  build: {from: busybox:1.36, steps: [{run: mkdir /out; echo NONCE > /out/server}]}
  app:
    from: busybox:1.36
    steps:
      - {copy: early.txt, to: /srv/early.txt}
      - {copy: late.txt, to: /srv/late.txt}
      - {copy: /out/server, from: build, to: /usr/local/bin/}
",
    );
    let dockerfile = Build::dockerfile(&format!(
        "FROM busybox:1.36 AS build\nRUN mkdir /out; echo {} > /out/server\nFROM busybox:1.36\nCOPY early.txt /srv/early.txt\n\
         COPY late.txt /srv/late.txt\nCOPY --from=build /out/server /usr/local/bin/\n",
        spec.nonce()
    ));
    let early = |build: &Build, text: &str| build.write("early.txt", format!("{text} {}", spec.nonce()));
    for build in [&spec, &dockerfile] {
        build.write("late.txt", spec.nonce());
        early(build, "one");
        build.run();
        early(build, "two");
    }
    spec.run().assert_ran(&["copy early.txt"]);
    dockerfile.run().assert_ran(&["COPY early.txt", "COPY late.txt", "COPY --from=build"]);
}

#[test]
fn cache_mounts_outlive_a_build() {
    let build = Build::spec(
        "
args: {TIME: none}
stages:
  app:
    from: busybox:1.36
    cache: {target: /kept, id: test-NONCE}
    steps:
      - run: echo $TIME >> /kept/times; cp /kept/times /times; echo NONCE
",
    );
    for time in ["one", "two"] {
        build.run_with([format!("--build-arg=TIME={time}"), "--output=type=cacheonly".to_owned()]).ok();
    }
    let build = build.flags(["--build-arg=TIME=three"]);
    assert_eq!(build.image().only().text("/times"), "one\ntwo\nthree\n");
}
