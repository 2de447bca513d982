//! YAML text to the tree of [`spec_schema::node`]: anchors, aliases and merge keys resolved, duplicate keys
//! and second documents refused, hostile input bounded.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span as YamlSpan, Tag};
use indexmap::IndexMap;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::node::{Node, Scalar, Value};
use spec_schema::span::{FileId, Span, Spanned};

/// Nodes that aliases may add up to: a thousand stages have some 100,000.
const MAX_NODES: usize = 1_000_000;

/// The first document of `text`; `None` where it holds no value or cannot be read.
pub(crate) fn read(text: &str, file: FileId, faults: &mut Faults) -> Option<Node> {
    let mut reader = Reader::new(text, file);
    match reader.run(faults) {
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
    anchors: BTreeMap<usize, (Node, usize)>,
    nodes: usize,
}

/// A collection whose end has not been read.
struct Open {
    start: u32,
    anchor: usize,
    /// The count of nodes when it began, from which its own size follows.
    nodes_before: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping(MappingContent),
}

#[derive(Default)]
struct MappingContent {
    entries: IndexMap<String, (Span, Node)>,
    merged: Vec<Node>,
    key: Option<Spanned<String>>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, file: FileId) -> Self {
        Self { text, file, open: Vec::new(), anchors: BTreeMap::new(), nodes: 0 }
    }

    fn run(&mut self, faults: &mut Faults) -> Result<Option<Node>, Diagnostic> {
        let mut root = None;
        for event in Parser::new_from_str(self.text) {
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
                self.count(1, place)?;
                let node = Node { span: place, value: Value::Scalar(self.scalar(&text, style, place)) };
                self.keep(anchor, &node, 1);
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
                    return Err(Diagnostic::new(place, "an alias inside the value that it stands for"));
                };
                self.count(size, place)?;
                self.add(node, faults)
            }
            _ => Ok(None),
        }
    }

    fn begin(&mut self, anchor: usize, place: Span, content: Content) -> Result<Option<Node>, Diagnostic> {
        self.count(1, place)?;
        self.open.push(Open { start: place.start, anchor, nodes_before: self.nodes - 1, content });
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
        self.keep(open.anchor, &node, self.nodes - open.nodes_before);
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

    fn keep(&mut self, anchor: usize, node: &Node, size: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
    }

    fn count(&mut self, nodes: usize, place: Span) -> Result<(), Diagnostic> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            return Err(Diagnostic::new(
                place,
                format!("the aliases of this spec add up to more than {MAX_NODES} values"),
            ));
        }
        Ok(())
    }

    fn scalar(&self, text: &str, style: ScalarStyle, place: Span) -> Scalar {
        let plain = matches!(style, ScalarStyle::Plain);
        // A key without a value: the parser makes it a `~`, which nobody wrote.
        let text = if plain && place.start == place.end { "" } else { text };
        let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        let start = place.start + u32::from(quoted);
        let written = self.text.get(start as usize..).filter(|rest| rest.starts_with(text));
        let verbatim_at = (plain || quoted).then_some(written).flatten().map(|_| start);
        Scalar { text: text.to_owned(), plain, verbatim_at }
    }

    fn refuse_tag(&self, tag: Option<&Tag>, place: Span) -> Result<(), Diagnostic> {
        match tag {
            Some(tag) if !tag.is_yaml_core_schema() => {
                let written = self.text.get(place.start as usize..place.end as usize).unwrap_or_default();
                let fault = Diagnostic::new(
                    place,
                    format!("YAML tags such as that of `{written}` have no meaning here"),
                );
                Err(fault.help("a text that starts with `!` needs quotes"))
            }
            _ => Ok(()),
        }
    }

    fn span(&self, span: &YamlSpan) -> Span {
        let offset = |at: Option<usize>| at.and_then(|at| u32::try_from(at).ok()).unwrap_or_default();
        Span { file: self.file, start: offset(span.start.byte_offset()), end: offset(span.end.byte_offset()) }
    }

    fn scan_fault(&self, error: &ScanError) -> Diagnostic {
        let at = error.marker().byte_offset().unwrap_or_default().min(self.text.len());
        let line = self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        // The parser stops where the token after a tab begins.
        let tab =
            self.text[line..].find(|c: char| c != ' ').filter(|i| self.text[line + i..].starts_with('\t'));
        let offset = |at: usize| u32::try_from(at).unwrap_or_default();
        if let Some(tab) = tab {
            let start = line + tab;
            let span = Span { file: self.file, start: offset(start), end: offset(start + 1) };
            return Diagnostic::new(span, "a tab indents this line").help("YAML is indented with spaces");
        }
        let span = Span { file: self.file, start: offset(at), end: offset(at) };
        Diagnostic::new(span, format!("this is not YAML: {}", error.info()))
    }
}

impl MappingContent {
    fn add(&mut self, node: Node, faults: &mut Faults) -> Result<(), Diagnostic> {
        let Some(key) = self.key.take() else {
            self.key = Some(key_of(node)?);
            return Ok(());
        };
        if key.value == "<<" {
            self.merged.push(node);
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
        for merged in std::mem::take(&mut self.merged) {
            let sources = match merged.value {
                Value::Sequence(items) => items,
                _ => vec![merged],
            };
            for source in sources {
                let Value::Mapping(entries) = source.value else {
                    faults.push(Diagnostic::new(source.span, "`<<` takes a mapping or a list of mappings"));
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
        _ => Err(Diagnostic::new(span, format!("a key must be a text, and this is {}", node.kind()))),
    }
}
