//! The bytes of ops: in the order of the daemon's encoder, with the numbers that it expects.

use crate::common::{entries, exec, image, tags};
use buildkit_llb::pb::{self, file_action::Action, op::Op};
use buildkit_llb::{
    BindAccess, CacheSharing, ContentCache, Copy, ExecOp, FileOp, GitSource, Graph, HttpSource, ImageSource,
    LocalSource, Mkdir, Mkfile, Mount, MountKind, OciLayoutSource, OpMeta, Output, Owner, OwnerName,
    Permissions, Platform, Remove, SecretFile, SshSocket, Symlink,
};

fn bind(target: &str, source: Option<Output>, access: BindAccess) -> Mount {
    Mount { target: target.to_owned(), kind: MountKind::Bind { source, selector: None, access } }
}

/// The op that made `output`, decoded.
fn op_of(graph: &Graph, output: Option<Output>) -> pb::Op {
    let definition = graph.marshal(output);
    let digest = definition.result_digest().unwrap_or_default().to_owned();
    entries(&definition)
        .into_iter()
        .find(|entry| entry.digest == digest)
        .map(|entry| entry.op)
        .unwrap_or_default()
}

fn exec_of(graph: &Graph, output: Option<Output>) -> (Vec<pb::Input>, pb::ExecOp) {
    let op = op_of(graph, output);
    match op.op {
        Some(Op::Exec(exec)) => (op.inputs, exec),
        other => panic!("no exec: {other:?}"),
    }
}

fn actions_of(graph: &Graph, output: Option<Output>) -> (Vec<pb::Input>, Vec<pb::FileAction>) {
    let op = op_of(graph, output);
    match op.op {
        Some(Op::File(file)) => (op.inputs, file.actions),
        other => panic!("no file op: {other:?}"),
    }
}

#[test]
fn the_oneof_comes_last_in_every_kind_of_op() {
    let mut graph = Graph::new();
    let meta = || OpMeta { platform: Some(Platform::default()), ..OpMeta::default() };
    let base = graph.source(ImageSource::new("docker.io/library/alpine:3.20"), meta());
    let run = graph.exec(exec(Some(base), "make"), meta()).root;
    let file = graph.file(FileOp::on(run).copy(Copy::new(Some(base), "/a", "/b")), meta());
    let merged = graph.merge([Some(base), file], meta());
    let diff = graph.diff(Some(base), merged, meta());
    let (inputs, platform, constraints) = (1, 10, 11);
    let found: Vec<Vec<u32>> = entries(&graph.marshal(diff)).iter().map(|entry| tags(&entry.bytes)).collect();
    let expected = [
        vec![platform, constraints, 3],
        vec![inputs, platform, constraints, 2],
        vec![inputs, inputs, constraints, 4],
        vec![inputs, inputs, constraints, 6],
        vec![inputs, inputs, constraints, 7],
        vec![inputs],
    ];
    assert_eq!(found, expected);
}

#[test]
fn only_images_layouts_and_processes_have_a_platform() {
    let mut graph = Graph::new();
    let meta = || OpMeta { platform: Some(Platform::default()), ..OpMeta::default() };
    let sources = [
        (graph.source(ImageSource::new("docker.io/library/alpine:3.20"), meta()), true),
        (graph.source(OciLayoutSource::new("a@sha256:0", "store"), meta()), true),
        (graph.source(LocalSource::new("context"), meta()), false),
        (graph.source(GitSource::new("https://example.com/r"), meta()), false),
        (graph.source(HttpSource::new("https://example.com/f"), meta()), false),
    ];
    for (source, expected) in sources {
        assert_eq!(op_of(&graph, Some(source)).platform.is_some(), expected);
    }
    let plain = graph.exec(exec(None, "true"), OpMeta::default()).root;
    assert_eq!(op_of(&graph, plain).platform, None, "the daemon's own");
}

