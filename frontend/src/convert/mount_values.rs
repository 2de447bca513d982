//! Values of `RUN --mount` that have no variables in a spec.

use spec_schema::decode::text::Text;
use spec_schema::diagnostic::Faults;

use super::pieces::Quotes;
use super::stage::Walk;
use crate::dockerfile::file::{Flag, check_mount};
use crate::dockerfile::values::fields;

const PLAIN: [&str; 11] =
    ["type", "sharing", "mode", "uid", "gid", "size", "readonly", "ro", "readwrite", "rw", "required"];

impl Walk<'_, '_> {
    /// A mount that says plainly what a spec says plainly; nothing where no build can mount it.
    pub(super) fn plain_mount(&mut self, flag: &Flag) -> Option<Text> {
        let has_variable = |(name, value): &(String, Option<String>)| {
            PLAIN.contains(&name.as_str()) && value.as_ref().is_some_and(|value| value.contains('$'))
        };
        let fields = fields(&flag.value);
        if !fields.iter().any(has_variable) {
            return Some(Text::new(flag.value.value.clone(), flag.span));
        }
        let mut written = Vec::with_capacity(fields.len());
        for field in fields {
            let value = if has_variable(&field) { Some(self.plain_value(&field, flag)?) } else { field.1 };
            written.push(value.map_or_else(|| field.0.clone(), |value| format!("{}={value}", field.0)));
        }
        let quoted = written.iter().map(|field| {
            let is_plain = !field.contains([',', '"']);
            if is_plain { field.clone() } else { format!("\"{}\"", field.replace('"', "\"\"")) }
        });
        let text = Text::new(quoted.collect::<Vec<_>>().join(","), flag.span);
        let mut faults = Faults::new();
        check_mount(&text, &mut faults);
        let is_good = faults.is_empty();
        self.around.broken.append(faults);
        is_good.then_some(text)
    }

    fn plain_value(&mut self, (name, value): &(String, Option<String>), flag: &Flag) -> Option<String> {
        let written = Text::new(value.clone().unwrap_or_default(), flag.span);
        let pieces = self.pieces(&written, Quotes::Removed);
        let Some(value) = self.names.evaluate(&pieces) else {
            let message = format!("nothing says what `{}` stands for in `{name}` of a mount", written.value);
            self.fault(flag.span, message, "give the arg a default");
            return None;
        };
        let text = format!(
            "`{name}` of a mount has no variables in a spec: `{}` is `{value}` unless args are given",
            written.value
        );
        self.note(flag.span, text);
        Some(value)
    }
}
