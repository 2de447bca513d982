//! Images of which nothing is known: they are taken for what they have to be for the spec to be right.

use std::collections::BTreeSet;

use buildkit_llb::Definition;
use serde_json::json;
use spec_schema::decode::text::{Form, Template};
use spec_schema::diagnostic::{Diagnostic, Faults, nearest};
use spec_schema::encode::Encode;
use spec_schema::node::{Node, Value};
use spec_schema::span::Span;

use crate::expand::Core;
use crate::image_config::{DEFAULT_PATH, ImageConfig};
use crate::resolved::{BaseImage, Resolved};
use crate::scope::Lookup;
use crate::select::Selection;

/// Keys whose texts are scripts: their variables are the shell's.
const SCRIPTS: [&str; 4] = ["run", "cmd", "entrypoint", "test"];

/// Variables that are told.
const MAX_TOLD: usize = 8;

/// What is taken for granted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Assumed {
    /// Images without anything but the variables that nobody else defines.
    pub(crate) resolved: Resolved,
    /// These variables.
    variables: BTreeSet<String>,
    /// Variables that some `env` of the spec defines: a stage may use one that only another stage has.
    defined: BTreeSet<String>,
    /// The args of the spec.
    declared: BTreeSet<String>,
}

impl Assumed {
    /// What the selections of a spec need.
    pub(crate) fn of(core: &Core, selections: &[Selection]) -> Self {
        let mut names = Names::default();
        names.collect(&core.clone().into_spec().encode());
        let mut assumed = Self::default();
        for selection in selections {
            let is_open = |name: &&String| *name != "PATH" && selection.globals.get(name) == Lookup::Unknown;
            let open = || names.used.iter().filter(is_open);
            let env = open().map(|name| format!("{name}={}", unknown(name)));
            let env: Vec<String> = [format!("PATH={DEFAULT_PATH}")].into_iter().chain(env).collect();
            for (key, _) in selection.images().chain(selection.published_image()) {
                let (os, architecture) = (&key.platform.os, &key.platform.architecture);
                let config = json!({ "os": os, "architecture": architecture, "config": { "Env": env } });
                if let Ok(config) = ImageConfig::parse(config.to_string().as_bytes()) {
                    let reference = key.reference.to_string();
                    assumed.resolved.images.insert(key.clone(), BaseImage { reference, config });
                }
                assumed.variables.extend(open().cloned());
            }
        }
        assumed.defined = names.defined;
        assumed.declared = core.spec().args.names().map(str::to_owned).collect();
        assumed.resolved.own_image = Some(Definition::default());
        assumed
    }

    /// Variables that have to be those of images, in words; nothing where there are none.
    pub(crate) fn variables(&self) -> Option<String> {
        let open: Vec<&String> = self.variables.difference(&self.defined).collect();
        let mut told: Vec<String> = open.iter().take(MAX_TOLD).map(|name| self.told(name)).collect();
        if open.len() > MAX_TOLD {
            told.push(format!("{} more", open.len() - MAX_TOLD));
        }
        match told.as_slice() {
            [] => None,
            [one] => Some(format!("{one} is a variable of theirs")),
            [rest @ .., last] => Some(format!("{} and {last} are variables of theirs", rest.join(", "))),
        }
    }

    /// A variable with what it may have been meant to be.
    fn told(&self, name: &str) -> String {
        let known = self.defined.iter().chain(&self.declared).map(String::as_str);
        nearest(name, known).map_or_else(|| name.to_owned(), |near| format!("{name} (did you mean {near}?)"))
    }

    /// The faults that hold whatever the images are: not those of texts that an image has a part in.
    pub(crate) fn known(&self, faults: Faults) -> Vec<Diagnostic> {
        let names = || self.variables.iter();
        let mut faults = faults.into_sorted();
        faults.retain(|fault| !names().any(|name| fault.message.contains(&unknown(name))));
        faults
    }
}

/// The value of a variable that is not known, which is shown as it is.
fn unknown(name: &str) -> String {
    format!("${name}")
}

/// The variables of a spec.
#[derive(Default)]
struct Names {
    /// Those that have to be defined.
    used: BTreeSet<String>,
    /// Those of any `env`.
    defined: BTreeSet<String>,
}

impl Names {
    fn collect(&mut self, node: &Node) {
        match &node.value {
            Value::Scalar(scalar) => {
                let template = Template::parse(&scalar.text, Span::default(), &[]);
                let variables = template.iter().flat_map(Template::variables);
                let needed =
                    variables.filter(|variable| matches!(variable.form, Form::Plain | Form::Required(_)));
                self.used.extend(needed.map(|variable| variable.name.clone()));
            }
            Value::Sequence(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Mapping(entries) => {
                for (key, value) in entries {
                    if let ("env", Value::Mapping(env)) = (key.value.as_str(), &value.value) {
                        self.defined.extend(env.iter().map(|(name, _)| name.value.clone()));
                    }
                    let is_script =
                        SCRIPTS.contains(&key.value.as_str()) && matches!(value.value, Value::Scalar(_));
                    if !is_script {
                        self.collect(value);
                    }
                }
            }
        }
    }
}
