//! The Dockerfiles of `tests/audit`: of each pitfall, what is named is found in the wrong one, and nothing in the correct one.

use std::path::{Path, PathBuf};

use buildkit_llb::Platform;
use optfrontend::audit::{Audit, Audited};
use optfrontend::dockerignore;
use optfrontend::entrypoint::IgnoreRules;
use optfrontend::lint::{DOCKERFILE_RULES, Finding, Findings, RULES};
use optfrontend::opts::FrontendOpts;
use optfrontend::report::{DOCKERFILE, message_of};
use optfrontend::resolved::Resolved;

use crate::folder::{assert_snapshot, for_each};

fn pitfalls() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/audit")
}

pub(crate) fn audit(name: &str, text: &str, ignore_file: &str) -> Audited {
    let opts = FrontendOpts::from_env(std::iter::empty()).unwrap();
    let platform = Platform::parse("linux/amd64").unwrap();
    let patterns = dockerignore::parse(ignore_file.as_bytes()).unwrap();
    let ignore = IgnoreRules { name: ".dockerignore".to_owned(), patterns };
    match Audit::of(name, text, &opts, &platform) {
        Ok(audit) => audit.look(&Resolved::default(), Some(&ignore), None),
        Err(audited) => audited,
    }
}

fn of_file(folder: &Path, name: &str) -> Audited {
    let file = format!("{name}.Dockerfile");
    let text = std::fs::read_to_string(folder.join(&file)).unwrap();
    let ignore = std::fs::read_to_string(folder.join(format!("{file}.dockerignore"))).unwrap_or_default();
    audit("Dockerfile", &text, &ignore)
}

pub(crate) fn told(audited: &Audited) -> String {
    let mut text = String::new();
    let Findings { advice, .. } = &audited.findings;
    for finding in audited.findings.all().chain(advice) {
        if advice.first().is_some_and(|first| std::ptr::eq(first, finding)) {
            text += "advice:\n";
        }
        let place = audited.files.locate(finding.span);
        text +=
            &format!("{place}: {}: {}\n  costs: {}\n", finding.rule.name, finding.detail, finding.rule.costs);
        text += &format!("  help: {}\n", finding.help);
        finding.better.iter().for_each(|line| text += &format!("    {line}\n"));
        text.extend(finding.in_spec.iter().map(|words| format!("  in a spec: {words}\n")));
    }
    if !audited.faults.is_empty() {
        text += &message_of(&DOCKERFILE, &audited.files, &audited.faults);
    }
    text
}

/// The rules that the first comments of a Dockerfile name, such as `# finds: SudoInRun, RunsAsRoot`.
fn named(folder: &Path, name: &str, what: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join(format!("{name}.Dockerfile"))).unwrap();
    let comments = text.lines().take_while(|line| line.starts_with('#'));
    let names = comments.filter_map(|line| line.strip_prefix("# ")?.strip_prefix(what)?.strip_prefix(": "));
    names.flat_map(|names| names.split(", ").map(str::to_owned)).collect()
}

fn names<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<String> {
    let mut names: Vec<String> = findings.map(|it| it.rule.name.to_owned()).collect();
    names.sort();
    names.dedup();
    names
}

fn found(audited: &Audited) -> Vec<String> {
    names(audited.findings.all())
}

fn advised(audited: &Audited) -> Vec<String> {
    names(audited.findings.advice.iter())
}

#[test]
fn each_pitfall_is_found_and_its_remedy_is_clean() {
    for_each(&pitfalls(), Path::is_dir, |folder| {
        let outcomes = ["wrong", "correct"].map(|name| {
            let audited = of_file(folder, name);
            let outcome = [found(&audited), advised(&audited)];
            let expected = ["finds", "advises"].map(|what| named(folder, name, what));
            assert_eq!(outcome, expected, "{}/{name}:\n{}", folder.display(), told(&audited));
            assert!(audited.faults.is_empty() || name == "wrong", "{}", told(&audited));
            (outcome, told(&audited))
        });
        let [(wrong, told), (correct, _)] = outcomes;
        assert_snapshot(folder, "wrong", &told);
        assert_ne!(wrong, correct, "{}", folder.display());
    });
}

/// The one file that shows how to do one thing right and does another one wrong: it stands so in a guide.
#[test]
fn what_is_correct_has_no_findings() {
    for_each(
        &pitfalls(),
        |path| path.is_dir() && !path.ends_with("tools-and-program"),
        |folder| {
            assert_eq!(named(folder, "correct", "finds"), Vec::<String>::new());
        },
    );
}

