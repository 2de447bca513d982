//! Definitions as a whole: what is in them, what is said about it, and how they are taken in again.

use std::collections::BTreeMap;

use crate::common::{digest, entries, exec, image};
use buildkit_llb::pb;
use buildkit_llb::{
    Copy, Definition, ExecOp, FileOp, Graph, ImageSource, LocalSource, Location, Mkdir, Mount, MountKind,
    OpId, OpMeta, Permissions, Remove, SourceFile, Ulimit, caps,
};
use prost::Message as _;

fn file(name: &str) -> SourceFile {
    SourceFile::new(name, b"one\ntwo\n".to_vec(), "YAML")
}

fn located(name: &str, location: Location) -> OpMeta {
    OpMeta { location: Some(location), ..OpMeta::named(name) }
}

#[test]
fn scratch_has_no_entries() {
    let definition = Graph::new().marshal(None);
    assert!(definition.is_empty());
    assert_eq!(definition.result_digest(), None);
    assert_eq!(definition.into_pb(), pb::Definition::default());
}

#[test]
fn every_entry_has_a_record() {
    let mut graph = Graph::new();
    let base = graph.source(ImageSource::new("docker.io/library/a:1"), OpMeta::default());
    let run = graph.exec(exec(Some(base), "make"), OpMeta::default()).root;
    let definition = graph.marshal(run);
    let records: Vec<&String> = definition.as_pb().metadata.keys().collect();
    let mut digests: Vec<String> = entries(&definition).into_iter().map(|entry| entry.digest).collect();
    assert_eq!(definition.result_digest(), digests.get(1).map(String::as_str));
    assert_eq!(graph.digest(base.op()), digests.first().map(String::as_str));
    digests.sort();
    assert_eq!(records, digests.iter().collect::<Vec<_>>());
}

#[test]
fn the_last_record_says_what_all_others_need() {
    let mut graph = Graph::new();
    let base = graph.source(ImageSource::new("docker.io/library/a:1"), OpMeta::default());
    let last = |graph: &Graph, output| {
        let definition = graph.marshal(Some(output));
        let digest = definition.as_pb().def.last().map(|bytes| digest(bytes)).unwrap_or_default();
        definition.as_pb().metadata.get(&digest).cloned().unwrap_or_default()
    };
    assert_eq!(last(&graph, base).caps.into_keys().collect::<Vec<_>>(), ["constraints", "platform"]);
    let meta = OpMeta { ignore_cache: true, export_cache: Some(true), ..OpMeta::named("n") };
    let other = graph.source(ImageSource::new("docker.io/library/a:2"), meta);
    let expected = ["constraints", "meta.description", "meta.exportcache", "meta.ignorecache", "platform"];
    assert_eq!(last(&graph, other).caps.into_keys().collect::<Vec<_>>(), expected);
}

#[test]
fn equal_ops_are_one_entry_with_the_lines_of_both() {
    let mut graph = Graph::new();
    let spec = graph.add_source_file(file("build.yaml"));
    let first = graph
        .source(ImageSource::new("docker.io/library/a:1"), located("first", Location::lines(spec, 1, 1)));
    let meta = OpMeta { ignore_cache: true, ..located("second", Location::lines(spec, 2, 2)) };
    let second = graph.source(ImageSource::new("docker.io/library/a:1"), meta);
    // Lines that are the same are not said twice.
    let third = graph
        .source(ImageSource::new("docker.io/library/a:1"), located("third", Location::lines(spec, 1, 1)));
    let one = graph.exec(exec(Some(first), "one"), OpMeta::default()).root;
    let two = graph.exec(exec(Some(second), "two"), OpMeta::default()).root;
    let merged = graph.merge([one, two, Some(third)], OpMeta::default());
    let text = graph.marshal(merged).to_string();
    let line = "op0 source docker-image://docker.io/library/a:1  \"first\"  ignore-cache  build.yaml:1  build.yaml:2";
    assert_eq!(text.lines().next(), Some(line));
    assert_eq!(text.matches("source").count(), 1);
}

#[test]
fn only_files_that_ops_point_at_are_sent() {
    let mut graph = Graph::new();
    let unused = graph.add_source_file(file("unused.yaml"));
    let used = graph.add_source_file(file("used.yaml"));
    assert_eq!(graph.add_source_file(file("used.yaml")), used, "a file is known again");
    let base =
        graph.source(ImageSource::new("docker.io/library/a:1"), located("a", Location::lines(used, 3, 4)));
    graph.source(ImageSource::new("docker.io/library/b:1"), located("b", Location::lines(unused, 1, 1)));
    assert_eq!(graph.location(base.op()), Some(Location::lines(used, 3, 4)));
    let definition = graph.marshal(Some(base)).into_pb();
    let source = definition.source.unwrap();
    assert_eq!(source.infos.iter().map(|info| info.filename.as_str()).collect::<Vec<_>>(), ["used.yaml"]);
    let locations: Vec<_> = source.locations.values().flat_map(|found| &found.locations).collect();
    assert_eq!(locations.len(), 1);
    assert_eq!(locations[0].source_index, 0);
    let plain = graph.source(ImageSource::new("docker.io/library/c:1"), OpMeta::default());
    assert_eq!(graph.marshal(Some(plain)).into_pb().source, None);
}

