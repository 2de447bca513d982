//! Python: what is run, and by which server.

use spec_schema::diagnostic::one_of;

use super::python_server::{Server, app_in, imports, makes_app, named_like_app, names, needed_to_make_app};
use super::{Project, Refusal, port_in};
use crate::presets::{
    FACTORY, GRADIO, MODULE, PYTHON_DISTROLESS, PYTHON_SRC, PYTHON_SRC_DISTROLESS, Part, SCRIPT, STREAMLIT,
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

/// Frameworks with a server of their own: the package, what runs it, and the port that it listens on if nothing is said.
const FRAMEWORKS: [(&str, Part, &str); 2] = [("streamlit", STREAMLIT, "8501"), ("gradio", GRADIO, "7860")];

/// A file of the project, with its text.
type File = (String, String);

/// Finds the program, with the requirements and what is locked in lower case.
pub(super) fn look(project: &mut Project<'_>, manifest: &str) -> Result<(), Refusal> {
    let server = Server::of(manifest);
    let is_told = !project.is_open("entry");
    let files = if is_told { asked(project) } else { candidates(project, server)? };
    if framework(project, manifest, &files) {
        return Ok(());
    }
    if is_told {
        told(project, server, files.into_iter().next());
        return Ok(());
    }
    if let Some(server) = server
        && app(project, server, &files)?
    {
        return Ok(());
    }
    program(project, server, files)
}

/// Finds a program that is run by a framework, which has a server of its own; whether there is one.
fn framework(project: &mut Project<'_>, manifest: &str, files: &[File]) -> bool {
    if project.asked.option("entry").is_some_and(|entry| entry.contains(':')) {
        return false;
    }
    for (package, part, usual_port) in FRAMEWORKS {
        let uses = |(_, text): &&File| {
            text.contains(&format!("import {package}")) || text.contains(&format!("from {package}"))
        };
        let Some((file, text)) = files.iter().find(uses).filter(|_| names(manifest, package)) else {
            continue;
        };
        if part == STREAMLIT {
            project.find("health", "/_stcore/health", "that of streamlit");
        }
        project.parts.push(part);
        project.find("entry", file, format!("the file is there, for {package}"));
        match port_in(text, &["server_port="]) {
            Some(port) => project.find("port", port, file),
            None => project.find("port", usual_port, "the usual one"),
        }
        return true;
    }
    false
}

/// Finds an app for the server that is installed, or a function that makes one; whether there is one.
fn app(project: &mut Project<'_>, server: Server, files: &[File]) -> Result<bool, Refusal> {
    let mut apps = files.iter().filter_map(|(file, text)| Some((file, text, app_in(file, text)?)));
    if let Some((file, text, object)) = apps.next() {
        served(project, server, file, text, object);
        return Ok(true);
    }
    let made = || files.iter().filter_map(|(file, text)| Some((file, needed_to_make_app(text)?)));
    if let Some((file, _)) = made().find(|(_, needed)| needed.is_empty()) {
        factory(project, server, file);
        return Ok(true);
    }
    let Some((file, needed)) = made().next() else { return Ok(false) };
    Err(Refusal::new(
        format!("`create_app` in `{file}` is not made without {}", one_of(needed.iter().map(String::as_str))),
        format!(
            "give its parameters defaults; or write `{}` with `app = create_app(…)`",
            server.usual_file()
        ),
    ))
}

/// Finds a program that runs by itself, or what a server may run for want of one.
fn program(project: &mut Project<'_>, server: Option<Server>, files: Vec<File>) -> Result<(), Refusal> {
    let Some((file, text)) = files.into_iter().find(|(file, _)| !file.ends_with("/__init__.py")) else {
        return Err(Refusal::new(
            format!("the build context has none of {}", one_of(USUAL)),
            "say what is run: `with: {entry: main.py}`, or `with: {entry: \"package.module:app\"}` for a server",
        ));
    };
    // What something else brings need not be what this is run by.
    let runs_itself = [".run(", ".launch(", "__main__"].iter().any(|sign| text.contains(sign));
    match server.filter(|_| !runs_itself) {
        Some(server) => {
            served(project, server, &file, &text, named_like_app(&text));
            Ok(())
        }
        None => script(project, file, &text),
    }
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

/// An app that a server runs: an object of a file.
fn served(project: &mut Project<'_>, server: Server, file: &str, text: &str, object: &str) {
    project.parts.push(server.part());
    project.find_health(text, file);
    let module = module(project, file);
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
    if makes_app(text).is_some() && !text.contains(".run(") && !text.contains("serve(") {
        return Err(unserved(&format!("`{file}` makes an app")));
    }
    project.find_health(text, &file);
    let is_in_src = file.starts_with("src/") && file != "src/main.py";
    if is_in_src || is_in_package(project, &file, text) {
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

/// Whether a file is run as a part of its package, so that it can import what is in it. One that imports its neighbours without
/// the name of the package would not find them then.
fn is_in_package(project: &mut Project<'_>, file: &str, text: &str) -> bool {
    let Some((package, _)) = file.rsplit_once('/') else { return false };
    let mut imported = imports(text).filter(|name| *name != package);
    let needs_neighbours = imported.any(|name| project.survey.has(&format!("{package}/{name}.py")));
    project.survey.has(&format!("{package}/__init__.py")) && !needs_neighbours
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
    let is_enough = |(file, text): &File| server.is_none() || app_in(file, text).is_some();
    if found.iter().any(is_enough) {
        return Ok(found);
    }
    let mut all = found;
    for pattern in IN_PACKAGES {
        let more = project.survey.matching(pattern);
        all.extend(read(project, more).into_iter().filter(|(file, _)| !USUAL.contains(&&**file)));
    }
    all.retain(|(file, _)| !is_test(file));
    Ok(all)
}

/// Whether a file is for tests, by the folder that it is in.
fn is_test(file: &str) -> bool {
    let first = file.split('/').next().unwrap_or_default();
    ["test", "tests"].contains(&first) || first.starts_with("test_")
}

fn read(project: &mut Project<'_>, files: Vec<String>) -> Vec<File> {
    files.into_iter().filter_map(|file| Some((file.clone(), project.survey.text(&file)?))).collect()
}
