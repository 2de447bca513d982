//! What a daemon cannot do and nothing else comes to the same: told before anything is solved, in the words of the spec.

use buildkit_llb::MissingCap;
use buildkit_llb::caps::{self, Cap};
use spec_schema::decode::Mode;
use spec_schema::diagnostic::Diagnostic;
use spec_schema::span::Span;

use super::Lowered;
use super::copy::are_plain_with_parents;
use super::secret_env::can_be_read;
use crate::gateway::{CapabilityError, DaemonInfo, MAX_REQUEST};
use crate::permissions::fixed_bits;
use crate::plan::{Action, BuildPlan, FileChange, MountPlan, RunPlan, StepPlan, has_wildcard};
use crate::select::Source;
use crate::source::SpecFiles;

/// What asks for a capability, in the user's words, and what to write instead.
struct Feature {
    words: String,
    help: Option<&'static str>,
}

impl Lowered {
    /// What the daemon cannot do: a fault at each step that asks for it, or where there is more than it takes.
    pub fn missing(&self, daemon: &DaemonInfo, plan: &BuildPlan, files: &SpecFiles) -> Vec<Diagnostic> {
        let supports = |cap: &str| {
            daemon.supports(cap).map_err(|error| match error {
                CapabilityError::Disabled { reason, .. } => Some(reason),
                CapabilityError::Unknown { .. } => None,
            })
        };
        // What scans the result needs all that it needs. Where there is too much, nothing needs all that is there.
        let stages = self.stages.iter().filter(|_| self.too_large.is_some());
        let outputs = stages.copied().chain([self.scans.output.or(self.result)]).flatten();
        let missing = self.graph.missing_caps(outputs, supports);
        let merge = missing.iter().any(|missing| missing.id == caps::MERGE.id());
        let missing = missing.iter().filter(|missing| !(merge && missing.id == caps::DIFF.id()));
        let missing = missing.flat_map(|missing| self.faults(missing, plan, files));
        missing.chain(self.too_large.map(|span| too_large(span, daemon.max_request()))).collect()
    }

    fn faults(&self, missing: &MissingCap, plan: &BuildPlan, files: &SpecFiles) -> Vec<Diagnostic> {
        let steps = plan.stages.iter().flat_map(|stage| &stage.steps);
        let steps = steps.chain(plan.scans().iter().map(|scan| &scan.step));
        let faults: Vec<Diagnostic> = all(steps)
            .flat_map(|step| {
                features(missing.id, &step.action).into_iter().map(|words| fault(missing, step.span, words))
            })
            .collect();
        if !faults.is_empty() {
            return faults;
        }
        let squashed = squashed(missing.id, plan);
        if !squashed.is_empty() {
            return squashed.into_iter().map(|span| fault(missing, span, squash())).collect();
        }
        let location = self.graph.location(missing.op);
        let place = location
            .map(|location| (self.files.iter().position(|id| *id == location.file), location.first_line));
        let at_line = |span: &Span| Some((Some(usize::from(span.file.0)), files.lines(*span).0)) == place;
        let bases = plan.stages.iter().map(|stage| stage.from_span);
        let steps = all(plan.stages.iter().flat_map(|stage| &stage.steps)).map(|step| step.span);
        let span = bases.chain(steps).find(at_line).unwrap_or_default();
        let words = elsewhere(missing.id)
            .map_or_else(|| missing.name.clone().unwrap_or_else(|| "this build".to_owned()), str::to_owned);
        vec![fault(missing, span, Feature { words, help: None })]
    }
}

pub(super) fn too_large(span: Span, limit: usize) -> Diagnostic {
    let message =
        format!("up to here the build has more than {limit} bytes, and this BuildKit takes no more");
    let newer = if limit < MAX_REQUEST { ", or use BuildKit 0.14 or newer" } else { "" };
    Diagnostic::new(span, message).help(format!(
        "each process has all variables of its stage with it: set them where they are needed, by `env` of a step; put large texts into files of the build context, and many small steps into one{newer}"
    ))
}

fn squash() -> Feature {
    Feature {
        words: "`squash` on a base".to_owned(),
        help: Some(
            "a stage from `scratch` that copies `/` of this one has one layer too, with the base in it",
        ),
    }
}

/// Where the stages of the image ask for one layer, if that needs the capability: from scratch, it does not.
fn squashed(id: &str, plan: &BuildPlan) -> Vec<Span> {
    if id != caps::MERGE.id() && id != caps::DIFF.id() {
        return Vec::new();
    }
    let stages = plan.chain().into_iter().filter_map(|at| plan.stages.get(at));
    let stages = stages.filter(|stage| stage.base != Source::Scratch);
    stages.filter_map(|stage| stage.squash.as_ref()).map(|squash| squash.span).collect()
}

/// Steps, and those in the branches of one.
fn all<'a>(steps: impl Iterator<Item = &'a StepPlan>) -> impl Iterator<Item = &'a StepPlan> {
    let mut open: Vec<&StepPlan> = steps.collect();
    open.reverse();
    std::iter::from_fn(move || {
        let step = open.pop()?;
        if let Action::Parallel(branches) = &step.action {
            open.extend(branches.iter().flatten().rev());
        }
        Some(step)
    })
}

