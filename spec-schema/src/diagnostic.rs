//! What is wrong with a spec, and where.

use crate::span::Span;

/// One fault of a spec: a place, a sentence, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The text that is wrong.
    pub span: Span,
    /// What is wrong: lower case, names in backticks, no full stop.
    pub message: String,
    /// What to do: the nearest known name, the form that is expected.
    pub help: Option<String>,
    /// Other places that matter, each with a word on why.
    pub related: Vec<(Span, String)>,
    /// Lines of somebody else, such as the output of a program.
    pub quoted: Vec<String>,
}

impl Diagnostic {
    /// A fault at `span`.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None, related: Vec::new(), quoted: Vec::new() }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds what to do where there is something to say.
    #[must_use]
    pub fn help_opt(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn related(mut self, span: Span, note: impl Into<String>) -> Self {
        self.related.push((span, note.into()));
        self
    }

    /// Adds lines of somebody else.
    #[must_use]
    pub fn quoting(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.quoted.extend(lines);
        self
    }
}

/// The faults found so far. A phase goes on after a fault, so that one run reports them all.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Faults {
    found: Vec<Diagnostic>,
}

impl Faults {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fault. The same fault at the same place counts once where it comes soon again, as from an alias.
    pub fn push(&mut self, fault: Diagnostic) {
        if self.found.iter().rev().take(32).all(|known| *known != fault) {
            self.found.push(fault);
        }
    }

    /// True while nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// The faults in the order of their places, each once.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        let place = |fault: &Diagnostic| (fault.span.file, fault.span.start, fault.span.end);
        self.found.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.message.cmp(&b.message)));
        self.found.dedup();
        self.found
    }

    /// [`did_you_mean`], as long as there are so few faults that somebody may read it.
    pub fn did_you_mean<'a>(&self, wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
        if self.len() < MAX_HELPED { did_you_mean(wrong, known) } else { None }
    }

    /// Moves all of `other` here.
    pub fn append(&mut self, other: Faults) {
        for fault in other.found {
            self.push(fault);
        }
    }
}

/// Faults after which names are no longer compared: a message tells far fewer.
const MAX_HELPED: usize = 200;

/// The most names that a wrong one is compared with.
const MAX_COMPARED: usize = 500;

/// The longest wrong name, in bytes, that is compared with others.
const MAX_COMPARED_LENGTH: usize = 200;

/// The known name that `wrong` was most likely meant to be, if one is near.
///
/// Near means a normalised Damerau-Levenshtein similarity of at least 0.6, letter case aside. Of very many names only
/// the first are looked at, and nothing is near a very long one: no spec keeps a build busy with this.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wrong.len() > MAX_COMPARED_LENGTH {
        return None;
    }
    let wrong = wrong.to_lowercase();
    known
        .into_iter()
        .take(MAX_COMPARED)
        .filter(|name| name.len() <= 2 * wrong.len() && wrong.len() <= 2 * name.len())
        .map(|name| (strsim::normalized_damerau_levenshtein(&wrong, &name.to_lowercase()), name))
        .filter(|(score, _)| *score >= 0.6)
        // Of equals the first: `max_by` would take the last.
        .fold(None, |best: Option<(f64, &str)>, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        })
        .map(|(_, name)| name)
}

/// "did you mean `x`?" for the nearest of the known names.
pub fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(wrong, known).map(|name| format!("did you mean `{name}`?"))
}

/// Names in backticks, joined by commas and a last "or".
pub fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.pop() {
        None => String::new(),
        Some(last) if names.is_empty() => last,
        Some(last) => format!("{} or {last}", names.join(", ")),
    }
}
