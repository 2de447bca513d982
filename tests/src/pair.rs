//! Pairs of a Dockerfile and a spec that mean the same.

use std::fs;
use std::path::{Path, PathBuf};

use crate::docker::repository;
use crate::old_engines::with_targets;

/// A pair, and what the comments at the top of its Dockerfile say about it.
///
/// ```dockerfile
/// # Owners by name and by number.
/// # covers: COPY --chown, USER
/// # needs: BuildKit 0.10 (heredocs)
/// ```
///
/// The first line is the title. `covers` names the words of a Dockerfile, or the flags of the client, that the pair is about, apart by a
/// comma and a blank. `needs`, where it stands, is the first BuildKit that can build the Dockerfile, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The name of its folder.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What it shows, in a line.
    pub title: String,
    /// What it covers.
    pub covers: Vec<String>,
    /// What an engine must have.
    pub needs: Option<Need>,
}

/// The first release of `BuildKit` that will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Its numbers: `(0, 10)`.
    pub buildkit: (u32, u32),
    /// What an older one lacks.
    pub reason: String,
}

impl Pair {
    /// Every pair, in the order of the names: each folder in `tests/equivalence` is one.
    #[track_caller]
    pub fn all() -> Vec<Self> {
        folders(&Path::new(env!("CARGO_MANIFEST_DIR")).join("equivalence"))
            .into_iter()
            .map(Self::at)
            .collect()
    }

    /// The folders of the examples that say the same in a `Dockerfile.reference`.
    #[track_caller]
    pub fn examples() -> Vec<PathBuf> {
        let mut found = folders(&repository().join("examples"));
        found.retain(|folder| folder.join("Dockerfile.reference").exists());
        found
    }

    #[track_caller]
    fn at(folder: PathBuf) -> Self {
        let dockerfile = folder.join("Dockerfile");
        let text = match fs::read_to_string(&dockerfile) {
            Ok(text) => text,
            Err(error) => panic!("{}: {error}", dockerfile.display()),
        };
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut pair = Self { name, folder, title: String::new(), covers: Vec::new(), needs: None };
        for line in header(&text) {
            if let Some(words) = line.strip_prefix("covers:") {
                pair.covers.extend(words.split(", ").map(|word| word.trim().to_owned()));
            } else if let Some(need) = line.strip_prefix("needs:") {
                pair.needs = Some(Need::parse(need).unwrap_or_else(|| {
                    panic!("{}: `needs: BuildKit 0.10 (why)`, not `{line}`", dockerfile.display())
                }));
            } else if pair.title.is_empty() {
                line.clone_into(&mut pair.title);
            }
        }
        pair
    }
}

/// The lines of the `diff` blocks in a pair's `differences.md`: differences that are wanted.
pub fn wanted_differences(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("differences.md")).unwrap_or_default();
    let blocks = text.split("```diff\n").skip(1);
    blocks.filter_map(|block| block.split("```").next()).flat_map(with_targets).collect()
}

#[track_caller]
fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = match fs::read_dir(of) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()),
        Err(error) => panic!("{}: {error}", of.display()),
    };
    let mut found: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

/// The comments above the first instruction, without those that are parser directives.
fn header(dockerfile: &str) -> impl Iterator<Item = &str> {
    let comments = dockerfile.lines().map_while(|line| line.strip_prefix('#')).map(str::trim);
    comments.filter(|line| {
        let key = line.split('=').next().unwrap_or_default().trim();
        !line.contains('=') || !matches!(key, "syntax" | "escape" | "check")
    })
}

impl Need {
    fn parse(text: &str) -> Option<Self> {
        let (release, reason) = text.trim().split_once(" (")?;
        Some(Self { buildkit: Self::release(release)?, reason: reason.strip_suffix(')')?.to_owned() })
    }

    /// The numbers in `BuildKit 0.10`.
    pub fn release(text: &str) -> Option<(u32, u32)> {
        let (major, minor) = text.strip_prefix("BuildKit ")?.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_header_says() {
        let text = "# escape=`\n# Titles may have a = sign.\n# covers: # escape, COPY --from\n# more\nFROM x\n# covers: y";
        let lines: Vec<&str> = header(text).collect();
        assert_eq!(lines, ["Titles may have a = sign.", "covers: # escape, COPY --from", "more"]);
    }

    #[test]
    fn reads_what_an_engine_needs() {
        let need = Need { buildkit: (0, 10), reason: "heredocs".to_owned() };
        assert_eq!(Need::parse(" BuildKit 0.10 (heredocs)"), Some(need));
        assert_eq!(Need::parse(" BuildKit 0.10"), None);
        assert_eq!(Need::parse("Docker 23 (x)"), None);
    }
}
