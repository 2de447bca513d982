//! What a lock file says, said by the spec itself: what is expanded stands in a file of another name, which no lock file belongs to.

use std::collections::BTreeSet;

use buildkit_llb::{GitSource as Repository, HttpSource as Download};
use spec_schema::decode::OneOrMany;
use spec_schema::decode::text::Template;
use spec_schema::spec::{
    AddStep, CacheMount, CacheSettings, GitSource, HttpSource, Mount, Scan, Source, Spec, Stage,
};

use super::core::{Core, CoreAction, CoreStep};
use crate::external::{self, Origin, git};
use crate::image_ref::ImageRef;
use crate::lock::{Lock, Name};
use crate::plan::{add_title, copy_title};

/// The names that only a lock file can pin, as they are written: what an arg has a part in, and each of several downloads of one step.
pub type Open = BTreeSet<String>;

impl Core {
    /// The spec with what `lock` has for its names, and the names that this leaves open. Building it without the lock gives the same image.
    pub fn locked(mut self, lock: &Lock) -> (Self, Open) {
        let mut pinning = Pinning { lock, own: own_names(&self.spec), open: Open::new() };
        let sources = std::mem::take(&mut self.spec.sources);
        self.spec.sources = sources.map(|_, source| pinning.source(source));
        let stages = std::mem::take(&mut self.spec.stages);
        self.spec.stages = stages.map(|_, stage| pinning.stage(stage));
        self.steps.iter_mut().flatten().for_each(|step| pinning.step(step));
        (self, pinning.open)
    }
}

/// What a `from` names that is no image.
fn own_names(spec: &Spec) -> BTreeSet<String> {
    let own = spec.stages.names().chain(spec.sources.names()).chain(["scratch"]);
    own.map(str::to_owned).collect()
}

struct Pinning<'l> {
    lock: &'l Lock,
    own: BTreeSet<String>,
    open: Open,
}

