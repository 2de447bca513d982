//! Python: requirements, pyproject.toml and the files of programs.

use super::{Project, Refusal, minor, port_in};
use crate::presets::{GUNICORN, PYTHON_DISTROLESS, PYTHON_SLIM, SCRIPT, UVICORN};

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
    let has = |name: &str| {
        manifest.lines().map(|line| line.trim().trim_matches(['"', ','])).any(|line| {
            let rest = line.strip_prefix("name = \"").unwrap_or(line).strip_prefix(name);
            rest.is_some_and(|rest| {
                !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_')
            })
        })
    };
    let (server, part) = if has("uvicorn") {
        ("uvicorn", UVICORN)
    } else if has("gunicorn") {
        ("gunicorn", GUNICORN)
    } else {
        ("", SCRIPT)
    };
    project.parts.push(part);
    let Some((file, text)) = program(project) else {
        if project.is_open("entry") {
            return Err(Refusal::new(
                "the build context has none of `main.py`, `app.py`, `server.py`, `app/main.py` or `src/main.py`",
                "say what is run: `with: {entry: main.py}`, or `with: {entry: \"package.module:app\"}` for a server",
            ));
        }
        if !server.is_empty() {
            project.find("port", "8000", "the usual one");
        }
        return Ok(());
    };
    project.find_health(&text, &file);
    if server.is_empty() {
        project.find("entry", file.clone(), "the file is there");
        if let Some(port) = port_in(
            &text,
            &["port=", "(\"\", ", "(\"0.0.0.0\", ", "('0.0.0.0', ", "('', ", "PORT\", ", "PORT\", \""],
        ) {
            project.find("port", port, file);
        }
        return Ok(());
    }
    let module = file.trim_end_matches(".py").replace('/', ".");
    let object = ["application", "api", "app"]
        .iter()
        .rfind(|name| text.contains(&format!("\n{name} = ")))
        .unwrap_or(&"app");
    project.find("entry", format!("{module}:{object}"), format!("{file}, for {server}"));
    project.find("port", "8000", "the usual one");
    Ok(())
}

/// The file of the program, with its text.
fn program(project: &mut Project<'_>) -> Option<(String, String)> {
    let asked = project.asked.option("entry").map(|entry| match entry.split_once(':') {
        Some((module, _)) => format!("{}.py", module.replace('.', "/")),
        None => entry.to_owned(),
    });
    let usual = ["main.py", "app.py", "server.py", "app/main.py", "src/main.py"].map(str::to_owned);
    let files = asked.map_or(usual.to_vec(), |asked| vec![asked]);
    let there: Vec<(String, String)> =
        files.into_iter().filter_map(|file| Some((file.clone(), project.survey.text(&file)?))).collect();
    there.into_iter().next()
}
