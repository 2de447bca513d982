//! One stage of a Dockerfile, instruction by instruction.

use std::collections::{BTreeMap, BTreeSet};

use spec_schema::decode::text::Text;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::node::Node;
use spec_schema::span::Span;

use super::Note;
use super::args::Args;
use super::mentions;
use super::named::Named;
use super::names::{Declared, Names, View};
use super::part::{Config, Directory, Part, Step, same_texts};
use super::pieces::{Piece, Quotes, Unreadable, pieces};
use super::render::render;
use super::tree;
use crate::dockerfile::file::{Body, Comment, Statement};

/// What a stage knows of the file around it.
pub(super) struct Around<'f> {
    pub(super) escape: char,
    /// Its position.
    pub(super) at: usize,
    pub(super) args: &'f mut Args,
    pub(super) named: Named<'f>,
    /// The defaults of args above the stages, as the spec has them.
    pub(super) globals: &'f BTreeMap<String, String>,
    /// Secrets that may be missing somewhere.
    pub(super) optional_secrets: &'f BTreeSet<String>,
    /// What is wrong with it.
    pub(super) broken: &'f mut Faults,
    pub(super) notes: &'f mut Vec<Note>,
    /// Comments of args, by name.
    pub(super) arg_comments: &'f mut Vec<(String, Vec<String>)>,
    /// Secrets that steps name.
    pub(super) secrets: &'f mut Vec<Text>,
}

/// What a stage hands on to those that start from it.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcome {
    pub(super) names: Names,
    pub(super) shell: Option<Vec<Text>>,
    pub(super) directory: String,
}

/// A stage in the making.
pub(super) struct Walk<'s, 'f> {
    pub(super) around: Around<'f>,
    pub(super) statements: &'s [Statement],
    pub(super) names: Names,
    /// Where the next instruction starts.
    pub(super) directory: Directory,
    pub(super) user: Option<Text>,
    pub(super) shell: Option<Vec<Text>>,
    pub(super) done: Vec<Part>,
    pub(super) part: Part,
    /// What holds for the whole stage, and comes last.
    config: Vec<Config>,
    /// Comments that wait for something to stand above.
    pub(super) comments: Vec<String>,
    /// The last instruction that says where steps start, and the last that runs something.
    pub(super) last_workdir: usize,
    /// The args that steps are given because they may read them, where that is known.
    pub(super) passed: Option<Vec<(String, Declared)>>,
    /// Words of scripts and other texts, which tell what args are for.
    pub(super) mentions: BTreeSet<String>,
    /// Whether programs find out by themselves what they are to build for.
    pub(super) crosses: bool,
}

impl<'s, 'f> Walk<'s, 'f> {
    pub(super) fn new(around: Around<'f>, statements: &'s [Statement], base: Outcome, part: Part) -> Self {
        let mentions = mentions::of(statements);
        let is_workdir = |statement: &Statement| matches!(statement.body, Body::Workdir(_));
        Self {
            around,
            statements,
            names: base.names,
            directory: part.directory.clone(),
            user: None,
            shell: base.shell,
            done: Vec::new(),
            part,
            config: Vec::new(),
            comments: Vec::new(),
            last_workdir: statements.iter().rposition(is_workdir).unwrap_or_default(),
            crosses: mentions::crosses(&mentions),
            passed: None,
            mentions,
        }
    }

    /// Goes through the stage; gives its parts, and the comments that found nothing to stand above.
    pub(super) fn run(mut self) -> (Vec<Part>, Outcome, Vec<String>) {
        for (at, statement) in self.statements.iter().enumerate() {
            self.comments.extend(lines(&statement.comments));
            self.comments.extend(lines(&statement.inside));
            if statement.broken.is_empty() {
                self.statement(at, statement);
            }
            statement.broken.iter().for_each(|fault| self.around.broken.push(fault.clone()));
        }
        let Self { mut done, mut part, config, comments, names, shell, directory, .. } = self;
        part.config.extend(config);
        part.shell.clone_from(&shell);
        done.push(part);
        (done, Outcome { names, shell, directory: directory.path }, comments)
    }

    fn statement(&mut self, at: usize, statement: &Statement) {
        match &statement.body {
            Body::From(_) => {}
            Body::Arg(args) => args.iter().for_each(|(name, default)| self.arg(name, default.as_ref())),
            Body::Env(pairs) => self.env(pairs, statement.span),
            Body::Workdir(path) => self.workdir(at, path),
            Body::User(user) => self.user(user),
            Body::Shell(shell) => self.set_shell(shell, statement.span),
            Body::Run(run) => self.run_step(run, statement.span),
            Body::Copy(copy) => self.copy(copy, statement.span),
            Body::Add(add) => self.add(add, statement.span),
            body => self.describe(body, statement.span),
        }
    }

    /// A word of the Dockerfile as the spec has it; what cannot be said so becomes a note.
    pub(super) fn word(&mut self, word: &Text) -> String {
        let pieces = self.pieces(word, Quotes::Removed);
        self.rendered(&pieces, word.span)
    }

    pub(super) fn rendered(&mut self, pieces: &[Piece], span: Span) -> String {
        let view = View { names: &self.names, args: self.around.args, replaced: BTreeMap::new() };
        let rendered = render(pieces, &view);
        rendered.notes.into_iter().for_each(|note| self.note(span, note));
        self.part.uses(&rendered.text);
        rendered.text
    }

    pub(super) fn pieces(&mut self, word: &Text, quotes: Quotes) -> Vec<Piece> {
        let escape = if quotes == Quotes::Kept { '\\' } else { self.around.escape };
        match pieces(word, quotes, escape) {
            Ok(pieces) => pieces,
            Err(why) => {
                self.around.broken.push(unreadable(word, &why));
                vec![Piece::Text(word.value.clone())]
            }
        }
    }

