//! YAML text to the tree of [`spec_schema::node`]: anchors, aliases and merge keys resolved, duplicate keys
//! and second documents refused, hostile input bounded.

mod errors;

use std::collections::BTreeMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span as YamlSpan, Tag};
use indexmap::IndexMap;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::node::{Node, Scalar, Value};
use spec_schema::span::{FileId, Span, Spanned};

/// Nodes that aliases may add up to: a thousand stages have some 100,000.
const MAX_NODES: usize = 1_000_000;

/// Bytes of text that aliases may add up to.
const MAX_TEXT: usize = 16 << 20;

/// The first document of `text`; `None` where it holds no value or cannot be read. `read` is what other files of the
/// spec hold, to which this one is added.
pub(super) fn read(text: &str, file: FileId, read: &mut Size, faults: &mut Faults) -> Option<Node> {
    let mut reader = Reader { text, file, open: Vec::new(), anchors: BTreeMap::new(), read: *read };
    let outcome = reader.run(faults);
    *read = reader.read;
    match outcome {
        Ok(root) => root,
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    file: FileId,
    /// Collections that are open, outermost first.
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Node, Size)>,
    read: Size,
}

/// How much there is of something, aliases resolved.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Size {
    nodes: usize,
    /// Bytes of text.
    text: usize,
}

/// A collection whose end has not been read.
struct Open {
    start: u32,
    anchor: usize,
    /// What had been read when it began, from which its own size follows.
    before: Size,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping(MappingContent),
}

#[derive(Default)]
struct MappingContent {
    entries: IndexMap<String, (Span, Node)>,
    /// Where each `<<` stands, and its value.
    merged: Vec<(Span, Node)>,
    key: Option<Spanned<String>>,
}

impl<'t> Reader<'t> {
    fn run(&mut self, faults: &mut Faults) -> Result<Option<Node>, Diagnostic> {
        let mut root = None;
        let mut options = Options::default();
        // Nobody reads them here, and the parser keeps so many of them in a row and no more.
        options.set_emit_comments(false);
        for event in Parser::new_from_str_with_options(self.text, options) {
            let (event, span) = event.map_err(|error| self.scan_fault(&error))?;
            if let Event::DocumentStart(..) = event
                && root.is_some()
            {
                let fault = Diagnostic::new(
                    self.span(&span),
                    "a spec is one YAML document, and here a second one starts",
                );
                return Err(fault.help("remove the `---`, or put the second document into a file of its own"));
            }
            if let Some(done) = self.event(event, &span, faults)? {
                root = Some(done);
            }
        }
        Ok(root.filter(|root| !root.is_missing()))
    }