impl Pinning<'_> {
    fn source(&mut self, mut source: Source) -> Source {
        match &mut source {
            Source::Image(source) => {
                self.image(&mut source.image);
            }
            Source::Git(source) => self.git(source),
            Source::Http(source) => self.http(source),
            Source::Context(_) => {}
        }
        source
    }

    fn stage(&mut self, mut stage: Stage) -> Stage {
        self.name(&mut stage.from);
        stage.scan.iter_mut().flat_map(|scans| &mut scans.values).for_each(|scan| self.scan(scan));
        stage
    }

    fn scan(&mut self, scan: &mut Scan) {
        self.name(&mut scan.image);
        self.mounts(&mut scan.mounts.0);
        for cache in scan.cache.iter_mut().flat_map(|caches| &mut caches.values) {
            if let CacheMount::Settings(settings) = cache {
                self.cache(settings);
            }
        }
    }

    /// A step that has no name keeps the one that it has without the lock: history tells it.
    fn step(&mut self, step: &mut CoreStep) {
        match &mut step.action {
            CoreAction::Run(run) => {
                self.mounts(&mut run.step.mounts.0);
                run.caches.iter_mut().for_each(|cache| self.cache(cache));
            }
            CoreAction::Copy(copy) => {
                let title = copy_title(copy);
                if copy.from.as_mut().is_some_and(|from| self.name(from)) {
                    step.name.get_or_insert(title);
                }
            }
            CoreAction::Add(add) => {
                let title = add_title(add);
                if self.add(add) {
                    step.name.get_or_insert(title);
                }
            }
            CoreAction::Parallel(branches) => {
                branches.iter_mut().flatten().for_each(|step| self.step(step));
            }
            CoreAction::Write(_)
            | CoreAction::Mkdir(_)
            | CoreAction::Remove(_)
            | CoreAction::Symlink(_)
            | CoreAction::Impossible(_) => {}
        }
    }

    fn mounts(&mut self, mounts: &mut [Mount]) {
        for mount in mounts {
            if let Mount::Bind(bind) = mount {
                bind.from.iter_mut().for_each(|from| {
                    self.name(from);
                });
            }
        }
    }

    fn cache(&mut self, cache: &mut CacheSettings) {
        cache.from.iter_mut().for_each(|from| {
            self.name(from);
        });
    }

    /// Pins what a `from` names; true where that has changed it.
    fn name(&mut self, name: &mut Template) -> bool {
        !self.own.contains(&name.raw) && self.image(name)
    }

    fn image(&mut self, name: &mut Template) -> bool {
        if self.is_open(name) {
            return false;
        }
        let Ok(reference) = ImageRef::parse(&name.raw) else { return false };
        let is_tagged = reference.name_and_tag().1.is_some_and(|tag| name.raw.ends_with(&format!(":{tag}")));
        let found = Some(reference).filter(|it| !it.is_pinned()).map(Name::Image);
        let Some(pin) = found.and_then(|name| self.lock.pin(&name)) else { return false };
        let tag = if is_tagged { "" } else { ":latest" };
        *name = Template::literal(format!("{}{tag}@{}", name.raw, pin.value), name.span);
        true
    }

    fn git(&mut self, source: &mut GitSource) {
        if source.checksum.is_some() || self.is_open(&source.git) {
            return;
        }
        if let Some(reference) = &source.r#ref
            && !reference.is_literal()
        {
            self.open.insert(format!("{}#{}", source.git.raw, reference.raw));
            return;
        }
        let url = &source.git.raw;
        let Ok(read) = git::parse(url).unwrap_or_else(|| git::parse_known(url)) else { return };
        let reference =
            source.r#ref.as_ref().map(|reference| reference.raw.clone()).or(read.reference.clone());
        if let Some(commit) = self.commit(Repository { reference, ..read }) {
            source.r#ref = Some(Template::literal(commit, source.span));
        }
    }

    fn http(&mut self, source: &mut HttpSource) {
        if source.checksum.is_none() && !self.is_open(&source.http) {
            let checksum = self.checksum(&source.http.raw);
            source.checksum = checksum.map(|checksum| Template::literal(checksum, source.span));
        }
    }

    /// Pins what is added; true where that has changed what the step is called.
    fn add(&mut self, step: &mut AddStep) -> bool {
        if step.checksum.is_some() {
            return false;
        }
        let AddStep { add: OneOrMany { values, .. }, checksum, span, .. } = step;
        let (alone, mut renamed) = (values.len() == 1, false);
        for written in values.iter_mut().filter(|written| external::is_url(&written.raw)) {
            if self.is_open(written) {
                continue;
            }
            if let Some(read) = git::parse(&written.raw) {
                let Some(commit) = read.ok().and_then(|read| self.commit(read)) else { continue };
                match git::at_commit(&written.raw, &commit) {
                    Some(url) => {
                        *written = Template::literal(url, written.span);
                        renamed = true;
                    }
                    None => drop(self.open.insert(written.raw.clone())),
                }
            } else if let Some(found) = self.checksum(&written.raw) {
                if alone {
                    *checksum = Some(Template::literal(found, *span));
                } else {
                    self.open.insert(written.raw.clone());
                }
            }
        }
        renamed
    }

    /// The commit that a repository is locked to.
    fn commit(&self, repository: Repository) -> Option<String> {
        let before = repository.reference.clone();
        match self.lock.origin(Origin::Git(repository)) {
            Origin::Git(locked) if locked.reference != before => locked.reference,
            _ => None,
        }
    }

    /// The checksum that a download is locked to.
    fn checksum(&self, url: &str) -> Option<String> {
        match self.lock.origin(Origin::Http(Download::new(url))) {
            Origin::Http(locked) => locked.checksum,
            _ => None,
        }
    }

    /// Whether only a build knows what a text comes to.
    fn is_open(&mut self, text: &Template) -> bool {
        // A dollar that is none of a variable stands in no name of an image, and is written anew in no URL.
        let open = !text.parts.is_empty();
        if open {
            self.open.insert(text.raw.clone());
        }
        open
    }
}
