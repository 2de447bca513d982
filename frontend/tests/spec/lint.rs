//! The pages of `docs/lint`: of each rule's two specs, the rule finds something in the bad one and says what the page says, and no rule
//! finds anything in the good one.

use std::path::{Path, PathBuf};

use optfrontend::lint::{DOCKERFILE_RULES, Findings, RULES, Rule, Standing};
use optfrontend::source::SpecFiles;

use crate::audit;
use crate::compile::{Client, linted};
use crate::folder::folder;

/// Set to write what the rules say into the pages.
const UPDATE: &str = "UPDATE_LINT_PAGES";

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/lint")
}

/// The first block of code in the section of a heading, and the place where it stands in the page.
fn block<'p>(page: &'p str, heading: &str) -> (usize, &'p str) {
    let section = page.find(&format!("## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
    let start = section + page[section..].find("```").unwrap();
    let start = start + page[start..].find('\n').unwrap() + 1;
    let end = start + page[start..].find("```").unwrap();
    (start, &page[start..end])
}

fn told(files: &SpecFiles, findings: &Findings) -> String {
    let found = findings.warnings.iter().chain(&findings.errors);
    let lines = found.map(|finding| {
        let (rule, place) = (finding.rule.name, files.locate(finding.span));
        format!("{place}: {rule}: {}\n  help: {}\n", finding.detail, finding.help)
    });
    lines.collect()
}

fn client(spec: &str) -> Client {
    let client = Client::of(spec.as_bytes());
    // Lines such as `# .dockerignore: .git`.
    let ignored = spec.lines().filter_map(|line| line.strip_prefix("# .dockerignore: "));
    let ignore_file = ignored.collect::<Vec<_>>().join("\n");
    // Lines such as `# build.yaml.lock: version: 1`.
    let locked = spec.lines().filter_map(|line| line.strip_prefix("# build.yaml.lock: "));
    let locked = locked.fold(String::new(), |text, line| text + line + "\n");
    let lock = ("build.yaml.lock".to_owned(), locked.into_bytes());
    let beside = Some(lock).filter(|(_, text)| !text.is_empty()).into_iter().collect();
    Client { ignore_file, beside, ..client }
}

fn lint(spec: &str) -> String {
    let (files, findings) =
        linted(spec.as_bytes(), &client(spec)).unwrap_or_else(|faults| panic!("{faults}\n{spec}"));
    told(&files, &findings)
}

fn is_dockerfile(rule: &Rule) -> bool {
    DOCKERFILE_RULES.iter().any(|it| it.name == rule.name)
}

fn audited(dockerfile: &str) -> String {
    audit::told(&audit::audit("Dockerfile", dockerfile, ""))
}

#[test]
fn an_image_that_may_be_a_stage_is_told_the_name() {
    let told = lint("stages:\n  build: {from: debian:12}\n  app: {from: biuld, user: nobody}\n");
    assert!(told.contains("help: did you mean the stage `build`? Else name a version"), "{told}");
}

#[test]
fn each_rule_says_what_its_page_says() {
    let mut wrong = Vec::new();
    for rule in RULES.iter().chain(DOCKERFILE_RULES) {
        let lint = |text: &str| if is_dockerfile(rule) { audited(text) } else { lint(text) };
        let path = pages().join(format!("{}.md", rule.name));
        let page =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(
            page.starts_with(&format!("# {}\n\n{}.\n", rule.name, rule.description)),
            "{}",
            path.display()
        );
        let said = lint(block(&page, "Bad").1);
        let only_this =
            said.lines().filter(|line| !line.starts_with("  ")).all(|line| line.contains(rule.name));
        if said.is_empty() || !only_this {
            wrong.push(format!("{}: the bad spec:\n{said}", rule.name));
        }
        let (at, expected) = block(&page, "What it says");
        if said != expected {
            if std::env::var_os(UPDATE).is_some() {
                let updated = format!("{}{said}{}", &page[..at], &page[at + expected.len()..]);
                std::fs::write(&path, updated).unwrap();
            } else {
                wrong.push(format!("{}: it says\n{said}", rule.name));
            }
        }
        let good = lint(block(&page, "Good").1);
        if !good.is_empty() {
            wrong.push(format!("{}: the good spec:\n{good}", rule.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_pages_are_listed() {
    let index = std::fs::read_to_string(pages().join("README.md")).unwrap();
    let rows = RULES.iter().map(|rule| {
        let when = match rule.standing {
            Standing::Pitfall => "always",
            Standing::Advice => "always; advice in an audit",
            Standing::AskedFor => "where `lint: {error: …}` names it",
        };
        format!("| [{0}]({0}.md) | {1} | {when} |\n", rule.name, rule.description)
    });
    let table: String = rows.collect();
    assert!(index.contains(&table), "docs/lint/README.md lacks this table:\n{table}");
    let rows =
        DOCKERFILE_RULES.iter().map(|rule| format!("| [{0}]({0}.md) | {1} |\n", rule.name, rule.description));
    let table: String = rows.collect();
    assert!(index.contains(&table), "docs/lint/README.md lacks this table:\n{table}");
    let pages = std::fs::read_dir(pages()).unwrap().count();
    assert_eq!(pages, RULES.len() + DOCKERFILE_RULES.len() + 1, "a page without a rule");
}

#[test]
fn a_rule_that_is_none_is_told_wherever_it_is_named() {
    let spec = "lint:
  skip: [RunAsRoot, all]
  error: SecretsUsedInArgOrEnvs
stages:
  app:
    from: debian:12-slim    # lint: skip=MuslBase,MuslBases it is meant
";
    let Err(message) = linted(spec.as_bytes(), &client(spec)) else { panic!("no fault") };
    let expected = "the spec has 3 faults
build.yaml:2:10: there is no lint rule `RunAsRoot`
  help: did you mean `RunsAsRoot`?
build.yaml:3:10: there is no lint rule `SecretsUsedInArgOrEnvs`
  help: did you mean `SecretsUsedInArgOrEnv`?
build.yaml:6:51: there is no lint rule `MuslBases`
  help: did you mean `MuslBase`?";
    assert_eq!(message, expected);
}

#[test]
fn the_client_and_comments_decide_what_counts() {
    let found = |spec: &str| lint(&format!("{spec}stages:\n  app:\n    from: node\n"));
    assert!(found("").contains("BaseImageLatest"));
    assert_eq!(found("lint: {skip: BaseImageLatest}\n"), "");
    assert_eq!(found("lint: {skip: all}\n"), "");
    assert_eq!(found("# opt: build-arg:BUILDKIT_DOCKERFILE_CHECK=skip=BaseImageLatest;error=true\n"), "");
    // The client speaks in the place of the spec.
    assert!(
        found("# opt: build-arg:BUILDKIT_DOCKERFILE_CHECK=error=true\nlint: {skip: all}\n")
            .contains("BaseImageLatest")
    );
    let above = "stages:\n  app:\n    # lint: skip=BaseImageLatest the newest is wanted\n    from: node\n";
    assert_eq!(lint(above), "");
    let far = "# lint: skip=BaseImageLatest\nstages:\n  app:\n    from: node\n";
    assert!(lint(far).contains("BaseImageLatest"));
}

#[test]
fn the_examples_are_found_good() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut wrong = String::new();
    for example in std::fs::read_dir(examples).unwrap() {
        let folder = example.unwrap().path();
        for name in ["build.yaml", "preset.yaml"] {
            let Ok(spec) = std::fs::read_to_string(folder.join(name)) else { continue };
            match linted(spec.as_bytes(), &client_of(&folder, name, &spec)) {
                Ok((files, findings)) => wrong += &told(&files, &findings),
                Err(faults) => wrong += &faults,
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn presets_are_found_good() {
    let cases = std::fs::read_dir(folder("cases")).unwrap().map(|entry| entry.unwrap().path());
    let presets = cases.filter(|case| case.file_name().unwrap().to_string_lossy().starts_with("preset_"));
    let mut wrong = String::new();
    let mut number = 0;
    // What a spec says besides is not the preset's.
    for case in presets.filter(|case| !case.ends_with("preset_override")) {
        let spec = std::fs::read_to_string(case.join("spec.yaml")).unwrap();
        let client = Client { ignore_file: ".git\n.env\nnode_modules\n.venv\n".to_owned(), ..client(&spec) };
        match linted(spec.as_bytes(), &client) {
            Ok((_, findings)) if findings.is_empty() => number += 1,
            Ok((files, findings)) => wrong += &format!("{}\n{}", case.display(), told(&files, &findings)),
            Err(faults) => wrong += &faults,
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(number >= 10, "{number}");
}

/// The client that sends an example.
fn client_of(folder: &Path, name: &str, spec: &str) -> Client {
    let names = [format!("{name}.dockerignore"), ".dockerignore".to_owned()];
    let ignore_file = names.iter().find_map(|name| std::fs::read_to_string(folder.join(name)).ok());
    let files = Client::default().beside(folder).beside.into_iter();
    let context = files.filter_map(|(path, bytes)| Some((path, String::from_utf8(bytes).ok()?))).collect();
    Client { ignore_file: ignore_file.unwrap_or_default(), context, ..client(spec) }
}
