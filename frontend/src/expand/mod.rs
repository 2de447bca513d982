//! From the language as people write it to its core: what a stage says for all of its steps is said by each step, and
//! well-known caches are directories.

mod caches;

use spec_schema::Spec;
use spec_schema::decode::OneOrMany;
use spec_schema::decode::text::{Form, Part, Template, Variable};
use spec_schema::span::Span;
use spec_schema::spec::{CacheMount, CacheSettings, Mount, RunStep, SecretMount, SshMount, Stage, Step};

/// A spec in core form: no step takes anything from its stage's defaults for `run`, and every cache is given by
/// [`CacheSettings`]. Only [`expand`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Core {
    spec: Spec,
}

impl Core {
    /// The spec.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }
}

/// Brings a spec to its core form; building that gives the same image.
pub fn expand(mut spec: Spec) -> Core {
    spec.stages = spec.stages.map(|_, stage| expand_stage(stage));
    Core { spec }
}

fn expand_stage(mut stage: Stage) -> Stage {
    let defaults = Defaults {
        platform: stage.platform.clone().unwrap_or_else(|| target_platform(stage.span)),
        cache: stage.cache.take(),
        secrets: stage.secrets.take(),
        ssh: stage.ssh.take(),
        mounts: std::mem::take(&mut stage.mounts.0),
        run_as: stage.run_as.clone(),
        network: stage.network.take(),
    };
    defaults.apply_all(&mut stage.steps.0);
    stage
}

/// What a stage says for all of its `run` steps.
struct Defaults {
    platform: Template,
    cache: Option<OneOrMany<CacheMount>>,
    secrets: Option<OneOrMany<SecretMount>>,
    ssh: Option<OneOrMany<SshMount>>,
    mounts: Vec<Mount>,
    run_as: Option<Template>,
    network: Option<spec_schema::spec::Network>,
}

impl Defaults {
    /// Those of branches too: a branch is the stage going on.
    fn apply_all(&self, steps: &mut [Step]) {
        for step in steps {
            match step {
                Step::Run(run) => self.apply(run),
                Step::Parallel(step) => {
                    step.parallel.0.iter_mut().for_each(|branch| self.apply_all(&mut branch.0));
                }
                _ => {}
            }
        }
    }

    fn apply(&self, run: &mut RunStep) {
        let own = self.caches(run.cache.take(), run);
        let inherited = self.caches(self.cache.clone(), run);
        run.cache = joined(inherited, own, run.span, same_cache);
        run.secrets = joined(values(self.secrets.clone()), values(run.secrets.take()), run.span, |a, b| {
            secret_place(a) == secret_place(b)
        });
        let own_ssh = values(run.ssh.take());
        let inherited_ssh = if own_ssh.is_empty() { values(self.ssh.clone()) } else { Vec::new() };
        run.ssh = joined(inherited_ssh, own_ssh, run.span, |_, _| false);
        let mounts = joined(self.mounts.clone(), std::mem::take(&mut run.mounts.0), run.span, |a, b| {
            mount_target(a) == mount_target(b)
        });
        run.mounts.0 = values(mounts);
        run.run_as = run.run_as.take().or_else(|| self.run_as.clone());
        run.network = run.network.or(self.network);
    }

    /// Caches as directories; the variables that point the tools there go into the step's environment.
    fn caches(&self, caches: Option<OneOrMany<CacheMount>>, run: &mut RunStep) -> Vec<CacheMount> {
        let mut settings = Vec::new();
        for cache in values(caches) {
            match cache {
                CacheMount::WellKnown(tool) => {
                    settings.extend(caches::well_known(&tool, &self.platform, run));
                }
                CacheMount::Path(target) => {
                    settings.push(CacheMount::Settings(Box::new(caches::directory(target))));
                }
                CacheMount::Settings(_) => settings.push(cache),
            }
        }
        settings
    }
}

fn values<T>(list: Option<OneOrMany<T>>) -> Vec<T> {
    list.map(|list| list.values).unwrap_or_default()
}

/// The stage's values, less those that a value of the step replaces, and the step's.
fn joined<T>(
    inherited: Vec<T>,
    own: Vec<T>,
    span: Span,
    same: impl Fn(&T, &T) -> bool,
) -> Option<OneOrMany<T>> {
    let mut all: Vec<T> =
        inherited.into_iter().filter(|value| !own.iter().any(|mine| same(value, mine))).collect();
    all.extend(own);
    (!all.is_empty()).then_some(OneOrMany { values: all, span })
}

fn same_cache(a: &CacheMount, b: &CacheMount) -> bool {
    cache_settings(a).zip(cache_settings(b)).is_some_and(|(a, b)| a.target.raw == b.target.raw)
}

/// The settings of a cache in core form.
pub(crate) fn cache_settings(cache: &CacheMount) -> Option<&CacheSettings> {
    match cache {
        CacheMount::Settings(settings) => Some(settings),
        CacheMount::WellKnown(_) | CacheMount::Path(_) => None,
    }
}

/// What a secret takes up: its file, or its variable.
fn secret_place(secret: &SecretMount) -> (Option<String>, Option<&str>) {
    let settings = &secret.settings;
    let env = settings.env.as_ref().map(|env| env.as_str());
    let file = settings.target.as_ref().map(|target| target.raw.clone());
    (file.or_else(|| env.is_none().then(|| default_secret_file(&settings.id))), env)
}

/// The file of a secret that names neither a file nor a variable.
pub(crate) fn default_secret_file(id: &str) -> String {
    format!("/run/secrets/{id}")
}

fn mount_target(mount: &Mount) -> &str {
    match mount {
        Mount::Bind(bind) => &bind.target.raw,
        Mount::Tmpfs(tmpfs) => &tmpfs.target.raw,
    }
}

fn target_platform(span: Span) -> Template {
    let name = "TARGETPLATFORM";
    let parts = vec![Part::Variable(Variable { name: name.to_owned(), span, form: Form::Plain })];
    Template { raw: format!("${name}"), span, parts }
}
