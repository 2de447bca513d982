//! The stages that can be built.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use spec_schema::Spec;
use spec_schema::decode::Entry;
use spec_schema::spec::Stage;

use super::{location, reply};
use crate::compile::{Stopped, read};
use crate::debug;
use crate::entrypoint::Entrypoint;
use crate::gateway::{BuildResult, Failure, Gateway};
use crate::opts::FrontendOpts;
use crate::scan_target;
use crate::source::SpecFiles;
use crate::survey::Survey;
use crate::table::{row, table};

/// What the target `debug` is, where no stage has that name.
const DEBUG: &str = "the default target with a shell and tools; STAGE+debug for any other one";

/// What the target `scan` is, likewise.
const SCAN: &str = "the reports of what scans the default target; STAGE+scan for any other one";

pub(super) async fn targets(gateway: &Gateway, opts: &FrontendOpts) -> Result<BuildResult, Failure> {
    let entrypoint = Entrypoint::read(gateway, opts).await?;
    let (files, spec, faults) = read(gateway, opts, &entrypoint, &mut Survey::default()).await?;
    if !faults.is_empty() {
        return Err(Stopped::Faults(files, faults).into());
    }
    let default = debug::default_stage(&spec);
    let stages = spec.stages.iter().map(|(name, stage)| target(&files, name, stage, Some(name) == default));
    let stages = stages.chain(standing_for(&files, &spec));
    let json = json!({ "targets": stages.collect::<Vec<_>>(), "sources": sources(&files) });
    Ok(reply(&json, text(&spec, default)))
}

fn target(files: &SpecFiles, name: &str, entry: &Entry<Stage>, default: bool) -> Value {
    let stage = &entry.value;
    let mut target = Map::new();
    target.insert("name".to_owned(), json!(name));
    if default {
        target.insert("default".to_owned(), json!(true));
    }
    if let Some(description) = &stage.description {
        target.insert("description".to_owned(), json!(description.value));
    }
    target.insert("base".to_owned(), json!(stage.from.raw));
    if let Some(platform) = &stage.platform {
        target.insert("platform".to_owned(), json!(platform.raw));
    }
    target.insert("location".to_owned(), location(files, entry.key_span));
    Value::Object(target)
}

/// The targets that stand for something of the default one.
fn offered(spec: &Spec) -> impl Iterator<Item = (&'static str, &'static str)> {
    let debug = debug::is_offered(spec).then_some((debug::TARGET, DEBUG));
    let scan = scan_target::is_offered(spec).then_some((scan_target::TARGET, SCAN));
    debug.into_iter().chain(scan)
}

fn standing_for(files: &SpecFiles, spec: &Spec) -> Vec<Value> {
    let Some((base, entry)) = debug::default_stage(spec).and_then(|base| spec.stages.get_full(base)) else {
        return Vec::new();
    };
    let target = |(name, description)| {
        json!({
            "name": name,
            "description": description,
            "base": spec.stages.get_index(base).map(|(name, _)| name),
            "location": location(files, entry.key_span),
        })
    };
    offered(spec).map(target).collect()
}

fn text(spec: &Spec, default: Option<&str>) -> String {
    let mut rows = vec![row(&["TARGET", "DESCRIPTION"])];
    rows.extend(spec.stages.iter().map(|(name, stage)| {
        let mark = if Some(name) == default { " (default)" } else { "" };
        let description = stage.value.description.as_ref().map_or("", |description| description.as_str());
        row(&[&format!("{name}{mark}"), description])
    }));
    rows.extend(offered(spec).map(|(name, description)| row(&[name, description])));
    table(&rows, 3)
}

/// The files of the spec, each in base64.
pub(super) fn sources(files: &SpecFiles) -> Vec<String> {
    files.iter().map(|file| STANDARD.encode(file.text.as_bytes())).collect()
}
