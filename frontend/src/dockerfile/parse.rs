//! From text to [`Instruction`].

use parse_dockerfile::{self as parser, HealthcheckArguments, JsonOrStringArray, Source};

use super::{Check, Command, Flag, InlineFile, Instruction, Run, Transfer, heredoc, words};

/// What the parser wants to see before any instruction but `FROM` and `ARG`.
const FROM: &str = "FROM scratch\n";

/// Reads one instruction such as a trigger holds; the error says what is wrong with it.
pub fn parse(text: &str) -> Result<Instruction, String> {
    let text = joined(text);
    // A here-document in a command is the shell's affair, and need not begin it.
    let (line, below) = text.split_once('\n').unwrap_or((&text, ""));
    let is_run = line.get(..4).is_some_and(|word| word.trim_end().eq_ignore_ascii_case("run"));
    let (parsed, command) = if is_run && line.contains("<<") {
        (line.replace("<<", "__"), Some((line, below)))
    } else {
        (text.clone(), None)
    };
    let file = format!("{FROM}{parsed}");
    let mut instructions = parser::parse_iter(&file).map_err(|error| reason(&error))?.skip(1);
    let first = instructions.next().ok_or("there is no instruction")?.map_err(|error| reason(&error))?;
    match instructions.next() {
        None => {}
        Some(Ok(_)) => return Err("there is more than one instruction".to_owned()),
        Some(Err(error)) => return Err(reason(&error)),
    }
    convert(first, &text, command)
}

/// The text with lines joined that end with a backslash, but for here-documents: as images hold triggers.
pub fn joined(text: &str) -> String {
    let text = text.trim();
    if text.contains("<<") { text.to_owned() } else { text.replace("\\\r\n", "").replace("\\\n", "") }
}

