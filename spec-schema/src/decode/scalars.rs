//! Times, sizes, modes and ids.

use super::{Decode, parse_scalar, parse_scalar_help};
use crate::diagnostic::Faults;
use crate::node::Node;
use crate::span::Spanned;
use crate::spec::{Growth, Statuses};

/// The same with its place, for what may be wrong in a way that only shows later.
macro_rules! spanned {
    ($($type:ty),*) => {
        $(impl Decode for Spanned<$type> {
            fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
                Some(Self::new(<$type>::decode(node, faults)?, node.span))
            }
        })*
    };
}

spanned!(Duration, Growth, Size, Statuses, u32);

/// A length of time, in nanoseconds. Written `30s`, `1h30m`, `500ms`, `7d`; `0s` is allowed.
///
/// Units as in Go's `time.ParseDuration`, which Docker uses: `h`, `m`, `s`, `ms`, `us`, `ns`; and `d` for 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duration(pub u64);

impl Duration {
    /// Reads the written form; `None` where it is not one or does not fit.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "0" {
            return Some(Self(0));
        }
        let mut total: u64 = 0;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (number, tail) = rest.split_at(digits);
            let unit_length = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(unit_length);
            total = total.checked_add(scaled(number, nanoseconds(unit)?)?)?;
            rest = tail;
        }
        (!text.is_empty()).then_some(Self(total))
    }
}

/// A number and the word behind it, if there is one.
fn number_and_word(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, word) = text.split_at(end);
    number.starts_with(|c: char| c.is_ascii_digit()).then_some((number, word.trim()))
}

fn nanoseconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        _ => return None,
    })
}

/// `number`, which may have a decimal fraction, times `scale`; nothing is rounded but the fraction.
pub fn scaled(number: &str, scale: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.len() > 9 || fraction.contains('.') {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: u64 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let divisor = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let part = u64::try_from(u128::from(part) * u128::from(scale) / divisor).ok()?;
    whole.checked_mul(scale)?.checked_add(part)
}

impl Decode for Duration {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        parse_scalar_help(node, "a time such as `30s` or `1h30m`", faults, Self::parse, |text| {
            let (number, unit) = number_and_word(text)?;
            let unit = match unit {
                "" | "S" | "sec" | "secs" | "second" | "seconds" => "s",
                "M" | "min" | "mins" | "minute" | "minutes" => "m",
                "H" | "hr" | "hrs" | "hour" | "hours" => "h",
                "D" | "day" | "days" => "d",
                unit => unit,
            };
            Self::parse(&format!("{number}{unit}")).map(|_| format!("write `{number}{unit}`"))
        })
    }
}

/// A number of bytes. Written `512`, `64MiB` (powers of 1024) or `30MB` (powers of 1000).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl Size {
    /// Reads the written form; `None` where it is not one or does not fit.
    pub fn parse(text: &str) -> Option<Self> {
        let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let scale = match unit.trim_start() {
            "" | "B" => 1,
            "kB" | "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return None,
        };
        scaled(number, scale).map(Self)
    }
}

impl Decode for Size {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        parse_scalar_help(node, "a size such as `64MiB` or `30MB`", faults, Self::parse, |text| {
            let (number, unit) = number_and_word(text)?;
            let unit = match unit.to_lowercase().as_str() {
                "k" | "kb" => "kB",
                "m" | "mb" => "MB",
                "g" | "gb" => "GB",
                "ki" | "kib" => "KiB",
                "mi" | "mib" => "MiB",
                "gi" | "gib" => "GiB",
                _ => return None,
            };
            Some(format!("write `{number}{unit}`"))
        })
    }
}

/// File permissions. Octal as written, quoted or not (`0755`, `"755"`), at most `7777`; where a
/// symbolic form is allowed, also `u+x` and its like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// Permission bits.
    Octal(u32),
    /// A change of the bits that the file has, as `chmod` takes it.
    Symbolic(String),
}

impl Mode {
    /// Reads the written form; `None` where it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("0o").unwrap_or(text);
        if !digits.is_empty() && digits.bytes().all(|b| (b'0'..=b'7').contains(&b)) {
            let bits = u32::from_str_radix(digits, 8).ok().filter(|bits| *bits <= 0o7777)?;
            return Some(Self::Octal(bits));
        }
        text.split(',').all(is_clause).then(|| Self::Symbolic(text.to_owned()))
    }
}

/// One clause of a symbolic mode: whom, then at least one of `+ - =` with what.
fn is_clause(clause: &str) -> bool {
    let actions = clause.trim_start_matches(['u', 'g', 'o', 'a']);
    actions.starts_with(['+', '-', '=']) && actions.chars().all(|c| "+-=rwxXstugo".contains(c))
}

impl Decode for Mode {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        parse_scalar(node, "a mode such as `0755` or `u+x`", faults, Self::parse)
    }
}

/// Permissions of something new: octal as written, quoted or not, at most `7777`. There is nothing yet that a symbolic
/// form could change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permissions(pub u32);

impl Decode for Permissions {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        parse_scalar(node, "an octal mode such as `0644`", faults, |text| match Mode::parse(text)? {
            Mode::Octal(bits) => Some(Self(bits)),
            Mode::Symbolic(_) => None,
        })
    }
}

/// A number that names a user or a group, 0 to 2³¹-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id(pub u32);

impl Decode for Id {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        parse_scalar(node, "a numeric id", faults, |text| {
            text.parse().ok().filter(|id| i32::try_from(*id).is_ok()).map(Self)
        })
    }
}

impl Decode for u32 {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        parse_scalar(node, "a whole number", faults, |text| text.parse().ok())
    }
}
