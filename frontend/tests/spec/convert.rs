//! Dockerfiles as specs: every Dockerfile of the repository converts, what is printed says what was found, and it compiles.

use std::path::{Path, PathBuf};

use optfrontend::convert::{SYNTAX, convert};
use optfrontend::report::{DOCKERFILE, message, message_of};
use proptest::prelude::*;

use crate::compile::{Client, compile};
use crate::expanded::{read, without_places};
use crate::folder::{assert_snapshot, folder, for_each};

/// Every Dockerfile of the repository.
fn dockerfiles() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    let mut folders = vec![root.join("tests"), root.join("examples")];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name == "Dockerfile" || name == "Dockerfile.reference" {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Values that make the conversions of all Dockerfiles compile: those args are given by the client.
fn client(path: &Path) -> Client {
    let flags = std::fs::read_to_string(path.with_file_name("flags")).unwrap_or_default();
    let args = flags.lines().filter_map(|flag| flag.strip_prefix("--build-arg="));
    Client { opts: args.map(|arg| format!("build-arg:{arg}")).collect(), ..Client::default() }
}

#[test]
fn each_dockerfile_converts() {
    let mut failed = Vec::new();
    let all = dockerfiles();
    for path in &all {
        let text = std::fs::read_to_string(path).unwrap();
        let outcome = check(path, &text);
        failed.extend(outcome.err().map(|why| format!("{}: {why}", path.display())));
    }
    assert!(all.len() > 225, "only {} Dockerfiles were found", all.len());
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n\n"));
}

fn check(path: &Path, text: &str) -> Result<(), String> {
    let converted =
        convert("Dockerfile", text).map_err(|(files, faults)| message(&files, &faults.into_sorted()))?;
    let yaml = converted.yaml(SYNTAX);
    let again = read(&yaml, &Client::default()).map_err(|why| format!("{why}\n{yaml}"))?;
    if without_places(&again) != without_places(&converted.spec) {
        return Err(format!("is read as something else:\n{yaml}"));
    }
    let client = client(path);
    for stage in converted.spec.stages.names() {
        let mut opts = client.opts.clone();
        opts.push(format!("target={stage}"));
        compile(yaml.as_bytes(), &Client { opts, ..Client::default() })
            .map_err(|why| format!("{stage}: {why}\n{yaml}"))?;
    }
    Ok(())
}

#[test]
fn each_common_dockerfile_becomes_its_spec() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/convert");
    for_each(&root, Path::is_dir, |folder| {
        let text = std::fs::read_to_string(folder.join("Dockerfile")).unwrap();
        let converted = convert("Dockerfile", &text).unwrap_or_else(|(files, faults)| {
            panic!("{}: {}", folder.display(), message(&files, &faults.into_sorted()))
        });
        assert_snapshot(folder, "build", &converted.yaml(SYNTAX));
    });
}

/// The rows of `docs/convert.md`, which a test holds to what comes out.
fn rows() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/convert");
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut table = "| Dockerfile | stages | notes | image |\n| --- | --- | --- | --- |\n".to_owned();
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy();
        let text = std::fs::read_to_string(folder.join("Dockerfile")).unwrap();
        let converted = convert("Dockerfile", &text).unwrap();
        let stages = text.lines().filter(|line| line.starts_with("FROM ")).count();
        let image = if folder.join("context").is_dir() { "the same" } else { "" };
        table += &format!(
            "| [`{name}`](../tests/convert/{name}) | {stages}, {} | {} | {image} |\n",
            converted.spec.stages.len(),
            converted.notes.len()
        );
    }
    table
}

#[test]
fn the_page_lists_what_came_out() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/convert.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows = rows();
    assert!(page.ends_with(&rows), "docs/convert.md ends with this table:\n{rows}");
}

#[test]
fn each_faulty_dockerfile_is_told_as_its_snapshot() {
    let folder = folder("dockerfiles");
    let is_dockerfile = |path: &Path| path.extension().is_some_and(|extension| extension == "Dockerfile");
    for_each(&folder, is_dockerfile, |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let Err((files, faults)) = convert("Dockerfile", &text) else {
            panic!("{} has no fault", path.display());
        };
        let message = message_of(&DOCKERFILE, &files, &faults.into_sorted());
        assert_snapshot(&folder, &path.file_stem().unwrap().to_string_lossy(), &message);
    });
}

