//! The key `include` of one file: the paths that it names, seen from the folder that the client sends.

use spec_schema::decode::text::Text;
use spec_schema::decode::{Decode, OneOrMany};
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::node::{Node, Value};
use spec_schema::span::Span;

use crate::paths;

/// A file that another one builds on.
#[derive(Debug, Clone)]
pub(super) struct Include {
    /// Its path in the folder that the client sends, without `.` and `..`.
    pub(super) path: String,
    /// Where it is named.
    pub(super) span: Span,
}

/// Takes the includes off the tree of the file at `path`, as aliases and merge keys are resolved in a tree.
pub(super) fn take(root: &mut Node, path: &str, faults: &mut Faults) -> Vec<Include> {
    let Value::Mapping(entries) = &mut root.value else { return Vec::new() };
    let Some(at) = entries.iter().position(|(key, _)| key.value == "include") else { return Vec::new() };
    let (_, node) = entries.remove(at);
    let written: Vec<Text> = match &node.value {
        // Each for itself: of one that is no text, the others have faults all the same.
        Value::Sequence(items) if !items.is_empty() => {
            items.iter().filter_map(|item| Text::decode(item, faults)).collect()
        }
        _ => OneOrMany::decode(&node, faults).map(|written| written.values).unwrap_or_default(),
    };
    let mut includes: Vec<Include> = Vec::new();
    for text in written {
        let Some(include) = include(&text, path).map_err(|fault| faults.push(*fault)).ok() else { continue };
        match includes.iter().find(|other| other.path == include.path) {
            None => includes.push(include),
            Some(first) => {
                let fault = Diagnostic::new(include.span, format!("`{}` is included twice", text.value));
                faults.push(fault.related(first.span, "the first one"));
            }
        }
    }
    includes
}

fn include(text: &Text, includer: &str) -> Result<Include, Box<Diagnostic>> {
    let (written, span) = (text.value.as_str(), text.span);
    let refused = |message: String, help: &str| Err(Box::new(Diagnostic::new(span, message).help(help)));
    if written.trim().is_empty() {
        return refused("this path is empty".to_owned(), "name a spec file beside this one");
    }
    if written.contains("://") {
        let help = "only files in the folder of the spec can be included";
        return refused(format!("`{written}` is not a file beside this one"), help);
    }
    if written.contains('$') {
        let help = "what is included is known before any arg is: name each file";
        return refused("a path to include has no variables".to_owned(), help);
    }
    if written.contains(['*', '?', '[']) {
        return refused("a path to include is no pattern".to_owned(), "name each file");
    }
    if written.starts_with('/') {
        let help = "write the path from the folder of this file";
        return refused(format!("`{written}` is an absolute path"), help);
    }
    let from_root = format!("{}/{written}", folder(includer));
    if paths::escapes(&from_root) {
        let help = "the client sends the folder of the spec: put the file there, or the spec above it";
        return refused(format!("`{written}` leads out of the folder of the spec"), help);
    }
    let path = paths::absolute_file("/", &from_root).trim_start_matches('/').to_owned();
    Ok(Include { path, span })
}

/// The folder of a file, without slashes at its ends.
fn folder(path: &str) -> &str {
    paths::parent(path).trim_matches('/')
}

#[cfg(test)]
mod tests {
    use spec_schema::span::{Span, Spanned};

    use super::include;

    fn path(includer: &str, written: &str) -> Result<String, String> {
        let text = Spanned::new(written.to_owned(), Span::default());
        include(&text, includer).map(|include| include.path).map_err(|fault| fault.message)
    }

    #[test]
    fn paths_are_relative_to_the_file_that_names_them() {
        for (includer, written, expected) in [
            ("build.yaml", "common.yaml", "common.yaml"),
            ("build.yaml", "./ci/../common.yaml", "common.yaml"),
            ("ci/lint.yaml", "tools.yaml", "ci/tools.yaml"),
            ("ci/lint.yaml", "../common.yaml", "common.yaml"),
        ] {
            assert_eq!(path(includer, written), Ok(expected.to_owned()), "{written}");
        }
    }

    #[test]
    fn nothing_leads_out_of_the_folder_that_is_sent() {
        for (includer, written) in [
            ("build.yaml", "../common.yaml"),
            ("build.yaml", "ci/../../common.yaml"),
            ("ci/lint.yaml", "../../common.yaml"),
            ("build.yaml", "/etc/passwd"),
            ("build.yaml", "https://example.com/common.yaml"),
        ] {
            assert!(path(includer, written).is_err(), "{written}");
        }
    }
}
