//! Which image is in a file: its config, and its layers from the lowest up.

use std::collections::BTreeSet;

use buildkit_llb::Platform;
use serde_json::Value;

use super::Trouble;
use super::store::Store;

/// How deep an index may be in another one.
const DEEPEST: usize = 4;

/// The most images of an index that are looked at.
const MOST_IMAGES: usize = 1000;

/// The most layers of an image: far above what any storage driver holds.
const MOST_LAYERS: usize = 1000;

/// An image.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) name: String,
    pub(super) platform: Platform,
    pub(super) layers: Vec<Layer>,
}

/// A layer, as it is described.
#[derive(Debug)]
pub(super) struct Layer {
    /// Where it is in the store.
    pub(super) part: String,
    /// The digest of its archive, without compression.
    pub(super) diff_id: String,
    /// The step that made it.
    pub(super) step: String,
}

/// An image by the parts that it is made of.
struct Candidate {
    name: Option<String>,
    config: Config,
    layers: Vec<String>,
    platform: Platform,
}

/// Where the config of an image is. It is read again for the one that is meant: those of all could fill the memory.
struct Config {
    part: String,
    digest: Option<String>,
}

/// Finds the image in a store; of several the one for a platform.
pub(super) fn find(store: &Store, platform: Option<&Platform>) -> Result<Manifest, Trouble> {
    let mut found = Vec::new();
    if store.has("index.json") {
        let mut seen = BTreeSet::new();
        indexed(store, &store.json("index.json", None)?, None, 0, &mut seen, &mut found)?;
    }
    if found.is_empty() && store.has("manifest.json") {
        saved(store, &mut found)?;
    }
    if found.is_empty() {
        return Err(
            "there is no image in it: it has neither an index.json nor a manifest.json that names one, as \
                    `docker save` and `docker buildx build --output type=oci` write them"
                .to_owned(),
        );
    }
    manifest(store, chosen(found, platform)?)
}

/// The one that is meant.
fn chosen(mut found: Vec<Candidate>, platform: Option<&Platform>) -> Result<Candidate, Trouble> {
    let listed = |found: &[Candidate]| {
        let platforms: BTreeSet<String> = found.iter().map(|image| image.platform.to_string()).collect();
        platforms.into_iter().collect::<Vec<_>>().join(", ")
    };
    let all = listed(&found);
    if let Some(platform) = platform {
        found.retain(|image| image.platform == *platform);
    }
    match (found.pop(), found.is_empty(), platform) {
        (Some(only), true, _) => Ok(only),
        (None, _, Some(platform)) => Err(format!("it has no image for {platform}: it has one for {all}")),
        (Some(_), false, None) if all.contains(", ") => {
            Err(format!("it has images for {all}: say by `--platform` which one is meant"))
        }
        _ => Err("it has several images: save the one that is meant by itself".to_owned()),
    }
}

/// The images of an index, and of those in it.
fn indexed(
    store: &Store,
    index: &Value,
    name: Option<&str>,
    depth: usize,
    seen: &mut BTreeSet<String>,
    found: &mut Vec<Candidate>,
) -> Result<(), Trouble> {
    for described in array(index, "manifests") {
        let annotation = |key: &str| described.get("annotations")?.get(key)?.as_str();
        let digest = described.get("digest").and_then(Value::as_str).unwrap_or_default();
        let part = blob(digest)?;
        // What tells about an image is none, and what of an index has not been saved is not there.
        let is_other = annotation("vnd.docker.reference.type").is_some();
        if is_other || !store.has(&part) || !seen.insert(digest.to_owned()) {
            continue;
        }
        if seen.len() > MOST_IMAGES || depth > DEEPEST {
            return Err("its index has no end".to_owned());
        }
        let own = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];
        let name = own.iter().find_map(|key| annotation(key)).or(name);
        let content = store.json(&part, Some(digest))?;
        if content.get("manifests").is_some() {
            indexed(store, &content, name, depth + 1, seen, found)?;
            continue;
        }
        let digest = content.get("config").and_then(|config| config.get("digest")?.as_str());
        let digest = digest.unwrap_or_default();
        let config = Config { part: blob(digest)?, digest: Some(digest.to_owned()) };
        let layers = array(&content, "layers")
            .map(|layer| blob(layer.get("digest").and_then(Value::as_str).unwrap_or_default()));
        let layers = layers.collect::<Result<_, _>>()?;
        found.extend(Candidate::new(store, name.map(str::to_owned), config, layers)?);
    }
    Ok(())
}

