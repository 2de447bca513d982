//! Platforms, in the normal form that containerd and `BuildKit` compare.

use std::fmt;
use std::str::FromStr;

use buildkit_proto::pb;

/// What an image is for and a process runs on, such as `linux/arm64`.
///
/// Always normalised as containerd's `platforms.Normalize` does it: `x86_64` is `amd64`, `aarch64` is `arm64`, the
/// variant `v8` of arm64 is dropped, arm without a variant is `v7`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    /// Operating system: `linux`, `windows`.
    pub os: String,
    /// CPU architecture, as Go names it: `amd64`.
    pub architecture: String,
    /// Variant of the architecture: `v7`.
    pub variant: Option<String>,
    /// Version of the operating system; Windows images have one.
    pub os_version: Option<String>,
}

/// A text that names no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlatformError {
    /// Nothing is there.
    #[error("it is empty")]
    Empty,
    /// There are more than three parts between slashes.
    #[error("it has more than the parts os/architecture/variant")]
    TooManyParts,
    /// A part holds something else than letters, digits, `.`, `_` and `-`.
    #[error("the part `{0}` has other characters than letters, digits, `.`, `_` and `-`")]
    BadPart(String),
    /// A single word is neither an operating system nor an architecture.
    #[error("`{0}` is neither an operating system nor an architecture")]
    UnknownWord(String),
}

const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "illumos",
    "ios",
    "js",
    "linux",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "windows",
    "wasip1",
];

const ARCHITECTURES: &[&str] = &[
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le",
    "riscv64", "s390x", "wasm",
];

impl Default for Platform {
    /// `linux/amd64`.
    fn default() -> Self {
        Self { os: "linux".to_owned(), architecture: "amd64".to_owned(), variant: None, os_version: None }
    }
}

impl Platform {
    /// Reads `linux/arm64/v8`, `arm64`, `windows(10.0.17763)/amd64`. What is left out is Linux, or amd64.
    pub fn parse(text: &str) -> Result<Self, PlatformError> {
        let (text, os_version) = split_version(text);
        let parts: Vec<String> = text.split('/').map(str::to_lowercase).collect();
        if parts == [""] {
            return Err(PlatformError::Empty);
        }
        for part in &parts {
            if part.is_empty() || !part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
                return Err(PlatformError::BadPart(part.clone()));
            }
        }
        let (os, architecture, variant) = match parts.as_slice() {
            [word] => single(word)?,
            [os, architecture] => (os.clone(), architecture.clone(), None),
            [os, architecture, variant] => (os.clone(), architecture.clone(), Some(variant.clone())),
            _ => return Err(PlatformError::TooManyParts),
        };
        let (architecture, variant) = normalize(&architecture, variant.as_deref());
        let os = if os == "macos" { "darwin".to_owned() } else { os };
        Ok(Self { os, architecture, variant, os_version })
    }

    /// From the protobuf message, normalised.
    pub fn from_pb(platform: &pb::Platform) -> Self {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        let (architecture, variant) = normalize(&platform.architecture, some(&platform.variant).as_deref());
        Self { os: platform.os.clone(), architecture, variant, os_version: some(&platform.os_version) }
    }

    /// The protobuf message.
    pub fn to_pb(&self) -> pb::Platform {
        pb::Platform {
            architecture: self.architecture.clone(),
            os: self.os.clone(),
            variant: self.variant.clone().unwrap_or_default(),
            os_version: self.os_version.clone().unwrap_or_default(),
            os_features: Vec::new(),
        }
    }
}

/// `os/architecture/variant`, the id of a platform in a result.
impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.os)?;
        if let Some(version) = &self.os_version {
            write!(f, "({version})")?;
        }
        write!(f, "/{}", self.architecture)?;
        self.variant.iter().try_for_each(|variant| write!(f, "/{variant}"))
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        Self::parse(text)
    }
}

/// `windows(10.0)/amd64` without the version, and the version.
fn split_version(text: &str) -> (String, Option<String>) {
    match text
        .split_once('(')
        .and_then(|(os, rest)| rest.split_once(')').map(|(version, rest)| (os, version, rest)))
    {
        Some((os, version, rest)) => {
            (format!("{os}{rest}"), (!version.is_empty()).then(|| version.to_owned()))
        }
        None => (text.to_owned(), None),
    }
}

fn single(word: &str) -> Result<(String, String, Option<String>), PlatformError> {
    if SYSTEMS.contains(&word) {
        return Ok((word.to_owned(), "amd64".to_owned(), None));
    }
    let (architecture, variant) = normalize(word, None);
    if ARCHITECTURES.contains(&architecture.as_str()) {
        return Ok(("linux".to_owned(), architecture, variant));
    }
    Err(PlatformError::UnknownWord(word.to_owned()))
}

fn normalize(architecture: &str, variant: Option<&str>) -> (String, Option<String>) {
    let (architecture, variant) = match (architecture, variant) {
        ("i386", _) => ("386", None),
        ("x86_64" | "x86-64" | "amd64", variant) => ("amd64", variant.filter(|variant| *variant != "v1")),
        ("aarch64" | "arm64", variant) => {
            ("arm64", variant.filter(|variant| !matches!(*variant, "8" | "v8")))
        }
        ("armhf", _) | ("arm", None | Some("7")) => ("arm", Some("v7")),
        ("armel", _) | ("arm", Some("6")) => ("arm", Some("v6")),
        ("arm", Some("5")) => ("arm", Some("v5")),
        ("arm", Some("8")) => ("arm", Some("v8")),
        other => other,
    };
    (architecture.to_owned(), variant.map(str::to_owned))
}
