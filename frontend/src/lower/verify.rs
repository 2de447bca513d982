//! Checks of the image: each a graph of its own on what the build makes, whose result is what was found.

use buildkit_llb::{
    BindAccess, ContentCache, Copy, Definition, ExecOp, FileOp, Mkdir, Mount, MountKind, NetworkMode, OpMeta,
    Output, Platform,
};

use super::Lowerer;
use crate::plan::{ImageProcess, PathCheck, ServeCheck, VerifyPlan, Wanted, own_image};

/// The checks of one platform's image.
#[derive(Debug, Clone, Default)]
pub struct LoweredChecks {
    /// What is in it.
    pub look: Option<Definition>,
    /// Its commands, in the order of the plan.
    pub runs: Vec<Definition>,
    /// Its server.
    pub serve: Option<Definition>,
}

/// Where what was found is in the result of a check.
pub const FOUND: &str = "/check";

/// Where that has the program that looks after a check.
const HELPER: &str = "/helper";

/// Where a process sees both: below `/dev`, of which no layer keeps anything.
const KIT: &str = "/dev/optfrontend/verify";

/// Where the program that looks around sees the image.
pub(super) const IMAGE: &str = "/dev/optfrontend/image";

impl Lowerer<'_> {
    /// Adds the checks of what the build makes.
    pub(super) fn checks(&mut self, image: Option<Output>) -> LoweredChecks {
        let Some(stage) = self.plan.stages.last() else { return LoweredChecks::default() };
        let Some(verify) = &stage.verify else { return LoweredChecks::default() };
        let runs = verify.runs.iter().map(|run| {
            let words = ["check".to_owned(), "--timeout".to_owned(), run.process.time.value.to_string()];
            let name = format!("run {}", run.process.display);
            self.process(verify, image, &run.process, &name, words.into(), &stage.platform)
        });
        let runs = runs.collect();
        let serve = verify.serve.as_ref().map(|serve| {
            let (words, process) = (serving(serve), &serve.process);
            self.process(verify, image, process, &process.display, words, &stage.platform)
        });
        LoweredChecks { look: self.look(verify, image), runs, serve }
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
        let meta = self.check_meta(verify, "files", verify.span);
        Some(self.outside(verify.looker, args, vec![Root::made(IMAGE, image)], meta))
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
        let mounts = std::iter::once(self.kit(looker)).chain(roots.into_iter().map(readonly)).collect();
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
        verify: &VerifyPlan,
        image: Option<Output>,
        process: &ImageProcess,
        name: &str,
        words: Vec<String>,
        platform: &Platform,
    ) -> Definition {
        let mut args = helper(words);
        args.extend(std::iter::once("--".to_owned()).chain(process.args.iter().cloned()));
        let mut mounts = vec![self.kit(process.helper)];
        mounts.extend(process.script.as_ref().map(|script| self.mount(script)));
        let exec = ExecOp {
            args,
            env: process.env.clone(),
            cwd: process.workdir.clone(),
            user: (!process.user.is_empty()).then(|| process.user.clone()),
            root: image,
            mounts,
            network: self.network(Some(process.network)),
            ..ExecOp::default()
        };
        let mut meta = self.check_meta(verify, name, process.span);
        meta.platform = Some(platform.clone());
        self.reported(exec, meta)
    }

    fn check_meta(&self, verify: &VerifyPlan, name: &str, span: spec_schema::span::Span) -> OpMeta {
        let target = self.plan.stages.last().map_or("", |stage| &stage.name);
        let ignore_cache = self.surroundings.opts.no_cache.covers(target);
        OpMeta { ignore_cache, ..self.meta(&format!("[{}] verify {name}", verify.prefix), span) }
    }

    /// The graph of a process whose first mount is its report.
    fn reported(&mut self, exec: ExecOp, meta: OpMeta) -> Definition {
        let report = self.graph.exec(exec, meta).mounts.first().copied().flatten();
        self.graph.marshal(report)
    }

    /// What looks after a check, and a directory that everybody may write into: a process is no root. What a process may change counts by how it
    /// was made, and what is copied by its content: another version of the frontend repeats no check.
    fn kit(&mut self, helper: &str) -> Mount {
        let from = self.source(&own_image());
        let directory =
            Mkdir { path: FOUND.to_owned(), mode: 0o777, make_parents: false, owner: None, timestamp: None };
        let room = self.made_elsewhere(FileOp::on(None).mkdir(directory), FOUND, 0o777, None);
        let files = FileOp::on(None).copy(room).copy(Copy::new(from, helper, HELPER));
        let source = self.graph.file(files, OpMeta::named("[internal] prepare checks"));
        let kind = MountKind::Bind { source, selector: None, access: BindAccess::Output };
        Mount { target: KIT.to_owned(), kind }
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
    let report = ["--report".to_owned(), format!("{KIT}{FOUND}")];
    std::iter::once(format!("{KIT}{HELPER}")).chain(words).chain(report).collect()
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
    words.into_iter().chain(serve.probe.iter().cloned()).collect()
}
