//! What the files of a project say of it: its kind, and the options of that kind's preset.

mod framework;
mod go;
mod go_program;
mod java;
mod next;
mod node;
mod python;
mod python_program;
mod python_server;
mod range;
mod rust;
mod script;
mod site;
mod tool;

use spec_schema::diagnostic::{Diagnostic, did_you_mean, one_of};

use super::{Asked, Chosen, Found, HEALTH_HTTP, HEALTH_TCP, Kind, PORT, Part, Place};
use crate::survey::Survey;

/// The preset for a project; else why there is none, perhaps for want of an answer.
pub fn choose(asked: &Asked, survey: &mut Survey) -> Result<Chosen, Diagnostic> {
    let fault = |why: Refusal| Diagnostic::new(asked.preset.span, why.message).help_opt(why.help);
    let name = asked.preset.as_str();
    let kind = match Kind::named(name) {
        Some(kind) => kind,
        None if name == "auto" => kind_of(survey).map_err(fault)?,
        None => {
            let known = || Kind::ALL.iter().map(|kind| kind.name()).chain(["auto"]);
            let help =
                did_you_mean(name, known()).unwrap_or_else(|| format!("known presets: {}", one_of(known())));
            return Err(Diagnostic::new(asked.preset.span, format!("there is no preset `{name}`")).help(help));
        }
    };
    let mut project = Project { asked, survey, found: Vec::new(), parts: vec![kind.main()] };
    match kind {
        Kind::Go => go::look(&mut project),
        Kind::Java => java::look(&mut project),
        Kind::Node => node::look(&mut project),
        Kind::Python => python::look(&mut project),
        Kind::Rust => rust::look(&mut project),
        Kind::Static => site::look(&mut project),
    }
    .map_err(fault)?;
    if asked.option("port").is_some() || project.found.iter().any(|found| found.option == "port") {
        let by_path =
            asked.option("health").is_some() || project.found.iter().any(|found| found.option == "health");
        project.parts.extend([PORT, if by_path { HEALTH_HTTP } else { HEALTH_TCP }]);
    }
    Ok(Chosen { kind, parts: project.parts, options: project.found })
}

/// Why nothing can be chosen.
struct Refusal {
    message: String,
    help: Option<String>,
}

impl Refusal {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: Some(help.into()) }
    }
}

/// A project that is looked at.
struct Project<'p> {
    asked: &'p Asked,
    survey: &'p mut Survey,
    found: Vec<Found>,
    parts: Vec<Part>,
}

impl Project<'_> {
    /// Whether the user says nothing for an option.
    fn is_open(&self, option: &str) -> bool {
        self.asked.option(option).is_none()
    }

    /// What an option comes to, where the user says something for it or something was found.
    fn value(&self, option: &str) -> Option<&str> {
        let found = self.found.iter().find(|found| found.option == option);
        self.asked.option(option).or(found.map(|found| found.value.as_str()))
    }

    fn find(&mut self, option: &'static str, value: impl Into<String>, why: impl Into<String>) {
        // What is found first counts.
        if self.is_open(option) && !self.found.iter().any(|found| found.option == option) {
            self.found.push(Found { option, value: value.into(), why: why.into(), place: None });
        }
    }

    /// Notes that what was found for an option stands in a file: the last of these words, which come one after the other.
    fn place(&mut self, option: &str, file: &str, words: &[&str]) {
        let Some(text) = self.survey.text(file) else { return };
        let mut at = 0..0;
        for word in words {
            let Some(found) = text.get(at.end..).and_then(|rest| rest.find(word)) else { return };
            let start = at.end + found;
            at = start..start + word.len();
        }
        let found = self.found.iter_mut().find(|found| found.option == option);
        if let Some(found) = found {
            found.place = Some(Place { file: file.to_owned(), text, at });
        }
    }

    /// Finds the release that one of the files of version managers names, and says which numbers of it count.
    fn find_version(
        &mut self,
        option: &'static str,
        files: &[&str],
        tools: &[&str],
        part: fn(&str) -> String,
    ) -> bool {
        let Some((version, file)) = self.version_in(files, tools) else { return false };
        self.find(option, part(&version), &file);
        self.place(option, &file, &[&version]);
        true
    }

    /// Finds the path that tells of a service's health, in the text of its program.
    fn find_health(&mut self, text: &str, file: &str) {
        for path in ["/healthz", "/health", "/livez"] {
            if ['"', '\'', '`', ' '].iter().any(|quote| text.contains(&format!("{path}{quote}"))) {
                return self.find("health", path, file);
            }
        }
    }

    /// The release that one of the files of version managers names.
    fn version_in(&mut self, files: &[&str], tools: &[&str]) -> Option<(String, String)> {
        for file in files {
            if let Some(text) = self.survey.text(file) {
                let version = text.trim().trim_start_matches('v').to_owned();
                if version.starts_with(|c: char| c.is_ascii_digit()) {
                    return Some((version, (*file).to_owned()));
                }
            }
        }
        let text = self.survey.text(".tool-versions")?;
        let mut lines = text.lines().filter_map(|line| line.split_once(char::is_whitespace));
        // Words such as `lts` and `system` name none.
        let is_release =
            |version: &str| version.contains(|c: char| c.is_ascii_digit()) && !version.contains(':');
        let (_, versions) = lines.find(|(tool, _)| tools.contains(tool))?;
        let version = versions.split_whitespace().next().filter(|version| is_release(version))?;
        Some((version.to_owned(), ".tool-versions".to_owned()))
    }
}

