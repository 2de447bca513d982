//! Here-documents of `RUN`: what stands below the first line.

/// The text that the shell gets.
///
/// A command that is nothing but a here-document is its content, so that shells without here-documents can run it; any other one is
/// left to the shell as it is.
pub(super) fn command(text: &str) -> String {
    let (line, below) = text.split_once('\n').unwrap_or((text, ""));
    let Some(marker) = line.trim().strip_prefix("<<") else { return text.to_owned() };
    let (strips, marker) = marker.strip_prefix('-').map_or((false, marker), |marker| (true, marker));
    let delimiter = marker.trim_matches(['"', '\'']);
    if delimiter.is_empty() || delimiter.contains(|c: char| c.is_whitespace() || "<>|&;".contains(c)) {
        return text.to_owned();
    }
    let mut content = String::new();
    for line in below.lines() {
        let line = if strips { line.trim_start_matches('\t') } else { line };
        if line == delimiter {
            return content;
        }
        content += line;
        content.push('\n');
    }
    content
}

/// The names of the here-documents that a line starts, in order.
pub(super) fn names(line: &str) -> Vec<String> {
    let markers = line.split_whitespace().filter_map(|word| word.strip_prefix("<<"));
    markers.map(|marker| marker.trim_start_matches('-').trim_matches(['"', '\'']).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::{command, names};

    #[test]
    fn a_lone_document_is_the_command() {
        assert_eq!(command("<<EOF\na\n\tb\nEOF\n"), "a\n\tb\n");
        assert_eq!(command("<<-'END'\n\ta\n\tEND"), "a\n");
        assert_eq!(command("cat <<EOF\na\nEOF"), "cat <<EOF\na\nEOF");
        assert_eq!(command("<<EOF cat\na\nEOF"), "<<EOF cat\na\nEOF");
        assert_eq!(command("<<"), "<<");
    }

    #[test]
    fn documents_have_names() {
        assert_eq!(names("COPY <<a <<-\"b c\" /d"), ["a", "b"]);
    }
}
