//! What a stage says for all of its `run` steps.

use spec_schema::decode::OneOrMany;
use spec_schema::decode::text::{Form, Part, Template, Variable};
use spec_schema::span::Span;
use spec_schema::spec::{CacheMount, CacheSettings, Mount, Network, RunStep, SecretMount, SshMount, Stage};

use super::{CoreRun, caches, default_secret_file};

/// What a stage says for all of its `run` steps.
pub(super) struct Defaults {
    platform: Template,
    cache: Option<OneOrMany<CacheMount>>,
    secrets: Option<OneOrMany<SecretMount>>,
    ssh: Option<OneOrMany<SshMount>>,
    mounts: Vec<Mount>,
    pub(super) run_as: Option<Template>,
    network: Option<Network>,
}

impl Defaults {
    /// Takes them out of the stage, but for `run_as`, which is for its working directory too.
    pub(super) fn take(stage: &mut Stage) -> Self {
        Self {
            platform: stage.platform.clone().unwrap_or_else(|| target_platform(stage.span)),
            cache: stage.cache.take(),
            secrets: stage.secrets.take(),
            ssh: stage.ssh.take(),
            mounts: std::mem::take(&mut stage.mounts.0),
            run_as: stage.run_as.clone(),
            network: stage.network.take(),
        }
    }

    /// Those of a stage that says nothing.
    pub(super) fn none(span: Span) -> Self {
        Self {
            platform: target_platform(span),
            cache: None,
            secrets: None,
            ssh: None,
            mounts: Vec::new(),
            run_as: None,
            network: None,
        }
    }

    /// A step with all that the stage says for it.
    pub(super) fn apply(&self, mut run: RunStep) -> CoreRun {
        run.run_as = run.run_as.take().or_else(|| self.run_as.clone());
        let own = self.caches(run.cache.take(), &mut run);
        let inherited = self.caches(self.cache.clone(), &mut run);
        let caches = joined(inherited, own, |a, b| a.target.raw == b.target.raw);
        let secrets = joined(values(self.secrets.clone()), values(run.secrets.take()), |a, b| {
            secret_place(a) == secret_place(b)
        });
        run.secrets = one_or_many(secrets, run.span);
        let own_ssh = values(run.ssh.take());
        let ssh = if own_ssh.is_empty() { values(self.ssh.clone()) } else { own_ssh };
        run.ssh = one_or_many(ssh, run.span);
        run.mounts.0 = joined(self.mounts.clone(), std::mem::take(&mut run.mounts.0), |a, b| {
            a.target().raw == b.target().raw
        });
        run.network = run.network.or(self.network);
        CoreRun { step: run, caches, doubt: None }
    }

    /// Caches as directories; the variables that point the tools there go into the step's environment.
    fn caches(&self, caches: Option<OneOrMany<CacheMount>>, run: &mut RunStep) -> Vec<CacheSettings> {
        let mut settings = Vec::new();
        for cache in values(caches) {
            match cache {
                CacheMount::WellKnown(tool) => {
                    settings.extend(caches::well_known(&tool, &self.platform, run));
                }
                CacheMount::Path(target) => settings.push(caches::directory(target)),
                CacheMount::Settings(own) => settings.push(*own),
            }
        }
        settings
    }
}

fn values<T>(list: Option<OneOrMany<T>>) -> Vec<T> {
    list.map(|list| list.values).unwrap_or_default()
}

fn one_or_many<T>(values: Vec<T>, span: Span) -> Option<OneOrMany<T>> {
    (!values.is_empty()).then_some(OneOrMany { values, span })
}

/// The stage's values, less those that a value of the step replaces, and the step's.
fn joined<T>(inherited: Vec<T>, own: Vec<T>, same: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut all: Vec<T> =
        inherited.into_iter().filter(|value| !own.iter().any(|mine| same(value, mine))).collect();
    all.extend(own);
    all
}

/// What a secret takes up: its file, or its variable.
fn secret_place(secret: &SecretMount) -> (Option<String>, Option<&str>) {
    let settings = &secret.settings;
    let env = settings.env.as_ref().map(|env| env.as_str());
    let file = settings.target.as_ref().map(|target| target.raw.clone());
    (file.or_else(|| env.is_none().then(|| default_secret_file(&settings.id))), env)
}

fn target_platform(span: Span) -> Template {
    let name = "TARGETPLATFORM";
    let parts = vec![Part::Variable(Variable { name: name.to_owned(), span, form: Form::Plain })];
    Template { raw: format!("${name}"), span, parts }
}
