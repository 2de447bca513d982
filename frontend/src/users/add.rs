//! Accounts that are added to those of a base.

use std::collections::BTreeSet;

use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::{Span, Spanned};

use crate::accounts::{
    AccountFiles, Accounts, GROUP, GROUP_SHADOW, Group, NO_HOME, NO_SHELL, PASSWD, ROOT, SHADOW, User,
};
use crate::plan::{AccountPlan, FileChange, Name, Owner, parents};

/// The first number of accounts that are given none: above those of distributions and of people.
const FIRST: u32 = 10001;

/// Adds accounts to the files of a base; the changes that this takes.
pub(super) fn add(
    accounts: &[AccountPlan],
    files: &mut AccountFiles,
    faults: &mut Faults,
) -> Vec<FileChange> {
    let before = files.clone();
    let numbers = accounts.iter().flat_map(|account| [&account.uid, &account.gid]).flatten();
    let asked_for = numbers.map(|id| id.value).collect();
    let mut adder = Adder { known: files.accounts(), files, asked_for, faults };
    let homes: Vec<FileChange> =
        accounts.iter().filter_map(|account| adder.account(account)).flatten().collect();
    let mut changes = Vec::new();
    if before.passwd.is_none() && files.passwd.is_some() || before.group.is_none() && files.group.is_some() {
        changes.extend(parents(PASSWD));
    }
    changes.extend(write(PASSWD, before.passwd.as_ref(), files.passwd.as_ref()));
    changes.extend(write(GROUP, before.group.as_ref(), files.group.as_ref()));
    changes.extend(write(SHADOW, before.shadow.as_ref(), files.shadow.as_ref()));
    changes.extend(write(GROUP_SHADOW, before.group_shadow.as_ref(), files.group_shadow.as_ref()));
    changes.extend(homes);
    changes
}

/// Writes a file that has changed. One that is there keeps its owner and permissions, and a link to it stays one.
fn write(path: &str, before: Option<&Vec<u8>>, after: Option<&Vec<u8>>) -> Option<FileChange> {
    let content = after.filter(|_| before != after)?.clone();
    Some(FileChange::Write { path: path.to_owned(), content, mode: 0o644, owner: None })
}

struct Adder<'a> {
    known: Accounts,
    files: &'a mut AccountFiles,
    /// Numbers that the accounts name: none that is chosen for another one.
    asked_for: BTreeSet<u32>,
    faults: &'a mut Faults,
}

