//! All stages of a Dockerfile, and what a spec says once for all of them.

use std::collections::{BTreeMap, BTreeSet};

use spec_schema::decode::text::Text;
use spec_schema::diagnostic::Faults;
use spec_schema::node::Node;
use spec_schema::span::Span;

use super::args::Args;
use super::check;
use super::left_out::broken_triggers;
use super::mount::optional_secrets;
use super::named::Named;
use super::names::{Names, View};
use super::needs::LeftOut;
use super::part::{Directory, Part};
use super::pieces::{Quotes, pieces};
use super::render::render;
use super::stage::{Around, Outcome, Walk, is_arg, lines, unreadable};
use super::stage_names::{free, stage_names, written_names};
use super::tree::{self, Entries};
use super::{LeftOutStage, Note};
use crate::dockerfile::file::{Body, Dockerfile, From, Onbuild, Statement};
use crate::expand::Marks;
use crate::image_ref::ImageRef;

/// A spec in the making.
pub(super) struct Stages {
    pub(super) tree: Node,
    pub(super) marks: Marks,
    pub(super) notes: Vec<Note>,
    pub(super) left_out: Vec<LeftOutStage>,
    /// What is wrong whatever is built, and what is wrong with single stages.
    pub(super) faults: Faults,
    pub(super) broken: Faults,
    /// Comments on top of the file, and at its end.
    pub(super) header: Vec<String>,
    pub(super) rest: Vec<String>,
}

/// Converts all stages but some.
pub(super) fn stages(file: &Dockerfile, left_out: &LeftOut) -> Stages {
    let (header, statements) = header(file);
    let first = statements.iter().position(|statement| matches!(statement.body, Body::From(_)));
    let (global, rest) = statements.split_at(first.unwrap_or(statements.len()));
    let groups: Vec<&[Statement]> = rest.chunk_by(|_, next| !matches!(next.body, Body::From(_))).collect();
    let names = stage_names(&groups);
    let mut maker = Maker {
        file,
        left_out,
        broken_triggers: broken_triggers(file),
        faults: Faults::new(),
        broken: Faults::new(),
        args: Args::of(file),
        written: written_names(&groups),
        positions: names.iter().enumerate().map(|(at, name)| (name.clone(), at)).collect(),
        taken: names.iter().cloned().collect(),
        names,
        global: Names { global: true, ..Names::default() },
        defaults: BTreeMap::new(),
        optional: optional_secrets(&statements),
        notes: Vec::new(),
        arg_comments: Vec::new(),
        secrets: Vec::new(),
        marks: Marks::default(),
        outcomes: Vec::new(),
        takers: Vec::new(),
        stages: Entries::default(),
        comments: Vec::new(),
    };
    for statement in global {
        maker.global(statement);
    }
    maker.takers = maker.takers_of(&groups);
    for (at, group) in groups.iter().enumerate() {
        match left_out.get(&at) {
            None => maker.stage(at, group),
            Some(why) => maker.leave_out(at, group, why),
        }
    }
    let mut stages = maker.finish();
    stages.header.splice(0..0, header);
    stages
}

/// Comments that stand apart above the first instruction.
fn header(file: &Dockerfile) -> (Vec<String>, Vec<Statement>) {
    let mut header = Vec::new();
    let mut statements = file.statements.clone();
    if let Some(first) = statements.first_mut() {
        let apart = first.comments.iter().rposition(|comment| comment.ends_block).map_or(0, |at| at + 1);
        header.extend(first.comments.drain(..apart).map(|comment| comment.text));
    }
    (header, statements)
}

