//! Annotations: notes on an image's manifest, and on the index of several.

use spec_schema::decode::Map;
use spec_schema::decode::text::Template;
use spec_schema::diagnostic::{Diagnostic, Faults, one_of};
use spec_schema::span::Span;

/// What can be annotated, by the words of `--annotation`.
const PLACES: [&str; 4] = ["manifest", "index", "manifest-descriptor", "index-descriptor"];

/// One annotation at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// One of `manifest`, `index`, `manifest-descriptor`, `index-descriptor`.
    pub place: &'static str,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Annotation {
    /// Whether it is on the index, and not on the manifest of one platform.
    pub fn is_of_index(&self) -> bool {
        self.place.starts_with("index")
    }
}

/// Reads annotations, whose names may begin with places: `index,manifest:NAME`.
pub(super) fn annotations(
    written: &Map<Template>,
    mut expand: impl FnMut(&Template, &mut Faults) -> String,
    faults: &mut Faults,
) -> Vec<Annotation> {
    let mut found = Vec::new();
    for (key, entry) in written.iter() {
        let (places, name) = key.split_once(':').unwrap_or(("manifest", key));
        let value = expand(&entry.value, faults);
        if name.is_empty() || name.contains(char::is_whitespace) {
            let fault = Diagnostic::new(entry.key_span, format!("`{key}` does not name an annotation"));
            faults.push(fault.help("write `NAME`, or places before it: `index,manifest:NAME`"));
            continue;
        }
        for place in places.split(',').filter_map(|place| known_place(place, entry.key_span, faults)) {
            found.push(Annotation { place, name: name.to_owned(), value: value.clone() });
        }
    }
    found
}

fn known_place(text: &str, span: Span, faults: &mut Faults) -> Option<&'static str> {
    let place = PLACES.into_iter().find(|place| *place == text);
    if place.is_none() {
        let help = faults
            .did_you_mean(text, PLACES)
            .unwrap_or_else(|| format!("annotations are on the {}", one_of(PLACES)));
        faults
            .push(Diagnostic::new(span, format!("there is no `{text}` that could be annotated")).help(help));
    }
    place
}
