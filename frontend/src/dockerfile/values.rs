//! Values of flags, as Docker reads them: those that it hands to Go's `ParseBool`, to its reader of sizes and to one of comma-separated values.

use spec_schema::decode::Mode;

/// A boolean; `None` where it is none.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// A number of bytes, such as `64m`, `1.5 GiB` or `1e3k`: all units are powers of 1024. What is more than any limit is none, which is 0.
pub fn bytes(text: &str) -> Option<u64> {
    let last = text.rfind(|c: char| c.is_ascii_digit() || matches!(c, '.' | ' '))?;
    let (number, unit) = match text.split_at(last + 1) {
        (number, unit) if number.ends_with(' ') => (text.get(..last)?, unit),
        parts => parts,
    };
    let power = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 1,
        "m" | "mb" | "mib" => 2,
        "g" | "gb" | "gib" => 3,
        "t" | "tb" | "tib" => 4,
        "p" | "pb" | "pib" => 5,
        _ => return None,
    };
    let is_decimal = number.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    let number: f64 = number.parse().ok().filter(|number: &f64| is_decimal && number.is_finite())?;
    (number >= 0.0).then(|| whole(number * 1024_f64.powi(power)))
}

/// The whole bytes of a number that is not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "parts of a byte are dropped, and the number is in range"
)]
fn whole(bytes: f64) -> u64 {
    const MORE_THAN_ANY: f64 = 9_223_372_036_854_775_808.0;
    if bytes < MORE_THAN_ANY { bytes as u64 } else { 0 }
}

/// Permissions of what is mounted: octal digits, of which nine bits are kept.
pub fn mount_mode(text: &str) -> Option<u32> {
    let is_octal = !text.starts_with('+');
    u32::from_str_radix(text, 8).ok().filter(|_| is_octal).map(|bits| bits & 0o777)
}

/// Whether files can be given such permissions: octal digits up to `7777`, or what `chmod` knows, such as `u+x`.
pub fn is_mode(text: &str) -> bool {
    !text.starts_with("0o") && Mode::parse(text).is_some()
}

/// The fields of a flag's value, as in `--mount=type=bind,from=app`: names and values. There are none where its quotes do not fit together.
pub fn fields(value: &str) -> Vec<(String, Option<String>)> {
    let pair = |field: String| match field.split_once('=') {
        Some((name, value)) => (name.to_ascii_lowercase(), Some(value.to_owned())),
        None => (field.to_ascii_lowercase(), None),
    };
    records(value).unwrap_or_default().into_iter().filter(|field| !field.is_empty()).map(pair).collect()
}

/// The texts between the commas of a line; `None` where its quotes do not fit together.
///
/// A quote stands around all of a text, and two in such a one are one of the text.
pub fn records(line: &str) -> Option<Vec<String>> {
    let (mut records, mut rest) = (Vec::new(), line);
    loop {
        let (record, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquoted(quoted)?,
            None => {
                let (record, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
                (!record.contains('"')).then(|| (record.to_owned(), after))?
            }
        };
        records.push(record);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return after.is_empty().then_some(records),
        }
    }
}

/// A text up to the quote that ends it, and what stands behind that.
fn unquoted(quoted: &str) -> Option<(String, &str)> {
    let (mut text, mut rest) = (String::new(), quoted);
    loop {
        let (part, after) = rest.split_once('"')?;
        text += part;
        match after.strip_prefix('"') {
            Some(next) => {
                text.push('"');
                rest = next;
            }
            None => return Some((text, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{boolean, bytes, fields, is_mode, mount_mode, records};

    #[test]
    fn booleans_are_those_of_go() {
        assert_eq!(["T", "1", "True"].map(boolean), [Some(true); 3]);
        assert_eq!(["f", "0", "FALSE"].map(boolean), [Some(false); 3]);
        assert_eq!(["", "yes", "tRUE"].map(boolean), [None; 3]);
    }

    #[test]
    fn sizes_are_those_of_docker() {
        assert_eq!(["0", "7b", "1.5k", "64 MB"].map(bytes), [Some(0), Some(7), Some(1536), Some(64 << 20)]);
        assert_eq!(["2gib", "1T", "1p"].map(bytes), [Some(2 << 30), Some(1 << 40), Some(1 << 50)]);
        assert_eq!(
            ["1e3m", "+5", ".5k", "5.", "1E-3g", "1 "].map(bytes),
            [1000 << 20, 5, 512, 5, 1_073_741, 1].map(Some)
        );
        assert_eq!(["0e9", "1e-99", "99999p", "1e99"].map(bytes), [Some(0); 4]);
        let none =
            ["", "m", "-1", "1ki", "1ib", "1  m", "1x", ".", "1.2.3", "e3", "1e", "1e3e3", "inf", " 1"];
        assert_eq!(none.map(bytes), [None; 14]);
    }

    #[test]
    fn permissions_are_those_of_docker() {
        assert_eq!(["0", "755", "0644", "77777"].map(mount_mode), [0, 0o755, 0o644, 0o777].map(Some));
        assert_eq!(["", "8", "+7", "0o755", "rwx", "777777777777"].map(mount_mode), [None; 6]);
        assert_eq!(["7", "0755", "7777", "00000755", "u+x,g=", "+x"].map(is_mode), [true; 6]);
        assert_eq!(["", "abc", "888", "17777", "0o755", "u", "u+x,", "+755"].map(is_mode), [false; 8]);
    }

    #[test]
    fn texts_between_commas_are_told_apart() {
        let read = |line| records(line).map(|records| records.join("|"));
        assert_eq!(read("a,\"b,c\",d=").as_deref(), Some("a|b,c|d="));
        assert_eq!(read("\"a\"\"b\",").as_deref(), Some("a\"b|"));
        assert_eq!(["a\"b\"", "\"a", "\"a\"b"].map(read), [None, None, None]);
    }

    #[test]
    fn fields_have_names_and_values() {
        let pair = |name: &str, value: Option<&str>| (name.to_owned(), value.map(str::to_owned));
        let expected = [pair("type", Some("Bind")), pair("ro", None), pair("target", Some("/a,b"))];
        assert_eq!(fields("Type=Bind,RO,,\"target=/a,b\""), expected);
        assert_eq!(fields(""), []);
    }
}
