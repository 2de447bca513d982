//! What must hold of the image: the checks of the stage that is built, with every text concrete.

mod paths;
mod processes;

use spec_schema::decode::Map;
use spec_schema::decode::text::Template;
use spec_schema::diagnostic::Faults;
use spec_schema::span::{Span, Spanned};
use spec_schema::spec::{Attestation, Verify};

pub use paths::{PathCheck, Wanted};
pub use processes::{ImageProcess, RunCheck, ServeCheck, TextCheck, TextKind};

use super::growth::{GrowthCheck, growth};
use super::stage::StagePlanner;
use super::{Runtime, helper};
use crate::resolved::Resolved;
use crate::scope::Env;

/// The checks of an image.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VerifyPlan {
    /// Where the spec asks for them.
    pub span: Span,
    /// The most bytes that the files may have together.
    pub max_size: Option<Spanned<u64>>,
    /// How much more they may have than those of the image that was published before.
    pub max_growth: Option<GrowthCheck>,
    /// Who must be the image's user.
    pub user: Option<Spanned<String>>,
    /// Who is, where that is to be compared when the files of the image are there.
    pub image_user: String,
    /// What must, or must not be in the image.
    pub paths: Vec<PathCheck>,
    /// The program that looks for that, by its path in the frontend's image.
    pub looker: &'static str,
    /// The directories in which the image's commands are.
    pub search: String,
    /// Commands that are run.
    pub runs: Vec<RunCheck>,
    /// The server that is started.
    pub serve: Option<ServeCheck>,
    /// What the client must ask for beside the image.
    pub attestations: Vec<Spanned<Attestation>>,
}

impl VerifyPlan {
    /// What runs in the image.
    pub fn processes_mut(&mut self) -> impl Iterator<Item = &mut ImageProcess> {
        let serve = self.serve.iter_mut().map(|serve| &mut serve.process);
        self.runs.iter_mut().map(|run| &mut run.process).chain(serve)
    }
}

/// Plans the checks of a stage; `runtime` is that of its image.
pub(super) fn verify(
    planner: &StagePlanner<'_>,
    verify: &Verify,
    runtime: &Runtime,
    resolved: &Resolved,
    faults: &mut Faults,
) -> VerifyPlan {
    let mut reader = Reader { planner, runtime, faults };
    let user = verify.user.as_ref().map(|user| reader.text(user, &runtime.env));
    let mut paths = reader.paths(&verify.forbid, true);
    paths.extend(reader.paths(&verify.require, false));
    let measures = verify.max_size.is_some() || verify.max_growth.is_some();
    let looks = measures || !paths.is_empty();
    let build = planner.build_platform;
    let looker = looks.then(|| helper::path_for(planner, build, "`verify`", verify.span, reader.faults));
    let runs_any = !verify.run.is_empty() || verify.serve.is_some();
    let own = &planner.selected.platform;
    let helper = runs_any.then(|| helper::path_for(planner, own, "`verify`", verify.span, reader.faults));
    let helper = helper.flatten().unwrap_or_default();
    let attestations =
        verify.attestations.iter().flat_map(|all| all.values.iter().map(|it| Spanned::new(*it, all.span)));
    VerifyPlan {
        span: verify.span,
        max_size: verify.max_size.as_ref().map(|size| Spanned::new(size.value.0, size.span)),
        max_growth: verify.max_growth.as_ref().map(|it| growth(it, planner.selection, resolved)),
        user,
        image_user: String::new(),
        paths,
        looker: looker.flatten().unwrap_or_default(),
        search: runtime.env.get("PATH").unwrap_or_default().to_owned(),
        runs: verify.run.iter().map(|run| reader.run(run, helper)).collect(),
        serve: verify.serve.as_ref().map(|serve| reader.serve(serve, helper)),
        attestations: attestations.collect(),
    }
}

struct Reader<'a, 'f> {
    planner: &'a StagePlanner<'a>,
    runtime: &'a Runtime,
    faults: &'f mut Faults,
}

impl Reader<'_, '_> {
    fn text(&mut self, written: &Template, env: &Env) -> Spanned<String> {
        Spanned::new(self.planner.expand(written, env, self.faults), written.span)
    }

    /// The image's variables, and those of a check; each sees those above it.
    fn env(&mut self, own: &Map<Template>) -> Env {
        let mut env = self.runtime.env.clone();
        for (name, entry) in own.iter() {
            let value = self.planner.expand(&entry.value, &env, self.faults);
            env.insert(name.to_owned(), value);
        }
        env
    }
}
