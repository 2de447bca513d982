//! Files for a web server, as they are or built by a tool of Node.js.

use serde_json::Value;

use super::tool::{is_beside, starts, tool};
use super::{Project, Refusal, framework, node};
use crate::presets::STATIC_UNBUILT;
use crate::survey::Survey;

/// The page whose directory is served as it is.
fn page(survey: &mut Survey) -> Option<(&'static str, &'static str)> {
    let pages = [
        ("index.html", "."),
        ("public/index.html", "public"),
        ("dist/index.html", "dist"),
        ("site/index.html", "site"),
    ];
    let there: Vec<_> = pages.into_iter().filter(|(page, _)| survey.has(page)).collect();
    there.first().copied()
}

/// The directory whose files are served as they are.
pub(super) fn pages(survey: &mut Survey) -> Option<&'static str> {
    page(survey).map(|(_, folder)| folder)
}

/// Whether a project of Node.js comes to files alone: a tool for browsers, or pages that are there, and nothing that is started.
pub(super) fn is_meant(survey: &mut Survey) -> Result<bool, Refusal> {
    let manifest: Value =
        survey.text("package.json").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    if tool(&manifest, survey).is_some() {
        return Ok(!starts(&manifest) && !framework::is_server(&manifest));
    }
    page(survey).map_or(Ok(false), |(page, _)| is_beside(page, &manifest, survey))
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
        node::plug_n_play(project);
        if node::build(project, &manifest)
            && let Some(tool) = tool(&manifest, project.survey)
        {
            project.find("output", &*tool.output, format!("where {} puts it", tool.package));
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