#[test]
fn outputs_are_counted_along_the_mounts() {
    let mut graph = Graph::new();
    let base = image(&mut graph, "a");
    let mounts = vec![
        bind("/z", Some(base), BindAccess::Output),
        bind("/m", Some(base), BindAccess::ReadOnly),
        bind("/n", None, BindAccess::ReadWrite),
        bind("/b", None, BindAccess::Output),
    ];
    let outputs = graph.exec(ExecOp { mounts, ..exec(Some(base), "make") }, OpMeta::default());
    let (inputs, op) = exec_of(&graph, outputs.root);
    let found: Vec<_> =
        op.mounts.iter().map(|mount| (mount.dest.as_str(), mount.input, mount.output)).collect();
    assert_eq!(found, [("/", 0, 0), ("/b", -1, 1), ("/m", 0, -1), ("/n", -1, -1), ("/z", 0, 2)]);
    assert_eq!(inputs.len(), 1, "equal inputs are listed once");
    let index =
        |output: Option<Output>| graph.marshal(output).as_pb().def.last().map(|bytes| tags(bytes).len());
    assert_eq!(outputs.mounts.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, false, true]);
    assert_eq!(index(outputs.mounts[0]), Some(1));
    let result = |output| {
        entries(&graph.marshal(output))
            .pop()
            .and_then(|entry| entry.op.inputs.first().map(|input| input.index))
    };
    assert_eq!(
        (result(outputs.root), result(outputs.mounts[3]), result(outputs.mounts[0])),
        (Some(0), Some(1), Some(2))
    );
}

#[test]
fn a_read_only_root_is_no_output() {
    let mut graph = Graph::new();
    let base = image(&mut graph, "a");
    let mounts = vec![bind("/out", None, BindAccess::Output)];
    let op = ExecOp { root_readonly: true, mounts, ..exec(Some(base), "make") };
    let outputs = graph.exec(op, OpMeta::default());
    assert_eq!(outputs.root, None);
    let (_, op) = exec_of(&graph, outputs.mounts[0]);
    let found: Vec<_> = op.mounts.iter().map(|mount| (mount.readonly, mount.output)).collect();
    assert_eq!(found, [(true, -1), (false, 0)]);
}

#[test]
fn equal_ops_are_one_input_whichever_call_made_them() {
    let mut graph = Graph::new();
    let (first, second) = (image(&mut graph, "a"), image(&mut graph, "a"));
    assert_ne!(first, second);
    let mounts = vec![bind("/m", Some(second), BindAccess::ReadOnly)];
    let root = graph.exec(ExecOp { mounts, ..exec(Some(first), "make") }, OpMeta::default()).root;
    let (inputs, op) = exec_of(&graph, root);
    assert_eq!(inputs.len(), 1);
    assert_eq!(op.mounts[1].input, 0);
    let outputs = graph.exec(
        ExecOp { mounts: vec![bind("/out", None, BindAccess::Output)], ..exec(None, "two") },
        OpMeta::default(),
    );
    let file = FileOp::on(outputs.root).copy(Copy::new(outputs.mounts[0], "/", "/"));
    let copied = graph.file(file, OpMeta::default());
    let (inputs, _) = actions_of(&graph, copied);
    assert_eq!(
        inputs.iter().map(|input| input.index).collect::<Vec<_>>(),
        [0, 1],
        "two outputs of an op are two inputs"
    );
}

#[test]
fn every_kind_of_mount() {
    let mut graph = Graph::new();
    let base = image(&mut graph, "a");
    let cache = MountKind::Cache {
        id: "id".to_owned(),
        sharing: CacheSharing::Locked,
        source: Some(base),
        selector: Some("/sub".to_owned()),
        readonly: false,
    };
    let secret = SecretFile { id: "s".to_owned(), uid: 1, gid: 2, mode: 0o400, optional: true };
    let ssh = SshSocket { id: "default".to_owned(), uid: 3, gid: 4, mode: 0o600, optional: false };
    let mount = |target: &str, kind| Mount { target: target.to_owned(), kind };
    let mounts = vec![
        mount(
            "/1",
            MountKind::Bind {
                source: Some(base),
                selector: Some("/x".to_owned()),
                access: BindAccess::ReadOnly,
            },
        ),
        mount("/2", cache),
        mount("/3", MountKind::Tmpfs { size: Some(64) }),
        mount("/4", MountKind::Secret(secret)),
        mount("/5", MountKind::Ssh(ssh)),
    ];
    let content_cache = vec![("/1".to_owned(), ContentCache::Off)];
    let root = graph.exec(ExecOp { mounts, content_cache, ..exec(None, "make") }, OpMeta::default()).root;
    let (_, op) = exec_of(&graph, root);
    let none = || pb::Mount { input: -1, output: -1, ..pb::Mount::default() };
    let expected = [
        pb::Mount { dest: "/".into(), output: 0, ..none() },
        pb::Mount {
            dest: "/1".into(),
            input: 0,
            selector: "/x".into(),
            readonly: true,
            content_cache: 2,
            ..none()
        },
        pb::Mount {
            dest: "/2".into(),
            input: 0,
            selector: "/sub".into(),
            mount_type: 3,
            cache_opt: Some(pb::CacheOpt { id: "id".into(), sharing: 2 }),
            ..none()
        },
        pb::Mount { dest: "/3".into(), mount_type: 4, tmpfs_opt: Some(pb::TmpfsOpt { size: 64 }), ..none() },
        pb::Mount {
            dest: "/4".into(),
            mount_type: 1,
            secret_opt: Some(pb::SecretOpt { id: "s".into(), uid: 1, gid: 2, mode: 0o400, optional: true }),
            ..none()
        },
        pb::Mount {
            dest: "/5".into(),
            mount_type: 2,
            ssh_opt: Some(pb::SshOpt { id: "default".into(), uid: 3, gid: 4, mode: 0o600, optional: false }),
            ..none()
        },
    ];
    assert_eq!(op.mounts, expected);
}

