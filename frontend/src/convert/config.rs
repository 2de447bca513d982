//! Instructions that describe the image.

use spec_schema::decode::Duration;
use spec_schema::decode::text::Text;
use spec_schema::node::Node;
use spec_schema::span::Span;

use super::pieces::{Piece, Quotes, literal};
use super::stage::{Walk, default_shell};
use super::tree::{self, Entries};
use crate::dockerfile::file::{Body, Check, Command, Onbuild};
use crate::plan::{PORTS, ports};
use crate::signals;

/// The label that says who made an image.
const AUTHORS: &str = "org.opencontainers.image.authors";

impl Walk<'_, '_> {
    pub(super) fn describe(&mut self, body: &Body, span: Span) {
        match body {
            Body::Label(pairs) => {
                for (name, value) in pairs {
                    let key = self.pieces(name, Quotes::Removed);
                    let name = Text::new(self.name_of(&key, name), name.span);
                    let node = tree::text(self.word(value), value.span);
                    self.put("labels", Some(name), node);
                }
            }
            Body::Expose(ports) => ports.iter().for_each(|port| self.expose(port)),
            Body::Volume(paths) => {
                for path in paths.iter().filter(|path| !path.starts_with(['/', '$', '"', '\''])) {
                    let text = format!(
                        "the volume `{}` starts at the working directory here, and at the root in a Dockerfile's image",
                        path.value
                    );
                    self.note(path.span, text);
                }
                self.each("volumes", paths);
            }
            Body::Cmd(command) => {
                let node = self.command(command);
                self.put("cmd", None, node);
            }
            Body::Entrypoint(command) => {
                let node = self.command(command);
                self.put("entrypoint", None, node);
            }
            Body::Healthcheck(check) => {
                let node = match check {
                    None => tree::text("none", span),
                    Some(check) => self.check(check, span),
                };
                self.put("healthcheck", None, node);
            }
            Body::StopSignal(signal) => {
                let pieces = self.pieces(signal, Quotes::Removed);
                if let Some(value) =
                    self.names.evaluate(&pieces).filter(|value| signals::number(value).is_none())
                {
                    self.fault(signal.span, format!("`{value}` is not a signal"), signals::HELP);
                }
                let node = tree::text(self.word(signal), signal.span);
                self.put("stop_signal", None, node);
            }
            Body::Onbuild(Onbuild { text, broken: None }) => {
                self.put("onbuild", None, tree::text(text.value.clone(), text.span));
            }
            Body::Onbuild(Onbuild { text, broken: Some(why) }) => {
                let what =
                    format!("left out: `ONBUILD {}`, which no build can run: {}", text.value, why.message);
                self.note(text.span, what);
            }
            Body::Maintainer(name) => self.maintainer(name),
            _ => {}
        }
    }

    fn each(&mut self, key: &'static str, words: &[Text]) {
        for word in words {
            let node = tree::text(self.word(word), word.span);
            self.put(key, None, node);
        }
    }

    /// A port, or what a variable stands for; of what it is on the host an image knows nothing.
    fn expose(&mut self, written: &Text) {
        let pieces = self.pieces(written, Quotes::Removed);
        let host = pieces.iter().rposition(|piece| matches!(piece, Piece::Text(text) if text.contains(':')));
        let mut port = pieces.get(host.unwrap_or_default()..).unwrap_or_default().to_vec();
        if let (Some(_), Some(Piece::Text(first))) = (host, port.first_mut()) {
            *first = first.rsplit(':').next().unwrap_or_default().to_owned();
            self.note(written.span, format!("of `{}`, an image has the last port alone", written.value));
        }
        match literal(&port).as_deref() {
            Some("") if host.is_none() => return,
            Some("0" | "0/tcp" | "0/udp") => {
                return self.note(written.span, format!("left out: `{}`, which is no port", written.value));
            }
            Some(text) => {
                if let Err(why) = ports(text) {
                    return self.fault(written.span, why, PORTS);
                }
            }
            None => {}
        }
        let node = tree::text(self.rendered(&port, written.span), written.span);
        self.put("expose", None, node);
    }

    fn command(&mut self, command: &Command) -> Node {
        match command {
            // A shell that is asked for nothing.
            Command::Shell(script) if script.text.is_empty() => {
                let shell = self.shell.clone().unwrap_or_else(default_shell);
                tree::literals(shell.iter().chain([&script.text]), script.text.span)
            }
            Command::Exec(list, span) => tree::literals(list, *span),
            Command::Shell(script) => match self.passing_shell() {
                None => tree::text(script.text.value.clone(), script.text.span),
                Some(shell) => tree::literals(shell.iter().chain([&script.text]), script.text.span),
            },
        }
    }

    fn check(&mut self, check: &Check, span: Span) -> Node {
        let test = match &check.command {
            Command::Shell(script) => tree::text(script.text.value.clone(), script.text.span),
            Command::Exec(list, place) => {
                let first = Text::new("CMD".to_owned(), *place);
                tree::literals(std::iter::once(&first).chain(list), *place)
            }
        };
        let mut entries = Entries::default();
        entries.add("test", test);
        for (name, key) in [
            ("interval", "interval"),
            ("timeout", "timeout"),
            ("start-period", "start_period"),
            ("start-interval", "start_interval"),
        ] {
            let Some(time) = crate::dockerfile::file::flag(&check.flags, name) else { continue };
            match Duration::parse(time) {
                // Nothing is what it is without.
                Some(Duration(0)) => {}
                Some(_) => entries.add(key, tree::word(time.value.clone(), time.span)),
                None => self.note(time.span, format!("`--{name}={}` is no time", time.value)),
            }
        }
        if let Some(retries) = crate::dockerfile::file::flag(&check.flags, "retries") {
            match retries.parse::<u32>() {
                Ok(0) => {}
                Ok(_) => entries.add("retries", tree::word(retries.value.clone(), retries.span)),
                Err(_) => self.note(retries.span, format!("`--retries={}` is no number", retries.value)),
            }
        }
        entries.mapping(span)
    }

    fn maintainer(&mut self, name: &Text) {
        self.note(name.span, "a spec has no `MAINTAINER`: this label says the same");
        let node = tree::text(name.replace('$', "$$"), name.span);
        self.put("labels", Some(Text::new(AUTHORS.to_owned(), name.span)), node);
    }
}
