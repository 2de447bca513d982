//! What of a build is against a policy.

use std::collections::BTreeSet;

use spec_schema::decode::OneOrMany;
use spec_schema::diagnostic::{Diagnostic, Faults, one_of};
use spec_schema::policy::Required;
use spec_schema::span::{FileId, Span};
use spec_schema::spec::{Network, Security};

use super::pattern::{ImagePattern, Pattern};
use super::{Patterns, Policies, Policy, image};
use crate::expand::Core;
use crate::external::{External, Origin};
use crate::lock::{Claim, is_commit};
use crate::opts::{FrontendOpts, NetworkMode};
use crate::plan::{Action, BuildPlan, StepPlan};
use crate::resolved::Resolved;
use crate::select::{ImageKey, Selection, Source};
use crate::source::{SpecFile, SpecFiles};

/// A build as policies see it.
#[derive(Clone, Copy)]
pub(crate) struct Judged<'a> {
    pub(crate) files: &'a SpecFiles,
    pub(crate) core: &'a Core,
    pub(crate) opts: &'a FrontendOpts,
    pub(crate) selections: &'a [Selection],
    pub(crate) plans: &'a [BuildPlan],
    pub(crate) resolved: &'a Resolved,
}

impl Policies {
    /// Records everything that is against any of them, each at the place of the user's own file.
    pub(crate) fn check(&self, judged: Judged<'_>, faults: &mut Faults) {
        for policy in &self.0 {
            let mut judge = Judge { policy, judged, found: Faults::new(), told: BTreeSet::new() };
            judge.images();
            judge.sources();
            judge.processes();
            judge.required();
            image::check(policy, judged, &mut judge.found);
            for fault in judge.found.into_sorted() {
                faults.push(in_own_file(judged.files, fault));
            }
        }
    }
}

/// The fault at the line that asks for a preset, where it is about something that the preset says.
fn in_own_file(files: &SpecFiles, fault: Diagnostic) -> Diagnostic {
    let Some(place) = files.get(fault.span.file).and_then(SpecFile::asked_at) else { return fault };
    let inside = fault.span;
    Diagnostic { span: place, ..fault }.related(inside, "the preset says so here")
}

struct Judge<'a> {
    policy: &'a Policy,
    judged: Judged<'a>,
    found: Faults,
    /// What has been told: a source is there once for each platform.
    told: BTreeSet<(Span, String)>,
}

