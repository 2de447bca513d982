//! Tools of Node.js that build files for browsers, and where they put them.

use serde_json::Value;

use super::Refusal;
use super::script::{Runs, resolved, started};
use crate::survey::Survey;

/// A tool that builds files for browsers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tool {
    pub(super) package: &'static str,
    /// Where it puts them.
    pub(super) output: String,
    /// Whether it is for apps of a single page, which has scripts for every path.
    pub(super) is_app: bool,
}

/// Packages, where they put files, and whether these are of one page. Those that are built with others of them come first.
const TOOLS: [(&str, &str, bool); 14] = [
    ("@docusaurus/core", "build", false),
    ("gatsby", "public", false),
    ("@11ty/eleventy", "_site", false),
    ("@angular/core", "dist", true),
    ("@sveltejs/adapter-static", "build", false),
    ("nuxt", ".output/public", false),
    ("@react-router/dev", "build/client", true),
    ("astro", "dist", false),
    ("vitepress", "docs/.vitepress/dist", false),
    ("@vue/cli-service", "dist", true),
    ("react-scripts", "build", true),
    ("vite", "dist", true),
    ("parcel", "dist", false),
    ("parcel-bundler", "dist", false),
];

/// Files that settings of Vite are in.
const VITE: [&str; 3] = ["vite.config.ts", "vite.config.js", "vite.config.mjs"];

/// Programs that a script starts a service with; the other ones show files while they are worked on.
const PROGRAMS: [&str; 15] = [
    "next",
    "nest",
    "nodemon",
    "nuxt",
    "remix-serve",
    "react-router-serve",
    "ts-node",
    "ts-node-dev",
    "tsx",
    "bun",
    "deno",
    "pm2",
    "pm2-runtime",
    "strapi",
    "vinxi",
];

/// Programs that show the files of a directory.
const SHOWING: [&str; 4] = ["serve", "http-server", "live-server", "lite-server"];

/// Whether dependencies of either kind have a package.
pub(super) fn has(manifest: &Value, package: &str) -> bool {
    ["dependencies", "devDependencies"].iter().any(|kind| manifest[kind].get(package).is_some())
}

/// The tool that a project is built with, where that comes to files for browsers.
pub(super) fn tool(manifest: &Value, survey: &mut Survey) -> Option<Tool> {
    let (package, output, is_app) = TOOLS.into_iter().find(|(package, ..)| has(manifest, package))?;
    let output = match package {
        "@angular/core" => angular(survey),
        "vite" => VITE.into_iter().find_map(|file| out_dir(&survey.text(file)?)),
        _ => None,
    }
    .unwrap_or_else(|| output.to_owned());
    Some(Tool { package, output, is_app })
}

/// Whether package.json has a program started.
pub(super) fn starts(manifest: &Value) -> bool {
    let builds_server =
        manifest["scripts"]["build"].as_str().is_some_and(|script| script.contains("next build"));
    builds_server
        || started(manifest).iter().any(|script| match script.runs {
            Runs::File(_) => true,
            Runs::Program(name) => PROGRAMS.contains(&name),
        })
}

/// Whether a project has package.json for tools alone, beside a page that is there.
pub(super) fn is_beside(page: &str, manifest: &Value, survey: &mut Survey) -> Result<bool, Refusal> {
    let shows = |runs: &Runs<'_>| matches!(runs, Runs::Program(name) if SHOWING.contains(name));
    let needs = manifest["dependencies"].as_object().is_some_and(|needs| !needs.is_empty());
    if needs || !started(manifest).iter().all(|script| shows(&script.runs)) {
        return Ok(false);
    }
    let names = [manifest["main"].as_str().unwrap_or("server.js"), "server.js", "index.js", "app.js"];
    let files: Vec<String> = names.into_iter().filter_map(|name| resolved(survey, name)).collect();
    let Some(file) = files.first() else { return Ok(true) };
    let mut says = |file: &str, word: &str| survey.text(file).is_some_and(|text| text.contains(word));
    if files.iter().any(|file| says(file, ".listen(")) {
        return Ok(false);
    }
    if files.iter().all(|file| says(page, file.rsplit('/').next().unwrap_or(file))) {
        return Ok(true);
    }
    Err(Refusal::new(
        format!(
            "the build context has `{page}` and `{file}`, and no script `start`: it could be several kinds of project"
        ),
        "say which with `preset`: `node` or `static`",
    ))
}

/// The directory that settings of Vite name, written out.
fn out_dir(text: &str) -> Option<String> {
    let rest = text.split("outDir:").nth(1)?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let path = rest.split(quote).nth(1)?.trim_start_matches("./").trim_matches('/');
    let is_plain = !path.is_empty() && !crate::paths::escapes(path) && !path.contains(['$', '\\']);
    is_plain.then(|| path.to_owned())
}

