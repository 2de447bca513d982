//! Audit: what lint finds in a Dockerfile.
//!
//! The Dockerfile becomes a spec whose places are in the Dockerfile, see [`crate::convert`]. The rules look at that, and say in the words of a
//! Dockerfile what to do. Nothing is built from the spec, so a part of it that cannot be planned costs what is known of the image's config,
//! and no more.

mod told;

use buildkit_llb::Platform;
use spec_schema::diagnostic::{Diagnostic, Faults};

pub(crate) use told::{answer, text};

use crate::assumed::Assumed;
use crate::convert::{Conversion, LeftOutStage, convert};
use crate::entrypoint::IgnoreRules;
use crate::expand::{Core, expand};
use crate::lint::{Findings, Subject, Target, lint};
use crate::opts::FrontendOpts;
use crate::plan::plan;
use crate::resolved::Resolved;
use crate::select::{Request, Selection, platforms, select};
use crate::source::SpecFiles;
use crate::survey::Survey;

/// Stages beyond which a Dockerfile is not planned: nobody has written it, and a plan has the variables of each stage.
const MAX_PLANNED: usize = 200;

/// A Dockerfile that can be read, as far as the client's options say which image of it is meant.
#[derive(Debug)]
pub struct Audit {
    conversion: Conversion,
    core: Core,
    request: Request,
    build: Platform,
    /// What is built; nothing where the options do not fit the Dockerfile.
    selection: Option<Selection>,
    faults: Faults,
}

/// What an audit has found.
#[derive(Debug)]
pub struct Audited {
    /// The Dockerfile.
    pub files: SpecFiles,
    /// What is against the rules.
    pub findings: Findings,
    /// Why it would not build.
    pub faults: Vec<Diagnostic>,
}

impl Audited {
    /// Whether nothing is wrong; there may be advice.
    pub fn is_good(&self) -> bool {
        self.findings.is_empty() && self.faults.is_empty()
    }
}

impl Audit {
    /// Reads a Dockerfile; `build` is the platform that steps run on. Where it cannot be read, its faults are all that is found.
    pub fn of(name: &str, text: &str, opts: &FrontendOpts, build: &Platform) -> Result<Self, Audited> {
        let conversion = convert(name, text).map_err(|(files, faults)| Audited {
            files,
            findings: Findings::default(),
            faults: faults.into_sorted(),
        })?;
        let core = expand(conversion.spec.clone(), &mut Survey::default());
        let mut request = Request::of(opts);
        request.target = request.target.map(|target| conversion.stage(&target).unwrap_or(target));
        let mut faults = Faults::new();
        let platforms = platforms(core.spec(), opts, build, &mut faults);
        let first = platforms.list.first();
        // As Docker checks a Dockerfile: all of it, unless a target is named.
        let left_out = conversion.left_out.iter();
        let target = request.target.as_ref();
        let root = left_out.clone().find(|stage| Some(&stage.name) == target).map(|stage| &stage.root);
        let is_meant = |stage: &&LeftOutStage| target.is_none() || Some(&stage.name) == root;
        let broken: Vec<Diagnostic> =
            left_out.filter(is_meant).flat_map(|stage| &stage.faults).cloned().collect();
        let is_there = request.target.is_none() || broken.is_empty();
        for fault in broken {
            faults.push(fault);
        }
        let selection =
            first.filter(|_| is_there).and_then(|one| select(&core, &request, build, one, &mut faults));
        Ok(Self { conversion, core, request, build: build.clone(), selection, faults })
    }

    /// What is built, in a list as it is looked up.
    pub fn selections(&self) -> &[Selection] {
        self.selection.as_slice()
    }

    /// Whether it reads the build context.
    pub fn reads_context(&self) -> bool {
        self.selection.as_ref().is_some_and(|selection| selection.reads_context)
    }

    /// Looks at it. `known` are the images that were looked up, `ignore` what the client leaves out of the build context where that is a
    /// directory, and `instead` what the client says of rules in the place of the Dockerfile.
    pub fn look(self, known: &Resolved, ignore: Option<&IgnoreRules>, instead: Option<&str>) -> Audited {
        let target = self.selection.as_ref().and_then(|selection| self.target(selection, known));
        let Self { conversion, core, request, selection, mut faults, .. } = self;
        let globals = selection.map(|selection| selection.globals).unwrap_or_default();
        let subject = Subject::new(&conversion.files, &core, &globals, ignore, &request.contexts, target)
            .of_dockerfile(&conversion.dockerfile);
        let findings = lint(&subject, instead, &mut faults);
        // Where a rule tells why it does not build, that is enough.
        let mut faults = faults.into_sorted();
        faults.retain(|fault| findings.all().all(|finding| finding.span != fault.span));
        Audited { files: conversion.files, findings, faults }
    }

    /// The image that comes of it.
    fn target(&self, selection: &Selection, known: &Resolved) -> Option<Target> {
        if selection.stages.len() > MAX_PLANNED {
            let needs: Vec<usize> = selection.stages.iter().map(|stage| stage.index).collect();
            return Some(Target { stage: *needs.last()?, needs, config: None });
        }
        let assumed = Assumed::of(&self.core, std::slice::from_ref(selection));
        let mut resolved = assumed.resolved.clone();
        resolved.images.extend(known.images.clone());
        let mut faults = Faults::new();
        let plan = plan(&self.core, selection, &resolved, &self.build, false, &mut faults);
        let target = Target::of(selection, &plan, known)?;
        let config = target.config.filter(|_| assumed.known(faults).is_empty());
        Some(Target { config, ..target })
    }
}
