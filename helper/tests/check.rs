//! `helper check` and `helper serve`, on real processes.
#![allow(clippy::unwrap_used, reason = "helpers of tests end the test")]

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn report(name: &str) -> PathBuf {
    let report = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("check-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&report);
    fs::create_dir_all(&report).unwrap();
    report
}

/// The files of the report.
fn run(name: &str, words: &[&str], command: &[&str]) -> impl Fn(&str) -> String + use<> {
    let report = report(name);
    let mut helper = Command::new(env!("CARGO_BIN_EXE_helper"));
    helper.args(words).arg("--report").arg(&report).arg("--").args(command);
    assert!(helper.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
    move |file| String::from_utf8(fs::read(report.join(file)).unwrap_or_default()).unwrap()
}

fn check(name: &str, timeout: &str, script: &str) -> impl Fn(&str) -> String + use<> {
    run(name, &["check", "--timeout", timeout], &["sh", "-c", script])
}

#[test]
fn a_command_is_told_as_it_ends() {
    let report = check("ends", "60000", "echo out; echo err >&2; exit 3");
    assert_eq!([report("outcome"), report("stdout"), report("stderr")], ["exit 3", "out\n", "err\n"]);
    assert_eq!(check("killed", "60000", "kill -SEGV $$")("outcome"), "signal 11");
    let report = run("missing", &["check", "--timeout", "1000"], &["/no/such/program"]);
    assert_eq!(report("outcome"), "error No such file or directory (os error 2)");
}

#[test]
fn a_command_that_hangs_is_ended_with_all_that_it_has_started() {
    let start = Instant::now();
    let report = check("hangs", "300", "echo begun; sleep 1000 & trap '' TERM; sleep 1000");
    assert_eq!([report("outcome"), report("stdout")], ["late ", "begun\n"]);
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn what_is_left_behind_holds_nobody_up() {
    let start = Instant::now();
    assert_eq!(check("left", "60000", "setsid sleep 1000 & exit 0")("outcome"), "exit 0");
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_flood_is_read_and_not_kept() {
    let report =
        check("flood", "60000", "echo first; head -c 100000000 /dev/zero | tr '\\0' x; echo; echo last");
    let text = report("stdout");
    assert_eq!(report("outcome"), "exit 0");
    assert!(text.len() < (1 << 20) + 100 && text.starts_with("first\nxxx") && text.ends_with("x\nlast\n"));
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_server_is_started_until_it_answers_and_then_stopped() {
    let port = free_port();
    let ready = report("ready").join("ready");
    let wanted = ready.clone();
    let server = std::thread::spawn(move || {
        while !wanted.exists() {
            std::thread::sleep(Duration::from_millis(10));
        }
        let (mut stream, _) = TcpListener::bind(("127.0.0.1", port)).unwrap().accept().unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
    });
    let url = format!("http://localhost:{port}/");
    let words = ["serve", "--within", "60000", "--stop", "10", "http", &url];
    let script =
        format!("trap 'echo stops; exit 0' USR1; touch {}; while :; do sleep 0.05; done", ready.display());
    let report = run("serves", &words, &["sh", "-c", &script]);
    assert_eq!([report("outcome"), report("output")], ["ready", "stops\n"]);
    server.join().unwrap();
}

#[test]
fn a_server_that_dies_is_told_with_what_it_said() {
    let words = ["serve", "--within", "60000", "--stop", "15", "tcp", "localhost:1"];
    let report = run("dies", &words, &["sh", "-c", "echo no config >&2; exit 78"]);
    assert_eq!([report("outcome"), report("output")], ["exit 78", "no config\n"]);
}

#[test]
fn a_server_that_never_answers_is_ended_in_time() {
    let start = Instant::now();
    let words = ["serve", "--within", "300", "--stop", "15", "tcp", "127.0.0.1:1"];
    let report = run("never", &words, &["sh", "-c", "while :; do echo flood; done"]);
    assert!(report("outcome").starts_with("late 127.0.0.1:1: Connection refused"), "{}", report("outcome"));
    assert!(start.elapsed() < Duration::from_secs(30));
    assert!(report("output").len() < 2 << 20);
}

#[test]
fn a_server_that_takes_the_connection_and_says_nothing_is_ended_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let start = Instant::now();
    let words = ["serve", "--within", "300", "--stop", "15", "http", &url];
    assert_eq!(run("silent", &words, &["sleep", "1000"])("outcome"), "late ");
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn without_a_report_it_fails() {
    let mut helper = Command::new(env!("CARGO_BIN_EXE_helper"));
    helper.args(["check", "--timeout", "1000", "--report", "/no/such/folder", "--", "true"]);
    assert_eq!(helper.stderr(Stdio::null()).status().unwrap().code(), Some(1));
}