#[test]
fn imported_bytes_and_records_stay_as_they_are() {
    // An op with a field that this crate does not know, and a record of it.
    let identifier = "docker-image://docker.io/library/new:1".to_owned();
    let source = pb::SourceOp { identifier, ..pb::SourceOp::default() };
    let mut bytes = pb::Op { op: Some(pb::op::Op::Source(source)), ..pb::Op::default() }.encode_to_vec();
    bytes.extend([0xfa, 0x01, 0x01, b'x']);
    let name = digest(&bytes);
    let input = |digest: &str| pb::Input { digest: digest.to_owned(), index: 0 };
    let merge = pb::MergeOp { inputs: vec![pb::MergeInput { input: 0 }, pb::MergeInput { input: 1 }] };
    let merge = pb::Op {
        inputs: vec![input(&name), input(&name)],
        op: Some(pb::op::Op::Merge(merge)),
        ..Default::default()
    };
    let merge = merge.encode_to_vec();
    let terminal = pb::Op { inputs: vec![input(&digest(&merge))], ..pb::Op::default() }.encode_to_vec();
    let record = pb::OpMetadata {
        caps: BTreeMap::from([("mergeop".into(), true), ("new.cap".into(), true)]),
        ..Default::default()
    };
    let position = |line| Some(pb::Position { line, character: 5 });
    let ranges = vec![pb::Range { start: position(2), end: position(3) }, pb::Range::default()];
    let location = pb::Location { source_index: 1, ranges };
    let info = |filename: &str| pb::SourceInfo { filename: filename.into(), ..pb::SourceInfo::default() };
    let foreign = pb::Definition {
        // What uses an op may stand before it.
        def: vec![merge.clone(), bytes.clone(), terminal],
        metadata: BTreeMap::from([(digest(&merge), record.clone())]),
        source: Some(pb::Source {
            locations: BTreeMap::from([(name.clone(), pb::Locations { locations: vec![location.clone()] })]),
            infos: vec![info("other"), info("theirs")],
        }),
    };
    let foreign = Definition::from_bytes(&foreign.encode_to_vec()).unwrap();

    let mut graph = Graph::new();
    let imported = graph.import(&foreign);
    let again = graph.import(&foreign);
    let run = graph.exec(exec(imported, "make"), OpMeta::default()).root;
    let both = graph.merge([run, again], OpMeta::default());
    let definition = graph.marshal(both).into_pb();
    assert_eq!(definition.def[..2], [bytes, merge.clone()]);
    assert_eq!(definition.def.len(), 5, "the same import twice is there once");
    assert_eq!(definition.metadata.get(&digest(&merge)), Some(&record));
    assert_eq!(definition.metadata.get(&name), Some(&pb::OpMetadata::default()));
    let source = definition.source.unwrap();
    assert_eq!(source.infos, [info("theirs")]);
    let expected = pb::Locations { locations: vec![pb::Location { source_index: 0, ..location }] };
    assert_eq!(source.locations.get(&name), Some(&expected));
    let missing = graph.missing_caps(both, |_| Err(None));
    assert!(missing.iter().any(|missing| missing.id == "mergeop"));
}

#[test]
fn scratch_is_imported_as_scratch() {
    let mut graph = Graph::new();
    assert_eq!(graph.import(&Definition::default()), None);
}

#[test]
fn a_definition_survives_import_and_marshal() {
    let mut graph = Graph::new();
    let spec = graph.add_source_file(file("build.yaml"));
    let base =
        graph.source(ImageSource::new("docker.io/library/a:1"), located("base", Location::lines(spec, 1, 1)));
    let context = graph.source(LocalSource::new("context"), OpMeta::named("context"));
    let run = graph.exec(exec(Some(base), "make"), located("make", Location::lines(spec, 2, 2))).root;
    let merged = graph.merge([run, Some(context), Some(base)], OpMeta::default());
    let definition = graph.marshal(merged);
    let mut other = Graph::new();
    let imported = other.import(&definition);
    let back = other.marshal(imported);
    assert_eq!(back.as_pb().metadata, definition.as_pb().metadata);
    assert_eq!(back.as_pb().source, definition.as_pb().source);
    let sorted = |definition: &Definition| {
        let mut def = definition.as_pb().def.clone();
        def.sort();
        def
    };
    assert_eq!(sorted(&back), sorted(&definition));
    assert_eq!(back.result_digest(), definition.result_digest());
}

