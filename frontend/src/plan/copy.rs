//! Copies.

use spec_schema::decode::OneOrMany;
use spec_schema::decode::text::Template;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::Span;
use spec_schema::spec::CopyStep;

use super::files::{Planned, chown, text};
use super::owner::without_names;
use super::stage::StagePlanner;
use super::{Action, FileChange, FileSource, Runtime};
use crate::{dockerignore, paths};

/// A path to copy, and where the spec names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopySource {
    /// The path from the root of the source; a pattern is possible.
    pub path: String,
    /// The directory, a prefix of the path, below which parents are kept: `/` for all of them.
    pub parents_below: Option<String>,
    /// Its place in the spec.
    pub span: Span,
}

/// Which files of the sources are copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CopyFilter {
    /// Patterns of paths below a copied directory: only these.
    pub include: Vec<String>,
    /// Patterns of paths below a copied directory: not these.
    pub exclude: Vec<String>,
    /// Whether sources may be missing.
    pub optional: bool,
}

impl CopySource {
    /// Patterns, from the root of the source, of what is surely not copied.
    pub(super) fn left_out(&self, filter: &CopyFilter) -> Vec<String> {
        let directory = self.parents_below.as_ref().unwrap_or(&self.path).trim_start_matches('/');
        let takes_back = filter.exclude.iter().any(|pattern| pattern.starts_with('!'));
        if takes_back || has_wildcard(directory) || directory.contains('\\') {
            return Vec::new();
        }
        let inside = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        filter.exclude.iter().map(|pattern| format!("{inside}{pattern}")).collect()
    }

    /// Whether just this path is copied, and a symbolic link in it as one.
    pub(super) fn takes_links_as_they_are(&self, filter: &CopyFilter) -> bool {
        let is_filtered = !filter.include.is_empty() || !filter.exclude.is_empty();
        self.parents_below.is_some() && !is_filtered && !has_wildcard(&self.path) && self.path != "/"
    }

    /// The path below a directory that is a prefix of it.
    pub fn below(&self, above: &str) -> &str {
        self.path.strip_prefix(above).unwrap_or(&self.path).trim_start_matches('/')
    }

    /// What has to be there for the copy: the path, up to where it stands for any number of directories.
    pub fn needed(&self) -> &str {
        match (self.parents_below.is_some(), self.path.find("/**")) {
            (true, Some(0)) => "/",
            (true, Some(at)) => &self.path[..at],
            _ => &self.path,
        }
    }
}

