//! What a build returns: image configs, and the metadata that exporters read.

use std::collections::BTreeMap;

use buildkit_llb::Platform;
use serde_json::{Value, json};

use crate::epoch::Epoch;
use crate::gateway::{BuildResult, Ref, ResultRefs};
use crate::image_config::ImageConfig;
use crate::plan::{Annotation, BuildPlan, ConfigChange, StagePlan, StepPlan};
use crate::resolved::Resolved;

/// What marks the history entries of this frontend.
const HISTORY_COMMENT: &str = "optfrontend.v1";

/// The image of one platform: its config and, where it starts from an image, that one's.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// The platform.
    pub platform: Platform,
    /// The image config as JSON.
    pub config: Vec<u8>,
    /// The unchanged config of the base image as JSON.
    pub base_config: Option<Vec<u8>>,
    /// Its annotations, and those of the index that it is in.
    pub annotations: Vec<Annotation>,
    /// The time that exporters give to what they make.
    pub epoch: Option<Epoch>,
}

/// The image that a plan makes. `labels` are the client's; `explicit` says that the client named the platform.
pub fn image(
    plan: &BuildPlan,
    resolved: &Resolved,
    labels: &BTreeMap<String, String>,
    explicit: bool,
) -> Image {
    let chain = chain(plan);
    let mut config = config(plan, resolved);
    for (name, value) in labels {
        config.add_to("Labels", name, value.as_str().into());
    }
    if explicit {
        set_platform(&mut config, &plan.platform);
    }
    normalise_platform(&mut config);
    Image {
        platform: plan.platform.clone(),
        epoch: plan.epoch,
        config: config.to_json(),
        base_config: base_config(plan, resolved).map(ImageConfig::to_json),
        annotations: plan
            .annotations
            .iter()
            .chain(chain.iter().flat_map(|stage| &stage.annotations))
            .cloned()
            .collect(),
    }
}

fn chain(plan: &BuildPlan) -> Vec<&StagePlan> {
    plan.chain().into_iter().map(|position| &plan.stages[position]).collect()
}

fn base_config<'r>(plan: &BuildPlan, resolved: &'r Resolved) -> Option<&'r ImageConfig> {
    resolved.config(&chain(plan).first()?.base)
}

/// The files of reports, as an image that nobody runs.
pub fn reports(plan: &BuildPlan) -> Image {
    let mut config = ImageConfig::scratch(&plan.platform);
    normalise_platform(&mut config);
    Image {
        platform: plan.platform.clone(),
        epoch: plan.epoch,
        config: config.to_json(),
        base_config: None,
        annotations: Vec::new(),
    }
}

/// The image config as the spec alone makes it.
pub fn config(plan: &BuildPlan, resolved: &Resolved) -> ImageConfig {
    config_of(plan, plan.stages.len().checked_sub(1), resolved)
}

/// The same for the image of another stage, by its position.
pub fn config_of(plan: &BuildPlan, stage: Option<usize>, resolved: &Resolved) -> ImageConfig {
    let chain: Vec<&StagePlan> =
        plan.chain_of(stage).into_iter().filter_map(|position| plan.stages.get(position)).collect();
    let base = chain.first().and_then(|stage| resolved.config(&stage.base));
    let mut config = base.cloned().unwrap_or_else(|| ImageConfig::scratch(&plan.platform));
    config.remove_root("created");
    add_labels(&mut config, plan);
    let mut env = None;
    for stage in chain {
        // Triggers are for what starts from the one that has them, and not for what starts from that in turn.
        config.remove("OnBuild");
        for change in &stage.config {
            apply(&mut config, change);
            if let ConfigChange::Env(whole) = change {
                env = Some(whole);
            }
            if *change == ConfigChange::Remove("Labels") {
                // A stage drops what it inherits, and not what every image has.
                add_labels(&mut config, plan);
            }
        }
        config.add_history(stage_history(stage, plan.epoch));
    }
    if let Some(env) = env {
        config.set_env(env);
    }
    config
}

fn add_labels(config: &mut ImageConfig, plan: &BuildPlan) {
    for (name, value) in &plan.labels {
        config.add_to("Labels", name, value.as_str().into());
    }
}

fn apply(config: &mut ImageConfig, change: &ConfigChange) {
    match change {
        // Only its place among the keys: each is the whole environment, so the last one is all that there is to write.
        ConfigChange::Env(_) => config.set("Env", Value::Null),
        ConfigChange::Set(key, value) => config.set(key, value.clone()),
        ConfigChange::Add(key, name, value) => config.add_to(key, name, value.clone()),
        ConfigChange::Remove(key) => config.remove(key),
    }
}

