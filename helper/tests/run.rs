//! `helper run`, on real processes.
#![allow(clippy::unwrap_used, reason = "helpers of tests end the test")]

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn helper(words: &[&str], script: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helper"));
    command.arg("run").args(words).args(["--", "sh", "-c", script]).stderr(Stdio::piped());
    command
}

fn output(words: &[&str], script: &str) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = helper(words, script).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

/// Waits for what a process says in a file.
fn wait_for(file: &Path, child: &mut Child) -> String {
    loop {
        match std::fs::read_to_string(file) {
            Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
            _ => assert!(child.try_wait().unwrap().is_none(), "it has ended without {}", file.display()),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn file(name: &str) -> std::path::PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = std::fs::remove_file(&file);
    file
}

/// Whether a process is there; one that nobody has waited for yet is not.
fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[test]
fn the_exit_code_is_the_process_s_own() {
    assert_eq!(output(&[], "exit 0"), (Some(0), String::new()));
    assert_eq!(output(&[], "exit 7"), (Some(7), String::new()));
    assert_eq!(output(&["--timeout", "60000"], "kill -KILL $$"), (Some(137), String::new()));
    // Signals that the helper itself waits for reach the process as ever.
    assert_eq!(output(&[], "kill -TERM $$"), (Some(143), String::new()));
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helper"));
    let output = command.args(["run", "--retries", "3", "--", "/no/such/program"]).output().unwrap();
    assert_eq!(output.status.code(), Some(127));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("optfrontend: /no/such/program: No such file or directory"), "{said}");
}

#[test]
fn what_takes_too_long_ends_with_all_that_it_has_started() {
    let pids = file("timeout");
    let script = format!("sleep 1000 & echo $! >{}; wait", pids.display());
    let (code, said) = output(&["--timeout", "200"], &script);
    assert_eq!((code, said.as_str()), (Some(198), "optfrontend: not done within 200ms, ended\n"));
    // A process that is killed need not be gone yet when `kill` returns.
    let pid = std::fs::read_to_string(pids).unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while is_alive(pid.trim()) {
        assert!(Instant::now() < deadline, "it goes on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_fails_is_tried_again() {
    let tries = file("retries");
    let script = format!("echo x >>{0}; [ $(wc -l <{0}) = 2 ]", tries.display());
    let said = "optfrontend: exit code 1 (try 1 of 4); the next one starts in 1s\n";
    assert_eq!(output(&["--retries", "3"], &script), (Some(0), said.to_owned()));
    assert_eq!(std::fs::read_to_string(tries).unwrap(), "x\nx\n");
}

#[test]
fn the_last_try_counts() {
    let said = "optfrontend: exit code 9 (try 1 of 2); the next one starts in 1s\n";
    assert_eq!(output(&["--retries", "1"], "exit 9"), (Some(9), said.to_owned()));
}

#[test]
fn a_signal_is_for_the_process_and_the_end_of_all_tries() {
    let ready = file("signal");
    let script = format!("trap 'exit 5' TERM; echo $$ >{}; while :; do sleep 0.05; done", ready.display());
    let mut child = helper(&["--retries", "9"], &script).spawn().unwrap();
    wait_for(&ready, &mut child);
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(5));
}
