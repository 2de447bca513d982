//! What is scanned besides the image.

use spec_schema::Spec;
use spec_schema::diagnostic::{Diagnostic, Faults, did_you_mean};
use spec_schema::span::Span;

use crate::expand::Core;
use crate::opts;
use crate::scope::Lookup;
use crate::select::{Request, Selection};

/// The arg that has the build context scanned: true, false, or the targets for which.
const CONTEXT: &str = "BUILDKIT_SBOM_SCAN_CONTEXT";

/// The arg that has stages scanned: true, false, or which of them.
const STAGE: &str = "BUILDKIT_SBOM_SCAN_STAGE";

/// What is scanned besides the image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extras {
    /// What the build reads of its context.
    pub context: bool,
    /// Stages that the target needs, by their position in [`Selection::stages`], with their names.
    pub stages: Vec<(usize, String)>,
}

impl Extras {
    /// Whether there is nothing but the image to scan.
    pub fn is_empty(&self) -> bool {
        !self.context && self.stages.is_empty()
    }
}

/// What the two args ask for. The client may set them whether the spec declares them or not.
pub fn extras(core: &Core, request: &Request, selection: &Selection, faults: &mut Faults) -> Extras {
    let Some((target, others)) = selection.stages.split_last() else { return Extras::default() };
    let mut chosen = |arg| Chosen::read(core.spec(), request, selection, arg, faults);
    let (context, stage) = (chosen(CONTEXT), chosen(STAGE));
    let stages = others.iter().enumerate().filter(|(_, other)| stage.covers(&other.name));
    Extras {
        context: selection.reads_context && context.covers(&target.name),
        stages: stages.map(|(position, other)| (position, other.name.clone())).collect(),
    }
}

/// The stages that an arg means.
enum Chosen {
    All,
    Those(Vec<String>),
}

impl Chosen {
    fn read(spec: &Spec, request: &Request, selection: &Selection, arg: &str, faults: &mut Faults) -> Self {
        let value = match selection.globals.get(arg) {
            Lookup::Value(value) => Some(value),
            Lookup::Unset | Lookup::Unknown => request.build_args.get(arg).map(String::as_str),
        };
        let Some(value) = value.filter(|value| !value.is_empty()) else { return Self::Those(Vec::new()) };
        match opts::boolean(value) {
            Ok(true) => Self::All,
            Ok(false) => Self::Those(Vec::new()),
            Err(_) => Self::named(spec, arg, value, faults),
        }
    }

    fn named(spec: &Spec, arg: &str, value: &str, faults: &mut Faults) -> Self {
        let names: Vec<&str> = value.split(',').map(str::trim).collect();
        for name in &names {
            if !spec.stages.names().any(|stage| stage.eq_ignore_ascii_case(name)) {
                let fault = Diagnostic::new(
                    place(spec, arg),
                    format!("there is no stage `{name}`, which `{arg}` names"),
                );
                faults.push(fault.help_opt(did_you_mean(name, spec.stages.names())));
            }
        }
        Self::Those(names.into_iter().map(str::to_owned).collect())
    }

    fn covers(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Those(names) => names.iter().any(|other| other.eq_ignore_ascii_case(name)),
        }
    }
}

/// Where the spec declares the arg; its stages, where only the client set it.
fn place(spec: &Spec, arg: &str) -> Span {
    let arg = spec.args.get_full(arg).map(|(_, entry)| entry.key_span);
    arg.or_else(|| spec.stages.get_index(0).map(|(_, entry)| entry.key_span)).unwrap_or(spec.span)
}