pub(super) struct Maker<'f> {
    file: &'f Dockerfile,
    pub(super) left_out: &'f LeftOut,
    /// Triggers that cannot be read, by the position of their stage.
    pub(super) broken_triggers: BTreeMap<usize, Vec<&'f Onbuild>>,
    faults: Faults,
    pub(super) broken: Faults,
    args: Args,
    pub(super) names: Vec<String>,
    /// The positions of the names that the Dockerfile has.
    written: BTreeMap<String, Vec<usize>>,
    /// The positions of those of the spec.
    positions: BTreeMap<String, usize>,
    /// The names of all stages of the spec so far, and those to come.
    taken: BTreeSet<String>,
    /// What is known above the stages.
    global: Names,
    /// The defaults of args above the stages, as the spec has them.
    defaults: BTreeMap<String, String>,
    optional: BTreeSet<String>,
    pub(super) notes: Vec<Note>,
    arg_comments: Vec<(String, Vec<String>)>,
    secrets: Vec<Text>,
    marks: Marks,
    /// What stages hand on, as long as another one is to come that takes it: all of it for each of many would be too much.
    pub(super) outcomes: Vec<Option<Outcome>>,
    /// How many stages to come start from each.
    takers: Vec<usize>,
    stages: Entries,
    /// Comments that wait for something to stand above.
    pub(super) comments: Vec<String>,
}

