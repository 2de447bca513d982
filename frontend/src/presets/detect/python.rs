//! Python: requirements, pyproject.toml and the release they ask for.

use super::{Project, Refusal, minor, python_program};
use crate::presets::{PYTHON_DISTROLESS, PYTHON_SLIM};

/// The release that there is an image without a shell for.
const WITHOUT_SHELL: &str = "3.11";

pub(super) fn look(project: &mut Project<'_>) -> Result<(), Refusal> {
    let manifests = ["pyproject.toml", "requirements.txt", "uv.lock", "poetry.lock"];
    let texts: Vec<String> = manifests.iter().filter_map(|file| project.survey.text(file)).collect();
    let manifest = texts.join("\n").to_lowercase();
    if !project.find_version("python_version", &[".python-version"], &["python"], minor)
        && let Some(range) = manifest.lines().find_map(|line| line.trim().strip_prefix("requires-python"))
    {
        let version: String = range
            .chars()
            .skip_while(|c| !c.is_ascii_digit())
            .take_while(|c| c.is_ascii_digit() || *c == '.')
            .collect();
        project.find(
            "python_version",
            minor(version.trim_end_matches('.')),
            "requires-python in pyproject.toml",
        );
        project.place("python_version", "pyproject.toml", &["requires-python", &version]);
    }
    let is_without_shell = project.value("python_version") == Some(WITHOUT_SHELL);
    project.parts.push(if is_without_shell { PYTHON_DISTROLESS } else { PYTHON_SLIM });
    python_program::look(project, &manifest)
}
