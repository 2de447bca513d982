//! Lint: what is no fault, and yet what an expert would not let pass.
//!
//! A rule is a file of `rules` and a page of `docs/lint`, whose two specs are its test: the rule finds something in the bad one, and no
//! rule finds anything in the good one. Rules have the names of Docker's build checks where they are the same.
//!
//! A Dockerfile that has become a spec with the Dockerfile's places is looked at by the same rules, see [`crate::audit`]: a rule finds in one
//! place, and says in the words of both languages what to do.

mod command;
mod help;
mod image_name;
mod known;
mod level;
mod rules;
mod run;
mod script;
mod subject;

use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::Span;

pub use help::Help;
pub use rules::{DOCKERFILE_RULES, RULES};
pub use subject::{Subject, Target};

use level::Level;

/// Where the pages of the rules are.
const PAGES: &str = "https://github.com/optfrontend/optfrontend/blob/main/docs/lint";

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name, by which a spec switches it off.
    pub name: &'static str,
    /// What it asks for, in a sentence.
    pub description: &'static str,
    /// What it costs not to do so: a part of a sentence.
    pub costs: &'static str,
    /// What it is to a file that says nothing about it.
    pub standing: Standing,
    /// Finds what is against it.
    pub check: fn(&Subject<'_>, &mut Found),
}

/// What a rule is to a file that says nothing about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// What it finds is wrong.
    Pitfall,
    /// What it finds is right, and could be better: an audit tells it apart from what is wrong. In a spec it is told as anything else, since
    /// a client knows one kind of warning.
    Advice,
    /// It counts only where a spec asks for it: what some projects want, and most do not.
    AskedFor,
}

impl Rule {
    /// The page that tells why, and what to do.
    pub fn url(&self) -> String {
        format!("{PAGES}/{}.md", self.name)
    }

    /// The rule of a name, of those that specs have.
    pub fn named(name: &str) -> Option<&'static Self> {
        RULES.iter().copied().find(|rule| rule.name == name)
    }

    /// Whether there is a rule of that name, be it for Dockerfiles alone.
    pub fn exists(name: &str) -> bool {
        RULES.iter().chain(DOCKERFILE_RULES).any(|rule| rule.name == name)
    }
}

/// Something that is against a rule.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// The place.
    pub span: Span,
    /// What is there: a sentence in lower case, without a full stop.
    pub detail: String,
    /// What to do about it, in the language of the file.
    pub help: String,
    /// Lines to write instead, where they are known: those of a Dockerfile.
    pub better: Vec<String>,
    /// Of a Dockerfile, how a spec settles it, where it does so in another way.
    pub in_spec: Option<String>,
}

impl Finding {
    /// The finding in the form of a fault.
    pub fn told(&self) -> Diagnostic {
        Diagnostic::new(self.span, format!("{}: {}", self.rule.name, self.detail)).help(&self.help)
    }
}

/// What a rule finds.
#[derive(Debug, Default)]
pub struct Found(Vec<(Span, String, Help)>);

impl Found {
    /// Adds a place, what is there, and what to do.
    fn add(&mut self, span: Span, detail: impl Into<String>, help: impl Into<Help>) {
        self.0.push((span, detail.into(), help.into()));
    }
}

/// What is against the rules, each in the order of the places.
#[derive(Debug, Default)]
pub struct Findings {
    /// What is told, and no more.
    pub warnings: Vec<Finding>,
    /// What fails the build, by the will of the spec or the client.
    pub errors: Vec<Finding>,
    /// What is not against a rule and could be better, in a Dockerfile: no finding.
    pub advice: Vec<Finding>,
}

impl Findings {
    /// Whether there is nothing, but perhaps advice.
    pub fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    /// Everything, errors first.
    pub fn all(&self) -> impl Iterator<Item = &Finding> {
        self.errors.iter().chain(&self.warnings)
    }

    /// Those that fail the build, as faults.
    pub fn faults(&self) -> Faults {
        let mut faults = Faults::new();
        self.errors.iter().for_each(|finding| faults.push(finding.told()));
        faults
    }
}

/// Finds what is against the rules that count; a rule that the spec names and that does not exist is a fault.
///
/// `instead` is what the client says in the place of the spec: `skip=RULE,RULE;error=true`, as the Dockerfile frontend reads it from the
/// build arg `BUILDKIT_DOCKERFILE_CHECK`.
pub fn lint(subject: &Subject<'_>, instead: Option<&str>, faults: &mut Faults) -> Findings {
    let level = Level::of(subject, instead, faults);
    let mut findings = Vec::new();
    let own = if subject.is_dockerfile() { DOCKERFILE_RULES } else { &[] };
    for rule in RULES.iter().chain(own).copied().filter(|rule| level.counts(rule)) {
        let mut found = Found::default();
        (rule.check)(subject, &mut found);
        let found = found.0.into_iter().map(|(span, detail, help)| help.finding(rule, span, detail, subject));
        findings.extend(found.filter(|finding| !level.skips(subject, finding)));
    }
    findings.sort_by_key(|finding| (finding.span, finding.rule.name));
    findings.dedup_by(|a, b| a.rule.name == b.rule.name && a.span == b.span && a.detail == b.detail);
    let is_advice = |finding: &Finding| subject.is_dockerfile() && finding.rule.standing == Standing::Advice;
    let (advice, findings): (Vec<_>, Vec<_>) = findings.into_iter().partition(is_advice);
    let (errors, warnings) = findings.into_iter().partition(|finding| level.is_error(finding.rule));
    Findings { warnings, errors, advice }
}
