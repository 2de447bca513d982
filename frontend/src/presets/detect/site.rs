//! Files for a web server, as they are or built by a tool of Node.js.

use serde_json::Value;

use super::{Project, Refusal, node};
use crate::survey::Survey;

/// What tools that build files for browsers are called, and where they put them.
const TOOLS: &[(&str, &str)] = &[
    ("vite", "dist"),
    ("react-scripts", "build"),
    ("parcel", "dist"),
    ("@angular/cli", "dist"),
    ("astro", "dist"),
];

/// The directory whose files are served as they are.
pub(super) fn pages(survey: &mut Survey) -> Option<&'static str> {
    let folders = [
        ("index.html", "."),
        ("public/index.html", "public"),
        ("dist/index.html", "dist"),
        ("site/index.html", "site"),
    ];
    let there: Vec<&'static str> =
        folders.into_iter().filter(|(page, _)| survey.has(page)).map(|(_, folder)| folder).collect();
    there.first().copied()
}

/// Whether a project of Node.js comes to files alone: a tool for browsers, and nothing that is started.
pub(super) fn is_built(survey: &mut Survey) -> bool {
    let manifest: Value =
        survey.text("package.json").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let start = manifest["scripts"]["start"].as_str().unwrap_or_default();
    output(&manifest).is_some() && !start.starts_with("node ")
}

fn output(manifest: &Value) -> Option<(&'static str, &'static str)> {
    let has = |name: &str| {
        ["dependencies", "devDependencies"].iter().any(|kind| manifest[kind].get(name).is_some())
    };
    TOOLS.iter().copied().find(|(tool, _)| has(tool))
}

pub(super) fn look(project: &mut Project<'_>) -> Result<(), Refusal> {
    if project.survey.has("package.json") {
        let manifest = node::manifest(project)?;
        node::version(project, &manifest);
        if node::build(project, &manifest)
            && let Some((tool, folder)) = output(&manifest)
        {
            project.find("output", folder, format!("where {tool} puts it"));
            return Ok(());
        }
    }
    match pages(project.survey) {
        Some(folder) => project.find("output", folder, "index.html is there"),
        None if project.is_open("output") => {
            return Err(Refusal::new(
                "the build context has no index.html",
                "say which directory is served: `with: {output: www}`",
            ));
        }
        None => {}
    }
    Ok(())
}
