//! Specs that are no text, or made to hurt: refused with a place, at once, in bounded memory.

use std::fmt::Write as _;

use insta::assert_snapshot;
use optfrontend::parse::MAX_SPEC_BYTES;

use crate::compile::{Client, compile};

fn told(spec: impl AsRef<[u8]>) -> String {
    match compile(spec.as_ref(), &Client::default()) {
        Ok(_) => "no fault".to_owned(),
        Err(message) => message,
    }
}

#[test]
fn bytes_that_are_no_text() {
    assert_snapshot!(told(b"stages:\n  app: {from: caf\xe9}\n"), @r#"
    build.yaml:2:18: this is not UTF-8 text
      help: save the file as UTF-8
    "#);
    let utf16: Vec<u8> = "\u{feff}stages:".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_snapshot!(told(utf16), @r"
    build.yaml:1:1: this is not UTF-8 text
      help: save the file as UTF-8
    ");
    assert_snapshot!(told("stages:\n  app: {from: a\0b}\n"), @r#"
    build.yaml:2:16: the control character U+0000 cannot stand in a spec
      build.yaml:2:8: this bracket is still open there
    "#);
    assert_snapshot!(told("stages:\n  app: {from: \"a\u{7}\"}\n"), @r#"
    build.yaml:2:17: the control character U+0007 cannot stand in a spec
      build.yaml:2:8: this bracket is still open there
    "#);
    assert_snapshot!(told("\0"), @r#"build.yaml:1:1: the control character U+0000 cannot stand in a spec"#);
}

#[test]
fn files_that_add_up() {
    let half = format!("# {}\nargs: {{}}\n", "x".repeat(MAX_SPEC_BYTES / 2)).into_bytes();
    let beside = ["a.yaml", "b.yaml"].map(|name| (name.to_owned(), half.clone()));
    let client = Client { beside: beside.into(), ..Client::default() };
    let Err(message) = compile(b"include: [a.yaml, b.yaml]", &client) else { panic!("no fault") };
    assert_snapshot!(message, @r"
    build.yaml:1:19: with `b.yaml`, the files of this spec have more than 1 MiB
      help: large files belong into the build context, to be copied
    ");

    let levels: Vec<String> = ('b'..='f')
        .zip('a'..)
        .map(|(this, last)| format!("x-{this}: &{this} [{}]\n", vec![format!("*{last}"); 10].join(", ")))
        .collect();
    let bomb = format!("x-a: &a [v]\n{}", levels.concat()).into_bytes();
    let names: Vec<String> = (0..5).map(|number| format!("{number}.yaml")).collect();
    let spec = format!("include: [{}]", names.join(", "));
    let beside = names.into_iter().map(|name| (name, bomb.clone())).collect();
    let client = Client { beside, ..Client::default() };
    let Err(message) = compile(spec.as_bytes(), &client) else { panic!("no fault") };
    assert_snapshot!(message, @"4.yaml:6:14: the aliases of this spec add up to more than 1000000 values");
}

#[test]
fn variables_that_double() {
    let args = (1..64).fold(format!("  A0: {}\n", "x".repeat(33)), |text, n| {
        text + &format!("  A{n}: $A{last}$A{last}\n", last = n - 1)
    });
    assert_snapshot!(told(format!("args:\n{args}stages: {{app: {{from: scratch, env: {{A: $A63}}}}}}\n")), @"build.yaml:17:8: with its variables, this text is larger than 1 MiB");
    let stages = (1..64).fold("  s0: {from: scratch, env: {A: xx}}\n".to_owned(), |text, n| {
        text + &format!("  s{n}: {{from: s{}, env: {{A: $A$A}}}}\n", n - 1)
    });
    assert_snapshot!(told(format!("stages:\n{stages}")), @"build.yaml:22:29: with its variables, this text is larger than 1 MiB");
}

#[test]
fn variables_that_add_up() {
    let args = (1..15).fold(format!("  A0: {}\n", "x".repeat(32)), |text, n| {
        text + &format!("  A{n}: $A{last}$A{last}\n", last = n - 1)
    });
    let labels = (0..2000).fold(String::new(), |text, n| text + &format!("  l{n}: $A14\n"));
    assert_snapshot!(told(format!("args:\n{args}labels:\n{labels}stages: {{app: {{from: scratch}}}}\n")), @"build.yaml:528:9: with their variables, the texts up to here have more than 256 MiB");
}

#[test]
fn a_circle_of_stages() {
    let circle = |stages: usize| {
        let stage = |n| format!("  s{n}: {{from: s{}, verify: {{user: root}}}}\n", (n + 1) % stages);
        told(format!("stages:\n{}", (0..stages).map(stage).collect::<String>()))
    };
    assert_snapshot!(circle(2), @r"
    build.yaml:2:14: these stages use each other in a circle: `s1` → `s0` → `s1`
      help: a stage can only use stages that do not need it
    ");
    assert_snapshot!(circle(10_000), @r"
    build.yaml:10000:17: these stages use each other in a circle: `s9999` → `s0` → `s1` → `s2` → `s3` → `s4` → `s5` → `s6` → `s7` → `s8` → `s9` → `s10` → `s11` → `s12` → `s13` → `s14` → `s15` → `s16` → `s17` → `s18` → … → `s9999`
      help: a stage can only use stages that do not need it
    ");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    assert_snapshot!(told("\u{feff}stagse: {app: {from: $X}}"), @r#"
    build.yaml:1:1: unknown key `stagse` in a build spec
      help: did you mean `stages`?
    "#);
    assert_snapshot!(told("\u{feff}stages: {app: {from: scratch}}"), @r#"no fault"#);
    assert_snapshot!(told("\u{feff}"), @r#"
    build.yaml:1:1: this spec is empty
      help: it needs at least one stage: `stages: {app: {from: IMAGE}}`
    "#);
}

#[test]
fn line_ends_of_other_systems() {
    assert_snapshot!(told("# note\r\nstages:\r\n  app:\r\n    from: $X\r\n    env:\r\n      A: |\r\n        one\r\n\r\n        two $Y\r\n"), @r#"
    the spec has 2 faults
    build.yaml:4:11: the variable `X` is not defined
      help: declare it under `args` or `env`; `$$` is a dollar that stays one
    build.yaml:9:13: the variable `Y` is not defined
      help: declare it under `args` or `env`; `$$` is a dollar that stays one
    "#);
    assert_snapshot!(told("stages:\r\n  app:\r\n\tfrom: x\r\n"), @r#"
    build.yaml:3:1: a tab indents this line
      help: YAML is indented with spaces
    "#);
}

#[test]
fn columns_count_characters() {
    assert_snapshot!(told("stages: {app: {from: a, labels: {käse: 🧀🧀, größe: \"ß$X\", 漢: '漢''$Y'}}}"), @r#"
    the spec has 2 faults
    build.yaml:1:53: the variable `X` is not defined
      help: declare it under `args` or `env`; `$$` is a dollar that stays one
    build.yaml:1:61: the variable `Y` is not defined
      help: declare it under `args` or `env`; `$$` is a dollar that stays one
    "#);
}

#[test]
fn a_spec_of_100_mb_is_refused_unread() {
    let mut spec = b"stages: {app: {from: scratch}}\n".to_vec();
    spec.resize(100 << 20, b'#');
    assert_snapshot!(told(spec), @r#"
    build.yaml:1:1: this spec is larger than 1 MiB
      help: large files belong into the build context, to be copied
    "#);
}

#[test]
fn a_spec_of_the_largest_size_is_read() {
    let mut spec = "stages:\n".to_owned();
    let mut number = 0;
    while spec.len() < MAX_SPEC_BYTES - 100 {
        number += 1;
        writeln!(spec, "  s{number}: {{from: $X, steps: [{{write: {{path: /a, content: a text}}}}]}}")
            .unwrap();
    }
    let message = told(spec);
    assert!(message.starts_with(&format!("the spec has {number} faults\n")), "{message:.200}");
}

#[test]
fn deep_nesting() {
    assert_snapshot!(told("[".repeat(500_000)), @r#"build.yaml:1:256: lists and mappings are nested too deep"#);
    assert_snapshot!(told("- ".repeat(500_000)), @r#"build.yaml:1:511: lists and mappings are nested too deep"#);
    assert_snapshot!(told("{a: ".repeat(200_000)), @r#"build.yaml:1:1021: lists and mappings are nested too deep"#);
    assert_snapshot!(told(format!("stages: {{app: {{from: '{}'}}}}", "${A:-".repeat(100_000))), @r#"build.yaml:1:108: variables are nested more than 16 deep"#);
    let nested_aliases = (1..1300)
        .fold("x-0: &a0 [a]\n".to_owned(), |text, n| text + &format!("x-{n}: &a{n} [*a{}]\n", n - 1));
    assert_snapshot!(told(nested_aliases), @r#"
    build.yaml:1:1: this spec has no stage
      help: it needs at least one: `stages: {app: {from: IMAGE}}`
    "#);
}

#[test]
fn aliases_that_multiply_text() {
    let text = "x".repeat(500_000);
    let aliases = "*t, ".repeat(100_000);
    assert_snapshot!(told(format!("x-t: &t {text}\nx-l: [{aliases}]\n")), @r#"build.yaml:2:135: the aliases of this spec add up to more than 16 MiB of text"#);
    let keys: String = (0..2000).fold(String::new(), |text, n| text + &format!("k{n}: v, "));
    let merged =
        (0..10_000).fold(format!("x-a: &a {{{keys}}}\n"), |text, n| text + &format!("x-{n}: {{<<: *a}}\n"));
    assert_snapshot!(told(merged), @r#"build.yaml:250:13: the aliases of this spec add up to more than 1000000 values"#);
}

#[test]
fn a_message_stays_short_and_harmless() {
    let long = told(format!("stages: {{app: {{from: \"{}\"}}}}", "A".repeat(100_000)));
    assert!(long.len() < 1000, "{} bytes", long.len());
    assert_snapshot!(told("stages: {app: {from: \"UPPER\\e[31m\\nERROR: line\"}}"), @r#"build.yaml:1:22: `UPPER\u{1b}[31m\nERROR: line` is neither a stage nor an image: a tag has at most 128 letters, digits, `_`, `.` and `-`"#);
}

#[test]
fn many_wrong_names_are_compared_in_no_time() {
    let mut spec = "args: {".to_owned();
    for number in 0..20_000 {
        write!(spec, "NAME_{number}: a, ").unwrap();
    }
    spec += "}\nstages: {app: {from: a, labels: {";
    for number in 0..20_000 {
        write!(spec, "l{number}: $NAMED_{number}, ").unwrap();
    }
    let message = told(spec + "}}}");
    assert!(message.starts_with("the spec has 20000 faults\n"), "{message:.200}");
}
