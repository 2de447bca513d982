//! What lint finds in a Dockerfile: `--call=audit`.

use spec_schema::diagnostic::Faults;

use super::{Answer, sarif};
use crate::audit::{self, Audit, Audited};
use crate::entrypoint::{Entrypoint, MainContext};
use crate::gateway::{BuildResult, Failure, Gateway};
use crate::opts::FrontendOpts;
use crate::report::DOCKERFILE;
use crate::resolve::resolve;
use crate::resolved::Resolved;

/// The form of an answer.
pub(super) type Form = fn(&Audited) -> Answer;

/// As text and JSON.
pub(super) const TOLD: Form = audit::answer;

/// As SARIF.
pub(super) const SARIF: Form = |audited| {
    let Audited { files, findings, faults } = audited;
    sarif::log(&DOCKERFILE, files, findings, faults)
};

/// Audits the Dockerfile of a project, with what can be looked up of its images.
pub(super) async fn audit(
    gateway: &Gateway,
    opts: &FrontendOpts,
    form: Form,
) -> Result<BuildResult, Failure> {
    let entrypoint = Entrypoint::read(gateway, opts).await?;
    let filename = &entrypoint.filename;
    let text = std::str::from_utf8(&entrypoint.spec)
        .map_err(|_| Failure::new(format!("{filename} is not text in UTF-8")))?;
    let daemon = gateway.ping().await?;
    let build = opts.default_platform().or(daemon.default_platform()).cloned().unwrap_or_default();
    let audited = match Audit::of(filename, text, opts, &build) {
        Ok(audit) => look(gateway, opts, &entrypoint, audit).await?,
        Err(audited) => audited,
    };
    let mut result = BuildResult::from(form(&audited));
    let status = if audited.is_good() { "0" } else { "1" };
    result.metadata.insert("result.statuscode".to_owned(), status.into());
    Ok(result)
}

async fn look(
    gateway: &Gateway,
    opts: &FrontendOpts,
    entrypoint: &Entrypoint,
    audit: Audit,
) -> Result<Audited, Failure> {
    // An image that cannot be had is no fault of the Dockerfile: of that one, only its name is known.
    let mut missing = Faults::new();
    let reads_context = audit.reads_context();
    let (known, ignored) = tokio::join!(
        resolve(gateway, opts, entrypoint, audit.selections(), &[], &mut missing),
        entrypoint.ignored(gateway, reads_context),
    );
    let (known, ignored): (Resolved, _) = (known?, ignored?);
    let ignore = (matches!(entrypoint.context, MainContext::Local) && reads_context).then_some(&ignored);
    Ok(audit.look(&known, ignore, opts.check.as_deref()))
}
