//! What bases hold: who their users are, where a stage is to have more of them, and what is at the paths that steps write to,
//! where these may be laid apart from their base.

use std::collections::BTreeMap;

use buildkit_llb::Definition;

use crate::accounts::{AccountFiles, Accounts, GROUP, GROUP_SHADOW, PASSWD, SHADOW};
use crate::gateway::{FileStat, Gateway, GatewayError, Ref, SolveOptions};
use crate::layers::{Directory, Fact, Facts, Questions};
use crate::opts::CacheImport;
use crate::paths::parent;

/// The most that is read of a file with names.
const LIMIT: usize = 1 << 20;

/// The bits of a mode that Go keeps elsewhere than POSIX: setuid, setgid, sticky.
const SPECIAL: u32 = 1 << 23 | 1 << 22 | 1 << 20;

/// Reads what `questions` asks for of a base: everything at once, behind one solve.
///
/// Nothing here can fail a build: what cannot be read stays unknown, and the build itself tells why.
pub(crate) async fn facts(gateway: &Gateway, base: Option<Definition>, questions: &Questions) -> Facts {
    let Some(definition) = base else { return Facts::nothing_there() };
    match gateway.solve(definition.into_pb(), SolveOptions::default()).await {
        Ok(base) => read(gateway, &base, questions).await,
        Err(_) => Facts::default(),
    }
}

async fn read(gateway: &Gateway, base: &Ref, questions: &Questions) -> Facts {
    let mut reads = tokio::task::JoinSet::new();
    for path in &questions.paths {
        let (gateway, base, path) = (gateway.clone(), base.clone(), path.clone());
        let list = questions.directories.contains(&path);
        reads.spawn_local(async move {
            let (fact, empty) = tokio::join!(look_at(&gateway, &base, &path), async {
                list && is_empty(&gateway, &base, &path).await
            });
            (path, fact, empty)
        });
    }
    let (found, accounts) = tokio::join!(reads.join_all(), async {
        if questions.accounts { accounts(gateway, base).await.ok() } else { None }
    });
    let paths: BTreeMap<String, Fact> = found
        .into_iter()
        .filter_map(|(path, fact, empty)| Some((path, with_emptiness(fact?, empty))))
        .collect();
    Facts { paths, accounts, ..Facts::default() }
}

/// What is at a path, by the entry in its directory; `None` where that cannot be had.
async fn look_at(gateway: &Gateway, base: &Ref, path: &str) -> Option<Fact> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    // The name is taken as a pattern, which any other character may have a meaning in.
    let pattern = if name.chars().all(plain) { name } else { "" };
    match gateway.read_dir(base, parent(path), pattern).await {
        Ok(entries) => {
            let entry = entries.iter().find(|entry| entry.path.trim_matches('/') == name);
            Some(entry.map_or(Fact::Missing, fact))
        }
        Err(_) => None,
    }
}

fn fact(entry: &FileStat) -> Fact {
    if entry.is_file() {
        return Fact::File;
    }
    if !entry.is_dir() || entry.has_attributes {
        return Fact::Other;
    }
    // Special bits only have to be seen: such a directory is not made anew.
    let special = if entry.mode & SPECIAL == 0 { 0 } else { 0o7000 };
    let meta = Directory { mode: entry.mode & 0o777 | special, uid: entry.uid, gid: entry.gid };
    Fact::Directory { meta, empty: false }
}

fn with_emptiness(fact: Fact, empty: bool) -> Fact {
    match fact {
        Fact::Directory { meta, .. } => Fact::Directory { meta, empty },
        other => other,
    }
}

async fn is_empty(gateway: &Gateway, base: &Ref, path: &str) -> bool {
    gateway.read_dir(base, path, "").await.is_ok_and(|entries| entries.is_empty())
}

/// The files that name the users and groups of a base, once the steps that make it have run.
pub(crate) async fn account_files(
    gateway: &Gateway,
    base: Option<Definition>,
    cache_imports: Vec<CacheImport>,
) -> Result<AccountFiles, Unread> {
    let Some(definition) = base else { return Ok(AccountFiles::default()) };
    let options = SolveOptions { evaluate: true, cache_imports };
    let base = gateway.solve(definition.into_pb(), options).await.map_err(Unread::Base)?;
    read_accounts(gateway, &base).await
}

/// Why there are no account files.
#[derive(Debug)]
pub(crate) enum Unread {
    /// The base cannot be had.
    Base(GatewayError),
    /// One of its files cannot be read.
    File(&'static str, GatewayError),
}

async fn read_accounts(gateway: &Gateway, base: &Ref) -> Result<AccountFiles, Unread> {
    let read =
        async |path| gateway.read_file(base, path, LIMIT).await.map_err(|error| Unread::File(path, error));
    let (passwd, group, shadow, group_shadow) =
        tokio::try_join!(read(PASSWD), read(GROUP), read(SHADOW), read(GROUP_SHADOW))?;
    Ok(AccountFiles { passwd, group, shadow, group_shadow })
}

async fn accounts(gateway: &Gateway, base: &Ref) -> Result<Accounts, GatewayError> {
    let (passwd, group) =
        tokio::try_join!(gateway.read_file(base, PASSWD, LIMIT), gateway.read_file(base, GROUP, LIMIT))?;
    Ok(AccountFiles { passwd, group, ..AccountFiles::default() }.accounts())
}
