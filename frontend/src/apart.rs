//! Work on a thread of its own, beside the one that talks to the daemon.
//!
//! The program does not unwind: what that takes would be a seventh of its size. A panic stops its thread where it is, and the other one
//! lives to tell the daemon.

use std::io;
use std::panic::{set_hook, take_hook};
use std::thread;
use std::time::Duration;

use tokio::runtime;
use tokio::sync::mpsc;
use tokio::task::LocalSet;

/// Bytes of its stack: as many as the first thread of a process has.
const STACK: usize = 8 << 20;

/// The time for telling the daemon of a panic. The first thread ends the process when it has, unless the panic holds what it needs for that.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// What comes of the work; else why nothing does: a panic has stopped it, or it could not be begun.
pub async fn apart<W, F, T>(work: W) -> Result<T, String>
where
    W: FnOnce() -> F + Send + 'static,
    F: Future<Output = T>,
    T: Send + 'static,
{
    let (done, mut outcome) = mpsc::unbounded_channel();
    let panicked = done.clone();
    let on_its_thread = move || {
        stop_at_panic(move |panic| panicked.send(Err(panic)).unwrap_or_default());
        let runtime = runtime::Builder::new_current_thread().build().map_err(|error| not_begun(&error));
        let outcome = runtime.map(|runtime| LocalSet::new().block_on(&runtime, work()));
        done.send(outcome).unwrap_or_default();
    };
    let started = thread::Builder::new().stack_size(STACK).spawn(on_its_thread);
    started.map_err(|error| not_begun(&error))?;
    outcome.recv().await.unwrap_or_else(|| Err("the build has ended without an outcome".to_owned()))
}

fn not_begun(error: &io::Error) -> String {
    format!("the build cannot begin: {error}")
}

/// From now on, a panic of this thread is told of and stops it. Those of others are what they were.
fn stop_at_panic(tell: impl Fn(String) + Send + Sync + 'static) {
    let (here, log) = (thread::current().id(), take_hook());
    set_hook(Box::new(move |panic| {
        log(panic);
        if thread::current().id() == here {
            tell(format!("the frontend has a bug, and this build has hit it: {panic}"));
            // Where panics unwind, as in tests, the thread ends by itself. Elsewhere the process does, once this returns.
            if cfg!(panic = "abort") {
                thread::sleep(ANSWERED_WITHIN);
            }
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::apart;

    fn wait<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
    }

    #[test]
    fn work_that_waits_has_its_outcome() {
        let work = || async { tokio::task::spawn_local(async { 7 }).await };
        assert_eq!(wait(apart(work)).unwrap().unwrap(), 7);
    }

    #[test]
    fn a_panic_is_told_of_with_its_place() {
        let told = wait(apart(|| async { [0_u8; 2].iter().position(|byte| *byte == 1).unwrap() }));
        let told = told.unwrap_err();
        assert!(told.contains("apart.rs:") && told.contains("`Option::unwrap()` on a `None`"), "{told}");
    }
}
