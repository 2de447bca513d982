//! Accounts that a stage is to have, as far as the spec alone tells of them.

use spec_schema::decode::text::Template;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::{Span, Spanned};
use spec_schema::spec::AccountSettings;

use super::stage::StagePlanner;
use super::{Action, Runtime, StepPlan};
use crate::accounts::{NO_HOME, ROOT};
use crate::paths::absolute_file;

/// The longest name that the tools of Linux know.
const LONGEST: usize = 32;

/// An account that a stage is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPlan {
    /// Its name.
    pub name: Spanned<String>,
    /// Its number.
    pub uid: Option<Spanned<u32>>,
    /// The number of its group.
    pub gid: Option<Spanned<u32>>,
    /// The name of its group.
    pub group: Option<Spanned<String>>,
    /// Its home directory, absolute.
    pub home: Option<Spanned<String>>,
    /// Its shell.
    pub shell: Option<Spanned<String>>,
}

impl AccountPlan {
    /// The home directory that is made where it is missing.
    pub fn made_home(&self) -> Option<&str> {
        let home = self.home.as_ref()?.value.as_str();
        (!matches!(home, "/" | NO_HOME | "/dev/null")).then_some(home)
    }
}

/// The stage's accounts. Two of one name or number are a fault.
pub(super) fn users(planner: &StagePlanner<'_>, runtime: &Runtime, faults: &mut Faults) -> Vec<AccountPlan> {
    let mut users: Vec<AccountPlan> = Vec::new();
    for account in planner.stage.users.iter().flat_map(|users| &users.values) {
        let Some(user) = (Reader { planner, runtime, faults }).account(&account.settings) else { continue };
        if let Some(first) = users.iter().find(|other| other.name.value == user.name.value) {
            let message = format!("the stage has a user `{}` already", user.name.value);
            faults.push(Diagnostic::new(user.name.span, message).related(first.name.span, "this one"));
            continue;
        }
        let same = |other: &&AccountPlan| other.number().is_some() && other.number() == user.number();
        if let Some(first) = users.iter().find(same) {
            let span = user.uid.as_ref().map_or(user.name.span, |uid| uid.span);
            let (uid, name) = (user.number().unwrap_or_default(), &first.name.value);
            let fault = Diagnostic::new(span, format!("the uid {uid} is that of `{name}`"));
            faults.push(fault.related(first.name.span, format!("this is `{name}`")));
        }
        users.push(user);
    }
    users
}

impl AccountPlan {
    fn number(&self) -> Option<u32> {
        self.uid.as_ref().map(|uid| uid.value)
    }
}

/// What makes the accounts: nothing yet, see [`crate::users`].
pub(super) fn step(users: &[AccountPlan], span: Span) -> StepPlan {
    let names: Vec<&str> = users.iter().map(|user| user.name.value.as_str()).collect();
    StepPlan::new(format!("users {}", names.join(", ")), span, Action::Files(Vec::new()))
}

struct Reader<'a, 'f> {
    planner: &'a StagePlanner<'a>,
    runtime: &'a Runtime,
    faults: &'f mut Faults,
}

impl Reader<'_, '_> {
    /// The account; `None` where its name is a fault.
    fn account(&mut self, settings: &AccountSettings) -> Option<AccountPlan> {
        let name = self.name(&settings.name, "a user");
        let group = settings.group.as_ref().and_then(|group| self.name(group, "a group"));
        let is_root = name.as_ref().is_some_and(|name| name.value == ROOT);
        let uid = settings.uid.as_ref().and_then(|uid| self.id(uid, "uid"));
        if let Some(uid) = &uid
            && is_root != (uid.value == 0)
            && let Some(name) = &name
        {
            let fault = if is_root {
                Diagnostic::new(uid.span, "the uid of `root` is 0")
            } else {
                Diagnostic::new(uid.span, format!("the uid 0 is that of `root`, not of `{}`", name.value))
            };
            self.faults.push(fault);
        }
        let gid = settings.gid.as_ref().and_then(|gid| self.id(gid, "gid"));
        let home = settings.home.as_ref().and_then(|home| self.path(home));
        let shell = settings.shell.as_ref().and_then(|shell| self.path(shell));
        Some(AccountPlan { name: name?, uid, gid, group, home, shell })
    }

    fn text(&mut self, written: &Template) -> Option<Spanned<String>> {
        let known = self.faults.len();
        let text = self.planner.expand(written, &self.runtime.env, self.faults);
        (self.faults.len() == known).then(|| Spanned::new(text, written.span))
    }

    fn name(&mut self, written: &Template, whose: &str) -> Option<Spanned<String>> {
        let name = self.text(written)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let first = |c: char| c.is_ascii_alphabetic() || c == '_';
        if name.starts_with(first) && name.chars().all(plain) && name.len() <= LONGEST {
            return Some(name);
        }
        let fault = Diagnostic::new(name.span, format!("`{}` is not the name of {whose}", name.value));
        self.faults.push(fault.help(format!(
            "a name begins with a letter or `_`, goes on with letters, digits, `.`, `_` and `-`, and has at most {LONGEST} of them"
        )));
        None
    }

    fn id(&mut self, written: &Template, key: &str) -> Option<Spanned<u32>> {
        let text = self.text(written)?;
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let id = text.parse().ok().filter(|id: &u32| digits && i32::try_from(*id).is_ok());
        if id.is_none() {
            let fault = Diagnostic::new(text.span, format!("`{}` is not a {key}", text.value));
            self.faults
                .push(fault.help("write a number up to 2147483647, the largest that containers run as"));
        }
        Some(Spanned::new(id?, text.span))
    }

    /// What stands in a line of `/etc/passwd`, whose parts a colon ends.
    fn path(&mut self, written: &Template) -> Option<Spanned<String>> {
        let path = self.text(written)?;
        if path.starts_with('/') && !path.contains(|c: char| c == ':' || c.is_control()) {
            return Some(Spanned::new(absolute_file("/", &path.value), path.span));
        }
        let fault = Diagnostic::new(path.span, format!("`{}` is not an absolute path", path.value));
        self.faults.push(fault.help("write a path that starts with `/` and has no colon"));
        None
    }
}