impl Judge<'_> {
    /// Records that something at a place is not as the policy has it.
    fn breach(&mut self, span: Span, message: String, rule: Span, help: String) {
        if self.told.insert((span, message.clone())) {
            self.found.push(breach(span, message, rule, help));
        }
    }

    fn images(&mut self) {
        for selection in self.judged.selections {
            let images: Vec<(&ImageKey, Span)> = selection.images().collect();
            for (key, span) in images {
                self.image(key, span);
            }
            for stage in &selection.stages {
                self.base(&stage.base, stage.from_span);
            }
        }
    }

    fn image(&mut self, key: &ImageKey, span: Span) {
        let Patterns { allow, ban, pinned } = &self.policy.images;
        let shown = key.reference.familiar();
        if key.store.is_some() {
            // What is in a layout of the client has no name that could be judged: `base` does.
            return;
        }
        let (name, tag) = key.reference.name_and_tag();
        let is = |pattern: &&ImagePattern| pattern.matches(name, tag);
        if let Some(pattern) = ban.iter().find(is) {
            let (text, rule) = pattern.written();
            let message = format!("the policy bans the image `{shown}`, by `{text}`");
            self.breach(span, message, rule, allowed(allow.as_ref(), "use another image"));
        } else if let Some((patterns, rule)) = allow
            && !patterns.iter().any(|pattern| is(&pattern))
        {
            let message = format!("the policy does not allow the image `{shown}`");
            self.breach(span, message, *rule, allowed(allow.as_ref(), "use another image"));
        }
        if let (Some(rule), false) = (*pinned, key.reference.is_pinned()) {
            let message = format!("the policy asks for digests, and `{shown}` has none");
            let help =
                "write a lock file with `--call=lock`, or the digest behind the tag: `IMAGE:TAG@sha256:…`";
            self.breach(span, message, rule, help.to_owned());
        }
    }

    /// What a stage starts from that is no image of a registry: only a client can put it there.
    fn base(&mut self, base: &Source, span: Span) {
        let what = match base {
            Source::Image(key) if key.store.is_some() => "an image of the client's own".to_owned(),
            Source::External(external) => match &external.origin {
                Origin::Local(_) => "files of the client".to_owned(),
                Origin::Input(_) => "the result of another build".to_owned(),
                Origin::Git(_) | Origin::Http(_) | Origin::Frontend => return,
            },
            _ => return,
        };
        if let Some((_, rule)) = &self.policy.images.allow {
            let message =
                format!("the policy allows certain images alone, and this stage starts from {what}");
            let help = allowed(self.policy.images.allow.as_ref(), "start from an image");
            self.breach(span, message, *rule, help);
        }
    }

    fn sources(&mut self) {
        let used = self.judged.selections.iter().flat_map(Selection::externals);
        let mut used: Vec<(External, Span)> = used.map(|(external, span)| (external.clone(), span)).collect();
        used.extend(Claim::all(&[], self.judged.plans).into_iter().filter_map(|claim| match claim.source {
            Source::External(external) => Some((*external, claim.span)),
            _ => None,
        }));
        for (external, span) in used {
            match &external.origin {
                Origin::Git(source) => {
                    let commit = source.reference.as_deref().is_some_and(is_commit);
                    self.source(&source.url, source.checksum.is_some() || commit, "a commit", span);
                }
                Origin::Http(source) => {
                    self.source(&source.url, source.checksum.is_some(), "a checksum", span);
                }
                Origin::Local(_) | Origin::Input(_) | Origin::Frontend => {}
            }
        }
    }

    fn source(&mut self, url: &str, is_pinned: bool, pin: &str, span: Span) {
        let Patterns { allow, ban, pinned } = &self.policy.sources;
        if let Some(pattern) = ban.iter().find(|pattern| pattern.matches(url)) {
            let (text, rule) = pattern.written();
            let message = format!("the policy bans `{url}`, by `{text}`");
            self.breach(span, message, rule, allowed(allow.as_ref(), "take it from elsewhere"));
        } else if let Some((patterns, rule)) = allow
            && !patterns.iter().any(|pattern| pattern.matches(url))
        {
            let message = format!("the policy does not allow `{url}`");
            self.breach(span, message, *rule, allowed(allow.as_ref(), "take it from elsewhere"));
        }
        if let (Some(rule), false) = (*pinned, is_pinned) {
            let message = format!("the policy asks for {pin}, and `{url}` has none");
            let help = format!("write a lock file with `--call=lock`, or {pin} as `checksum`");
            self.breach(span, message, rule, help);
        }
    }

    fn processes(&mut self) {
        let written = &self.policy.written;
        let steps: Vec<&StepPlan> = self.judged.plans.iter().flat_map(BuildPlan::steps).collect();
        for step in steps {
            let Action::Run(run) = &step.action else { continue };
            let network = self.network(run.network);
            if let Some(allowed) =
                written.network.as_ref().filter(|allowed| !allowed.values.contains(&network))
            {
                let message = format!("the policy does not allow the network `{}` for a step", word(network));
                let help = format!("say `network: {}`", listed(allowed, |network| word(*network)));
                self.breach(step.span, message, allowed.span, help);
            }
            let security = if run.process.insecure { Security::Insecure } else { Security::Sandbox };
            if let Some(allowed) =
                written.security.as_ref().filter(|allowed| !allowed.values.contains(&security))
            {
                let name = if run.process.insecure { "insecure" } else { "sandbox" };
                let message = format!("the policy does not allow `security: {name}`");
                self.breach(step.span, message, allowed.span, "do without it".to_owned());
            }
        }
    }

    /// The network that a step comes to have.
    fn network(&self, said: Option<Network>) -> Network {
        match (said, self.judged.opts.network) {
            (Some(said @ (Network::None | Network::Host)), _) => said,
            (_, NetworkMode::Sandbox) => Network::Default,
            (_, NetworkMode::None) => Network::None,
            (_, NetworkMode::Host) => Network::Host,
        }
    }

    fn required(&mut self) {
        let Some(required) = &self.policy.written.require else { return };
        let target = self.judged.selections.first().and_then(Selection::target);
        let Some((name, entry)) =
            target.and_then(|target| self.judged.core.spec().stages.get_index(target.index))
        else {
            return;
        };
        let (span, stage) = (entry.key_span, &entry.value);
        // One that a policy has put there stands in the policy's own file.
        let is_own = |file: FileId| self.judged.files.get(file).is_some_and(SpecFile::has_steps);
        let is_verified = stage.verify.as_ref().is_some_and(|verify| is_own(verify.span.file));
        for (what, is_there, help) in [
            (Required::Verify, is_verified, "say what must hold of the image: `verify: {require: [/app]}`"),
            (Required::Scan, stage.scan.is_some(), "say what looks at the image: `scan: {image: SCANNER}`"),
        ] {
            if required.values.contains(&what) && !is_there {
                let word = if what == Required::Verify { "verify" } else { "scan" };
                let message = format!("the policy asks for `{word}`, and the stage `{name}` has none");
                self.breach(span, message, required.span, help.to_owned());
            }
        }
    }
}

/// Something that is not as a policy has it.
pub(super) fn breach(span: Span, message: String, rule: Span, help: String) -> Diagnostic {
    Diagnostic::new(span, message).related(rule, "the policy").help(help)
}

/// What is allowed instead, where that is said.
fn allowed<P: Pattern>(allow: Option<&(Vec<P>, Span)>, otherwise: &str) -> String {
    match allow {
        Some((patterns, _)) => {
            format!("it allows {}", one_of(patterns.iter().map(|pattern| pattern.written().0)))
        }
        None => otherwise.to_owned(),
    }
}

fn word(network: Network) -> &'static str {
    match network {
        Network::Default => "default",
        Network::None => "none",
        Network::Host => "host",
    }
}

fn listed<T>(allowed: &OneOrMany<T>, word: impl Fn(&T) -> &'static str) -> String {
    allowed.values.iter().map(word).collect::<Vec<_>>().join("` or `network: ")
}
