//! The frontend's process: one build, from the environment that BuildKit gives it to the answer on its stdout; or, with a command, an
//! answer on a desk.

use std::ffi::OsString;
use std::process::ExitCode;

use optfrontend::apart::apart;
use optfrontend::build::build;
use optfrontend::desk;
use optfrontend::epoch::Epoch;
use optfrontend::gateway::{Failure, Gateway, GatewayError};
use optfrontend::opts::{FrontendOpts, OptErrors, keys};

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if !words.is_empty() || !is_started_by_daemon() {
        return desk::run(words);
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_io().build() {
        Ok(runtime) => runtime,
        Err(error) => return give_up(&format!("no event loop: {error}")),
    };
    // Nothing is to be closed or waited for: the daemon goes on only when this process is gone.
    match runtime.block_on(serve()) {
        Ok(()) => std::process::exit(0),
        Err(error) => give_up(&error.to_string()),
    }
}

/// Whether there is a build to answer: a daemon says so by the environment, and gives no arguments.
fn is_started_by_daemon() -> bool {
    [keys::ENV_SESSION_ID, keys::ENV_WORKERS].iter().any(|name| std::env::var_os(name).is_some())
}

/// Builds, and tells the daemon how it went. Errors are those of the connection: there is nobody left to tell.
async fn serve() -> Result<(), GatewayError> {
    let gateway = Gateway::stdio().await?;
    let outcome = match options() {
        Ok(opts) => {
            let daemon = gateway.clone();
            // A panic must not leave the user with an exit code alone.
            let outcome = apart(move || async move { build(&daemon, &opts).await }).await;
            outcome.unwrap_or_else(|why| Err(Failure::new(why)))
        }
        Err(errors) => Err(Failure::new(errors.to_string())),
    };
    match outcome {
        Ok(result) => gateway.return_result(result).await,
        Err(failure) => gateway.return_error(failure).await,
    }
}

/// What the client asks for, and what the machine tells.
fn options() -> Result<FrontendOpts, OptErrors> {
    let own_image = std::fs::read(keys::OWN_IMAGE).unwrap_or_default();
    Ok(FrontendOpts { own_image, now: Epoch::now(), ..FrontendOpts::from_env(variables())? })
}

/// The environment. `std::env::vars` would panic on a value that is not UTF-8.
fn variables() -> impl Iterator<Item = (String, String)> {
    let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
    std::env::vars_os().map(move |(name, value)| (text(name), text(value)))
}

/// Stderr goes to the daemon's log; the client sees the exit code.
fn give_up(why: &str) -> ExitCode {
    eprintln!("optfrontend: {why}");
    ExitCode::FAILURE
}
