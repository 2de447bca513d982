//! What `ONBUILD` holds back.

use spec_schema::diagnostic::{Diagnostic, Faults};

use super::Onbuild;
use super::arguments::Part;
use super::flags;
use super::lines::Line;
use super::read::statement;

/// Reads a trigger: images hold it as a text, and it is read where it is run. What is wrong with it is a fault only where Docker says so of
/// the file that has it.
pub(super) fn read(held: Part<'_>, line: &Line, escape: char, faults: &mut Faults) -> Option<Onbuild> {
    let (keyword, arguments) = held.split_first();
    let name = keyword.str().to_ascii_uppercase();
    if matches!(name.as_str(), "ONBUILD" | "FROM" | "MAINTAINER") {
        let fault = Diagnostic::new(keyword.text().span, format!("`{name}` cannot be a trigger"));
        faults.push(fault.help("`ONBUILD` holds any instruction but `FROM`, `MAINTAINER` and `ONBUILD`"));
        return None;
    }
    let mut text = held.text();
    let own = Line {
        text: held.str().to_owned(),
        span: line.span,
        joints: vec![(0, text.span.start)],
        comments: Vec::new(),
        inside: Vec::new(),
        documents: line.documents.clone(),
    };
    let mut found = Faults::new();
    let read = statement(own, escape, &mut found);
    let mut found = found.into_sorted().into_iter().chain(read.into_iter().flat_map(|read| read.broken));
    if is_malformed(&name, arguments, escape) {
        found.for_each(|fault| faults.push(fault));
        return None;
    }
    for document in &line.documents {
        text.value += &format!("\n{}{}", document.content, document.name);
    }
    Some(Onbuild { text, broken: found.next() })
}

/// Whether an instruction has not even the form of one: a name without a value, a list with something else than texts.
fn is_malformed(name: &str, arguments: Part<'_>, escape: char) -> bool {
    let (_, arguments) = flags::take(arguments, escape);
    let is_mixed = |part: Part<'_>| matches!(part.json(), Some(Err(())));
    match name {
        "ENV" | "LABEL" => {
            let words = arguments.words(escape);
            let has_sign = |word: &Part<'_>| word.str().contains('=');
            words.first().is_some_and(|first| {
                if has_sign(first) { !words.iter().all(has_sign) } else { words.len() == 1 }
            })
        }
        "ADD" | "COPY" | "RUN" | "CMD" | "ENTRYPOINT" | "SHELL" | "VOLUME" => is_mixed(arguments),
        "HEALTHCHECK" => is_mixed(arguments.split_first().1),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Body, Dockerfile};
    use spec_schema::diagnostic::Faults;

    /// What is wrong with a trigger at once, and where it is run.
    fn told(trigger: &str) -> (usize, bool) {
        let mut faults = Faults::new();
        let file = Dockerfile::parse(&format!("FROM a\nONBUILD {trigger}\n"), &mut faults);
        let broken = file.statements.iter().any(|statement| match &statement.body {
            Body::Onbuild(trigger) => trigger.broken.is_some(),
            _ => false,
        });
        (faults.len(), broken)
    }

    #[test]
    fn what_docker_leaves_to_the_images_that_run_it_is_no_fault() {
        for trigger in
            ["RNU x", "COPY x", "ENV", "ENV =1", "RUN --x a", "HEALTHCHECK x", "SHELL sh", "EXPOSE"]
        {
            assert_eq!(told(trigger), (0, true), "{trigger}");
        }
        for trigger in ["RUN", "RUN a", "ENV A b", "ARG --x=1 A"] {
            assert_eq!(told(trigger), (0, false), "{trigger}");
        }
        for trigger in
            ["", "ENV A", "ENV A=1 B", "LABEL x", "RUN [1]", "HEALTHCHECK CMD [1]", "FROM a", "--x RUN a"]
        {
            assert_eq!(told(trigger), (1, false), "{trigger}");
        }
    }
}
