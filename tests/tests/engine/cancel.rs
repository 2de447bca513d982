//! Cancelled builds: the client ends at once, and nothing of the build goes on.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use optfrontend_tests::{Build, Running};

/// True while a process of this machine has a text in its command line or environment.
fn is_running(mark: &str) -> bool {
    let Ok(processes) = fs::read_dir("/proc") else { return false };
    let me = std::process::id().to_string();
    processes.flatten().filter(|process| process.file_name().to_string_lossy() != me).any(|process| {
        ["cmdline", "environ"].iter().any(|file| {
            let bytes = fs::read(process.path().join(file)).unwrap_or_default();
            bytes.windows(mark.len()).any(|window| window == mark.as_bytes())
        })
    })
}

#[track_caller]
pub(crate) fn wait_until(running: bool, mark: &str, limit: Duration) {
    let end = Instant::now() + limit;
    while is_running(mark) != running {
        assert!(Instant::now() < end, "waited in vain until it runs: {running}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[track_caller]
fn cancel(build: Running, mark: &str) {
    wait_until(true, mark, Duration::from_secs(60));
    let start = Instant::now();
    build.signal("INT");
    let outcome = build.wait();
    assert!(
        outcome.code != Some(0) && start.elapsed() < Duration::from_secs(3),
        "{:?} {outcome:?}",
        start.elapsed()
    );
    wait_until(false, mark, Duration::from_secs(5));
}

#[test]
fn a_running_step_is_ended() {
    let build = Build::spec("stages: {app: {from: busybox:1.36, steps: [{run: sleep 300; echo NONCE}]}}");
    cancel(build.start(["--output=type=cacheonly"]), build.nonce());
}

#[test]
fn a_waiting_frontend_is_ended() {
    // A registry that takes connections and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let image = format!("localhost:{}/never/answers", silent.local_addr().unwrap().port());
    let build = Build::spec(&format!("{{args: {{MARK: x}}, stages: {{app: {{from: '{image}'}}}}}}"));
    // The frontend gets its options in its environment; the client is told apart by what follows the name.
    let running =
        build.start([format!("--build-arg=MARK={}", build.nonce()), "--output=type=cacheonly".to_owned()]);
    cancel(running, &format!("build-arg:MARK={}", build.nonce()));
}
