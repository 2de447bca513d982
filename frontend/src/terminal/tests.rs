use spec_schema::diagnostic::Diagnostic;
use spec_schema::span::Span;

use super::{Style, faults};
use crate::source::{SpecFile, SpecFiles};

fn told(text: &str, start: u32, end: u32, style: Style) -> String {
    let mut files = SpecFiles::default();
    files.add(SpecFile::new("build.yaml", text));
    let span = Span { start, end, ..Span::default() };
    faults(
        &files,
        &[Diagnostic::new(span, "it is `so`").related(Span::default(), "the first").help("do this")],
        "faults",
        style,
    )
}

#[test]
fn a_fault_is_shown_with_its_line() {
    assert_eq!(
        told("a: b\nc:\td\u{7}e\n", 8, 11, Style { colours: false }),
        "build.yaml:2:4: it is `so`\n  2 | c: d\u{fffd}e\n    |    ^^^\n  build.yaml:1:1: the first\n  help: do this\n"
    );
}

#[test]
fn colours_are_for_terminals() {
    let told = told("a: b\n", 3, 4, Style { colours: true });
    assert!(told.starts_with("\u{1b}[1mbuild.yaml:1:4:\u{1b}[0m it is `so`\n"), "{told:?}");
    assert!(told.contains("\u{1b}[1;31m^\u{1b}[0m\n"), "{told:?}");
}

#[test]
fn a_place_behind_the_end_and_one_of_several_lines_are_marked() {
    let plain = Style { colours: false };
    assert!(told("a:", 2, 2, plain).contains("  1 | a:\n    |   ^\n"));
    assert!(told("a:\n  b: c\n  d: e\n", 5, 16, plain).contains("  2 |   b: c\n    |   ^^^^\n"));
    assert!(told("", 0, 0, plain).starts_with("build.yaml:1:1: it is `so`\n  build.yaml:1:1: the first\n"));
}

#[test]
fn of_a_long_line_the_part_is_shown_that_matters() {
    let line = format!("{}XY{}", "ä".repeat(500), "b".repeat(500));
    let told = told(&line, 1000, 1002, Style { colours: false });
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines.iter().all(|line| line.chars().count() < 140), "{told}");
    let at = lines[1].chars().position(|c| c == 'X');
    assert_eq!(lines[2].chars().position(|c| c == '^'), at, "{told}");
    assert!(lines[2].ends_with(" ^^"), "{told}");
}
