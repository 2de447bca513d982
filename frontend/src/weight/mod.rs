//! What an image is made of: `--call=report`. Pure.

pub mod checklist;
mod found;
mod html;
mod map;
mod text;
mod treemap;

use std::collections::BTreeMap;

use serde::Serialize;

pub use found::{Found, Node, Part, Sums};
pub use html::html;
pub use text::text;
pub(crate) use text::{difference, differences};

use self::checklist::Line;
use crate::explain::{Input, external_input, input, location};
use crate::lower::Subject;
use crate::plan::{Action, BuildPlan, FileChange, FileSource, StepPlan};
use crate::resolved::Resolved;
use crate::source::SpecFiles;

/// What the image of one platform is made of. Sizes are bytes of files, uncompressed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// The platform that the image is for.
    pub platform: String,
    /// The stage that is built.
    pub target: String,
    /// The files of the image.
    pub size: u64,
    /// How many they are.
    pub files: u64,
    /// What the stages and images have given to it, in the order of its layers.
    pub contributions: Vec<Contribution>,
    /// Its layers, the base first.
    pub layers: Vec<Layer>,
    /// What is in its layers and covered or removed by others: it is shipped, and nobody sees it.
    pub hidden: u64,
    /// What the build brought in besides.
    pub brought: Vec<Brought>,
    /// How much of that the image does not hold.
    pub left_behind: u64,
    /// Its directories and files, those that are too small for a report left out.
    pub tree: Item,
    /// The checklist.
    pub checklist: Vec<Line>,
    /// In what it differs from the named context `before`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growth: Option<Growth>,
    /// What could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
}

/// What of the image is from a stage or from somewhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contribution {
    /// What it is: `stage`, `image`, `context` or another word.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Bytes of layers.
    pub size: u64,
}

/// A layer, or those of the base together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Layer {
    /// The stage that it is of; none for the base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The step that made it.
    pub step: String,
    /// Where that is written.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub location: String,
    /// Bytes of the files in it.
    pub size: u64,
    /// How many they are.
    pub files: u64,
    /// Bytes of files below that it covers or removes.
    pub covers: u64,
    /// The largest files in it.
    pub largest: Vec<Large>,
}

/// A large file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Large {
    /// Its path.
    pub path: String,
    /// Bytes.
    pub size: u64,
}

/// Something that the build brought in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Brought {
    /// What it is: `stage`, `image`, `context` or another word.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Bytes of its files; of a stage, of those that its steps made.
    pub size: u64,
    /// Bytes of the image's layers that were copied from it.
    pub taken: u64,
}

/// A directory, or a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its name, which ends with a slash where it is a directory.
    pub name: String,
    /// Bytes of the files in it.
    pub size: u64,
    /// How many they are.
    pub files: u64,
    /// The layer that most of it is in, by its position.
    pub layer: usize,
    /// What is in it, the largest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Item>,
}

/// In what an image differs from another one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Growth {
    /// Its name, which ends with a slash where it is a directory.
    pub name: String,
    /// Bytes of the other image's files.
    pub before: u64,
    /// Bytes of this image's files.
    pub after: u64,
    /// How many files are new.
    pub added: u64,
    /// How many have another content.
    pub changed: u64,
    /// How many are gone.
    pub removed: u64,
    /// Where in it, the largest difference first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Growth>,
}

/// What a report is made from, besides what was found.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The plan.
    pub plan: &'a BuildPlan,
    /// What was looked up for it.
    pub resolved: &'a Resolved,
    /// The spec's files.
    pub files: &'a SpecFiles,
}

/// The report of what was found of the subjects, without its checklist.
pub fn report(surroundings: Surroundings<'_>, subjects: &[Subject], found: Found) -> Report {
    let Surroundings { plan, .. } = surroundings;
    let target = plan.stages.last().map(|stage| stage.name.clone()).unwrap_or_default();
    let mut report =
        Report { platform: plan.platform.to_string(), target, errors: found.errors, ..Report::default() };
    let mut origins = Vec::new();
    for (subject, part) in subjects.iter().zip(found.parts) {
        match subject {
            Subject::Base | Subject::Layer { .. } | Subject::Rest => {
                origins.push(surroundings.origin(subject));
                report.layers.push(surroundings.layer(subject, &part));
            }
            Subject::BaseOf(_) | Subject::Stage(_) | Subject::Source(_) => {
                let Input { kind, name, .. } = surroundings.brought(subject);
                report.brought.push(Brought { kind, name, size: part.sums.written, taken: 0 });
            }
            Subject::Image => {
                (report.size, report.files) = (part.sums.after, part.sums.files);
                report.tree = Item::of(part.tree);
            }
            Subject::Growth => report.growth = Some(Growth::of(part.tree, part.sums)),
        }
    }
    report.account(&origins);
    report
}

