//! Images of Dockerfiles, kept so that a spec on an old engine is held against what a new one makes of the Dockerfile.
//!
//! An old engine's own Dockerfile frontend knows neither `RUN --mount=…,env=` nor `<<EOF`: what a Dockerfile means
//! today cannot be asked of it.

use std::fs;
use std::path::PathBuf;

use crate::image::Platforms;

/// The variable that names the folder where they are kept.
const FOLDER: &str = "OPTFRONTEND_REFERENCES";

/// The image of a Dockerfile that was kept under a name.
pub fn reference(name: &str) -> Option<Platforms> {
    let text = fs::read(file(name)?).ok()?;
    match serde_json::from_slice(&text) {
        Ok(platforms) => Some(platforms),
        Err(error) => panic!("the reference {name}: {error}"),
    }
}

/// Keeps the image of a Dockerfile, where a folder for it is named.
#[track_caller]
pub fn keep_reference(name: &str, platforms: &Platforms) {
    let Some(file) = file(name) else { return };
    let kept = serde_json::to_vec(platforms).map_err(std::io::Error::from).and_then(|text| {
        fs::create_dir_all(file.parent().unwrap_or(&file))?;
        // Under its name only when it is complete.
        let part = file.with_extension("part");
        fs::write(&part, text)?;
        fs::rename(&part, &file)
    });
    if let Err(error) = kept {
        panic!("{}: {error}", file.display());
    }
}

fn file(name: &str) -> Option<PathBuf> {
    Some(PathBuf::from(std::env::var_os(FOLDER)?).join(format!("{name}.json")))
}
