//! Lockfiles that do not fit their manifests: why a package manager may fail, told where it does.
//!
//! A manager knows best whether its lockfile is in step, and says so in its output. What is found here is what it fails over most, and
//! never keeps it from being run.

mod javascript;
mod others;
mod python;
mod rust;

use spec_schema::diagnostic::Diagnostic;
use spec_schema::span::Span;
use spec_schema::spec::Manager;

use super::Project;
use super::lockfile::lockfiles;

pub(super) use javascript::later_yarn;

/// What of a lockfile does not fit, and the command that mends it.
pub(super) fn doubt(manager: Manager, project: &mut Project<'_>, span: Span) -> Option<Diagnostic> {
    let (why, remedy) = match manager {
        Manager::Npm => (javascript::npm(project)?, "npm install"),
        Manager::Pnpm => (javascript::pnpm(project)?, "pnpm install"),
        Manager::Yarn => (javascript::yarn(project)?, "yarn install"),
        Manager::Bun => (javascript::bun(project)?, "bun install"),
        Manager::Uv => (python::uv(project)?, "uv lock"),
        Manager::Poetry => (python::poetry(project)?, "poetry lock"),
        Manager::Pip => (
            python::pip(project)?,
            "uv pip compile --generate-hashes requirements.in --output-file requirements.txt",
        ),
        Manager::Cargo => (rust::cargo(project)?, "cargo update --workspace"),
        Manager::Bundler => (others::bundler(project)?, "bundle lock"),
        Manager::Composer => (others::composer(project)?, "composer update"),
        Manager::Go | Manager::Maven | Manager::Gradle => return None,
    };
    let lock = project.existing(lockfiles(manager).0).into_iter().next()?;
    let lock = project.inside(&lock);
    let name = manager.name();
    let fault = Diagnostic::new(span, format!("{name} does not install from `{lock}`: {why}"));
    let place = if project.path.is_empty() { String::new() } else { format!(" in `{}`", project.path) };
    Some(fault.help(format!("`{remedy}`{place} mends it; commit the result")))
}

/// What a manifest asks for.
struct Wish {
    /// The manifest.
    file: String,
    name: String,
    /// Which releases; empty where any will do.
    range: String,
}

impl Wish {
    /// Says what the lockfile has instead: nothing, or another range.
    fn refused(&self, project: &Project<'_>, locked: Option<&str>) -> String {
        let Self { file, name, range } = self;
        let file = project.inside(file);
        let range = if range.is_empty() { String::new() } else { format!(" `{range}`") };
        match locked {
            None => format!("`{file}` asks for `{name}`{range}, which the lockfile does not have"),
            Some(locked) => format!("`{file}` asks for `{name}`{range}, and the lockfile is for `{locked}`"),
        }
    }
}
