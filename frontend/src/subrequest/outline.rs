//! What a build of the target can be given: args, secrets, ssh agents; and the caches that it uses.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use spec_schema::span::Span;

use super::targets::sources;
use super::{location, reply};
use crate::compile::{Compiled, compile};
use crate::gateway::{BuildResult, Failure, Gateway};
use crate::opts::FrontendOpts;
use crate::plan::{Action, BuildPlan, MountPlan};
use crate::scope::Lookup;
use crate::source::SpecFiles;
use crate::table::{row, table};

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
    let files = &compiled.files;
    let mut outline = Map::new();
    outline.insert("name".to_owned(), json!(name));
    if !description.is_empty() {
        outline.insert("description".to_owned(), json!(description));
    }
    let args = args(&compiled);
    outline.insert("args".to_owned(), args.iter().map(Arg::json).collect());
    outline.insert("secrets".to_owned(), named(&uses.secrets, files));
    outline.insert("ssh".to_owned(), named(&uses.agents, files));
    let cache = |(id, need): (&&str, &Need)| json!({ "ID": id, "location": location(files, need.first) });
    outline.insert("cache".to_owned(), uses.caches.iter().map(cache).collect());
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

/// What the steps of a plan use, by name.
#[derive(Default)]
struct Uses<'p> {
    secrets: BTreeMap<&'p str, Need>,
    agents: BTreeMap<&'p str, Need>,
    caches: BTreeMap<&'p str, Need>,
}

/// How steps use something.
struct Need {
    /// Whether any of them fails without it.
    required: bool,
    /// The first of them.
    first: Span,
}

impl<'p> Uses<'p> {
    fn of(plan: &'p BuildPlan) -> Self {
        let mut uses = Self::default();
        for step in plan.steps() {
            let Action::Run(run) = &step.action else { continue };
            for secret in &run.secret_env {
                add(&mut uses.secrets, &secret.id, !secret.optional, step.span);
            }
            for mount in &run.mounts {
                match mount {
                    MountPlan::Secret { id, optional, .. } => {
                        add(&mut uses.secrets, id, !optional, step.span);
                    }
                    MountPlan::Ssh { id, optional, .. } => add(&mut uses.agents, id, !optional, step.span),
                    MountPlan::Cache(cache) => add(&mut uses.caches, &cache.id, true, step.span),
                    MountPlan::Bind { .. } | MountPlan::Tmpfs { .. } | MountPlan::File { .. } => {}
                }
            }
        }
        uses
    }
}

fn add<'p>(uses: &mut BTreeMap<&'p str, Need>, name: &'p str, required: bool, first: Span) {
    uses.entry(name).or_insert(Need { required: false, first }).required |= required;
}

fn named(uses: &BTreeMap<&str, Need>, files: &SpecFiles) -> Value {
    let entry = |(name, need): (&&str, &Need)| json!({ "name": name, "required": need.required, "location": location(files, need.first) });
    uses.iter().map(entry).collect()
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
                uses.iter().map(|(name, need)| row(&[name, if need.required { "true" } else { "" }])),
            );
            blocks.push(rows);
        }
    }
    blocks.iter().map(|rows| table(rows, 3)).collect::<Vec<_>>().join("\n")
}
