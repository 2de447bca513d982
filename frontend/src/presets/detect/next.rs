//! Next.js, which makes a server of its own: <https://nextjs.org/docs/app/api-reference/config/next-config-js/output>.

use serde_json::Value;

use super::{Project, Refusal};
use crate::presets::NODE_NEXT;

const SETTINGS: [&str; 3] = ["next.config.js", "next.config.mjs", "next.config.ts"];

/// Whether the project is one whose program Next.js makes.
pub(super) fn is_site(project: &Project<'_>, manifest: &Value) -> bool {
    let builds = manifest["scripts"]["build"].as_str().is_some_and(|script| script.contains("next build"));
    builds && project.is_open("entry") && project.is_open("output") && !project.asked.changes("build")
}

pub(super) fn look(project: &mut Project<'_>) -> Result<(), Refusal> {
    let settings = SETTINGS.map(|file| project.survey.text(file).map(|text| (file, text)));
    let settings = settings.into_iter().flatten().next();
    match settings {
        Some((file, text)) if says(&text, "standalone") => {
            project.parts.push(NODE_NEXT);
            project.find("entry", "server.js", format!("`output: standalone` in {file}"));
            if let Some((path, file)) = health(project) {
                project.find("health", path, file);
            }
            project.find("port", "3000", "the usual one");
            Ok(())
        }
        Some((_, text)) if says(&text, "export") => Err(Refusal::new(
            "with `output: \"export\"` Next.js makes files for browsers",
            "write `preset: static` and `with: {output: out}`",
        )),
        settings => Err(Refusal::new(
            "Next.js makes no server of its own here: an image would need all that the build is installed with",
            format!(
                "add `output: \"standalone\"` to {}; or `output: \"export\"`, and `preset: static` with `with: {{output: out}}`",
                settings.map_or(SETTINGS[0], |(file, _)| file)
            ),
        )),
    }
}

/// Whether the settings name an output, in what is no comment.
fn says(text: &str, output: &str) -> bool {
    let mut code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    code.any(|line| ['"', '\''].iter().any(|quote| line.contains(&format!("{quote}{output}{quote}"))))
}

/// The path of a route that tells of the site's health, and its file.
fn health(project: &mut Project<'_>) -> Option<(String, String)> {
    let routes = ["healthz", "health", "api/healthz", "api/health"];
    let files = routes.iter().flat_map(|route| {
        ["app", "src/app"].into_iter().flat_map(move |folder| {
            ["ts", "js"].map(|kind| (format!("/{route}"), format!("{folder}/{route}/route.{kind}")))
        })
    });
    let there: Vec<_> = files.filter(|(_, file)| project.survey.has(file)).collect();
    there.into_iter().next()
}
