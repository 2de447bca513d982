//! `JSONArgsRecommended`, as Docker has it.

use spec_schema::spec::ShellOrExec;

use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "JSONArgsRecommended",
    description: "A list for `entrypoint` and `cmd` lets signals reach the program",
    costs: "each stop takes ten seconds, after which the program is killed in the middle of its work",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    // A stage that chooses its shell means it.
    for stage in subject.stages().iter().filter(|stage| stage.stage.shell.is_empty()) {
        let both = [("entrypoint", &stage.stage.entrypoint), ("cmd", &stage.stage.cmd)];
        for (key, value) in both {
            if let Some(ShellOrExec::Shell(text)) = value {
                let key = subject.key(key);
                let detail =
                    format!("`{key}` is a text, so a shell stands between the container and its program");
                let words: Vec<&str> = text.split_whitespace().collect();
                let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                let simple = text.chars().all(|c| c.is_ascii_alphanumeric() || " ./:_-=,@".contains(c));
                let lower = key.to_lowercase();
                let help = if simple {
                    Help::spec(format!("write a list: `{lower}: [{}]`", words.join(", ")))
                        .dockerfile("write a list")
                        .better([format!("{key} [{}]", quoted.join(", "))])
                } else {
                    let list = format!("`{lower}: [/bin/sh, -c, \"exec …\"]`");
                    Help::spec(format!("write a list; where a shell is meant, {list}"))
                        .dockerfile("write a list; where a shell is meant, let it make way for the program")
                        .better([format!("{key} [\"/bin/sh\", \"-c\", \"exec …\"]")])
                };
                found.add(text.span, detail, help);
            }
        }
    }
}