impl Report {
    /// Says of each layer where it is from, and of what was brought in how much has been taken.
    fn account(&mut self, origins: &[(&'static str, String)]) {
        let mut places: BTreeMap<&(&'static str, String), usize> = BTreeMap::new();
        for (layer, origin) in self.layers.iter().zip(origins) {
            let at = *places.entry(origin).or_insert_with(|| {
                let (kind, name) = origin.clone();
                self.contributions.push(Contribution { kind, name, size: 0 });
                self.contributions.len() - 1
            });
            self.contributions[at].size += layer.size;
            let of = |brought: &&mut Brought| (brought.kind, &brought.name) == (origin.0, &origin.1);
            if let Some(brought) = self.brought.iter_mut().find(of) {
                brought.taken += layer.size;
            }
        }
        self.contributions.retain(|contribution| contribution.size > 0);
        let shipped: u64 = self.layers.iter().map(|layer| layer.size).sum();
        self.hidden = shipped.saturating_sub(self.size);
        let sum = |of: fn(&Brought) -> u64| self.brought.iter().map(of).sum::<u64>();
        self.left_behind = sum(|it| it.size).saturating_sub(sum(|it| it.taken));
    }
}

impl Surroundings<'_> {
    fn step(&self, subject: &Subject) -> Option<&StepPlan> {
        let Subject::Layer { stage, step: Some(step) } = subject else { return None };
        self.plan.stages.get(*stage)?.steps.get(*step)
    }

    /// Where the files of a layer are from: what the step copied from, or else its stage.
    fn origin(&self, subject: &Subject) -> (&'static str, String) {
        let Some(position) = self.stage(subject) else {
            let Input { kind, name, .. } = self.base(0);
            return (kind, name);
        };
        let own = ("stage", self.plan.stages[position].name.clone());
        let Some(Action::Files(changes)) = self.step(subject).map(|step| &step.action) else { return own };
        let from = changes.iter().find_map(|change| match change {
            FileChange::Copy { from: FileSource::Other(source), .. } => {
                Some(input(self.plan, self.resolved, source))
            }
            FileChange::Copy { from: FileSource::Context, .. } => Some(Input::of("context", String::new())),
            FileChange::Fetch { source, .. } => {
                let (kind, name) = external_input(source);
                Some(Input::of(kind, name))
            }
            _ => None,
        });
        from.map_or(own, |Input { kind, name, .. }| (kind, name))
    }

    fn stage(&self, subject: &Subject) -> Option<usize> {
        match subject {
            Subject::Layer { stage, .. } => Some(*stage),
            Subject::Rest => self.plan.stages.len().checked_sub(1),
            _ => None,
        }
    }

    /// What a stage of the image starts from, by its position in the chain.
    fn base(&self, position: usize) -> Input {
        let stage = self.plan.chain().get(position).and_then(|stage| self.plan.stages.get(*stage));
        stage.map_or_else(
            || Input::of("scratch", String::new()),
            |stage| input(self.plan, self.resolved, &stage.base),
        )
    }

    fn layer(&self, subject: &Subject, part: &Part) -> Layer {
        let stage = self.stage(subject).map(|stage| &self.plan.stages[stage]);
        let (step, span) = match (subject, self.step(subject), stage) {
            (_, Some(step), _) => (step.display.clone(), step.span),
            (Subject::Layer { .. }, None, Some(stage)) => {
                let squash = stage.squash.as_ref();
                ("all steps, as one layer".to_owned(), squash.map(|it| it.span).unwrap_or_default())
            }
            (Subject::Rest, ..) => ("the steps above".to_owned(), spec_schema::span::Span::default()),
            _ => {
                let bottom = self.plan.chain().first().map(|position| &self.plan.stages[*position]);
                let base = self.base(0);
                let shown = if base.kind == "scratch" { base.kind } else { base.name.as_str() };
                (format!("from {}", short(shown)), bottom.map(|stage| stage.from_span).unwrap_or_default())
            }
        };
        Layer {
            stage: stage.map(|stage| stage.name.clone()),
            step,
            location: location(self.files, span),
            size: part.sums.written,
            files: part.sums.added + part.sums.changed,
            covers: part.sums.gone,
            largest: part
                .largest
                .iter()
                .map(|(size, path)| Large { path: path.clone(), size: *size })
                .collect(),
        }
    }

    fn brought(&self, subject: &Subject) -> Input {
        let of = |source| input(self.plan, self.resolved, source);
        match subject {
            Subject::BaseOf(position) => of(&self.plan.stages[*position].base),
            Subject::Stage(position) => Input::of("stage", self.plan.stages[*position].name.clone()),
            Subject::Source(FileSource::Other(source)) => of(source),
            _ => Input::of("context", String::new()),
        }
    }
}

/// A name with the beginning of its digest alone.
pub(crate) fn short(name: &str) -> &str {
    const KEPT: usize = "@sha256:".len() + 12;
    name.find("@sha256:").and_then(|at| name.get(..at + KEPT)).unwrap_or(name)
}

impl Item {
    pub(crate) fn of(node: Node) -> Self {
        let Sums { after, files, .. } = node.sums;
        let children = node.children.into_iter().map(Self::of).collect();
        Self { name: node.name, size: after, files, layer: node.layer.unwrap_or_default(), children }
    }
}

impl Growth {
    pub(crate) fn of(node: Node, sums: Sums) -> Self {
        let Sums { before, after, added, changed, removed, .. } = sums;
        let children = node.children.into_iter().map(|node| {
            let sums = node.sums;
            Self::of(node, sums)
        });
        Self { name: node.name, before, after, added, changed, removed, children: children.collect() }
    }
}
