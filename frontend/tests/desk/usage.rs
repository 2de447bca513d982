//! Command lines.

use std::process::Stdio;

use crate::program::{Desk, assert_snapshot, command, told};

#[test]
fn a_wrong_command_line_is_told() {
    let desk = Desk::with("stages: {app: {from: scratch}}");
    for (words, why) in [
        (vec!["chekc"], "there is no command `chekc`; did you mean `check`?"),
        (vec!["--format=json"], "a command comes first, before `--format`"),
        (vec!["check"], "the spec is missing: name its file, or `-` for stdin"),
        (
            vec!["check", "build.yaml", "."],
            "one spec at a time: `.` is too many; the build context is named by `--context`",
        ),
        (vec!["check", "--format=svg", "a"], "`svg` is no format of this command: `text`, `json` or `sarif`"),
        (
            vec!["graph", "--format", "text", "a"],
            "`text` is no format of this command: `mermaid`, `dot`, `svg` or `json`",
        ),
        (vec!["graph", "a", "--format"], "`--format` needs a value"),
        (vec!["check", "--tagret=a", "a"], "there is no option `--tagret`; did you mean `--target`?"),
        (vec!["check", "-f", "a"], "the file stands by itself, without `-f`"),
        (vec!["audit"], "the Dockerfile is missing: name its file, or `-` for stdin"),
        (vec!["build", "a"], "specs are built by Docker: `docker buildx build -f build.yaml .`"),
        (
            vec!["check", "--build-context", "x", "a"],
            "`x` is no build context: write `NAME=FOLDER`, or a URL behind the `=`",
        ),
        (vec!["schema", "build.yaml"], "`schema` takes no file: there is one schema for all specs"),
        (vec!["report"], "the image is missing: name an archive of `docker save`, or an OCI layout"),
        (vec!["report", "a", "b", "c"], "two images are compared: `c` is too many"),
        (vec!["report", "--format=svg", "a"], "`svg` is no format of this command: `text`, `json` or `html`"),
        (vec!["report", "--target=a", "a"], "there is no option `--target`"),
        (
            vec!["report", "--platform=a/b/c/d", "a"],
            "`a/b/c/d` is not a platform: it has more than the parts os/architecture/variant",
        ),
        (
            vec!["lock", "build.yaml"],
            "`lock` asks registries and servers, which this program does not: `docker buildx build --call=lock -f build.yaml . > build.yaml.lock`",
        ),
        (
            vec!["outdated"],
            "`outdated` asks registries and servers, which this program does not: `docker buildx build --call=outdated -f build.yaml .`",
        ),
        (vec!["schema", "--format=json"], "`schema` has no option `--format`"),
    ] {
        let told = desk.run(&words);
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{words:?}");
        assert_eq!(told.err, format!("optfrontend: {why}\n`optfrontend --help` shows how it is used\n"));
    }
    let told = desk.run(&["check", "build.yaml", "--platform=x/y/z/w"]);
    assert_eq!(told.code, 2);
    assert!(told.err.starts_with("optfrontend: `--platform`: `x/y/z/w` is not a platform"), "{}", told.err);
}

#[test]
fn help_and_version_are_there() {
    let desk = Desk::new();
    assert_snapshot("help", &desk.run(&["--help"]));
    for words in [&["-h"][..], &["help"], &["check", "--help"], &["graph", "a", "-h"], &["schema", "-h"]] {
        assert_eq!(desk.run(words).good().out, desk.run(&["--help"]).out);
    }
    assert_eq!(desk.run(&["--version"]).good().out, concat!("optfrontend ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn without_a_daemon_and_without_words_it_says_what_it_is_for() {
    assert_snapshot("nothing", &Desk::new().run(&[]));
}

#[test]
fn whoever_reads_may_stop() {
    let mut child = command(&["schema"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let told = told(child.wait_with_output().unwrap());
    assert_eq!((told.code, told.err.as_str()), (0, ""));
}