#[test]
fn missing_capabilities_name_the_first_op_that_needs_them() {
    let mut graph = Graph::new();
    let base = image(&mut graph, "a");
    let limits = vec![Ulimit { name: "nofile".into(), soft: 1, hard: 2 }];
    let tmpfs = vec![Mount { target: "/t".into(), kind: MountKind::Tmpfs { size: Some(1) } }];
    let first = ExecOp { ulimits: limits.clone(), ..exec(Some(base), "one") };
    let first = graph.exec(first, OpMeta::named("one")).root;
    let second = graph
        .exec(ExecOp { ulimits: limits, mounts: tmpfs, ..exec(first, "two") }, OpMeta::named("two"))
        .root;
    let remove =
        Remove { path: "/x*".into(), allow_not_found: true, allow_wildcard: true, may_follow_symlink: true };
    let third = graph.file(FileOp::on(second).remove(remove), OpMeta::named("three"));
    let unused = graph.merge([third, Some(base)], OpMeta::named("unused"));
    assert!(unused.is_some());
    let old = |id: &str| match caps::first_release(id) {
        Some("0.3" | "0.5" | "0.6.1" | "0.7" | "0.8") => Ok(()),
        _ => Err(Some(format!("{id} is off"))),
    };
    let missing = graph.missing_caps(third, old);
    let found: Vec<_> =
        missing.iter().map(|missing| (missing.id, missing.since, missing.name.as_deref())).collect();
    let expected =
        [("exec.meta.ulimit", "0.10", Some("one")), ("exec.mount.tmpfs.size", "0.10", Some("two"))];
    assert_eq!(found, expected);
    assert_eq!(missing[0].reason.as_deref(), Some("exec.meta.ulimit is off"));
    assert_eq!(Some(missing[0].op), first.map(buildkit_llb::Output::op));
    let all = graph.missing_caps(third, |_| Err(None));
    let all: Vec<_> = all.iter().map(|missing| missing.id).collect();
    for id in ["source.image", "exec.meta.base", "exec.mount.tmpfs", "file.base", "file.rm.wildcard"] {
        assert!(all.contains(&id), "{id} may be switched off too");
    }
    assert!(!all.contains(&"mergeop"));
}

#[test]
fn ids_of_another_graph_do_no_harm() {
    let mut large = Graph::new();
    let outputs: Vec<_> = (0..9).map(|number| image(&mut large, &number.to_string())).collect();
    let stray = outputs.last().copied();
    let mut small = Graph::new();
    let spec = small.add_source_file(file("build.yaml"));
    assert!(small.marshal(stray).is_empty());
    assert!(small.missing_caps(stray, |_| Err(None)).is_empty());
    assert_eq!(stray.and_then(|stray| small.digest(stray.op())), None);
    let op = stray.map(buildkit_llb::Output::op);
    assert_eq!(op.and_then(|op: OpId| small.location(op)), None);
    let dir = Mkdir { path: "/d".into(), mode: 0o755, make_parents: true, owner: None, timestamp: None };
    let changed = small.file(FileOp::on(stray).mkdir(dir), OpMeta::default());
    let run = small.exec(exec(stray, "make"), OpMeta::default()).root;
    let merged = small.merge([stray, changed, run], OpMeta::default());
    let diff = small.diff(merged, stray, OpMeta::default());
    assert_eq!(small.diff(stray, diff, OpMeta::default()), diff);
    assert!(!small.marshal(diff).is_empty());
    // A file of another graph is none of this one.
    large.add_source_file(file("a.yaml"));
    let located = Location::lines(large.add_source_file(file("b.yaml")), 1, 1);
    let meta = OpMeta { location: Some(located), ..OpMeta::default() };
    let source = small.source(ImageSource::new("docker.io/library/a:1"), meta);
    assert_eq!(small.marshal(Some(source)).into_pb().source, None);
    assert_ne!(located.file, spec);
}

#[test]
fn a_capability_that_no_daemon_lists_is_neither_asked_for_nor_sent() {
    let mut graph = Graph::new();
    let permissions = Some(Permissions::Symbolic("u+x".into()));
    let copy = Copy { permissions, ..Copy::new(None, "/a", "/b") };
    let copied = graph.file(FileOp::on(None).copy(copy), OpMeta::default());
    let lists = |id: &str| if id == "file.copy.modestring" { Err(None) } else { Ok(()) };
    assert!(graph.missing_caps(copied, lists).is_empty());
    let is_old = |id: &str| if id == "exec.validexitcode" { Err(None) } else { Ok(()) };
    let missing = graph.missing_caps(copied, is_old);
    assert_eq!(missing.iter().map(|missing| missing.id).collect::<Vec<_>>(), ["file.copy.modestring"]);
    assert!(!graph.marshal(copied).to_string().contains("modestring"));
}
