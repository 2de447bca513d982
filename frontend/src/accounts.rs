//! Users and groups of a filesystem: `/etc/passwd` and `/etc/group`.

/// Where users are named.
pub const PASSWD: &str = "/etc/passwd";

/// Where groups are named.
pub const GROUP: &str = "/etc/group";

/// Where the passwords of users are, if anywhere apart.
pub const SHADOW: &str = "/etc/shadow";

/// Where the passwords of groups are, if anywhere apart.
pub const GROUP_SHADOW: &str = "/etc/gshadow";

/// The user and the group that are 0 everywhere.
pub const ROOT: &str = "root";

/// The home directory of who has none.
pub const NO_HOME: &str = "/nonexistent";

/// The shell of who is not to log in.
pub const NO_SHELL: &str = "/sbin/nologin";

/// The files that name users and groups, byte for byte; `None` for one that is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountFiles {
    /// [`PASSWD`].
    pub passwd: Option<Vec<u8>>,
    /// [`GROUP`].
    pub group: Option<Vec<u8>>,
    /// [`SHADOW`].
    pub shadow: Option<Vec<u8>>,
    /// [`GROUP_SHADOW`].
    pub group_shadow: Option<Vec<u8>>,
}

/// Users and groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    /// The lines of `/etc/passwd`.
    pub users: Vec<User>,
    /// The lines of `/etc/group`.
    pub groups: Vec<Group>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Its number.
    pub uid: u32,
    /// The number of its group.
    pub gid: u32,
    /// Its home directory.
    pub home: String,
    /// Its shell.
    pub shell: String,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its number.
    pub gid: u32,
}

impl AccountFiles {
    /// The users and groups that they name.
    pub fn accounts(&self) -> Accounts {
        let text = |file: &Option<Vec<u8>>| {
            String::from_utf8_lossy(file.as_deref().unwrap_or_default()).into_owned()
        };
        Accounts::parse(&text(&self.passwd), &text(&self.group))
    }
}

impl Accounts {
    /// Reads the two files; lines that name nobody are passed over, as the daemon does.
    pub fn parse(passwd: &str, group: &str) -> Self {
        Self {
            users: passwd.lines().filter_map(parse_user).collect(),
            groups: group.lines().filter_map(parse_group).collect(),
        }
    }

    /// The user of that name.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.name == name)
    }

    /// The group of that name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }
}

fn parse_user(line: &str) -> Option<User> {
    let mut fields = line.trim().split(':');
    let (name, _password) = (fields.next()?, fields.next()?);
    let (uid, gid) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let home = fields.nth(1).unwrap_or_default();
    let shell = fields.next().unwrap_or_default();
    let valid = !name.is_empty() && !name.starts_with('#');
    valid.then(|| User { name: name.to_owned(), uid, gid, home: home.to_owned(), shell: shell.to_owned() })
}

fn parse_group(line: &str) -> Option<Group> {
    let mut fields = line.trim().split(':');
    let (name, _password) = (fields.next()?, fields.next()?);
    let gid = fields.next()?.parse().ok()?;
    (!name.is_empty() && !name.starts_with('#')).then(|| Group { name: name.to_owned(), gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_users_and_groups() {
        let accounts = Accounts::parse(
            "# comment\nroot:x:0:0:root:/root:/bin/sh\n\nbroken\nno:x:one:2::/:\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\nshort:x:7:8\n",
            "root:x:0:\nnonroot:x:65532:\n:x:1:\nx:x:-1:\n",
        );
        let names: Vec<&str> = accounts.users.iter().map(|user| user.name.as_str()).collect();
        assert_eq!(names, ["root", "nonroot", "short"]);
        let user = accounts.user("nonroot").unwrap();
        assert_eq!(
            (user.uid, user.gid, user.home.as_str(), user.shell.as_str()),
            (65532, 65532, "/home/nonroot", "/sbin/nologin")
        );
        assert_eq!(accounts.group("nonroot").unwrap().gid, 65532);
        assert_eq!(accounts.groups.len(), 2);
    }
}
