//! What a desk makes of the specs that are compiled in other tests, where images are known.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{Desk, repository};

/// The specs of a folder of tests.
fn specs(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(repository("frontend/tests").join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// A spec with what its comments say that there is: options, files of the build context, files beside it.
fn desk(spec: &Path, beside: &Path) -> (Desk, Vec<String>) {
    let text = fs::read(spec).unwrap();
    let mut desk = Desk::new().copy(beside).file("build.yaml", &text);
    // They are about faults; what lint finds in them is no concern here.
    let quiet = "--build-arg=BUILDKIT_DOCKERFILE_CHECK=skip=all";
    let mut words = ["check", "--format=json", quiet, "build.yaml"].map(str::to_owned).to_vec();
    for line in String::from_utf8_lossy(&text).lines() {
        if let Some(file) = line.strip_prefix("# context: ") {
            let (path, text) = file.split_once(' ').unwrap_or((file, ""));
            desk = desk.file(path, text.replace("\\n", "\n"));
        }
        let option = line.strip_prefix("# opt: ").unwrap_or_default();
        match option.split_once(':') {
            Some(("build-arg", value)) => words.push(format!("--build-arg={value}")),
            Some(("context", value)) => words.push(format!("--build-context={value}")),
            _ if option.starts_with("target=") || option.starts_with("platform=") => {
                words.push(format!("--{option}"));
            }
            _ => {}
        }
    }
    (desk, words)
}

/// The faults of a message, without what helps.
fn faults(message: &str) -> BTreeSet<String> {
    let lines = message.lines().filter(|line| line.starts_with("build.yaml:") || line.contains(".yaml:"));
    lines.filter(|line| !line.starts_with(' ')).map(str::to_owned).collect()
}

#[test]
fn what_compiles_has_no_fault() {
    for case in specs("cases") {
        let (desk, words) = desk(&case.join("spec.yaml"), &case);
        let told = desk.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(told.code, 0, "{}: {}{}", case.display(), told.out, told.err);
    }
}

#[test]
fn a_fault_is_told_unless_it_depends_on_an_image() {
    for spec in specs("invalid").iter().filter(|path| path.extension().is_some_and(|it| it == "yaml")) {
        let (desk, words) = desk(spec, &spec.with_extension(""));
        let told = desk.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
        let snapshot = fs::read_to_string(spec.with_extension("snap")).unwrap();
        let expected = faults(&snapshot);
        let found = faults(told.json()["buildError"]["message"].as_str().unwrap_or_default());
        let more: Vec<&String> = found.difference(&expected).collect();
        assert!(more.is_empty() || snapshot.contains("\n… and "), "{}: {more:#?}", spec.display());
        let says_what_images_hold = fs::read_to_string(spec).is_ok_and(|text| text.contains("\n# passwd: "));
        let is_open = |fault: &String| {
            let undefined = fault.ends_with(" is not defined") && fault.contains(": the variable `");
            undefined || fault.contains("` is not set: ") || says_what_images_hold
        };
        let missed: Vec<&String> = expected.difference(&found).filter(|fault| !is_open(fault)).collect();
        assert!(missed.is_empty(), "{}: {missed:#?}", spec.display());
    }
}