/// The images that `docker save` lists.
fn saved(store: &Store, found: &mut Vec<Candidate>) -> Result<(), Trouble> {
    let list = store.json("manifest.json", None)?;
    for image in list.as_array().into_iter().flatten().take(MOST_IMAGES) {
        let part = image.get("Config").and_then(Value::as_str).unwrap_or_default();
        // Its name is its digest, in both of the forms that Docker has had.
        let hex = part.rsplit('/').next().unwrap_or_default().trim_end_matches(".json");
        let digest = Some(format!("sha256:{hex}")).filter(|digest| blob(digest).is_ok());
        let config = Config { part: part.to_owned(), digest };
        let name = array(image, "RepoTags").next().and_then(Value::as_str).map(str::to_owned);
        let layers = array(image, "Layers").filter_map(Value::as_str).map(str::to_owned).collect();
        found.extend(Candidate::new(store, name, config, layers)?);
    }
    Ok(())
}

impl Candidate {
    /// An image; `None` where its config is not that of one.
    fn new(
        store: &Store,
        name: Option<String>,
        config: Config,
        layers: Vec<String>,
    ) -> Result<Option<Self>, Trouble> {
        if layers.len() > MOST_LAYERS {
            return Err(format!("the image has more than {MOST_LAYERS} layers"));
        }
        let platform = platform(&config.read(store)?);
        Ok(platform.map(|platform| Self { name, config, layers, platform }))
    }
}

impl Config {
    fn read(&self, store: &Store) -> Result<Value, Trouble> {
        store.json(&self.part, self.digest.as_deref())
    }
}

/// The platform that a config names, if it is one of an image.
fn platform(config: &Value) -> Option<Platform> {
    let text = |key: &str| config.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let parts = [text("os")?, text("architecture")?].into_iter().chain(text("variant"));
    let platform = Platform::parse(&parts.collect::<Vec<_>>().join("/")).ok()?;
    (platform.os != "unknown").then_some(platform)
}

fn manifest(store: &Store, image: Candidate) -> Result<Manifest, Trouble> {
    let Candidate { name, config, layers, platform } = image;
    let config = config.read(store)?;
    let diff_ids = config.get("rootfs").map(|rootfs| array(rootfs, "diff_ids").filter_map(Value::as_str));
    let diff_ids: Vec<&str> = diff_ids.into_iter().flatten().collect();
    if diff_ids.len() != layers.len() {
        return Err(format!(
            "the image has {} layers, and its config names {}",
            layers.len(),
            diff_ids.len()
        ));
    }
    let makes_layer = |step: &&Value| step.get("empty_layer").and_then(Value::as_bool) != Some(true);
    let history: Vec<&Value> = array(&config, "history").filter(makes_layer).collect();
    let steps = (0..layers.len()).map(|at| {
        let made = history.get(at).filter(|_| history.len() == layers.len());
        let made =
            made.and_then(|step| step.get("created_by")?.as_str()).map(step).filter(|it| !it.is_empty());
        made.unwrap_or_else(|| format!("layer {}", at + 1))
    });
    let layers = layers.iter().zip(&diff_ids).zip(steps).map(|((part, diff_id), step)| Layer {
        part: part.clone(),
        diff_id: (*diff_id).to_owned(),
        step,
    });
    let layers = layers.collect();
    Ok(Manifest { name: name.unwrap_or_else(|| "image".to_owned()), platform, layers })
}

/// A step of an image's history as people would write it.
fn step(created_by: &str) -> String {
    let step = created_by.trim().trim_end_matches("# buildkit");
    let step =
        step.strip_prefix("/bin/sh -c #(nop)").or_else(|| step.strip_prefix("/bin/sh -c ")).unwrap_or(step);
    step.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn array<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// Where an OCI layout has what has a digest.
fn blob(digest: &str) -> Result<String, Trouble> {
    let hex = digest.strip_prefix("sha256:").filter(|hex| hex.len() == 64);
    let hex = hex.filter(|hex| hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    hex.map(|hex| format!("blobs/sha256/{hex}")).ok_or_else(|| format!("`{digest}` is no digest of sha256"))
}
