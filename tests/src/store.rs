//! Where the engine keeps images, which decides what of an image can be had out of it.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::docker::docker;
use crate::layout::{digest, parse, read};
use crate::registry::Registry;

/// The image store of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// containerd's: images for several platforms, with attestations; exported as OCI layouts.
    Containerd,
    /// Docker's own, the only one before Docker 24: one platform an image, no attestations, no export from a build.
    Docker,
}

/// The store of the engine in use.
#[track_caller]
pub fn store() -> Store {
    static STORE: OnceLock<Store> = OnceLock::new();
    *STORE.get_or_init(|| {
        let status = docker(["info", "--format", "{{json .DriverStatus}}"]).ok().stdout;
        if status.contains("io.containerd.snapshotter") { Store::Containerd } else { Store::Docker }
    })
}

/// The images of these names as one OCI layout, by way of `docker save`.
#[track_caller]
pub(crate) fn saved(names: &[&str]) -> TempDir {
    let layout = crate::tempdir();
    let manifests: Vec<Value> = names.iter().map(|name| add(layout.path(), name)).collect();
    write(&layout.path().join("index.json"), &bytes(&json!({"schemaVersion": 2, "manifests": manifests})));
    layout
}

/// Adds an image to a layout: the archive of `docker save` has the config and the layers as they are, under names of its own.
#[track_caller]
fn add(layout: &Path, name: &str) -> Value {
    if docker(["image", "inspect", "--format={{len .RootFS.Layers}}", name]).ok().stdout.trim() == "0" {
        return add_empty(layout, name);
    }
    let folder = crate::tempdir();
    let archive = folder.path().join("saved.tar");
    docker([Path::new("save"), Path::new("--output"), &archive, Path::new(name)]).ok();
    let unpacked = fs::File::open(&archive).and_then(|file| tar::Archive::new(file).unpack(folder.path()));
    if let Err(error) = unpacked {
        panic!("the archive of {name}: {error}");
    }
    let images = parse(&read(&folder.path().join("manifest.json")), name);
    let part = |path: &Value| blob(layout, &read(&folder.path().join(path.as_str().unwrap_or_default())));
    let config = part(&images[0]["Config"]);
    let layers: Vec<Value> = images[0]["Layers"].as_array().into_iter().flatten().map(part).collect();
    blob(layout, &bytes(&json!({"schemaVersion": 2, "config": config, "layers": layers})))
}

/// Adds an image without layers, which is its config alone. `docker save` refuses those of Docker's own store, a registry takes them.
#[track_caller]
fn add_empty(layout: &Path, name: &str) -> Value {
    let registry = Registry::shared();
    let pushed = registry.name("empty");
    docker(["tag", name, &pushed]).ok();
    docker(["push", "--quiet", &pushed]).ok();
    let manifest = registry.manifest(&pushed);
    let config = registry.blob(&pushed, digest(&manifest["config"]));
    let config = blob(layout, config.as_bytes());
    blob(layout, &bytes(&json!({"schemaVersion": 2, "config": config, "layers": []})))
}

/// The platforms that flags ask for, `None` alone where they ask for none, and the other flags.
pub(crate) fn without_platforms(flags: &[String]) -> (Vec<Option<String>>, Vec<String>) {
    let mut platforms = Vec::new();
    let mut others = Vec::new();
    let mut flags = flags.iter();
    while let Some(flag) = flags.next() {
        let list = match flag.strip_prefix("--platform") {
            Some("") => flags.next().map(String::as_str),
            Some(value) => value.strip_prefix('='),
            None => None,
        };
        match list {
            Some(list) => platforms.extend(list.split(',').map(|platform| Some(platform.to_owned()))),
            None => others.push(flag.clone()),
        }
    }
    if platforms.is_empty() {
        platforms.push(None);
    }
    (platforms, others)
}

/// Puts a blob into a layout. Its descriptor says no more than the digest.
#[track_caller]
fn blob(layout: &Path, bytes: &[u8]) -> Value {
    let digest = Sha256::digest(bytes).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    write(&layout.join("blobs/sha256").join(&digest), bytes);
    json!({"digest": format!("sha256:{digest}")})
}

fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

#[track_caller]
fn write(path: &Path, bytes: &[u8]) {
    let parent = path.parent().map_or(Ok(()), fs::create_dir_all);
    if let Err(error) = parent.and_then(|()| fs::write(path, bytes)) {
        panic!("{}: {error}", path.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_taken_out_of_flags() {
        let split = |flags: &[&str]| {
            without_platforms(&flags.iter().map(|flag| (*flag).to_owned()).collect::<Vec<_>>())
        };
        let (a, b) = (Some("a".to_owned()), Some("b".to_owned()));
        assert_eq!(split(&["--x"]), (vec![None], vec!["--x".to_owned()]));
        assert_eq!(
            split(&["--platform", "a,b", "--x"]),
            (vec![a.clone(), b.clone()], vec!["--x".to_owned()])
        );
        assert_eq!(split(&["--platform=a", "--platform=b"]), (vec![a, b], vec![]));
    }
}
