//! `ENV`: a spec says it for all steps of a stage.

use std::collections::BTreeMap;

use spec_schema::decode::text::{Template, Text};
use spec_schema::node::Value;
use spec_schema::span::Span;

use super::names::View;
use super::pieces::{Form, Piece, Quotes, literal, names};
use super::render::render;
use super::stage::Walk;
use super::tree;

/// A variable that an instruction sets.
struct Setting {
    name: Text,
    value: Vec<Piece>,
    span: Span,
}

impl Walk<'_, '_> {
    pub(super) fn env(&mut self, pairs: &[(Text, Text)], span: Span) {
        self.passed = None;
        let mut settings: Vec<Setting> = Vec::new();
        for (name, value) in pairs {
            let key = self.pieces(name, Quotes::Removed);
            let name = Text::new(self.name_of(&key, name), name.span);
            let value = Setting { name, value: self.pieces(value, Quotes::Removed), span: value.span };
            // The last one counts, as all of them see what was before.
            settings.retain(|known| known.name.value != value.name.value);
            settings.push(value);
        }
        if let Some(why) = self.conflict(&settings) {
            self.split(&why, span);
        }
        let settings = self.ordered(settings);
        let replaced = self.replaced(&settings);
        let comments = self.take_comments();
        let mut first = true;
        let mut notes = Vec::new();
        for setting in &settings {
            let view = View { names: &self.names, args: self.around.args, replaced: replaced.clone() };
            let rendered = render(&setting.value, &view);
            notes.extend(rendered.notes.into_iter().map(|note| (setting.span, note)));
            self.part.reads(&setting.name, &rendered.text);
            let node = tree::text(rendered.text, setting.span);
            let at_end = self.reads_later(setting);
            let name = &setting.name;
            if at_end {
                self.part.env.0.retain(|(known, _)| known.value != name.value);
            }
            self.part.env.set(name, name.span, node);
            if std::mem::take(&mut first) {
                self.part.key_comments.push((format!("env/{}", name.value), comments.clone()));
            }
        }
        for setting in &settings {
            let value = self.names.evaluate(&setting.value);
            match value {
                Some(value) => self.names.values.insert(setting.name.value.clone(), value),
                None => self.names.values.remove(setting.name.as_str()),
            };
        }
        self.names.env.extend(settings.into_iter().map(|setting| setting.name.value));
        for (span, note) in notes {
            self.note(span, note);
        }
    }

    /// A name, which in a spec has no variables.
    pub(super) fn name_of(&mut self, pieces: &[Piece], written: &Text) -> String {
        if let Some(name) = literal(pieces) {
            return name;
        }
        let name = self.names.evaluate(pieces);
        let text = "a name has no variables in a spec";
        self.note(
            written.span,
            match &name {
                Some(name) => format!("{text}: `{}` is `{name}` unless args are given", written.value),
                None => format!("{text}: write what `{}` stands for", written.value),
            },
        );
        name.unwrap_or_else(|| written.value.clone())
    }

    /// Why what stands above must not see these variables.
    fn conflict(&self, settings: &[Setting]) -> Option<String> {
        let name = |setting: &Setting| setting.name.value.clone();
        if self.part.has_run() {
            let names: Vec<String> =
                settings.iter().map(|setting| format!("`{}`", setting.name.value)).collect();
            return Some(format!("do not see {}", names.join(", ")));
        }
        let clash = settings.iter().find(|setting| {
            let readers = self.part.readers.get(setting.name.as_str());
            let changed = readers.is_some();
            let is_read_above =
                readers.is_some_and(|readers| readers.iter().any(|reader| *reader != setting.name.value));
            // Its old value can take its place only where that is written plainly.
            let is_read = settings.iter().any(|other| reads_by_form(&other.value, &setting.name));
            self.part.used.contains(setting.name.as_str()) || is_read_above || (changed && is_read)
        });
        clash.map(|setting| format!("see another `{}`", name(setting)))
    }

    /// The old values of variables that the instruction changes and reads.
    fn replaced(&self, settings: &[Setting]) -> BTreeMap<String, String> {
        let changed = |name: &str| settings.iter().any(|setting| setting.name.value == name);
        let own = self.part.env.0.iter().filter(|(name, _)| changed(name));
        let text = own.filter_map(|(name, node)| match &node.value {
            Value::Scalar(scalar) => Some((name.value.clone(), braced(&scalar.text))),
            _ => None,
        });
        text.collect()
    }

    /// What reads an old value comes before what changes it.
    fn ordered(&mut self, settings: Vec<Setting>) -> Vec<Setting> {
        let mut waiting = settings;
        let mut ordered = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let free = waiting.iter().position(|setting| {
                let name = &setting.name.value;
                self.part.readers.contains_key(name)
                    || waiting.iter().all(|other| {
                        other.name.value == *name || !names(&other.value).contains(&name.as_str())
                    })
            });
            if free.is_none() {
                let span = waiting.first().map_or_else(Span::default, |setting| setting.span);
                self.note(span, "these variables read each other's old values, which a spec cannot say");
            }
            ordered.push(waiting.remove(free.unwrap_or_default()));
        }
        ordered
    }

    /// Whether a variable that has its place already is made from one that comes later.
    fn reads_later(&self, setting: &Setting) -> bool {
        let entries = &self.part.env.0;
        let Some(at) = entries.iter().position(|(name, _)| name.value == setting.name.value) else {
            return false;
        };
        let later = entries.iter().skip(at + 1);
        let used = names(&setting.value);
        later.into_iter().any(|(name, _)| used.contains(&name.value.as_str()))
    }
}

/// Whether a value reads a variable in another form than by its name alone.
fn reads_by_form(value: &[Piece], name: &str) -> bool {
    value.iter().any(|piece| match piece {
        Piece::Variable(variable) => match &variable.form {
            Form::Plain => false,
            Form::Word { word, .. } => variable.name == name || names(word).contains(&name),
            Form::Pattern { .. } => variable.name == name,
        },
        Piece::Text(_) => false,
    })
}

/// A text of a spec that may stand before any other.
fn braced(text: &str) -> String {
    match Template::parse(text, Span::default(), &[]) {
        Ok(template) if !template.is_literal() => Template { raw: String::new(), ..template }.written(),
        _ => text.to_owned(),
    }
}
