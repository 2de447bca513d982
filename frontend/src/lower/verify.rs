//! Checks of the image: each a graph of its own on what the build makes, whose result is what was found.

use buildkit_llb::{
    BindAccess, ContentCache, Definition, ExecOp, FileOp, Mkdir, Mount, MountKind, NetworkMode, OpMeta,
    Output, Platform,
};
use spec_schema::span::{Span, Spanned};

use super::Lowerer;
use super::run::HELPER;
use crate::plan::{FileSource, ImageProcess, PathCheck, ServeCheck, VerifyPlan, Wanted};

/// The checks of one platform's image.
#[derive(Debug, Clone, Default)]
pub struct LoweredChecks {
    /// What is in it.
    pub look: Option<Definition>,
    /// In what it differs from the one that was published before.
    pub growth: Option<Definition>,
    /// Its commands, in the order of the plan.
    pub runs: Vec<Definition>,
    /// Its server.
    pub serve: Option<Definition>,
}

/// Where what was found is in the result of a check.
pub const FOUND: &str = "/check";

/// Where a process sees that: below `/dev`, of which no layer keeps anything.
const REPORT: &str = "/dev/optfrontend/check";

/// Where the program that compares sees the image that was published before.
const PUBLISHED: &str = "/dev/optfrontend/published";

/// Where the program that looks around sees the image.
pub(super) const IMAGE: &str = "/dev/optfrontend/image";

impl Lowerer<'_> {
    /// Adds the checks of what the build makes.
    pub(super) fn checks(&mut self, image: Option<Output>) -> LoweredChecks {
        let Some(stage) = self.plan.stages.last() else { return LoweredChecks::default() };
        let Some(verify) = &stage.verify else { return LoweredChecks::default() };
        let runs = verify.runs.iter().map(|run| {
            let name = format!("run {}", run.process.display);
            let words = supervised(&run.process.time);
            self.process(image, &run.process, &name, words, &stage.platform)
        });
        let runs = runs.collect();
        let serve = verify.serve.as_ref().map(|serve| {
            let (words, process) = (serving(serve), &serve.process);
            self.process(image, process, &process.display, words, &stage.platform)
        });
        LoweredChecks { look: self.look(verify, image), growth: self.growth(verify, image), runs, serve }
    }

    /// Looks at the files of the image from outside, on the builder's own platform.
    fn look(&mut self, verify: &VerifyPlan, image: Option<Output>) -> Option<Definition> {
        if verify.max_size.is_none() && verify.paths.is_empty() {
            return None;
        }
        let mut args = helper(["look", "--root", IMAGE].map(str::to_owned));
        if verify.paths.iter().any(|check| matches!(check.wanted, Wanted::Command(_))) {
            args.extend(["--search".to_owned(), verify.search.clone()]);
        }
        args.extend(verify.max_size.is_some().then(|| "--size".to_owned()));
        args.extend(verify.paths.iter().flat_map(looking));
        let meta = self.check_meta("verify files", verify.span);
        Some(self.outside(verify.looker, args, vec![Root::made(IMAGE, image)], meta))
    }

    /// Compares the image with the one that was published before.
    fn growth(&mut self, verify: &VerifyPlan, image: Option<Output>) -> Option<Definition> {
        let growth = verify.max_growth.as_ref()?;
        let published = growth.published.as_ref()?;
        let is_made = published.external().is_none_or(|external| external.local().is_none());
        let before = self.source(&FileSource::Other(published.clone()));
        let roots = [Root { path: PUBLISHED.to_owned(), files: before, is_made }, Root::made(IMAGE, image)];
        // What holds no file cannot be mounted.
        let place = |root: &Root| root.files.map_or_else(|| "-".to_owned(), |_| root.path.clone());
        let words = ["weigh".to_owned(), "--growth".to_owned()];
        let args = helper(words.into_iter().chain(roots.iter().map(place)));
        let roots = roots.into_iter().filter(|root| root.files.is_some()).collect();
        let meta = self.check_meta("verify growth", growth.since.span);
        Some(self.outside(verify.looker, args, roots, meta))
    }

    /// Looks at file systems from outside, each at its path, on the builder's own platform.
    pub(super) fn outside(
        &mut self,
        looker: &str,
        args: Vec<String>,
        roots: Vec<Root>,
        meta: OpMeta,
    ) -> Definition {
        // How the files were made says as much as their content, which would all have to be read first.
        let by_origin = roots.iter().filter(|root| root.is_made && self.surroundings.abilities.content_cache);
        let content_cache = by_origin.map(|root| (root.path.clone(), ContentCache::Off)).collect();
        let readonly = |root: Root| {
            let kind = MountKind::Bind { source: root.files, selector: None, access: BindAccess::ReadOnly };
            Mount { target: root.path, kind }
        };
        let mounts = self.watched(looker).into_iter().chain(roots.into_iter().map(readonly)).collect();
        let exec = ExecOp {
            args,
            cwd: "/".to_owned(),
            mounts,
            network: NetworkMode::None,
            content_cache,
            ..ExecOp::default()
        };
        let meta = OpMeta { platform: Some(self.plan.build_platform.clone()), ..meta };
        self.reported(exec, meta)
    }

    fn process(
        &mut self,
        image: Option<Output>,
        process: &ImageProcess,
        name: &str,
        words: Vec<String>,
        platform: &Platform,
    ) -> Definition {
        let args = words.into_iter().chain(process.args.iter().cloned()).collect();
        let mut mounts = Vec::from(self.watched(process.helper));
        mounts.extend(process.script.as_ref().map(|script| self.mount(script)));
        let exec = ExecOp {
            args,
            env: process.env.to_pairs(),
            cwd: process.workdir.clone(),
            user: (!process.user.is_empty()).then(|| process.user.clone()),
            root: image,
            mounts,
            network: self.network(Some(process.network)),
            ..ExecOp::default()
        };
        let mut meta = self.check_meta(&format!("verify {name}"), process.span);
        meta.platform = Some(platform.clone());
        self.reported(exec, meta)
    }

    pub(super) fn check_meta(&self, name: &str, span: Span) -> OpMeta {
        let (target, prefix) =
            self.plan.stages.last().map_or(("", ""), |stage| (stage.name.as_str(), stage.prefix.as_str()));
        let ignore_cache = self.surroundings.opts.no_cache.covers(target);
        OpMeta { ignore_cache, ..self.meta(&format!("[{prefix}] {name}"), span) }
    }

    /// The graph of a process whose first mount is its report.
    fn reported(&mut self, exec: ExecOp, meta: OpMeta) -> Definition {
        let report = self.graph.exec(exec, meta).mounts.first().copied().flatten();
        self.graph.marshal(report)
    }

    /// Where a process leaves what was found, and what looks after it. What is copied counts by its content: another version of the frontend
    /// repeats no check.
    pub(super) fn watched(&mut self, helper: &str) -> [Mount; 2] {
        [Mount { target: REPORT.to_owned(), ..self.room(FOUND) }, self.helper(helper)]
    }

    /// An empty directory that is kept, and that everybody may write into: a process is no root. It is a mount by itself, so that nobody
    /// can put another one in its place.
    pub(super) fn room(&mut self, path: &str) -> Mount {
        let directory =
            Mkdir { path: path.to_owned(), mode: 0o777, make_parents: false, owner: None, timestamp: None };
        let made = self.made_elsewhere(FileOp::on(None).mkdir(directory), path, 0o777, None);
        let source =
            self.graph.file(FileOp::on(None).copy(made), OpMeta::named(format!("[internal] prepare {path}")));
        let kind = MountKind::Bind { source, selector: Some(path.to_owned()), access: BindAccess::Output };
        Mount { target: path.to_owned(), kind }
    }
}

