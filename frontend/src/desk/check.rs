//! `check`: the faults of a spec and, where it has none, what lint finds in it.

use spec_schema::diagnostic::Diagnostic;

use super::args::Format;
use super::compile::{Desk, Planned, Spoken};
use super::{FAULTS, GOOD, Told, Trouble};
use crate::lint::{Finding, Findings};
use crate::report::SPEC;
use crate::subrequest::{lint, sarif};
use crate::terminal::{self, Style};

/// The answer for a spec that has been planned.
pub(super) fn check(
    desk: &Desk<'_>,
    mut spoken: Spoken,
    planned: &Planned,
    format: Format,
    style: Style,
) -> Result<Told, Trouble> {
    let findings =
        if spoken.faults.is_empty() { desk.lint(&mut spoken, planned)? } else { Findings::default() };
    let Spoken { files, faults, .. } = spoken;
    let faults = faults.into_sorted();
    let is_good = findings.is_empty() && faults.is_empty();
    let out = match format {
        Format::Json => format!("{}\n", lint::checked(&SPEC, &files, &findings, &faults).json),
        Format::Sarif => sarif::log(&SPEC, &files, &findings, &faults).text,
        Format::Text | Format::Drawn(_) if is_good => {
            format!("{}: no faults\n", files.iter().next().map_or("", |file| file.name.as_str()))
        }
        Format::Text | Format::Drawn(_) if faults.is_empty() => {
            let told: Vec<Diagnostic> = findings.all().map(Finding::told).collect();
            terminal::faults(&files, &told, "findings", style)
        }
        Format::Text | Format::Drawn(_) => terminal::faults(&files, &faults, "faults", style),
    };
    Ok(Told { out, err: String::new(), code: if is_good { GOOD } else { FAULTS } })
}
