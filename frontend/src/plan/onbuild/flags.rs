//! Flags of instructions.

use crate::dockerfile::values;

pub(super) fn unknown_flag(name: &str) -> String {
    format!("the flag `--{name}` is not known")
}

/// A boolean of a flag, which may stand without a value.
pub(super) fn boolean(value: Option<&str>) -> Result<bool, String> {
    value.map_or(Ok(true), |value| {
        values::boolean(value).ok_or_else(|| format!("`{value}` is neither true nor false"))
    })
}
