//! What stands behind the name of an instruction: words, names with values, lists.

use spec_schema::decode::text::Text;

use super::lines::Line;

/// A part of an instruction's text.
#[derive(Clone, Copy)]
pub(super) struct Part<'l> {
    pub(super) line: &'l Line,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl<'l> Part<'l> {
    pub(super) fn whole(line: &'l Line) -> Self {
        Self { line, start: 0, end: line.text.len() }.trimmed()
    }

    pub(super) fn str(&self) -> &'l str {
        self.line.text.get(self.start..self.end).unwrap_or_default()
    }

    /// From a byte of it on.
    pub(super) fn from(self, at: usize) -> Self {
        Self { start: (self.start + at).min(self.end), ..self }
    }

    fn cut(self, start: usize, end: usize) -> Self {
        Self { start: self.start + start, end: self.start + end, ..self }
    }

    pub(super) fn trimmed(self) -> Self {
        let text = self.str();
        let start = text.len() - text.trim_start().len();
        self.cut(start, start + text.trim().len())
    }

    pub(super) fn text(self) -> Text {
        Text::new(self.str().to_owned(), self.line.span_of(self.start, self.end))
    }

    /// The first word, and what follows it.
    pub(super) fn split_first(self) -> (Self, Self) {
        let text = self.str();
        let end = text.find(is_blank).unwrap_or(text.len());
        (self.cut(0, end), self.from(end).trimmed())
    }

    /// Words between blanks, whatever quotes they have.
    pub(super) fn blank_separated(self) -> Vec<Text> {
        let mut words = Vec::new();
        let mut rest = self.trimmed();
        while !rest.str().is_empty() {
            let (word, others) = rest.split_first();
            words.push(word.text());
            rest = others;
        }
        words
    }

    /// Words between blanks outside of quotes, which stay.
    pub(super) fn words(self, escape: char) -> Vec<Part<'l>> {
        let text = self.str();
        let (mut words, mut start, mut quote) = (Vec::new(), None, None);
        let mut chars = text.char_indices();
        while let Some((at, c)) = chars.next() {
            if quote.is_none() && c.is_whitespace() {
                words.extend(start.take().map(|start| self.cut(start, at)));
                continue;
            }
            start.get_or_insert(at);
            match c {
                c if c == escape && quote != Some('\'') => {
                    chars.next();
                }
                c if quote == Some(c) => quote = None,
                '"' | '\'' if quote.is_none() => quote = Some(c),
                _ => {}
            }
        }
        words.extend(start.map(|start| self.cut(start, text.len())));
        words
    }

    /// A name and what stands behind its `=`.
    pub(super) fn pair(self) -> (Text, Option<Text>) {
        match self.str().find('=') {
            None => (self.text(), None),
            Some(at) => (self.cut(0, at).text(), Some(self.from(at + 1).text())),
        }
    }

    /// The texts of a list in the form of JSON; `None` where it is no such list.
    pub(super) fn json(self) -> Option<Result<Vec<Text>, ()>> {
        let text = self.str();
        if !text.starts_with('[') {
            return None;
        }
        let list: Vec<serde_json::Value> = serde_json::from_str(text).ok()?;
        let span = self.line.span_of(self.start, self.end);
        let texts = list.into_iter().map(|item| match item {
            serde_json::Value::String(text) => Ok(Text::new(text, span)),
            _ => Err(()),
        });
        Some(texts.collect())
    }
}

/// What parts words, besides the ends of lines.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\u{b}' | '\u{c}')
}
