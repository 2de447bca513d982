use std::fs::{self, create_dir_all, write};
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::{Entry, Folder};
use crate::dockerignore::{Matcher, parse};

/// A folder of its own for a test, gone behind it.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("optfrontend-folder-{}-{name}", std::process::id()));
        create_dir_all(root.join("root")).unwrap();
        Self(root)
    }

    fn root(&self) -> PathBuf {
        self.0.join("root")
    }

    fn file(&self, path: &str) {
        let path = self.root().join(path);
        create_dir_all(path.parent().unwrap()).unwrap();
        write(path, "x").unwrap();
    }

    fn folder(&self) -> Folder {
        Folder::new(self.root())
    }

    fn ignoring(&self, text: &str) -> Folder {
        self.folder().without(Matcher::new(&parse(text.as_bytes()).unwrap()).unwrap())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn file() -> Entry {
    Entry::File(b"x".to_vec())
}

#[test]
fn links_stay_inside() {
    let temporary = Temporary::new("links");
    write(temporary.0.join("secret"), "x").unwrap();
    temporary.file("a/file");
    let link = |target: &str, name: &str| symlink(target, temporary.root().join(name)).unwrap();
    link("a", "near");
    link("../a/file", "a/up");
    link("/a/file", "rooted");
    link("../secret", "out");
    link("../../../../../a/file", "far-up");
    link("circle", "circle");
    link(temporary.0.join("secret").to_str().unwrap(), "absolute");
    let folder = temporary.folder();
    let read = |path: &str| folder.read(path, 10).unwrap();
    for path in [
        "a/file",
        "/a/file",
        "./a//file",
        "near/file",
        "a/up",
        "rooted",
        "far-up",
        "../a/file",
        "near/../a/file",
    ] {
        assert_eq!(read(path), file(), "{path}");
    }
    for path in ["out", "absolute", "circle", "../secret", "a/file/x", "nowhere"] {
        assert_eq!(read(path), Entry::Nothing, "{path}");
    }
    assert_eq!(read("a"), Entry::Other);
    assert_eq!(folder.read("a/file", 0).unwrap(), Entry::TooLarge);
    assert_eq!(folder.read("a/file", 1).unwrap(), file());
}

#[test]
fn what_is_ignored_is_not_there() {
    let temporary = Temporary::new("ignored");
    for path in ["a/package.json", "b/package.json", "target/x/package.json"] {
        temporary.file(path);
    }
    symlink("b", temporary.root().join("c")).unwrap();
    symlink("target/x", temporary.root().join("d")).unwrap();
    let folder = temporary.ignoring("target\nb\n!b/package.json\n");
    let read = |path: &str| folder.read(path, 10).unwrap();
    assert_eq!(read("a/package.json"), file());
    assert_eq!(read("b/package.json"), file());
    assert_eq!(read("c/package.json"), file());
    assert_eq!(read("d/package.json"), Entry::Nothing);
    assert_eq!(read("target/x/package.json"), Entry::Nothing);
    assert_eq!(folder.matching("*").unwrap(), ["a", "b", "c", "d"]);
    assert_eq!(
        folder.matching("*/package.json").unwrap(),
        ["a/package.json", "b/package.json", "c/package.json"]
    );
    let without_links = temporary.ignoring("c\n");
    assert_eq!(without_links.read("c/package.json", 10).unwrap(), Entry::Nothing);
}

#[test]
fn patterns_are_those_of_the_daemon() {
    let temporary = Temporary::new("patterns");
    for path in ["packages/a/x", "packages/b/x", "packages/bc/x", "packages/.d/x", "apps/a/x", "[e]/x"] {
        temporary.file(path);
    }
    let folder = temporary.folder();
    for (pattern, expected) in [
        ("packages/*", vec!["packages/.d", "packages/a", "packages/b", "packages/bc"]),
        ("packages/?", vec!["packages/a", "packages/b"]),
        ("packages/[bc]*", vec!["packages/b", "packages/bc"]),
        ("packages/[^a]", vec!["packages/b"]),
        ("*/a/x", vec!["apps/a/x", "packages/a/x"]),
        (r"\[e\]/*", vec!["[e]/x"]),
        ("packages/a/x/*", vec![]),
        ("nowhere/*", vec![]),
    ] {
        assert_eq!(folder.matching(pattern).unwrap(), expected, "{pattern}");
    }
    let refused = folder.matching("packages/[a").unwrap_err();
    assert_eq!(refused.to_string(), "`[a` is not a pattern: `[` is not closed");
}
