//! The program that lists the software in a file system: an image that follows `BuildKit`'s protocol for scanners.

use std::collections::BTreeMap;

use buildkit_llb::Platform;

use crate::gateway::{Failure, Gateway, ImageRequest};
use crate::image_config::ImageConfig;
use crate::image_ref::ImageRef;
use crate::opts::ResolveMode;
use crate::scope::Env;

/// The setting of `--sbom` that names the scanner.
const GENERATOR: &str = "generator";

/// The scanner that the daemon uses where the client names none.
const DEFAULT_GENERATOR: &str = "docker/buildkit-syft-scanner:stable-1";

/// A scanner, as it was looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct Scanner {
    /// Its reference, as it is shown.
    pub name: String,
    /// Its reference with the digest.
    pub reference: String,
    /// What it runs on.
    pub platform: Platform,
    /// Program and arguments.
    pub args: Vec<String>,
    /// Its own variables.
    pub env: Env,
    /// Its working directory.
    pub workdir: String,
    /// The client's settings for it.
    pub settings: BTreeMap<String, String>,
}

impl Scanner {
    /// Looks up the scanner that `--sbom` names, to run on `platform`.
    pub(crate) async fn look_up(
        gateway: &Gateway,
        settings: &BTreeMap<String, String>,
        mode: ResolveMode,
        platform: &Platform,
    ) -> Result<Self, Failure> {
        let mut settings = settings.clone();
        let generator = settings.remove(GENERATOR).unwrap_or_else(|| DEFAULT_GENERATOR.to_owned());
        let fails =
            |why: &str| Failure::new(format!("the scanner {generator} of `--sbom` cannot be used: {why}"));
        let name = ImageRef::parse(&generator).map_err(fails)?.to_string();
        let request = ImageRequest {
            log_name: format!("[internal] load metadata for {name}"),
            reference: name.clone(),
            platform: Some(platform.to_pb()),
            resolve_mode: mode,
            layout: None,
        };
        let image = gateway.resolve_image(request).await;
        let image =
            image.map_err(|error| error.context(&format!("the scanner {name} of `--sbom` cannot be had")))?;
        let config = ImageConfig::parse(&image.config).map_err(|error| fails(&error.to_string()))?;
        let args = [config.texts("Entrypoint"), config.texts("Cmd")].concat();
        if args.is_empty() {
            return Err(fails("it has neither entrypoint nor cmd"));
        }
        let workdir = config.text("WorkingDir").unwrap_or("/").to_owned();
        let (reference, platform) = (image.pinned(), platform.clone());
        Ok(Self { name, reference, platform, args, env: config.env(), workdir, settings })
    }
}
