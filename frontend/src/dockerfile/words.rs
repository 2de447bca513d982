//! Words of instructions: quotes and variables.

/// How a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quotes {
    /// Quotes are taken off.
    Removed,
    /// Quotes are characters as any other.
    Kept,
}

/// Replaces variables, and takes quotes and backslashes off. A variable that is not set is empty.
pub fn expand(text: &str, quotes: Quotes, value: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut reader = Reader { rest: text, quotes, value, depth: 0 };
    reader.until(None)
}

/// How deep `${A:-${B:-…}}` may go.
const MAX_DEPTH: usize = 16;

struct Reader<'t, 'v> {
    rest: &'t str,
    quotes: Quotes,
    value: &'v dyn Fn(&str) -> Option<String>,
    depth: usize,
}

impl Reader<'_, '_> {
    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    /// Reads up to the end, or to a character outside of quotes, which is taken too.
    fn until(&mut self, end: Option<char>) -> Result<String, String> {
        let mut text = String::new();
        while let Some(c) = self.next() {
            match c {
                c if Some(c) == end => return Ok(text),
                '\'' if self.quotes == Quotes::Removed => text += &self.single_quoted()?,
                '"' if self.quotes == Quotes::Removed => text += &self.double_quoted()?,
                '$' => text += &self.variable()?,
                '\\' => text.extend(self.next()),
                c => text.push(c),
            }
        }
        match end {
            None => Ok(text),
            Some(end) => Err(format!("`{end}` is missing")),
        }
    }

    fn single_quoted(&mut self) -> Result<String, String> {
        let (text, rest) = self.rest.split_once('\'').ok_or("a single quote is not closed")?;
        self.rest = rest;
        Ok(text.to_owned())
    }

    fn double_quoted(&mut self) -> Result<String, String> {
        let mut text = String::new();
        while let Some(c) = self.next() {
            match c {
                '"' => return Ok(text),
                '$' => text += &self.variable()?,
                '\\' => match self.next() {
                    Some(escaped @ ('"' | '$' | '\\')) => text.push(escaped),
                    other => {
                        text.push('\\');
                        text.extend(other);
                    }
                },
                c => text.push(c),
            }
        }
        Err("a double quote is not closed".to_owned())
    }

    /// Reads a variable; the dollar has just been read.
    fn variable(&mut self) -> Result<String, String> {
        if !self.rest.starts_with('{') {
            let name = self.name();
            let value = if name.is_empty() { Some("$".to_owned()) } else { (self.value)(&name) };
            return Ok(value.unwrap_or_default());
        }
        self.next();
        let name = self.name();
        if name.is_empty() {
            return Err("a variable has no name".to_owned());
        }
        let value = (self.value)(&name);
        let mut sign = self.next();
        let empty_is_unset = sign == Some(':');
        if empty_is_unset {
            sign = self.next();
        }
        let set = value.clone().filter(|value| !(empty_is_unset && value.is_empty()));
        match sign {
            Some('}') if !empty_is_unset => Ok(value.unwrap_or_default()),
            Some('-') => self.word().map(|word| set.unwrap_or(word)),
            Some('+') => self.word().map(|word| set.map(|_| word).unwrap_or_default()),
            Some('?') => {
                let word = self.word()?;
                set.ok_or_else(|| format!("`{name}` is not set: {word}"))
            }
            Some('#' | '%' | '/') => Err(format!("patterns in `${{{name}…}}` are not known here")),
            _ => Err(format!("`${{{name}` is not followed by `}}`, `:-`, `:+` or `:?`")),
        }
    }

    fn word(&mut self) -> Result<String, String> {
        if self.depth == MAX_DEPTH {
            return Err(format!("variables are nested more than {MAX_DEPTH} deep"));
        }
        self.depth += 1;
        let word = self.until(Some('}'));
        self.depth -= 1;
        word
    }

    fn name(&mut self) -> String {
        let is_name = |(index, c): (usize, char)| {
            c == '_' || c.is_ascii_alphabetic() || (index > 0 && c.is_ascii_digit())
        };
        let length = self.rest.char_indices().find(|at| !is_name(*at)).map_or(self.rest.len(), |(at, _)| at);
        let (name, rest) = self.rest.split_at(length);
        self.rest = rest;
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Result<String, String> {
        let value = |name: &str| match name {
            "A" => Some("a".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        expand(text, Quotes::Removed, &value)
    }

    #[test]
    fn variables_are_replaced_outside_of_single_quotes() {
        assert_eq!(expanded(r#"$A ${A}b "$A\"" '$A' \$A $NONE-"#).unwrap(), r#"a ab a" $A $A -"#);
        assert_eq!(expanded("${NONE:-x$A}${EMPTY:-y}${EMPTY-z}${A:+w}${NONE+v}").unwrap(), "xayw");
        assert_eq!(expanded("$").unwrap(), "$");
        let kept = expand("'$A'", Quotes::Kept, &|_| Some("a".to_owned())).unwrap();
        assert_eq!(kept, "'a'");
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        assert_eq!(expanded("'a").unwrap_err(), "a single quote is not closed");
        assert_eq!(expanded("\"a").unwrap_err(), "a double quote is not closed");
        assert_eq!(expanded("${A").unwrap_err(), "`${A` is not followed by `}`, `:-`, `:+` or `:?`");
        assert_eq!(expanded("${A:-b").unwrap_err(), "`}` is missing");
        assert_eq!(expanded("${}").unwrap_err(), "a variable has no name");
        assert_eq!(expanded("${NONE:?no}").unwrap_err(), "`NONE` is not set: no");
        assert_eq!(expanded("${A#x}").unwrap_err(), "patterns in `${A…}` are not known here");
        assert!(expanded(&"${N:-".repeat(40)).unwrap_err().contains("nested"));
    }
}
