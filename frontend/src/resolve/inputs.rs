//! Graphs that the client handed over for named contexts, with the image configs that go with them.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use buildkit_llb::Definition;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::Span;

use crate::entrypoint::Entrypoint;
use crate::external::{Input, Inputs, Origin};
use crate::image_config::ImageConfig;
use crate::opts::FrontendOpts;
use crate::select::Selection;

/// Where the metadata of an input has the image config.
const CONFIG_KEY: &str = "containerimage.config";

/// The inputs that selections name. One that is not there, or cannot be read, is a fault.
pub(super) fn inputs(
    opts: &FrontendOpts,
    entrypoint: &Entrypoint,
    selections: &[Selection],
    faults: &mut Faults,
) -> Inputs {
    let mut inputs = Inputs::new();
    for (external, span) in selections.iter().flat_map(Selection::externals) {
        let Origin::Input(name) = &external.origin else { continue };
        match input(opts, entrypoint, name) {
            Ok(input) => {
                inputs.insert(name.clone(), input);
            }
            Err(why) => {
                let message = format!("the input `{name}` cannot be used: {why}");
                faults.push(Diagnostic::new(span, message));
            }
        }
    }
    inputs
}

/// The graph of the frontend's own image, where selections take anything from there; a fault where that cannot be had.
///
/// The daemon hands it out just as it has started it, so that it needs no look-up and is the same to the byte.
pub(super) fn own_image(
    opts: &FrontendOpts,
    selections: &[Selection],
    faults: &mut Faults,
) -> Option<Definition> {
    let externals = selections.iter().flat_map(Selection::externals);
    let wanted = externals.filter(|(external, _)| external.origin == Origin::Frontend).map(|(_, span)| span);
    let places: BTreeSet<Span> = wanted.collect();
    let first = *places.first()?;
    match Definition::from_bytes(&opts.own_image) {
        Ok(definition) if !definition.is_empty() => Some(definition),
        Ok(_) => {
            for place in places {
                let message =
                    "this needs a program of the frontend's image, which this daemon does not hand out";
                let fault = Diagnostic::new(place, message);
                faults.push(fault.help("BuildKit hands it out since 0.10: Docker 23.0, or a builder made by `docker buildx create`"));
            }
            None
        }
        Err(why) => {
            let message = format!("the daemon's description of the frontend's image cannot be read: {why}");
            faults.push(Diagnostic::new(first, message));
            None
        }
    }
}

fn input(opts: &FrontendOpts, entrypoint: &Entrypoint, name: &str) -> Result<Input, String> {
    let definition = entrypoint.inputs.get(name).ok_or("the client did not hand it over")?;
    let definition = definition.clone().try_into().map_err(|error| format!("{error}"))?;
    let config = opts.input_metadata.get(name).map(|json| config(json)).transpose()?.flatten();
    Ok(Input { definition, config })
}

/// The image config in the metadata of an input: JSON of base64 values.
fn config(json: &str) -> Result<Option<ImageConfig>, String> {
    let metadata: BTreeMap<String, String> =
        serde_json::from_str(json).map_err(|error| format!("its metadata cannot be read: {error}"))?;
    let Some(config) = metadata.get(CONFIG_KEY) else { return Ok(None) };
    let config =
        STANDARD.decode(config).map_err(|error| format!("its image config is no base64: {error}"))?;
    ImageConfig::parse(&config).map(Some).map_err(|error| error.to_string())
}
