//! Words of Dockerfiles, of Compose and of other tools, and what stands for them in a spec.

use crate::diagnostic::nearest;
use crate::spec::{RunStep, Spec, Stage, is_action};

/// What is meant by a key that the language has not.
pub(crate) enum Meant {
    /// Another key of the same mapping.
    Key(&'static str),
    /// Something that takes a sentence.
    Else(String),
}

/// Words, and what stands for each of them.
type Words = &'static [(&'static [&'static str], &'static str)];

/// By the mapping that they stand in: words, and the key that stands for them.
const KEYS: &[(&str, Words)] = &[
    (
        "build spec",
        &[
            (&["arg", "variables", "vars", "arguments"], "args"),
            (&["targets", "jobs", "builds", "images"], "stages"),
            (&["extends", "includes", "import", "imports"], "include"),
        ],
    ),
    (
        "stage",
        &[
            (&["image", "base", "base_image", "parent", "extends"], "from"),
            (&["command"], "cmd"),
            (&["environment", "variables"], "env"),
            (&["cwd", "dir", "directory"], "workdir"),
            (&["ports", "port"], "expose"),
            (&["account", "accounts"], "users"),
            (&["caches"], "cache"),
        ],
    ),
    (
        "`run` step",
        &[
            (&["user"], "run_as"),
            (&["environment"], "env"),
            (&["cwd", "dir", "directory", "working_dir"], "workdir"),
            (&["volumes"], "mounts"),
        ],
    ),
    ("`copy` step", COPIED),
    ("`add` step", COPIED),
    (
        "cache mount",
        &[(&["path", "dir", "directory", "dst", "destination"], "target"), (&["key", "name"], "id")],
    ),
    ("bind mount", &[(&["src", "path"], "source"), (&["dst", "destination"], "target")]),
    (
        "secret of a step",
        &[
            (&["name", "secret"], "id"),
            (&["path", "file", "dst", "destination"], "target"),
            (&["environment", "variable"], "env"),
        ],
    ),
    (
        "git source",
        &[
            (&["tag", "branch", "commit", "revision", "rev", "version"], "ref"),
            (&["path", "dir", "directory", "folder"], "subdir"),
        ],
    ),
    (
        "http source",
        &[
            (&["sha256", "digest", "hash", "integrity"], "checksum"),
            (&["name", "file"], "filename"),
            (&["mode", "permissions"], "chmod"),
        ],
    ),
    (
        "file to write",
        &[
            (&["text", "data", "contents", "body"], "content"),
            (&["to", "dest", "destination", "target", "file", "name"], "path"),
            (&["mode", "permissions"], "chmod"),
            (&["owner"], "chown"),
        ],
    ),
    ("healthcheck", &[(&["cmd", "command", "run"], "test"), (&["url"], "http"), (&["port"], "tcp")]),
    ("serve", &[(&["url", "path"], "http"), (&["port"], "tcp"), (&["timeout"], "within")]),
    (
        "command to verify",
        &[(&["cmd", "run", "test"], "command"), (&["output"], "stdout"), (&["user"], "run_as")],
    ),
];

const COPIED: Words = &[
    (&["dest", "dst", "destination", "target", "into"], "to"),
    (&["owner", "user"], "chown"),
    (&["mode", "permissions"], "chmod"),
    (&["ignore", "except"], "exclude"),
];

/// The same for what takes a sentence.
const SENTENCES: &[(&str, Words)] = &[
    (
        "build spec",
        &[
            (
                &["services"],
                "this looks like a Compose file: there, `build: {dockerfile: build.yaml}` of a service names the spec, which is a file of its own",
            ),
            (&["version"], "the tag in the `# syntax=` line is the version of the language"),
            (&["name", "tag", "tags"], "the client names the image: `--tag NAME`"),
        ],
    ),
    (
        "stage",
        &[
            (&["arg"], "args are declared once, at the top of the file: `args: {NAME: default}`"),
            (
                &["needs", "depends_on", "depends", "dependencies", "after"],
                "take it out: a stage waits for those that it starts from, copies from or mounts",
            ),
            (&["name", "as"], "the name of a stage is the key that it stands under"),
            (&["tag", "tags"], "the client names the image: `--tag NAME`"),
            (
                &["maintainer", "author"],
                "a label tells that: `labels: {org.opencontainers.image.authors: …}`",
            ),
            (&["build", "commands", "script"], "what is done stands in the list `steps`, as `- run: …`"),
        ],
    ),
    (
        "secret",
        &[(
            &["env", "src", "file", "source", "environment", "from", "value", "id"],
            "where its value comes from is said by the client: `--secret id=NAME,env=VARIABLE` or `--secret id=NAME,src=FILE`",
        )],
    ),
    (
        "`copy` step",
        &[(
            &["src", "source", "path", "paths", "files"],
            "the paths stand behind `copy` itself: `copy: PATH`, `copy: [PATH, PATH]`",
        )],
    ),
];

