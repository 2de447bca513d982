//! `helper weigh`, at small file systems.
#![allow(clippy::unwrap_used, reason = "helpers of tests end the test")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A place for the file systems of a test.
fn place(test: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("weigh-{test}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(place.join("report")).unwrap();
    place
}

/// Writes a file of that many bytes, of a time that is the same in every tree unless it is made anew.
fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
}

/// Weighs the parts, whose folders are below `place`.
fn weigh(place: &Path, parts: &[(&str, &str, &str)]) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helper"));
    command.arg("weigh").arg("--report").arg(place.join("report"));
    for (kind, before, after) in parts {
        let folder = |name: &str| if name == "-" { name.into() } else { place.join(name) };
        command.arg(format!("--{kind}")).arg(folder(before)).arg(folder(after));
    }
    assert!(command.status().unwrap().success());
    let found = fs::read(place.join("report/found")).unwrap();
    String::from_utf8(found).unwrap().split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn a_layer_has_what_its_step_has_written() {
    let place = place("layers");
    write(&place.join("base/bin/sh"), &b"x".repeat(1000));
    write(&place.join("base/etc/conf"), &b"x".repeat(10));
    write(&place.join("base/old"), &b"x".repeat(5));
    write(&place.join("top/bin/sh"), &b"x".repeat(1000));
    write(&place.join("top/etc/conf"), &b"y".repeat(20));
    write(&place.join("top/app/server"), &b"x".repeat(3000));
    symlink("/app/server", place.join("top/app/link")).unwrap();
    let parts = [("layer", "-", "base"), ("layer", "base", "top"), ("tree", "-", "top")];
    assert_eq!(
        weigh(&place, &parts),
        [
            "part 0 1015 1015 0 3 3 0 0",
            "large 1000 /bin/sh",
            "large 10 /etc/conf",
            "large 5 /old",
            "part 1015 4020 3020 15 4 2 1 1",
            "large 3000 /app/server",
            "large 20 /etc/conf",
            "part 0 4020 4020 0 4 4 0 0",
            "large 3000 /app/server",
            "large 1000 /bin/sh",
            "large 20 /etc/conf",
            "node 0 1 0 4020 4020 0 4 4 0 0 /",
            "node 1 1 0 3000 3000 0 2 2 0 0 app/",
            "node 2 1 0 3000 3000 0 1 1 0 0 server",
            "node 1 0 0 1000 1000 0 1 1 0 0 bin/",
            "node 2 0 0 1000 1000 0 1 1 0 0 sh",
            "node 1 1 0 20 20 0 1 1 0 0 etc/",
            "node 2 1 0 20 20 0 1 1 0 0 conf",
        ]
    );
}

#[test]
fn other_permissions_are_in_a_layer_and_no_growth() {
    let place = place("modes");
    for root in ["one", "other"] {
        write(&place.join(root).join("file"), b"same");
    }
    fs::set_permissions(place.join("other/file"), fs::Permissions::from_mode(0o600)).unwrap();
    let found = weigh(&place, &[("layer", "one", "other"), ("growth", "one", "other")]);
    assert_eq!(found[0], "part 4 4 4 4 1 0 1 0");
    assert_eq!(found[2], "part 4 4 0 0 1 0 0 0");
}

#[test]
fn growth_counts_the_content_of_files_and_not_their_times() {
    let place = place("growth");
    write(&place.join("one/same"), b"same");
    write(&place.join("one/other"), b"1234");
    write(&place.join("one/gone/x"), b"12");
    write(&place.join("two/same"), b"same");
    write(&place.join("two/other"), b"4321");
    write(&place.join("two/new"), b"123456");
    // Both were written at another time.
    for name in ["same", "other"] {
        fs::write(place.join("two").join(name), fs::read(place.join("two").join(name)).unwrap()).unwrap();
    }
    let found = weigh(&place, &[("growth", "one", "two")]);
    assert_eq!(found[0], "part 10 14 10 6 3 1 1 1");
    let nodes: Vec<&String> = found.iter().filter(|line| line.starts_with("node 1")).collect();
    assert_eq!(
        nodes,
        ["node 1 - 4 4 4 4 1 0 1 0 other", "node 1 - 0 6 6 0 1 1 0 0 new", "node 1 - 2 0 0 2 0 0 0 1 gone/"]
    );
}

#[test]
fn a_file_with_two_names_counts_once_and_what_is_small_goes_untold() {
    let place = place("small");
    write(&place.join("one/large"), &b"x".repeat(100_000));
    write(&place.join("one/tiny"), b"x");
    fs::hard_link(place.join("one/large"), place.join("one/larger")).unwrap();
    let found = weigh(&place, &[("tree", "-", "one")]);
    assert_eq!(found[0], "part 0 100001 100001 0 3 3 0 0");
    let nodes: Vec<&String> = found.iter().filter(|line| line.starts_with("node ")).collect();
    assert_eq!(nodes, ["node 0 - 0 100001 100001 0 3 3 0 0 /", "node 1 - 0 100000 100000 0 1 1 0 0 large"]);
}

#[test]
fn a_directory_in_the_place_of_a_file_is_weighed_with_all_that_is_in_it() {
    let place = place("kinds");
    write(&place.join("one/x"), b"123");
    write(&place.join("two/x/y/z"), b"12345");
    assert_eq!(
        weigh(&place, &[("sum", "one", "two"), ("sum", "two", "one"), ("sum", "-", "-")]),
        [
            "part 3 5 5 3 1 1 0 1",
            "large 5 /x/y/z",
            "part 5 3 3 5 1 1 0 1",
            "large 3 /x",
            "part 0 0 0 0 0 0 0 0",
        ]
    );
}

#[test]
fn a_tree_of_any_depth_is_weighed() {
    let place = place("deep");
    let mut folder = place.join("one");
    for _ in 0..500 {
        folder.push("d");
    }
    write(&folder.join("f"), b"12345");
    let found = weigh(&place, &[("tree", "-", "one")]);
    assert_eq!(found[0], "part 0 5 5 0 1 1 0 0");
    assert_eq!(found.iter().filter(|line| line.starts_with("node ")).count(), 65);
}