impl Maker<'_> {
    /// An `ARG` above the stages.
    fn global(&mut self, statement: &Statement) {
        let Body::Arg(args) = &statement.body else { return };
        let mut comments: Vec<String> = lines(&statement.comments).chain(lines(&statement.inside)).collect();
        for (name, default) in args {
            if !is_arg(name) {
                let text = format!("`{}` cannot name a build arg", name.value);
                comments.push(format!("# Note: {text}"));
                self.notes.push(Note { span: name.span, text });
                continue;
            }
            let text = default.as_ref().map(|default| {
                let found = pieces(default, Quotes::Removed, self.file.escape).unwrap_or_default();
                self.global.set_value(name, Some(&found));
                self.rendered(default, &mut comments)
            });
            if let Some(text) = &text {
                self.defaults.insert(name.value.clone(), text.clone());
            }
            let place = default.as_ref().map_or(name.span, |default| default.span);
            let (declared, _) = self.args.declare(name, text, place);
            self.global.args.insert(name.value.clone(), declared);
            self.arg_comments.push((name.value.clone(), std::mem::take(&mut comments)));
        }
        self.comments.append(&mut comments);
    }

    /// A word above the stages or of a `FROM`.
    fn rendered(&mut self, word: &Text, comments: &mut Vec<String>) -> String {
        let found = pieces(word, Quotes::Removed, self.file.escape).unwrap_or_else(|why| {
            self.faults.push(unreadable(word, &why));
            Vec::new()
        });
        let view = View { names: &self.global, args: &self.args, replaced: BTreeMap::new() };
        let rendered = render(&found, &view);
        for text in rendered.notes {
            comments.push(format!("# Note: {text}"));
            self.notes.push(Note { span: word.span, text });
        }
        rendered.text
    }

    fn stage(&mut self, at: usize, group: &[Statement]) {
        let Some((first, statements)) = group.split_first() else { return };
        let Body::From(from) = &first.body else { return };
        let mut comments = std::mem::take(&mut self.comments);
        comments.extend(lines(&first.comments).chain(lines(&first.inside)));
        let earlier = self.earlier(&from.base, at);
        self.check_triggers(from, earlier);
        let base = self.base(at, from, earlier, &mut comments);
        let platform = from
            .platform
            .as_ref()
            .map(|platform| tree::text(self.rendered(platform, &mut comments), platform.span));
        let outcome = match earlier.and_then(|at| self.taken_from(at)) {
            Some(outcome) => outcome,
            None => {
                let names = Names { has_image: from.base.value != "scratch", ..Names::default() };
                let directory = if names.has_image { String::new() } else { "/".to_owned() };
                let mut values = self.global.values.clone();
                values.retain(|name, _| self.args.knows(name));
                Outcome { names: Names { values, ..names }, shell: None, directory }
            }
        };
        let base_shell = outcome.shell.clone();
        let mut part = Part::new(Directory { path: outcome.directory.clone() }, None, first.span);
        part.from = Some(tree::text(base, from.base.span));
        part.platform = platform;
        part.comments = comments;
        let around = Around {
            escape: self.file.escape,
            args: &mut self.args,
            named: Named { stages: &self.names, positions: &self.positions, written: &self.written },
            globals: &self.defaults,
            optional_secrets: &self.optional,
            at,
            broken: &mut self.broken,
            notes: &mut self.notes,
            arg_comments: &mut self.arg_comments,
            secrets: &mut self.secrets,
        };
        let (parts, outcome, comments) = Walk::new(around, statements, outcome, part).run();
        self.comments = comments;
        let is_taken = self.takers.get(at).is_some_and(|takers| *takers > 0);
        self.outcomes.push(is_taken.then_some(outcome));
        self.add(at, parts, base_shell, first.span);
    }

    /// How many stages start from each.
    fn takers_of(&self, groups: &[&[Statement]]) -> Vec<usize> {
        let mut takers = vec![0; groups.len()];
        for (at, group) in groups.iter().enumerate() {
            let Some(Body::From(from)) = group.first().map(|first| &first.body) else { continue };
            let earlier = self.earlier(&from.base, at);
            if let Some(number) = earlier.and_then(|earlier| takers.get_mut(earlier)) {
                *number += 1;
            }
        }
        takers
    }

    /// The position of the stage that one starts from: of those above, the last one of that name.
    fn earlier(&self, base: &Text, at: usize) -> Option<usize> {
        self.written.get(&base.value)?.iter().copied().rfind(|position| *position < at)
    }

    /// What a stage hands on to one of those that start from it.
    fn taken_from(&mut self, at: usize) -> Option<Outcome> {
        let takers = self.takers.get_mut(at)?;
        *takers = takers.saturating_sub(1);
        let outcome = self.outcomes.get_mut(at)?;
        if *takers == 0 { outcome.take() } else { outcome.clone() }
    }

    /// What a stage starts from: another stage by its name in the spec, or an image that no stage is called as.
    fn base(&mut self, at: usize, from: &From, earlier: Option<usize>, comments: &mut Vec<String>) -> String {
        if let Some(earlier) = earlier {
            return self.names.get(earlier).cloned().unwrap_or_default();
        }
        let text = self.rendered(&from.base, comments);
        let is_stage = self.positions.get(&text).is_some_and(|position| *position >= at);
        match ImageRef::parse(&text) {
            Ok(image) if is_stage => image.to_string(),
            _ => text,
        }
    }

    fn add(&mut self, at: usize, parts: Vec<Part>, mut base_shell: Option<Vec<Text>>, span: Span) {
        let Some(name) = self.names.get(at).cloned() else { return };
        let last = parts.len();
        let mut before: Option<String> = None;
        for (number, mut part) in parts.into_iter().enumerate() {
            let name = if number + 1 == last {
                name.clone()
            } else {
                free(&format!("{name}-{}", number + 1), &mut self.taken)
            };
            if let Some(before) = &before {
                part.from = Some(tree::text(before.clone(), part.span));
            }
            let shell = part.shell.clone().or_else(|| base_shell.clone());
            let node = part.finish(&format!("stages/{name}"), base_shell.as_ref(), &mut self.marks);
            base_shell = shell;
            // No two stages have one name.
            self.stages.0.push((Text::new(name.clone(), span), node));
            before = Some(name);
        }
    }

    fn finish(mut self) -> Stages {
        let whole = Span::default();
        let left_out = self.stages_left_out();
        let mut root = Entries::default();
        let (lint, note) = check::lint(self.file);
        let header = note.iter().map(|note| format!("# Note: {}", note.text)).collect();
        self.notes.splice(0..0, note);
        root.add_some("lint", lint);
        let args = self.args.take();
        for (name, comments) in self.arg_comments {
            self.marks.comment(&format!("args/{name}"), comments);
        }
        if !args.is_empty() {
            root.add("args", args.mapping(whole));
        }
        let mut secrets = Entries::default();
        let mut known = BTreeSet::new();
        for id in self.secrets.into_iter().filter(|id| known.insert(id.value.clone())) {
            let mut settings = Entries::default();
            if self.optional.contains(id.as_str()) {
                settings.add("required", tree::word("false", id.span));
            }
            secrets.add(&id.value, settings.mapping(id.span));
        }
        if !secrets.is_empty() {
            root.add("secrets", secrets.mapping(whole));
        }
        root.add("stages", self.stages.mapping(whole));
        let rest = self.comments.into_iter().chain(lines(&self.file.rest)).collect();
        let (marks, notes, faults, broken) = (self.marks, self.notes, self.faults, self.broken);
        Stages { tree: root.mapping(whole), marks, notes, left_out, faults, broken, header, rest }
    }
}
