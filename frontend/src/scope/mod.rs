//! Variables: what a name stands for at a place of the spec.

mod env;

use std::cell::Cell;
use std::collections::BTreeSet;

use indexmap::IndexMap;
use spec_schema::decode::text::{Form, Part, Template, Variable};
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::Span;

pub use env::Env;

/// The most bytes that a text may have with its variables replaced: as many as a spec. Args that name each other twice double at each.
const MAX_TEXT: usize = 1 << 20;

/// The most bytes that all texts with variables may have together.
const MAX_TEXTS: usize = 256 << 20;

/// Args and platform args: what is in scope everywhere in a spec.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Globals {
    /// `None`: declared, but without a value.
    values: IndexMap<String, Option<String>>,
    /// Those without a value of which that has been told.
    told: BTreeSet<String>,
    /// The bytes of all texts so far in which variables have been replaced.
    expanded: Cell<usize>,
}

impl Globals {
    /// Sets what a name stands for.
    pub fn set(&mut self, name: impl Into<String>, value: Option<String>) {
        self.values.insert(name.into(), value);
    }

    /// Notes that a fault says of a name that it has no value: to name it is none of its own.
    pub fn tell(&mut self, name: impl Into<String>) {
        self.told.insert(name.into());
    }

    /// What a name stands for.
    pub fn get(&self, name: &str) -> Lookup<'_> {
        match self.values.get(name) {
            None => Lookup::Unknown,
            Some(None) => Lookup::Unset,
            Some(Some(value)) => Lookup::Value(value),
        }
    }

    /// Names and values in the order of declaration.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// A value.
    Value(&'a str),
    /// Nothing yet: a build arg without a default that the client did not set.
    Unset,
    /// The name is not known.
    Unknown,
}

/// What is in scope at one place: an environment, where there is one, before the globals.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    globals: &'a Globals,
    env: Option<&'a Env>,
}

impl<'a> Scope<'a> {
    /// The scope outside of stages.
    pub fn global(globals: &'a Globals) -> Self {
        Self { globals, env: None }
    }

    /// The scope inside a stage or step.
    pub fn within(globals: &'a Globals, env: &'a Env) -> Self {
        Self { globals, env: Some(env) }
    }

    fn get(&self, name: &str) -> Lookup<'a> {
        let nearest = self.env.and_then(|env| env.get(name));
        nearest.map_or_else(|| self.globals.get(name), Lookup::Value)
    }

    /// The text with its variables replaced; `None` once a fault has been recorded.
    pub fn expand(&self, template: &Template, faults: &mut Faults) -> Option<String> {
        if template.parts.is_empty() {
            return Some(template.raw.clone());
        }
        let text = self.parts(&template.parts, template.span, faults)?;
        let before = self.globals.expanded.get();
        self.globals.expanded.set(before + text.len());
        if before + text.len() <= MAX_TEXTS {
            return Some(text);
        }
        // One text is the first that is too much, and told of.
        if before <= MAX_TEXTS {
            let message =
                format!("with their variables, the texts up to here have more than {} MiB", MAX_TEXTS >> 20);
            faults.push(Diagnostic::new(template.span, message));
        }
        None
    }

    fn parts(&self, parts: &[Part], span: Span, faults: &mut Faults) -> Option<String> {
        let mut text = Some(String::new());
        for part in parts {
            let piece = match part {
                Part::Literal(literal) => Some(literal.clone()),
                Part::Variable(variable) => self.variable(variable, faults),
            };
            // Going on after a fault finds the others of the same text.
            text = text.zip(piece).map(|(text, piece)| text + &piece);
            if text.as_ref().is_some_and(|text| text.len() > MAX_TEXT) {
                let message = format!("with its variables, this text is larger than {} MiB", MAX_TEXT >> 20);
                faults.push(Diagnostic::new(span, message));
                return None;
            }
        }
        text
    }

    fn variable(&self, variable: &Variable, faults: &mut Faults) -> Option<String> {
        let found = self.get(&variable.name);
        let value = match found {
            Lookup::Value(value) if !value.is_empty() => Some(value),
            _ => None,
        };
        match &variable.form {
            Form::Plain => match found {
                Lookup::Value(value) => Some(value.to_owned()),
                Lookup::Unset => {
                    if !self.globals.told.contains(&variable.name) {
                        faults.push(without_value(variable));
                    }
                    None
                }
                Lookup::Unknown => {
                    let fault = self.undefined(variable, faults);
                    faults.push(fault);
                    None
                }
            },
            Form::Default(default) => value
                .map_or_else(|| self.parts(default, variable.span, faults), |value| Some(value.to_owned())),
            Form::Alternate(other) => {
                value.map_or_else(|| Some(String::new()), |_| self.parts(other, variable.span, faults))
            }
            Form::Required(message) => {
                if let Some(value) = value {
                    return Some(value.to_owned());
                }
                let message = self.parts(message, variable.span, faults)?;
                faults.push(Diagnostic::new(
                    variable.span,
                    format!("`{}` is not set: {message}", variable.name),
                ));
                None
            }
        }
    }

    fn undefined(&self, variable: &Variable, faults: &Faults) -> Diagnostic {
        let env = self.env.iter().flat_map(|env| env.iter().map(|(name, _)| name));
        let help =
            faults.did_you_mean(&variable.name, self.globals.names().chain(env)).unwrap_or_else(|| {
                "declare it under `args` or `env`; `$$` is a dollar that stays one".to_owned()
            });
        Diagnostic::new(variable.span, format!("the variable `{}` is not defined", variable.name)).help(help)
    }
}

fn without_value(variable: &Variable) -> Diagnostic {
    let name = &variable.name;
    Diagnostic::new(variable.span, format!("the build arg `{name}` has no value"))
        .help(format!("give it one with `--build-arg {name}=VALUE`, by a default under `args`, or here by `${{{name}:-default}}`"))
}

/// The identifiers in a script: what it may mean when it names a variable.
pub fn words(script: &str) -> impl Iterator<Item = &str> {
    script.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}
