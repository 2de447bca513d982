//! Frameworks that build a server of Node.js, and where they put it.

use serde_json::Value;

use super::range::allows;
use super::script::{Script, started};
use super::tool::has;
use super::{Project, Refusal};
use crate::presets::{NODE_FRAMEWORK, NODE_OUTPUT, NODE_PROGRAM, Part};

/// What a framework makes.
#[derive(Clone)]
struct Framework {
    /// The package by which it makes a server, which names it.
    package: &'static str,
    entry: &'static str,
    output: &'static str,
    /// What its server is started by, where that is no file of the project alone.
    part: Option<Part>,
}

const FRAMEWORKS: [Framework; 5] = [
    Framework {
        package: "@react-router/serve",
        entry: "build/server/index.js",
        output: "build",
        part: Some(NODE_PROGRAM),
    },
    Framework {
        package: "@remix-run/serve",
        entry: "build/server/index.js",
        output: "build",
        part: Some(NODE_PROGRAM),
    },
    Framework { package: "@sveltejs/adapter-node", entry: "build/index.js", output: "build", part: None },
    Framework { package: "@astrojs/node", entry: "dist/server/entry.mjs", output: "dist", part: None },
    // Its server comes with the modules that it needs.
    Framework {
        package: "nuxt",
        entry: ".output/server/index.mjs",
        output: ".output",
        part: Some(NODE_OUTPUT),
    },
];

/// The framework whose server a project is, where nothing else is said of what is run.
fn framework(manifest: &Value) -> Option<Framework> {
    let script = |name: &str| manifest["scripts"][name].as_str().unwrap_or_default();
    let found = FRAMEWORKS.into_iter().find(|framework| has(manifest, framework.package))?;
    let is_meant = match found.package {
        "@react-router/serve" | "@remix-run/serve" => script("start").contains("-serve "),
        "nuxt" => script("build").contains("nuxt build"),
        _ => !script("build").is_empty(),
    };
    is_meant.then_some(found)
}

/// Whether a project comes to a server that a framework makes.
pub(super) fn is_server(manifest: &Value) -> bool {
    framework(manifest).is_some() || lacks_adapter(manifest)
}

/// Whether a site in `SvelteKit` does not say for what it is built.
fn lacks_adapter(manifest: &Value) -> bool {
    let adapters = ["@sveltejs/adapter-node", "@sveltejs/adapter-static"];
    has(manifest, "@sveltejs/kit") && !adapters.iter().any(|adapter| has(manifest, adapter))
}

/// The file of the program that a package has.
fn program_of(package: &str, manifest: &Value) -> &'static str {
    let range = manifest["dependencies"][package].as_str().unwrap_or_default();
    match package {
        "@remix-run/serve" => "dist/cli.js",
        _ if allows(range, &[7]) && !allows(range, &[8]) => "bin.js",
        _ => "bin.cjs",
    }
}

/// Finds what a framework's server is; whether it is one.
pub(super) fn look(project: &mut Project<'_>, manifest: &Value) -> Result<bool, Refusal> {
    if !project.is_open("entry") || !project.is_open("output") || project.asked.changes("build") {
        return Ok(false);
    }
    let scripts = started(manifest);
    let starts = scripts.iter().find_map(Script::file);
    let Some(framework) = framework(manifest) else {
        if lacks_adapter(manifest) && starts.is_none() {
            return Err(Refusal::new(
                "SvelteKit is told by its adapter what it is built for, and package.json has none for a server or for files",
                "add `@sveltejs/adapter-node` for a server, or `@sveltejs/adapter-static` for files, and name it in svelte.config.js",
            ));
        }
        return Ok(false);
    };
    // A server of one's own may use what a framework makes.
    if starts
        .is_some_and(|start| start.file.trim_start_matches("./").split('/').next() != Some(framework.output))
    {
        return Ok(false);
    }
    project.parts.push(NODE_FRAMEWORK);
    project.find("build", "true", "the script `build`");
    if framework.part == Some(NODE_PROGRAM) {
        let package = framework.package;
        let program = format!("node_modules/{package}/{}", program_of(package, manifest));
        project.find("program", program, format!("that of {package}"));
    }
    project.parts.extend(framework.part);
    let why = format!("what {} makes", framework.package);
    project.find("entry", framework.entry, &*why);
    project.find("output", framework.output, why);
    project.find("port", "3000", "the usual one");
    Ok(true)
}
