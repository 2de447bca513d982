//! From the bytes of a policy to what it asks for, with every fault and contradiction.

use regex_lite::Regex;
use spec_schema::decode::text::Text;
use spec_schema::decode::{Decode, OneOrMany};
use spec_schema::diagnostic::{Diagnostic, Faults, did_you_mean};
use spec_schema::policy::Policy as Written;
use spec_schema::span::{Span, Spanned};
use spec_schema::spec::LintErrors;

use super::pattern::Pattern;
use super::{Label, Patterns, Policy};
use crate::lint::{RULES, Rule};
use crate::parse;
use crate::source::SpecFiles;

/// Reads a policy, which becomes one of the spec's files; `None` where it has faults.
pub(super) fn read(name: &str, bytes: Vec<u8>, files: &mut SpecFiles, faults: &mut Faults) -> Option<Policy> {
    let (id, known) = (files.next_id(), faults.len());
    let (text, tree) = parse::about_spec(name, id, bytes, faults);
    files.add(text);
    if tree.is_none() && faults.len() == known {
        let start = Span { file: id, ..Span::default() };
        let fault = Diagnostic::new(start, "this policy is empty, and asks for nothing");
        faults.push(fault.help("it needs a key such as `images: {allow: …}`"));
    }
    let written = Written::decode(&tree?, faults)?;
    let images = written.images.as_ref();
    let images = patterns(
        images.and_then(|images| images.allow.as_ref()),
        images.and_then(|images| images.ban.as_ref()),
        images.and_then(|images| images.pinned.as_ref()),
        faults,
    );
    let sources = written.sources.as_ref();
    let sources = patterns(
        sources.and_then(|sources| sources.allow.as_ref()),
        sources.and_then(|sources| sources.ban.as_ref()),
        sources.and_then(|sources| sources.pinned.as_ref()),
        faults,
    );
    let labels =
        written.labels.iter().filter_map(|(name, entry)| label(name, &entry.value, faults)).collect();
    check_rest(&written, faults);
    // A build is not judged by what is half understood.
    (faults.len() == known).then_some(Policy { written, images, sources, labels })
}

fn patterns<P: Pattern>(
    allow: Option<&OneOrMany<Text>>,
    ban: Option<&OneOrMany<Text>>,
    pinned: Option<&Spanned<bool>>,
    faults: &mut Faults,
) -> Patterns<P> {
    let mut read = |written: &OneOrMany<Text>| -> Vec<P> {
        let mut patterns: Vec<P> = Vec::new();
        for text in &written.values {
            match P::parse(&text.value, text.span) {
                Ok(pattern) => patterns.push(pattern),
                Err(why) => {
                    let message = format!("`{}` is no pattern: {why}", text.value);
                    faults.push(Diagnostic::new(text.span, message));
                }
            }
        }
        patterns
    };
    let allowed = allow.map(|allow| (read(allow), allow.span));
    let banned = ban.map(&mut read).unwrap_or_default();
    for pattern in allowed.iter().flat_map(|(allowed, _)| allowed) {
        let (text, span) = pattern.written();
        let Some(ban) = banned.iter().find(|ban| ban.covers(pattern)) else { continue };
        let (banned, place) = ban.written();
        let message = format!("`{text}` is allowed, and all of it is banned by `{banned}`");
        let fault = Diagnostic::new(span, message).related(place, "the ban");
        faults.push(fault.help("remove one of the two; `ban` counts also where `allow` has the same"));
    }
    let pinned = pinned.filter(|pinned| pinned.value).map(|pinned| pinned.span);
    Patterns { allow: allowed, ban: banned, pinned }
}

fn label(name: &str, pattern: &Text, faults: &mut Faults) -> Option<Label> {
    match Regex::new(&format!("^(?:{})$", pattern.value)) {
        Ok(regex) => {
            let written = pattern.value.clone();
            Some(Label { name: name.to_owned(), span: pattern.span, written, pattern: regex })
        }
        Err(_) => {
            let message = format!("`{}` is not a regular expression", pattern.value);
            faults.push(Diagnostic::new(pattern.span, message).help("`.+` is any value"));
            None
        }
    }
}

fn check_rest(written: &Written, faults: &mut Faults) {
    if let Some(user) = written.user.as_ref().filter(|user| user.value != "non_root") {
        let message = format!("`{}` is nothing that a policy can ask of a user", user.value);
        faults.push(Diagnostic::new(user.span, message).help("write `user: non_root`"));
    }
    if let Some(size) = written.max_size.as_ref().filter(|size| size.value.0 == 0) {
        faults.push(Diagnostic::new(size.span, "nothing fits into an image of this size"));
    }
    let errors = written.lint.as_ref().map(|lint| &lint.error);
    if let Some(LintErrors::Rules(rules)) = errors {
        for name in rules.values.iter().filter(|name| name.value != "all" && Rule::named(name).is_none()) {
            let help = did_you_mean(name, RULES.iter().map(|rule| rule.name));
            let message = format!("there is no lint rule `{}`", name.value);
            faults.push(Diagnostic::new(name.span, message).help_opt(help));
        }
    }
}

impl Policy {
    /// The names of lint rules that are errors.
    pub(super) fn lint_errors(&self) -> Vec<String> {
        match self.written.lint.as_ref().map(|lint| &lint.error) {
            Some(LintErrors::All(true, _)) => vec!["all".to_owned()],
            Some(LintErrors::Rules(rules)) => rules.values.iter().map(|name| name.value.clone()).collect(),
            Some(LintErrors::All(false, _)) | None => Vec::new(),
        }
    }
}
