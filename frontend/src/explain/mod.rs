//! What a plan comes to, told before anything is done: `--call=explain`. Pure.

mod key;
mod order;
mod step;
mod text;
mod verify;

use serde::Serialize;
use spec_schema::span::Span;

pub use text::text;

use crate::plan::{BuildPlan, StagePlan};
use crate::resolved::Resolved;
use crate::scope::Globals;
use crate::select::Source;
use crate::source::SpecFiles;
use order::Order;

/// What is needed besides a plan to explain it.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The spec's files.
    pub files: &'a SpecFiles,
    /// What was looked up.
    pub resolved: &'a Resolved,
    /// Args and platform args.
    pub globals: &'a Globals,
    /// Whether the daemon puts layers together.
    pub merges: bool,
}

/// The plan of one platform.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The platform that the image is for.
    pub platform: String,
    /// The stage that is built.
    pub target: String,
    /// The stages, each after those it uses.
    pub stages: Vec<Stage>,
    /// Stages by how long they wait: those of a group need nothing but the groups before it.
    pub groups: Vec<Vec<String>>,
    /// The most steps that wait for each other.
    pub longest_chain: Vec<Link>,
    /// How many steps there are.
    pub steps: usize,
    /// What is checked of the image before it leaves the build.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub verify: Vec<Check>,
}

/// Something that is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What must hold.
    pub what: String,
    /// Where it stands.
    pub location: String,
}

/// A step of the longest chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Its stage.
    pub stage: String,
    /// What is shown for it.
    pub step: String,
}

/// A stage.
#[derive(Debug, Clone, Serialize)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// What it starts from.
    pub from: Input,
    /// What it is for and its steps run on.
    pub platform: String,
    /// Where the spec names what it starts from.
    pub location: String,
    /// The stages that need it.
    pub used_by: Vec<String>,
    /// Whether its layers are in the image.
    pub in_image: bool,
    /// Whether these are one.
    pub squashed: bool,
    /// What is done, branches one behind the other.
    pub steps: Vec<Step>,
}

/// A step.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// What is shown while it runs.
    pub name: String,
    /// Where it stands.
    pub location: String,
    /// Which of how many branches it is in; these run at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// What it reads besides the files of its stage.
    pub inputs: Vec<Input>,
    /// What a process has mounted.
    pub mounts: Vec<String>,
    /// The network of a process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<&'static str>,
    /// Secrets by their ids, and ssh agents.
    pub secrets: Vec<Secret>,
    /// Whether its layer does not depend on what is below it.
    pub linked: bool,
    /// What its cache key is made of; nothing where it runs each time.
    pub cache_key: Vec<String>,
}

/// Where files come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Input {
    /// `context`, `stage`, `image`, `scratch`, or another word for what it is.
    pub kind: &'static str,
    /// Its name, where it has one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The paths that are read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Patterns of what is read below them, where that is not all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Patterns of what is not read below them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
}

impl Input {
    pub(crate) fn of(kind: &'static str, name: String) -> Self {
        Self { kind, name, paths: Vec::new(), include: Vec::new(), exclude: Vec::new() }
    }

    /// The paths that are read of it, in words; nothing where it is one thing.
    fn shown_paths(&self) -> String {
        let mut text = self.paths.join(", ");
        for (word, patterns) in [("only", &self.include), ("without", &self.exclude)] {
            if !patterns.is_empty() {
                text += &format!(" ({word} {})", patterns.join(", "));
            }
        }
        text
    }
}

/// Something that the client has to pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Secret {
    /// `secret` or `ssh`.
    pub kind: &'static str,
    /// The client's name for it.
    pub id: String,
    /// Where the process finds it.
    pub at: String,
    /// Whether the step fails without it.
    pub required: bool,
}

/// Explains a plan whose layers have been arranged.
pub fn explain(plan: &BuildPlan, surroundings: Surroundings<'_>) -> Explanation {
    let order = Order::of(plan, surroundings.merges);
    let chain = plan.chain();
    let stage = |(position, stage): (usize, &StagePlan)| Stage {
        name: stage.name.clone(),
        from: input(plan, surroundings.resolved, &stage.base),
        platform: stage.platform.to_string(),
        location: location(surroundings.files, stage.from_span),
        used_by: order.users_of(position).map(|user| plan.stages[user].name.clone()).collect(),
        in_image: chain.contains(&position),
        squashed: stage.squash.is_some(),
        steps: step::steps(plan, position, surroundings),
    };
    let stages: Vec<Stage> = plan.stages.iter().enumerate().map(stage).collect();
    Explanation {
        platform: plan.platform.to_string(),
        target: plan.stages.last().map(|stage| stage.name.clone()).unwrap_or_default(),
        steps: stages.iter().map(|stage| stage.steps.len()).sum(),
        stages,
        groups: order.groups().map(|group| group.map(|at| plan.stages[at].name.clone()).collect()).collect(),
        longest_chain: order.longest_chain(plan),
        verify: verify::checks(plan, surroundings.files),
    }
}

/// The first line of a place.
pub(crate) fn location(files: &SpecFiles, span: Span) -> String {
    let (line, _) = files.lines(span);
    files.get(span.file).map(|file| format!("{}:{line}", file.name)).unwrap_or_default()
}

/// Where the files of a source come from; of an image, which one exactly.
pub(crate) fn input(plan: &BuildPlan, resolved: &Resolved, source: &Source) -> Input {
    let (kind, name) = match source {
        Source::Scratch => ("scratch", String::new()),
        Source::Stage(position) => {
            ("stage", plan.stages.get(*position).map(|stage| stage.name.clone()).unwrap_or_default())
        }
        Source::Image(key) => {
            let found = resolved.images.get(key).and_then(|image| image.reference.split_once('@'));
            let digest = found.map(|(_, digest)| format!("@{digest}")).unwrap_or_default();
            let familiar = key.reference.familiar();
            let name = familiar.split_once('@').map_or(familiar.as_str(), |(name, _)| name);
            ("image", format!("{name}{digest}"))
        }
        Source::External(external) => external_input(external),
    };
    Input::of(kind, name)
}

pub(crate) fn external_input(external: &crate::external::External) -> (&'static str, String) {
    use crate::external::Origin;
    match &external.origin {
        Origin::Local(directory) => ("named context", directory.context.clone()),
        Origin::Input(name) => ("named context", name.clone()),
        Origin::Frontend => ("frontend image", String::new()),
        Origin::Http(source) => ("download", source.url.clone()),
        Origin::Git(source) => {
            let reference = source.reference.as_ref().map(|it| format!("#{it}")).unwrap_or_default();
            ("git repository", format!("{}{reference}", source.url))
        }
    }
}
