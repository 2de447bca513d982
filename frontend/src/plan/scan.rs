//! What scans of the image run: each a step whose root is its scanner, on the builder's own platform.

use std::collections::BTreeSet;
use std::time::Duration;

use buildkit_llb::Platform;
use spec_schema::decode::text::Template;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::{Span, Spanned};
use spec_schema::spec::{FailOn, Scan};

use super::runtime::base_runtime;
use super::stage::StagePlanner;
use super::{Action, FileSource, RunPlan, StagePlan, StepPlan, helper, run};
use crate::expand::alone;
use crate::image_ref::ImageRef;
use crate::paths;
use crate::resolved::Resolved;
use crate::scope::{Env, Scope};
use crate::select::Source;

/// Where a scanner sees the files of the image.
pub const ROOT: &str = "/rootfs";

/// Where it writes its report.
pub const REPORT: &str = "/report";

/// The time that a scan has where the spec says nothing.
const TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// A scan of the image.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanPlan {
    /// What it is called.
    pub name: String,
    /// The scanner's files.
    pub scanner: FileSource,
    /// The scanner as the spec names it.
    pub image: Spanned<String>,
    /// What it runs on.
    pub platform: Platform,
    /// What is run. Its program, and arguments where the spec has none, are known when the scanner's config is.
    pub step: StepPlan,
    /// Whether the spec says what the program's arguments are.
    pub has_args: bool,
    /// The program that looks after it, by its path in the frontend's image.
    pub helper: &'static str,
    /// The time that it has, in milliseconds, and where the spec says so.
    pub time: Spanned<u64>,
    /// The exit codes for which the build fails.
    pub fail_on: FailOn,
    /// Files that it must have written, as paths below [`REPORT`].
    pub report: Vec<Spanned<String>>,
}

impl ScanPlan {
    /// What is run.
    pub fn run(&self) -> Option<&RunPlan> {
        match &self.step.action {
            Action::Run(run) => Some(run),
            Action::Files(_) | Action::Parallel(_) => None,
        }
    }

    /// The same, to be changed.
    pub fn run_mut(&mut self) -> Option<&mut RunPlan> {
        match &mut self.step.action {
            Action::Run(run) => Some(run),
            Action::Files(_) | Action::Parallel(_) => None,
        }
    }
}

/// Plans the scans of the stage that is built; `stages` are those before it.
pub(super) fn scans(
    planner: &StagePlanner<'_>,
    resolved: &Resolved,
    stages: &[StagePlan],
    faults: &mut Faults,
) -> Vec<ScanPlan> {
    let is_target = planner.selection.target().is_some_and(|target| target.index == planner.selected.index);
    let written = planner.stage.scan.iter().filter(|_| is_target).flat_map(|scans| &scans.values);
    let mut reader = Reader { planner, resolved, stages, names: BTreeSet::new(), faults };
    written.map(|scan| reader.scan(scan)).collect()
}

struct Reader<'a, 'f> {
    planner: &'a StagePlanner<'a>,
    resolved: &'a Resolved,
    stages: &'a [StagePlan],
    names: BTreeSet<String>,
    faults: &'f mut Faults,
}

impl Reader<'_, '_> {
    fn scan(&mut self, scan: &Scan) -> ScanPlan {
        let planner = self.planner;
        let scope = Scope::global(&planner.selection.globals);
        let image = scope.expand(&scan.image, &mut Faults::new()).unwrap_or_default();
        let source = planner.selection.source(&scan.image, planner.build_platform).unwrap_or(Source::Scratch);
        let platform = match &source {
            Source::Stage(position) => self.stages.get(*position).map(|stage| &stage.platform),
            _ => None,
        };
        let platform = platform.unwrap_or(planner.build_platform).clone();
        let runtime = base_runtime(&source, self.resolved, self.stages);
        let name = self.name(scan, &image);
        let (mut action, _) = run::run(planner, &alone(scan.step()), &runtime, self.faults);
        if let Action::Run(run) = &mut action {
            if scan.run_as.is_none() {
                run.user.clone_from(&runtime.user);
            }
            self.in_the_way(run, scan.span);
        }
        let helper = helper::path_for(planner, &platform, "`scan`", scan.span, self.faults);
        ScanPlan {
            step: StepPlan::new(format!("scan {name}"), scan.span, action),
            name,
            scanner: FileSource::Other(source),
            image: Spanned::new(image, scan.image.span),
            platform,
            has_args: !scan.args.is_empty(),
            helper: helper.unwrap_or_default(),
            time: self.time(scan),
            fail_on: scan.fail_on.clone().unwrap_or(FailOn::Any),
            report: self.report(scan, &runtime.env),
        }
    }

    /// What a scan is called: what the spec says, or the last part of the image's name.
    fn name(&mut self, scan: &Scan, image: &str) -> String {
        let short = || {
            let path = ImageRef::parse(image).map_or_else(|_| image.to_owned(), |image| image.familiar());
            let path = path.split('@').next().unwrap_or_default();
            let last = path.rsplit('/').next().unwrap_or_default();
            last.split(':').next().unwrap_or_default().replace(['.', '+'], "-")
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let (name, place) = match &scan.name {
            Some(name) => (name.value.clone(), name.span),
            None => (short(), scan.image.span),
        };
        if scan.name.is_some() && (name.is_empty() || !name.chars().all(is_plain)) {
            let message =
                format!("`{name}` is no name for a scan, whose reports are in a folder of that name");
            let help = "write letters, digits, `-` and `_`";
            self.faults.push(Diagnostic::new(place, message).help(help));
        } else if !self.names.insert(name.clone()) {
            let fault = Diagnostic::new(place, format!("two scans are called `{name}`"));
            self.faults.push(fault.help("give one of them another `name`"));
        }
        name
    }

    /// Nothing else may be where a scanner looks and writes.
    fn in_the_way(&mut self, run: &RunPlan, span: Span) {
        for place in [ROOT, REPORT] {
            let is_there = |target: &str| target == place || target.starts_with(&format!("{place}/"));
            if run.mounts.iter().any(|mount| is_there(mount.target())) {
                let what = if place == ROOT { "the files of the image are" } else { "the report is written" };
                self.faults.push(Diagnostic::new(
                    span,
                    format!("`{place}` is where {what}: nothing else can be mounted there"),
                ));
            }
        }
    }

    fn report(&mut self, scan: &Scan, env: &Env) -> Vec<Spanned<String>> {
        let planner = self.planner;
        let mut read = |written: &Template| {
            let path = planner.expand(written, env, self.faults);
            let below = path.strip_prefix("/report/").unwrap_or(&path);
            if below.is_empty() || below.starts_with('/') || paths::escapes(below) {
                let what = if path.is_empty() { "this".to_owned() } else { format!("`{path}`") };
                let fault = Diagnostic::new(written.span, format!("{what} is no file of the report"));
                self.faults.push(fault.help(format!("write a path below `{REPORT}`, such as `report.json`")));
            }
            Spanned::new(below.to_owned(), written.span)
        };
        scan.report.iter().flat_map(|report| &report.values).map(&mut read).collect()
    }

    fn time(&mut self, scan: &Scan) -> Spanned<u64> {
        let Some(time) = &scan.timeout else {
            return Spanned::new(u64::try_from(TIMEOUT.as_millis()).unwrap_or(u64::MAX), scan.span);
        };
        if time.0 == 0 {
            self.faults.push(Diagnostic::new(time.span, "nothing is scanned in no time"));
        }
        Spanned::new(time.0.div_ceil(1_000_000), time.span)
    }
}
