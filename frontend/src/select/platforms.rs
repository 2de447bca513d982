//! The platforms to build for.

use buildkit_llb::{Platform, PlatformError};
use spec_schema::Spec;
use spec_schema::diagnostic::{Diagnostic, Faults};

use crate::opts::FrontendOpts;

/// The platforms of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platforms {
    /// Each once; never empty.
    pub list: Vec<Platform>,
    /// Whether the client or the spec names them, and not the builder.
    pub explicit: bool,
    /// Whether the result is one for each platform, even where that is one alone.
    pub map: bool,
}

/// The client's platforms, else the spec's, else the builder's own.
pub fn platforms(spec: &Spec, opts: &FrontendOpts, build: &Platform, faults: &mut Faults) -> Platforms {
    let mut listed: Vec<Platform> = Vec::new();
    for written in spec.platforms.iter() {
        match Platform::parse(written) {
            Ok(platform) if listed.contains(&platform) => {}
            Ok(platform) => listed.push(platform),
            Err(error) => {
                let message = match error {
                    PlatformError::Empty => "this platform is empty".to_owned(),
                    error => format!("`{}` is not a platform: {error}", written.value),
                };
                let fault = Diagnostic::new(written.span, message);
                faults.push(fault.help("write platforms such as `linux/amd64` and `linux/arm64`"));
            }
        }
    }
    let list =
        if opts.platforms.is_empty() && !listed.is_empty() { listed } else { opts.target_platforms(build) };
    let explicit = !opts.platforms.is_empty() || !spec.platforms.is_empty();
    let map = opts.multi_platform || list.len() > 1;
    Platforms { list, explicit, map }
}
