//! `COPY` and `ADD`.

use spec_schema::decode::text::Text;
use spec_schema::node::Node;
use spec_schema::span::Span;

use super::mount::octal;
use super::part::Step;
use super::pieces::Quotes;
use super::stage::Walk;
use super::tree::{self, Entries};
use crate::dockerfile::file::{Flag, HereDocument, Transfer, flag, switch};
use crate::dockerfile::values::is_mode;
use crate::paths;

impl Walk<'_, '_> {
    pub(super) fn copy(&mut self, copy: &Transfer, span: Span) {
        for source in copy.sources.iter().filter(|source| is_remote(source)) {
            let help = "`ADD` takes what is elsewhere";
            self.fault(
                source.span,
                format!("`COPY` takes files, and `{}` is an address", source.value),
                help,
            );
        }
        if let Some(from) = flag(&copy.flags, "from") {
            self.check_source(from);
        }
        if !copy.sources.is_empty() {
            self.copy_step(copy, span);
        }
        self.documents(copy, span);
    }

    pub(super) fn add(&mut self, add: &Transfer, span: Span) {
        let sources: Vec<&str> = add.sources.iter().map(|source| source.as_str()).collect();
        self.check_checksum(add);
        let local = sources.iter().all(|source| !is_remote(source));
        let archives = sources.iter().any(|source| may_be_archive(source));
        let linked = switch(&add.flags, "link") == Some(true);
        let wants_copy = linked || flag(&add.flags, "exclude").is_some();
        let unpacks = switch(&add.flags, "unpack");
        if sources.is_empty() {
        } else if local && unpacks != Some(true) && (!archives || wants_copy || unpacks == Some(false)) {
            if sources.iter().any(|source| is_archive(source)) && unpacks != Some(false) {
                self.note(
                    span,
                    "an archive among these files is not unpacked: `add` has neither `link` nor `exclude`",
                );
            }
            self.copy_step(add, span);
        } else {
            self.add_step(add, wants_copy, span);
        }
        self.documents(add, span);
    }

    /// Several files go to a directory; to what may be a file they go one after the other, as they do here.
    fn copy_step(&mut self, copy: &Transfer, span: Span) {
        let directory = copy.sources.len() < 2 || self.names_directory(&copy.dest);
        if directory {
            return self.copy_these(copy, span);
        }
        for source in &copy.sources {
            self.copy_these(&Transfer { sources: vec![source.clone()], ..copy.clone() }, span);
        }
    }

    fn copy_these(&mut self, copy: &Transfer, span: Span) {
        let mut step = Step { span, ..Step::default() };
        let is_context = flag(&copy.flags, "from").is_none();
        let parents = switch(&copy.flags, "parents") == Some(true);
        let sources = copy.sources.iter().map(|source| {
            let text = self.word(source);
            let leads_out =
                is_context && !parents && !text.contains('$') && text.split('/').any(|part| part == "..");
            // What leads out of the context begins at its root again.
            let text = if leads_out { paths::absolute("/", &text) } else { text };
            tree::text(path(text), source.span)
        });
        let sources = sources.collect();
        let sources = tree::one_or_many(sources, span);
        let entries = &mut step.entries;
        entries.add_some("copy", sources);
        if let Some(from) = flag(&copy.flags, "from") {
            entries.add("from", tree::text(self.around.named.source(from), from.span));
        }
        let to = self.destination(&copy.dest);
        entries.add_some("to", to);
        self.owner(&copy.flags, entries);
        let excludes =
            copy.flags.iter().filter(|flag| flag.name == "exclude").map(|flag| self.text_of(&flag.value));
        let excludes = excludes.collect();
        entries.add_some("exclude", tree::one_or_many(excludes, span));
        for name in ["parents", "link"] {
            if let (Some(true), Some(value)) = (switch(&copy.flags, name), flag(&copy.flags, name)) {
                entries.add(name, tree::word("true", value.span));
            }
        }
        self.push(step);
    }

    fn add_step(&mut self, add: &Transfer, wants_copy: bool, span: Span) {
        if wants_copy {
            self.note(span, "`add` has neither `link` nor `exclude`: this is done without");
        }
        let mut step = Step { span, ..Step::default() };
        let sources = self.sources(add, span);
        step.entries.add_some("add", sources);
        let to = self.destination(&add.dest);
        step.entries.add_some("to", to);
        if let Some(checksum) = flag(&add.flags, "checksum") {
            let node = self.text_of(checksum);
            step.entries.add("checksum", node);
        }
        for (name, key) in [("unpack", "unpack"), ("keep-git-dir", "keep_git_dir")] {
            if let Some(value) = flag(&add.flags, name) {
                step.entries.add(key, tree::word(value.value.clone(), value.span));
            }
        }
        self.owner(&add.flags, &mut step.entries);
        self.push(step);
    }

    fn text_of(&mut self, word: &Text) -> Node {
        tree::text(self.word(word), word.span)
    }

    fn sources(&mut self, transfer: &Transfer, span: Span) -> Option<Node> {
        let sources =
            transfer.sources.iter().map(|source| tree::text(path(self.word(source)), source.span)).collect();
        tree::one_or_many(sources, span)
    }

