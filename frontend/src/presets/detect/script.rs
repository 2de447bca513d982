//! The script by which package.json has a service started.

/// What a script runs with Node.js.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Start<'s> {
    pub(super) file: &'s str,
    /// Options of Node.js, as `NODE_OPTIONS` has them.
    pub(super) options: Vec<String>,
}

/// Options whose value is the next word.
const WITH_VALUE: [&str; 9] = [
    "-r",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "--env-file",
    "--env-file-if-exists",
    "-C",
    "--conditions",
];

/// Options that are for development, or that an image has nothing for: no file with settings comes into it.
const DROPPED: [&str; 5] = ["--env-file", "--env-file-if-exists", "--watch", "--inspect", "--title"];

/// The options by which Node.js runs TypeScript as the program `tsx` does.
pub(super) const TSX: [&str; 2] = ["--import", "tsx"];

/// What the last command of a script runs, which those before it make ready.
pub(super) fn start(script: &str) -> Option<Start<'_>> {
    let last = script.rsplit("&&").next().unwrap_or_default();
    let is_setting = |word: &&str| word.contains('=') || *word == "cross-env";
    let mut words = last.split_whitespace().skip_while(is_setting);
    match words.next()? {
        "node" => {}
        // It runs its file with Node.js, again after each change.
        "nodemon" => {
            let file = words.next().filter(|word| !word.starts_with('-') && words.next().is_none());
            return file.map(|file| Start { file, options: Vec::new() });
        }
        "tsx" => {
            let file = words.next().filter(|word| !word.starts_with('-') && *word != "watch");
            return file.map(|file| Start { file, options: TSX.map(str::to_owned).to_vec() });
        }
        _ => return None,
    }
    let mut options = Vec::new();
    while let Some(word) = words.next() {
        if matches!(word, "-e" | "--eval" | "-p" | "--print") {
            return None;
        }
        if !word.starts_with('-') {
            return Some(Start { file: word, options });
        }
        let name = word.split('=').next().unwrap_or_default();
        let value = if WITH_VALUE.contains(&word) || word == "--title" { words.next() } else { None };
        // It reads a file with settings.
        if DROPPED.contains(&name) || value == Some("dotenv/config") {
            continue;
        }
        options.push(word.to_owned());
        options.extend(value.map(str::to_owned));
    }
    None
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
    use super::{port, start};

    #[test]
    fn a_script_runs_a_file() {
        let file = |script| start(script).map(|start| start.file.to_owned());
        let some = |file: &str| Some(file.to_owned());
        assert_eq!(file("node dist/server.js"), some("dist/server.js"));
        assert_eq!(file("NODE_ENV=production node --enable-source-maps a.js"), some("a.js"));
        assert_eq!(file("cross-env A=b node -r dotenv/config --env-file=.env a.js"), some("a.js"));
        assert_eq!(file("npm run build && node dist/a.js"), some("dist/a.js"));
        assert_eq!(file("nodemon a.js"), some("a.js"));
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
