//! Tests that stand in a folder, one entry each, with their snapshots beside them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use insta::Settings;

/// A folder beside this program's own.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// Runs a check on each entry of a folder that `wanted` takes, in the order of their names; tells all that fail.
pub(crate) fn for_each(folder: &Path, wanted: impl Fn(&Path) -> bool, check: impl Fn(&Path)) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.retain(|path| wanted(path));
    entries.sort();
    assert!(!entries.is_empty(), "{} has no tests", folder.display());
    let failed: Vec<&PathBuf> =
        entries.iter().filter(|path| catch_unwind(AssertUnwindSafe(|| check(path))).is_err()).collect();
    assert!(failed.is_empty(), "failed: {failed:#?}");
}

/// Compares a text with the snapshot `name` in `folder`.
pub(crate) fn assert_snapshot(folder: &Path, name: &str, text: &str) {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
