//! `--target debug`, `--target STAGE+debug`: a stage as it is, with a shell and tools in a layer on top.
//!
//! The stage is added to the spec, in words that a spec could have itself, when the client asks for it and the spec has none of that name.

use spec_schema::Spec;
use spec_schema::decode::Entry;
use spec_schema::diagnostic::Faults;
use spec_schema::spec::Stage;

use crate::mapping::Mapping;
use crate::select::Request;

/// The target that is the default one with tools.
pub const TARGET: &str = "debug";

/// A stage, a source or a named context of this name holds the tools in `/bin`, where there is one.
const TOOLS: &str = "debug-tools";

/// The image that does else: programs that need no libraries.
const IMAGE: &str = "busybox:1.36.1-musl";

/// Where the tools are, last on `PATH`: nothing of the image itself is hidden.
const FOLDER: &str = "/busybox";

/// Adds the stage, where the client asks for one.
pub fn add(spec: &mut Spec, request: &mut Request) {
    let Some(target) = request.target.as_deref() else { return };
    let Some(base) = behind(spec, target, TARGET).map(str::to_owned) else { return };
    let key_span = spec.stages.get_full(&base).map(|(_, entry)| entry.key_span).unwrap_or_default();
    let is_given = spec.stages.declares(TOOLS)
        || spec.sources.declares(TOOLS)
        || request.contexts.names().any(|name| name == TOOLS);
    let tools = if is_given { TOOLS } else { IMAGE };

    let mut env = Mapping::new(key_span);
    env.word("PATH", Some(&format!("$PATH:{FOLDER}")));
    let mut copy = Mapping::new(key_span);
    copy.literal("copy", Some("/bin/"));
    copy.literal("from", Some(tools));
    copy.literal("to", Some(&format!("{FOLDER}/")));
    copy.word("link", Some("true"));
    let mut stage = Mapping::new(key_span);
    stage.literal("from", Some(&base));
    stage.add("env", env.node());
    // They are for images that start from the stage, which this one does in form alone.
    stage.word("reset", Some("onbuild"));
    stage.list("steps", vec![copy.node()]);
    if let Ok(value) = stage.read::<Stage>(&mut Faults::new()) {
        spec.stages.insert(target.to_owned(), Entry { key_span, value });
        request.built = Some(base);
    }
}

/// The stage that a target is about where it is no stage itself, and a word alone or behind a stage and a plus.
pub fn behind<'s>(spec: &'s Spec, target: &str, word: &str) -> Option<&'s str> {
    let named = |name: &str| spec.stages.names().find(|stage| stage.eq_ignore_ascii_case(name));
    if named(target).is_some() || spec.stages.declares(target) {
        return None;
    }
    match target.rsplit_once('+') {
        Some((stage, suffix)) if suffix == word => named(stage),
        None if target.eq_ignore_ascii_case(word) => default_stage(spec),
        _ => None,
    }
}

/// The stage that is built where the client asks for none.
pub fn default_stage(spec: &Spec) -> Option<&str> {
    let default = spec.default.as_ref().map(|default| default.value.as_str());
    default.or_else(|| spec.stages.names().last())
}

/// Whether `debug` is a target for which this stands.
pub fn is_offered(spec: &Spec) -> bool {
    behind(spec, TARGET, TARGET).is_some()
}