/// An entry for each layer; steps whose layers are squashed have none, and are told of before what has them all.
fn stage_history(stage: &StagePlan, epoch: Option<Epoch>) -> Vec<Value> {
    let steps = StepPlan::all(&stage.steps).into_iter().filter(|step| !step.comes_to_nothing());
    let steps = steps.map(|step| history(&step.display, epoch));
    if stage.squash.is_none() {
        return steps.collect();
    }
    let empty = steps.map(|mut entry| {
        entry["empty_layer"] = true.into();
        entry
    });
    empty.chain([history("squash", epoch)]).collect()
}

fn history(display: &str, epoch: Option<Epoch>) -> Value {
    let mut entry = json!({ "created_by": display, "comment": HISTORY_COMMENT });
    if let Some(epoch) = epoch {
        entry["created"] = epoch.rfc3339().into();
    }
    entry
}

/// Makes the config that of an image for the platform that the client named. A variant that only the base image has stays.
fn set_platform(config: &mut ImageConfig, platform: &Platform) {
    let same = config.root_text("os") == Some(&platform.os)
        && config.root_text("architecture") == Some(&platform.architecture);
    config.set_root("architecture", json!(platform.architecture));
    config.set_root("os", json!(platform.os));
    match &platform.variant {
        Some(variant) => config.set_root("variant", json!(variant)),
        None if same => {}
        None => config.remove_root("variant"),
    }
}

/// Base images write one platform in several ways; the image has the one by which daemons compare.
fn normalise_platform(config: &mut ImageConfig) {
    let text = |key| config.root_text(key).map(str::to_owned);
    let (Some(os), Some(architecture)) = (text("os"), text("architecture")) else { return };
    let platform =
        Platform { os, architecture, variant: text("variant"), ..Platform::default() }.normalized();
    config.set_root("architecture", json!(platform.architecture));
    config.set_root("os", json!(platform.os));
    match platform.variant {
        Some(variant) => config.set_root("variant", json!(variant)),
        None => config.remove_root("variant"),
    }
}

/// The result of the build: one image, or one for each platform where a map is asked for.
pub fn result(images: Vec<(Image, Ref)>, map: bool) -> BuildResult {
    let mut metadata = BTreeMap::new();
    let mut refs = BTreeMap::new();
    let mut platforms = Vec::new();
    let mut single = Ref::scratch();
    for (image, reference) in images {
        let id = image.platform.to_string();
        let suffix = if map { format!("/{id}") } else { String::new() };
        metadata.insert(format!("containerimage.config{suffix}"), image.config);
        if let Some(base) = image.base_config {
            metadata.insert(format!("containerimage.base.config{suffix}"), base);
        }
        let annotations =
            image.annotations.into_iter().filter_map(|one| annotation(one, map.then_some(id.as_str())));
        metadata.extend(annotations);
        if let Some(epoch) = image.epoch {
            metadata.insert(format!("source.date.epoch{suffix}"), epoch.seconds().into_bytes());
        }
        platforms.push(json!({ "ID": id, "Platform": oci_platform(&image.platform) }));
        single = reference.clone();
        refs.insert(id, reference);
    }
    let platforms = json!({ "Platforms": platforms });
    metadata.insert("refs.platforms".to_owned(), platforms.to_string().into_bytes());
    let refs = if map { ResultRefs::PerPlatform(refs) } else { ResultRefs::Single(single) };
    BuildResult { refs, metadata, ..BuildResult::default() }
}

/// The key and value by which exporters know an annotation; `platform` in a result of several.
fn annotation(annotation: Annotation, platform: Option<&str>) -> Option<(String, Vec<u8>)> {
    let is_of_index = annotation.is_of_index();
    let Annotation { place, name, value } = annotation;
    let key = match platform {
        // There is no index, and exporters refuse what they are to put on one.
        None if is_of_index => return None,
        Some(platform) if !is_of_index => format!("annotation-{place}[{platform}].{name}"),
        _ => format!("annotation-{place}.{name}"),
    };
    Some((key, value.into_bytes()))
}

/// The platform as OCI writes it.
fn oci_platform(platform: &Platform) -> Value {
    let mut object = serde_json::Map::new();
    object.insert("architecture".to_owned(), json!(platform.architecture));
    object.insert("os".to_owned(), json!(platform.os));
    if let Some(variant) = &platform.variant {
        object.insert("variant".to_owned(), json!(variant));
    }
    if let Some(version) = &platform.os_version {
        object.insert("os.version".to_owned(), json!(version));
    }
    Value::Object(object)
}
