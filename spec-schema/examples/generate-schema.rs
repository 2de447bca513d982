//! Writes the JSON Schema of the language to the file that is named.

use std::{env, fs, process::ExitCode};

fn main() -> ExitCode {
    let Some(path) = env::args().nth(1) else {
        eprintln!("usage: generate-schema FILE");
        return ExitCode::FAILURE;
    };
    match fs::write(&path, spec_schema::schema::document()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("generate-schema: {path}: {error}");
            ExitCode::FAILURE
        }
    }
}
