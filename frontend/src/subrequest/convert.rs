//! A Dockerfile as a build spec.

use serde_json::json;

use super::expand::json_of;
use super::{Answer, location};
use crate::convert::{Conversion, SYNTAX, convert as conversion};
use crate::entrypoint::Entrypoint;
use crate::gateway::{BuildResult, Failure, Gateway};
use crate::opts::FrontendOpts;
use crate::report::{DOCKERFILE, failure_of};

/// As YAML that names the frontend as the client did; as JSON with what the spec cannot say.
pub(super) async fn convert(gateway: &Gateway, opts: &FrontendOpts) -> Result<BuildResult, Failure> {
    let Entrypoint { filename, spec, .. } = Entrypoint::read(gateway, opts).await?;
    let text =
        String::from_utf8(spec).map_err(|_| Failure::new(format!("{filename} is not text in UTF-8")))?;
    let converted =
        conversion(&filename, &text).map_err(|(files, faults)| failure_of(&DOCKERFILE, &files, faults))?;
    let syntax = opts.cmdline.as_deref().and_then(|line| line.split_whitespace().next()).unwrap_or(SYNTAX);
    Ok(written(&converted, syntax).into())
}

/// A spec that names this image of the frontend, and its notes.
pub(crate) fn written(converted: &Conversion, syntax: &str) -> Answer {
    let notes = converted.notes.iter();
    let notes: Vec<_> = notes
        .map(|note| json!({ "message": note.text, "location": location(&converted.files, note.span) }))
        .collect();
    let json = json!({ "spec": json_of(converted.tree()), "notes": notes });
    Answer::new(&json, converted.yaml(syntax))
}