#[test]
fn every_rule_has_a_pitfall() {
    let folders = std::fs::read_dir(pitfalls()).unwrap().map(|entry| entry.unwrap().path());
    let known = |folder: &Path| {
        [named(folder, "wrong", "finds"), named(folder, "wrong", "advises")].into_iter().flatten()
    };
    let known: Vec<String> = folders.flat_map(|folder| known(&folder)).collect();
    // What a Dockerfile cannot do wrong, and what counts only where it is asked for.
    let others = ["UnusedSecret", "UnusedStage", "BaseImageUnpinned", "LockEntryMissing", "LockEntryUnused"];
    let rules = RULES.iter().chain(DOCKERFILE_RULES).map(|rule| rule.name);
    let missing: Vec<&str> =
        rules.filter(|name| !others.contains(name) && !known.iter().any(|it| it == name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn a_dockerfile_decides_what_counts() {
    let names = |text: &str| found(&audit("Dockerfile", text, "")).join(" ");
    let wrong = "FROM debian\nRUN a && \\\n  sudo b\n";
    assert_eq!(names(wrong), "BaseImageLatest SudoInRun");
    assert_eq!(names(&format!("# check=skip=BaseImageLatest\n{wrong}")), "SudoInRun");
    assert_eq!(names(&format!("# check=skip=all\n{wrong}")), "");
    assert_eq!(names(&wrong.replace("RUN", "# lint: skip=SudoInRun it is there\nRUN")), "BaseImageLatest");
    assert_eq!(
        names(&wrong.replace("  sudo", "  # lint: skip=SudoInRun it is there\n  sudo")),
        "BaseImageLatest"
    );
    assert_eq!(names("# check=skip=FromAsCasing\nFROM debian:12 as a\n"), "");
    let unknown = audit("Dockerfile", "# lint: skip=SudoInRuns why\nFROM debian:12\n", "");
    assert_eq!(unknown.faults.len(), 1, "{}", told(&unknown));
}

#[test]
fn a_pipe_whose_failures_are_seen_or_cannot_be_is_right() {
    let names =
        |script: &str| found(&audit("Dockerfile", &format!("FROM debian:12\nRUN {script}\n"), "")).join(" ");
    for right in [
        "curl -f https://example.org/a.tar.gz | tar -xz -C /srv",
        "curl -f https://example.org/a | gpg --dearmor > /key",
        "echo \"$(uname -m)\" | tr a-z A-Z > /machine; yes | sh /srv/install",
        "if curl -f https://example.org/a | head -1 > /a; then touch /there; fi",
        "curl -f https://example.org/a | sort > /a || touch /a",
        "set -euo pipefail; curl -f https://example.org/a | sort > /a",
        "case $(a || b) in c|d) e ;; f | g) h ;; esac",
        "echo $(curl -f https://example.org/a | sort)",
        "[\"bash\", \"-o\", \"pipefail\", \"-c\", \"a | b\"]",
        "<<EOF\n#!/usr/bin/env python3\nprint(1 | 2)\nEOF",
    ] {
        assert_eq!(names(right), "", "{right}");
    }
    for wrong in [
        "a | b",
        "a | b && c",
        "a | set -o pipefail",
        "X=$(a | b)",
        "curl -f https://example.org/a | tar -c | sort",
        "[\"sh\", \"-c\", \"a | b\"]",
        "<<EOF\na |\n  b\nEOF",
    ] {
        assert_eq!(names(wrong), "PipeFailureHidden", "{wrong}");
    }
    assert_eq!(names("curl -f https://example.org/a | sh"), "UnverifiedDownload");
}

#[test]
fn stages_that_a_spec_parts_are_one() {
    // What stands between the copy and the install makes a spec begin another stage.
    let text = "FROM node:22-slim\nCOPY . /srv\nRUN true\nENV A=1\nWORKDIR /srv\nRUN npm ci\n";
    let audited = audit("Dockerfile", text, ".git\n.env\nnode_modules");
    assert_eq!(found(&audited), ["ContextBeforeInstall"], "{}", told(&audited));
    assert_eq!(advised(&audited), ["CacheMountMissing"], "{}", told(&audited));
}

#[test]
fn places_are_those_of_commands() {
    let text = "FROM debian:12\r\nRUN set -e; \\\r\n  apt-get install -y \\\r\n    sl\r\nENTRYPOINT a\r\n";
    let audited = audit("Dockerfile", text, "");
    let places: Vec<String> = audited
        .findings
        .all()
        .map(|it| format!("{} {}", audited.files.locate(it.span), it.rule.name))
        .collect();
    assert_eq!(
        places,
        [
            "Dockerfile:1:1 RunsAsRoot",
            "Dockerfile:3:3 CacheInLayer",
            "Dockerfile:3:3 RecommendedPackages",
            "Dockerfile:5:12 JSONArgsRecommended"
        ]
    );
}

/// What a rule says of a Dockerfile: its help, and what it would write.
fn helps(text: &str, rule: &str) -> Vec<String> {
    let audited = audit("Dockerfile", text, "");
    let of_rule =
        audited.findings.all().chain(&audited.findings.advice).filter(|found| found.rule.name == rule);
    of_rule.flat_map(|found| [found.help.clone()].into_iter().chain(found.better.clone())).collect()
}

#[test]
fn what_is_common_for_good_reason_is_not_found() {
    for (text, rule) in [
        ("FROM jupyter/base-notebook:python-3.11\nWORKDIR \"${HOME}\"\n", "WorkdirRelativePath"),
        ("FROM debian:12-slim\nRUN apt-get install -y gosu\nCMD [\"a\"]\n", "RunsAsRoot"),
        ("FROM alpine:3.20\nRUN apk add --no-cache su-exec\nCMD [\"a\"]\n", "RunsAsRoot"),
    ] {
        assert_eq!(helps(text, rule), Vec::<String>::new(), "{text}");
    }
    assert_eq!(helps("FROM debian:12\nWORKDIR app\n", "WorkdirRelativePath").len(), 2);
    let builder = "FROM debian:12 AS b\nRUN apt-get install -y gosu\nFROM debian:12-slim\nCMD [\"a\"]\n";
    assert_eq!(helps(builder, "RunsAsRoot").len(), 3);
}

#[test]
fn what_helps_is_what_there_is() {
    let last = |text: &str, rule: &str| helps(text, rule).pop().unwrap_or_default();
    let check = |base: &str, port: &str| {
        last(&format!("FROM {base}\nEXPOSE {port}\nCMD [\"a\"]\n"), "HealthcheckMissing")
    };
    assert_eq!(
        check("alpine:3.20", "8080"),
        r#"HEALTHCHECK CMD ["wget", "-q", "--spider", "http://localhost:8080/"]"#
    );
    for (base, port) in [("alpine:3.20", "5432"), ("alpine:3.20", "8125/udp"), ("php:8.3-fpm-alpine", "9000")]
    {
        assert_eq!(check(base, port), r#"HEALTHCHECK CMD ["…"]"#, "{base} {port}");
    }
    let musl = |base: &str| last(&format!("FROM {base}\nCMD [\"a\"]\n"), "MuslBase");
    assert_eq!(
        musl("eclipse-temurin:21-jre-alpine"),
        "take one with glibc, as `eclipse-temurin:21-jre`, or a distroless one"
    );
    assert_eq!(musl("node:22-alpine3.20"), "take one with glibc, as `node:22-slim`, or a distroless one");
    assert_eq!(musl("python:alpine"), "take one with glibc, as `python:slim`, or a distroless one");
    let nginx = last("FROM nginx:1.27-alpine\nCOPY a /b\nCMD [\"nginx\"]\n", "RunsAsRoot");
    assert_eq!(nginx, "FROM nginxinc/nginx-unprivileged:1.27-alpine");
    let composer = last("FROM composer:2\nRUN composer install\n", "CacheMountMissing");
    assert_eq!(composer, "RUN --mount=type=cache,target=/tmp/cache composer install");
}

#[test]
fn a_stage_that_nothing_needs_is_told_unless_another_is_the_target() {
    let text = "FROM scratch AS bad\nSTOPSIGNAL NOPE\nFROM bad AS x-Worse\nFROM scratch AS x-good\nCOPY a /\nFROM scratch AS Good\nCOPY a /\n";
    let faults = |target: Option<&str>| {
        let env = target.map(|target| ("BUILDKIT_FRONTEND_OPT_0".to_owned(), format!("target={target}")));
        let opts = FrontendOpts::from_env(env).unwrap();
        let audit = Audit::of("Dockerfile", text, &opts, &Platform::parse("linux/amd64").unwrap()).unwrap();
        let audited = audit.look(&Resolved::default(), None, None);
        audited.faults.into_iter().map(|fault| fault.message).collect::<Vec<_>>()
    };
    let told = ["`NOPE` is not a signal"];
    assert_eq!(
        ["", "bad", "BAD", "x-worse", "X-Worse"].map(|name| faults(Some(name).filter(|it| !it.is_empty()))),
        [told; 5]
    );
    assert_eq!(
        ["good", "GOOD", "x-good", "X-GOOD"].map(|name| faults(Some(name))),
        [const { Vec::<String>::new() }; 4]
    );
    assert_eq!(faults(Some("x-bad")), ["there is no stage `x-bad`, which `--target` asks for"]);
}

#[test]
fn files_of_any_size_are_told() {
    const MANY: usize = 10_000;
    let lines = |one: fn(usize) -> String, number: usize| (0..number).map(one).collect::<String>();
    let all = [
        ("RUN", lines(|at| format!("RUN sudo pip install a{at}\n"), MANY), MANY),
        ("ENV and RUN", lines(|at| format!("ENV A{at}=1\nRUN sudo $A{at}\n"), 1000), 1000),
        ("FROM", lines(|at| format!("FROM debian AS s{at}\n"), MANY), MANY),
        ("one line", format!("RUN a{}\n", lines(|at| format!(" \\\n && sudo a{at}"), MANY)), 1),
    ];
    for (what, text, least) in all {
        let audited = audit("Dockerfile", &format!("FROM debian:12\n{text}"), "");
        assert!(audited.faults.is_empty(), "{what}");
        assert!(audited.findings.all().count() >= least, "{what}");
    }
    let faulty = audit("Dockerfile", &format!("FROM a\n{}", "RNU b\n".repeat(MANY)), "");
    assert_eq!(faulty.faults.len(), MANY);
    let line = format!("FROM a\nRUN {}\n", "x".repeat(70_000));
    assert!(told(&audit("Dockerfile", &line, "")).contains("more than 65535 bytes"));
}
