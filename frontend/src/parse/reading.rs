//! The files of a spec, read level by level and merged into one tree: the file that the client names, and those that it
//! includes. Pure: whoever drives a [`Reading`] brings the bytes.

use spec_schema::Spec;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::merge::merge;
use spec_schema::node::{Node, Value};
use spec_schema::span::{FileId, Span};

use super::include::{self, Include};
use super::yaml::Size;
use super::{LARGE, MAX_SPEC_BYTES, decode, text_of, too_large, tree};
use crate::paths;
use crate::source::{SpecFile, SpecFiles};

/// The most files that may be included.
const MAX_INCLUDES: usize = 50;

/// How deep files may include others: the files of each level are asked for when those of the one above are there.
const MAX_DEPTH: usize = 8;

/// What is found at the path of an included file.
#[derive(Debug)]
pub enum Found {
    /// These bytes.
    Bytes(Vec<u8>),
    /// No file; what to do about it, where something can be said.
    Nothing(Option<String>),
    /// More bytes than a spec may have.
    TooLarge,
    /// A directory, say.
    NoFile,
}

/// A spec in reading.
#[derive(Debug)]
pub struct Reading {
    files: SpecFiles,
    /// What each file holds, in the order of `files`.
    parts: Vec<Part>,
    /// Files to be read next.
    wanted: Vec<Include>,
    depth: usize,
    /// Bytes of all files.
    bytes: usize,
    /// What the aliases of all files add up to.
    size: Size,
    /// Whether everything that is named could be read: what was not may name what the rest uses.
    complete: bool,
    faults: Faults,
}

/// What one file holds.
#[derive(Debug)]
struct Part {
    path: String,
    tree: Option<Node>,
    includes: Vec<Include>,
}

impl Reading {
    /// Begins with the file that the client names.
    pub fn of(name: &str, bytes: Vec<u8>) -> Self {
        let mut reading = Self {
            files: SpecFiles::default(),
            parts: Vec::new(),
            wanted: Vec::new(),
            depth: 0,
            bytes: 0,
            size: Size::default(),
            complete: true,
            faults: Faults::new(),
        };
        reading.read(name, bytes);
        reading.want();
        reading
    }

    /// The paths of the files to read next; none when all is read.
    pub fn wanted(&self) -> Vec<String> {
        self.wanted.iter().map(|include| include.path.clone()).collect()
    }

    /// Takes what was found at each of the [`wanted`](Self::wanted) paths, in their order.
    pub fn take(&mut self, found: Vec<Found>) {
        self.depth += 1;
        for (include, found) in std::mem::take(&mut self.wanted).into_iter().zip(found) {
            let Include { path, span } = include;
            match found {
                Found::Bytes(bytes) if self.bytes + bytes.len() <= MAX_SPEC_BYTES => self.read(&path, bytes),
                Found::Bytes(_) => {
                    let most = MAX_SPEC_BYTES >> 20;
                    let message = format!("with `{path}`, the files of this spec have more than {most} MiB");
                    self.miss(&path, Diagnostic::new(span, message).help(LARGE));
                }
                Found::Nothing(help) => {
                    let fault = Diagnostic::new(span, format!("there is no file `{path}`"));
                    self.miss(&path, fault.help_opt(help));
                }
                Found::TooLarge => self.miss(&path, too_large(span, &format!("`{path}`"))),
                Found::NoFile => self.miss(&path, Diagnostic::new(span, format!("`{path}` is not a file"))),
            }
        }
        self.want();
    }

    /// The spec of all files; none where a fault leaves nothing to go on with.
    pub fn finish(mut self) -> (SpecFiles, Option<Spec>, Faults) {
        let order = self.order();
        let mut merged: Option<Node> = None;
        for id in order {
            let Some(tree) = self.parts.get_mut(id).and_then(|part| part.tree.take()) else { continue };
            merged = Some(match merged {
                None => tree,
                Some(earlier) => merge(earlier, tree, &mut self.faults),
            });
        }
        let spec = match merged {
            Some(merged) if self.complete => decode(&merged, &mut self.faults),
            _ => None,
        };
        (self.files, spec, self.faults)
    }