#[test]
fn actions_are_a_chain() {
    let mut graph = Graph::new();
    let (base, other) = (image(&mut graph, "a"), image(&mut graph, "b"));
    let dir = |path: &str| Mkdir {
        path: path.into(),
        mode: 0o7755,
        make_parents: true,
        owner: None,
        timestamp: None,
    };
    let file = FileOp::on(Some(base))
        .mkdir(dir("/d"))
        .copy(Copy::new(Some(other), "/x", "/d/"))
        .copy(Copy::new(Some(base), "/y", "/d/"))
        .remove(Remove {
            path: "/d/x".into(),
            allow_not_found: true,
            allow_wildcard: false,
            may_follow_symlink: false,
        });
    let changed = graph.file(file, OpMeta::default());
    let (inputs, actions) = actions_of(&graph, changed);
    assert_eq!(inputs.len(), 2);
    let numbers: Vec<_> =
        actions.iter().map(|action| (action.input, action.secondary_input, action.output)).collect();
    assert_eq!(numbers, [(0, -1, -1), (2, 1, -1), (3, 0, -1), (4, -1, 0)]);
    assert!(
        matches!(&actions[0].action, Some(Action::Mkdir(made)) if made.mode == 0o755 && made.timestamp == -1)
    );
    let alone = graph.file(FileOp::on(None).mkdir(dir("/d")).mkdir(dir("/e")), OpMeta::default());
    let (inputs, actions) = actions_of(&graph, alone);
    assert!(inputs.is_empty());
    assert_eq!(
        actions.iter().map(|action| (action.input, action.output)).collect::<Vec<_>>(),
        [(-1, -1), (0, 0)]
    );
    assert_eq!(graph.file(FileOp::on(alone), OpMeta::default()), alone, "no change, no op");
}

#[test]
fn what_is_not_said_stays_as_it_is() {
    let mut graph = Graph::new();
    let changed = graph.file(FileOp::on(None).copy(Copy::new(None, "/a", "/b")), OpMeta::default());
    let (_, actions) = actions_of(&graph, changed);
    let expected = pb::FileActionCopy {
        src: "/a".into(),
        dest: "/b".into(),
        mode: -1,
        timestamp: -1,
        ..Default::default()
    };
    assert_eq!(actions[0].action, Some(Action::Copy(expected)));
}

/// Else the daemon takes the files of another copy for those of this one.
#[test]
fn a_copy_of_all_that_nothing_holds_has_a_name_of_its_own() {
    let mut graph = Graph::new();
    let base = image(&mut graph, "a");
    for (from, src, sent) in [(None, "/", "/."), (Some(base), "/", "/"), (None, "/a", "/a")] {
        let copied = graph.file(FileOp::on(Some(base)).copy(Copy::new(from, src, "/b")), OpMeta::default());
        let (_, actions) = actions_of(&graph, copied);
        assert!(matches!(&actions[0].action, Some(Action::Copy(copy)) if copy.src == sent), "{actions:?}");
    }
}