/// What a Dockerfile of these lines becomes, without what every spec has.
#[track_caller]
fn assert_app(lines: &str, expected: &str) {
    let converted = convert("Dockerfile", &format!("FROM a\n{lines}\n"))
        .unwrap_or_else(|(files, faults)| panic!("{lines}\n{}", message(&files, &faults.into_sorted())));
    let yaml = converted.yaml(SYNTAX);
    let (_, app) = yaml.split_once("    from: a\n").unwrap_or_else(|| panic!("{yaml}"));
    let without_notes = app.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("# "));
    assert_eq!(without_notes.collect::<Vec<_>>().join(" "), expected, "{lines}");
}

#[test]
fn odd_values_are_what_docker_makes_of_them() {
    assert_app("EXPOSE 80:8080 127.0.0.1:90:9090/udp '81' \"\"", "expose: - 8080 - 9090/udp - 81");
    assert_app("ENV P=80\nEXPOSE 1:$P ${Q:-7}", "env: P: 80 expose: [$P, \"${Q:-7}\"]");
    assert_app("EXPOSE 0 1", "expose: [1]");
    assert_app("CMD\nENTRYPOINT", "entrypoint: [/bin/sh, -c, \"\"] cmd: [/bin/sh, -c, \"\"]");
    assert_app("WORKDIR b\nWORKDIR c d\nWORKDIR ../e", "workdir: b/c d/../e");
    assert_app("COPY --chown= --from= b /", "steps: - copy: b to: /");
    assert_app("COPY --chmod= ../../b/c /", "steps: - copy: /b/c to: /");
    assert_app("COPY b c /d", "steps: - copy: b to: /d - copy: c to: /d");
    assert_app("COPY b c .", "steps: - copy: [b, c]");
    assert_app(
        "RUN --mount=type=tmpfs,target=/b,size=1e3m --mount=type=tmpfs,target=/c,size=99999p c",
        "steps: - run: c mounts: - type: tmpfs target: /b size: 1000MiB - type: tmpfs target: /c",
    );
    assert_app(
        "ARG U=7\nRUN --mount=type=cache,target=/b,uid=$U,mode=77777 c",
        "steps: - run: c cache: target: /b mode: 0777 uid: 7",
    );
    assert_app("ENV A=$1b${2}c${3:-d} E=$Fé", "env: A: bcd E: \"\"");
}

#[test]
fn a_stage_that_nobody_can_build_or_needs_is_left_out() {
    let broken = "FROM a AS bad\nRUN --mount=type=bond b\nFROM bad AS worse\nFROM a AS mine\nRUN b\n";
    let converted = convert("Dockerfile", &format!("{broken}FROM mine\nCOPY --from=mine b c\n")).unwrap();
    assert_eq!(converted.spec.stages.names().collect::<Vec<_>>(), ["mine", "app"]);
    let notes: Vec<&str> = converted.notes.iter().map(|note| note.text.as_str()).collect();
    let expected = [
        "left out: the stage `bad`, which no build can make: `bond` is not a value of `type`",
        "left out: the stage `worse`, which is made from `bad`",
    ];
    assert_eq!(notes, expected);
    let names: Vec<&str> = converted.left_out.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names, ["bad", "worse"]);
    for needs in
        ["FROM worse", "FROM a\nCOPY --from=0 b c", "ARG B\nFROM ${B}", "FROM a\nRUN --mount=from=BAD b"]
    {
        let text = format!("{broken}{needs}\n");
        let Err((_, faults)) = convert("Dockerfile", &text) else { panic!("{text}") };
        assert_eq!(faults.into_sorted()[0].message, "`bond` is not a value of `type`", "{text}");
    }
}

#[test]
fn names_that_the_language_leaves_to_users_are_given_another() {
    let text = "FROM a AS x-b\nRUN c\nFROM x-b\nCOPY --from=X-B d e\n";
    let converted = convert("Dockerfile", text).unwrap();
    assert_eq!(converted.spec.stages.names().collect::<Vec<_>>(), ["stage-x-b", "app"]);
    let yaml = converted.yaml(SYNTAX);
    assert!(yaml.contains("from: stage-x-b\n"), "{yaml}");
    compile(yaml.as_bytes(), &Client::default()).unwrap_or_else(|why| panic!("{why}\n{yaml}"));
    // The one above of that name, and not the last one.
    let again = convert("Dockerfile", "FROM a AS b\nFROM b AS b\nFROM b\n").unwrap();
    assert_eq!(again.spec.stages.names().collect::<Vec<_>>(), ["b-0", "b", "app"]);
    assert!(again.yaml(SYNTAX).contains("  b:\n    from: b-0\n"));
}

