//! What has moved since it was locked, or since its digest was written into the spec.

use std::collections::BTreeMap;

use buildkit_llb::{GitSource, HttpSource, Platform};
use serde_json::{Value, json};
use spec_schema::span::Span;
use tokio::task::JoinSet;

use super::Answer;
use crate::compile::{Compiled, Extent, compile_extent};
use crate::external::{Origin, file_name};
use crate::gateway::{BuildResult, Failure, Gateway, ImageRequest};
use crate::lock::{Claim, Lock, Name, look_up};
use crate::opts::FrontendOpts;
use crate::select::Source;
use crate::table::{row, table};

/// What the answer cannot know.
const NOTE: &str =
    "A newer version behind another tag is not looked for: a daemon cannot list tags, and Renovate can.";

/// Digits of a digest that are shown.
const SHOWN: usize = 12;

/// Something that is said to be of a digest, a commit or a checksum.
struct Entry {
    value: String,
    span: Span,
    platform: Option<Platform>,
    /// What it is now.
    now: Option<Result<String, look_up::Problem>>,
}

impl Entry {
    fn is_outdated(&self) -> bool {
        // Of a commit, the first digits may stand in a spec.
        matches!(&self.now, Some(Ok(now)) if !now.starts_with(&self.value))
    }

    fn failed(&self) -> bool {
        matches!(self.now, Some(Err(_)))
    }
}

/// As a table, as JSON, and by the status: 1 where something has moved or cannot be had.
pub(super) async fn outdated(gateway: &Gateway, opts: &FrontendOpts) -> Result<BuildResult, Failure> {
    let compiled = Box::pin(compile_extent(gateway, opts, Extent::AllLocked)).await?;
    let mut entries = entries(&compiled);
    look(gateway, &mut entries).await?;
    let bad = entries.values().any(|entry| entry.is_outdated() || entry.failed());
    let mut result = BuildResult::from(Answer::new(&told(&compiled, &entries), written(&compiled, &entries)));
    result.metadata.insert("result.statuscode".to_owned(), if bad { "1" } else { "0" }.into());
    Ok(result)
}

/// What the lock file and the spec say.
fn entries(compiled: &Compiled) -> BTreeMap<Name, Entry> {
    let claims = Claim::all(&compiled.selections, &compiled.plans);
    let lock = compiled.request.lock.as_deref();
    let mut entries = BTreeMap::new();
    for (name, pin) in lock.into_iter().flat_map(Lock::pins) {
        let entry = Entry { value: pin.value.clone(), span: pin.span, platform: None, now: None };
        entries.insert(name.clone(), entry);
    }
    for claim in &claims {
        let Some((name, pinned)) = claim.name() else { continue };
        if let (Some(value), false) = (pinned, lock.is_some_and(|lock| lock.made(&claim.source).is_some())) {
            let entry = || Entry { value: value.to_owned(), span: claim.span, platform: None, now: None };
            entries.entry(name.clone()).or_insert_with(entry);
        }
        if let (Some(entry), Source::Image(key)) = (entries.get_mut(&name), &claim.source) {
            entry.platform.get_or_insert_with(|| key.platform.clone());
        }
    }
    entries
}

/// Asks what all of it is now, at the same time.
async fn look(gateway: &Gateway, entries: &mut BTreeMap<Name, Entry>) -> Result<(), Failure> {
    let mut images = JoinSet::new();
    let mut origins = BTreeMap::new();
    for (name, entry) in &*entries {
        let origin = match name {
            Name::Image(reference) => {
                let request = ImageRequest {
                    log_name: format!("[internal] look up {}", reference.familiar_tagged()),
                    reference: reference.to_string(),
                    platform: entry.platform.as_ref().map(Platform::to_pb),
                    ..ImageRequest::default()
                };
                let (gateway, name) = (gateway.clone(), name.clone());
                images.spawn_local(async move { (name, look_up::digest(&gateway, request).await) });
                continue;
            }
            Name::Git(url, reference) => {
                Origin::Git(GitSource { reference: reference.clone(), ..GitSource::new(url) })
            }
            Name::Http(url) => {
                Origin::Http(HttpSource { filename: Some(file_name(url)), ..HttpSource::new(url) })
            }
        };
        origins.insert(name.clone(), (origin, entry.span));
    }
    let (images, files) = tokio::join!(images.join_all(), look_up::files(gateway, origins));
    let files = files?.into_iter().map(|(name, _, outcome)| (name, outcome));
    for (name, outcome) in images.into_iter().chain(files) {
        if let Some(entry) = entries.get_mut(&name) {
            entry.now = Some(outcome);
        }
    }
    Ok(())
}

fn told(compiled: &Compiled, entries: &BTreeMap<Name, Entry>) -> Value {
    let entries: Vec<Value> = entries
        .iter()
        .map(|(name, entry)| {
            let mut told = json!({
                "kind": name.kind(),
                "name": name.key(),
                "locked": entry.value,
                "outdated": entry.is_outdated(),
                "location": place(compiled, entry.span),
            });
            match &entry.now {
                Some(Ok(now)) => told["now"] = json!(now),
                Some(Err(problem)) => told["error"] = json!(problem.why),
                None => {}
            }
            told
        })
        .collect();
    json!({ "entries": entries })
}

fn written(compiled: &Compiled, entries: &BTreeMap<Name, Entry>) -> String {
    if entries.is_empty() {
        return "The spec has no lock file, and says of nothing which digest, commit or checksum it has.\n"
            .to_owned();
    }
    let mut rows = vec![row(&["NAME", "LOCKED", "NOW", "", "WHERE"])];
    for (name, entry) in entries {
        let (now, state) = match &entry.now {
            Some(Ok(now)) if entry.is_outdated() => (short(now), "outdated"),
            Some(Ok(_)) => (String::new(), ""),
            Some(Err(problem)) => (problem.why.lines().next().unwrap_or_default().to_owned(), "failed"),
            None => (String::new(), "not looked up"),
        };
        rows.push(row(&[&name.key(), &short(&entry.value), &now, state, &place(compiled, entry.span)]));
    }
    format!("{}\n{NOTE}\n", table(&rows, 2))
}

/// As many digits as people compare.
fn short(value: &str) -> String {
    let digits = value.strip_prefix("sha256:").unwrap_or(value);
    digits.chars().take(SHOWN).collect()
}

fn place(compiled: &Compiled, span: Span) -> String {
    let (line, _) = compiled.files.lines(span);
    compiled.files.get(span.file).map(|file| format!("{}:{line}", file.name)).unwrap_or_default()
}