/// A file system that is looked at.
#[derive(Debug, Clone)]
pub(super) struct Root {
    /// Where the program sees it.
    pub(super) path: String,
    pub(super) files: Option<Output>,
    /// Whether steps have made it, or a source that has the same files each time. What the client sends is known by its content alone.
    pub(super) is_made: bool,
}

impl Root {
    pub(super) fn made(path: &str, files: Option<Output>) -> Self {
        Self { path: path.to_owned(), files, is_made: true }
    }
}

/// The beginning of a command: the program, what it is to do, and where it tells of it.
pub(super) fn helper(words: impl IntoIterator<Item = String>) -> Vec<String> {
    let report = ["--report", REPORT].map(str::to_owned);
    std::iter::once(HELPER.to_owned()).chain(words).chain(report).collect()
}

/// The beginning of a command that something looks after for so many milliseconds.
pub(super) fn supervised(time: &Spanned<u64>) -> Vec<String> {
    let mut words = helper(["check".to_owned(), "--timeout".to_owned(), time.value.to_string()]);
    words.push("--".to_owned());
    words
}

fn looking(check: &PathCheck) -> [String; 2] {
    match &check.wanted {
        Wanted::Path(path) => ["--path".to_owned(), path.clone()],
        Wanted::Glob(glob) => ["--glob".to_owned(), glob.trim_start_matches('/').to_owned()],
        Wanted::Command(name) => ["--command".to_owned(), name.clone()],
    }
}

fn serving(serve: &ServeCheck) -> Vec<String> {
    let (within, stop) = (serve.process.time.value.to_string(), serve.stop_signal.to_string());
    let words = ["serve".to_owned(), "--within".to_owned(), within, "--stop".to_owned(), stop];
    let mut words = helper(words.into_iter().chain(serve.probe.iter().cloned()));
    words.push("--".to_owned());
    words
}
