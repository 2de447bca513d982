//! The core of the language: what is left of a spec when everything short has been said in full.

use spec_schema::Spec;
use spec_schema::decode::text::Template;
use spec_schema::diagnostic::Diagnostic;
use spec_schema::span::Span;
use spec_schema::spec::{
    AddStep, CacheSettings, CopyStep, InstallStep, MkdirStep, RemoveStep, RunStep, SymlinkStep, When,
    WriteStep,
};

/// A spec in core form: no step takes anything from its stage's defaults for `run`, every cache is a directory, and each
/// step is one of [`CoreAction`]. Only [`expand`](super::expand) makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Core {
    /// Everything but the steps. Boxed: whoever waits for the daemon holds it.
    pub(super) spec: Box<Spec>,
    /// The steps of each stage, in the order of the stages.
    pub(super) steps: Vec<Vec<CoreStep>>,
}

impl Core {
    /// The spec; its stages hold no steps, which [`Core::steps`] has.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// What is wrong with the steps that cannot be said in full.
    pub fn faults(&self) -> Vec<&Diagnostic> {
        fn collect<'s>(steps: &'s [CoreStep], faults: &mut Vec<&'s Diagnostic>) {
            for step in steps {
                match &step.action {
                    CoreAction::Impossible(step) => faults.push(&step.fault),
                    CoreAction::Parallel(branches) => {
                        for branch in branches {
                            collect(branch, faults);
                        }
                    }
                    _ => {}
                }
            }
        }
        let mut faults = Vec::new();
        for steps in &self.steps {
            collect(steps, &mut faults);
        }
        faults
    }

    /// The steps of the stage at a position.
    pub fn steps(&self, stage: usize) -> &[CoreStep] {
        self.steps.get(stage).map_or(&[], Vec::as_slice)
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreStep {
    /// What the user calls it.
    pub name: Option<Template>,
    /// For which args it is there.
    pub when: Option<When>,
    /// Where it stands, or what stands for it.
    pub span: Span,
    /// What it does.
    pub action: CoreAction,
}

/// What a step does. `name` and `when` of what it holds are those of the [`CoreStep`], and none themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CoreAction {
    /// Runs a command.
    Run(Box<CoreRun>),
    /// Copies files.
    Copy(Box<CopyStep>),
    /// Adds files from URLs, git repositories and archives.
    Add(Box<AddStep>),
    /// Writes a file.
    Write(Box<WriteStep>),
    /// Makes directories.
    Mkdir(Box<MkdirStep>),
    /// Removes files.
    Remove(Box<RemoveStep>),
    /// Makes a symbolic link.
    Symlink(Box<SymlinkStep>),
    /// Runs branches of steps at the same time.
    Parallel(Vec<Vec<CoreStep>>),
    /// Cannot be said in full, which is a fault only where the step is needed.
    Impossible(Box<Impossible>),
}

/// A step that cannot be said in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impossible {
    /// The step as written.
    pub step: InstallStep,
    /// Why.
    pub fault: Diagnostic,
}

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreRun {
    /// The command with its options; `cache` is empty, and `caches` has what it held.
    pub step: RunStep,
    /// Directories that outlive the build.
    pub caches: Vec<CacheSettings>,
    /// What is probably wrong where the command fails.
    pub doubt: Option<Diagnostic>,
}

impl CoreStep {
    /// Whether the step says that it runs each time.
    pub fn no_cache(&self) -> bool {
        match &self.action {
            CoreAction::Run(run) => run.step.no_cache.as_ref().is_some_and(|no_cache| no_cache.value),
            _ => false,
        }
    }

    /// The `link` of a copy.
    pub fn link(&self) -> Option<bool> {
        match &self.action {
            CoreAction::Copy(copy) => copy.link.as_ref().map(|link| link.value),
            _ => None,
        }
    }
}
