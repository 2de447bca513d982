//! Files of Go that name modules: go.mod and go.work.

/// What stands behind a word in a go.mod or go.work, alone or in a block.
pub(crate) fn directives(text: &str, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        let rest = line.strip_prefix(word).filter(|rest| rest.starts_with([' ', '\t', '(']));
        match (inside, rest.map(str::trim)) {
            (_, Some("(")) => inside = true,
            (_, Some(rest)) => found.push(rest.to_owned()),
            (true, None) if line == ")" => inside = false,
            (true, None) if !line.is_empty() => found.push(line.to_owned()),
            _ => {}
        }
    }
    found
}
