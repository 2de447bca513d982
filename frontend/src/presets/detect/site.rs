//! Files for a web server, as they are or built by a tool of Node.js.

use serde_json::Value;

use super::{Project, Refusal, node};
use crate::presets::STATIC_UNBUILT;
use crate::survey::Survey;

/// A tool that builds files for browsers.
#[derive(Clone, Copy)]
struct Tool {
    package: &'static str,
    /// Where it puts them.
    output: &'static str,
    /// Whether it is for apps of a single page, which has scripts for every path.
    is_app: bool,
}

const TOOLS: &[Tool] = &[
    Tool { package: "astro", output: "dist", is_app: false },
    Tool { package: "vite", output: "dist", is_app: true },
    Tool { package: "react-scripts", output: "build", is_app: true },
    Tool { package: "parcel", output: "dist", is_app: false },
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
    tool(&manifest).is_some() && !start.starts_with("node ")
}

fn tool(manifest: &Value) -> Option<Tool> {
    let has = |name: &str| {
        ["dependencies", "devDependencies"].iter().any(|kind| manifest[kind].get(name).is_some())
    };
    TOOLS.iter().copied().find(|tool| has(tool.package))
}

pub(super) fn look(project: &mut Project<'_>) -> Result<(), Refusal> {
    let why = output(project)?;
    if let Some(why) = why {
        project.find("health", "/", why);
    }
    project.find("port", "8080", "the usual one");
    if project.value("build") != Some("true") && !project.asked.changes("build") {
        project.parts.push(STATIC_UNBUILT);
    }
    Ok(())
}

/// Finds the directory that is served; returns why it has an index.html, where it does.
fn output(project: &mut Project<'_>) -> Result<Option<&'static str>, Refusal> {
    if project.survey.has("package.json") {
        let manifest = node::manifest(project)?;
        node::version(project, &manifest);
        if node::build(project, &manifest)
            && let Some(tool) = tool(&manifest)
        {
            project.find("output", tool.output, format!("where {} puts it", tool.package));
            if tool.is_app {
                project.find("fallback", "/index.html", format!("{} is for apps of one page", tool.package));
            }
            return Ok(project.is_open("output").then_some("the page that is built"));
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
    Ok(project.is_open("output").then_some("index.html is there"))
}
