//! The scripts by which package.json has a service started.

use serde_json::Value;

use crate::survey::Survey;

/// What a script runs with Node.js.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Start<'s> {
    pub(super) file: &'s str,
    /// What runs it: Node.js, or a program around it.
    pub(super) program: &'s str,
    /// Options of Node.js, each with its value.
    pub(super) options: Vec<String>,
}

/// What a script runs in the end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Runs<'s> {
    File(Start<'s>),
    /// Another program, of which no more is known.
    Program(&'s str),
}

/// A script that starts a service.
pub(super) struct Script<'m> {
    pub(super) name: &'static str,
    pub(super) runs: Runs<'m>,
}

impl<'m> Script<'m> {
    pub(super) fn file(&self) -> Option<&Start<'m>> {
        match &self.runs {
            Runs::File(start) => Some(start),
            Runs::Program(_) => None,
        }
    }
}

/// What package.json has started, by each of the scripts that are for that.
pub(super) fn started(manifest: &Value) -> Vec<Script<'_>> {
    let names = ["start", "start:prod", "start:production"].into_iter();
    let script = |name| Some(Script { name, runs: runs(manifest["scripts"][name].as_str()?)? });
    names.filter_map(script).collect()
}

/// Options whose value is the next word.
const WITH_VALUE: [&str; 14] = [
    "-r",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "--env-file",
    "--env-file-if-exists",
    "-C",
    "--conditions",
    "--disable-warning",
    "--dns-result-order",
    "--max-http-header-size",
    "--unhandled-rejections",
    "--title",
];

/// Options that are for development, or that an image has nothing for: no file with settings comes into it.
const DROPPED: [&str; 5] = ["--env-file", "--env-file-if-exists", "--watch", "--inspect", "--title"];

/// Options that `NODE_OPTIONS` may have, of those that services are started with; it takes few of V8's:
/// <https://nodejs.org/api/cli.html#node_optionsoptions>.
const IN_ENVIRONMENT: [&str; 37] = [
    "-r",
    "--require",
    "--import",
    "--loader",
    "-C",
    "--conditions",
    "--abort-on-uncaught-exception",
    "--addons",
    "--deprecation",
    "--disable-proto",
    "--disable-warning",
    "--disallow-code-generation-from-strings",
    "--dns-result-order",
    "--enable-source-maps",
    "--force-fips",
    "--frozen-intrinsics",
    "--heapsnapshot-near-heap-limit",
    "--heapsnapshot-signal",
    "--icu-data-dir",
    "--insecure-http-parser",
    "--jitless",
    "--max-http-header-size",
    "--max-old-space-size",
    "--max-semi-space-size",
    "--network-family-autoselection",
    "--openssl-config",
    "--openssl-legacy-provider",
    "--pending-deprecation",
    "--preserve-symlinks",
    "--preserve-symlinks-main",
    "--stack-trace-limit",
    "--throw-deprecation",
    "--trace-uncaught",
    "--trace-warnings",
    "--unhandled-rejections",
    "--use-openssl-ca",
    "--warnings",
];

/// Whether an option may stand in `NODE_OPTIONS`; Node.js does not start with one there that may not.
pub(super) fn is_in_environment(option: &str) -> bool {
    let name = option.split(['=', ' ']).next().unwrap_or_default().replace('_', "-");
    let positive = name.strip_prefix("--no-").map_or_else(|| name.clone(), |rest| format!("--{rest}"));
    positive.starts_with("--experimental-") || IN_ENVIRONMENT.contains(&positive.as_str())
}

/// The option by which Node.js runs TypeScript as the program `tsx` does.
const TSX: &str = "--import tsx";

/// Words before a program that only make it ready.
const BEFORE: [&str; 6] = ["cross-env", "exec", "npx", "-y", "--yes", "--"];

/// What the last command of a script runs, which those before it make ready.
fn runs(script: &str) -> Option<Runs<'_>> {
    let last = script.rsplit("&&").next().unwrap_or_default();
    let is_before = |word: &&str| word.contains('=') || BEFORE.contains(word);
    let mut words = last.split_whitespace().skip_while(is_before);
    let program = words.next()?;
    let start = match program {
        "node" => with_node(words),
        // It runs its file with Node.js, again after each change, and TypeScript with a program of its own.
        "nodemon" => {
            let file = words.next().filter(|word| !word.starts_with('-') && words.next().is_none());
            let file = file.filter(|file| !file.ends_with("ts"));
            file.map(|file| Start { file, program, options: Vec::new() })
        }
        "tsx" => {
            let file = words.next().filter(|word| !word.starts_with('-') && *word != "watch");
            file.map(|file| Start { file, program, options: vec![TSX.to_owned()] })
        }
        _ => None,
    };
    Some(start.map_or(Runs::Program(program), Runs::File))
}

/// What Node.js runs, by the words after its name.
fn with_node<'s>(mut words: impl Iterator<Item = &'s str>) -> Option<Start<'s>> {
    let mut options = Vec::new();
    while let Some(word) = words.next() {
        if matches!(word, "-e" | "--eval" | "-p" | "--print") {
            return None;
        }
        if !word.starts_with('-') {
            return Some(Start { file: word, program: "node", options });
        }
        let name = word.split('=').next().unwrap_or_default();
        let value = if WITH_VALUE.contains(&word) { words.next() } else { None };
        // It reads a file with settings.
        if DROPPED.contains(&name) || value == Some("dotenv/config") {
            continue;
        }
        options.push(value.map_or_else(|| word.to_owned(), |value| format!("{word} {value}")));
    }
    None
}

