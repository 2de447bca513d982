//! Names that nothing else has.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A text of hexadecimal digits that no other test has and no earlier run had.
pub fn nonce() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros());
    format!("{time:x}{:x}n{:x}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
