//! Owners of files.

use spec_schema::decode::text::Template;
use spec_schema::diagnostic::{Diagnostic, Faults};

/// A user, and a group where one is named. Without one it is the user's own, or the one of the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub user: Name,
    /// The group.
    pub group: Option<Name>,
}

/// A user or group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// By number.
    Id(u32),
    /// By a name in `/etc/passwd` or `/etc/group` of the stage.
    Named(String),
}

impl Name {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "" => None,
            "root" => Some(Self::Id(0)),
            text if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok().map(Self::Id),
            text => Some(Self::Named(text.to_owned())),
        }
    }
}

impl Owner {
    /// Reads `user`, `user:group`, names or numbers.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None => Some(Self { user: Name::parse(text)?, group: None }),
            Some((user, group)) => Some(Self { user: Name::parse(user)?, group: Some(Name::parse(group)?) }),
        }
    }

    /// True where the stage's files are needed to know the numbers.
    pub fn is_named(&self) -> bool {
        matches!(self.user, Name::Named(_)) || matches!(self.group, Some(Name::Named(_)))
    }
}

/// Reads the `chown` of a step.
pub(super) fn owner(
    text: &str,
    written: &Template,
    nothing_there: bool,
    faults: &mut Faults,
) -> Option<Owner> {
    let Some(owner) = Owner::parse(text) else {
        let fault = Diagnostic::new(written.span, format!("`{text}` does not name an owner"));
        faults.push(fault.help("write `user` or `user:group`, by name or by number"));
        return None;
    };
    if owner.is_named() && nothing_there {
        let fault =
            Diagnostic::new(written.span, format!("the owner `{text}` is not known in an empty filesystem"));
        faults.push(
            fault.help("a stage from `scratch` has no /etc/passwd: write numbers, such as `65532:65532`"),
        );
        return None;
    }
    Some(owner)
}

/// Refuses names where a layer is made on nothing.
pub(super) fn without_names(owner: Option<&Owner>, written: Option<&Template>, faults: &mut Faults) {
    if let (Some(true), Some(written)) = (owner.map(Owner::is_named), written) {
        let fault = Diagnostic::new(
            written.span,
            format!(
                "the owner `{}` is not known in a layer of its own, which `link: true` makes",
                written.raw
            ),
        );
        faults.push(fault.help("write numbers, such as `65532:65532`, or leave `link` out"));
    }
}
