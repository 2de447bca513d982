//! Policies: what an organisation asks of every spec, checked when a spec is compiled.
//!
//! `load` brings them: from the named context `policy`, which the client gives, and from the image that a spec names under `policy`. All of
//! them hold. `apply` puts into the spec what is checked of the finished image, `check` finds what is against them in what has been
//! planned. Both are pure.

mod apply;
mod check;
mod image;
mod load;
mod pattern;
mod read;

use spec_schema::policy::Policy as Written;
use spec_schema::span::Span;

pub(crate) use check::Judged;
pub(crate) use load::{given, load};

use pattern::{ImagePattern, UrlPattern};

/// The file that holds a policy.
pub(crate) const FILE: &str = "policy.yaml";

/// The named context that holds one.
pub(crate) const CONTEXT: &str = "policy";

/// All policies that hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policies(Vec<Policy>);

/// One policy, without contradictions.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    written: Written,
    images: Patterns<ImagePattern>,
    sources: Patterns<UrlPattern>,
    labels: Vec<Label>,
}

/// What may be used and what may not.
#[derive(Debug, Clone)]
struct Patterns<P> {
    /// `None` for everything.
    allow: Option<(Vec<P>, Span)>,
    ban: Vec<P>,
    /// Where the policy asks for digests.
    pinned: Option<Span>,
}

/// A label that an image must have.
#[derive(Debug, Clone)]
struct Label {
    name: String,
    span: Span,
    written: String,
    pattern: regex_lite::Regex,
}

impl Policies {
    /// The names of lint rules that are errors, `all` for all.
    pub(crate) fn lint_errors(&self) -> Vec<String> {
        self.0.iter().flat_map(Policy::lint_errors).collect()
    }
}
