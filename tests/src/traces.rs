//! What a build leaves for others to see, and the search of it for a value, in the forms in which values are written.

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::Value;

use crate::image::Image;
use crate::layout::{inflate, read};

/// Bytes by the place where they are.
#[derive(Debug, Default)]
pub struct Traces(Vec<(String, Vec<u8>)>);

impl Traces {
    /// Adds what is in a place.
    pub fn add(&mut self, place: &str, bytes: impl Into<Vec<u8>>) {
        self.0.push((place.to_owned(), bytes.into()));
    }

    /// Adds a file, without its compression.
    #[track_caller]
    pub fn add_file(&mut self, place: &str, path: &Path) {
        self.add(place, inflate(read(path), &path.to_string_lossy()));
    }

    /// Adds all files of a folder, without their compression.
    #[track_caller]
    pub fn add_folder(&mut self, place: &str, folder: &Path) {
        let Ok(entries) = std::fs::read_dir(folder) else { panic!("there is no {}", folder.display()) };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                self.add_folder(place, &path);
            } else {
                self.add_file(place, &path);
            }
        }
    }

    /// Adds all that an image is made of, by what it is.
    #[track_caller]
    pub fn add_image(&mut self, image: &Image) {
        for blob in image.blobs.all() {
            let Ok(json) = serde_json::from_slice::<Value>(&blob) else {
                self.add("layer", blob);
                continue;
            };
            let kind = json["predicateType"].as_str().unwrap_or_default();
            match json.get("history") {
                Some(history) => {
                    self.add("history", history.to_string());
                    self.add("config", json["config"].to_string());
                }
                None if kind.contains("slsa.dev") => self.add("provenance", blob),
                None if kind.contains("spdx.dev") => self.add("SBOM", blob),
                None => self.add("manifest", blob),
            }
        }
    }

    /// All places.
    pub fn places(&self) -> BTreeSet<&str> {
        self.0.iter().map(|(place, _)| place.as_str()).collect()
    }

    /// The places where a value is.
    #[track_caller]
    pub fn of(&self, value: impl AsRef<[u8]>) -> BTreeSet<&str> {
        let forms = forms(value.as_ref());
        let holds = |bytes: &[u8]| forms.iter().any(|form| contains(bytes, form));
        self.0.iter().filter(|(_, bytes)| holds(bytes)).map(|(place, _)| place.as_str()).collect()
    }
}

/// The forms in which a value is written: as it is, in base64 wherever it begins, in a URL, in JSON of several libraries.
#[track_caller]
fn forms(value: &[u8]) -> Vec<Vec<u8>> {
    assert!(value.len() >= 12, "what is searched for is too short not to be found by chance");
    let mut forms = BTreeSet::from([value.to_vec()]);
    for ahead in 0..3 {
        let whole: Vec<u8> = std::iter::repeat_n(0, ahead).chain(value.iter().copied()).collect();
        for encoded in [STANDARD.encode(&whole), URL_SAFE.encode(&whole)] {
            // The characters at both ends tell of the neighbours, too.
            let (first, last) = ([0, 2, 3][ahead], whole.len() / 3 * 4);
            forms.insert(encoded.as_bytes()[first..last].to_vec());
        }
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let percent =
        |byte: &u8| if is_plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    let escaped: String = value.iter().map(percent).collect();
    forms.insert(escaped.replace("%20", "+").into_bytes());
    let small = escaped.split('%').enumerate().map(|(at, part)| match part.get(..2) {
        Some(code) if at > 0 => format!("%{}{}", code.to_lowercase(), &part[2..]),
        _ => part.to_owned(),
    });
    forms.insert(small.collect::<String>().into_bytes());
    forms.insert(escaped.into_bytes());
    if let Ok(text) = std::str::from_utf8(value) {
        let json = Value::from(text).to_string();
        let json = json[1..json.len() - 1].to_owned();
        forms.insert(
            json.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e").into_bytes(),
        );
        forms.insert(json.into_bytes());
    }
    forms.into_iter().collect()
}

/// Whether the bytes are in there.
fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    let Some((first, rest)) = wanted.split_first() else { return true };
    let mut left = bytes;
    while let Some(at) = left.iter().position(|byte| byte == first) {
        left = &left[at + 1..];
        if left.starts_with(rest) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_in_every_form() {
        let value = "päss/word+ &<>=\"1\"";
        let json = serde_json::json!({ "a": value }).to_string();
        let mut texts = vec![
            format!("x{value}x"),
            "a=p%C3%A4ss%2Fword%2B%20%26%3C%3E%3D%221%22&b".to_owned(),
            "a=p%c3%a4ss%2fword%2b%20%26%3c%3e%3d%221%22&b".to_owned(),
            "a=p%C3%A4ss%2Fword%2B+%26%3C%3E%3D%221%22".to_owned(),
            json.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e"),
            json,
        ];
        for (before, after) in [("", ""), ("a", "b"), ("ab", "cde"), ("abc", "d"), ("user:", "")] {
            texts.push(format!("is {} so", STANDARD.encode(format!("{before}{value}{after}"))));
            texts.push(format!("is {} so", URL_SAFE.encode(format!("{before}{value}{after}"))));
        }
        for text in texts {
            let mut traces = Traces::default();
            traces.add("here", text.clone());
            assert_eq!(traces.of(value), BTreeSet::from(["here"]), "{text}");
            assert_eq!(traces.of("another value"), BTreeSet::new());
        }
    }
}
