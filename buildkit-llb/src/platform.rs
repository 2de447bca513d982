//! Platforms, in the normal form that containerd and BuildKit compare.

use std::fmt;
use std::str::FromStr;

use buildkit_proto::pb;

/// What an image is for and a process runs on, such as `linux/arm64`.
///
/// Always normalised as containerd's `platforms.Normalize` does it: lower case, `x86_64` is `amd64`, `aarch64` is
/// `arm64`, the variants `v1` of amd64 and `v8` of arm64 are dropped, arm without a variant is `v7`.
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
    /// Features of the operating system: `win32k`. Next to no image has any.
    pub os_features: Vec<String>,
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
    /// A version in parentheses stands elsewhere than right behind the operating system, or has only one of them.
    #[error("`{0}` is not of the form os(version)")]
    BadVersion(String),
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
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];

const ARCHITECTURES: &[&str] = &[
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "arm64",
    "arm64be",
    "armbe",
    "loong64",
    "mips",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "mipsle",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

impl Default for Platform {
    /// `linux/amd64`.
    fn default() -> Self {
        let (os, architecture) = ("linux".to_owned(), "amd64".to_owned());
        Self { os, architecture, variant: None, os_version: None, os_features: Vec::new() }
    }
}

impl Platform {
    /// Reads `linux/arm64/v8`, `arm64`, `windows(10.0.17763)/amd64`. What is left out is Linux, or amd64.
    pub fn parse(text: &str) -> Result<Self, PlatformError> {
        Self::parse_relative_to(text, &Self::default())
    }

    /// Like [`Platform::parse`]; what is left out is that of `default`, such as the daemon's own platform.
    pub fn parse_relative_to(text: &str, default: &Self) -> Result<Self, PlatformError> {
        if text.is_empty() {
            return Err(PlatformError::Empty);
        }
        let parts: Vec<&str> = text.split('/').collect();
        let Some((system, rest)) = parts.split_first() else { return Err(PlatformError::Empty) };
        let System { os, os_version, os_features } = system_of(system)?;
        rest.iter().try_for_each(|part| check(part))?;
        let (os, architecture, variant) = match *rest {
            [] => default.complete(&os)?,
            [architecture] => (os, architecture.to_owned(), None),
            [architecture, variant] => (os, architecture.to_owned(), Some(variant.to_owned())),
            _ => return Err(PlatformError::TooManyParts),
        };
        Ok(Self { os, architecture, variant, os_version, os_features }.normalized())
    }

    /// A single word, and what it leaves out.
    fn complete(&self, word: &str) -> Result<(String, String, Option<String>), PlatformError> {
        let word = word.to_lowercase();
        if word == "macos" || SYSTEMS.contains(&word.as_str()) {
            return Ok((word, self.architecture.clone(), self.variant.clone()));
        }
        let (architecture, variant) = normalize(&word, None);
        if ARCHITECTURES.contains(&architecture.as_str()) {
            return Ok((self.os.clone(), architecture, variant));
        }
        Err(PlatformError::UnknownWord(word))
    }

    /// In the one form that a platform has here, whatever form it was written in.
    #[must_use]
    pub fn normalized(self) -> Self {
        let os = match self.os.to_lowercase() {
            os if os == "macos" => "darwin".to_owned(),
            os => os,
        };
        let variant = self.variant.map(|variant| variant.to_lowercase());
        let (architecture, variant) = normalize(&self.architecture.to_lowercase(), variant.as_deref());
        Self { os, architecture, variant, ..self }
    }

    /// From the protobuf message, normalised.
    pub fn from_pb(platform: &pb::Platform) -> Self {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        let plain = Self {
            os: platform.os.clone(),
            architecture: platform.architecture.clone(),
            variant: some(&platform.variant),
            os_version: some(&platform.os_version),
            os_features: platform.os_features.clone(),
        };
        plain.normalized()
    }

    /// The protobuf message.
    pub fn to_pb(&self) -> pb::Platform {
        self.clone().into_pb()
    }

    /// The protobuf message.
    pub fn into_pb(self) -> pb::Platform {
        pb::Platform {
            architecture: self.architecture,
            os: self.os,
            variant: self.variant.unwrap_or_default(),
            os_version: self.os_version.unwrap_or_default(),
            os_features: self.os_features,
        }
    }
}

/// `os/architecture/variant`, the id of a platform in a result.
impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.os)?;
        if self.os_version.is_some() || !self.os_features.is_empty() {
            write!(f, "({}", self.os_version.as_deref().unwrap_or_default())?;
            self.os_features.iter().try_for_each(|feature| write!(f, "+{feature}"))?;
            f.write_str(")")?;
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

/// `windows(10.0.17763+win32k)` in its parts.
struct System {
    os: String,
    os_version: Option<String>,
    os_features: Vec<String>,
}

fn system_of(text: &str) -> Result<System, PlatformError> {
    let Some((os, rest)) = text.split_once('(') else {
        check(text)?;
        return Ok(System { os: text.to_owned(), os_version: None, os_features: Vec::new() });
    };
    check(os)?;
    let inner = rest.strip_suffix(')').ok_or_else(|| PlatformError::BadVersion(text.to_owned()))?;
    let (version, features) =
        inner.split_once('+').map_or((inner, None), |(version, rest)| (version, Some(rest)));
    let os_features: Vec<String> =
        features.into_iter().flat_map(|list| list.split('+')).map(str::to_owned).collect();
    let os_version = (!version.is_empty()).then(|| version.to_owned());
    os_version.iter().chain(&os_features).try_for_each(|part| check(part))?;
    Ok(System { os: os.to_owned(), os_version, os_features })
}

fn check(part: &str) -> Result<(), PlatformError> {
    let is_good = !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if is_good { Ok(()) } else { Err(PlatformError::BadPart(part.to_owned())) }
}

fn normalize(architecture: &str, variant: Option<&str>) -> (String, Option<String>) {
    let (architecture, variant) = match (architecture, variant) {
        ("i386", _) => ("386", None),
        ("x86_64" | "x86-64" | "amd64", variant) => ("amd64", variant.filter(|variant| *variant != "v1")),
        ("aarch64" | "arm64", Some("8" | "v8" | "v8.0")) => ("arm64", None),
        ("aarch64" | "arm64", Some("9" | "9.0" | "v9.0")) => ("arm64", Some("v9")),
        ("aarch64", variant) => ("arm64", variant),
        ("armhf", _) | ("arm", None | Some("7")) => ("arm", Some("v7")),
        ("armel", _) | ("arm", Some("6")) => ("arm", Some("v6")),
        ("arm", Some("5")) => ("arm", Some("v5")),
        ("arm", Some("8")) => ("arm", Some("v8")),
        other => other,
    };
    (architecture.to_owned(), variant.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_normalised() {
        for (text, expected) in [
            ("linux/amd64", "linux/amd64"),
            ("Linux/X86_64", "linux/amd64"),
            ("linux/x86-64", "linux/amd64"),
            ("linux/amd64/v1", "linux/amd64"),
            ("linux/amd64/v3", "linux/amd64/v3"),
            ("linux/aarch64", "linux/arm64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/arm64/8", "linux/arm64"),
            ("linux/arm64/9", "linux/arm64/v9"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/arm/v7", "linux/arm/v7"),
            ("linux/arm/6", "linux/arm/v6"),
            ("linux/armel", "linux/arm/v6"),
            ("linux/armhf", "linux/arm/v7"),
            ("linux/i386", "linux/386"),
            ("linux/riscv64", "linux/riscv64"),
            ("macOS/arm64", "darwin/arm64"),
            ("unheard-of/of", "unheard-of/of"),
            ("windows(10.0.17763.1)/amd64", "windows(10.0.17763.1)/amd64"),
            ("windows(10.0+win32k+b)/amd64", "windows(10.0+win32k+b)/amd64"),
            ("windows(+win32k)/amd64", "windows(+win32k)/amd64"),
            ("windows()/amd64", "windows/amd64"),
        ] {
            let platform = Platform::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(platform.to_string(), expected);
            assert_eq!(expected.parse(), Ok(platform), "{text} reads what it writes");
        }
    }

    #[test]
    fn a_word_is_completed() {
        let default = Platform::parse("linux/arm/v6").unwrap();
        for (word, expected, relative) in [
            ("windows", "windows/amd64", "windows/arm/v6"),
            ("MacOS", "darwin/amd64", "darwin/arm/v6"),
            ("aarch64", "linux/arm64", "linux/arm64"),
            ("arm", "linux/arm/v7", "linux/arm/v7"),
            ("armel", "linux/arm/v6", "linux/arm/v6"),
        ] {
            assert_eq!(Platform::parse(word).unwrap().to_string(), expected);
            assert_eq!(Platform::parse_relative_to(word, &default).unwrap().to_string(), relative);
        }
    }

    #[test]
    fn faults_are_told_apart() {
        let bad = |part: &str| PlatformError::BadPart(part.to_owned());
        let version = |text: &str| PlatformError::BadVersion(text.to_owned());
        for (text, expected) in [
            ("", PlatformError::Empty),
            ("/", bad("")),
            ("linux/", bad("")),
            ("linux/*", bad("*")),
            ("li nux/amd64", bad("li nux")),
            ("linux/amd64(1)", bad("amd64(1)")),
            ("a/b/c/d", PlatformError::TooManyParts),
            ("windows(10/amd64", version("windows(10")),
            ("windows(10)x/amd64", version("windows(10)x")),
            ("windows(1 0)/amd64", bad("1 0")),
            ("windows(10+)/amd64", bad("")),
            ("lunix", PlatformError::UnknownWord("lunix".to_owned())),
        ] {
            assert_eq!(Platform::parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn messages_are_normalised() {
        let message = pb::Platform {
            os: "Linux".into(),
            architecture: "aarch64".into(),
            variant: "v8".into(),
            os_version: "1".into(),
            os_features: vec!["f".into()],
        };
        let platform = Platform::from_pb(&message);
        assert_eq!(platform.to_string(), "linux(1+f)/arm64");
        assert_eq!(Platform::from_pb(&platform.to_pb()), platform);
    }
}
