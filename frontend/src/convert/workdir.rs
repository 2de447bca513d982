//! `WORKDIR`: where steps start, and the directories that it makes.

use spec_schema::decode::text::Text;
use spec_schema::span::Span;

use super::part::{Directory, Step};
use super::stage::Walk;
use super::tree;
use crate::dockerfile::file::Body;

impl Walk<'_, '_> {
    pub(super) fn workdir(&mut self, at: usize, path: &Text) {
        let written = self.word(path);
        if self.directory.join(&written) == self.directory.path {
            return;
        }
        let next = Directory { path: self.directory.join(&written) };
        if self.part.steps.is_empty() && self.part.workdir.is_none() {
            return self.start_in(next, written, path.span);
        }
        let passes = at < self.last_workdir && next.is_known() && self.part.directory.is_known();
        if passes {
            self.directory = next;
            // A process of root that starts there makes it just as well.
            if self.user.is_some() || !self.runs_next(at) {
                self.make_directory(path.span);
            }
            return;
        }
        if self.part.workdir.is_none() && self.is_untouched(&next) {
            // What was copied so far must not move with it.
            return self.start_in(next, written, path.span);
        }
        if !self.part.steps.is_empty() || next.path.starts_with(&format!("{}/", self.directory.path)) {
            let only_directory = self.part.steps.is_empty();
            if only_directory {
                return self.start_in(next, written, path.span);
            }
            self.split(&format!("ran before there was `{}`", next.path), path.span);
            return self.start_in(next, written, path.span);
        }
        // The one before is made, too.
        let before = self.directory.clone();
        self.start_in(next, written, path.span);
        let made = std::mem::replace(&mut self.directory, before);
        self.make_directory(path.span);
        self.directory = made;
    }

    /// Whether the next instruction that does anything runs a process.
    fn runs_next(&self, at: usize) -> bool {
        let next = self.statements.iter().skip(at + 1).find(|statement| {
            matches!(
                statement.body,
                Body::Run(_) | Body::Copy(_) | Body::Add(_) | Body::Workdir(_) | Body::User(_)
            )
        });
        next.is_some_and(|next| matches!(next.body, Body::Run(_)))
    }

    fn start_in(&mut self, directory: Directory, written: String, span: Span) {
        let comments = self.take_comments();
        self.part.key_comments.push(("workdir".to_owned(), comments));
        let text = match &self.part.workdir {
            _ if directory.is_known() => directory.path.clone(),
            Some(before) if self.part.steps.is_empty() => {
                format!("{}/{written}", before.trim_end_matches('/'))
            }
            _ => written,
        };
        self.part.uses(&text);
        self.part.workdir = Some(Text::new(text, span));
        self.part.workdir_user.clone_from(&self.user);
        self.part.directory = directory.clone();
        self.directory = directory;
    }

    /// Makes a directory that no later step has as its own.
    fn make_directory(&mut self, span: Span) {
        let mut step = Step { span, ..Step::default() };
        step.entries.add("mkdir", tree::text(self.directory.path.trim_end_matches('/'), span));
        let user = self.user.clone();
        step.entries.add_some("chown", user.map(|user| tree::text(user.value, user.span)));
        self.push(step);
    }

    /// Whether nothing that was done so far can have to do with a directory.
    fn is_untouched(&self, directory: &Directory) -> bool {
        let path = directory.path.trim_end_matches('/');
        let apart = |to: &str| {
            let to = to.trim_end_matches('/');
            to.starts_with('/')
                && !to.contains(['$', '.'])
                && !path.starts_with(&format!("{to}/"))
                && !to.starts_with(&format!("{path}/"))
                && to != path
        };
        let goes_to = |step: &Step| {
            let to = step.entries.0.iter().find(|(key, _)| key.value == "to");
            to.is_some_and(
                |(_, node)| matches!(&node.value, spec_schema::node::Value::Scalar(to) if apart(&to.text)),
            )
        };
        directory.path.starts_with('/')
            && !directory.path.contains(['$', '.'])
            && self.part.steps.iter().all(|step| step.run.is_none() && goes_to(step))
    }
}
