//! Questions that the client asks instead of a build: `--call=METHOD`, `--check`.
//!
//! Answers have the JSON that `BuildKit`'s `frontend/subrequests` defines, which buildx prints.

mod audit;
pub(crate) mod convert;
mod describe;
pub(crate) mod expand;
pub(crate) mod explain;
pub(crate) mod graph;
pub(crate) mod lint;
mod lock;
mod outdated;
mod outline;
mod report;
pub(crate) mod sarif;
mod targets;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spec_schema::diagnostic::{did_you_mean, one_of};
use spec_schema::span::Span;

use crate::gateway::{BuildResult, Failure, Gateway};
use crate::graph::Format;
use crate::opts::FrontendOpts;
use crate::source::SpecFiles;
use crate::weight::{html, text};

/// The version of the answers' form.
const VERSION: &str = "1.0.0";

/// A question that is answered here.
struct Method {
    /// The value of the option `requestid`.
    name: &'static str,
    /// What the answer tells.
    description: &'static str,
    /// Whether the answer depends on `--target`.
    takes_target: bool,
}

const METHODS: &[Method] = &[
    Method {
        name: "frontend.lint",
        description: "Check the spec for faults, and for what an expert would not let pass",
        takes_target: true,
    },
    Method {
        name: "frontend.check.sarif",
        description: "The same as SARIF, which code hosts show beside the lines",
        takes_target: true,
    },
    Method {
        name: "frontend.outline",
        description: "List what a build of the target can be given",
        takes_target: true,
    },
    Method {
        name: "frontend.targets",
        description: "List the stages that can be built",
        takes_target: false,
    },
    Method {
        name: "frontend.expand",
        description: "Write the spec in full: what it includes and what is short in it",
        takes_target: false,
    },
    Method {
        name: "frontend.explain",
        description: "Tell what a build of the target comes to: its order, and what each step needs and depends on",
        takes_target: true,
    },
    Method {
        name: "frontend.graph",
        description: "Draw the stages as a Mermaid flow chart",
        takes_target: true,
    },
    Method { name: "frontend.graph.dot", description: "Draw the stages for Graphviz", takes_target: true },
    Method { name: "frontend.graph.svg", description: "Draw the stages as a picture", takes_target: true },
    Method {
        name: "frontend.lock",
        description: "Write the lock file: the digest of every image, the commit or checksum of every other source",
        takes_target: false,
    },
    Method {
        name: "frontend.outdated",
        description: "List what is locked, and what has moved since",
        takes_target: false,
    },
    Method {
        name: "frontend.report",
        description: "Build the target, and tell what its image is made of and what is to be said against it",
        takes_target: true,
    },
    Method {
        name: "frontend.report.html",
        description: "The same as a page for browsers",
        takes_target: true,
    },
    Method {
        name: "frontend.schema",
        description: "Write the JSON Schema of specs, for editors",
        takes_target: false,
    },
    Method {
        name: "frontend.convert",
        description: "Write the Dockerfile as a build spec",
        takes_target: false,
    },
    Method {
        name: "frontend.audit",
        description: "Tell what is against the lint rules in the Dockerfile, and what to do about it",
        takes_target: true,
    },
    Method {
        name: "frontend.audit.sarif",
        description: "The same as SARIF, which code hosts show beside the lines",
        takes_target: true,
    },
    Method {
        name: "frontend.subrequests.describe",
        description: "List these questions",
        takes_target: false,
    },
];

/// The answer to a question, as metadata of a result without files.
pub(crate) async fn answer(
    gateway: &Gateway,
    opts: &FrontendOpts,
    request: &str,
) -> Result<BuildResult, Failure> {
    match request {
        "frontend.subrequests.describe" => Ok(describe::describe()),
        "frontend.targets" => targets::targets(gateway, opts).await,
        "frontend.outline" => outline::outline(gateway, opts).await,
        "frontend.expand" => expand::expand(gateway, opts).await,
        "frontend.convert" => convert::convert(gateway, opts).await,
        "frontend.audit" => audit::audit(gateway, opts, audit::TOLD).await,
        "frontend.audit.sarif" => audit::audit(gateway, opts, audit::SARIF).await,
        "frontend.explain" => explain::explain(gateway, opts).await,
        "frontend.graph" => graph::graph(gateway, opts, Format::Mermaid).await,
        "frontend.graph.dot" => graph::graph(gateway, opts, Format::Dot).await,
        "frontend.graph.svg" => graph::graph(gateway, opts, Format::Svg).await,
        "frontend.lock" => lock::lock(gateway, opts).await,
        "frontend.outdated" => outdated::outdated(gateway, opts).await,
        "frontend.report" => report::report(gateway, opts, text).await,
        "frontend.report.html" => report::report(gateway, opts, html).await,
        "frontend.schema" => Ok(schema()),
        "frontend.check.sarif" => lint::lint(gateway, opts, sarif::log).await,
        "frontend.lint" => lint::lint(gateway, opts, lint::checked).await,
        _ => Err(unknown(request)),
    }
}

/// A question that is none of ours. Clients look for the first words.
fn unknown(request: &str) -> Failure {
    let names = || METHODS.iter().map(|method| method.name.trim_start_matches("frontend."));
    let help = did_you_mean(request.trim_start_matches("frontend."), names())
        .unwrap_or_else(|| format!("known methods: {}", one_of(names())));
    let failure = Failure::unsupported_request(request);
    Failure { message: format!("{}\n  help: {help}", failure.message), ..failure }
}

/// What is told, for programs and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// As JSON.
    pub(crate) json: String,
    /// As text.
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn new(json: &Value, text: String) -> Self {
        Self { json: format!("{json:#}"), text }
    }
}

/// The JSON Schema of specs: JSON is the only form that it has.
fn schema() -> BuildResult {
    let json = spec_schema::SCHEMA.trim_end().to_owned();
    Answer { json, text: spec_schema::SCHEMA.to_owned() }.into()
}

/// A result of nothing but an answer.
impl From<Answer> for BuildResult {
    fn from(answer: Answer) -> Self {
        let metadata = BTreeMap::from([
            ("result.json".to_owned(), answer.json.into_bytes()),
            ("result.txt".to_owned(), answer.text.into_bytes()),
            ("version".to_owned(), VERSION.as_bytes().to_vec()),
        ]);
        Self { metadata, ..Self::default() }
    }
}

/// The same of JSON and text.
fn reply(json: &Value, text: String) -> BuildResult {
    Answer::new(json, text).into()
}

/// The first line of a place, as JSON of `pb.Location`, which leaves out the number of the first file.
fn location(files: &SpecFiles, span: Span) -> Value {
    let (line, _) = files.lines(span);
    let mut location = json!({ "ranges": [{ "start": { "line": line }, "end": { "line": line } }] });
    if span.file.0 > 0 {
        location["sourceIndex"] = json!(span.file.0);
    }
    location
}
