//! `BaseImageUnpinned`.

use super::base_image_latest::{images, is_locked};
use crate::lint::image_name::ImageName;
use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "BaseImageUnpinned",
    description: "Images are named with a digest, so that nobody can put another one behind the name",
    costs: "whoever can push the tag decides what is in the image",
    standing: Standing::AskedFor,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (name, span) in images(subject) {
        if ImageName::parse(&name).is_some_and(|image| !image.pinned) && !is_locked(subject, &name) {
            found.add(
                span,
                format!("`{name}` has no digest"),
                format!("write `{name}@sha256:…`, which `docker buildx imagetools inspect {name}` tells"),
            );
        }
    }
}