    /// Says why the stage cannot be built.
    pub(super) fn fault(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.around.broken.push(Diagnostic::new(span, message).help(help));
    }

    /// Says what the spec cannot: above what comes next, and among the notes.
    pub(super) fn note(&mut self, span: Span, text: impl Into<String>) {
        let text = text.into();
        self.comments.push(format!("# Note: {}", text.replace('\n', " ")));
        self.around.notes.push(Note { span, text });
    }

    pub(super) fn take_comments(&mut self) -> Vec<String> {
        std::mem::take(&mut self.comments)
    }

    /// Begins a stage that goes on from the one before.
    pub(super) fn split(&mut self, why: &str, span: Span) {
        let mut next = Part::new(self.directory.clone(), None, span);
        next.comments.push(format!("# Goes on from the stage above, whose steps {why}."));
        let mut part = std::mem::replace(&mut self.part, next);
        if self.shell.is_some() {
            part.shell.clone_from(&self.shell);
        }
        // The directory of the image is that of the stage, wherever its last steps were.
        if part.directory != self.directory {
            let path = Text::new(self.directory.path.clone(), span);
            self.part.workdir = Some(path);
            self.part.workdir_user.clone_from(&self.user);
        }
        let later = self.config.extract_if(.., |config| names_variables(&config.node));
        part.config.extend(later);
        self.done.push(part);
    }

    fn arg(&mut self, name: &Text, default: Option<&Text>) {
        self.passed = None;
        if !is_arg(name) {
            self.note(name.span, format!("`{}` cannot name a build arg", name.value));
            return;
        }
        let global = self.around.globals.get(name.as_str()).cloned();
        let own = default.map(|text| {
            let pieces = self.pieces(text, Quotes::Removed);
            self.names.set_value(name, Some(&pieces));
            self.rendered(&pieces, text.span)
        });
        if own.is_none() && global.is_none() && self.names.args.contains_key(name.as_str()) {
            return;
        }
        if self.names.env.contains(name.as_str()) {
            let text = format!(
                "a variable of the stage comes before the arg `{}`, wherever that is declared",
                name.value
            );
            self.note(name.span, text);
        }
        let place = default.map_or(name.span, |default| default.span);
        let (declared, first) = self.around.args.declare(name, own.or(global), place);
        if first {
            let comments = self.take_comments();
            self.around.arg_comments.push((name.value.clone(), comments));
        }
        self.names.args.insert(name.value.clone(), declared);
    }

    fn user(&mut self, user: &Text) {
        let text = Text::new(self.word(user), user.span);
        self.user = Some(text.clone());
        let node = tree::text(text.value, user.span);
        self.put("user", None, node);
    }

    fn set_shell(&mut self, shell: &[Text], span: Span) {
        // What the shell of a base image is, nobody knows here: what ran by it stays above.
        if self.shell.is_none() && self.part.has_shell() {
            self.split("run by the shell of the image", span);
        }
        self.shell = Some(shell.to_vec());
        let comments = self.take_comments();
        self.part.key_comments.push(("shell".to_owned(), comments));
    }

    /// The shell of a command that is kept as a text: `None` where it is the one that the stage ends with.
    pub(super) fn passing_shell(&self) -> Option<Vec<Text>> {
        let last = self.statements.iter().rev().find_map(|statement| match &statement.body {
            Body::Shell(shell) => Some(shell),
            _ => None,
        })?;
        match &self.shell {
            Some(shell) if same_texts(shell, Some(last)) => None,
            Some(shell) => Some(shell.clone()),
            None => Some(default_shell()),
        }
    }

    /// Adds what describes the image.
    pub(super) fn put(&mut self, key: &'static str, name: Option<Text>, node: Node) {
        let comments = self.take_comments();
        let config = Config { key, name, node, comments };
        self.config.retain(|known| !config.replaces(known));
        self.config.push(config);
    }

    pub(super) fn push(&mut self, mut step: Step) {
        step.comments = self.take_comments();
        self.part.steps.push(step);
    }

    /// Where a path leads to, as a step of the stage says it.
    pub(super) fn path_here(&self, path: String) -> String {
        if self.directory == self.part.directory { path } else { self.directory.join(&path) }
    }
}

/// The shell where nobody names one.
pub(super) fn default_shell() -> Vec<Text> {
    ["/bin/sh", "-c"].map(|word| Text::new(word.to_owned(), Span::default())).to_vec()
}

/// A word whose quotes or variables do not end.
pub(super) fn unreadable(word: &Text, why: &Unreadable) -> Diagnostic {
    let text = word.value.trim_end();
    let shown = text.lines().find(|line| line.contains(['$', '"', '\''])).unwrap_or(text);
    Diagnostic::new(word.span, format!("`{shown}` cannot be read: {}", why.message)).help(why.help)
}

/// Whether the language takes a name for that of an arg.
pub(super) fn is_arg(name: &str) -> bool {
    name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}

/// Whether a tree has a text with a variable.
fn names_variables(node: &Node) -> bool {
    match &node.value {
        spec_schema::node::Value::Scalar(scalar) => scalar.text.replace("$$", "").contains('$'),
        spec_schema::node::Value::Sequence(items) => items.iter().any(names_variables),
        spec_schema::node::Value::Mapping(entries) => entries.iter().any(|(_, node)| names_variables(node)),
    }
}

/// Comments as lines of YAML.
pub(super) fn lines(comments: &[Comment]) -> impl Iterator<Item = String> {
    comments.iter().map(|comment| comment.text.clone())
}