/// Words for actions of steps.
const ACTIONS: Words = &[
    (&["apt-get", "aptitude", "apt_get"], "apt"),
    (&["yum", "microdnf"], "dnf"),
    (&["rm", "delete", "unlink"], "remove"),
    (&["command", "commands", "script", "sh", "bash", "exec"], "run"),
    (&["download", "fetch", "curl", "wget", "git", "clone", "unpack", "extract"], "add"),
    (&["ln", "link"], "symlink"),
    (&["file", "touch", "content", "heredoc"], "write"),
    (&["directory", "dir"], "mkdir"),
];

/// Package managers, which `install` runs.
const MANAGERS: &[&str] = &[
    "npm", "pnpm", "yarn", "bun", "pip", "uv", "poetry", "go", "cargo", "maven", "mvn", "gradle", "bundle",
    "bundler", "composer",
];

/// What stands for `words` in one of the tables above.
fn find(words: Words, word: &str) -> Option<&'static str> {
    words.iter().find(|(words, _)| words.contains(&word)).map(|(_, meant)| *meant)
}

fn find_in(tables: &[(&str, Words)], what: &str, word: &str) -> Option<&'static str> {
    let (_, words) = tables.iter().find(|(name, _)| *name == what)?;
    find(words, word)
}

/// What is meant by an unknown key of the mapping that `what` names.
pub(crate) fn meant(word: &str, what: &str) -> Option<Meant> {
    let word = word.to_lowercase();
    if let Some(key) = find_in(KEYS, what, &word) {
        return Some(Meant::Key(key));
    }
    if what.ends_with(" step") && ["if", "only", "condition"].contains(&word.as_str()) {
        return Some(Meant::Key("when"));
    }
    let sentence = find_in(SENTENCES, what, &word).map(str::to_owned);
    sentence.or_else(|| of_another_level(&word, what)).map(Meant::Else)
}

/// The key that is meant by an unknown one, by what other tools call it or since it is written nearly so.
pub(crate) fn meant_key<'k>(word: &str, what: &str, known: &[&'k str]) -> Option<&'k str> {
    match meant(word, what) {
        Some(Meant::Key(key)) => known.iter().copied().find(|known| *known == key),
        Some(Meant::Else(_)) => None,
        None => nearest(word, known.iter().copied()).or_else(|| {
            let key = near(word, what)?;
            known.iter().copied().find(|known| *known == key)
        }),
    }
}

/// What stands for the word of another tool that is written nearly so.
fn near(word: &str, what: &str) -> Option<&'static str> {
    let (_, words) = KEYS.iter().find(|(name, _)| *name == what)?;
    let meant = nearest(word, words.iter().flat_map(|(words, _)| words.iter().copied()))?;
    find(words, meant)
}

/// What to do about a key that belongs elsewhere in the file.
fn of_another_level(word: &str, what: &str) -> Option<String> {
    let is = |keys: &[&str]| keys.contains(&word);
    match what {
        "stage" if is_action(word) => {
            Some(format!("`{word}` is a step: it stands in the list `steps`, as `- {word}: …`"))
        }
        "stage" if is(Spec::KEYS) && !is(Stage::KEYS) => {
            Some(format!("`{word}` stands at the top of the file, beside `stages`"))
        }
        "build spec" if is_action(word) => Some(format!(
            "`{word}` is a step of a stage: `stages: {{app: {{from: IMAGE, steps: [{{{word}: …}}]}}}}`"
        )),
        "build spec" if is(Stage::KEYS) && !is(Spec::KEYS) => {
            Some(format!("`{word}` belongs to a stage: `stages: {{app: {{{word}: …}}}}`"))
        }
        _ => None,
    }
}

/// What is wrong with a word that stands where the action of a step does, and what to do; `alone` where nothing stands beside it.
pub(crate) fn no_action(word: &str, alone: bool) -> Option<(String, String)> {
    let lower = word.to_lowercase();
    let no_step = || format!("`{word}` is no step");
    if let Some(action) = find(ACTIONS, &lower) {
        return Some((no_step(), format!("did you mean `{action}`?")));
    }
    if MANAGERS.contains(&lower.as_str()) {
        let help = "dependencies are installed from their lockfile by `install: NAME`, as in `install: npm`; any other command is a `run`";
        return Some((no_step(), help.to_owned()));
    }
    if ["mv", "move", "rename", "chmod", "chown", "cp"].contains(&lower.as_str()) {
        return Some((
            no_step(),
            "a command is a `run`; `copy` has `chown` and `chmod` of its own".to_owned(),
        ));
    }
    if !alone {
        return None;
    }
    Some((no_step(), of_stage(&lower)?))
}

/// What to do about a word that is none of a step's but of the stage: `workdir`, `ENV`.
pub(super) fn of_stage(word: &str) -> Option<String> {
    if word == "arg" || word == "args" {
        return Some("args are declared once, at the top of the file: `args: {NAME: default}`".to_owned());
    }
    let plural = format!("{word}s");
    let key =
        Stage::KEYS.iter().find(|key| **key == word || **key == plural || key.replace('_', "") == word)?;
    let own = if RunStep::KEYS.contains(key) { "; a `run` takes it too, for itself alone" } else { "" };
    Some(format!("`{key}` stands once in the stage, beside `steps`{own}"))
}
