//! Large graphs: no stack that grows with them, and no more bytes than they need.

use std::time::Instant;

use buildkit_llb::{
    CacheSharing, Copy, Definition, ExecOp, FileOp, Graph, ImageSource, LocalSource, Location, Mount,
    MountKind, OpMeta, Output, Platform, SourceFile, SourceFileId,
};
use prost::Message as _;

use crate::common::exec;

#[test]
fn a_chain_of_a_hundred_thousand_ops() {
    let mut graph = Graph::new();
    let mut root: Option<Output> = None;
    for number in 0..100_000 {
        let op = ExecOp { args: vec![number.to_string()], ..exec(root, "") };
        root = graph.exec(op, OpMeta::default()).root;
    }
    let definition = graph.marshal(root);
    assert_eq!(definition.as_pb().def.len(), 100_001);
    assert!(graph.missing_caps(root, |_| Ok(())).is_empty());
    let mut other = Graph::new();
    let imported = other.import(&definition);
    assert_eq!(other.marshal(imported), definition);
    let definition: Result<Definition, _> = definition.into_pb().try_into();
    assert!(definition.is_ok());
}

const STAGES: u32 = 1000;

/// Stages of seven ops, each with names and lines, and each after the one before.
fn stages() -> (Graph, Option<Output>) {
    let mut graph = Graph::new();
    let spec = graph.add_source_file(SourceFile::new("build.yaml", vec![b'\n'; 20_000], "YAML"));
    let context = LocalSource { session: Some("s".repeat(25)), ..LocalSource::new("context") };
    let context = graph.source(context, OpMeta::named("[internal] load build context"));
    let mut root = None;
    for number in 0..STAGES {
        root = stage(&mut graph, number, spec, context, root);
    }
    (graph, root)
}

fn stage(
    graph: &mut Graph,
    number: u32,
    spec: SourceFileId,
    context: Output,
    before: Option<Output>,
) -> Option<Output> {
    let meta = |step: u32, name: String| {
        let location = Some(Location::lines(spec, number * 10 + step, number * 10 + step));
        OpMeta { location, platform: Some(Platform::default()), ..OpMeta::named(name) }
    };
    let reference = format!("docker.io/library/image-{number}:1@sha256:{number:064x}");
    let image = graph.source(
        ImageSource::new(reference.clone()),
        meta(0, format!("[stage-{number} 1/7] from {reference}")),
    );
    let mut root = Some(image);
    for step in 1..4 {
        let cache = MountKind::Cache {
            id: "/cache".into(),
            sharing: CacheSharing::Shared,
            source: None,
            selector: None,
            readonly: false,
        };
        let op = ExecOp {
            args: vec!["/bin/sh".into(), "-c".into(), format!("make target-{number}-{step}")],
            env: vec![("PATH".into(), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into())],
            cwd: "/src".into(),
            mounts: vec![Mount { target: "/cache".into(), kind: cache }],
            ..exec(root, "")
        };
        root = graph.exec(op, meta(step, format!("[stage-{number} {step}/7] make target"))).root;
    }
    for (step, from) in [(4, Some(context)), (5, before), (6, Some(context))] {
        let copy =
            Copy { create_dest_path: true, ..Copy::new(from, format!("/from-{number}-{step}"), "/src/") };
        root = graph.file(FileOp::on(root).copy(copy), meta(step, format!("[stage-{number} {step}/7] copy")));
    }
    root
}

/// Says how long it takes; `cargo test --release -- --nocapture a_thousand_stages`.
#[test]
fn a_thousand_stages() {
    let start = Instant::now();
    let (graph, root) = stages();
    let added = start.elapsed();
    let start = Instant::now();
    let definition = graph.marshal(root);
    let marshalled = start.elapsed();
    let ops = definition.as_pb().def.len() - 1;
    assert_eq!(ops, 7001);
    // A Dockerfile of the same steps takes 780 bytes an op.
    let whole = definition.as_pb().encoded_len();
    // What is left is the entry that points at the result, and the length of it all.
    assert!((graph.size()..graph.size() + 512).contains(&whole), "{whole} bytes, and {} known", graph.size());
    let bytes = whole / ops;
    assert!(bytes < 780, "{bytes} bytes an op");
    eprintln!("{ops} ops: {added:?} to add, {marshalled:?} to marshal, {bytes} bytes an op");
}
