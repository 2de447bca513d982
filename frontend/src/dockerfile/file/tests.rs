//! Shapes of Dockerfiles, each with what it says: the same as `BuildKit`'s parser makes of them.

use spec_schema::diagnostic::Faults;

use super::{Body, Command, Dockerfile};

fn words(command: &Command) -> Vec<String> {
    match command {
        Command::Shell(script) => vec![script.text.value.clone()],
        Command::Exec(list, _) => {
            ["exec".to_owned()].into_iter().chain(list.iter().map(|it| it.value.clone())).collect()
        }
    }
}

fn said(body: &Body) -> Vec<String> {
    let texts: Vec<&str> = match body {
        Body::From(from) => [&from.base].into_iter().chain(&from.name).map(|it| it.as_str()).collect(),
        Body::Arg(args) => args
            .iter()
            .flat_map(|(name, default)| [name].into_iter().chain(default))
            .map(|it| it.as_str())
            .collect(),
        Body::Env(pairs) | Body::Label(pairs) => {
            pairs.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect()
        }
        Body::Copy(copy) | Body::Add(copy) => {
            let documents = copy
                .documents
                .iter()
                .flat_map(|document| [document.name.as_str(), document.content.as_str()]);
            copy.sources.iter().map(|it| it.as_str()).chain(documents).chain([copy.dest.as_str()]).collect()
        }
        Body::Expose(list) | Body::Volume(list) | Body::Shell(list) => {
            list.iter().map(|it| it.as_str()).collect()
        }
        Body::Workdir(text) | Body::User(text) | Body::StopSignal(text) | Body::Maintainer(text) => {
            vec![text]
        }
        Body::Onbuild(trigger) => vec![&trigger.text],
        Body::Run(run) => {
            let documents =
                run.documents.iter().flat_map(|document| [document.name.clone(), document.content.clone()]);
            return words(&run.command).into_iter().chain(documents).collect();
        }
        Body::Cmd(command) | Body::Entrypoint(command) => return words(command),
        Body::Healthcheck(None) => vec!["NONE"],
        Body::Healthcheck(Some(check)) => return words(&check.command),
    };
    texts.into_iter().map(str::to_owned).collect()
}

/// What each instruction says, behind a `FROM`.
fn read(text: &str) -> Vec<Vec<String>> {
    let mut faults = Faults::new();
    let file = Dockerfile::parse(text, &mut faults);
    assert!(faults.is_empty(), "{text}\n{:?}", faults.into_sorted());
    file.statements.iter().skip(1).map(|statement| said(&statement.body)).collect()
}

#[track_caller]
fn assert_read(text: &str, expected: &[&[&str]]) {
    let read = read(&format!("FROM a\n{text}"));
    let expected: Vec<Vec<String>> =
        expected.iter().map(|words| words.iter().map(|it| (*it).to_owned()).collect()).collect();
    assert_eq!(read, expected, "{text}");
}

#[test]
fn lines_go_on() {
    assert_read("RUN a \\\n  b \\  \n\n  # c\n\t# d \\\n  e\nRUN f", &[&["a   b   e"], &["f"]]);
    assert_read("RUN a \\\n", &[&["a"]]);
    assert_read("RUN a \\", &[&["a"]]);
    assert_read("RUN a \\\n# b\n", &[&["a"]]);
    assert_read("RUN a \\\\\nRUN b", &[&["a \\\\"], &["b"]]);
    assert_read("RU\\\nN a", &[&["a"]]);
    assert_read("  RUN a # b \\\n c", &[&["a # b  c"]]);
    assert_read("# a \\\nRUN b", &[&["b"]]);
}

#[test]
fn bytes_around_lines_do_not_matter() {
    assert_read(
        "RUN a \\\r\n  b\r\nRUN <<E\r\nc\r\nE\r\nENV d=e\r",
        &[&["a   b"], &["<<E", "E", "c\r\n"], &["d", "e"]],
    );
    assert_eq!(read("\u{feff}# escape=`\nFROM a\nRUN b `\n c\nCOPY d e\\"), [vec!["b  c"], vec!["d", "e\\"]]);
    assert_eq!(read("#!/bin/x\n# escape=`\nFROM a\nRUN b \\\n c"), [vec!["b  c"]]);
    assert_eq!(read("\n# escape=`\nFROM a\nRUN b \\\n c"), [vec!["b  c"]]);
    assert_eq!(read("#  EscapE = `  \nFROM a\nRUN b `\n c"), [vec!["b  c"]]);
}

#[test]
fn lists_are_json_or_text() {
    assert_read(r#"CMD [ "a" , "b c\"\u0041" ]"#, &[&["exec", "a", "b c\"A"]]);
    assert_read("CMD []\nCMD\nENTRYPOINT", &[&["exec"], &[""], &[""]]);
    assert_read(
        "CMD ['a']\nCMD [\"a\"\nCMD [\"a\", ]\nRUN [ -f a ]",
        &[&["['a']"], &["[\"a\""], &["[\"a\", ]"], &["[ -f a ]"]],
    );
    assert_read("CMD \"[\\\"a\\\"]\"", &[&["\"[\\\"a\\\"]\""]]);
    assert_read(
        "COPY [\"a b\", \"c\"]\nCOPY [a] b\nVOLUME [\"/a\", \"/b\"]\nVOLUME /a /b",
        &[&["a b", "c"], &["[a]", "b"], &["/a", "/b"], &["/a", "/b"]],
    );
    assert_read(
        "HEALTHCHECK --interval=1s --retries=3 CMD [\"a\"]\nHEALTHCHECK cmd a  b\nhealthcheck none",
        &[&["exec", "a"], &["a  b"], &["NONE"]],
    );
}

#[test]
fn values_keep_their_quotes() {
    assert_read(
        "ENV a b  c\nENV a = b\nENV a=\"b c\" d='e \\\nf' g=h\\ i",
        &[&["a", "b  c"], &["a", "= b"], &["a", "\"b c\"", "d", "'e f'", "g", "h\\ i"]],
    );
    assert_read("LABEL \"a b\"=c 'd'=e\nENV a= b=", &[&["\"a b\"", "c", "'d'", "e"], &["a", "", "b", ""]]);
    assert_read("ARG a b=c d='e f'", &[&["a", "b", "c", "d", "'e f'"]]);
}

#[test]
fn here_documents_stand_below() {
    assert_read(
        "RUN <<-A cat 3<<'B'\n\ta\n\tA\n$b\nB\nRUN c",
        &[&["<<-A cat 3<<'B'", "A", "\ta\n", "B", "$b\n"], &["c"]],
    );
    assert_read("COPY <<a <<\"b\" /c/\n1 \\\n# 2\na\n\nb", &[&["a", "1 \\\n# 2\n", "b", "\n", "/c/"]]);
    assert_read(
        "RUN echo \"<<A\" $((1<<2)) <<<x\nENV a <<A",
        &[&["echo \"<<A\" $((1<<2)) <<<x"], &["a", "<<A"]],
    );
}
