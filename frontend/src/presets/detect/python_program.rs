//! Python: what is run, and by which server.

use spec_schema::diagnostic::one_of;

use super::{Project, Refusal, port_in};
use crate::presets::{GUNICORN, Part, SCRIPT, UVICORN};

/// What the makers of apps are called that a server has to run.
const FRAMEWORKS: [&str; 4] = ["FastAPI(", "Flask(", "Quart(", "Starlette("];

/// Files that a program is usually in, the first one that is there counts.
const USUAL: [&str; 8] =
    ["main.py", "app.py", "server.py", "wsgi.py", "asgi.py", "run.py", "app/main.py", "src/main.py"];

/// What runs an app.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Server {
    Gunicorn,
    Uvicorn,
}

impl Server {
    /// The one that a project installs.
    fn of(manifest: &str) -> Option<Self> {
        // FastAPI's extras bring it.
        let extras = ["fastapi[standard", "fastapi[all"];
        if names(manifest, "uvicorn") || extras.iter().any(|extra| manifest.contains(extra)) {
            return Some(Self::Uvicorn);
        }
        names(manifest, "gunicorn").then_some(Self::Gunicorn)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gunicorn => "gunicorn",
            Self::Uvicorn => "uvicorn",
        }
    }

    fn part(self) -> Part {
        match self {
            Self::Gunicorn => GUNICORN,
            Self::Uvicorn => UVICORN,
        }
    }

    /// The files that Django has an app for it in.
    fn of_django(self) -> &'static str {
        match self {
            Self::Gunicorn => "*/wsgi.py",
            Self::Uvicorn => "*/asgi.py",
        }
    }
}

/// Finds the program, with the requirements and what is locked in lower case.
pub(super) fn look(project: &mut Project<'_>, manifest: &str) -> Result<(), Refusal> {
    let server = Server::of(manifest);
    project.parts.push(server.map_or(SCRIPT, Server::part));
    entry(project, server)?;
    if server.is_some() {
        project.find("port", "8000", "the usual one");
    }
    Ok(())
}

fn entry(project: &mut Project<'_>, server: Option<Server>) -> Result<(), Refusal> {
    let Some((file, text)) = program(project, server)? else {
        if !project.is_open("entry") {
            return Ok(());
        }
        return Err(Refusal::new(
            format!("the build context has none of {}", one_of(USUAL)),
            "say what is run: `with: {entry: main.py}`, or `with: {entry: \"package.module:app\"}` for a server",
        ));
    };
    project.find_health(&text, &file);
    let Some(server) = server else { return script(project, file, &text) };
    let module = file.trim_end_matches(".py").replace('/', ".");
    let object = ["application", "api", "app"]
        .iter()
        .rfind(|name| text.contains(&format!("\n{name} = ")))
        .unwrap_or(&"app");
    project.find("entry", format!("{module}:{object}"), format!("{file}, for {}", server.name()));
    Ok(())
}

/// A file that Python runs, with its text.
fn script(project: &mut Project<'_>, file: String, text: &str) -> Result<(), Refusal> {
    let makes_an_app = FRAMEWORKS.iter().any(|maker| text.contains(maker));
    if project.is_open("entry") && makes_an_app && !text.contains(".run(") && !text.contains("serve(") {
        return Err(unserved(&format!("`{file}` makes an app")));
    }
    project.find("entry", file.clone(), "the file is there");
    let signs = ["port=", "(\"\", ", "(\"0.0.0.0\", ", "('0.0.0.0', ", "('', ", "PORT\", ", "PORT\", \""];
    if let Some(port) = port_in(text, &signs) {
        project.find("port", port, file);
    }
    Ok(())
}

fn unserved(what: &str) -> Refusal {
    Refusal::new(
        format!("{what}, and no server for it is among the requirements"),
        "add `gunicorn`, or `uvicorn` for an app of ASGI, to them; or say what is run: `with: {entry: FILE}`",
    )
}

/// The file of the program, with its text.
fn program(project: &mut Project<'_>, server: Option<Server>) -> Result<Option<(String, String)>, Refusal> {
    let asked = project.asked.option("entry").map(|entry| match entry.split_once(':') {
        Some((module, _)) => format!("{}.py", module.replace('.', "/")),
        None => entry.to_owned(),
    });
    let mut files = asked.map_or(USUAL.map(str::to_owned).to_vec(), |asked| vec![asked]);
    if project.is_open("entry") && project.survey.has("manage.py") {
        let Some(server) = server else { return Err(unserved("`manage.py` is of a site in Django")) };
        let apps = project.survey.matching(server.of_django());
        if let [_, _, ..] = *apps {
            let modules = apps.iter().map(|app| app.trim_end_matches(".py").replace('/', "."));
            let entries: Vec<String> = modules.map(|module| format!("{module}:application")).collect();
            return Err(Refusal::new(
                format!("there are {} apps beside `manage.py`", apps.len()),
                format!(
                    "say which with `with: {{entry: …}}`: {}",
                    one_of(entries.iter().map(String::as_str))
                ),
            ));
        }
        files.splice(0..0, apps);
    }
    let there: Vec<(String, String)> =
        files.into_iter().filter_map(|file| Some((file.clone(), project.survey.text(&file)?))).collect();
    Ok(there.into_iter().next())
}

/// Whether requirements or a lockfile name a package.
fn names(manifest: &str, package: &str) -> bool {
    manifest.lines().map(|line| line.trim().trim_matches(['"', ','])).any(|line| {
        let rest = line.strip_prefix("name = \"").unwrap_or(line).strip_prefix(package);
        rest.is_some_and(|rest| {
            !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        })
    })
}
