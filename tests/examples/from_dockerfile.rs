//! Writes the page for who comes from a Dockerfile, out of a text and the files of pairs: `from_dockerfile TEXT PAGE`.
//!
//! In the text, `{{NAME}}` on a line stands for the two sides of a pair, `{{pairs WORD …}}` for links to all pairs that cover one of these
//! instructions, and `{{differences}}` for the reasons of every difference that is wanted. A pair that the page does not name is an error.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::{env, fs};

use optfrontend_tests::Pair;

fn main() -> ExitCode {
    let mut files = env::args().skip(1);
    let (text, page) = (files.next().unwrap_or_default(), files.next().unwrap_or_default());
    match fs::read_to_string(&text).map_err(|error| format!("{text}: {error}")).and_then(|text| made(&text)) {
        Ok(content) if fs::write(&page, &content).is_ok() => ExitCode::SUCCESS,
        Ok(_) => failed(&format!("{page} cannot be written")),
        Err(message) => failed(&message),
    }
}

fn failed(message: &str) -> ExitCode {
    eprintln!("from_dockerfile TEXT PAGE: {message}");
    ExitCode::FAILURE
}

/// The page.
fn made(text: &str) -> Result<String, String> {
    let pairs = Pair::all();
    let mut page = Page { pairs: &pairs, named: BTreeSet::new() };
    let mut content = "<!-- Generated from tests/from-dockerfile.md and the pairs in tests/equivalence; `make generate` writes it anew. -->\n\n".to_owned();
    for line in text.lines() {
        match line.strip_prefix("{{").and_then(|line| line.strip_suffix("}}")) {
            None => content.push_str(line),
            Some("differences") => content.push_str(&differences(&pairs)),
            Some(command) => match command.strip_prefix("pairs ") {
                Some(words) => content.push_str(&page.links(words)),
                None => content.push_str(&page.both_sides(command)?),
            },
        }
        content.push('\n');
    }
    let left: Vec<&str> =
        pairs.iter().map(|pair| pair.name.as_str()).filter(|name| !page.named.contains(name)).collect();
    if left.is_empty() { Ok(content) } else { Err(format!("no `{{{{pairs …}}}}` has {left:?}")) }
}

struct Page<'p> {
    pairs: &'p [Pair],
    named: BTreeSet<&'p str>,
}

impl Page<'_> {
    /// A list of the pairs that cover an instruction, folded.
    fn links(&mut self, words: &str) -> String {
        let words: Vec<&str> = words.split(' ').collect();
        let covers =
            |pair: &Pair| pair.covers.iter().any(|word| words.iter().any(|start| is_part_of(start, word)));
        let found: Vec<&Pair> = self.pairs.iter().filter(|pair| covers(pair)).collect();
        self.named.extend(found.iter().map(|pair| pair.name.as_str()));
        let items: Vec<String> = found.iter().map(|pair| format!("- {}", link(pair))).collect();
        format!("<details><summary>{} pairs</summary>\n\n{}\n\n</details>", found.len(), items.join("\n"))
    }

    fn both_sides(&self, name: &str) -> Result<String, String> {
        let pair = self.pairs.iter().find(|pair| pair.name == name);
        let pair = pair.ok_or_else(|| format!("there is no pair `{name}`"))?;
        let read = |file: &str| {
            let path = pair.folder.join(file);
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let (dockerfile, spec) = excerpts(&read("Dockerfile")?, &read("build.yaml")?);
        Ok(format!(
            "{}\n\n<table><tr><th>Dockerfile</th><th>build.yaml</th></tr><tr><td>\n\n```dockerfile\n{dockerfile}\n```\n\n</td><td>\n\n\
             ```yaml\n{spec}\n```\n\n</td></tr></table>\n",
            link(pair)
        ))
    }
}

/// Whether a covered word is the instruction, or a part of it: `COPY --from` is one of `COPY`.
fn is_part_of(instruction: &str, word: &str) -> bool {
    let rest = word.strip_prefix(instruction);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        || (instruction == "$" && word.starts_with('$'))
        || (instruction == "--" && word.starts_with("--"))
}

fn link(pair: &Pair) -> String {
    format!("{}: [`{}`](../tests/equivalence/{})", pair.title, pair.name, pair.name)
}

/// What both files say, without what every pair has: the comments on top, and a single stage that starts from busybox.
fn excerpts(dockerfile: &str, spec: &str) -> (String, String) {
    let directives = |line: &&str| line.starts_with("# escape=") || line.starts_with("# check=");
    let top: Vec<&str> = dockerfile.lines().take_while(|line| line.starts_with('#')).collect();
    let kept = top.iter().filter(|line| directives(line)).copied();
    let lines: Vec<&str> = kept.chain(dockerfile.lines().skip(top.len())).collect();
    let spec: Vec<&str> = spec.lines().skip(1).collect();
    let plain = ["stages:", "  app:", "    from: busybox:1.36"];
    if lines.first() == Some(&"FROM busybox:1.36") && spec.starts_with(&plain) {
        let spec: Vec<&str> =
            spec[plain.len()..].iter().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
        return (lines[1..].join("\n"), spec.join("\n"));
    }
    (lines.join("\n"), spec.join("\n"))
}

/// The reasons in every `differences.md`, without the lines of the diff.
fn differences(pairs: &[Pair]) -> String {
    let mut list = Vec::new();
    for pair in pairs {
        let text = fs::read_to_string(pair.folder.join("differences.md")).unwrap_or_default();
        let reason: Vec<&str> = text
            .split("```diff")
            .filter_map(|part| part.split("```").last())
            .flat_map(str::lines)
            .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
            .collect();
        if !reason.is_empty() {
            list.push(format!(
                "- {} ([`{}`](../tests/equivalence/{}))",
                reason.join(" "),
                pair.name,
                pair.name
            ));
        }
    }
    list.join("\n")
}
