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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use spec_schema::decode::text::Text;
    use spec_schema::span::Span;

    use crate::dockerignore::Matcher;
    use crate::presets::detect::choose;
    use crate::presets::{Asked, Chosen, GRADIO, MODULE, SCRIPT, STREAMLIT, UVICORN};
    use crate::survey::Survey;

    fn text(text: &str) -> Text {
        Text::new(text.to_owned(), Span::default())
    }

    /// What is chosen for a project, with what is said for its entry, if anything is.
    fn chosen(entry: Option<&str>, files: &[(&str, &str)]) -> Result<Chosen, String> {
        let with = entry.map(|entry| (text("entry"), text(entry))).into_iter().collect();
        let asked =
            Asked { preset: text("python"), with, stages: Vec::new(), build_args: BTreeMap::default() };
        let mut survey = Survey::default();
        loop {
            let chosen = choose(&asked, &mut survey);
            let wanted = survey.wanted();
            if wanted.is_empty() {
                return chosen.map_err(|fault| fault.message);
            }
            for path in wanted.files {
                let file = files.iter().find(|(name, _)| *name == path);
                survey.found(path, file.map(|(_, text)| text.as_bytes().to_vec()));
            }
            for pattern in wanted.patterns {
                let matcher = Matcher::new(std::slice::from_ref(&pattern)).unwrap();
                let paths = files.iter().map(|(path, _)| (*path).to_owned());
                survey.listed(pattern, paths.filter(|path| matcher.matches(path)).collect());
            }
        }
    }

    /// What was found for an option, and why.
    fn found<'c>(chosen: &'c Chosen, option: &str) -> Option<(&'c str, &'c str)> {
        let found = chosen.options.iter().find(|found| found.option == option)?;
        Some((&found.value, &found.why))
    }

    #[test]
    fn frameworks_run_the_program_that_is_asked_for() {
        let files = |text: &'static str| {
            [("requirements.txt", "streamlit\ngradio\nuvicorn\n"), ("Home.py", text), ("main.py", "")]
        };
        let home = chosen(Some("Home.py"), &files("import streamlit as st\n")).unwrap();
        assert!(home.parts.contains(&STREAMLIT));
        assert_eq!(found(&home, "port"), Some(("8501", "the usual one")));
        assert_eq!(found(&home, "health"), Some(("/_stcore/health", "that of streamlit")));

        let gradio = chosen(Some("Home.py"), &files("import gradio\nx.launch(server_port=7000)\n")).unwrap();
        assert!(gradio.parts.contains(&GRADIO));
        assert_eq!(found(&gradio, "port"), Some(("7000", "Home.py")));

        let other = chosen(Some("Home.py"), &files("import os\n")).unwrap();
        assert!(other.parts.contains(&SCRIPT));

        // An app for a server may have a page of a framework in it.
        let app = chosen(Some("Home:app"), &files("import gradio\napp = FastAPI()\n")).unwrap();
        assert!(app.parts.contains(&UVICORN) && !app.parts.contains(&GRADIO));
    }

    #[test]
    fn programs_in_packages_find_what_they_import() {
        let run = |files: &[(&str, &str)]| {
            let chosen = chosen(None, &[&[("requirements.txt", "requests\n")], files].concat()).unwrap();
            (chosen.parts.contains(&MODULE), found(&chosen, "entry").unwrap().0.to_owned())
        };
        let package = ("shop/__init__.py", "");
        let neighbour = ("shop/db.py", "");
        let of_package = ("shop/main.py", "import os\nfrom shop.db import connect\n");
        assert_eq!(run(&[package, neighbour, of_package]), (true, "shop.main".to_owned()));
        assert_eq!(run(&[neighbour, of_package]), (false, "shop/main.py".to_owned()));
        let beside = ("shop/main.py", "from db import connect\n");
        assert_eq!(run(&[package, neighbour, beside]), (false, "shop/main.py".to_owned()));
        let in_src = ("src/main.py", "from src.db import connect\n");
        assert_eq!(run(&[("src/__init__.py", ""), in_src]), (true, "src.main".to_owned()));
        assert_eq!(run(&[in_src]), (false, "src/main.py".to_owned()));
        assert_eq!(run(&[("main.py", "import os\n")]), (false, "main.py".to_owned()));
    }

    #[test]
    fn folders_of_tests_have_no_programs() {
        let files = |file: &'static str| [("requirements.txt", "requests\n"), (file, "import os\n")];
        for file in ["test/main.py", "tests/main.py", "test_shop/main.py"] {
            assert!(chosen(None, &files(file)).is_err(), "{file}");
        }
        for file in ["testimonials/main.py", "tester/main.py"] {
            assert_eq!(found(&chosen(None, &files(file)).unwrap(), "entry").unwrap().0, file);
        }
    }

    #[test]
    fn servers_run_apps_by_their_names() {
        let entry = |file, text| {
            let files = [("requirements.txt", "flask\ngunicorn\n"), (file, text)];
            chosen(None, &files).map(|chosen| found(&chosen, "entry").unwrap().0.to_owned())
        };
        assert_eq!(entry("main.py", "server: Flask = Flask(__name__)\n").unwrap(), "main:server");
        assert_eq!(entry("wsgi.py", "from shop import app as application\n").unwrap(), "wsgi:application");
        assert_eq!(entry("main.py", "import x\n\napplication = x.Site()\n").unwrap(), "main:application");
        assert_eq!(entry("shop/__init__.py", "def create_app(test=None):\n").unwrap(), "shop:create_app()");
        let refused = entry("shop/__init__.py", "def create_app(name, test=None):\n");
        assert_eq!(refused.unwrap_err(), "`create_app` in `shop/__init__.py` is not made without `name`");
    }
}
