//! Files from outside: directories of the client, git repositories, downloads, graphs that were handed over.

use buildkit_llb::{Copy, FileOp, LocalSource, OpMeta, Output};
use spec_schema::span::Span;

use super::{Lowerer, context};
use crate::external::{External, LocalDirectory, Origin};
use crate::plan::{ContextPaths, FileSource};
use crate::select::Source;

impl Lowerer<'_> {
    /// The files; the same op however often they are used.
    pub(super) fn external(&mut self, external: &External, span: Span) -> Option<Output> {
        if let Some(known) = self.externals.get(external) {
            return *known;
        }
        // What a step copies from has no line of its own.
        let span = if span == Span::default() {
            self.plan.places.get(external).copied().unwrap_or_default()
        } else {
            span
        };
        let output = match &external.origin {
            Origin::Local(directory) => Some(self.directory(external, directory, span)),
            Origin::Git(source) => {
                let reference = source.reference.as_deref().map(|reference| format!("#{reference}"));
                let name = format!("load git source {}{}", source.url, reference.unwrap_or_default());
                let meta = self.internal(&name, span);
                Some(self.graph.source(source.clone(), meta))
            }
            Origin::Http(source) => {
                let meta = self.internal(&format!("download {}", source.url), span);
                Some(self.graph.source(source.clone(), meta))
            }
            Origin::Input(name) => {
                self.resolved.inputs.get(name).and_then(|input| self.graph.import(&input.definition))
            }
            Origin::Frontend => self.resolved.own_image.as_ref().and_then(|image| self.graph.import(image)),
        };
        let output = if external.local().is_some() { output } else { self.filtered(output, external) };
        self.externals.insert(external.clone(), output);
        output
    }

    fn directory(&mut self, external: &External, directory: &LocalDirectory, span: Span) -> Output {
        let LocalDirectory { context, local, shared_key } = directory;
        let files = FileSource::Other(Source::External(Box::new(external.clone())));
        let follow_paths = match self.plan.paths_of(&files) {
            // The client adds paths to the patterns, and does not take them from what the patterns leave.
            ContextPaths::Some(paths) if external.include.is_empty() => paths,
            _ => Vec::new(),
        };
        let mut exclude = self.resolved.ignored.get(context).cloned().unwrap_or_default();
        exclude.extend(external.exclude.iter().cloned());
        let hint = format!("context:{context}-{shared_key}");
        let source = LocalSource {
            session: Some(self.surroundings.opts.session_for_local(local).to_owned()),
            shared_key_hint: Some(context::hint(&hint, &[&follow_paths, &external.include, &exclude])),
            follow_paths,
            include_patterns: external.include.clone(),
            exclude_patterns: exclude,
            ..LocalSource::new(local.clone())
        };
        let meta = self.located(OpMeta::named(format!("[context {context}] load from client")), span);
        self.graph.source(source, meta)
    }

    /// The files that the patterns leave, at the same places.
    fn filtered(&mut self, files: Option<Output>, external: &External) -> Option<Output> {
        if external.include.is_empty() && external.exclude.is_empty() {
            return files;
        }
        let copy = Copy {
            dir_copy_contents: true,
            include_patterns: external.include.clone(),
            exclude_patterns: external.exclude.clone(),
            ..Copy::new(files, "/", "/")
        };
        self.graph.file(FileOp::on(None).copy(copy), OpMeta::named("[internal] leave out files"))
    }

    fn internal(&self, name: &str, span: Span) -> OpMeta {
        self.located(OpMeta::named(format!("[internal] {name}")), span)
    }

    /// Adds the lines of the spec that ask for it, where there are some.
    fn located(&self, meta: OpMeta, span: Span) -> OpMeta {
        if span == Span::default() {
            return meta;
        }
        let name = meta.name.unwrap_or_default();
        self.meta(&name, span)
    }
}
