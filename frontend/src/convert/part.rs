//! A stage of the spec in the making. A stage of a Dockerfile comes to be several where steps must not see what is said below them.

use std::collections::{BTreeMap, BTreeSet};

use spec_schema::decode::text::{Template, Text};
use spec_schema::node::Node;
use spec_schema::span::Span;

use super::tree::{self, Entries};
use crate::expand::Marks;

/// A step in the making.
#[derive(Debug, Clone, Default)]
pub(super) struct Step {
    /// Its keys.
    pub(super) entries: Entries,
    /// Lines above it.
    pub(super) comments: Vec<String>,
    /// The lines of its script, where it is one line that is written in several.
    pub(super) lines: Vec<String>,
    /// For a `run`: who runs it, and by which shell.
    pub(super) run: Option<RunState>,
    pub(super) span: Span,
}

/// What a Dockerfile has said above a `RUN`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RunState {
    pub(super) user: Option<Text>,
    /// Whether a shell runs it.
    pub(super) by_shell: bool,
    /// The shell that the Dockerfile has named.
    pub(super) shell: Option<Vec<Text>>,
}

/// A working directory as it is known: from the root, or from that of the base image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) path: String,
}

impl Directory {
    pub(super) fn is_known(&self) -> bool {
        self.path.starts_with(['/', '$'])
    }

    /// What a path comes to from here.
    pub(super) fn join(&self, path: &str) -> String {
        if path.starts_with(['/', '$']) || self.path.is_empty() {
            return path.to_owned();
        }
        let path = path.strip_prefix("./").unwrap_or(path);
        match path {
            "" | "." => format!("{}/", self.path.trim_end_matches('/')),
            path => format!("{}/{path}", self.path.trim_end_matches('/')),
        }
    }
}

/// A stage of the spec.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) from: Option<Node>,
    pub(super) platform: Option<Node>,
    pub(super) env: Entries,
    pub(super) workdir: Option<Text>,
    /// Who made the working directory.
    pub(super) workdir_user: Option<Text>,
    /// Where steps start that say nothing else.
    pub(super) directory: Directory,
    pub(super) shell: Option<Vec<Text>>,
    pub(super) steps: Vec<Step>,
    /// What describes the image.
    pub(super) config: Vec<Config>,
    /// Variables that its texts name, but for those of `env`.
    pub(super) used: BTreeSet<String>,
    /// The variables of `env`, each with those that are made from it.
    pub(super) readers: BTreeMap<String, BTreeSet<String>>,
    /// Lines above it.
    pub(super) comments: Vec<String>,
    /// Comments of `env`, `workdir` and other keys, by path below the stage.
    pub(super) key_comments: Vec<(String, Vec<String>)>,
    pub(super) span: Span,
}

/// A key that describes the image.
#[derive(Debug, Clone)]
pub(super) struct Config {
    pub(super) key: &'static str,
    /// Of a mapping: the name in it, and its place.
    pub(super) name: Option<Text>,
    pub(super) node: Node,
    pub(super) comments: Vec<String>,
}

impl Config {
    /// Whether this takes the place of another one.
    pub(super) fn replaces(&self, other: &Self) -> bool {
        let is_list = matches!(self.key, "expose" | "volumes" | "onbuild");
        self.key == other.key
            && !is_list
            && self.name.as_ref().map(|name| &name.value) == other.name.as_ref().map(|name| &name.value)
    }
}

impl Part {
    pub(super) fn new(directory: Directory, shell: Option<Vec<Text>>, span: Span) -> Self {
        Self {
            from: None,
            platform: None,
            env: Entries::default(),
            workdir: None,
            workdir_user: None,
            directory,
            shell,
            steps: Vec::new(),
            config: Vec::new(),
            used: BTreeSet::new(),
            readers: BTreeMap::new(),
            comments: Vec::new(),
            key_comments: Vec::new(),
            span,
        }
    }

    /// Takes note of the variables in a text of the spec.
    pub(super) fn uses(&mut self, text: &str) {
        self.used.extend(variables(text));
    }

    /// Takes note of the variables from which one of `env` is made.
    pub(super) fn reads(&mut self, name: &str, text: &str) {
        self.readers.entry(name.to_owned()).or_default();
        for read in variables(text) {
            if let Some(readers) = self.readers.get_mut(&read) {
                readers.insert(name.to_owned());
            }
        }
    }

    /// Whether a process has run.
    pub(super) fn has_run(&self) -> bool {
        self.steps.iter().any(|step| step.run.is_some())
    }

    /// Whether a shell has run.
    pub(super) fn has_shell(&self) -> bool {
        self.steps.iter().any(|step| step.run.as_ref().is_some_and(|run| run.by_shell))
    }

