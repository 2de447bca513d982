//! The spec in core form.

use serde_json::{Value as Json, json};
use spec_schema::encode::Encode;
use spec_schema::node::{Node, Value};

use super::Answer;
use crate::compile::{Stopped, look, read};
use crate::entrypoint::Entrypoint;
use crate::expand::{self, Core, Open};
use crate::gateway::{BuildResult, Failure, Gateway};
use crate::lock::{self, Lock};
use crate::opts::FrontendOpts;
use crate::parse::Found;
use crate::source::SpecFiles;
use crate::survey::Survey;

/// As YAML and as JSON, each of which is a spec again. Neither args nor images matter, but for what the lock file says of these; what is
/// looked up is what the build context holds for steps that install from lockfiles.
pub(super) async fn expand(gateway: &Gateway, opts: &FrontendOpts) -> Result<BuildResult, Failure> {
    let mut entrypoint = Entrypoint::read(gateway, opts).await?;
    let mut survey = Survey::default();
    let (mut files, spec, mut faults) = read(gateway, opts, &entrypoint, &mut survey).await?;
    let found = std::mem::replace(&mut entrypoint.lock, Found::Nothing(None));
    let lock = lock::read(&entrypoint.filename, found, &mut files, &mut faults);
    look(gateway, opts, &entrypoint, &spec, &mut survey).await?;
    let core = expand::expand(spec, &mut survey);
    core.faults().into_iter().for_each(|fault| faults.push(fault.clone()));
    if !faults.is_empty() {
        return Err(Stopped::Faults(files, faults).into());
    }
    Ok(written(core, lock.as_ref(), &files).into())
}

/// A spec in core form with what is locked, below the line of its first file that names the frontend.
pub(crate) fn written(core: Core, lock: Option<&Lock>, files: &SpecFiles) -> Answer {
    let source = files.iter().next().map(|file| &*file.text).unwrap_or_default();
    let (core, comments) = match lock {
        None => (core, Vec::new()),
        Some(lock) => {
            let (core, open) = core.locked(lock);
            (core, told(&open, lock))
        }
    };
    Answer::new(&json_of(&core.clone().into_spec().encode()), core.into_yaml(source, &comments))
}

/// The lines that tell what is not pinned in the spec itself.
fn told(open: &Open, lock: &Lock) -> Vec<String> {
    if open.is_empty() {
        return Vec::new();
    }
    let head = format!(
        "What only a lock file can pin: keep a copy of {} beside this file, under its name with `{}`.",
        lock.file(),
        lock::SUFFIX
    );
    std::iter::once(head).chain(open.iter().map(|name| format!("- {}", plain(name)))).collect()
}

/// A name that stands in a comment: nothing in it ends the line.
fn plain(name: &str) -> String {
    name.replace(char::is_control, " ")
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
