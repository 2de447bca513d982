//! What to do about a finding, in the words of a spec and of a Dockerfile.

use spec_schema::span::Span;

use super::{Finding, Rule, Subject};

/// What to do about a finding.
#[derive(Debug, Clone)]
pub struct Help {
    spec: String,
    dockerfile: Option<String>,
    better: Vec<String>,
}

/// The same words for both languages.
impl<T: Into<String>> From<T> for Help {
    fn from(text: T) -> Self {
        Self { spec: text.into(), dockerfile: None, better: Vec::new() }
    }
}

impl Help {
    /// What to do in a spec.
    pub(super) fn spec(text: impl Into<String>) -> Self {
        Self::from(text)
    }

    /// What to do in a Dockerfile.
    pub(super) fn dockerfile(self, text: impl Into<String>) -> Self {
        Self { dockerfile: Some(text.into()), ..self }
    }

    /// Lines that the Dockerfile is to have instead.
    pub(super) fn better<L: Into<String>>(self, lines: impl IntoIterator<Item = L>) -> Self {
        Self { better: lines.into_iter().map(Into::into).collect(), ..self }
    }

    /// The finding with what counts in the language of the subject.
    pub(super) fn finding(
        self,
        rule: &'static Rule,
        span: Span,
        detail: String,
        subject: &Subject<'_>,
    ) -> Finding {
        if !subject.is_dockerfile() {
            return Finding { rule, span, detail, help: self.spec, better: Vec::new(), in_spec: None };
        }
        let (help, in_spec) = match self.dockerfile {
            Some(help) => (help, Some(self.spec)),
            None => (self.spec, None),
        };
        Finding { rule, span, detail, help, better: self.better, in_spec }
    }
}
