//! The helper: a static program in the frontend's own image, which steps and health checks have beside them.

use buildkit_llb::Platform;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::{Span, Spanned};
use spec_schema::spec::RunStep;

use super::stage::StagePlanner;
use super::{Action, CopyFilter, CopySource, FileChange, FileSource, StepPlan};
use crate::external::Origin;
use crate::select::Source;

/// Where an image has it, whose health check is an address. A directory of its own: nobody else has a link there.
pub(super) const IN_IMAGE: &str = "/.optfrontend/helper";

/// Each platform that it is there for, and its path in the frontend's image.
const PATHS: [(&str, &str, &str); 2] =
    [("linux", "amd64", "/helper/linux-amd64"), ("linux", "arm64", "/helper/linux-arm64")];

/// What a process may take, and what becomes of it then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The helper's path in the frontend's image.
    pub helper: &'static str,
    /// Milliseconds of one try, and where the spec says so.
    pub timeout: Option<Spanned<u64>>,
    /// How often it is tried again.
    pub retries: u32,
}

/// The frontend's own image, as a source of files.
pub fn own_image() -> FileSource {
    FileSource::Other(Source::External(Box::new(Origin::Frontend.into())))
}

/// The limits of a step; `None` where it has none.
pub(super) fn limits(planner: &StagePlanner<'_>, step: &RunStep, faults: &mut Faults) -> Option<Limits> {
    let (key, span) = step.supervised()?;
    if let Some(timeout) = step.timeout.as_ref().filter(|timeout| timeout.0 == 0) {
        let fault = Diagnostic::new(timeout.span, "no step is done in no time");
        faults.push(fault.help("leave `timeout` out where there is no limit"));
    }
    Some(Limits {
        helper: path(planner, &format!("`{key}`"), span, faults)?,
        timeout: step.timeout.as_ref().map(|it| Spanned::new(it.0.div_ceil(1_000_000), it.span)),
        retries: step.retries.as_ref().map_or(0, |retries| retries.value),
    })
}

/// The step that puts the helper into the image of a stage.
pub(super) fn step(
    planner: &StagePlanner<'_>,
    key: &str,
    span: Span,
    faults: &mut Faults,
) -> Option<StepPlan> {
    let path = path(planner, &format!("`{key}` of a health check"), span, faults)?;
    let copy = FileChange::Copy {
        from: own_image(),
        sources: vec![CopySource { path: path.to_owned(), parents_below: None, span }],
        dest: IN_IMAGE.to_owned(),
        owner: None,
        mode: None,
        filter: CopyFilter::default(),
        unpack: false,
    };
    Some(StepPlan::new(format!("add {IN_IMAGE} for the health check"), span, Action::Files(vec![copy])))
}

/// The helper's path in the frontend's image; a fault where that cannot be had, or has none for the platform.
fn path(planner: &StagePlanner<'_>, what: &str, span: Span, faults: &mut Faults) -> Option<&'static str> {
    path_for(planner, &planner.selected.platform, what, span, faults)
}

/// The same for another platform than that of the stage.
pub(super) fn path_for(
    planner: &StagePlanner<'_>,
    platform: &Platform,
    what: &str,
    span: Span,
    faults: &mut Faults,
) -> Option<&'static str> {
    match path_in(planner.own_image, platform, what) {
        Ok(path) => Some(path),
        Err((message, help)) => {
            faults.push(Diagnostic::new(span, message).help(help));
            None
        }
    }
}

/// The helper's path in the frontend's image, where the daemon hands that out; else why there is none, and what to do.
pub fn path_in(own_image: bool, platform: &Platform, what: &str) -> Result<&'static str, (String, String)> {
    if !own_image {
        let message = format!(
            "{what} needs the frontend's image as a source, which this BuildKit lacks; BuildKit 0.10 is the first that has it"
        );
        let help = "Docker has that since 23.0; a builder made by `docker buildx create` has it too";
        return Err((message, help.to_owned()));
    }
    let found = PATHS.iter().find(|(os, arch, _)| platform.os == *os && platform.architecture == *arch);
    found.map(|(_, _, path)| *path).ok_or_else(|| {
        let known: Vec<String> = PATHS.iter().map(|(os, arch, _)| format!("{os}/{arch}")).collect();
        let message = format!("{what} needs a program that is not there for {platform}");
        (message, format!("it is there for {}", known.join(" and ")))
    })
}
