//! From a spec and the client's options to what is built for one platform: the values of its args, and the stages
//! that the target needs, each after those it uses.

mod args;
mod graph;
mod order;
mod origins;
mod platforms;
mod references;
mod sources;
mod target;
mod triggers;

use std::collections::BTreeMap;

use buildkit_llb::Platform;
use spec_schema::decode::text::Template;
use spec_schema::diagnostic::Faults;
use spec_schema::span::Span;

pub(crate) use args::is_platform_arg;
pub use args::{Request, undeclared_args};
pub use graph::{select, select_all};
pub use platforms::{Platforms, platforms};
pub use triggers::{Trigger, Triggers};

use crate::epoch::Epoch;
use crate::external::{External, Origin};
use crate::image_ref::ImageRef;
use crate::lock::Lock;
use crate::scope::{Globals, Lookup, Scope};
use origins::Origins;

/// What is built for one target platform.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The platform that the image is for.
    pub platform: Platform,
    /// What args and platform args stand for.
    pub globals: Globals,
    /// What the client set by `--build-arg`.
    pub build_args: BTreeMap<String, String>,
    /// The time that is given to whatever the build makes.
    pub epoch: Option<Epoch>,
    /// The time that counts: that one, or else the machine's.
    pub now: Epoch,
    /// The stages needed, each after those it uses; the last one is the target.
    pub stages: Vec<SelectedStage>,
    /// Whether any step reads the build context.
    pub reads_context: bool,
    /// What the spec itself names outside, as it does: nothing that the client put in its place, and nothing that is locked.
    pub named: Vec<(Source, Span)>,
    /// What the client has put in the place of something.
    pub given: Vec<Given>,
    /// What the image is compared with. It is only looked at, so neither a lock file nor a policy is about it.
    pub published: Option<Published>,
    positions: BTreeMap<String, usize>,
    origins: Origins,
}

/// The image that was published before, as `max_growth` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Where its files come from.
    pub source: Source,
    /// Its name.
    pub name: String,
    /// Where it is named.
    pub span: Span,
    /// The named context that the client gives for it.
    pub context: Option<String>,
}

/// What the client puts in the place of something that the spec names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Where its files come from.
    pub source: Source,
    /// Where the spec names it.
    pub span: Span,
    /// The named context, with its platform if it has one.
    pub context: String,
}

/// A stage that the target needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectedStage {
    /// Its position in the spec.
    pub index: usize,
    /// Its name.
    pub name: String,
    /// What it is for and its steps run on.
    pub platform: Platform,
    /// What it starts from; what it is, where the client replaced it.
    pub base: Source,
    /// Whether the client put something in its place: then nothing of what the spec says of it holds.
    pub replaced: bool,
    /// What its base carries along to be run first.
    pub triggers: Vec<Trigger>,
    /// The steps that are there on this platform with these args.
    pub steps: Vec<SelectedStep>,
    /// What its steps copy from or mount besides stages, each with a place that names it.
    pub sources: Vec<(Source, Span)>,
    /// Where `from` names the base.
    pub from_span: Span,
    /// The arg that decides which image that is, where its value stands in another file than `from`.
    pub decided_by: Option<Deciding>,
}

/// An arg whose default is part of the name of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deciding {
    /// The arg.
    pub arg: String,
    /// Where its default stands.
    pub span: Span,
}

/// A step that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectedStep {
    /// Its position in its stage or branch.
    pub index: usize,
    /// Of a `parallel` step, what is there of each branch.
    pub branches: Vec<Vec<SelectedStep>>,
}

/// Where files come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nothing.
    Scratch,
    /// A selected stage, by its position in [`Selection::stages`].
    Stage(usize),
    /// An image.
    Image(Box<ImageKey>),
    /// Files from outside that are no image.
    External(Box<External>),
}

/// An image for a platform: what is looked up once, however often it is named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageKey {
    /// The image.
    pub reference: ImageRef,
    /// The client's OCI layout that holds it; without one, it is in a registry or the daemon's own store.
    pub store: Option<String>,
    /// The platform.
    pub platform: Platform,
}

impl Source {
    /// The image that it is.
    pub fn image(&self) -> Option<&ImageKey> {
        match self {
            Self::Image(key) => Some(key),
            _ => None,
        }
    }

    /// The files from outside that it is, and that are no image.
    pub fn external(&self) -> Option<&External> {
        match self {
            Self::External(external) => Some(external),
            _ => None,
        }
    }
}

impl Selection {
    /// What a `from` names, for a stage of that platform; `None` where a fault was recorded before.
    pub fn source(&self, from: &Template, platform: &Platform) -> Option<Source> {
        let name = Scope::global(&self.globals).expand(from, &mut Faults::new())?;
        if name == "scratch" {
            return Some(Source::Scratch);
        }
        if let Some(position) = self.positions.get(&name) {
            return Some(Source::Stage(*position));
        }
        self.origins.find(&name, platform).ok()
    }

    /// The lock file that counts.
    pub fn lock(&self) -> Option<&Lock> {
        self.origins.lock()
    }

    /// The files that count for those that a step names.
    pub fn locked(&self, origin: Origin) -> Origin {
        match self.lock() {
            Some(lock) => lock.origin(origin),
            None => origin,
        }
    }

    /// What is needed besides stages, each with a place that names it.
    pub fn sources(&self) -> impl Iterator<Item = (&Source, Span)> {
        self.stages.iter().flat_map(|stage| {
            let steps = stage.sources.iter().map(|(source, span)| (source, *span));
            std::iter::once((&stage.base, stage.from_span)).chain(steps)
        })
    }

    /// The images needed, each with a place that names it.
    pub fn images(&self) -> impl Iterator<Item = (&ImageKey, Span)> {
        self.sources().filter_map(|(source, span)| Some((source.image()?, span)))
    }

    /// The image that was published before, where it is one.
    pub fn published_image(&self) -> Option<(&ImageKey, Span)> {
        let published = self.published.as_ref()?;
        Some((published.source.image()?, published.span))
    }

    /// The named context that stands for what is named at a place.
    pub fn given_at(&self, source: &Source, span: Span) -> Option<&str> {
        let given = self.given.iter().find(|given| given.span == span && given.source == *source);
        let published = self.published.iter().find(|it| it.span == span && it.source == *source);
        given.map(|given| given.context.as_str()).or_else(|| published?.context.as_deref())
    }

    /// The args whose defaults decide which images stages start from, each with what it comes to.
    pub fn deciding(&self) -> impl Iterator<Item = (&ImageKey, &Deciding, &str)> {
        self.stages.iter().filter_map(|stage| {
            let (Source::Image(key), Some(deciding)) = (&stage.base, &stage.decided_by) else { return None };
            let Lookup::Value(value) = self.globals.get(&deciding.arg) else { return None };
            (!self.build_args.contains_key(&deciding.arg)).then_some((&**key, deciding, value))
        })
    }

    /// Files from outside that are needed, each with a place that names them.
    pub fn externals(&self) -> impl Iterator<Item = (&External, Span)> {
        self.sources().filter_map(|(source, span)| Some((source.external()?, span)))
    }

    /// Those, and what stands in the place of the image that was published before.
    pub fn all_externals(&self) -> impl Iterator<Item = (&External, Span)> {
        let published = self.published.as_ref();
        let published = published.and_then(|published| Some((published.source.external()?, published.span)));
        self.externals().chain(published)
    }

    /// The stage that is built.
    pub fn target(&self) -> Option<&SelectedStage> {
        self.stages.last()
    }
}
