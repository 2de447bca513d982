//! Lists of software that tell of more than the image: of the build context, and of stages that only the build needed.
//!
//! A plain `--sbom` is the daemon's affair, which has a scanner look at what a build returns. Where
//! `BUILDKIT_SBOM_SCAN_CONTEXT` or `BUILDKIT_SBOM_SCAN_STAGE` ask for more, the frontend adds the scan to the build: the daemon
//! sees no stages. Without them nothing here costs anything.

mod extras;
mod scanner;

pub use extras::{Extras, extras};
pub use scanner::Scanner;

use std::collections::BTreeMap;

use buildkit_llb::{Definition, Platform};

use crate::gateway::{Attestation, Failure, Gateway, Ref, SolveOptions, caps};
use crate::lower::Lowered;
use crate::opts::FrontendOpts;
use crate::plan::BuildPlan;

/// The kind of statement that scanners make.
const SPDX: &str = "https://spdx.dev/Document";

/// The name of the scan of the image itself; those of extras begin with it and a hyphen.
pub(crate) const CORE: &str = "sbom";

/// The scans of a build.
#[derive(Debug)]
pub(crate) struct Scans {
    scanner: Scanner,
    /// For each of the build's platforms.
    extras: Vec<Extras>,
}

impl Scans {
    /// Looks up the scanner, where a list of software is asked for and tells of more than the image.
    pub(crate) async fn look_up(
        gateway: &Gateway,
        opts: &FrontendOpts,
        extras: Vec<Extras>,
        platform: &Platform,
    ) -> Result<Option<Self>, Failure> {
        let Some(settings) = &opts.attest.sbom else { return Ok(None) };
        if extras.iter().all(Extras::is_empty) {
            return Ok(None);
        }
        gateway
            .ping()
            .await?
            .supports(caps::ATTESTATIONS)
            .map_err(|error| Failure::new(error.to_string()))?;
        let scanner = Scanner::look_up(gateway, settings, opts.image_resolve_mode, platform).await?;
        Ok(Some(Self { scanner, extras }))
    }

    /// The scan of each platform, by the platform's id.
    pub(crate) fn lower(
        &self,
        plans: &[BuildPlan],
        opts: &FrontendOpts,
        lowered: &mut [Lowered],
    ) -> Vec<(String, Definition)> {
        let platforms = plans.iter().zip(lowered).zip(&self.extras);
        let scan = |((plan, lowered), extras): ((&BuildPlan, &mut Lowered), &Extras)| {
            let ignore_cache = plan.stages.iter().any(|stage| opts.no_cache.covers(&stage.name));
            let id = plan.platform.to_string();
            let definition = lowered.scan(&self.scanner, extras, &id, ignore_cache);
            (id, definition)
        };
        platforms.map(scan).collect()
    }
}

/// What is attached to the image of each platform.
pub(crate) async fn solve(
    gateway: &Gateway,
    scans: Vec<(String, Definition)>,
) -> Result<BTreeMap<String, Vec<Attestation>>, Failure> {
    let mut attestations = BTreeMap::new();
    for (platform, definition) in scans {
        let reference = gateway.solve(definition.into_pb(), SolveOptions::default()).await?;
        attestations.insert(platform, vec![attestation(reference)]);
    }
    Ok(attestations)
}

/// What is attached to an image: the statements in a folder that a scanner wrote.
fn attestation(reference: Ref) -> Attestation {
    let metadata = [("reason", "sbom"), ("sbom-core", CORE)];
    let metadata: BTreeMap<String, Vec<u8>> =
        metadata.map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec())).into();
    Attestation { reference, predicate_type: SPDX.to_owned(), metadata }
}