#[test]
fn a_name_that_only_the_spec_has_is_that_of_an_image() {
    let text = "FROM a\nCOPY --from=app b c\nRUN --mount=from=stage-0,target=/d e\n";
    let yaml = convert("Dockerfile", text).unwrap().yaml(SYNTAX);
    assert!(yaml.contains("from: docker.io/library/app:latest\n"), "{yaml}");
    assert!(yaml.contains("from: stage-0"), "{yaml}");
}

#[test]
fn places_are_those_of_the_dockerfile() {
    let text = "FROM debian:12-slim\r\n# why\r\nRUN a \\\r\n  # inside\r\n  && b\r\nCMD c\r\n";
    let converted = convert("Dockerfile", text).unwrap();
    let stage = converted.spec.stages.get("app").unwrap();
    assert_eq!(converted.files.locate(stage.from.span), "Dockerfile:1:6");
    assert_eq!(converted.files.lines(stage.steps[0].span()), (3, 5));
    assert!(
        converted
            .yaml(SYNTAX)
            .contains("      # why\n      # inside\n      - run: >-\n          a\n          && b\n")
    );
}

#[test]
fn comments_of_any_number_come_along() {
    let comments = "# line of a licence\n".repeat(200);
    let text = format!("FROM busybox:1.36\n{comments}RUN a \\\n{comments} && b\n");
    let yaml = convert("Dockerfile", &text).unwrap().yaml(SYNTAX);
    assert_eq!(yaml.matches("# line of a licence").count(), 400, "{yaml}");
    compile(yaml.as_bytes(), &Client::default()).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn many_instructions_take_no_time() {
    let mut text = "\u{feff}FROM busybox\n".to_owned();
    for number in 0..10_000_u32 {
        text += &match number % 5 {
            0 => format!("RUN echo {number} && \\\n  true\n"),
            1 => format!("ENV A{number}=$A{} B=$B:x\n", number.saturating_sub(5)),
            2 => format!("COPY --chown=1:2 a{number} $B/\n"),
            3 if number % 10 == 3 => format!("RUN --mount=type=secret,id=s{number} true\n"),
            3 => format!("LABEL l{number}=\"a b\"\n"),
            _ => format!("ARG X{number}=1\n"),
        };
    }
    for number in 0..5_000_u32 {
        text += &format!("FROM s{} AS s{number}\nENV S{number}=1\n", number.saturating_sub(1))
            .replace("FROM s0 AS s0", "FROM busybox AS s0");
    }
    let start = std::time::Instant::now();
    let converted = convert("Dockerfile", &text).unwrap();
    assert!(converted.yaml(SYNTAX).len() > 100_000);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is written: no panic, and what converts is a spec that says what was found.
    #[test]
    fn any_text_is_converted_or_told(pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..24)) {
        let text = pieces.concat();
        match convert("Dockerfile", &text) {
            Ok(converted) => {
                let yaml = converted.yaml(SYNTAX);
                let again = read(&yaml, &Client::default()).unwrap_or_else(|why| panic!("{why}\n{yaml}\n{text:?}"));
                prop_assert_eq!(without_places(&again), without_places(&converted.spec), "{}", yaml);
            }
            Err((files, faults)) => {
                prop_assert!(!message(&files, &faults.into_sorted()).is_empty());
            }
        }
    }
}

/// Parts of Dockerfiles that mean something to some reader.
const PIECES: &[&str] = &[
    "FROM a\n",
    "FROM a AS b\n",
    "FROM b\n",
    "RUN ",
    "COPY ",
    "ADD ",
    "ENV ",
    "ARG ",
    "LABEL ",
    "WORKDIR ",
    "USER ",
    "CMD ",
    "ENTRYPOINT ",
    "EXPOSE ",
    "VOLUME ",
    "HEALTHCHECK CMD ",
    "SHELL ",
    "ONBUILD ",
    "STOPSIGNAL ",
    "MAINTAINER ",
    "\n",
    "\n",
    "\\\n",
    "\r\n",
    "# c\n",
    "# escape=`\n",
    "<<EOF ",
    "EOF\n",
    "a",
    "b ",
    "c d",
    "A=1",
    "A=$B ",
    "$A",
    "${A:-b}",
    "${A#b}",
    "\"",
    "'",
    "[\"x\", \"y\"]",
    "--from=b ",
    "--mount=type=cache,target=/c ",
    "--mount=type=secret,id=s ",
    "--chmod=755 ",
    "/x ",
    "x/ ",
    "é",
    "\t",
    " ",
    "\\",
    "`",
    "#",
    ":",
    "- ",
    "{",
    "}",
    "\u{feff}",
    "$",
    "=",
];
