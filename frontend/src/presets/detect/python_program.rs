//! Python: what is run, and by which server.

use spec_schema::diagnostic::one_of;

use super::python_server::{Server, has_app, makes_app, names};
use super::{Project, Refusal, port_in};
use crate::presets::{
    FACTORY, GRADIO, MODULE, PYTHON_DISTROLESS, PYTHON_SRC, PYTHON_SRC_DISTROLESS, SCRIPT, STREAMLIT,
};

/// Files that a program is usually in, the first one that is there counts.
const USUAL: [&str; 8] =
    ["main.py", "app.py", "server.py", "wsgi.py", "asgi.py", "run.py", "app/main.py", "src/main.py"];

/// Where programs are as well: in a package, which `src` may have apart from all else.
const IN_PACKAGES: [&str; 8] = [
    "streamlit_app.py",
    "src/*/main.py",
    "src/*/app.py",
    "src/*/wsgi.py",
    "src/*/__init__.py",
    "*/main.py",
    "*/app.py",
    "*/__init__.py",
];

/// A file of the project, with its text.
type File = (String, String);

/// Finds the program, with the requirements and what is locked in lower case.
pub(super) fn look(project: &mut Project<'_>, manifest: &str) -> Result<(), Refusal> {
    let server = Server::of(manifest);
    let files = if project.is_open("entry") { candidates(project, server)? } else { asked(project) };
    if !project.is_open("entry") {
        told(project, server, files.into_iter().next());
        return Ok(());
    }
    for (package, part, port) in [("streamlit", STREAMLIT, "8501"), ("gradio", GRADIO, "7860")] {
        let uses = |(_, text): &&File| {
            text.contains(&format!("import {package}")) || text.contains(&format!("from {package}"))
        };
        if let Some((file, text)) = files.iter().find(uses).filter(|_| names(manifest, package)) {
            project.parts.push(part);
            if part == STREAMLIT {
                project.find("health", "/_stcore/health", "that of streamlit");
            }
            project.find("entry", file, format!("the file is there, for {package}"));
            project.find(
                "port",
                port_in(text, &["server_port="]).unwrap_or_else(|| port.to_owned()),
                "the usual one",
            );
            return Ok(());
        }
    }
    let app = files.iter().find(|(file, text)| has_app(file, text)).cloned();
    if let Some(server) = server {
        if let Some((file, text)) = app {
            served(project, server, &file, &text);
            return Ok(());
        }
        if let Some((file, _)) = files.iter().find(|(_, text)| text.contains("def create_app(")) {
            factory(project, server, file);
            return Ok(());
        }
    }
    let is_run = |(file, _): &&File| !file.ends_with("/__init__.py");
    let Some((file, text)) = files.iter().find(is_run).cloned() else {
        return Err(Refusal::new(
            format!("the build context has none of {}", one_of(USUAL)),
            "say what is run: `with: {entry: main.py}`, or `with: {entry: \"package.module:app\"}` for a server",
        ));
    };
    // What something else brings need not be what this is run by.
    let runs_itself = [".run(", ".launch(", "__main__"].iter().any(|sign| text.contains(sign));
    match server.filter(|_| !runs_itself) {
        Some(server) => served(project, server, &file, &text),
        None => script(project, file, &text)?,
    }
    Ok(())
}

/// The program that is asked for, in a file that may be somewhere else.
fn told(project: &mut Project<'_>, server: Option<Server>, file: Option<File>) {
    if let Some((file, text)) = &file {
        project.find_health(text, file);
        if project.value("entry").is_some_and(|entry| !entry.starts_with("src")) {
            module(project, file);
        }
    }
    let is_script = project.value("entry").is_some_and(|entry| !entry.contains(':'));
    if let Some(server) = server.filter(|_| !is_script) {
        project.parts.push(server.part());
        project.find("port", "8000", "the usual one");
        return;
    }
    project.parts.push(SCRIPT);
    if let Some((file, text)) = file {
        script_port(project, file, &text);
    }
}

