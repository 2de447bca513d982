//! The platforms to build for.

use buildkit_llb::{Platform, PlatformError};
use spec_schema::Spec;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::Span;

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
    let listed = listed(spec, faults);
    let several = listed.get(1).map(|(_, span)| *span);
    let listed: Vec<Platform> = listed.into_iter().map(|(platform, _)| platform).collect();
    let asks_for_one = opts.multi_platform == Some(false);
    let list = if opts.platforms.is_empty() && !listed.is_empty() {
        if let (Some(second), true) = (several, asks_for_one) {
            let message = "`BUILDKIT_MULTI_PLATFORM` is false, and this is a second platform";
            let help = format!("choose one with `--platform {}`, or leave that build arg out", listed[0]);
            faults.push(Diagnostic::new(second, message).help(help));
        }
        listed
    } else {
        opts.target_platforms(build)
    };
    let explicit = !opts.platforms.is_empty() || !spec.platforms.is_empty();
    let map = opts.multi_platform == Some(true) || list.len() > 1;
    Platforms { list, explicit, map }
}

/// The spec's platforms, each once, with their places.
fn listed(spec: &Spec, faults: &mut Faults) -> Vec<(Platform, Span)> {
    let mut listed: Vec<(Platform, Span)> = Vec::new();
    for written in spec.platforms.iter() {
        match Platform::parse(written) {
            Ok(platform) if listed.iter().any(|(known, _)| *known == platform) => {}
            Ok(platform) => listed.push((platform, written.span)),
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
    listed
}
