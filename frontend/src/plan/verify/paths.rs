//! What must, or must not be in the image.

use spec_schema::decode::text::Template;
use spec_schema::diagnostic::Diagnostic;
use spec_schema::span::Span;

use super::Reader;

/// Something that must, or must not be in the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathCheck {
    /// As it is written.
    pub wanted: Wanted,
    /// Where it stands.
    pub span: Span,
    /// Whether it must not be there.
    pub forbidden: bool,
}

/// What is looked for in an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// An absolute path.
    Path(String),
    /// A pattern of absolute paths.
    Glob(String),
    /// A command by its name.
    Command(String),
}

impl Reader<'_, '_> {
    pub(super) fn paths(&mut self, written: &[Template], forbidden: bool) -> Vec<PathCheck> {
        let mut checks = Vec::with_capacity(written.len());
        for written in written {
            let known = self.faults.len();
            let text = self.text(written, &self.runtime.env);
            match wanted(&text) {
                Ok(wanted) => checks.push(PathCheck { wanted, span: text.span, forbidden }),
                Err((why, help)) => {
                    if self.faults.len() == known {
                        self.faults.push(Diagnostic::new(text.span, why).help(help));
                    }
                }
            }
        }
        checks
    }
}

/// What may stand in `forbid` and `require`.
const FORMS: &str = "write an absolute path, a pattern such as `**/*.pem`, or the name of a command";

/// What is wrong with a text, and what to do.
type Wrong = (String, String);

/// What a text of `forbid` or `require` means.
fn wanted(text: &str) -> Result<Wanted, Wrong> {
    let is_pattern = text.contains(['*', '?', '[', '{']);
    if is_pattern {
        if !text.starts_with('/') && !text.starts_with("**/") {
            let help = format!("write `**/{text}` for any directory, or `/{text}` for the root");
            return Err((format!("`{text}` does not say where it begins"), help));
        }
        for (open, close) in [('[', ']'), ('{', '}')] {
            if text.matches(open).count() != text.matches(close).count() {
                let help = format!("`\\{open}` is the character itself");
                return Err((
                    format!("`{text}` has a `{open}` without its `{close}`, or the other way round"),
                    help,
                ));
            }
        }
        return Ok(Wanted::Glob(text.to_owned()));
    }
    match text {
        "" => Err(("this is empty, where something is to be named".to_owned(), FORMS.to_owned())),
        "/" | "." | ".." => Err((format!("`{text}` is in every image"), FORMS.to_owned())),
        _ if text.starts_with('/') => Ok(Wanted::Path(text.to_owned())),
        _ if text.contains('/') => {
            Err((format!("`{text}` is not an absolute path"), format!("write `/{text}`")))
        }
        _ => Ok(Wanted::Command(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_paths_patterns_or_commands() {
        for (text, meant) in [
            ("/bin/sh", Wanted::Path("/bin/sh".to_owned())),
            ("npm", Wanted::Command("npm".to_owned())),
            ("**/*.pem", Wanted::Glob("**/*.pem".to_owned())),
            ("/opt/{a,b}", Wanted::Glob("/opt/{a,b}".to_owned())),
        ] {
            assert_eq!(wanted(text), Ok(meant));
        }
        for text in ["", "/", "..", "etc/passwd", "*.pem", "keys/*", "/[a", "/{a"] {
            assert!(wanted(text).is_err(), "{text}");
        }
    }
}