/// The kinds by the files that tell them.
fn kind_of(survey: &mut Survey) -> Result<Kind, Refusal> {
    let signs: [(Kind, &[&str]); 5] = [
        (Kind::Go, &["go.mod", "go.work"]),
        (Kind::Node, &["package.json"]),
        (Kind::Python, &["pyproject.toml", "requirements.txt", "uv.lock", "poetry.lock"]),
        (Kind::Rust, &["Cargo.toml"]),
        (Kind::Java, &["pom.xml", "build.gradle", "build.gradle.kts"]),
    ];
    let mut there: Vec<(Kind, String)> = Vec::new();
    for (kind, files) in signs {
        let found: Vec<&&str> = files.iter().filter(|file| survey.has(file)).collect();
        if let Some(file) = found.first() {
            there.push((kind, (**file).to_owned()));
        }
    }
    let pages = site::pages(survey);
    match there.as_slice() {
        [(Kind::Node, _)] => Ok(if site::is_meant(survey)? { Kind::Static } else { Kind::Node }),
        [(kind, _)] => Ok(*kind),
        [] if pages.is_some() => Ok(Kind::Static),
        // Looked for where the rest is known not to be there.
        [] if survey.is_settled() && java::is_plain(survey) => Ok(Kind::Java),
        [] => {
            let known = signs.iter().flat_map(|(_, files)| files.iter().copied()).chain(["index.html"]);
            Err(Refusal::new(
                format!(
                    "the build context has none of {}: what this project is cannot be told",
                    one_of(known)
                ),
                "name the preset: `preset: go`; or see that .dockerignore does not leave these files out",
            ))
        }
        several => {
            let files: Vec<String> = several.iter().map(|(_, file)| format!("`{file}`")).collect();
            let names = one_of(several.iter().map(|(kind, _)| kind.name()));
            Err(Refusal::new(
                format!(
                    "the build context has {}: it could be several kinds of project",
                    files.join(" and ")
                ),
                format!("say which with `preset`: {names}"),
            ))
        }
    }
}

/// The first two numbers of a release: `1.22.3` is `1.22`.
fn minor(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

/// The first number of a release.
fn major(version: &str) -> String {
    version.split('.').next().unwrap_or_default().to_owned()
}

/// Whether a release comes after another one, by their numbers.
fn is_newer(version: &str, other: &str) -> bool {
    let numbers =
        |version: &str| version.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>();
    numbers(&minor(version)) > numbers(&minor(other))
}

/// The first port that a text listens on, where it says so with one of some words before it.
fn port_in(text: &str, words: &[&str]) -> Option<String> {
    for word in words {
        for (at, _) in text.match_indices(word) {
            let rest = text.get(at + word.len()..)?;
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            if (2..=5).contains(&digits.len()) && digits.parse::<u16>().is_ok_and(|port| port > 0) {
                return Some(digits);
            }
        }
    }
    None
}