#[test]
fn every_field_of_a_copy() {
    let mut graph = Graph::new();
    let (base, other) = (image(&mut graph, "a"), image(&mut graph, "b"));
    let owner = Owner {
        user: Some(OwnerName::Name { name: "app".into(), of: Some(other) }),
        group: Some(OwnerName::Id(0)),
    };
    let copy = Copy {
        owner: Some(owner),
        permissions: Some(Permissions::Symbolic("u+x".into())),
        follow_symlink: true,
        dir_copy_contents: true,
        attempt_unpack: true,
        create_dest_path: true,
        allow_wildcard: true,
        allow_empty_wildcard: true,
        always_replace_existing_dest_paths: true,
        include_patterns: vec!["i".into()],
        exclude_patterns: vec!["e".into()],
        required_paths: vec!["r".into()],
        timestamp: Some(0),
        ..Copy::new(Some(base), "/a", "/b/")
    };
    let changed = graph.file(FileOp::on(Some(base)).copy(copy), OpMeta::default());
    let (_, actions) = actions_of(&graph, changed);
    let named = pb::user_opt::User::ByName(pb::NamedUserOpt { name: "app".into(), input: 1 });
    let expected = pb::FileActionCopy {
        src: "/a".into(),
        dest: "/b/".into(),
        owner: Some(pb::ChownOpt {
            user: Some(pb::UserOpt { user: Some(named) }),
            group: Some(pb::UserOpt { user: Some(pb::user_opt::User::ById(0)) }),
        }),
        mode: -1,
        mode_str: "u+x".into(),
        follow_symlink: true,
        dir_copy_contents: true,
        attempt_unpack_docker_compatibility: true,
        create_dest_path: true,
        allow_wildcard: true,
        allow_empty_wildcard: true,
        always_replace_existing_dest_paths: true,
        include_patterns: vec!["i".into()],
        exclude_patterns: vec!["e".into()],
        required_paths: vec!["r".into()],
        timestamp: 0,
    };
    assert_eq!(actions[0].action, Some(Action::Copy(expected)));
}

#[test]
fn files_and_links() {
    let mut graph = Graph::new();
    let owner = || Some(Owner { user: Some(OwnerName::Id(7)), group: None });
    let user = Some(pb::UserOpt { user: Some(pb::user_opt::User::ById(7)) });
    let wire_owner = Some(pb::ChownOpt { user, group: None });
    let file = Mkfile { path: "/f".into(), data: vec![1], mode: 0o644, owner: owner(), timestamp: Some(0) };
    let link = Symlink { target: "f".into(), path: "/l".into(), owner: owner(), timestamp: None };
    let changed = graph.file(FileOp::on(None).mkfile(file).symlink(link), OpMeta::default());
    let (_, actions) = actions_of(&graph, changed);
    let data = vec![1];
    let file = pb::FileActionMkFile {
        path: "/f".into(),
        mode: 0o644,
        data,
        owner: wire_owner.clone(),
        timestamp: 0,
    };
    let link =
        pb::FileActionSymlink { oldpath: "f".into(), newpath: "/l".into(), owner: wire_owner, timestamp: -1 };
    let found: Vec<_> = actions.into_iter().filter_map(|action| action.action).collect();
    assert_eq!(found, [Action::Mkfile(file), Action::Symlink(link)]);
}

#[test]
fn merges_take_layers_by_position() {
    let mut graph = Graph::new();
    let (a, b) = (image(&mut graph, "a"), image(&mut graph, "b"));
    let merged = graph.merge([Some(a), None, Some(b), Some(a)], OpMeta::default());
    let op = op_of(&graph, merged);
    assert_eq!(op.inputs.len(), 3);
    let Some(Op::Merge(merge)) = op.op else { panic!("no merge: {op:?}") };
    assert_eq!(merge.inputs.iter().map(|layer| layer.input).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(graph.merge([None, Some(a)], OpMeta::default()), Some(a));
    assert_eq!(graph.merge([None, None], OpMeta::default()), None);
}

#[test]
fn diffs_against_scratch() {
    let mut graph = Graph::new();
    let (a, b) = (image(&mut graph, "a"), image(&mut graph, "b"));
    assert_eq!(graph.diff(None, Some(b), OpMeta::default()), Some(b));
    assert_eq!(graph.diff(None, None, OpMeta::default()), None);
    for (upper, inputs, expected) in [(Some(b), 2, 1), (Some(a), 2, 1), (None, 1, -1)] {
        let diff = graph.diff(Some(a), upper, OpMeta::default());
        let op = op_of(&graph, diff);
        assert_eq!(op.inputs.len(), inputs);
        let Some(Op::Diff(diff)) = op.op else { panic!("no diff: {op:?}") };
        assert_eq!(diff.lower, Some(pb::LowerDiffInput { input: 0 }));
        assert_eq!(diff.upper, Some(pb::UpperDiffInput { input: expected }));
    }
}
