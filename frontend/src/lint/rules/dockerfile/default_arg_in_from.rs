//! `InvalidDefaultArgInFrom`, as Docker has it.

use super::walk::{stages, statements};
use crate::dockerfile::file::Body;
use crate::lint::{Found, Help, Rule, Standing, Subject};
use crate::scope::words;

pub(super) const RULE: Rule = Rule {
    name: "InvalidDefaultArgInFrom",
    description: "A Dockerfile builds without any build arg",
    costs: "`docker build .` fails for everybody who does not know which arg is needed",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let above = statements(subject).iter().take_while(|statement| matches!(statement.body, Body::Arg(_)));
    let args = above.flat_map(|statement| match &statement.body {
        Body::Arg(args) => args.as_slice(),
        _ => &[],
    });
    let open: Vec<&str> =
        args.filter(|(_, default)| default.is_none()).map(|(name, _)| name.value.as_str()).collect();
    for (from, _) in stages(subject) {
        let base = from.base.as_str();
        let named = |name: &&&str| {
            base.contains(&format!("${{{name}}}"))
                || base.contains('$') && words(base).any(|word| word == **name)
        };
        let Some(name) = open.iter().find(named).filter(|_| !base.contains(":-") && !base.contains(":+"))
        else {
            continue;
        };
        let detail = format!("`{base}` is no image where nobody gives `{name}`");
        let help = Help::from("give it a default").better([format!("ARG {name}=…")]);
        found.add(from.base.span, detail, help);
    }
}