impl Adder<'_> {
    /// Adds an account, if it is not there; what makes its home.
    fn account(&mut self, account: &AccountPlan) -> Option<Vec<FileChange>> {
        let there = self.known.user(&account.name.value).cloned();
        let (uid, gid) = match there {
            Some(user) => self.check(account, &user)?,
            None => self.new_account(account)?,
        };
        let Some(home) = account.made_home() else { return Some(Vec::new()) };
        let owner = Some(Owner { user: Name::Id(uid), group: Some(Name::Id(gid)) });
        let mut changes = parents(home);
        changes.push(FileChange::Mkdir { path: home.to_owned(), mode: 0o755, owner });
        Some(changes)
    }

    /// Whether the account that is there is the one that is asked for.
    fn check(&mut self, account: &AccountPlan, there: &User) -> Option<(u32, u32)> {
        let group = account
            .group
            .as_ref()
            .filter(|group| self.known.group(&group.value).is_none_or(|known| known.gid != there.gid));
        let group_there = || {
            let named = self.known.groups.iter().find(|group| group.gid == there.gid);
            named.map_or_else(|| there.gid.to_string(), |group| format!("`{}`", group.name))
        };
        let other = |asked: &Option<Spanned<u32>>, is: u32, what: &str| {
            asked.as_ref().filter(|id| id.value != is).map(|id| (id.span, format!("with the {what} {is}")))
        };
        let other_text = |asked: &Option<Spanned<String>>, is: &str, what: &str| {
            asked
                .as_ref()
                .filter(|text| text.value != is)
                .map(|text| (text.span, format!("with the {what} `{is}`")))
        };
        let differences = [
            other(&account.uid, there.uid, "uid"),
            other(&account.gid, there.gid, "gid"),
            group.map(|group| (group.span, format!("in the group {}", group_there()))),
            other_text(&account.home, &there.home, "home"),
            other_text(&account.shell, &there.shell, "shell"),
        ];
        let same = differences.iter().all(Option::is_none);
        for (span, what) in differences.into_iter().flatten() {
            let fault = Diagnostic::new(span, format!("the user `{}` is there already, {what}", there.name));
            self.faults.push(fault.help("leave this out to take the user as it is, or choose another name"));
        }
        same.then_some((there.uid, there.gid))
    }

    fn new_account(&mut self, account: &AccountPlan) -> Option<(u32, u32)> {
        let name = &account.name.value;
        let uid = match &account.uid {
            Some(uid) => self.free(uid)?,
            None if name == ROOT => 0,
            None => self.next(),
        };
        let gid = self.group(account, uid)?;
        let home = account.home.as_ref().map_or(NO_HOME, |home| &home.value);
        let shell = account.shell.as_ref().map_or(NO_SHELL, |shell| &shell.value);
        append(self.files.passwd.get_or_insert_default(), &format!("{name}:x:{uid}:{gid}::{home}:{shell}"));
        if let Some(shadow) = &mut self.files.shadow {
            // No password fits, none grows old.
            append(shadow, &format!("{name}:!:::::::"));
        }
        let (name, home, shell) = (name.clone(), home.to_owned(), shell.to_owned());
        self.known.users.push(User { name, uid, gid, home, shell });
        Some((uid, gid))
    }

    /// The uid, if nobody has it.
    fn free(&mut self, uid: &Spanned<u32>) -> Option<u32> {
        let Some(other) = self.known.users.iter().find(|user| user.uid == uid.value) else {
            return Some(uid.value);
        };
        let fault = Diagnostic::new(uid.span, format!("the uid {} is that of `{}`", uid.value, other.name));
        self.faults.push(fault.help("choose another one, or leave it out for one that is free"));
        None
    }

    /// A number that is neither a user's nor a group's.
    fn next(&self) -> u32 {
        let users = self.known.users.iter().map(|user| user.uid);
        let groups = self.known.groups.iter().map(|group| group.gid);
        let taken: BTreeSet<u32> = users.chain(groups).chain(self.asked_for.iter().copied()).collect();
        (FIRST..=u32::MAX).find(|id| !taken.contains(id)).unwrap_or(FIRST)
    }

    /// The number of the account's group, which is made where it is missing.
    fn group(&mut self, account: &AccountPlan, uid: u32) -> Option<u32> {
        let gid = account.gid.as_ref();
        let numbered = gid.and_then(|gid| self.numbered(gid.value));
        if let (None, Some(group)) = (&account.group, numbered) {
            return Some(group.gid);
        }
        let is_root = gid.is_some_and(|gid| gid.value == 0);
        let own_name = if is_root { ROOT } else { &account.name.value };
        let name = account.group.as_ref().map_or(own_name, |group| &group.value).to_owned();
        let span = account.group.as_ref().map_or(account.name.span, |group| group.span);
        if let Some(named) = self.known.group(&name) {
            return match gid.filter(|gid| gid.value != named.gid) {
                None => Some(named.gid),
                Some(gid) => self.other_number(gid, &name, named.gid),
            };
        }
        let number = gid.map_or(if name == ROOT { 0 } else { uid }, |gid| gid.value);
        match (self.numbered(number), &account.group) {
            (None, _) => {}
            (Some(group), None) => return Some(group.gid),
            (Some(group), Some(_)) => {
                let taken = group.name.clone();
                return self.other_name(gid.map_or(span, |gid| gid.span), number, &taken);
            }
        }
        append(self.files.group.get_or_insert_default(), &format!("{name}:x:{number}:"));
        if let Some(shadow) = &mut self.files.group_shadow {
            append(shadow, &format!("{name}:!::"));
        }
        self.known.groups.push(Group { name, gid: number });
        Some(number)
    }

    fn numbered(&self, gid: u32) -> Option<&Group> {
        self.known.groups.iter().find(|group| group.gid == gid)
    }

    fn other_number(&mut self, asked: &Spanned<u32>, name: &str, is: u32) -> Option<u32> {
        let fault = Diagnostic::new(asked.span, format!("the group `{name}` has the gid {is}"));
        self.faults.push(fault.help("leave `gid` out to take the group as it is, or name another group"));
        None
    }

    fn other_name(&mut self, span: Span, gid: u32, name: &str) -> Option<u32> {
        let fault = Diagnostic::new(span, format!("the gid {gid} is that of the group `{name}`"));
        self.faults.push(fault.help("name that group, or give another `gid`"));
        None
    }
}

/// Adds a line, which begins on its own whatever was there.
fn append(file: &mut Vec<u8>, line: &str) {
    if file.last().is_some_and(|last| *last != b'\n') {
        file.push(b'\n');
    }
    file.extend_from_slice(line.as_bytes());
    file.push(b'\n');
}
