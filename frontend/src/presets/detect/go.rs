//! Go: go.mod and the packages of programs.

use spec_schema::diagnostic::one_of;

use super::{Project, Refusal, minor, port_in};
use crate::presets::{GO_PROGRAM, GO_SERVICE};

pub(super) fn look(project: &mut Project<'_>) -> Result<(), Refusal> {
    let Some(manifest) = project.survey.text("go.mod") else {
        return Err(Refusal::new("there is no go.mod in the build context", "`go mod init NAME` makes one"));
    };
    let line = |word: &'static str| {
        let version = manifest.lines().find_map(|line| line.trim().strip_prefix(word).map(str::trim));
        version.map(|version| (word, version))
    };
    if !project.find_version("go_version", &[".go-version"], &["golang", "go"], minor)
        && let Some((word, version)) = line("toolchain go").or_else(|| line("go "))
    {
        project.find("go_version", minor(version), "go.mod");
        project.place("go_version", "go.mod", &[&format!("{word}{version}")]);
    }
    let main = program(project)?;
    let text = main.and_then(|main| Some((project.survey.text(&main)?, main)));
    if let Some((text, main)) = text
        && let Some(port) = port_in(&text, &["\":", "0.0.0.0:", "127.0.0.1:", "localhost:"])
    {
        project.find_health(&text, &main);
        project.find("port", port, main);
    }
    let is_service = project.value("port").is_some();
    project.parts.push(if is_service { GO_SERVICE } else { GO_PROGRAM });
    Ok(())
}

/// Finds the package of the program; returns its file.
fn program(project: &mut Project<'_>) -> Result<Option<String>, Refusal> {
    if let Some(package) = project.asked.option("package") {
        let folder = package.trim_start_matches("./").trim_end_matches('/');
        return Ok(Some(if matches!(folder, "" | ".") {
            "main.go".to_owned()
        } else {
            format!("{folder}/main.go")
        }));
    }
    if project.survey.has("main.go") {
        project.find("package", ".", "main.go");
        return Ok(Some("main.go".to_owned()));
    }
    let programs = project.survey.matching("cmd/*/main.go");
    match programs.as_slice() {
        [only] => {
            let package = format!("./{}", only.trim_end_matches("/main.go"));
            project.find("package", package, "the only program in cmd");
            Ok(Some(only.clone()))
        }
        [] => Ok(None),
        several => {
            let packages: Vec<String> =
                several.iter().map(|path| format!("./{}", path.trim_end_matches("/main.go"))).collect();
            Err(Refusal::new(
                format!("there are {} programs in cmd", several.len()),
                format!(
                    "say which with `with: {{package: …}}`: {}",
                    one_of(packages.iter().map(String::as_str))
                ),
            ))
        }
    }
}
