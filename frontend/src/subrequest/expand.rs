//! The spec in core form.

use serde_json::{Value as Json, json};
use spec_schema::encode::Encode;
use spec_schema::node::{Node, Value};

use super::Answer;
use crate::compile::{Stopped, look, read};
use crate::entrypoint::Entrypoint;
use crate::expand::{self, Core};
use crate::gateway::{BuildResult, Failure, Gateway};
use crate::opts::FrontendOpts;
use crate::source::SpecFiles;
use crate::survey::Survey;

/// As YAML and as JSON, each of which is a spec again. Neither args nor images matter; what is looked up is what the build context holds
/// for steps that install from lockfiles.
pub(super) async fn expand(gateway: &Gateway, opts: &FrontendOpts) -> Result<BuildResult, Failure> {
    let entrypoint = Entrypoint::read(gateway, opts).await?;
    let mut survey = Survey::default();
    let (files, spec, mut faults) = read(gateway, opts, &entrypoint, &mut survey).await?;
    look(gateway, opts, &entrypoint, &spec, &mut survey).await?;
    let core = expand::expand(spec, &mut survey);
    core.faults().into_iter().for_each(|fault| faults.push(fault.clone()));
    if !faults.is_empty() {
        return Err(Stopped::Faults(files, faults).into());
    }
    Ok(written(core, &files).into())
}

/// A spec in core form, below the line of its first file that names the frontend.
pub(crate) fn written(core: Core, files: &SpecFiles) -> Answer {
    let source = files.iter().next().map(|file| file.text.clone()).unwrap_or_default();
    Answer::new(&json_of(&core.clone().into_spec().encode()), core.into_yaml(&source))
}

/// A tree as JSON: words of YAML that are numbers and truth values are those.
pub(super) fn json_of(node: &Node) -> Json {
    match &node.value {
        Value::Mapping(entries) => {
            Json::Object(entries.iter().map(|(key, node)| (key.value.clone(), json_of(node))).collect())
        }
        Value::Sequence(items) => items.iter().map(json_of).collect(),
        Value::Scalar(scalar) if scalar.plain => {
            match (scalar.text.parse::<bool>(), scalar.text.parse::<i64>()) {
                (Ok(value), _) => json!(value),
                (_, Ok(value)) if value.to_string() == scalar.text => json!(value),
                _ => json!(scalar.text),
            }
        }
        Value::Scalar(scalar) => json!(scalar.text),
    }
}
