//! From text to [`Instruction`].

use spec_schema::decode::text::Text;
use spec_schema::diagnostic::Faults;

use super::file::{self, Body, Dockerfile, HereDocument};
use super::{Check, Command, Flag, InlineFile, Instruction, Run, Transfer};

/// What stands before any instruction.
const FROM: &str = "FROM scratch\n";

/// Reads one instruction such as a trigger holds; the error says what is wrong with it.
pub fn parse(text: &str) -> Result<Instruction, String> {
    let mut faults = Faults::new();
    let file = Dockerfile::parse(&format!("{FROM}{}", joined(text)), &mut faults);
    if let Some(fault) = faults.into_sorted().into_iter().next() {
        return Err(fault.message);
    }
    let mut statements = file.statements.into_iter().skip(1);
    let first = statements.next().ok_or("there is no instruction")?;
    if let Some(fault) = first.broken.first() {
        return Err(fault.message.clone());
    }
    match statements.next() {
        None => instruction(first.body),
        Some(_) => Err("there is more than one instruction".to_owned()),
    }
}

/// The text with lines joined that end with a backslash, but for here-documents: as images hold triggers.
pub fn joined(text: &str) -> String {
    let text = text.trim();
    if text.contains("<<") { text.to_owned() } else { text.replace("\\\r\n", "").replace("\\\n", "") }
}

fn instruction(body: Body) -> Result<Instruction, String> {
    Ok(match body {
        Body::Run(run) => {
            let command = match run.command {
                file::Command::Shell(script) => Command::Shell(script_of(&script.text, &run.documents)),
                list @ file::Command::Exec(..) => command(list),
            };
            Instruction::Run(Run { command, flags: flags(run.flags) })
        }
        Body::Copy(copy) => Instruction::Copy(transfer(copy)),
        Body::Add(add) => Instruction::Add(transfer(add)),
        Body::Env(pairs) => {
            Instruction::Env(pairs.into_iter().map(|(name, value)| (name.value, value.value)).collect())
        }
        Body::Label(pairs) => {
            Instruction::Label(pairs.into_iter().map(|(name, value)| (name.value, value.value)).collect())
        }
        Body::Arg(args) => {
            let args = args.into_iter().map(|(name, default)| (name.value, default.map(|text| text.value)));
            Instruction::Arg(args.collect())
        }
        Body::Workdir(path) => Instruction::Workdir(path.value),
        Body::User(user) => Instruction::User(user.value),
        Body::Expose(ports) => Instruction::Expose(strings(ports)),
        Body::Volume(paths) => Instruction::Volume(strings(paths)),
        Body::Cmd(list) => Instruction::Cmd(command(list)),
        Body::Entrypoint(list) => Instruction::Entrypoint(command(list)),
        Body::Healthcheck(check) => Instruction::Healthcheck(
            check.map(|check| Check { command: command(check.command), flags: flags(check.flags) }),
        ),
        Body::StopSignal(signal) => Instruction::StopSignal(signal.value),
        Body::Shell(words) => Instruction::Shell(strings(words)),
        Body::From(_) => return Err("`FROM` cannot be a trigger".to_owned()),
        Body::Onbuild(_) => return Err("`ONBUILD` cannot be a trigger".to_owned()),
        Body::Maintainer(_) => return Err("`MAINTAINER` cannot be a trigger".to_owned()),
    })
}

fn command(command: file::Command) -> Command {
    match command {
        file::Command::Exec(list, _) => Command::Exec(strings(list)),
        file::Command::Shell(script) => Command::Shell(script.text.value),
    }
}

/// The text that the shell gets.
///
/// A command that is nothing but a here-document is its content, so that shells without here-documents can run it; any other one is
/// left to the shell as it is.
fn script_of(text: &str, documents: &[HereDocument]) -> String {
    match documents.first() {
        Some(document) if file::is_document(text) => document.text(),
        _ => documents
            .iter()
            .fold(text.to_owned(), |text, document| format!("{text}\n{}{}", document.content, document.name)),
    }
}

fn flags(flags: Vec<file::Flag>) -> Vec<Flag> {
    let flag = |flag: file::Flag| Flag { name: flag.name.to_owned(), value: Some(flag.value.value) };
    flags.into_iter().map(flag).collect()
}

fn strings(texts: Vec<Text>) -> Vec<String> {
    texts.into_iter().map(|text| text.value).collect()
}

fn transfer(transfer: file::Transfer) -> Transfer {
    let files = transfer.documents.into_iter().map(|document| InlineFile {
        content: document.text(),
        name: document.name,
        expand: document.expand,
    });
    Transfer {
        sources: strings(transfer.sources),
        files: files.collect(),
        dest: transfer.dest.value,
        flags: flags(transfer.flags),
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
