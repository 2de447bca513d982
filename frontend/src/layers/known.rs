//! What is known of a stage from step to step.

use std::collections::{BTreeMap, BTreeSet};

use super::attempt::{Attempt, exact, owned};
use super::tree::{Facts, Node, Rest, Tree};
use crate::accounts::{AccountFiles, Accounts, GROUP, PASSWD};
use crate::paths::{absolute_file, parent};
use crate::plan::{Action, FileChange, Owner, Place, StepPlan, has_wildcard};

/// What is known of a stage between two of its steps.
pub(super) struct Known {
    tree: Tree,
    accounts: Option<Accounts>,
    /// For each step of the stage that is laid apart, those that its layer stands on.
    below: BTreeMap<usize, BTreeSet<usize>>,
}

impl Known {
    pub(super) fn nothing_there() -> Self {
        Self { tree: Tree::empty(), accounts: Some(Accounts::default()), below: BTreeMap::new() }
    }

    pub(super) fn from(facts: &Facts) -> Self {
        Self { tree: Tree::of(facts), accounts: facts.accounts.clone(), below: BTreeMap::new() }
    }

    /// What the steps before made is what the next stage starts from.
    pub(super) fn next_stage(&mut self) {
        self.tree.forget_makers();
        self.below.clear();
    }

    /// Decides where the step at a position of its stage makes its changes, and learns what it does.
    pub(super) fn step(&mut self, index: usize, step: &mut StepPlan) {
        if step.comes_to_nothing() {
            return;
        }
        let Action::Files(changes) = &mut step.action else { return self.forget() };
        match step.link {
            // It may have replaced any directory above its files.
            Some(true) => self.forget(),
            Some(false) => self.on_top(changes),
            None => match Attempt::of(&self.tree, self.accounts.as_ref(), index, changes) {
                Some((attempt, numbered)) => {
                    let (apart, after, tree) = attempt.finish(&self.below);
                    self.tree = tree;
                    self.below.insert(index, after);
                    *changes = numbered;
                    step.place = Place::Apart(apart);
                }
                None => self.on_top(changes),
            },
        }
        for change in changes.iter() {
            self.learn_accounts(change);
        }
    }

    /// Learns what a change does to the files that name users and groups.
    fn learn_accounts(&mut self, change: &FileChange) {
        match (change, &mut self.accounts) {
            (FileChange::Write { path, content, .. }, Some(accounts)) if path == PASSWD || path == GROUP => {
                let content = Some(content.clone());
                let files =
                    AccountFiles { passwd: content.clone(), group: content, ..AccountFiles::default() };
                let named = files.accounts();
                if path == PASSWD {
                    accounts.users = named.users;
                } else {
                    accounts.groups = named.groups;
                }
            }
            _ if written(change).is_some_and(holds_accounts) => self.accounts = None,
            _ => {}
        }
    }

    fn forget(&mut self) {
        (self.tree, self.accounts) = (Tree::unknown(), None);
    }

    /// Learns what changes do that are made on what is there.
    fn on_top(&mut self, changes: &[FileChange]) {
        for change in changes {
            let path = match change {
                FileChange::Copy { dest, .. } | FileChange::Fetch { dest, .. } => absolute_file("/", dest),
                FileChange::Remove { path, .. } if has_wildcard(path) => return self.forget(),
                FileChange::Write { path, .. }
                | FileChange::Mkdir { path, .. }
                | FileChange::Symlink { path, .. }
                | FileChange::Remove { path, .. } => path.clone(),
            };
            self.tree.make_missing(&path, None);
            let is_removal = matches!(change, FileChange::Remove { .. });
            match self.tree.at(&path) {
                // What is removed is no link's target, but the link.
                (at, Node::Unknown(_)) if is_removal && at == path => self.tree.put(at, Node::Unknown(None)),
                (at, Node::Plain(_)) if is_removal && at == parent(&path) => {
                    self.tree.put(at, Node::Plain(None));
                }
                // A symbolic link may lead anywhere.
                (_, Node::Unknown(_)) => return self.forget(),
                (at, Node::Plain(_)) if at != path => return self.forget(),
                (_, Node::Directory { .. }) if matches!(change, FileChange::Mkdir { .. }) => {}
                (at, Node::Directory { meta: Some(meta), .. }) if !is_removal => {
                    let node = Node::Directory { meta: Some(meta), rest: Rest::Unknown(None), maker: None };
                    self.tree.put(at, node);
                }
                // The directories that it is made in.
                (at, Node::Missing) if at != path => self.tree.put(at, Node::Plain(None)),
                (at, Node::Missing) => {
                    let above = self.tree.at(parent(at)).1;
                    self.tree.put(at, made(change, above));
                }
                (at, Node::Plain(_) | Node::Directory { .. }) => self.tree.put(at, left(change)),
            }
        }
    }
}

/// What a change makes where nothing was; `above` is what it makes that in.
fn made(change: &FileChange, above: Node) -> Node {
    match (change, above) {
        (FileChange::Mkdir { mode, owner, .. }, Node::Directory { meta: Some(meta), .. })
            if exact(meta) && !owner.as_ref().is_some_and(Owner::is_named) =>
        {
            let meta = Some(owned(*mode, owner.as_ref()));
            Node::Directory { meta, rest: Rest::Missing, maker: None }
        }
        _ => left(change),
    }
}

/// What a change leaves where no symbolic link was.
fn left(change: &FileChange) -> Node {
    match change {
        FileChange::Symlink { .. } | FileChange::Remove { .. } => Node::Unknown(None),
        FileChange::Copy { .. }
        | FileChange::Fetch { .. }
        | FileChange::Write { .. }
        | FileChange::Mkdir { .. } => Node::Plain(None),
    }
}

/// Where a change puts files.
fn written(change: &FileChange) -> Option<&str> {
    match change {
        FileChange::Copy { dest, .. } | FileChange::Fetch { dest, .. } => Some(dest),
        FileChange::Write { path, .. }
        | FileChange::Symlink { path, .. }
        | FileChange::Remove { path, .. } => Some(path),
        FileChange::Mkdir { .. } => None,
    }
}

/// Whether what is put at a path may be the files that name users and groups.
fn holds_accounts(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let above =
        |file: &str| file.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    above("/etc/passwd") || above("/etc/group") || path.contains(['*', '?', '['])
}
