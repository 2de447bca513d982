//! `audit`: what lint finds in a Dockerfile.

use super::args::Format;
use super::compile::Desk;
use super::{FAULTS, GOOD, Told, Trouble};
use crate::audit::{Audited, answer, text};
use crate::report::DOCKERFILE;
use crate::subrequest::sarif;
use crate::terminal::Style;

/// What is open without a daemon.
const OPEN: &str = "images were not looked up: only of public ones is it known who starts them, and whether they have a health check";

pub(super) fn audit(desk: &Desk<'_>, format: Format, style: Style, err: Style) -> Result<Told, Trouble> {
    let (audited, has_images) = desk.audit()?;
    let Audited { files, findings, faults } = &audited;
    let out = match format {
        Format::Json => format!("{}\n", answer(&audited).json),
        Format::Sarif => sarif::log(&DOCKERFILE, files, findings, faults).text,
        Format::Text | Format::Drawn(_) => text(&audited, style),
    };
    let note = if has_images { format!("{} {OPEN}\n", err.quiet("note:")) } else { String::new() };
    Ok(Told { out, err: note, code: if audited.is_good() { GOOD } else { FAULTS } })
}