fn fault(missing: &MissingCap, span: Span, feature: Feature) -> Diagnostic {
    let MissingCap { id, since, reason, .. } = missing;
    let words = feature.words;
    let message = match reason {
        Some(reason) if !reason.is_empty() => {
            format!("{words} needs `{id}`, which this BuildKit has switched off: {reason}")
        }
        _ => format!(
            "{words} needs `{id}`, which this BuildKit lacks; BuildKit {since} is the first that has it"
        ),
    };
    Diagnostic::new(span, message).help_opt(feature.help.map(str::to_owned))
}

/// What of a step needs a capability.
fn features(id: &str, action: &Action) -> Vec<Feature> {
    match action {
        Action::Files(changes) => changes.iter().flat_map(|change| change_features(id, change)).collect(),
        Action::Run(run) => run_features(id, run),
        Action::Parallel(_) => Vec::new(),
    }
}

fn change_features(id: &str, change: &FileChange) -> Vec<Feature> {
    let is = |cap: Cap| cap.id() == id;
    match change {
        FileChange::Copy { mode: Some(Mode::Symbolic(change)), .. }
        | FileChange::Fetch { mode: Some(Mode::Symbolic(change)), .. }
            if is(caps::FILE_COPY_MODE_STRING) && fixed_bits(change).is_none() =>
        {
            let help = "set the permissions as a whole: `chmod: 0755`, or `chmod: u=rwx,go=rx`";
            vec![Feature { words: format!("`chmod: {change}`"), help: Some(help) }]
        }
        FileChange::Copy { mode: Some(Mode::Octal(bits)), .. }
        | FileChange::Fetch { mode: Some(Mode::Octal(bits)), .. }
        | FileChange::Write { mode: bits, .. }
        | FileChange::Mkdir { mode: bits, .. }
            if is(caps::FILE_COPY_SPECIAL_BITS) && bits & 0o7000 != 0 =>
        {
            let help = Some("set these bits by `run: chmod`");
            vec![Feature { words: format!("`chmod: {bits:04o}`"), help }]
        }
        FileChange::Copy { filter, sources, .. }
            if is(caps::FILE_COPY_PATTERNS) && !are_plain_with_parents(sources, filter) =>
        {
            let parents = sources.iter().any(|source| source.parents_below.is_some());
            let by_name = "name each path without a pattern: such copies it can make";
            let asked = [
                (!filter.include.is_empty(), "`include`", None),
                (!filter.exclude.is_empty(), "`exclude`", None),
                (parents, "`parents`", Some(by_name)),
            ];
            let asked = asked.into_iter().filter(|(asked, ..)| *asked);
            asked.map(|(_, word, help)| Feature { words: format!("{word} of a copy"), help }).collect()
        }
        FileChange::Remove { path, .. } if is(caps::FILE_RM_NO_FOLLOW_SYMLINK) && has_wildcard(path) => {
            let help = Some("name the paths one by one, or remove them by `run`");
            vec![Feature { words: "`remove` with a pattern".to_owned(), help }]
        }
        _ => Vec::new(),
    }
}

fn run_features(id: &str, run: &RunPlan) -> Vec<Feature> {
    let is = |cap: Cap| cap.id() == id;
    if is(caps::EXEC_SECRET_ENV) && !can_be_read(&run.args) {
        let help = "leave `env` out and read the secret from its file; a script for `sh` or `bash` without `-x` can have it in a variable too";
        let words = run.secret_env.iter().map(|secret| format!("`env: {}` of a secret", secret.name));
        return words.map(|words| Feature { words, help: Some(help) }).collect();
    }
    let sized = |mount: &MountPlan| matches!(mount, MountPlan::Tmpfs { size: Some(_), .. });
    let asked = [
        (
            is(caps::EXEC_MOUNT_TMPFS_SIZE) && run.mounts.iter().any(sized),
            "`size` of a tmpfs",
            Some("leave `size` out"),
        ),
        (
            is(caps::EXEC_MOUNT_TMPFS_SIZE) && run.process.shm_size.is_some(),
            "`shm_size`",
            Some("leave it out"),
        ),
        (
            is(caps::EXEC_ULIMIT) && !run.process.ulimits.is_empty(),
            "`ulimits`",
            Some("call `ulimit` in the script"),
        ),
        (is(caps::EXEC_CDI) && !run.process.devices.is_empty(), "`devices`", None),
    ];
    let asked = asked.into_iter().filter(|(asked, ..)| *asked);
    asked.map(|(_, words, help)| Feature { words: words.to_owned(), help }).collect()
}

/// What else needs a capability: an option of the client, or a part of a place outside.
fn elsewhere(id: &str) -> Option<&'static str> {
    let known = [
        (caps::EXEC_ULIMIT, "`--ulimit`"),
        (caps::EXEC_MOUNT_TMPFS_SIZE, "`--shm-size`"),
        (caps::EXEC_CGROUP_PARENT, "`--cgroup-parent`"),
        (caps::SOURCE_OCI_LAYOUT, "`--build-context …=oci-layout://`"),
        (caps::SOURCE_GIT_CHECKSUM, "the checksum of a git repository"),
        (caps::SOURCE_GIT_SKIP_SUBMODULES, "a git repository without its submodules"),
        (caps::SOURCE_GIT_SUBDIR, "a directory of a git repository"),
    ];
    known.iter().find(|(cap, _)| cap.id() == id).map(|(_, words)| *words)
}
