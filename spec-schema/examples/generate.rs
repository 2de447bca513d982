//! Writes the files that are made from the types of the language: `generate SCHEMA REFERENCE [POLICY_SCHEMA POLICY_REFERENCE]`.

use std::{env, fs, io, process::ExitCode};

use spec_schema::{reference, schema};

fn main() -> ExitCode {
    let pages: [fn() -> String; 4] = [schema::document, reference::page, schema::policy, reference::policy];
    let files: Vec<String> = env::args().skip(1).collect();
    let written: io::Result<()> =
        files.iter().zip(pages).try_for_each(|(file, page)| fs::write(file, page()));
    match written {
        Ok(()) if files.len() >= 2 => ExitCode::SUCCESS,
        Ok(()) => {
            eprintln!("generate SCHEMA REFERENCE [POLICY_SCHEMA POLICY_REFERENCE]");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("generate: {error}");
            ExitCode::FAILURE
        }
    }
}