    /// Reads one file and sees what it includes.
    fn read(&mut self, name: &str, bytes: Vec<u8>) {
        let id = self.next_id();
        self.bytes += bytes.len();
        let known = self.faults.len();
        let file = text_of(name, id, bytes, &mut self.faults);
        let mut root = None;
        if self.faults.len() == known {
            root = tree(&file, id, &mut self.size, &mut self.faults);
        }
        if id.0 > 0 {
            root = root.filter(|root| self.is_part(root));
        }
        self.complete &= root.is_some();
        let path = paths::absolute_file("/", name).trim_start_matches('/').to_owned();
        let known = self.faults.len();
        let includes =
            root.as_mut().map(|root| include::take(root, &path, &mut self.faults)).unwrap_or_default();
        self.complete &= self.faults.len() == known;
        self.files.add(file);
        self.parts.push(Part { path, tree: root, includes });
    }

    fn next_id(&self) -> FileId {
        FileId(u16::try_from(self.parts.len()).unwrap_or(u16::MAX))
    }

    /// The whole of a spec is checked when it is decoded; what is merged into it must be a mapping before.
    fn is_part(&mut self, root: &Node) -> bool {
        let is_mapping = matches!(root.value, Value::Mapping(_));
        if !is_mapping {
            let message = format!("an included spec is a mapping, and this is {}", root.kind());
            self.faults.push(Diagnostic::new(Span { end: root.span.start, ..root.span }, message));
        }
        is_mapping
    }

    /// A file that cannot be read stays empty, and is not asked for again.
    fn miss(&mut self, path: &str, fault: Diagnostic) {
        self.refuse(fault);
        self.files.add(SpecFile::new(path, ""));
        self.parts.push(Part { path: path.to_owned(), tree: None, includes: Vec::new() });
    }

    fn refuse(&mut self, fault: Diagnostic) {
        self.complete = false;
        self.faults.push(fault);
    }

    /// Sees which files to read next: those that are included and not known.
    fn want(&mut self) {
        let named: Vec<Include> = self.parts.iter().flat_map(|part| part.includes.iter().cloned()).collect();
        for include in named {
            let is_wanted = self.wanted.iter().any(|wanted| wanted.path == include.path);
            if is_wanted || self.position(&include).is_some() {
                continue;
            }
            let message = if self.depth == MAX_DEPTH {
                format!("files are included more than {MAX_DEPTH} levels deep")
            } else if self.parts.len() + self.wanted.len() > MAX_INCLUDES {
                format!("a spec may include {MAX_INCLUDES} files, and this is one more")
            } else {
                self.wanted.push(include);
                continue;
            };
            self.wanted.clear();
            return self.refuse(Diagnostic::new(include.span, message));
        }
    }

    fn position(&self, include: &Include) -> Option<usize> {
        self.parts.iter().position(|part| part.path == include.path)
    }

    /// The order in which files are merged: each behind those that it includes, where it is named first.
    fn order(&mut self) -> Vec<usize> {
        let mut walk =
            Walk { parts: &self.parts, open: Vec::new(), order: Vec::new(), faults: &mut self.faults };
        walk.visit(0);
        walk.order
    }
}

/// A walk along includes, depth first.
struct Walk<'r> {
    parts: &'r [Part],
    /// The files on the way from the first one.
    open: Vec<usize>,
    order: Vec<usize>,
    faults: &'r mut Faults,
}

impl Walk<'_> {
    fn visit(&mut self, id: usize) {
        let Some(part) = self.parts.get(id) else { return };
        self.open.push(id);
        for include in &part.includes {
            let Some(next) = self.parts.iter().position(|part| part.path == include.path) else { continue };
            if let Some(start) = self.open.iter().position(|open| *open == next) {
                self.faults.push(self.circle(start, include));
            } else if !self.order.contains(&next) {
                self.visit(next);
            }
        }
        self.open.pop();
        self.order.push(id);
    }

    fn circle(&self, start: usize, closing: &Include) -> Diagnostic {
        let names = self.open.iter().skip(start).filter_map(|id| self.parts.get(*id));
        let names: Vec<String> = names.map(|part| format!("`{}` → ", part.path)).collect();
        let message = match names.len() {
            1 => format!("`{}` includes itself", closing.path),
            _ => format!("these files include each other in a circle: {}`{}`", names.concat(), closing.path),
        };
        Diagnostic::new(closing.span, message).help("a file can only include files that do not need it")
    }
}
