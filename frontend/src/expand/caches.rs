//! Well-known caches: the mounts that stand for the name of a tool.

use spec_schema::decode::text::{Form, Part, Template, Text, Variable};
use spec_schema::decode::{Entry, Id, Permissions};
use spec_schema::spec::{CacheSettings, FileMount, Mount, RunStep};
use spec_schema::tools::{Directory, Tool};

/// Where caches are for whoever cannot reach root's: a directory in memory, so that none of it is in the image.
const ELSEWHERE: &str = "/dev/optfrontend/cache";

/// Who uses a cache.
enum User {
    Root,
    /// A user and a group by their numbers.
    Ids(Id, Id),
    /// One whose numbers only the image knows, or an arg.
    Named,
}

impl User {
    fn of(run_as: Option<&Template>) -> Self {
        let Some(run_as) = run_as.filter(|run_as| run_as.is_literal()) else {
            return if run_as.is_some() { Self::Named } else { Self::Root };
        };
        let (user, group) = run_as.raw.split_once(':').unwrap_or((&run_as.raw, ""));
        let number = |text: &str| text.parse().ok().map(Id);
        match (user, number(user), number(group)) {
            ("root" | "0" | "", ..) => Self::Root,
            (_, Some(user), Some(group)) => Self::Ids(user, group),
            (_, Some(user), None) if group.is_empty() => Self::Ids(user, Id(0)),
            _ => Self::Named,
        }
    }
}

/// The mounts of a tool's cache. The variables and files that it needs go to the step, where the step does not say
/// something else for them itself.
pub(super) fn well_known(name: &Text, platform: &Template, run: &mut RunStep) -> Vec<CacheSettings> {
    let Some(tool) = Tool::named(name) else { return Vec::new() };
    let span = name.span;
    for (path, content) in tool.files {
        if !run.mounts.iter().any(|mount| mount.target().raw == *path) {
            run.mounts.0.push(Mount::File(FileMount {
                r#type: Text::new("file".to_owned(), span),
                target: Template::literal(*path, span),
                content: Template::literal(*content, span),
                mode: None,
                span,
            }));
        }
    }
    let variables = tool.variables.iter();
    variables.for_each(|(variable, value)| set(run, variable, Template::literal(*value, span)));
    let run_as = run.run_as.clone();
    let mut mounts = Vec::with_capacity(tool.directories.len());
    for directory in tool.directories {
        let mount = mount(directory, &User::of(run_as.as_ref()), run_as.as_ref(), platform, name);
        directory.variables.iter().for_each(|variable| set(run, variable, mount.target.clone()));
        if let Some((variable, option)) = directory.option.filter(|_| mount.target.raw != directory.target) {
            add(run, variable, &Template::literal(option, span).joined("", &mount.target));
        }
        mounts.push(mount);
    }
    mounts
}

fn set(run: &mut RunStep, variable: &str, value: Template) {
    if !run.env.declares(variable) {
        run.env.insert(variable.to_owned(), Entry { key_span: value.span, value });
    }
}

/// Puts an option behind those that a variable of the step has, or of what the step starts from.
fn add(run: &mut RunStep, variable: &str, option: &Template) {
    let span = option.span;
    let there = run.env.get(variable).cloned().unwrap_or_else(|| {
        let form = Form::Default(Vec::new());
        let part = Part::Variable(Variable { name: variable.to_owned(), span, form });
        Template { raw: format!("${{{variable}:-}}"), span, parts: vec![part] }
    });
    // A stage and its step may name the same cache.
    if !there.raw.contains(&option.raw) {
        let value = there.joined(" ", option);
        run.env.insert(variable.to_owned(), Entry { key_span: span, value });
    }
}

fn mount(
    of: &Directory,
    user: &User,
    run_as: Option<&Template>,
    platform: &Template,
    name: &Text,
) -> CacheSettings {
    let is_reached = matches!(user, User::Root) || (of.variables.is_empty() && of.option.is_none());
    let target = if is_reached { of.target.to_owned() } else { format!("{ELSEWHERE}{}", of.target) };
    let platform = of.native.then_some(platform);
    let owner = run_as.filter(|_| !matches!(user, User::Root));
    let (uid, gid, mode) = match user {
        User::Root => (None, None, None),
        User::Ids(user, group) => (Some(*user), Some(*group), None),
        User::Named => (None, None, Some(Permissions(0o777))),
    };
    let apart: Vec<&Template> = platform.into_iter().chain(owner).collect();
    CacheSettings {
        id: (!apart.is_empty()).then(|| id(of.target, &apart)),
        sharing: Some(of.sharing),
        mode,
        uid,
        gid,
        ..directory(Template::literal(target, name.span))
    }
}

/// A cache directory with nothing but its path.
pub(super) fn directory(target: Template) -> CacheSettings {
    let span = target.span;
    CacheSettings {
        target,
        id: None,
        sharing: None,
        from: None,
        source: None,
        mode: None,
        uid: None,
        gid: None,
        readonly: None,
        span,
    }
}

/// A cache id with what keeps it apart from others.
fn id(target: &str, apart: &[&Template]) -> Template {
    let mut id = Template::literal(target, apart.first().map(|text| text.span).unwrap_or_default());
    for text in apart {
        id = id.joined(":", text);
    }
    id
}
