//! The images that stages start from or copy from.

use std::collections::{BTreeMap, BTreeSet};

use buildkit_llb::Platform;
use spec_schema::diagnostic::{Diagnostic, Faults, nearest, one_of};
use spec_schema::span::Span;

use crate::external::given_as;
use crate::gateway::{ClientStore, Gateway, GatewayError, ImageRequest};
use crate::image_config::ImageConfig;
use crate::opts::FrontendOpts;
use crate::plain_words::plain;
use crate::resolved::BaseImage;
use crate::select::{Deciding, ImageKey, Selection, Source};

/// Looks up every image that the selections name, each once, all at the same time.
///
/// An image that cannot be had is a fault at the first place that names it. What an image is compared with may not be there yet.
pub(super) async fn images(
    gateway: &Gateway,
    opts: &FrontendOpts,
    selections: &[Selection],
    names: &[&str],
    faults: &mut Faults,
) -> BTreeMap<ImageKey, BaseImage> {
    let needed = wanted(selections.iter().flat_map(Selection::images));
    let mut wanted = wanted(selections.iter().filter_map(Selection::published_image));
    wanted.extend(needed.clone());
    let several = selections.len() > 1;
    let mut lookups = tokio::task::JoinSet::new();
    for key in wanted.keys() {
        lookups.spawn_local(lookup(gateway.clone(), key.clone(), request(opts, key, several)));
    }
    let mut images = BTreeMap::new();
    let mut failed = Vec::new();
    while let Some(finished) = lookups.join_next().await {
        let Ok((key, found)) = finished else { continue };
        match found {
            Ok(image) => {
                images.insert(key, image);
            }
            Err(why) => failed.push((key, why)),
        }
    }
    for (key, why) in failed {
        let is_needed = needed.contains_key(&key);
        if !is_needed && (is_unknown(&key, &why) || is_missing_platform(&why)) {
            continue;
        }
        let span = wanted.get(&key).copied().unwrap_or_default();
        let platforms =
            if is_missing_platform(&why) { platforms(gateway, opts, &key).await } else { Vec::new() };
        let fault = not_found(&key, &shown(&key, selections, span), &why, &platforms, names, span);
        let fault = if is_unknown(&key, &why) { decided(fault, &key, selections) } else { fault };
        let fault = if is_needed { locked(&key, fault, &why, selections) } else { uncompared(&key, fault) };
        faults.push(fault);
    }
    images
}

/// Platforms that images are made for, which are asked for one by one: the daemon does not hand out the list that an image
/// has.
const COMMON_PLATFORMS: [&str; 10] = [
    "linux/amd64",
    "linux/arm64",
    "linux/arm/v7",
    "linux/arm/v6",
    "linux/386",
    "linux/ppc64le",
    "linux/s390x",
    "linux/riscv64",
    "linux/loong64",
    "windows/amd64",
];

/// The platforms that an image is there for, so that a message can list them.
async fn platforms(gateway: &Gateway, opts: &FrontendOpts, key: &ImageKey) -> Vec<String> {
    let mut lookups = tokio::task::JoinSet::new();
    for platform in COMMON_PLATFORMS.iter().filter_map(|text| Platform::parse(text).ok()) {
        let key = ImageKey { platform, ..key.clone() };
        lookups.spawn_local(lookup(gateway.clone(), key.clone(), request(opts, &key, true)));
    }
    let mut found = BTreeSet::new();
    while let Some(finished) = lookups.join_next().await {
        // The daemon takes a related platform where there is no better one: what counts is what the image says it is.
        let config = finished.ok().and_then(|(_, image)| image.ok());
        found.extend(config.and_then(|image| image.config.platform()).map(|platform| platform.to_string()));
    }
    found.into_iter().collect()
}

fn wanted<'k>(images: impl Iterator<Item = (&'k ImageKey, Span)>) -> BTreeMap<ImageKey, Span> {
    let mut wanted = BTreeMap::new();
    for (key, span) in images {
        wanted.entry(key.clone()).or_insert(span);
    }
    wanted
}

type Found = Result<BaseImage, String>;

fn request(opts: &FrontendOpts, key: &ImageKey, several: bool) -> ImageRequest {
    let reference = key.reference.to_string();
    let platform = if several { format!("{} ", key.platform) } else { String::new() };
    ImageRequest {
        log_name: format!("[{platform}internal] load metadata for {reference}"),
        reference,
        layout: key.store.clone().map(|store| ClientStore { session: opts.session_id.clone(), store }),
        platform: Some(key.platform.to_pb()),
        resolve_mode: opts.image_resolve_mode,
    }
}

async fn lookup(gateway: Gateway, key: ImageKey, request: ImageRequest) -> (ImageKey, Found) {
    let found = match gateway.resolve_image(request).await {
        Ok(image) => ImageConfig::parse(&image.config)
            .map(|config| BaseImage { reference: image.pinned(), config })
            .map_err(|error| error.to_string()),
        Err(error) => Err(words(&error)),
    };
    (key, found)
}

