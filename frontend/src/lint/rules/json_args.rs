//! `JSONArgsRecommended`, as Docker has it.

use spec_schema::spec::ShellOrExec;

use crate::lint::{Found, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    name: "JSONArgsRecommended",
    description: "A list for `entrypoint` and `cmd` lets signals reach the program",
    asked_for: false,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    // A stage that chooses its shell means it.
    for stage in subject.stages().iter().filter(|stage| stage.stage.shell.is_empty()) {
        let both = [("entrypoint", &stage.stage.entrypoint), ("cmd", &stage.stage.cmd)];
        for (key, value) in both {
            if let Some(ShellOrExec::Shell(text)) = value {
                let detail =
                    format!("`{key}` is a text, so a shell stands between the container and its program");
                let words: Vec<&str> = text.split_whitespace().collect();
                let simple = text.chars().all(|c| c.is_ascii_alphanumeric() || " ./:_-=,@".contains(c));
                let help = if simple {
                    format!("write a list: `{key}: [{}]`", words.join(", "))
                } else {
                    format!("write a list; where a shell is meant, `{key}: [/bin/sh, -c, \"exec …\"]`")
                };
                found.add(text.span, detail, help);
            }
        }
    }
}