/// An error of the parser without its place, which is in a text that has no lines.
fn reason(error: &parser::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

fn convert(
    instruction: parser::Instruction<'_>,
    text: &str,
    here_document: Option<(&str, &str)>,
) -> Result<Instruction, String> {
    use parser::Instruction as From;
    Ok(match instruction {
        From::Run(run) => {
            let written = match (&run.arguments, here_document) {
                (parser::Command::Shell(shell), Some((line, below))) => {
                    let first = line.get(shell.span.start - FROM.len()..).unwrap_or_default();
                    Command::Shell(heredoc::command(&format!("{first}\n{below}")))
                }
                (command, _) => self::command(command),
            };
            Instruction::Run(Run { command: written, flags: flags(&run.options) })
        }
        From::Copy(copy) => Instruction::Copy(transfer(&copy.src, &copy.dest.value, &copy.options, text)),
        From::Add(add) => Instruction::Add(transfer(&add.src, &add.dest.value, &add.options, text)),
        From::Env(env) => Instruction::Env(pairs(&env.arguments.value)?),
        From::Label(label) => Instruction::Label(pairs(&label.arguments.value)?),
        From::Arg(arg) => {
            Instruction::Arg(words::split(&arg.arguments.value).iter().map(|word| argument(word)).collect())
        }
        From::Workdir(workdir) => Instruction::Workdir(workdir.arguments.value.into_owned()),
        From::User(user) => Instruction::User(user.arguments.value.into_owned()),
        From::Expose(expose) => Instruction::Expose(strings(&expose.arguments)),
        From::Volume(volume) => Instruction::Volume(match &volume.arguments {
            JsonOrStringArray::Json(list) => strings(&list.value),
            JsonOrStringArray::String(list) => strings(list),
        }),
        From::Cmd(cmd) => Instruction::Cmd(command(&cmd.arguments)),
        From::Entrypoint(entrypoint) => Instruction::Entrypoint(command(&entrypoint.arguments)),
        From::Healthcheck(check) => Instruction::Healthcheck(match &check.arguments {
            HealthcheckArguments::Cmd { arguments, .. } => {
                Some(Check { command: command(arguments), flags: flags(&check.options) })
            }
            _ => None,
        }),
        From::Stopsignal(signal) => Instruction::StopSignal(signal.arguments.value.into_owned()),
        From::Shell(shell) => Instruction::Shell(strings(&shell.arguments)),
        From::From(_) => return Err("`FROM` cannot be a trigger".to_owned()),
        From::Onbuild(_) => return Err("`ONBUILD` cannot be a trigger".to_owned()),
        From::Maintainer(_) => return Err("`MAINTAINER` cannot be a trigger".to_owned()),
        _ => return Err("this instruction is not known".to_owned()),
    })
}

fn command(command: &parser::Command<'_>) -> Command {
    match command {
        parser::Command::Exec(list) => Command::Exec(strings(&list.value)),
        parser::Command::Shell(text) => Command::Shell(text.value.to_owned()),
        _ => Command::Exec(Vec::new()),
    }
}

fn flags(flags: &[parser::Flag<'_>]) -> Vec<Flag> {
    let flag = |flag: &parser::Flag<'_>| Flag {
        name: flag.name.value.clone().into_owned(),
        value: flag.value.as_ref().map(|value| value.value.clone().into_owned()),
    };
    flags.iter().map(flag).collect()
}

fn strings(list: &[parser::UnescapedString<'_>]) -> Vec<String> {
    list.iter().map(|text| text.value.clone().into_owned()).collect()
}

fn transfer(from: &[Source<'_>], dest: &str, options: &[parser::Flag<'_>], text: &str) -> Transfer {
    let mut names = heredoc::names(text.lines().next().unwrap_or_default()).into_iter();
    let (mut sources, mut files) = (Vec::new(), Vec::new());
    for source in from {
        match source {
            Source::Path(path) => sources.push(path.value.clone().into_owned()),
            Source::HereDoc(document) => files.push(InlineFile {
                name: names.next().unwrap_or_default(),
                content: document.value.clone().into_owned(),
                expand: document.expand,
            }),
            // The two that there are.
            _ => {}
        }
    }
    Transfer { sources, files, dest: dest.to_owned(), flags: flags(options) }
}

/// `NAME=VALUE …`, or the old form `NAME VALUE`.
fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let words = words::split(text);
    if words.first().is_some_and(|word| !word.contains('=')) {
        let (name, value) = text.split_once(char::is_whitespace).ok_or("a value is missing")?;
        return Ok(vec![(name.to_owned(), value.trim().to_owned())]);
    }
    let pair = |word: &String| {
        let (name, value) = word.split_once('=').ok_or_else(|| format!("`{word}` has no `=`"))?;
        Ok((name.to_owned(), value.to_owned()))
    };
    words.iter().map(pair).collect()
}

fn argument(word: &str) -> (String, Option<String>) {
    match word.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (word.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn reads_commands() {
        let Ok(Instruction::Run(run)) = parse("RUN --network=none --mount=type=cache,target=/c make  all")
        else {
            panic!()
        };
        assert_eq!(run.command, Command::Shell("make  all".to_owned()));
        assert_eq!(run.flags[1].value.as_deref(), Some("type=cache,target=/c"));
        let exec = parse(r#"run ["a", "b c"]"#).unwrap();
        assert_eq!(
            exec,
            Instruction::Run(Run { command: Command::Exec(strings(&["a", "b c"])), flags: Vec::new() })
        );
        let shell = |text: &str| match parse(text) {
            Ok(Instruction::Run(Run { command: Command::Shell(text), .. })) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(shell("RUN --security=insecure <<EOF\na\nEOF"), "a\n");
        assert_eq!(shell("RUN cat <<EOF > b\na\nEOF"), "cat <<EOF > b\na\nEOF");
        assert_eq!(shell("RUN a \\\n && b"), "a  && b");
    }

    #[test]
    fn reads_copies() {
        let Ok(Instruction::Copy(copy)) = parse("COPY --from=x --chown=1:2 a \"b\" /c/") else { panic!() };
        assert_eq!((copy.sources, copy.dest.as_str()), (strings(&["a", "\"b\""]), "/c/"));
        let Ok(Instruction::Copy(copy)) = parse("COPY <<a.txt <<-'b' /c/\none $A\na.txt\n\ttwo\n\tb") else {
            panic!()
        };
        let file = |name: &str, content: &str, expand| InlineFile {
            name: name.to_owned(),
            content: content.to_owned(),
            expand,
        };
        assert_eq!(copy.files, [file("a.txt", "one $A\n", true), file("b", "two\n", false)]);
        assert!(parse("ADD a b").unwrap().reads_context());
        assert!(!parse("COPY --from=x a b").unwrap().reads_context());
        assert!(parse("RUN --mount=target=/x a").unwrap().reads_context());
        assert_eq!(parse("RUN --mount=type=bind,from=x,target=/x a").unwrap().sources(), ["x"]);
    }

    #[test]
    fn reads_names_and_values() {
        let pairs = |list: &[(&str, &str)]| {
            list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(
            parse("ENV A=1 B=\"x y\"").unwrap(),
            Instruction::Env(pairs(&[("A", "1"), ("B", "\"x y\"")]))
        );
        assert_eq!(parse("ENV A x y").unwrap(), Instruction::Env(pairs(&[("A", "x y")])));
        assert_eq!(parse("LABEL \"a b\"=c").unwrap(), Instruction::Label(pairs(&[("\"a b\"", "c")])));
        let args = vec![("A".to_owned(), None), ("B".to_owned(), Some("1".to_owned()))];
        assert_eq!(parse("ARG A B=1").unwrap(), Instruction::Arg(args));
        assert_eq!(parse("VOLUME /a /b").unwrap(), Instruction::Volume(strings(&["/a", "/b"])));
        assert_eq!(parse("VOLUME [\"/a\"]").unwrap(), Instruction::Volume(strings(&["/a"])));
        assert_eq!(parse("SHELL [\"sh\", \"-c\"]").unwrap(), Instruction::Shell(strings(&["sh", "-c"])));
        assert_eq!(parse("HEALTHCHECK NONE").unwrap(), Instruction::Healthcheck(None));
    }

    #[test]
    fn refuses_what_is_no_trigger() {
        for text in [
            "",
            "FROM a",
            "ONBUILD RUN a",
            "MAINTAINER a",
            "RUN a\nRUN b",
            "RNU a",
            "COPY a",
            "ENV A",
            "ENV A=1 B",
        ] {
            assert!(parse(text).is_err(), "{text}: {:?}", parse(text));
        }
    }
}
