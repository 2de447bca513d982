//! `AddLocalFile`.

use super::walk::statements;
use crate::dockerfile::file::{Body, switch};
use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "AddLocalFile",
    description: "Files of the build context are copied by `COPY`",
    costs: "a file that happens to be an archive is unpacked, and a source that looks like a URL is downloaded",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for statement in statements(subject) {
        let Body::Add(add) = &statement.body else { continue };
        let sources: Vec<&str> = add.sources.iter().map(|source| source.as_str()).collect();
        let is_meant = |source: &&str| is_remote(source) || may_be_archive(source) || source.contains('$');
        if sources.is_empty() || sources.iter().any(is_meant) || switch(&add.flags, "unpack") == Some(true) {
            continue;
        }
        let line = subject.written(statement.span).unwrap_or_default();
        let rest = line.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
        let help = Help::from("write `COPY`, which does nothing else").better([format!("COPY {rest}")]);
        found.add(
            statement.keyword.span,
            "`ADD` of a local file does what `COPY` does, or more than is meant",
            help,
        );
    }
}

fn is_remote(source: &str) -> bool {
    source.contains("://") || source.starts_with("git@")
}

/// Whether a file may be there to be unpacked.
fn may_be_archive(source: &str) -> bool {
    let name = source.rsplit('/').next().unwrap_or_default();
    [".tar", ".tgz", ".tbz", ".txz", ".gz", ".bz2", ".xz", ".zst"].iter().any(|end| name.contains(end))
}
