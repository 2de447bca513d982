//! Go: the package of the program, by its `main`.

use spec_schema::diagnostic::one_of;

use super::{Project, Refusal};

/// Finds the package of the program; returns its file.
pub(super) fn find(project: &mut Project<'_>, modules: &[String]) -> Result<Option<String>, Refusal> {
    if let Some(package) = project.asked.option("package") {
        let folder = package.trim_start_matches("./").trim_end_matches(['/', '.']).to_owned();
        return Ok(file_in(project, &folder));
    }
    let mut folders = usual(project, modules);
    if folders.is_empty() {
        folders = others(project, modules);
    }
    match folders.as_slice() {
        [only] => {
            let file = file_in(project, only);
            let package = if only.is_empty() { ".".to_owned() } else { format!("./{only}") };
            let why = match (&file, only.as_str()) {
                (Some(file), "") => file.clone(),
                _ if only.starts_with("cmd/") => "the only program in cmd".to_owned(),
                _ => "the only program".to_owned(),
            };
            project.find("package", package, why);
            Ok(file)
        }
        [] => Err(Refusal::new(
            "there is no program in the build context: no main.go in its root, in cmd or in a folder of cmd",
            "say where it is: `with: {package: ./path/to/program}`",
        )),
        several => {
            let packages: Vec<String> = several.iter().map(|folder| format!("./{folder}")).collect();
            let place = if several.iter().all(|folder| folder.starts_with("cmd")) { " in cmd" } else { "" };
            Err(Refusal::new(
                format!("there are {} programs{place}", several.len()),
                format!(
                    "say which with `with: {{package: …}}`: {}",
                    one_of(packages.iter().map(String::as_str))
                ),
            ))
        }
    }
}

/// The directories with a file `main.go` where programs usually are; that of a module counts before its others.
fn usual(project: &mut Project<'_>, modules: &[String]) -> Vec<String> {
    let roots: Vec<String> = if modules.is_empty() { vec![String::new()] } else { modules.to_vec() };
    let mut found = Vec::new();
    for root in roots {
        let prefix = if root.is_empty() { String::new() } else { format!("{root}/") };
        if project.survey.has(&format!("{prefix}main.go")) {
            found.push(root);
            continue;
        }
        for pattern in ["cmd/main.go", "cmd/*/main.go"] {
            let files = project.survey.matching(&format!("{prefix}{pattern}"));
            found.extend(files.iter().map(|file| folder(file)));
        }
    }
    found
}

/// The directories with a program in a file of another name, or in another place.
fn others(project: &mut Project<'_>, modules: &[String]) -> Vec<String> {
    let mut patterns =
        vec!["*.go".to_owned(), "cmd/*.go".to_owned(), "cmd/*/*.go".to_owned(), "*/main.go".to_owned()];
    patterns
        .extend(modules.iter().filter(|module| !module.is_empty()).map(|module| format!("{module}/*.go")));
    let mut found: Vec<String> = Vec::new();
    for pattern in patterns {
        for file in project.survey.matching(&pattern) {
            let is_main = is_program(&project.survey.text(&file).unwrap_or_default());
            let folder = folder(&file);
            if is_main && !found.contains(&folder) {
                found.push(folder);
            }
        }
        if found.iter().any(String::is_empty) {
            return vec![String::new()];
        }
    }
    found
}

fn is_program(text: &str) -> bool {
    let mut lines = text.lines();
    let is_ignored = lines.clone().any(|line| line.starts_with("//go:build ignore"));
    !is_ignored && lines.any(|line| line.starts_with("func main()"))
}

/// The file of a directory that the program begins in.
fn file_in(project: &mut Project<'_>, folder: &str) -> Option<String> {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let usual = format!("{prefix}main.go");
    if project.survey.has(&usual) {
        return Some(usual);
    }
    let files = project.survey.matching(&format!("{prefix}*.go"));
    files.into_iter().find(|file| is_program(&project.survey.text(file).unwrap_or_default()))
}

fn folder(file: &str) -> String {
    file.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned())
}
