//! Handing build graphs to the daemon.

use buildkit_proto::moby::buildkit::v1::frontend as proto;
use buildkit_proto::pb;

use super::client::Gateway;
use super::daemon::caps;
use super::error::GatewayError;
use crate::opts::CacheImport;

/// The file system that a definition makes, by the daemon's name for it. Valid until we return.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ref(String);

impl Ref {
    /// The empty file system, which the daemon does not keep.
    pub fn scratch() -> Self {
        Self(String::new())
    }

    /// The reference of the daemon's `id`.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The daemon's name; empty for the empty file system.
    pub fn id(&self) -> &str {
        &self.0
    }

    /// Whether this is the empty file system.
    pub fn is_scratch(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_id(self) -> String {
        self.0
    }
}

/// How to solve.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SolveOptions {
    /// Run the steps now, and fail here when one of them fails. Otherwise nothing happens before the
    /// reference is read, evaluated or returned: no step, no transfer, no progress shown.
    pub evaluate: bool,
    /// Where to look for cached results of the steps.
    pub cache_imports: Vec<CacheImport>,
}

impl Gateway {
    /// Registers `definition` and yields a reference to what it makes.
    ///
    /// An empty definition is the empty file system.
    pub async fn solve(
        &self,
        definition: pb::Definition,
        options: SolveOptions,
    ) -> Result<Ref, GatewayError> {
        let evaluate_by_field = options.evaluate && self.ping().await?.supports(caps::SOLVE_EVALUATE).is_ok();
        let request = proto::SolveRequest {
            definition: Some(definition),
            allow_result_return: true,
            allow_result_array_ref: true,
            cache_imports: options.cache_imports.into_iter().map(cache_import).collect(),
            evaluate: evaluate_by_field,
            ..proto::SolveRequest::default()
        };
        let reference = reference(self.call("Solve", &request).await?)?;
        if options.evaluate && !evaluate_by_field {
            self.evaluate(&reference).await?;
        }
        Ok(reference)
    }

    /// Runs the steps behind a reference. Fails when one of them fails.
    pub async fn evaluate(&self, reference: &Ref) -> Result<(), GatewayError> {
        if reference.is_scratch() {
            return Ok(());
        }
        if self.ping().await?.supports(caps::EVALUATE).is_err() {
            // To look at a file, the daemon has to make the file system first.
            return self.stat_file(reference, ".").await.map(|_| ());
        }
        let request = proto::EvaluateRequest { r#ref: reference.id().to_owned() };
        let proto::EvaluateResponse {} = self.call("Evaluate", &request).await?;
        Ok(())
    }
}

fn cache_import(import: CacheImport) -> proto::CacheOptionsEntry {
    proto::CacheOptionsEntry { r#type: import.kind, attrs: import.attrs.into_iter().collect() }
}

/// The reference in a reply, in any of the forms that releases have used.
fn reference(reply: proto::SolveResponse) -> Result<Ref, GatewayError> {
    use proto::result::Result as Wire;
    let unexpected = |what| Err(GatewayError::Unexpected { method: "Solve", what });
    let Some(result) = reply.result else {
        return Ok(Ref(reply.r#ref));
    };
    match result.result {
        Some(Wire::Ref(reference)) => Ok(Ref(reference.id)),
        Some(Wire::RefDeprecated(id)) => Ok(Ref(id)),
        Some(Wire::Refs(_) | Wire::RefsDeprecated(_)) => {
            unexpected("has a result for each platform, where one was asked for")
        }
        None if reply.r#ref.is_empty() => unexpected("has no result"),
        None => Ok(Ref(reply.r#ref)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(result: Option<proto::result::Result>) -> proto::SolveResponse {
        let result = proto::Result { result, ..proto::Result::default() };
        proto::SolveResponse { r#ref: String::new(), result: Some(result) }
    }

    #[test]
    fn every_form_of_a_single_reference_is_understood() {
        use proto::result::Result as Wire;
        let message = proto::Ref { id: "a".to_owned(), def: None };
        let plain = proto::SolveResponse { r#ref: "a".to_owned(), result: None };
        let mut inline = reply(None);
        inline.r#ref = "a".to_owned();
        for reply in
            [reply(Some(Wire::Ref(message))), reply(Some(Wire::RefDeprecated("a".to_owned()))), plain, inline]
        {
            assert_eq!(reference(reply).unwrap(), Ref::new("a"));
        }
    }

    #[test]
    fn an_empty_id_is_the_empty_file_system() {
        let reply = reply(Some(proto::result::Result::Ref(proto::Ref::default())));
        assert!(reference(reply).unwrap().is_scratch());
    }

    #[test]
    fn replies_without_a_single_reference_are_refused() {
        let map = proto::result::Result::Refs(proto::RefMap::default());
        assert_eq!(
            reference(reply(Some(map))).unwrap_err().to_string(),
            "BuildKit's reply to Solve has a result for each platform, where one was asked for"
        );
        assert_eq!(
            reference(reply(None)).unwrap_err().to_string(),
            "BuildKit's reply to Solve has no result"
        );
    }
}
