//! Writes the files that are made from the types of the language: `generate SCHEMA REFERENCE`.

use std::{env, fs, io, process::ExitCode};

fn main() -> ExitCode {
    let mut files = env::args().skip(1);
    let (schema, reference) = (files.next().unwrap_or_default(), files.next().unwrap_or_default());
    match write(&schema, &reference) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("generate SCHEMA REFERENCE: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(schema: &str, reference: &str) -> io::Result<()> {
    fs::write(schema, spec_schema::schema::document())?;
    fs::write(reference, spec_schema::reference::page())
}
