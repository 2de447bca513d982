//! `install`: what of the build context a package manager needs to install from its lockfile, and the command that does it.

mod cargo;
mod doubt;
mod javascript;
mod lifecycle;
mod lockfile;
mod others;
mod php;
mod python;
mod ruby;
mod toml;

use spec_schema::decode::text::{Template, Text};
use spec_schema::decode::{Entry, OneOrMany};
use spec_schema::diagnostic::Diagnostic;
use spec_schema::span::{Span, Spanned};
use spec_schema::spec::{CacheMount, Command, CopyStep, FileMount, InstallStep, Manager, Mount, RunStep};

use crate::paths;
use crate::survey::Survey;
use lockfile::choose;

/// What a package manager needs, and does.
#[derive(Debug, Default)]
struct Recipe {
    /// Files to copy, from the directory of the lockfile.
    files: Vec<String>,
    /// Files that are there while the command runs, with what they hold.
    stubs: Vec<(String, String)>,
    env: Vec<(&'static str, String)>,
    /// The command; the step's `args` follow.
    command: Vec<String>,
}

/// The directory of a project.
struct Project<'s> {
    survey: &'s mut Survey,
    /// Its path in the build context; empty for the root.
    path: String,
    production: bool,
    args: Vec<String>,
}

impl Project<'_> {
    fn inside(&self, path: &str) -> String {
        if self.path.is_empty() { path.to_owned() } else { format!("{}/{path}", self.path) }
    }

    fn has(&mut self, path: &str) -> bool {
        let path = self.inside(path);
        self.survey.has(&path)
    }

    fn text(&mut self, path: &str) -> Option<String> {
        let path = self.inside(path);
        self.survey.text(&path)
    }

    /// The paths in the project that match a pattern.
    fn matching(&mut self, pattern: &str) -> Vec<String> {
        let prefix = self.inside("");
        let found = self.survey.matching(&self.inside(pattern));
        found.iter().map(|path| path.strip_prefix(&prefix).unwrap_or(path).to_owned()).collect()
    }

    /// Those of some files that are there.
    fn existing(&mut self, paths: &[&str]) -> Vec<String> {
        paths.iter().filter(|path| self.has(path)).map(|path| (*path).to_owned()).collect()
    }

    /// A file in each directory of a workspace, which another file names.
    fn members(&mut self, members: &[String], file: &str, named_by: &str) -> Result<Vec<String>, Refusal> {
        let mut files = Vec::with_capacity(members.len());
        for member in members {
            if paths::escapes(member) {
                return Err(self.far(named_by, member));
            }
            let path = format!("{}/{file}", member.trim_end_matches('/'));
            if !self.has(&path) {
                let (by, path) = (self.inside(named_by), self.inside(&path));
                return Err(Refusal {
                    message: format!(
                        "`{by}` names `{member}`, and there is no `{path}` in the build context"
                    ),
                    help: Some("see that .dockerignore does not leave it out".to_owned()),
                });
            }
            files.push(path);
        }
        Ok(files)
    }

    /// What is told of a path that leads out of the project.
    fn far(&self, named_by: &str, path: &str) -> Refusal {
        let (by, place) = (self.inside(named_by), self.place());
        let help = if self.path.is_empty() {
            "build from the directory that has all of the workspace, and say with `path` where in it the lockfile is"
        } else {
            "the project has to be all in one directory of the build context: the one that `path` names"
        };
        Refusal {
            message: format!("`{by}` names `{path}`, which is not in {place}"),
            help: Some(help.to_owned()),
        }
    }

    /// What the project is called in messages.
    fn place(&self) -> String {
        if self.path.is_empty() { "the build context".to_owned() } else { format!("`{}`", self.path) }
    }
}

/// What an `install` is short for.
pub(super) struct Installation {
    pub(super) copy: CopyStep,
    pub(super) run: RunStep,
    /// Why the package manager may fail.
    pub(super) doubt: Option<Diagnostic>,
}

/// Asks for all that any of the package managers begins with, before it is known which one it is.
pub(super) fn ask(step: &InstallStep, survey: &mut Survey) {
    let Ok(mut project) = project(step, survey) else { return };
    for manager in &step.install.values {
        // What is told now may only be for want of an answer.
        let _unanswered = recipe(*manager, &mut project);
    }
    let _unanswered = choose(step, &mut project);
}

/// The directory that a step is about.
fn project<'s>(step: &InstallStep, survey: &'s mut Survey) -> Result<Project<'s>, Diagnostic> {
    let written = step.path.as_ref().map_or("", |path| path.as_str());
    if paths::escapes(written) {
        let span = step.path.as_ref().map_or(step.span, |path| path.span);
        return Err(Diagnostic::new(span, format!("`{written}` leads out of the build context")));
    }
    let path = paths::absolute_file("/", written).trim_matches('/').to_owned();
    let production = step.production.as_ref().is_some_and(|production| production.value);
    let args = step.args.iter().map(|arg| arg.raw.clone()).collect();
    Ok(Project { survey, path, production, args })
}

