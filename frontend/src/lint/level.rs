//! Which rules count: what the spec says under `lint` and in comments, and the client by a build arg.

use spec_schema::diagnostic::{Diagnostic, Faults, did_you_mean};
use spec_schema::span::{FileId, Span};
use spec_schema::spec::{Lint, LintErrors};

use super::{Finding, RULES, Rule, Standing, Subject};
use crate::dockerfile::file::Dockerfile;

/// What stands for every rule.
const ALL: &str = "all";

/// The start of a comment that switches rules off: on its line or, where nothing else is on that, on the next one.
const COMMENT: &str = "lint: skip=";

/// Which rules count, and how much.
#[derive(Debug, Default)]
pub(super) struct Level {
    skipped: Vec<String>,
    errors: Vec<String>,
    /// What a policy has as errors.
    enforced: Vec<String>,
    comments: Vec<Comment>,
}

/// A comment such as `# lint: skip=RunsAsRoot it opens port 80`.
#[derive(Debug)]
struct Comment {
    file: FileId,
    /// The line that it is for.
    line: u32,
    rules: Vec<String>,
}

impl Level {
    /// What the spec says, or what the client does in its place; a rule that does not exist is a fault.
    pub(super) fn of(subject: &Subject<'_>, override_level: Option<&str>, faults: &mut Faults) -> Self {
        let mut level = match override_level.or_else(|| subject.dockerfile().map(directive)) {
            Some(text) => Self::parse(text),
            None => subject.spec().lint.as_ref().map(|lint| Self::read(lint, faults)).unwrap_or_default(),
        };
        level.comments = comments(subject, faults);
        level.enforced = subject.enforced().to_vec();
        level
    }

    /// The client's words, which Dockerfiles have too: what is unknown there is not ours to judge.
    fn parse(text: &str) -> Self {
        let mut level = Self::default();
        for (key, value) in text.split(';').filter_map(|part| part.split_once('=')) {
            let names = value.split(',').map(|name| name.trim().to_owned());
            match key.trim() {
                "skip" => level.skipped.extend(names),
                "error" if value.trim() == "true" => level.errors.push(ALL.to_owned()),
                _ => {}
            }
        }
        level
    }

    fn read(lint: &Lint, faults: &mut Faults) -> Self {
        let mut level = Self::default();
        for name in lint.skip.iter().flat_map(|skip| &skip.values) {
            known(name, name.span, faults);
            level.skipped.push(name.value.clone());
        }
        match &lint.error {
            Some(LintErrors::All(true, _)) => level.errors.push(ALL.to_owned()),
            Some(LintErrors::Rules(rules)) => {
                for name in &rules.values {
                    known(name, name.span, faults);
                    level.errors.push(name.value.clone());
                }
            }
            Some(LintErrors::All(false, _)) | None => {}
        }
        level
    }

    /// Whether a rule is looked at.
    pub(super) fn counts(&self, rule: &Rule) -> bool {
        let asked = |names: &[String]| {
            rule.standing != Standing::AskedFor || names.iter().any(|name| name == rule.name)
        };
        self.enforces(rule) && asked(&self.enforced) || !has(&self.skipped, rule) && asked(&self.errors)
    }

    /// Whether what a rule finds fails the build.
    pub(super) fn is_error(&self, rule: &Rule) -> bool {
        has(&self.errors, rule) || self.enforces(rule)
    }

    /// Whether a comment says that it is all right.
    pub(super) fn skips(&self, subject: &Subject<'_>, finding: &Finding) -> bool {
        if self.comments.is_empty() || self.enforces(finding.rule) {
            return false;
        }
        let (line, _) = subject.files().lines(finding.span);
        // Above an instruction of a Dockerfile, it is for all of its lines.
        let first = subject.statement_at(finding.span).map(|span| subject.files().lines(span).0);
        self.comments.iter().any(|comment| {
            comment.file == finding.span.file
                && (comment.line == line || Some(comment.line) == first)
                && has(&comment.rules, finding.rule)
        })
    }

    /// Whether a policy has it as an error.
    fn enforces(&self, rule: &Rule) -> bool {
        has(&self.enforced, rule)
    }
}

/// What `# check=` says, which is empty where there is no such line.
fn directive(dockerfile: &Dockerfile) -> &str {
    let check = dockerfile.directives.iter().find(|directive| directive.name == "check");
    check.map_or("", |directive| directive.value.as_str())
}

fn has(names: &[String], rule: &Rule) -> bool {
    names.iter().any(|name| name == ALL || name == rule.name)
}

/// Whether there is such a rule; a fault where there is not.
fn known(name: &str, span: Span, faults: &mut Faults) {
    if name == ALL || Rule::exists(name) {
        return;
    }
    let help = did_you_mean(name, RULES.iter().map(|rule| rule.name));
    faults.push(Diagnostic::new(span, format!("there is no lint rule `{name}`")).help_opt(help));
}

/// The comments of all files that switch rules off.
fn comments(subject: &Subject<'_>, faults: &mut Faults) -> Vec<Comment> {
    let mut comments = Vec::new();
    for (id, file) in (0..).zip(subject.files().iter()) {
        let file_id = FileId(id);
        let mut offset = 0;
        for (line, text) in (1..).zip(file.text.split_inclusive('\n')) {
            if let Some((at, names)) = comment(text) {
                let mut rules = Vec::new();
                let mut at = offset + at;
                for name in names.split(',') {
                    let end = at + name.len();
                    known(name, Span { file: file_id, start: place(at), end: place(end) }, faults);
                    rules.push(name.to_owned());
                    at = end + 1;
                }
                let is_alone = text.trim_start().starts_with('#');
                comments.push(Comment { file: file_id, line: line + u32::from(is_alone), rules });
            }
            offset += text.len();
        }
    }
    comments
}

/// The names in a line's comment, and where they start; what is behind them is the reason.
fn comment(line: &str) -> Option<(usize, &str)> {
    let hash = line.rfind("# lint: ").or_else(|| line.rfind("#lint: "))?;
    let at = hash + line[hash..].find(COMMENT)? + COMMENT.len();
    let names = line[at..].split_whitespace().next()?;
    Some((at, names))
}

fn place(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
