//! Python: requirements, pyproject.toml and the release they ask for.

use super::range::allows;
use super::{Project, Refusal, is_newer, minor, python_program};
use crate::presets::{PYTHON_DISTROLESS, PYTHON_SLIM};

/// The release that there is an image without a shell for.
const WITHOUT_SHELL: &str = "3.11";

pub(super) fn look(project: &mut Project<'_>) -> Result<(), Refusal> {
    let manifests = ["pyproject.toml", "requirements.txt", "uv.lock", "poetry.lock"];
    let texts: Vec<String> = manifests.iter().filter_map(|file| project.survey.text(file)).collect();
    let manifest = texts.join("\n").to_lowercase();
    if !project.find_version("python_version", &[".python-version"], &["python"], minor)
        && let Some((key, range)) = manifest.lines().find_map(range)
    {
        let numbers = |c: char| c.is_ascii_digit() || c == '.';
        let named = range.split(|c| !numbers(c)).find(|part| !part.is_empty()).unwrap_or_default();
        // An open range is for a release that is cared for, not for the oldest one that it was once tried with.
        let release = if is_newer(WITHOUT_SHELL, named) && allows(range, &[3, 11]) {
            WITHOUT_SHELL.to_owned()
        } else {
            minor(named.trim_end_matches('.'))
        };
        project.find("python_version", release, format!("{key} in pyproject.toml"));
        project.place("python_version", "pyproject.toml", &[key, named]);
    }
    let is_without_shell = project.value("python_version") == Some(WITHOUT_SHELL);
    project.parts.push(if is_without_shell { PYTHON_DISTROLESS } else { PYTHON_SLIM });
    python_program::look(project, &manifest)
}

/// The releases that a line of pyproject.toml asks for, with its key: that of Poetry or that of everybody.
fn range(line: &str) -> Option<(&'static str, &str)> {
    ["requires-python", "python"].into_iter().find_map(|key| {
        let range = line.trim().strip_prefix(key)?.trim_start().strip_prefix('=')?.trim();
        range.contains(|c: char| c.is_ascii_digit()).then(|| (key, range.trim_matches(['"', '\''])))
    })
}