/// The two steps that an `install` is short for, none where there is nothing to install, or why nothing can be installed.
pub(super) fn install(step: InstallStep, survey: &mut Survey) -> Result<Option<Installation>, Diagnostic> {
    let mut project = project(&step, survey)?;
    let outcome =
        choose(&step, &mut project).and_then(|manager| Ok((manager, recipe(manager, &mut project)?)));
    match outcome {
        Ok((_, None)) => Ok(None),
        Err(_) if lockfile::is_needless(&step, &mut project) => Ok(None),
        Ok((manager, Some(recipe))) => {
            let doubt = doubt::doubt(manager, &mut project, step.span);
            let (copy, run) = steps(step, manager, &project, recipe);
            Ok(Some(Installation { copy, run, doubt }))
        }
        Err(why) => Err(why.at(step.span)),
    }
}

/// Why nothing can be installed.
struct Refusal {
    message: String,
    help: Option<String>,
}

impl Refusal {
    fn at(self, span: Span) -> Diagnostic {
        Diagnostic::new(span, self.message).help_opt(self.help)
    }
}

impl<T: Into<String>> From<T> for Refusal {
    fn from(message: T) -> Self {
        Self { message: message.into(), help: None }
    }
}

/// What a package manager needs and does; nothing where there is nothing to install.
fn recipe(manager: Manager, project: &mut Project<'_>) -> Result<Option<Recipe>, Refusal> {
    let recipe = match manager {
        Manager::Npm => javascript::npm(project)?,
        Manager::Pnpm => javascript::pnpm(project)?,
        Manager::Yarn => javascript::yarn(project)?,
        Manager::Bun => javascript::bun(project)?,
        Manager::Pip => python::pip(project)?,
        Manager::Uv => python::uv(project)?,
        Manager::Poetry => python::poetry(project),
        Manager::Go => return others::go(project),
        Manager::Cargo => cargo::cargo(project)?,
        Manager::Maven => others::maven(project)?,
        Manager::Gradle => others::gradle(project),
        Manager::Bundler => ruby::bundler(project)?,
        Manager::Composer => php::composer(project)?,
    };
    Ok(Some(recipe))
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A script for `/bin/sh` that gets the step's `args` as its own.
fn script(tool: &str, text: &str) -> Vec<String> {
    words(&["/bin/sh", "-ec", text, tool])
}

fn steps(step: InstallStep, manager: Manager, project: &Project<'_>, recipe: Recipe) -> (CopyStep, RunStep) {
    let span = step.span;
    let plain = |text: &str| Template::literal(text, span);
    let name = plain(&format!("install {}", manager.name()));
    // Behind the pivot, paths are kept.
    let pivot = project.inside("./");
    let files = recipe.files.iter().map(|path| plain(&format!("{pivot}{path}")));
    let copy = CopyStep {
        copy: OneOrMany { values: files.collect(), span },
        name: Some(name.joined("", &plain(": manifests and lockfile"))),
        when: None,
        from: None,
        to: None,
        chown: step.run_as.clone(),
        chmod: None,
        include: None,
        exclude: None,
        parents: Some(Spanned::new(true, span)),
        // They are known to be there.
        optional: Some(Spanned::new(true, span)),
        link: None,
        span,
    };
    let mut run =
        RunStep::bare(Command::Exec(recipe.command.iter().map(|word| plain(word)).collect(), span), span);
    if let Command::Exec(arguments, _) = &mut run.run {
        arguments.extend(step.args.0);
    }
    run.name = Some(name);
    run.env = step.env;
    for (name, value) in recipe.env {
        if !run.env.declares(name) {
            run.env.insert(name.to_owned(), Entry { key_span: span, value: plain(&value) });
        }
    }
    let cache = CacheMount::WellKnown(Text::new(manager.name().to_owned(), span));
    run.cache = Some(OneOrMany { values: vec![cache], span });
    run.mounts.0 = recipe.stubs.iter().map(|(path, content)| stub(path, content, span)).collect();
    run.secrets = step.secrets;
    run.ssh = step.ssh;
    run.network = step.network;
    run.run_as = step.run_as;
    (copy, run)
}

fn stub(path: &str, content: &str, span: Span) -> Mount {
    Mount::File(FileMount {
        r#type: Text::new("file".to_owned(), span),
        target: Template::literal(path, span),
        content: Template::literal(content, span),
        mode: None,
        span,
    })
}
