//! Flags of instructions.

pub(super) fn unknown_flag(name: &str) -> String {
    format!("the flag `--{name}` is not known")
}

/// A boolean of a flag, which may stand without a value.
pub(super) fn boolean(value: Option<&str>) -> Result<bool, String> {
    match value {
        None | Some("true" | "1") => Ok(true),
        Some("false" | "0") => Ok(false),
        Some(other) => Err(format!("`{other}` is neither true nor false")),
    }
}
