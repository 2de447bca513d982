//! The helper: a static binary that the frontend's image has for each architecture.
//!
//! `helper run` stands before the process of a build step that has a time limit or may be tried again. `helper probe`
//! is in images whose health check is an address. `helper look`, `check` and `serve` find out whether an image is as it should be,
//! `helper weigh` what it is made of.
//! All of them must run where there is nothing else, not even a libc.

mod check;
mod child;
mod command_line;
mod look;
mod probe;
mod report;
mod run;
mod target;
mod weigh;

use std::process::ExitCode;

use command_line::Command;

/// What the shell, too, answers for a command that it does not understand.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    match Command::parse(args) {
        Ok(Command::Run(run)) => ExitCode::from(run::run(&run)),
        Ok(Command::Probe(probe)) => probe::answer(&probe),
        Ok(Command::Look(look)) => reported(look::look(&look)),
        Ok(Command::Weigh(weigh)) => reported(weigh::weigh(&weigh)),
        Ok(Command::Check(check)) => reported(check::check(&check)),
        Ok(Command::Serve(serve)) => reported(check::serve(&serve)),
        Err(why) => {
            say(&why);
            ExitCode::from(WRONG_USAGE)
        }
    }
}

/// What was found is in the report; nothing but the want of one is a failure.
fn reported(report: std::io::Result<()>) -> ExitCode {
    match report {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("there is no report: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// One line for whoever reads the log of the step.
fn say(line: &str) {
    eprintln!("optfrontend: {line}");
}
