//! Accounts that a stage is to have.

use crate::decode::text::Template;
use crate::decode::{Decode, record, scalar};
use crate::diagnostic::Faults;
use crate::encode::{Encode, short};
use crate::node::{Node, Value};

/// An account: its name, or a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The settings; only `name` where it was written in short.
    pub settings: AccountSettings,
}

record! {
    "account";
    /// A user that a stage is to have from its first step on, with a group. No program of the base is run for it: the files that name
    /// users and groups get a line more. One that the base has already is taken as it is, and must be as it is written here.
    pub struct AccountSettings {
        /// Its name: a letter or `_`, then letters, digits, `.`, `_` and `-`.
        pub name: Template,
        /// Its number, 1 to 2147483647. Default: the first from 10001 on that is no user and no group; 0 for `root`.
        pub uid: Option<Template>,
        /// The number of its group. Default: that of the group, where it is there; else the uid.
        pub gid: Option<Template>,
        /// The name of its group, which is made where it is missing. Default: that of the group with the gid, where there is one; else
        /// the account's name.
        pub group: Option<Template>,
        /// Its home directory, which is made where it is missing, with 0755 and owned by the account. Default: `/nonexistent`, and
        /// nothing is made.
        pub home: Option<Template>,
        /// Its shell. Default: `/sbin/nologin`.
        pub shell: Option<Template>,
    }
}

impl Decode for Account {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        let settings = match node.value {
            Value::Mapping(_) => AccountSettings::decode(node, faults)?,
            _ => {
                scalar(node, "the name of a user or a mapping", faults)?;
                let name = Template::decode(node, faults)?;
                AccountSettings {
                    name,
                    uid: None,
                    gid: None,
                    group: None,
                    home: None,
                    shell: None,
                    span: node.span,
                }
            }
        };
        Some(Self { settings })
    }
}

impl Encode for Account {
    fn encode(&self) -> Node {
        short(self.settings.encode(), "name")
    }
}
