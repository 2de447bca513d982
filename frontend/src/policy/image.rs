//! What of an image's config is against a policy.

use spec_schema::diagnostic::Faults;
use spec_schema::policy::Required;
use spec_schema::span::Span;

use super::check::{Judged, breach};
use super::{Label, Policy};
use crate::image_config::ImageConfig;
use crate::result::image;
use crate::select::Selection;

/// Looks at the images of all platforms; what is wrong with several of them is told once.
pub(super) fn check(policy: &Policy, judged: Judged<'_>, faults: &mut Faults) {
    for (plan, selection) in judged.plans.iter().zip(judged.selections) {
        let made = image(plan, judged.resolved, &judged.opts.labels, false);
        let Ok(config) = ImageConfig::parse(&made.config) else { continue };
        let Some(place) = place(judged, selection) else { continue };
        for label in &policy.labels {
            check_label(label, &config, judged, &place, faults);
        }
        check_user(policy, &config, &place, faults);
        check_health(policy, &config, &place, faults);
    }
}

/// The stage that is built: its name, and where that and its user stand.
struct Place {
    name: String,
    span: Span,
    user: Option<Span>,
    labels: Vec<(String, Span)>,
}

fn place(judged: Judged<'_>, selection: &Selection) -> Option<Place> {
    let spec = judged.core.spec();
    let (name, entry) = spec.stages.get_index(selection.target()?.index)?;
    let user = entry.value.user.as_ref().map(|user| user.span);
    let own = entry.value.labels.iter().chain(spec.labels.iter());
    let labels = own.map(|(name, entry)| (name.to_owned(), entry.value.span)).collect();
    Some(Place { name: name.to_owned(), span: entry.key_span, user, labels })
}

fn check_label(label: &Label, config: &ImageConfig, judged: Judged<'_>, place: &Place, faults: &mut Faults) {
    let Label { name, span, written, pattern } = label;
    let stage = &place.name;
    match config.entry("Labels", name) {
        None => {
            let message =
                format!("the policy asks for the label `{name}`, which the image `{stage}` does not have");
            let help = format!("add `labels: {{{name}: …}}`; the value has to match `{written}`");
            faults.push(breach(place.span, message, *span, help));
        }
        Some(value) if !pattern.is_match(value) => {
            // The client's own labels stand in no file.
            let own = place
                .labels
                .iter()
                .find(|(label, _)| label == name && !judged.opts.labels.contains_key(name));
            let message =
                format!("the label `{name}` of the image is `{value}`, which the policy does not allow");
            let help = format!("the value has to match `{written}`");
            faults.push(breach(own.map_or(place.span, |(_, span)| *span), message, *span, help));
        }
        Some(_) => {}
    }
}

fn check_user(policy: &Policy, config: &ImageConfig, place: &Place, faults: &mut Faults) {
    let Some(rule) = &policy.written.user else { return };
    let user = config.text("User").unwrap_or_default();
    let name = user.split_once(':').map_or(user, |(name, _)| name);
    let is_root = matches!(name, "" | "root") || name.parse::<u64>() == Ok(0);
    if is_root {
        let message = format!(
            "the policy asks for a user that is not root, and the image `{}` runs as root",
            place.name
        );
        let help = "add `user: 65532`, or a name that the image or `users` has";
        faults.push(breach(place.user.unwrap_or(place.span), message, rule.span, help.to_owned()));
    }
}

fn check_health(policy: &Policy, config: &ImageConfig, place: &Place, faults: &mut Faults) {
    let Some(required) = &policy.written.require else { return };
    if required.values.contains(&Required::Healthcheck) && !config.is_checked() {
        let message = format!("the policy asks for a health check, and the image `{}` has none", place.name);
        let help = "add `healthcheck: {http: :8080/healthz}`, or a command as its `test`";
        faults.push(breach(place.span, message, required.span, help.to_owned()));
    }
}
