//! A daemon that is killed while it builds: an engine of the test's own, with the programs of the one in use.

use std::fs;
use std::time::{Duration, Instant};

use optfrontend_tests::{Build, OwnEngine};

use crate::cancel::wait_until;

/// Something that is done, and a step that takes as long as a file of the context says.
const SPEC: &str = "
args: {MARK: x}
stages:
  app:
    from: busybox:1.36
    steps:
      - run: echo NONCE > /done
      - copy: seconds
      - run: sleep $(cat seconds); echo NONCE > /slow
";

#[test]
fn a_build_ends_with_its_daemon_and_the_next_one_is_whole() {
    let engine = OwnEngine::start();
    let build = Build::spec(SPEC).file("seconds", "300").variable("DOCKER_HOST", engine.host());
    // The frontend, which waits for the steps, has its options in its environment.
    let frontend = format!("build-arg:MARK={}", build.nonce());
    let mark = format!("--build-arg=MARK={}", build.nonce());
    let mut running = build.start(["--output=out", "--metadata-file=metadata.json", &mark]);
    running.wait_for("run sleep");
    let step = format!("sleep $(cat seconds); echo {} > /slow", build.nonce());
    wait_until(true, &step, Duration::from_secs(60));
    wait_until(true, &frontend, Duration::from_secs(10));
    engine.kill();
    let start = Instant::now();
    let outcome = running.wait();
    assert!(outcome.code != Some(0) && start.elapsed() < Duration::from_secs(10), "{outcome:?}");
    assert!(outcome.stderr.contains("ERROR: ") && !outcome.stderr.contains("panicked"), "{outcome:?}");
    for gone in [&step, &frontend] {
        wait_until(false, gone, Duration::from_secs(10));
    }
    let left = fs::read_dir(build.folder()).unwrap().flatten().map(|entry| entry.path());
    let with_content = |path: &std::path::PathBuf| {
        if path.is_dir() {
            fs::read_dir(path).unwrap().count() > 0
        } else {
            fs::metadata(path).unwrap().len() > 0
        }
    };
    let left: Vec<_> =
        left.filter(with_content).filter_map(|path| path.file_name().map(ToOwned::to_owned)).collect();
    assert!(left.iter().all(|name| name == "build.yaml" || name == "seconds"), "{left:?}");

    engine.up();
    build.write("seconds", "0");
    build.run_with(["--output=out", &mark]).ok();
    let read = |path: &str| fs::read_to_string(build.folder().join("out").join(path)).unwrap();
    assert_eq!(
        (read("done"), read("slow")),
        (format!("{0}\n", build.nonce()), format!("{0}\n", build.nonce()))
    );
}