/// The module of a file; what is in `src` is found there.
fn module(project: &mut Project<'_>, file: &str) -> String {
    let inside = file.strip_prefix("src/").filter(|path| path.contains('/'));
    if inside.is_some() {
        let is_without_shell = project.parts.contains(&PYTHON_DISTROLESS);
        project.parts.push(if is_without_shell { PYTHON_SRC_DISTROLESS } else { PYTHON_SRC });
    }
    let path = inside.unwrap_or(file).trim_end_matches(".py").trim_end_matches("/__init__");
    path.replace('/', ".")
}

/// An app that a server runs.
fn served(project: &mut Project<'_>, server: Server, file: &str, text: &str) {
    project.parts.push(server.part());
    project.find_health(text, file);
    let module = module(project, file);
    let object = ["application", "api", "app"]
        .iter()
        .rfind(|name| text.contains(&format!("\n{name} = ")) || text.contains(&format!(" as {name}\n")))
        .unwrap_or(&"app");
    project.find("entry", format!("{module}:{object}"), format!("{file}, for {}", server.name()));
    project.find("port", "8000", "the usual one");
}

/// An app that a function makes.
fn factory(project: &mut Project<'_>, server: Server, file: &str) {
    project.parts.push(server.part());
    let module = module(project, file);
    let call = match server {
        Server::Gunicorn => "create_app()",
        Server::Uvicorn => {
            project.parts.push(FACTORY);
            "create_app"
        }
    };
    project.find("entry", format!("{module}:{call}"), format!("{file}, for {}", server.name()));
    project.find("port", "8000", "the usual one");
}

/// A file that Python runs, with its text.
fn script(project: &mut Project<'_>, file: String, text: &str) -> Result<(), Refusal> {
    if makes_app(text) && !text.contains(".run(") && !text.contains("serve(") {
        return Err(unserved(&format!("`{file}` makes an app")));
    }
    project.find_health(text, &file);
    if file.starts_with("src/") && file != "src/main.py" {
        project.parts.push(MODULE);
        let module = module(project, &file);
        project.find("entry", module, file.clone());
    } else {
        project.parts.push(SCRIPT);
        project.find("entry", file.clone(), "the file is there");
    }
    script_port(project, file, text);
    Ok(())
}

fn script_port(project: &mut Project<'_>, file: String, text: &str) {
    let signs = ["port=", "(\"\", ", "(\"0.0.0.0\", ", "('0.0.0.0', ", "('', ", "PORT\", ", "PORT\", \""];
    if let Some(port) = port_in(text, &signs) {
        project.find("port", port, file);
    }
}

fn unserved(what: &str) -> Refusal {
    Refusal::new(
        format!("{what}, and no server for it is among the requirements"),
        "add `gunicorn`, or `uvicorn` for an app of ASGI, to them; or say what is run: `with: {entry: FILE}`",
    )
}

/// The file of the entry that is asked for.
fn asked(project: &mut Project<'_>) -> Vec<File> {
    let entry = project.asked.option("entry").unwrap_or_default();
    let files = match entry.split_once(':') {
        Some((module, _)) => {
            ["", "src/"].map(|above| format!("{above}{}.py", module.replace('.', "/"))).to_vec()
        }
        None => vec![entry.to_owned()],
    };
    read(project, files)
}

/// The files that a program may be in.
fn candidates(project: &mut Project<'_>, server: Option<Server>) -> Result<Vec<File>, Refusal> {
    let mut files = USUAL.map(str::to_owned).to_vec();
    if project.survey.has("manage.py") {
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
    let found = read(project, files);
    let is_enough = |(file, text): &File| server.is_none() || has_app(file, text);
    if found.iter().any(is_enough) {
        return Ok(found);
    }
    let mut all = found;
    for pattern in IN_PACKAGES {
        let more = project.survey.matching(pattern);
        all.extend(read(project, more).into_iter().filter(|(file, _)| !USUAL.contains(&&**file)));
    }
    all.retain(|(file, _)| !file.starts_with("test"));
    Ok(all)
}

fn read(project: &mut Project<'_>, files: Vec<String>) -> Vec<File> {
    files.into_iter().filter_map(|file| Some((file.clone(), project.survey.text(&file)?))).collect()
}
