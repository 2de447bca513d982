//! Values of flags, as Docker reads them: those that it hands to Go's `ParseBool`, to its reader of sizes and to one of comma-separated values.

use spec_schema::decode::scaled;

/// A boolean; `None` where it is none.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// A number of bytes, such as `64m` or `1.5 GiB`: all units are powers of 1024.
pub fn bytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let scale = match unit.strip_prefix(' ').unwrap_or(unit).to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        "p" | "pb" | "pib" => 1 << 50,
        _ => return None,
    };
    scaled(number, scale)
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
    use super::{boolean, bytes, fields, records};

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
        assert_eq!(["", "m", "-1", "1ki", "1ib", "1  m", "1x", "99999p"].map(bytes), [None; 8]);
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
