//! Python: requirements, pyproject.toml and the release they ask for.

use super::range::allows;
use super::{Project, Refusal, minor, python_program};
use crate::presets::{PYTHON_DISTROLESS, PYTHON_SLIM};

/// The release of Python 3 that there is an image without a shell for.
const WITHOUT_SHELL: u32 = 11;

pub(super) fn look(project: &mut Project<'_>) -> Result<(), Refusal> {
    let manifests = ["pyproject.toml", "requirements.txt", "uv.lock", "poetry.lock"];
    let texts: Vec<String> = manifests.iter().filter_map(|file| project.survey.text(file)).collect();
    let manifest = texts.join("\n").to_lowercase();
    if !project.find_version("python_version", &[".python-version"], &["python"], minor) {
        for file in ["pyproject.toml", "uv.lock"] {
            version(project, file);
        }
    }
    let is_without_shell = project.value("python_version") == Some(&*format!("3.{WITHOUT_SHELL}"));
    project.parts.push(if is_without_shell { PYTHON_DISTROLESS } else { PYTHON_SLIM });
    python_program::look(project, &manifest)
}

/// Finds the release in the range of a file. An open range is for one that is cared for, not for the oldest one that it was
/// once tried with.
fn version(project: &mut Project<'_>, file: &str) {
    let text = project.survey.text(file).unwrap_or_default();
    let Some((key, range)) = text.lines().find_map(range) else { return };
    let mut minors = (WITHOUT_SHELL..40).chain((0..WITHOUT_SHELL).rev());
    if let Some(minor) = minors.find(|minor| allows(range, &[3, *minor])) {
        project.find("python_version", format!("3.{minor}"), format!("{key} in {file}"));
        project.place("python_version", file, &[key, range]);
    }
}

/// The releases that a line asks for, with its key: that of Poetry or that of everybody.
fn range(line: &str) -> Option<(&'static str, &str)> {
    ["requires-python", "python"].into_iter().find_map(|key| {
        let range = line.trim().strip_prefix(key)?.trim_start().strip_prefix('=')?.trim();
        let range = range.split(['"', '\'']).find(|part| part.contains(|c: char| c.is_ascii_digit()))?;
        Some((key, range))
    })
}