fn words(error: &GatewayError) -> String {
    let message = error.message();
    // The daemon repeats the reference that the fault names already.
    message.trim().to_owned()
}

/// What a message calls an image: its name, and that of the named context where the client has put it into the spec.
fn shown(key: &ImageKey, selections: &[Selection], span: Span) -> String {
    let source = Source::Image(Box::new(key.clone()));
    let given = selections.iter().find_map(|selection| selection.given_at(&source, span));
    format!("the image {}{}", key.reference, given_as(given))
}

fn not_found(
    key: &ImageKey,
    shown: &str,
    why: &str,
    platforms: &[String],
    names: &[&str],
    span: Span,
) -> Diagnostic {
    let ImageKey { reference, platform, .. } = key;
    let name = reference.to_string();
    let short = name.trim_start_matches("docker.io/library/").trim_end_matches(":latest");
    if is_missing_platform(why) {
        let fault = Diagnostic::new(span, format!("{shown} is not there for {platform}"));
        let help = (!platforms.is_empty()).then(|| format!("it is there for {}", platforms.join(", ")));
        return fault.help_opt(help);
    }
    let plain = plain(why);
    let told = plain.as_ref().map_or(why, |plain| plain.why.as_str());
    let told = if is_unknown(key, told) { "there is no such image" } else { told };
    let message = format!("{shown} cannot be had: {told}");
    let is_number = !short.is_empty() && short.bytes().all(|byte| byte.is_ascii_digit());
    let help = if is_number {
        Some(format!("stages have names here and no numbers: {}", one_of(names.iter().copied().take(10))))
    } else {
        nearest(short, names.iter().copied()).map(|name| format!("did you mean `{name}`?"))
    };
    let host = name.split('/').next().unwrap_or_default();
    Diagnostic::new(span, message).help_opt(help.or_else(|| registry_help(host, why)))
}

/// The same fault where the lock file stands for it: its digest is no longer there, or never was.
fn locked(key: &ImageKey, fault: Diagnostic, why: &str, selections: &[Selection]) -> Diagnostic {
    let lock = selections.first().and_then(Selection::lock);
    let source = Source::Image(Box::new(key.clone()));
    let Some((lock, (name, pin))) = lock.and_then(|lock| Some((lock, lock.made(&source)?))) else {
        return fault;
    };
    let help = format!("write the lock file again: `{}`", lock.command());
    if is_missing_platform(why) {
        return Diagnostic { help: fault.help.or(Some(help)), ..fault }
            .related(pin.span, "it is locked to this digest");
    }
    if !why.contains("not found") {
        return fault;
    }
    let message = format!("{} is locked to a digest that its registry does not have", name.shown());
    Diagnostic::new(pin.span, message).related(fault.span, "the spec names it here").help(help)
}

/// The fault of an image that is only compared with: where its registry does not say whether it is there, the client can.
fn uncompared(key: &ImageKey, fault: Diagnostic) -> Diagnostic {
    let name = key.reference.familiar();
    let without = format!("`--build-context {name}=docker-image://scratch` builds without comparing");
    let help = match &fault.help {
        Some(help) => format!("{help}; {without}"),
        None => without,
    };
    fault.help(help)
}

/// Whether there is no image of that name.
fn is_unknown(key: &ImageKey, why: &str) -> bool {
    why == format!("{}: not found", key.reference)
}

/// The fault, at the arg that names an image that is not there.
fn decided(fault: Diagnostic, key: &ImageKey, selections: &[Selection]) -> Diagnostic {
    let mut deciding = selections.iter().flat_map(Selection::deciding).filter(|(image, ..)| *image == key);
    let Some((_, deciding, value)) = deciding.next() else { return fault };
    let Deciding { arg, span } = deciding;
    let note = format!("the image is named here, and `{arg}` is `{value}`");
    let help = format!(
        "say another release: `--build-arg {arg}=…`, or `with: {{{}: …}}` for a preset",
        arg.to_lowercase()
    );
    Diagnostic { span: *span, related: vec![(fault.span, note)], ..fault }.help(help)
}

/// What to do about a registry, by what the daemon says of it.
fn registry_help(host: &str, why: &str) -> Option<String> {
    let says = |words: &[&str]| words.iter().any(|words| why.contains(words));
    if says(&["401 Unauthorized", "403 Forbidden", "pull access denied", "authorization failed"]) {
        return Some(format!("check the name; a private image needs `docker login {host}`"));
    }
    if says(&["429 Too Many Requests"]) {
        return Some(format!(
            "wait a while; many registries let those who are known fetch more: `docker login {host}`"
        ));
    }
    if says(&["encountered unknown type", "invalid character"]) {
        return Some(format!("{host} does not answer as a registry does"));
    }
    None
}

fn is_missing_platform(why: &str) -> bool {
    why.contains("no match for platform") || why.contains("does not match the specified platform")
}
