//! What became of each test, for the page about engines: one line of JSON each, where a file for them is named.

use std::fs::OpenOptions;
use std::io::Write as _;

use serde_json::json;

/// The variable that names the file.
const FILE: &str = "OPTFRONTEND_RESULTS";

/// Notes what became of a test: `same`, `fallback`, `refused`, `impossible`, and what there is to say about it.
#[track_caller]
pub fn record(suite: &str, test: &str, outcome: &str, notes: &[String]) {
    let Some(file) = std::env::var_os(FILE) else { return };
    let line = json!({"suite": suite, "test": test, "outcome": outcome, "notes": notes});
    let written = OpenOptions::new().create(true).append(true).open(&file).and_then(|mut file| {
        // In one write, as tests run side by side.
        file.write_all(format!("{line}\n").as_bytes())
    });
    if let Err(error) = written {
        panic!("{}: {error}", file.display());
    }
}

/// Notes that the engine cannot do what the running test is about, and says so where nobody swallows it.
#[track_caller]
pub fn impossible(suite: &str, reason: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("?");
    record(suite, test, "impossible", &[reason.to_owned()]);
    drop(
        std::io::stderr()
            .write_all(format!("{suite} {test}: not possible on this engine: {reason}\n").as_bytes()),
    );
}