    /// Where files go; nothing for the working directory itself.
    fn destination(&mut self, dest: &Text) -> Option<Node> {
        let written = self.word(dest);
        let written =
            if written.ends_with("/.") { written.trim_end_matches('.').to_owned() } else { written };
        let path = self.path_here(written);
        let here = matches!(path.as_str(), "." | "./");
        self.part.uses(&path);
        (!here).then(|| tree::text(path, dest.span))
    }

    fn owner(&mut self, flags: &[Flag], entries: &mut Entries) {
        if let Some(chown) = flag(flags, "chown") {
            let node = self.text_of(chown);
            entries.add("chown", node);
        }
        if let Some(chmod) = flag(flags, "chmod") {
            entries.add_some("chmod", self.mode(chmod));
        }
    }

    /// Permissions, which have no variables in a spec.
    fn mode(&mut self, chmod: &Text) -> Option<Node> {
        let pieces = self.pieces(chmod, Quotes::Removed);
        match self.names.evaluate(&pieces) {
            Some(value) if value.is_empty() => None,
            Some(value) if !is_mode(&value) => {
                let help = "write octal digits up to `7777`, or what `chmod` knows, such as `u+x`";
                self.fault(chmod.span, format!("`{value}` is not a value of `--chmod`"), help);
                None
            }
            Some(value) => {
                if chmod.contains('$') {
                    let text = format!(
                        "`chmod` has no variables in a spec: `{}` is `{value}` unless args are given",
                        chmod.value
                    );
                    self.note(chmod.span, text);
                }
                Some(tree::word(octal(&value), chmod.span))
            }
            None => {
                self.note(chmod.span, format!("`--chmod={}` is no mode that a spec knows", chmod.value));
                None
            }
        }
    }

    /// A checksum is that of one thing that is elsewhere.
    fn check_checksum(&mut self, add: &Transfer) {
        let Some(checksum) = flag(&add.flags, "checksum") else { return };
        match add.sources.as_slice() {
            [source] if is_remote(source) || source.contains('$') => {}
            [_] => {
                let help = "take `--checksum` out: the build context is what you have";
                self.fault(checksum.span, "a file of the build context has no checksum", help);
            }
            _ => {
                let help = "give each source an `ADD` of its own";
                self.fault(checksum.span, "a checksum is that of one source", help);
            }
        }
    }

    /// Whether a destination is written as a directory, or known to be one.
    fn names_directory(&mut self, dest: &Text) -> bool {
        let written = self.word(dest);
        let path = self.path_here(written);
        path.ends_with('/') || matches!(path.as_str(), "." | "..") || path.ends_with("/.")
    }

    /// Files that stand in the instruction.
    fn documents(&mut self, transfer: &Transfer, span: Span) {
        for document in &transfer.documents {
            let mut step = Step { span, ..Step::default() };
            let mut entries = Entries::default();
            let path = self.path_of(document, transfer);
            self.part.uses(&path);
            entries.add("path", tree::text(path, transfer.dest.span));
            let text = document.text();
            let content = if document.expand {
                let pieces = self.pieces(&Text::new(text, span), Quotes::Kept);
                self.rendered(&pieces, span)
            } else {
                text.replace('$', "$$")
            };
            entries.add("content", tree::text(content, span));
            self.owner(&transfer.flags, &mut entries);
            step.entries.add("write", entries.mapping(span));
            self.push(step);
        }
    }

    /// A file goes into a directory under its own name.
    fn path_of(&mut self, document: &HereDocument, transfer: &Transfer) -> String {
        let written = self.word(&transfer.dest);
        let path = self.path_here(written);
        let bare = path.trim_end_matches('/');
        let is_directory = path.ends_with('/')
            || matches!(path.as_str(), "." | "..")
            || path.ends_with("/.")
            || bare == self.directory.path.trim_end_matches('/')
            || COMMON.contains(&bare);
        match (is_directory, bare.trim_end_matches("/.")) {
            (false, _) => path,
            (true, ".") => document.name.clone(),
            (true, bare) => format!("{bare}/{}", document.name),
        }
    }
}

/// Directories that images have.
const COMMON: [&str; 16] = [
    "",
    "/bin",
    "/etc",
    "/home",
    "/lib",
    "/mnt",
    "/opt",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/local/bin",
    "/var",
];

fn is_remote(source: &str) -> bool {
    ["http://", "https://", "git://", "ssh://", "git@"].iter().any(|scheme| source.starts_with(scheme))
}

/// A path, so that it is not taken for an option: a Dockerfile has none behind its first path.
fn path(text: String) -> String {
    if text.starts_with("--") { format!("./{text}") } else { text }
}

/// Whether a path of the build context may be that of an archive, as far as its name tells.
fn may_be_archive(source: &str) -> bool {
    let name = source.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let is_directory = source.ends_with('/') || matches!(name, "." | ".." | "");
    !is_directory
}

/// Whether the name of a file says that it is an archive.
fn is_archive(source: &str) -> bool {
    let name = source.to_ascii_lowercase();
    [".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst"]
        .iter()
        .any(|end| name.ends_with(end))
}