/// The sources of a change that are in the context.
pub(super) fn context_readers(change: &FileChange) -> Vec<(&CopySource, &CopyFilter)> {
    match change {
        FileChange::Copy { from: FileSource::Context, sources, filter, .. } => {
            sources.iter().map(|source| (source, filter)).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a pattern may match a path, something above it or something below it.
pub(super) fn may_meet(pattern: &str, path: &str) -> bool {
    let mut parts = pattern.trim_matches('/').split('/').zip(path.split('/'));
    let may_match = |pattern: &str, part: &str| {
        let plain = pattern.split(['*', '?', '[', '\\']).next().unwrap_or_default();
        if plain.len() < pattern.len() { part.starts_with(plain) } else { part == pattern }
    };
    pattern.contains("**") || parts.all(|(pattern, part)| may_match(pattern, part))
}

/// Whether a path has a character that patterns give a meaning.
pub fn has_wildcard(path: &str) -> bool {
    let mut escaped = false;
    path.chars().any(|c| {
        let is_wildcard = !escaped && matches!(c, '*' | '?' | '[');
        escaped = !escaped && c == '\\';
        is_wildcard
    })
}

pub(super) fn copy(
    planner: &StagePlanner<'_>,
    step: &CopyStep,
    runtime: &Runtime,
    faults: &mut Faults,
) -> Planned {
    let from = match &step.from {
        Some(from) => FileSource::Other(planner.source(from)),
        None => FileSource::Context,
    };
    let sources: Vec<CopySource> = step
        .copy
        .values
        .iter()
        .map(|written| {
            let path = text(planner, written, runtime, faults);
            let path = match from {
                FileSource::Context => context_path(&path, written, faults),
                FileSource::Other(_) => path,
            };
            source(&path, step, written.span)
        })
        .collect();
    let (dest, to) = destination(planner, step.to.as_ref(), sources.len(), runtime, faults);
    let display = format!("copy {} {to}", shown(step));
    let owner = chown(planner, step.chown.as_ref(), runtime, faults);
    if step.link.as_ref().is_some_and(|link| link.value) {
        without_names(owner.as_ref(), step.chown.as_ref(), faults);
    }
    let filter = filter(planner, step, runtime, faults);
    let copy =
        FileChange::Copy { from, sources, dest, owner, mode: step.chmod.clone(), filter, unpack: false };
    (Action::Files(vec![copy]), display)
}

/// A path in the build context, as it was written.
pub(super) fn context_path(path: &str, written: &Template, faults: &mut Faults) -> String {
    if paths::escapes(path) {
        let fault = Diagnostic::new(written.span, format!("`{path}` leads out of the build context"));
        faults.push(fault.help("only files inside of the context can be copied; a second directory comes in with `--build-context`"));
    }
    path.to_owned()
}

/// Where things are copied to: the absolute path, which ends with a slash for a directory, and what is shown for it.
pub(super) fn destination(
    planner: &StagePlanner<'_>,
    written: Option<&Template>,
    sources: usize,
    runtime: &Runtime,
    faults: &mut Faults,
) -> (String, String) {
    let to = written.map(|to| planner.expand(to, &runtime.env, faults));
    if let (Some(to), Some(written), 2..) = (&to, written, sources)
        && !is_directory(to)
    {
        let fault = Diagnostic::new(written.span, "several sources are copied, so this must be a directory");
        faults.push(fault.help(format!("end it with a slash: `{to}/`")));
    }
    let to = to.unwrap_or_else(|| ".".to_owned());
    (paths::absolute(&runtime.workdir, &to), to)
}

fn source(text: &str, step: &CopyStep, span: Span) -> CopySource {
    let keeps_parents = step.parents.as_ref().is_some_and(|parents| parents.value);
    let parents_below = keeps_parents.then(|| {
        let above = text.split_once("/./").map_or("/", |(above, _)| above);
        paths::absolute_file("/", above)
    });
    CopySource { path: paths::absolute_file("/", text), parents_below, span }
}

fn filter(planner: &StagePlanner<'_>, step: &CopyStep, runtime: &Runtime, faults: &mut Faults) -> CopyFilter {
    if let (Some(include), Some(parents)) = (&step.include, &step.parents)
        && parents.value
    {
        let fault = Diagnostic::new(include.span, "`include` does not stand beside `parents`");
        faults.push(fault.help("with `parents`, what `copy` names is a pattern already"));
    }
    let mut patterns = |list: Option<&OneOrMany<Template>>| -> Vec<String> {
        let templates = list.iter().flat_map(|list| &list.values);
        templates.filter_map(|written| pattern(planner, written, runtime, faults)).collect()
    };
    CopyFilter {
        include: patterns(step.include.as_ref()),
        exclude: patterns(step.exclude.as_ref()),
        optional: step.optional.as_ref().is_some_and(|optional| optional.value),
    }
}

/// A pattern as the daemon takes it: relative, and clean.
fn pattern(
    planner: &StagePlanner<'_>,
    written: &Template,
    runtime: &Runtime,
    faults: &mut Faults,
) -> Option<String> {
    let known = faults.len();
    let text = planner.expand(written, &runtime.env, faults);
    let found = match dockerignore::parse(text.as_bytes()) {
        Ok(mut patterns) if patterns.len() == 1 => patterns.pop(),
        Ok(_) => None,
        Err(errors) => {
            let why = errors.0.first().map(|error| error.problem.to_string()).unwrap_or_default();
            faults.push(Diagnostic::new(written.span, why));
            None
        }
    };
    if found.is_none() && faults.len() == known {
        let what = if text.is_empty() {
            "this pattern is empty".to_owned()
        } else {
            format!("`{text}` is not a pattern")
        };
        let fault = Diagnostic::new(written.span, what);
        faults
            .push(fault.help("write a path with `*`, `?`, `[…]` or `**`, from the directory that is copied"));
    }
    found
}

fn is_directory(path: &str) -> bool {
    path.is_empty() || path.ends_with('/') || path == "." || path.ends_with("/.") || path.ends_with("..")
}

fn shown(step: &CopyStep) -> String {
    let sources: Vec<&str> = step.copy.values.iter().map(|source| source.raw.as_str()).collect();
    let from = step.from.as_ref().map(|from| format!("{}:", from.raw)).unwrap_or_default();
    format!("{from}{}", sources.join(" "))
}

/// What a step is called that has no name, as a name for it.
pub(crate) fn title(step: &CopyStep) -> Template {
    titled(&format!("copy {}", shown(step)), step.to.as_ref(), step.span)
}

/// A name of what is done, and where to.
pub(super) fn titled(what: &str, to: Option<&Template>, span: Span) -> Template {
    let here = Template::literal(".", span);
    Template::literal(what, span).joined(" ", to.unwrap_or(&here))
}

#[cfg(test)]
mod tests {
    use super::may_meet;

    #[test]
    fn a_pattern_meets_what_it_may_match_above_and_below() {
        for (pattern, path) in
            [("lib", "lib/package.json"), ("lib/x", "lib"), (".e*", ".env"), ("**/x", "a"), ("a/*/c", "a/b")]
        {
            assert!(may_meet(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("node_modules", "package.json"),
            (".env*", ".npmrc"),
            ("lib", "library"),
            ("a/b", "a/c"),
            ("a/*/c", "b"),
        ] {
            assert!(!may_meet(pattern, path), "{pattern} {path}");
        }
    }
}