/// The file of a program, by its name as Node.js resolves it.
pub(super) fn resolved(survey: &mut Survey, name: &str) -> Option<String> {
    if crate::paths::escapes(name) {
        return None;
    }
    let name = match name.trim_start_matches("./").trim_end_matches('/') {
        "" | "." => "index",
        name => name,
    };
    let files = ["", ".js", ".cjs", "/index.js"].map(|end| format!("{name}{end}"));
    // All of them are asked for at once.
    let there = files.map(|file| survey.has(&file).then_some(file));
    there.into_iter().flatten().next()
}

/// The port that a service listens on, by the text of its program.
pub(super) fn port(text: &str) -> Option<String> {
    let words = ["listen(", "PORT", "port =", "port:"];
    words.into_iter().find_map(|word| {
        text.match_indices(word).find_map(|(at, _)| {
            let (before, after) = (text.get(..at)?, text.get(at + word.len()..)?);
            let continues = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let is_word = word == "listen(" || !before.ends_with(continues) && !after.starts_with(continues);
            let statement = after.split([';', '\n']).next().unwrap_or_default();
            is_word.then(|| number(statement)).flatten()
        })
    })
}

/// The first number that could be a port and is no part of a name.
fn number(text: &str) -> Option<String> {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"_.".contains(c));
    let is_port = |word: &&str| {
        word.chars().all(|c| c.is_ascii_digit()) && word.parse::<u16>().is_ok_and(|port| port >= 80)
    };
    words.find(is_port).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Runs, Start, is_in_environment, port, runs, started};

    fn start(script: &str) -> Option<Start<'_>> {
        match runs(script)? {
            Runs::File(start) => Some(start),
            Runs::Program(_) => None,
        }
    }

    #[test]
    fn a_script_runs_a_file() {
        let file = |script| start(script).map(|start| start.file.to_owned());
        let some = |file: &str| Some(file.to_owned());
        assert_eq!(file("node dist/server.js"), some("dist/server.js"));
        assert_eq!(file("NODE_ENV=production node --enable-source-maps a.js"), some("a.js"));
        assert_eq!(file("cross-env A=b node -r dotenv/config --env-file=.env a.js"), some("a.js"));
        assert_eq!(file("npm run build && node dist/a.js"), some("dist/a.js"));
        assert_eq!(file("nodemon a.js"), some("a.js"));
        assert_eq!(file("npx nodemon a.js"), some("a.js"));
        assert_eq!(file("nodemon src/a.ts"), None);
        assert_eq!(file("nodemon src/a.mts"), None);
        assert_eq!(file("tsx src/a.ts"), some("src/a.ts"));
        assert_eq!(file("tsx watch src/a.ts"), None);
        assert_eq!(file("nodemon --exec ts-node a.ts"), None);
        assert_eq!(file("node ."), some("."));
        assert_eq!(file("nest start"), None);
        assert_eq!(file("node"), None);
        assert_eq!(file("node --eval a.js"), None);
    }

    #[test]
    fn a_script_has_options() {
        let options = |script| start(script).map(|start| start.options.join(" "));
        let some = |options: &str| Some(options.to_owned());
        assert_eq!(options("node a.js --port 1"), some(""));
        assert_eq!(
            options("node --import ./trace.mjs --max-old-space-size=512 a.js"),
            some("--import ./trace.mjs --max-old-space-size=512")
        );
        assert_eq!(
            options("node --env-file .env -r dotenv/config --inspect=0.0.0.0 -r ./a b.js"),
            some("-r ./a")
        );
    }

    #[test]
    fn an_option_may_stand_in_the_environment() {
        for option in
            ["--import ./a", "-r ./a", "--max_old_space_size=460", "--no-warnings", "--experimental-a"]
        {
            assert!(is_in_environment(option), "{option}");
        }
        for option in ["--optimize_for_size", "--stack-size=900", "--harmony", "--expose-gc", "--inspect-brk"]
        {
            assert!(!is_in_environment(option), "{option}");
        }
    }

    #[test]
    fn other_programs_are_started_too() {
        let manifest =
            json!({"scripts": {"start": "npx --yes serve -s dist", "start:prod": "", "build": "node a.js"}});
        let all: Vec<_> = started(&manifest).into_iter().map(|script| (script.name, script.runs)).collect();
        assert_eq!(all, [("start", Runs::Program("serve"))]);
    }

    #[test]
    fn a_program_listens_on_a_port() {
        for (text, expected) in [
            ("app.listen(8081, () => {})", "8081"),
            ("const port = Number(process.env.PORT) || 8081;\napp.listen(port)", "8081"),
            ("const PORT = parseInt(process.env.PORT ?? '4000', 10)", "4000"),
            ("const PORT = parseInt(process.env.PORT, 10) || 4000", "4000"),
            ("const port = 5000\nserver.listen(port)", "5000"),
            (
                "new Redis({ port: process.env.REDIS_PORT || 6379 });\nlet port = process.env['PORT'] || 90;",
                "90",
            ),
            ("fastify.listen({ port: 3003, host: '0.0.0.0' })", "3003"),
        ] {
            assert_eq!(port(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["const support = 2020; transport: 4000", "listen(port)", "DB_PORT=5432", "port: 70000"] {
            assert_eq!(port(text), None, "{text}");
        }
    }
}
