//! What a build of the target can be given: args, secrets, ssh agents; and the caches that it uses.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::table::{row, table};
use super::targets::sources;
use super::{location, reply};
use crate::compile::{Compiled, compile};
use crate::gateway::{BuildResult, Failure, Gateway};
use crate::opts::FrontendOpts;
use crate::plan::{Action, BuildPlan, MountPlan};
use crate::scope::Lookup;

pub(super) async fn outline(gateway: &Gateway, opts: &FrontendOpts) -> Result<BuildResult, Failure> {
    let compiled = compile(gateway, opts).await?;
    let (Some(selection), Some(plan)) = (compiled.selections.first(), compiled.plans.first()) else {
        return Err(Failure::new("there is no stage to tell about"));
    };
    let spec = compiled.core.spec();
    let stage =
        selection.target().and_then(|stage| spec.stages.get_full(&stage.name).map(|found| (stage, found)));
    let (name, description) = stage.map_or(("", ""), |(stage, (_, entry))| {
        (stage.name.as_str(), entry.value.description.as_ref().map_or("", |description| description.as_str()))
    });
    let uses = Uses::of(plan);
    let mut outline = Map::new();
    outline.insert("name".to_owned(), json!(name));
    if !description.is_empty() {
        outline.insert("description".to_owned(), json!(description));
    }
    let args = args(&compiled);
    outline.insert("args".to_owned(), args.iter().map(Arg::json).collect());
    outline.insert("secrets".to_owned(), named(&uses.secrets));
    outline.insert("ssh".to_owned(), named(&uses.agents));
    outline.insert("cache".to_owned(), uses.caches.keys().map(|id| json!({ "ID": id })).collect());
    outline.insert("sources".to_owned(), json!(sources(&compiled.files)));
    Ok(reply(&Value::Object(outline), text(name, description, &args, &uses)))
}

/// A build arg of the spec.
struct Arg {
    name: String,
    description: String,
    value: String,
    location: Value,
}

impl Arg {
    fn json(&self) -> Value {
        let Self { name, description, value, location } = self;
        json!({ "name": name, "description": description, "value": value, "location": location })
    }
}

fn args(compiled: &Compiled) -> Vec<Arg> {
    let value = |name: &str| match compiled.selections.first().map(|selection| selection.globals.get(name)) {
        Some(Lookup::Value(value)) => value.to_owned(),
        _ => String::new(),
    };
    let described = compiled.core.spec().args.iter().map(|(name, entry)| Arg {
        name: name.to_owned(),
        description: entry
            .value
            .settings
            .description
            .as_ref()
            .map(|text| text.value.clone())
            .unwrap_or_default(),
        value: value(name),
        location: location(&compiled.files, entry.key_span),
    });
    described.collect()
}

/// What the steps of a plan use, each with whether a step fails without it.
#[derive(Default)]
struct Uses<'p> {
    secrets: BTreeMap<&'p str, bool>,
    agents: BTreeMap<&'p str, bool>,
    caches: BTreeMap<&'p str, bool>,
}

impl<'p> Uses<'p> {
    fn of(plan: &'p BuildPlan) -> Self {
        let mut uses = Self::default();
        for step in plan.steps() {
            let Action::Run(run) = &step.action else { continue };
            for secret in &run.secret_env {
                *uses.secrets.entry(&secret.id).or_default() |= !secret.optional;
            }
            for mount in &run.mounts {
                match mount {
                    MountPlan::Secret { id, optional, .. } => {
                        *uses.secrets.entry(id).or_default() |= !optional;
                    }
                    MountPlan::Ssh { id, optional, .. } => *uses.agents.entry(id).or_default() |= !optional,
                    MountPlan::Cache(cache) => *uses.caches.entry(&cache.id).or_default() = true,
                    MountPlan::Bind { .. } | MountPlan::Tmpfs { .. } => {}
                }
            }
        }
        uses
    }
}

fn named(uses: &BTreeMap<&str, bool>) -> Value {
    uses.iter().map(|(name, required)| json!({ "name": name, "required": required })).collect()
}

fn text(name: &str, description: &str, args: &[Arg], uses: &Uses<'_>) -> String {
    let mut blocks = vec![vec![row(&["TARGET:", name])]];
    if !description.is_empty() {
        blocks[0].push(row(&["DESCRIPTION:", description]));
    }
    if !args.is_empty() {
        let mut rows = vec![row(&["BUILD ARG", "VALUE", "DESCRIPTION"])];
        rows.extend(args.iter().map(|arg| row(&[&arg.name, &arg.value, &arg.description])));
        blocks.push(rows);
    }
    for (heading, uses) in [("SECRET", &uses.secrets), ("SSH", &uses.agents)] {
        if !uses.is_empty() {
            let mut rows = vec![row(&[heading, "REQUIRED"])];
            rows.extend(
                uses.iter().map(|(name, required)| row(&[name, if *required { "true" } else { "" }])),
            );
            blocks.push(rows);
        }
    }
    blocks.iter().map(|rows| table(rows, 3)).collect::<Vec<_>>().join("\n")
}
