//! Where policies come from: the named context `policy`, and the image that a spec names.

use buildkit_llb::{Definition, Graph, ImageSource, LocalSource, OciLayoutSource, OpMeta, SourceOp};
use buildkit_proto::pb;
use spec_schema::Spec;
use spec_schema::diagnostic::{Diagnostic, Faults};

use super::{CONTEXT, FILE, Policies, read};
use crate::external::{NamedContext, NamedContexts, Origin};
use crate::gateway::{Failure, Gateway, GatewayError, SolveOptions};
use crate::image_ref::ImageRef;
use crate::opts::FrontendOpts;
use crate::parse::MAX_SPEC_BYTES;
use crate::plain_words::plain;
use crate::source::SpecFiles;

/// What the client gives as a policy: its file, by a name for messages; `None` where it gives none.
pub(crate) type Given = Option<(String, Vec<u8>)>;

/// Reads what the client gives. It is on its way at the same time as the spec.
pub(crate) async fn given(gateway: &Gateway, opts: &FrontendOpts) -> Result<Given, Failure> {
    let platform = opts.default_platform().cloned().unwrap_or_default();
    let Some(found) = NamedContexts::of(opts).find(CONTEXT, &platform) else { return Ok(None) };
    let mut file = FILE.to_owned();
    let definition = match found.map_err(Failure::new)? {
        NamedContext::Empty => return Err(nowhere()),
        NamedContext::Image(reference, store) => image(opts, &reference, store),
        NamedContext::Files(origin) => match *origin {
            Origin::Git(source) => one(source, "[internal] load the policy"),
            Origin::Http(source) => {
                file = source.filename.clone().unwrap_or_default();
                one(source, "[internal] load the policy")
            }
            Origin::Local(directory) => {
                let source = LocalSource {
                    session: Some(opts.session_for_local(&directory.local).to_owned()),
                    follow_paths: vec![FILE.to_owned()],
                    shared_key_hint: Some(format!("{CONTEXT}-{}-{FILE}", directory.shared_key)),
                    differ: Some(buildkit_llb::Differ::None),
                    ..LocalSource::new(directory.local)
                };
                one(source, "[internal] load the policy")
            }
            Origin::Input(name) => handed_over(gateway, &name).await?,
            Origin::Frontend => return Err(nowhere()),
        },
    };
    let bytes = fetch(gateway, definition, &file).await.map_err(|error| unloadable(&error))?;
    bytes.map(|bytes| Some((format!("{CONTEXT}/{FILE}"), bytes))).ok_or_else(nowhere)
}

/// Reads the policies that hold for a spec, which become files of it.
pub(crate) async fn load(
    gateway: &Gateway,
    opts: &FrontendOpts,
    given: Given,
    spec: &Spec,
    files: &mut SpecFiles,
    faults: &mut Faults,
) -> Result<Policies, Failure> {
    let own = match &spec.policy {
        None => None,
        Some(text) => match own(gateway, opts, text.as_str()).await {
            Ok(found) => Some(found),
            Err(problem) => {
                faults.push(Diagnostic::new(text.span, problem.message).help(problem.help));
                None
            }
        },
    };
    let all = given.into_iter().chain(own);
    Ok(Policies(all.filter_map(|(name, bytes)| read::read(&name, bytes, files, faults)).collect()))
}

struct Problem {
    message: String,
    help: String,
}

/// The policy in the image that a spec names. Whoever has the spec could move a tag, so only a digest will do.
async fn own(gateway: &Gateway, opts: &FrontendOpts, text: &str) -> Result<(String, Vec<u8>), Problem> {
    let problem = |message: String, help: &str| Problem { message, help: help.to_owned() };
    let name = text.strip_prefix("docker-image://").unwrap_or(text);
    let reference = ImageRef::parse(name).map_err(|why| {
        problem(format!("`{text}` is not an image: {why}"), "a policy is in an image: `IMAGE@sha256:…`")
    })?;
    if !reference.is_pinned() {
        let help = "a tag can be moved: name the image with its digest, `IMAGE@sha256:…`";
        return Err(problem(format!("the policy `{text}` has no digest"), help));
    }
    let found = fetch(gateway, image(opts, &reference, None), FILE).await.map_err(|error| {
        let (why, help) = words(&error);
        problem(
            format!("the policy {text} cannot be had: {why}"),
            help.as_deref().unwrap_or("check the name"),
        )
    })?;
    let bytes = found.ok_or_else(|| {
        problem(format!("there is no {FILE} in the image {text}"), "a policy is `/policy.yaml` in its image")
    })?;
    Ok((format!("{}/{FILE}", name.split_once('@').map_or(name, |(name, _)| name)), bytes))
}

fn image(opts: &FrontendOpts, reference: &ImageRef, store: Option<String>) -> Definition {
    let label = format!("[internal] load the policy {}", reference.familiar());
    let platform = opts.default_platform().cloned();
    let mut graph = Graph::new();
    let meta = OpMeta { platform, ..OpMeta::named(label) };
    let output = match store {
        None => graph.source(ImageSource::new(reference.to_string()), meta),
        Some(store) => {
            let session = Some(opts.session_id.clone());
            graph.source(
                OciLayoutSource { session, ..OciLayoutSource::new(reference.to_string(), store) },
                meta,
            )
        }
    };
    graph.marshal(Some(output))
}

fn one(source: impl Into<SourceOp>, label: &str) -> Definition {
    let mut graph = Graph::new();
    let output = graph.source(source, OpMeta::named(label));
    graph.marshal(Some(output))
}

/// The graph of a linked build.
async fn handed_over(gateway: &Gateway, name: &str) -> Result<Definition, Failure> {
    let inputs = gateway.inputs().await?;
    let input: pb::Definition = inputs.get(name).cloned().ok_or_else(nowhere)?;
    input.try_into().map_err(|_| nowhere())
}

async fn fetch(
    gateway: &Gateway,
    definition: Definition,
    file: &str,
) -> Result<Option<Vec<u8>>, GatewayError> {
    let reference = gateway.solve(definition.into_pb(), SolveOptions::default()).await?;
    gateway.read_file(&reference, file, MAX_SPEC_BYTES).await
}

fn nowhere() -> Failure {
    Failure::new(format!(
        "there is no {FILE} in the named context `{CONTEXT}`\n  help: it holds what all builds have to keep to; \
         without a policy, leave out `--build-context {CONTEXT}=…`"
    ))
}

fn unloadable(error: &GatewayError) -> Failure {
    let (why, help) = words(error);
    let help = help.map(|help| format!("\n  help: {help}")).unwrap_or_default();
    Failure::new(format!("the policy in the named context `{CONTEXT}` cannot be had: {why}{help}"))
}

fn words(error: &GatewayError) -> (String, Option<String>) {
    let message = error.message();
    match plain(&message) {
        Some(plain) => (plain.why, plain.help),
        None => (message.trim().to_owned(), None),
    }
}
