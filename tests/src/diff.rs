//! What two images differ in.

use std::fmt;

use serde_json::Value;

use crate::image::{Image, PlatformImage, Platforms};

/// One difference. Reads as two lines of a diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// A path, or a key of the image config.
    pub what: String,
    /// What the first image has there.
    pub first: Option<String>,
    /// What the second image has there.
    pub second: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = [('-', &self.first), ('+', &self.second)];
        let lines = lines
            .iter()
            .filter_map(|(sign, side)| side.as_ref().map(|side| format!("{sign} {} {side}", self.what)));
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}

/// All differences between two images: files, config, platforms. Times, history and digests of layers are not compared.
pub fn differences(first: &Image, second: &Image) -> Vec<Difference> {
    platform_differences(&first.platforms, &second.platforms)
}

/// As [`differences`], of images without how they were built.
pub fn platform_differences(first: &Platforms, second: &Platforms) -> Vec<Difference> {
    let names = first.keys().chain(second.keys()).collect::<std::collections::BTreeSet<_>>();
    let several = names.len() > 1;
    let mut found = Vec::new();
    for name in names {
        let prefix = if several { format!("{name} ") } else { String::new() };
        match (first.get(name), second.get(name)) {
            (Some(first), Some(second)) => compare(&prefix, first, second, &mut found),
            (first, second) => found.push(Difference {
                what: "platform".to_owned(),
                first: first.map(|_| name.clone()),
                second: second.map(|_| name.clone()),
            }),
        }
    }
    found
}

fn compare(prefix: &str, first: &PlatformImage, second: &PlatformImage, found: &mut Vec<Difference>) {
    let lines = |image: &PlatformImage| {
        let files = image.files.iter().map(|(path, entry)| (path.clone(), entry.to_string()));
        files.chain(settings(&image.config)).collect::<std::collections::BTreeMap<_, _>>()
    };
    let (first, second) = (lines(first), lines(second));
    for what in first.keys().chain(second.keys().filter(|key| !first.contains_key(*key))) {
        let (first, second) = (first.get(what), second.get(what));
        if first != second {
            let what = format!("{prefix}{what}");
            found.push(Difference { what, first: first.cloned(), second: second.cloned() });
        }
    }
}

/// The config as keys and values. What is made anew by every build is left out.
fn settings(config: &Value) -> Vec<(String, String)> {
    let mut settings = Vec::new();
    for (key, value) in config.as_object().into_iter().flatten() {
        match key.as_str() {
            "created" | "history" | "rootfs" => {}
            "config" => {
                let config = value.as_object().into_iter().flatten();
                settings.extend(config.map(|(key, value)| (format!("config.{key}"), sorted(value))));
            }
            _ => settings.push((key.clone(), value.to_string())),
        }
    }
    settings
}

/// JSON with the keys of an object in the order of the alphabet: their own order says nothing.
fn sorted(value: &Value) -> String {
    let mut value = value.clone();
    value.sort_all_objects();
    value.to_string()
}