/// Where Angular puts the files of the first project: <https://angular.dev/reference/configs/workspace-config>.
fn angular(survey: &mut Survey) -> Option<String> {
    let settings: Value = serde_json::from_str(&survey.text("angular.json")?).ok()?;
    let (name, project) = settings["projects"].as_object()?.iter().next()?;
    let targets = ["architect", "targets"].into_iter().map(|key| &project[key]["build"]);
    let build = targets.into_iter().find(|build| build.is_object())?;
    let path = &build["options"]["outputPath"];
    let base =
        path.as_str().or_else(|| path["base"].as_str()).map_or_else(|| format!("dist/{name}"), str::to_owned);
    let below = path["browser"].as_str().unwrap_or("browser");
    // The builder that came before puts them where it is told.
    if build["builder"].as_str()?.ends_with(":application") && !below.is_empty() {
        Some(format!("{base}/{below}"))
    } else {
        Some(base)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Tool, is_beside, out_dir, starts, tool};
    use crate::survey::Survey;

    fn output(manifest: &serde_json::Value, file: &str, text: &str) -> Option<Tool> {
        let mut survey = Survey::default();
        survey.found(file.to_owned(), Some(text.as_bytes().to_vec()));
        tool(manifest, &mut survey)
    }

    #[test]
    fn angular_says_where_its_files_are() {
        let manifest = json!({"dependencies": {"@angular/core": "^20.0.0"}});
        for (build, expected) in [
            (json!({"builder": "@angular/build:application", "options": {}}), "dist/shop/browser"),
            (
                json!({"builder": "@angular/build:application", "options": {"outputPath": "out"}}),
                "out/browser",
            ),
            (
                json!({"builder": "@angular/build:application", "options": {"outputPath": {"base": "out", "browser": ""}}}),
                "out",
            ),
            (
                json!({"builder": "@angular-devkit/build-angular:browser", "options": {"outputPath": "dist/shop"}}),
                "dist/shop",
            ),
        ] {
            let settings = json!({"projects": {"shop": {"architect": {"build": build}}}}).to_string();
            let found = output(&manifest, "angular.json", &settings);
            assert_eq!(found.map(|tool| tool.output).as_deref(), Some(expected), "{settings}");
        }
    }

    #[test]
    fn vite_may_be_told_where() {
        let manifest = json!({"devDependencies": {"vite": "^7.0.0"}});
        let found = output(&manifest, "vite.config.ts", "export default { build: { outDir: './www' } }");
        assert_eq!(found.map(|tool| tool.output).as_deref(), Some("www"));
        assert_eq!(out_dir("outDir: path.join('a')"), None);
        assert_eq!(out_dir("outDir: '../a'"), None);
        assert_eq!(out_dir("outDir: `${a}`"), None);
    }

    #[test]
    fn scripts_start_programs() {
        let is = |start: &str| starts(&json!({"scripts": {"start": start}}));
        assert!(is("cross-env NODE_ENV=production node server"));
        assert!(is("react-router-serve ./build/server/index.js"));
        assert!(!is("vite"));
        assert!(!is("ng serve"));
        assert!(!is(""));
        assert!(is("nodemon src/a.ts"));
        assert!(starts(&json!({"scripts": {"start": "vite", "start:prod": "node server.js"}})));
        assert!(starts(&json!({"scripts": {"build": "next build"}})));
    }

    #[test]
    fn a_manifest_beside_pages_is_for_tools_or_a_server() {
        let page = "<script src=\"index.js\"></script>";
        for (manifest, program, page, expected) in [
            (json!({}), None, "", Some(true)),
            (json!({"scripts": {"start": "npx serve"}}), None, "", Some(true)),
            (json!({"scripts": {"start:prod": "node dist/server.js"}}), None, "", Some(false)),
            (json!({"dependencies": {"express": "5"}}), None, "", Some(false)),
            (json!({"main": "index"}), Some("http.createServer().listen(80)"), "", Some(false)),
            (json!({"main": "index.js"}), Some("document.title = 'a'"), page, Some(true)),
            (json!({}), Some("module.exports = 1"), "", None),
        ] {
            let mut survey = Survey::default();
            survey.found("index.html".to_owned(), Some(page.into()));
            survey.found("index.js".to_owned(), program.map(|text: &str| text.into()));
            assert_eq!(is_beside("index.html", &manifest, &mut survey).ok(), expected, "{manifest}");
        }
    }
}