    /// Takes one event; returns the root node with its last event.
    fn event(
        &mut self,
        event: Event<'_>,
        span: &YamlSpan,
        faults: &mut Faults,
    ) -> Result<Option<Node>, Diagnostic> {
        let place = self.span(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), place)?;
                let size = Size { nodes: 1, text: text.len() };
                self.count(size, place)?;
                let place = self.trimmed(place);
                let node = Node { span: place, value: Value::Scalar(self.scalar(&text, style, place)) };
                self.keep(anchor, &node, size);
                self.add(node, faults)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), place)?;
                self.begin(anchor, place, Content::Sequence(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), place)?;
                self.begin(anchor, place, Content::Mapping(MappingContent::default()))
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(place, faults),
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).map(|(node, size)| (node.clone(), *size))
                else {
                    let message = format!("`{}` stands inside of what it stands for", self.written(place));
                    return Err(Diagnostic::new(place, message));
                };
                self.count(size, place)?;
                self.add(node, faults)
            }
            _ => Ok(None),
        }
    }

    fn begin(&mut self, anchor: usize, place: Span, content: Content) -> Result<Option<Node>, Diagnostic> {
        let before = self.read;
        self.count(Size { nodes: 1, text: 0 }, place)?;
        self.open.push(Open { start: place.start, anchor, before, content });
        Ok(None)
    }

    fn end(&mut self, place: Span, faults: &mut Faults) -> Result<Option<Node>, Diagnostic> {
        let Some(open) = self.open.pop() else { return Ok(None) };
        let (value, last) = match open.content {
            Content::Sequence(items) => {
                let last = items.last().map(|item| item.span.end);
                (Value::Sequence(items), last)
            }
            Content::Mapping(content) => {
                let last = content.entries.last().map(|(_, (_, node))| node.span.end);
                (Value::Mapping(content.finish(faults)), last)
            }
        };
        // The end of a block collection is where the next thing starts; its last value ends before.
        let end = if place.end > place.start { place.end } else { last.unwrap_or(place.end) };
        let node =
            Node { span: Span { file: self.file, start: open.start, end: end.max(open.start) }, value };
        let size =
            Size { nodes: self.read.nodes - open.before.nodes, text: self.read.text - open.before.text };
        self.keep(open.anchor, &node, size);
        self.add(node, faults)
    }

    /// Puts a finished node where it belongs; returns it where that is nowhere: the root.
    fn add(&mut self, node: Node, faults: &mut Faults) -> Result<Option<Node>, Diagnostic> {
        match self.open.last_mut() {
            None => return Ok(Some(node)),
            Some(Open { content: Content::Sequence(items), .. }) => items.push(node),
            Some(Open { content: Content::Mapping(content), .. }) => content.add(node, faults)?,
        }
        Ok(None)
    }

    fn keep(&mut self, anchor: usize, node: &Node, size: Size) {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
    }

    fn count(&mut self, size: Size, place: Span) -> Result<(), Diagnostic> {
        self.read = Size { nodes: self.read.nodes + size.nodes, text: self.read.text + size.text };
        let too_much = if self.read.nodes > MAX_NODES {
            format!("{MAX_NODES} values")
        } else if self.read.text > MAX_TEXT {
            format!("{} MiB of text", MAX_TEXT >> 20)
        } else {
            return Ok(());
        };
        Err(Diagnostic::new(place, format!("the aliases of this spec add up to more than {too_much}")))
    }

    fn scalar(&self, text: &str, style: ScalarStyle, place: Span) -> Scalar {
        let plain = matches!(style, ScalarStyle::Plain);
        // Where there is no value, the parser makes one up.
        let text = if plain && place.start == place.end { "" } else { text };
        Scalar { text: text.to_owned(), plain, lines_at: self.lines_at(text, style, place) }
    }

    /// Where each line of a scalar's text stands, if all of them do so byte for byte.
    fn lines_at(&self, text: &str, style: ScalarStyle, place: Span) -> Vec<u32> {
        let offset = |at: usize| u32::try_from(at).unwrap_or_default();
        let first = place.start as usize
            + usize::from(matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted));
        let Some(source) = self.text.get(first..) else { return Vec::new() };
        if !matches!(style, ScalarStyle::Literal) {
            return if source.starts_with(text) { vec![offset(first)] } else { Vec::new() };
        }
        let line_start = self.text[..first].rfind('\n').map_or(0, |newline| newline + 1);
        let indentation = first - line_start;
        let mut lines_at = Vec::new();
        let mut start = line_start;
        for line in text.lines() {
            let rest = &self.text[start..];
            let source = rest.lines().next().unwrap_or_default();
            let indentation = if line.is_empty() { source.len() } else { indentation };
            if source.get(indentation..) != Some(line) {
                return Vec::new();
            }
            lines_at.push(offset(start + indentation));
            start += rest.find('\n').map_or(rest.len(), |newline| newline + 1);
        }
        lines_at
    }

    /// A place without the white space at its end: a block scalar's reaches to where the next thing starts.
    fn trimmed(&self, place: Span) -> Span {
        let end = place.start as usize + self.written(place).trim_end().len();
        Span { end: u32::try_from(end).unwrap_or(place.end), ..place }
    }

    fn written(&self, place: Span) -> &'t str {
        self.text.get(place.start as usize..place.end as usize).unwrap_or_default()
    }

    fn refuse_tag(&self, tag: Option<&Tag>, place: Span) -> Result<(), Diagnostic> {
        if tag.is_none_or(Tag::is_yaml_core_schema) {
            return Ok(());
        }
        // The place is that of the value, and the tag stands before it.
        let before = &self.text[..place.start as usize];
        let start = before.rfind('!').map_or(before.len(), |mark| {
            before[..mark].rfind(|c: char| c.is_whitespace() || "[{,".contains(c)).map_or(0, |at| at + 1)
        });
        let written = before[start..].split_whitespace().next().unwrap_or("!");
        let offset = |at: usize| u32::try_from(at).unwrap_or_default();
        let span = Span { file: self.file, start: offset(start), end: offset(start + written.len()) };
        Err(Diagnostic::new(span, format!("the YAML tag `{written}` has no meaning here"))
            .help("a text that starts with `!` needs quotes"))
    }

    fn span(&self, span: &YamlSpan) -> Span {
        let offset = |at: Option<usize>| at.and_then(|at| u32::try_from(at).ok()).unwrap_or_default();
        Span { file: self.file, start: offset(span.start.byte_offset()), end: offset(span.end.byte_offset()) }
    }
}

impl MappingContent {
    fn add(&mut self, node: Node, faults: &mut Faults) -> Result<(), Diagnostic> {
        let Some(key) = self.key.take() else {
            self.key = Some(key_of(node)?);
            return Ok(());
        };
        if key.value == "<<" {
            self.merged.push((key.span, node));
        } else if let Some((first, _)) = self.entries.get(&key.value) {
            let fault = Diagnostic::new(key.span, format!("the key `{}` stands here twice", key.value));
            faults.push(fault.related(*first, "the first one"));
        } else {
            self.entries.insert(key.value, (key.span, node));
        }
        Ok(())
    }

    /// The entries, with those of merge keys behind: what is written here wins.
    fn finish(mut self, faults: &mut Faults) -> Vec<(Spanned<String>, Node)> {
        for (place, merged) in std::mem::take(&mut self.merged) {
            let sources = match merged.value {
                Value::Sequence(items) => items,
                _ => vec![merged],
            };
            for source in sources {
                let Value::Mapping(entries) = source.value else {
                    // What it names may stand far away.
                    faults.push(Diagnostic::new(place, "`<<` takes a mapping or a list of mappings"));
                    continue;
                };
                for (key, node) in entries {
                    self.entries.entry(key.value).or_insert((key.span, node));
                }
            }
        }
        self.entries.into_iter().map(|(key, (span, node))| (Spanned::new(key, span), node)).collect()
    }
}

fn key_of(node: Node) -> Result<Spanned<String>, Diagnostic> {
    let span = node.span;
    match node.value {
        Value::Scalar(scalar) if !(scalar.plain && scalar.text.is_empty()) => {
            Ok(Spanned::new(scalar.text, span))
        }
        Value::Scalar(_) => Err(Diagnostic::new(span, "a key is missing here")),
        Value::Sequence(_) => Err(Diagnostic::new(span, "a key must be a text, and this is a list")),
        Value::Mapping(_) => {
            let fault = Diagnostic::new(span, "a key must be a text, and this is a mapping");
            Err(fault.help("a text that starts with `{` needs quotes"))
        }
    }
}