    /// The stage as a tree; its comments go to `marks`. `base_shell` is that of what it starts from.
    pub(super) fn finish(mut self, path: &str, base_shell: Option<&Vec<Text>>, marks: &mut Marks) -> Node {
        let span = self.span;
        let run_as = self.run_as();
        let shell = self.shell.take().filter(|shell| base_shell != Some(shell));
        let own_shell = shell.clone().or_else(|| base_shell.cloned());
        marks.comment(path, self.comments);
        for (key, comments) in self.key_comments {
            marks.comment(&format!("{path}/{key}"), comments);
        }
        let mut entries = Entries::default();
        entries.add_some("from", self.from);
        entries.add_some("platform", self.platform);
        if !self.env.is_empty() {
            entries.add("env", self.env.mapping(span));
        }
        entries.add_some("workdir", self.workdir.map(|workdir| tree::text(workdir.value, workdir.span)));
        entries.add_some("shell", shell.map(|shell| tree::literals(&shell, span)));
        let config = Sections::of(self.config, path, marks);
        entries.add_some("user", config.of_key("user"));
        entries.add_some("run_as", run_as.as_ref().map(|user| tree::text(user.value.clone(), user.span)));
        let mut steps = Vec::new();
        for (at, step) in self.steps.into_iter().enumerate() {
            let path = format!("{path}/steps/{at}");
            marks.comment(&path, step.comments.clone());
            marks.break_at(&format!("{path}/run"), step.lines.clone());
            steps.push(step.finish(run_as.as_ref(), own_shell.as_ref()));
        }
        if !steps.is_empty() {
            entries.add("steps", tree::list(steps, span));
        }
        for key in
            ["expose", "volumes", "entrypoint", "cmd", "healthcheck", "stop_signal", "labels", "onbuild"]
        {
            entries.add_some(key, config.of_key(key));
        }
        entries.mapping(span)
    }

    /// The user of all steps, where they have one in common that the base has not.
    fn run_as(&self) -> Option<Text> {
        if self.workdir.is_some() {
            return self.workdir_user.clone();
        }
        let users: Vec<Option<&Text>> =
            self.steps.iter().filter_map(|step| step.run.as_ref()).map(|run| run.user.as_ref()).collect();
        let first = (*users.first()?)?;
        let same = users.iter().all(|user| user.is_some_and(|user| user.value == first.value));
        same.then(|| first.clone())
    }
}

impl Step {
    /// Adds who runs it and by which shell, where the stage says something else.
    fn finish(mut self, run_as: Option<&Text>, stage_shell: Option<&Vec<Text>>) -> Node {
        if let Some(run) = self.run {
            let same_user = run.user.as_ref().map(|user| &user.value) == run_as.map(|user| &user.value);
            if let (Some(user), false) = (&run.user, same_user) {
                self.entries.add("run_as", tree::text(user.value.clone(), user.span));
            }
            if let Some(shell) = run.shell.filter(|_| run.by_shell)
                && !same_texts(&shell, stage_shell)
            {
                self.entries.add("shell", tree::literals(&shell, self.span));
            }
        }
        self.entries.mapping(self.span)
    }
}

/// The variables in a text of a spec.
fn variables(text: &str) -> Vec<String> {
    let template = Template::parse(text, Span::default(), &[]);
    let found = template.iter().flat_map(Template::variables).map(|variable| variable.name.clone());
    found.collect()
}

pub(super) fn same_texts(one: &[Text], other: Option<&Vec<Text>>) -> bool {
    other.is_some_and(|other| one.iter().map(|text| &text.value).eq(other.iter().map(|text| &text.value)))
}

/// The keys that describe the image, put together.
struct Sections(Vec<(&'static str, Node)>);

impl Sections {
    fn of(config: Vec<Config>, path: &str, marks: &mut Marks) -> Self {
        let mut sections: Vec<(&'static str, Node)> = Vec::new();
        for Config { key, name, node, comments } in config {
            let known = sections.iter_mut().find(|(known, _)| *known == key).map(|(_, node)| node);
            let span = node.span;
            let place = match (known, name) {
                (None, None) if matches!(key, "expose" | "volumes" | "onbuild") => {
                    sections.push((key, tree::list(vec![node], span)));
                    key.to_owned()
                }
                (None, None) => {
                    sections.push((key, node));
                    key.to_owned()
                }
                (None, Some(name)) => {
                    let place = format!("{key}/{}", name.value);
                    sections.push((
                        key,
                        Node { span, value: spec_schema::node::Value::Mapping(vec![(name, node)]) },
                    ));
                    place
                }
                (Some(known), name) => match (&mut known.value, name) {
                    (spec_schema::node::Value::Sequence(items), None) => {
                        items.push(node);
                        format!("{key}/{}", items.len() - 1)
                    }
                    (spec_schema::node::Value::Mapping(entries), Some(name)) => {
                        let place = format!("{key}/{}", name.value);
                        entries.push((name, node));
                        place
                    }
                    _ => key.to_owned(),
                },
            };
            marks.comment(&format!("{path}/{place}"), comments);
        }
        Self(sections)
    }

    fn of_key(&self, key: &str) -> Option<Node> {
        self.0.iter().find(|(known, _)| *known == key).map(|(_, node)| node.clone())
    }
}
