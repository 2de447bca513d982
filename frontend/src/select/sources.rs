//! The sources that a spec declares, with their variables replaced.

use std::collections::BTreeMap;

use buildkit_llb::{GitSource, HttpSource};
use spec_schema::Spec;
use spec_schema::decode::text::Template;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::Span;
use spec_schema::spec::{self, Source};

use crate::dockerignore;
use crate::external::{self, External, Origin, git};
use crate::image_ref::ImageRef;
use crate::scope::{Globals, Scope};

/// What a source is.
#[derive(Debug, Clone)]
pub(super) enum Declared {
    /// An image.
    Image(ImageRef),
    /// Files that are no image.
    External(Box<External>),
    /// What the client gives under a name.
    Context {
        /// The name.
        name: String,
        /// Where the source asks for it.
        span: Span,
        /// Patterns of files that are taken.
        include: Vec<String>,
        /// Patterns of files that are left out.
        exclude: Vec<String>,
    },
}

/// All sources of a spec. Those with faults are left out.
pub(super) fn declared(spec: &Spec, globals: &Globals, faults: &mut Faults) -> BTreeMap<String, Declared> {
    let mut reader = Reader { scope: Scope::global(globals), faults };
    let read = spec.sources.iter().filter_map(|(name, entry)| {
        let declared = match &entry.value {
            Source::Image(source) => reader.image(&source.image),
            Source::Git(source) => reader.git(source).map(files),
            Source::Http(source) => reader.http(source).map(files),
            Source::Context(source) => reader.context(source),
        };
        Some((name.to_owned(), declared?))
    });
    read.collect()
}

fn files(origin: Origin) -> Declared {
    Declared::External(Box::new(origin.into()))
}

struct Reader<'a> {
    scope: Scope<'a>,
    faults: &'a mut Faults,
}

impl Reader<'_> {
    fn text(&mut self, template: &Template) -> Option<String> {
        self.scope.expand(template, self.faults)
    }

    /// A text that may be absent. With a fault recorded there is no build: its absence only lets the checks go on.
    fn optional(&mut self, template: Option<&Template>) -> Option<String> {
        self.text(template?)
    }

    /// A checksum that may be absent, which `check` takes.
    fn checksum(
        &mut self,
        template: Option<&Template>,
        check: impl FnOnce(&str) -> Result<(), &'static str>,
    ) -> Option<String> {
        let template = template?;
        let text = self.text(template)?;
        self.fault(template.span, check(&text).map_err(|why| format!("`{text}` is no checksum: {why}")))?;
        Some(text)
    }

    /// Records what is wrong.
    fn fault<T>(&mut self, span: Span, outcome: Result<T, String>) -> Option<T> {
        outcome.map_err(|why| self.faults.push(Diagnostic::new(span, why))).ok()
    }

    fn image(&mut self, image: &Template) -> Option<Declared> {
        let text = self.text(image)?;
        let read = ImageRef::parse(&text).map_err(|why| format!("`{text}` is not an image: {why}"));
        self.fault(image.span, read).map(Declared::Image)
    }

    fn git(&mut self, source: &spec::GitSource) -> Option<Origin> {
        let url = self.text(&source.git);
        let reference = self.optional(source.r#ref.as_ref());
        let subdir = self.optional(source.subdir.as_ref());
        let checksum = self.checksum(source.checksum.as_ref(), external::check_commit);
        let url = url?;
        // Here it is known to be git, also where the URL alone does not show it.
        let read = git::parse(&url).unwrap_or_else(|| git::parse_known(&url));
        let read = read.map_err(|why| format!("`{url}` cannot be read: {why}"));
        let read = self.fault(source.git.span, read)?;
        let is = |flag: &Option<spec_schema::span::Spanned<bool>>| flag.as_ref().map(|flag| flag.value);
        Some(Origin::Git(GitSource {
            reference: reference.or(read.reference),
            subdir: subdir.or(read.subdir),
            checksum: checksum.or(read.checksum),
            keep_git_dir: is(&source.keep_git_dir).unwrap_or(read.keep_git_dir),
            skip_submodules: is(&source.submodules).map_or(read.skip_submodules, |with| !with),
            ..GitSource { reference: None, subdir: None, checksum: None, ..read }
        }))
    }

    fn http(&mut self, source: &spec::HttpSource) -> Option<Origin> {
        let url = self.text(&source.http);
        let checksum = self.checksum(source.checksum.as_ref(), external::check_digest);
        let filename = self.optional(source.filename.as_ref());
        let url = url?;
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            let message = format!("`{url}` is no URL of a file");
            let fault = Diagnostic::new(source.http.span, message);
            self.faults.push(fault.help("it starts with `https://` or `http://`"));
            return None;
        }
        if let (Some(name), Some(written)) = (&filename, &source.filename)
            && (name.is_empty() || name.contains('/') || name == "." || name == "..")
        {
            let message = format!("`{name}` cannot name a file");
            self.faults
                .push(Diagnostic::new(written.span, message).help("it is a name, without any directory"));
            return None;
        }
        let filename = Some(filename.unwrap_or_else(|| external::file_name(&url)));
        let permissions = source.chmod.map(|mode| mode.0);
        Some(Origin::Http(HttpSource { checksum, filename, permissions, ..HttpSource::new(url) }))
    }

    fn context(&mut self, source: &spec::ContextSource) -> Option<Declared> {
        let include = self.patterns(&source.include);
        let exclude = self.patterns(&source.exclude);
        let name = source.context.value.clone();
        if ImageRef::parse(&name).is_err() || matches!(name.as_str(), "scratch" | "context") {
            let message = format!("`{name}` cannot name a named context");
            self.faults.push(
                Diagnostic::new(source.context.span, message)
                    .help("a name has lower-case letters, digits, `-`, `_` and `.`"),
            );
            return None;
        }
        Some(Declared::Context { name, span: source.context.span, include: include?, exclude: exclude? })
    }

    fn patterns(&mut self, written: &[Template]) -> Option<Vec<String>> {
        let mut patterns = Some(Vec::with_capacity(written.len()));
        for template in written {
            let read = self.text(template).and_then(|text| {
                let read = dockerignore::parse(text.as_bytes()).map_err(|errors| {
                    errors.0.into_iter().map(|error| error.problem.to_string()).collect::<String>()
                });
                self.fault(template.span, read)
            });
            patterns = patterns.zip(read).map(|(mut all, more)| {
                all.extend(more);
                all
            });
        }
        patterns
    }
}
