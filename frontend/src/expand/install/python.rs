//! pip, uv and Poetry.

use super::{Project, Recipe, Refusal, script};

/// Releases for images that do not bring the manager themselves.
const UV: &str = "0.9.8";
const POETRY: &str = "2.2.1";

/// The environment that `VIRTUAL_ENV` names is made where it is not there: without pip, which installs into it from outside.
const ENVIRONMENT: &str = "if [ -n \"$VIRTUAL_ENV\" ] && [ ! -e \"$VIRTUAL_ENV\" ]; then\n  \
     python3 -m venv --without-pip \"$VIRTUAL_ENV\"\n  \
     export PIP_PYTHON=\"$VIRTUAL_ENV/bin/python3\"\n\
     fi";

pub(super) fn pip(project: &mut Project<'_>) -> Result<Recipe, Refusal> {
    let files = requirement_files(project)?;
    let command = script(
        "pip",
        &format!(
            "{ENVIRONMENT}\n\
             exec pip install --disable-pip-version-check --root-user-action=ignore --requirement requirements.txt \"$@\""
        ),
    );
    Ok(Recipe { files, command, ..Recipe::default() })
}

/// The requirements, and the files that they name, and those that these name.
pub(super) fn requirement_files(project: &mut Project<'_>) -> Result<Vec<String>, Refusal> {
    let mut files = vec!["requirements.txt".to_owned()];
    let mut at = 0;
    while let Some(file) = files.get(at).cloned() {
        let text = project.text(&file).unwrap_or_default();
        let folder = file.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
        for named in text.lines().filter_map(included) {
            let path = format!("{folder}{named}");
            if crate::paths::escapes(&path) {
                return Err(project.far(&file, named));
            }
            if !files.contains(&path) {
                files.push(path);
            }
        }
        at += 1;
    }
    Ok(files)
}

/// The file that a line of requirements names: `-r other.txt`, `--constraint=pins.txt`.
fn included(line: &str) -> Option<&str> {
    let line = line.split(" #").next().unwrap_or_default().trim();
    let options = ["--requirement", "--constraint", "-r", "-c"];
    let rest = options.iter().find_map(|option| line.strip_prefix(option))?;
    let file = rest.trim_start_matches(['=', ' ', '\t']);
    (!file.is_empty() && !file.contains("://")).then_some(file)
}

// `PIP_PYTHON` says where the project goes: the manager itself is no part of that.
pub(super) fn uv(project: &mut Project<'_>) -> Result<Recipe, Refusal> {
    let lock = project.text("uv.lock").unwrap_or_default();
    let mut members: Vec<String> = lock.lines().filter_map(member).filter(|path| path != ".").collect();
    members.dedup();
    let mut files = project.existing(&["pyproject.toml", "uv.lock", "uv.toml", ".python-version"]);
    files.extend(project.members(&members, "pyproject.toml", "uv.lock")?);
    let production = if project.production { " --no-dev" } else { "" };
    let command = script(
        "uv",
        &format!(
            "command -v uv >/dev/null || env -u PIP_PYTHON pip install --quiet --disable-pip-version-check --root-user-action=ignore uv=={UV}\n\
             exec uv sync --locked --no-install-workspace{production} \"$@\""
        ),
    );
    Ok(Recipe { files, command, ..Recipe::default() })
}

/// The directory of a package that the project itself holds: `source = { editable = "packages/a" }`.
fn member(line: &str) -> Option<String> {
    let source = line.strip_prefix("source = { ")?;
    let path =
        ["editable = ", "virtual = ", "directory = "].iter().find_map(|kind| source.strip_prefix(kind))?;
    Some(path.split('"').nth(1)?.to_owned())
}

pub(super) fn poetry(project: &mut Project<'_>) -> Recipe {
    let files = project.existing(&["pyproject.toml", "poetry.lock", "poetry.toml"]);
    let production = if project.production { " --only main" } else { "" };
    let command = script(
        "poetry",
        &format!(
            "{ENVIRONMENT}\n\
             command -v poetry >/dev/null || env -u PIP_PYTHON pip install --quiet --disable-pip-version-check --root-user-action=ignore poetry=={POETRY}\n\
             exec poetry install --no-root --no-interaction --no-ansi{production} \"$@\""
        ),
    );
    Recipe { files, command, ..Recipe::default() }
}
