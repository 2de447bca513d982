//! `BaseImageLatest`.

use crate::expand::CoreAction;
use crate::image_ref::ImageRef;
use crate::lint::image_name::ImageName;
use crate::lint::{Found, Rule, Standing, Subject};
use crate::lock::Name;
use spec_schema::diagnostic::nearest;
use spec_schema::spec::Source;

pub(super) const RULE: Rule = Rule {
    name: "BaseImageLatest",
    description: "Images are named with a version, so that the same spec gives the same image tomorrow",
    costs: "the next build may give another program, with nothing in the repository that says why",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (name, span) in images(subject) {
        let Some(image) = ImageName::parse(&name) else { continue };
        if image.pinned || is_locked(subject, &name) || image.tag.as_deref() != Some("latest") {
            continue;
        }
        let detail = if image.written.ends_with(":latest") {
            format!("`{name}` is another image tomorrow")
        } else {
            format!("`{name}` has no tag, so it is `latest`, which is another image tomorrow")
        };
        let help = "name a version, as in `debian:12-slim`, or a digest";
        // Where images are not looked up, nothing else tells of a stage that is misspelt.
        match nearest(&name, subject.spec().stages.names()) {
            Some(stage) => found.add(span, detail, format!("did you mean the stage `{stage}`? Else {help}")),
            None => found.add(span, detail, help),
        }
    }
}

/// Whether the lock file says which image it is.
pub(super) fn is_locked(subject: &Subject<'_>, name: &str) -> bool {
    ImageRef::parse(name).is_ok_and(|reference| subject.is_locked(&Name::Image(reference)))
}

/// Every image that the spec names, with its place.
pub(super) fn images(subject: &Subject<'_>) -> Vec<(String, spec_schema::span::Span)> {
    let mut images = Vec::new();
    for stage in subject.stages() {
        images.extend(stage.from.clone().map(|from| (from, stage.stage.from.span)));
    }
    for (_, step) in subject.steps() {
        if let CoreAction::Copy(copy) = &step.action {
            let from = copy.from.as_ref();
            images.extend(from.and_then(|from| Some((subject.text(from)?, from.span))));
        }
    }
    images.retain(|(name, _)| !subject.is_own(name));
    for (_, entry) in subject.spec().sources.iter() {
        if let Source::Image(source) = &entry.value {
            images.extend(subject.text(&source.image).map(|name| (name, source.image.span)));
        }
    }
    images
}
