//! What names stand for now: the daemon is asked.
//!
//! Repositories and downloads are fetched for that, as a build would: daemons before 0.26 tell nothing of them without, and dockerd's own
//! store does not either. What is fetched stays with the daemon, and a build has it at hand.

use std::collections::BTreeMap;

use buildkit_llb::{GitSource, Graph, HttpSource, OpMeta, SourceOp, caps};
use spec_schema::diagnostic::Diagnostic;
use spec_schema::span::Span;
use tokio::task::JoinSet;

use super::{Name, is_commit};
use crate::external::Origin;
use crate::gateway::{Failure, Gateway, GatewayError, ImageRequest, Ref, SolveOptions};
use crate::opts::ResolveMode;
use crate::plain_words::plain;

/// The most bytes of a file that says where a repository is.
const MAX_HEAD: usize = 4096;

/// Why it is not known what a name stands for.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) why: String,
    pub(crate) help: Option<String>,
}

impl Problem {
    /// The fault at the place that names it.
    pub(crate) fn at(self, name: &Name, span: Span) -> Diagnostic {
        Diagnostic::new(span, format!("{} cannot be had: {}", name.shown(), self.why)).help_opt(self.help)
    }
}

impl From<GatewayError> for Problem {
    fn from(error: GatewayError) -> Self {
        let message = error.message();
        match plain(&message) {
            Some(plain) => Self { why: plain.why, help: plain.help },
            None => Self { why: message.trim().to_owned(), help: None },
        }
    }
}

type Outcome = Result<String, Problem>;

/// The commits of repositories and the checksums of downloads, all at the same time; in the order of their names.
pub(crate) async fn files(
    gateway: &Gateway,
    origins: BTreeMap<Name, (Origin, Span)>,
) -> Result<Vec<(Name, Span, Outcome)>, Failure> {
    let skips_submodules = gateway.supports(caps::SOURCE_GIT_SKIP_SUBMODULES.id()).await.is_ok();
    let mut looks = JoinSet::new();
    for (name, (origin, span)) in origins {
        let gateway = gateway.clone();
        looks.spawn_local(async move {
            let outcome = match origin {
                Origin::Git(source) => commit(&gateway, source, skips_submodules).await,
                Origin::Http(source) => checksum(&gateway, source).await,
                Origin::Local(_) | Origin::Input(_) | Origin::Frontend => return None,
            };
            Some((name, span, outcome))
        });
    }
    let mut found: Vec<(Name, Span, Outcome)> = looks.join_all().await.into_iter().flatten().collect();
    found.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    Ok(found)
}

/// The digest of an image in the registry.
pub(crate) async fn digest(gateway: &Gateway, mut request: ImageRequest) -> Outcome {
    request.resolve_mode = ResolveMode::Pull;
    let found = gateway.resolve_image(request).await?;
    found.digest.ok_or_else(|| Problem { why: "it has no digest".to_owned(), help: None })
}

async fn solve(gateway: &Gateway, source: impl Into<SourceOp>, label: String) -> Result<Ref, GatewayError> {
    let mut graph = Graph::new();
    let output = graph.source(source, OpMeta::named(label));
    gateway.solve(graph.marshal(Some(output)).into_pb(), SolveOptions::default()).await
}

/// The commit that a ref is at. With `.git` kept, that is what the work tree was made from.
async fn commit(gateway: &Gateway, source: GitSource, skips_submodules: bool) -> Outcome {
    let reference = source.reference.as_deref().map(|reference| format!("#{reference}")).unwrap_or_default();
    let label = format!("[internal] look up {}{reference}", source.url);
    let whole = GitSource {
        keep_git_dir: true,
        subdir: None,
        checksum: None,
        skip_submodules: skips_submodules,
        commit_time: false,
        ..source
    };
    let tree = solve(gateway, whole, label).await?;
    let mut head = head(gateway, &tree, ".git/HEAD").await?;
    if let Some(branch) = head.strip_prefix("ref: ") {
        head = self::head(gateway, &tree, &format!(".git/{}", branch.trim())).await?;
    }
    if is_commit(&head) {
        return Ok(head);
    }
    Err(Problem { why: "it does not say which commit it is at".to_owned(), help: None })
}

async fn head(gateway: &Gateway, tree: &Ref, path: &str) -> Result<String, GatewayError> {
    let bytes = gateway.read_file(tree, path, MAX_HEAD).await?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// The checksum of a download.
async fn checksum(gateway: &Gateway, source: HttpSource) -> Outcome {
    let path = source.filename.clone().unwrap_or_default();
    let label = format!("[internal] look up {}", source.url);
    let folder = solve(gateway, HttpSource { checksum: None, ..source }, label).await?;
    Ok(gateway.checksum(&folder, &path).await?)
}
