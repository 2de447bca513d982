//! Graphs that the client handed over for named contexts, with the image configs that go with them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use buildkit_llb::Definition;
use spec_schema::diagnostic::{Diagnostic, Faults};

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
    for (external, span) in selections.iter().flat_map(Selection::all_externals) {
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

/// The graph of the frontend's own image, where selections take anything from there and the daemon hands it out.
///
/// It does so just as it has started the frontend, so that this needs no look-up and is the same to the byte.
pub(super) fn own_image(
    opts: &FrontendOpts,
    selections: &[Selection],
    faults: &mut Faults,
) -> Option<Definition> {
    let mut externals = selections.iter().flat_map(Selection::externals);
    let (_, place) = externals.find(|(external, _)| external.origin == Origin::Frontend)?;
    match Definition::from_bytes(&opts.own_image) {
        Ok(definition) => Some(definition).filter(|definition| !definition.is_empty()),
        Err(why) => {
            let message = format!("the daemon's description of the frontend's image cannot be read: {why}");
            faults.push(Diagnostic::new(place, message));
            Some(Definition::default())
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
