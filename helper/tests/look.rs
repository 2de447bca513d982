//! `helper look`, at a small file system.
#![allow(clippy::unwrap_used, reason = "helpers of tests end the test")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system that tries to lead out of itself.
fn root(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("look-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    for directory in ["usr/bin", "etc/keys", "srv"] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    for (path, size, mode) in
        [("usr/bin/sh", 1000, 0o755), ("usr/bin/readme", 10, 0o644), ("etc/keys/a.pem", 20, 0o600)]
    {
        fs::write(root.join(path), vec![b'x'; size]).unwrap();
        fs::set_permissions(root.join(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    symlink("usr/bin", root.join("bin")).unwrap();
    symlink("/bin/sh", root.join("srv/shell")).unwrap();
    symlink("/nowhere", root.join("srv/dangling")).unwrap();
    symlink("../../../../../../../../etc", root.join("srv/out")).unwrap();
    symlink("loop", root.join("srv/loop")).unwrap();
    fs::hard_link(root.join("usr/bin/sh"), root.join("usr/bin/ash")).unwrap();
    root
}

fn look(name: &str, words: &[&str]) -> Vec<String> {
    let root = root(name);
    let report = root.with_extension("report");
    fs::create_dir_all(&report).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_helper"));
    command.arg("look").arg("--root").arg(&root).arg("--report").arg(&report).args(words);
    assert!(command.status().unwrap().success());
    let found = fs::read_to_string(report.join("found")).unwrap();
    found.split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn paths_are_those_that_a_process_in_the_image_would_come_to() {
    let paths = [
        "/bin/sh",
        "/srv/shell",
        "/srv/out/keys/a.pem",
        "/srv/out/passwd",
        "/usr/bin/sh/x",
        "/srv/loop",
        "/",
    ];
    let words: Vec<&str> = paths.iter().flat_map(|path| ["--path", path]).collect();
    assert_eq!(
        look("paths", &words),
        ["at 0 /bin/sh", "at 1 /srv/shell", "at 2 /srv/out/keys/a.pem", "link 5 /srv/loop", "at 6 /"]
    );
    assert_eq!(look("dangling", &["--path", "/srv/dangling"]), ["link 0 /srv/dangling"]);
}

#[test]
fn commands_are_programs_on_the_path() {
    let words = [
        "--search",
        "/nowhere:relative:/bin:/usr/bin",
        "--command",
        "sh",
        "--command",
        "readme",
        "--command",
        "npm",
    ];
    assert_eq!(look("commands", &words), ["at 0 /bin/sh"]);
}

#[test]
fn patterns_are_compared_with_each_path_and_no_link_is_followed() {
    let words = ["--glob", "**/*.pem", "--glob", "usr/bin/*", "--glob", "*", "--glob", "**/keys"];
    assert_eq!(
        look("globs", &words),
        [
            "at 2 /bin",
            "at 2 /etc",
            "at 2 /srv",
            "at 2 /usr",
            "at 1 /usr/bin/ash",
            "at 1 /usr/bin/readme",
            "at 1 /usr/bin/sh",
            "at 3 /etc/keys",
            "at 0 /etc/keys/a.pem"
        ]
    );
}

#[test]
fn many_matches_are_counted() {
    let found = look("many", &["--glob", "**/*"]);
    assert_eq!(found.iter().filter(|line| line.starts_with("at 0 ")).count(), 10);
    assert_eq!(found.last().unwrap(), "more 0 4");
}

#[test]
fn a_file_with_two_links_counts_once() {
    assert_eq!(
        look("size", &["--size"]),
        ["total 1030", "large 1000 /usr/bin/ash", "large 20 /etc/keys/a.pem", "large 10 /usr/bin/readme"]
    );
}
