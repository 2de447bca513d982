//! The files of a spec, read level by level and merged into one tree: the file that the client names, and those that it
//! includes. Pure: whoever drives a [`Reading`] brings the bytes.

use spec_schema::Spec;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::merge::merge;
use spec_schema::node::{Node, Value};
use spec_schema::span::{FileId, Span};

use super::include::{self, Include};
use super::preset;
use super::yaml::Size;
use super::{LARGE, MAX_SPEC_BYTES, decode, text_of, too_large, tree};
use crate::paths;
use crate::presets::{Asked, Chosen, Place};
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

    /// All files as one.
    pub fn merge(mut self) -> Merged {
        let order = self.order();
        let mut merged: Option<Node> = None;
        for id in order {
            let Some(tree) = self.parts.get_mut(id).and_then(|part| part.tree.take()) else { continue };
            merged = Some(match merged {
                None => tree,
                Some(earlier) => merge(earlier, tree, &mut self.faults),
            });
        }
        let asked = merged.as_mut().and_then(|merged| preset::take(merged, &mut self.faults));
        let Self { files, size, complete, faults, .. } = self;
        Merged { files, size, tree: merged.filter(|_| complete), asked, faults }
    }

    /// The spec of all files, which asks for no preset; none where a fault leaves nothing to go on with.
    pub fn finish(self) -> (SpecFiles, Option<Spec>, Faults) {
        self.merge().finish(None)
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

/// A spec of which all files are read.
#[derive(Debug)]
pub struct Merged {
    files: SpecFiles,
    size: Size,
    tree: Option<Node>,
    asked: Option<Asked>,
    faults: Faults,
}

impl Merged {
    /// The preset that is asked for; none as well where a fault leaves nothing to go on with.
    pub fn preset(&self) -> Option<&Asked> {
        self.asked.as_ref().filter(|_| self.tree.is_some())
    }

    /// Notes why a preset cannot be had. Nothing of the spec makes sense without it.
    pub fn refuse(&mut self, fault: Diagnostic) {
        self.tree = None;
        self.faults.push(fault);
    }

    /// The spec, on top of the preset; none where a fault leaves nothing to go on with.
    pub fn finish(mut self, chosen: Option<&Chosen>) -> (SpecFiles, Option<Spec>, Faults) {
        let mut tree = self.tree.take();
        if let (Some(own), Some(chosen), Some(asked)) = (tree.as_mut(), chosen, self.asked.take()) {
            let own = std::mem::replace(own, Node { span: own.span, value: Value::Sequence(Vec::new()) });
            tree = self.on_top(own, chosen, &asked);
        }
        let spec = tree.and_then(|tree| decode(&tree, &mut self.faults));
        (self.files, spec, self.faults)
    }

    /// The tree of a preset with the user's on top.
    fn on_top(&mut self, mut own: Node, chosen: &Chosen, asked: &Asked) -> Option<Node> {
        let mut preset: Option<Node> = None;
        let checks_health = preset::checks_health(&own);
        for part in chosen.parts.iter().filter(|part| !(checks_health && part.is_health())) {
            let id = FileId(u16::try_from(self.files.iter().count()).unwrap_or(u16::MAX));
            let file = SpecFile::of_preset(part.name, &*part.text, asked.preset.span);
            let tree = tree(&file, id, &mut self.size, &mut self.faults);
            self.files.add(file);
            preset = match (preset, tree) {
                (Some(earlier), Some(later)) => Some(merge(earlier, later, &mut self.faults)),
                (earlier, later) => earlier.or(later),
            };
        }
        let preset = preset?;
        preset::check_stages(&preset, &mut own, chosen.kind.name(), &mut self.faults);
        let files = &mut self.files;
        let place = |place: &Place| {
            let file = FileId(u16::try_from(files.iter().count()).unwrap_or(u16::MAX));
            files.add(SpecFile::new(place.file.as_str(), place.text.as_str()));
            let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            Span { file, start: offset(place.at.start), end: offset(place.at.end) }
        };
        let options = preset::options(&preset);
        let defaults = preset::defaults(asked, chosen, &options, place, &mut self.faults);
        let first = preset::args_of_user(&own, &preset);
        let preset = merge(first, merge(preset, defaults, &mut self.faults), &mut self.faults);
        Some(merge(preset, own, &mut self.faults))
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
