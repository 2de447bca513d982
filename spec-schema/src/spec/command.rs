//! Commands: a text for a shell, or a list that is run as it is.

use crate::decode::text::{Template, Text};
use crate::decode::{Decode, List, dockerfile_script, scalar, wrong_kind};
use crate::diagnostic::{Diagnostic, Faults};
use crate::encode::{Encode, items};
use crate::node::{Node, Value};
use crate::span::Span;

/// What a `run` step runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A script for the stage's shell, which also expands its variables.
    Script(Text),
    /// A program and its arguments, run without a shell.
    Exec(Vec<Template>, Span),
}

impl Decode for Command {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        match &node.value {
            Value::Sequence(_) => {
                let arguments = exec(node, faults)?;
                several(&arguments, faults)?;
                Some(Self::Exec(arguments, node.span))
            }
            _ => {
                let text = &scalar(node, "a script or a list of arguments", faults)?.text;
                if let Some((message, help)) = dockerfile_script(text) {
                    faults.push(Diagnostic::new(node.span, message).help(help));
                    return None;
                }
                Some(Self::Script(Text::new(text.clone(), node.span)))
            }
        }
    }
}

impl Encode for Command {
    fn encode(&self) -> Node {
        match self {
            Self::Script(script) => script.encode(),
            Self::Exec(arguments, _) => items(arguments),
        }
    }
}

/// An image's `entrypoint` or `cmd`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShellOrExec {
    /// A text that the image's shell runs when the container starts; the shell expands its variables.
    Shell(Text),
    /// A program and its arguments.
    Exec(Vec<Template>, Span),
}

impl Decode for ShellOrExec {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        match &node.value {
            // Unlike a command that runs, it may be empty: `cmd: []` drops the one inherited.
            Value::Sequence(_) => List::decode(node, faults).map(|list| Self::Exec(list.0, node.span)),
            _ => {
                let text = &scalar(node, "a command or a list of arguments", faults)?.text;
                Some(Self::Shell(Text::new(text.clone(), node.span)))
            }
        }
    }
}

impl Encode for ShellOrExec {
    fn encode(&self) -> Node {
        match self {
            Self::Shell(text) => text.encode(),
            Self::Exec(arguments, _) => items(arguments),
        }
    }
}

/// A list of commands, which elsewhere is a script, is none of arguments: no program on `PATH` has a blank in its name.
fn several(arguments: &[Template], faults: &mut Faults) -> Option<()> {
    let Some(program) = arguments.first() else { return Some(()) };
    if program.raw.contains(['/', '$']) || !program.raw.contains(char::is_whitespace) {
        return Some(());
    }
    let message = format!("`{}` is no program: a list is one command, word by word", program.raw);
    faults.push(
        Diagnostic::new(program.span, message)
            .help("write a text, or for several commands `run: |` and below it a line for each"),
    );
    None
}

/// A list of arguments with at least a program in it.
pub(crate) fn exec(node: &Node, faults: &mut Faults) -> Option<Vec<Template>> {
    let arguments = List::<Template>::decode(node, faults)?.0;
    if matches!(&node.value, Value::Sequence(items) if items.is_empty()) {
        wrong_kind(node, "a program and its arguments", faults);
        return None;
    }
    Some(arguments)
}
