//! What selections name outside of the spec, looked up all at once.

mod images;
mod inputs;

use std::collections::BTreeMap;

use spec_schema::diagnostic::Faults;

use crate::entrypoint::Entrypoint;
use crate::external::LocalDirectory;
use crate::gateway::{Failure, Gateway};
use crate::opts::FrontendOpts;
use crate::resolved::Resolved;
use crate::select::Selection;

/// Looks up images and reads the ignore files of directories, each once, all at the same time.
///
/// What cannot be had is a fault at the first place that names it.
pub async fn resolve(
    gateway: &Gateway,
    opts: &FrontendOpts,
    entrypoint: &Entrypoint,
    selections: &[Selection],
    names: &[&str],
    faults: &mut Faults,
) -> Result<Resolved, Failure> {
    let inputs = inputs::inputs(opts, entrypoint, selections, faults);
    let own_image = inputs::own_image(opts, selections, faults);
    let (images, ignored) = tokio::join!(
        images::images(gateway, opts, selections, names, faults),
        ignored(gateway, entrypoint, selections)
    );
    Ok(Resolved { images, inputs, own_image, ignored: ignored? })
}

async fn ignored(
    gateway: &Gateway,
    entrypoint: &Entrypoint,
    selections: &[Selection],
) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let mut directories: Vec<&LocalDirectory> = selections
        .iter()
        .flat_map(Selection::all_externals)
        .filter_map(|(external, _)| external.local())
        .collect();
    directories.sort_unstable();
    directories.dedup();
    entrypoint.ignored_in(gateway, &directories).await
}
