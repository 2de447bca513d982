//! What names besides those of stages stand for: named contexts of the client, sources, images.

use std::collections::BTreeMap;
use std::sync::Arc;

use buildkit_llb::Platform;
use spec_schema::diagnostic::Diagnostic;
use spec_schema::span::Span;

use super::sources::Declared;
use super::{ImageKey, Source};
use crate::external::{External, FORMS, NamedContext, NamedContexts};
use crate::image_ref::ImageRef;
use crate::lock::Lock;

/// Where names of a `from` are looked up that no stage has.
#[derive(Debug, Clone, Default)]
pub(super) struct Origins {
    contexts: NamedContexts,
    sources: BTreeMap<String, Declared>,
    lock: Option<Arc<Lock>>,
}

/// Why a name stands for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    message: String,
    help: String,
    /// A better place than where the name is used.
    place: Option<Span>,
}

impl Problem {
    /// The fault, at the place that uses the name unless there is a better one.
    pub(super) fn at(self, span: Span) -> Diagnostic {
        Diagnostic::new(self.place.unwrap_or(span), self.message).help(self.help)
    }

    fn of_client(message: String) -> Self {
        Self { message, help: format!("it can be {FORMS}"), place: None }
    }
}

type Found = Result<Source, Problem>;

impl Origins {
    pub(super) fn new(
        contexts: NamedContexts,
        sources: BTreeMap<String, Declared>,
        lock: Option<Arc<Lock>>,
    ) -> Self {
        Self { contexts, sources, lock }
    }

    /// The same names as if nothing were locked.
    pub(super) fn unlocked(&self) -> Self {
        Self { lock: None, ..self.clone() }
    }

    pub(super) fn lock(&self) -> Option<&Lock> {
        self.lock.as_deref()
    }

    /// What a name stands for: a named context, else a source, else an image.
    pub(super) fn find(&self, name: &str, platform: &Platform) -> Found {
        match self.sources.get(name) {
            Some(Declared::Context { name: context, span, include, exclude }) => {
                let given = self.context(name, platform).or_else(|| self.context(context, platform));
                let source = given.ok_or_else(|| self.not_given(name, context, *span))??;
                filtered(source, name, *span, include, exclude)
            }
            declared => match (self.context(name, platform), declared) {
                (Some(found), _) => found,
                (None, Some(Declared::External(external))) => Ok(self.locked_files(external)),
                (None, Some(Declared::Image(reference))) => {
                    Ok(self.locked_image(reference.clone(), platform))
                }
                (None, _) => {
                    let problem = |why: &str| Problem::of_client(format!("`{name}`: {why}"));
                    Ok(self.locked_image(ImageRef::parse(name).map_err(problem)?, platform))
                }
            },
        }
    }

    /// What the spec itself says that a name stands for; `None` for what the client puts in its place, or has to give.
    pub(super) fn named(&self, name: &str, platform: &Platform) -> Option<Source> {
        if self.context(name, platform).is_some() {
            return None;
        }
        match self.sources.get(name) {
            Some(Declared::Context { .. }) => None,
            Some(Declared::External(external)) => Some(Source::External(external.clone())),
            Some(Declared::Image(reference)) => Some(image(reference.clone(), None, platform)),
            None => ImageRef::parse(name).ok().map(|reference| image(reference, None, platform)),
        }
    }

    fn locked_image(&self, reference: ImageRef, platform: &Platform) -> Source {
        let reference = match self.lock() {
            Some(lock) => lock.image(reference),
            None => reference,
        };
        image(reference, None, platform)
    }

    fn locked_files(&self, external: &External) -> Source {
        let mut external = external.clone();
        if let Some(lock) = self.lock() {
            external.origin = lock.origin(external.origin);
        }
        Source::External(Box::new(external))
    }

    /// What the client put in the place of a name.
    pub(super) fn context(&self, name: &str, platform: &Platform) -> Option<Found> {
        let found = self.contexts.find(name, platform)?.map_err(Problem::of_client);
        Some(found.map(|context| match context {
            NamedContext::Empty => Source::Scratch,
            NamedContext::Image(reference, store) => image(reference, store, platform),
            NamedContext::Files(origin) => Source::External(Box::new((*origin).into())),
        }))
    }

    /// The named context that stands for a name.
    pub(super) fn given(&self, name: &str, platform: &Platform) -> Option<&str> {
        let key = |name: &str| self.contexts.key(name, platform);
        match self.sources.get(name) {
            Some(Declared::Context { name: context, .. }) => key(name).or_else(|| key(context)),
            _ => key(name),
        }
    }

    fn not_given(&self, source: &str, context: &str, span: Span) -> Problem {
        let near = spec_schema::diagnostic::nearest(context, self.contexts.names());
        let near = near.map(|near| format!("; there is `{near}`")).unwrap_or_default();
        Problem {
            message: format!(
                "the source `{source}` is the named context `{context}`, which the client did not give{near}"
            ),
            help: format!(
                "add `--build-context {context}=DIRECTORY`; besides a directory it can be an image, a git repository or a URL"
            ),
            place: Some(span),
        }
    }
}

/// Files of a context, less those that the patterns of its source leave out.
fn filtered(source: Source, name: &str, span: Span, include: &[String], exclude: &[String]) -> Found {
    if include.is_empty() && exclude.is_empty() {
        return Ok(source);
    }
    match source {
        Source::External(external) => {
            let (include, exclude) = (include.to_vec(), exclude.to_vec());
            Ok(Source::External(Box::new(External { include, exclude, ..*external })))
        }
        Source::Image(_) => Err(Problem {
            message: format!(
                "the source `{name}` has `include` or `exclude`, and the client gives an image for it"
            ),
            help: "patterns are for files alone: copy what is needed of an image".to_owned(),
            place: Some(span),
        }),
        Source::Scratch | Source::Stage(_) => Ok(source),
    }
}

fn image(reference: ImageRef, store: Option<String>, platform: &Platform) -> Source {
    Source::Image(Box::new(ImageKey { reference, store, platform: platform.clone() }))
}
