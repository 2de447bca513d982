//! Definitions as text.

use buildkit_llb::pb;
use buildkit_llb::{
    BindAccess, CacheSharing, ContentCache, Copy, Definition, ExecOp, ExtraHost, FileOp, GitSource, Graph,
    HttpSource, ImageSource, LocalSource, Location, Mkdir, Mkfile, Mount, MountKind, NetworkMode, OpMeta,
    Owner, OwnerName, Permissions, Platform, ProgressGroup, ProxyEnv, Remove, SecretEnv, SecretFile,
    SecurityMode, SourceFile, SshSocket, Symlink, Ulimit,
};
use prost::Message as _;

use crate::common::{exec, image};

#[test]
fn a_small_build() {
    let mut graph = Graph::new();
    let spec = graph.add_source_file(SourceFile::new("build.yaml", b"spec".to_vec(), "YAML"));
    let meta = |name: &str, first, last| {
        let location = Some(Location::lines(spec, first, last));
        OpMeta { location, platform: Some(Platform::default()), ..OpMeta::named(name) }
    };
    let base = graph.source(ImageSource::new("docker.io/library/alpine:3.20"), meta("from alpine", 3, 3));
    let context = LocalSource {
        session: Some("s1".into()),
        exclude_patterns: vec![".git".into()],
        ..LocalSource::new("context")
    };
    let context = graph.source(context, OpMeta::named("load context"));
    let copy =
        Copy { dir_copy_contents: true, create_dest_path: true, ..Copy::new(Some(context), "/", "/src/") };
    let copied = graph.file(FileOp::on(Some(base)).copy(copy), meta("copy", 5, 5));
    let cache = MountKind::Cache {
        id: "//c".into(),
        sharing: CacheSharing::Shared,
        source: None,
        selector: None,
        readonly: false,
    };
    let op = ExecOp {
        cwd: "/src".into(),
        mounts: vec![Mount { target: "/c".into(), kind: cache }],
        ..exec(copied, "make")
    };
    let made = graph.exec(op, meta("make", 6, 9)).root;
    insta::assert_snapshot!(graph.marshal(made));
}

#[test]
fn everything_a_process_can_have() {
    let mut graph = Graph::new();
    let base = image(&mut graph, "a");
    let bind = |selector: Option<&str>, access| MountKind::Bind {
        source: Some(base),
        selector: selector.map(str::to_owned),
        access,
    };
    let cache = |source| MountKind::Cache {
        id: "c".into(),
        sharing: CacheSharing::Locked,
        source,
        selector: None,
        readonly: false,
    };
    let secret = SecretFile { id: "s".into(), uid: 1, gid: 2, mode: 0o400, optional: true };
    let ssh = SshSocket { id: "default".into(), uid: 0, gid: 0, mode: 0o600, optional: false };
    let mount = |target: &str, kind| Mount { target: target.to_owned(), kind };
    let op = ExecOp {
        args: vec!["sh".into(), "-c".into(), "a \"b\"\nc".into()],
        env: vec![("A".into(), "1".into())],
        user: Some("app".into()),
        mounts: vec![
            mount("/1", bind(Some("/x"), BindAccess::ReadOnly)),
            mount("/2", bind(None, BindAccess::ReadWrite)),
            mount("/3", bind(None, BindAccess::Output)),
            mount("/4", cache(Some(base))),
            mount("/5", MountKind::Tmpfs { size: Some(64) }),
            mount("/6", MountKind::Secret(secret)),
            mount("/7", MountKind::Ssh(ssh)),
        ],
        content_cache: vec![("/3".into(), ContentCache::Off)],
        network: NetworkMode::None,
        security: SecurityMode::Insecure,
        secret_env: vec![SecretEnv { id: "token".into(), name: "TOKEN".into(), optional: true }],
        proxy_env: Some(ProxyEnv { https_proxy: "http://proxy".into(), ..ProxyEnv::default() }),
        extra_hosts: vec![ExtraHost { host: "h".into(), ip: "10.0.0.1".into() }],
        hostname: Some("builder".into()),
        ulimits: vec![Ulimit { name: "nofile".into(), soft: 1, hard: -1 }],
        cgroup_parent: Some("/cg".into()),
        devices: vec![("vendor.com/gpu=all".into(), true)],
        valid_exit_codes: vec![0, 3],
        ..exec(Some(base), "")
    };
    let group = ProgressGroup { id: "g".into(), name: "all".into(), weak: false };
    let meta = OpMeta {
        ignore_cache: true,
        export_cache: Some(false),
        progress_group: Some(group),
        platform: Platform::parse("arm64").ok(),
        ..OpMeta::default()
    };
    let outputs = graph.exec(op, meta);
    insta::assert_snapshot!(graph.marshal(outputs.mounts[2]));
}

#[test]
fn everything_that_changes_files() {
    let mut graph = Graph::new();
    let (base, other) = (image(&mut graph, "a"), image(&mut graph, "b"));
    let named = OwnerName::Name { name: "app".into(), of: Some(base) };
    let owner = || Some(Owner { user: Some(named.clone()), group: Some(OwnerName::Id(7)) });
    let file = FileOp::on(Some(base))
        .copy(Copy {
            owner: owner(),
            permissions: Some(Permissions::Symbolic("u+x".into())),
            attempt_unpack: true,
            exclude_patterns: vec!["*.o".into()],
            ..Copy::new(Some(other), "/a", "/b")
        })
        .copy(Copy { permissions: Some(Permissions::Bits(0o644)), ..Copy::new(None, "/a", "/b") })
        .mkfile(Mkfile {
            path: "/f".into(),
            data: vec![0; 9],
            mode: 0o600,
            owner: owner(),
            timestamp: Some(0),
        })
        .mkdir(Mkdir { path: "/d/e".into(), mode: 0o755, make_parents: true, owner: None, timestamp: None })
        .remove(Remove {
            path: "/x*".into(),
            allow_not_found: true,
            allow_wildcard: true,
            may_follow_symlink: false,
        })
        .symlink(Symlink { target: "f".into(), path: "/l".into(), owner: None, timestamp: None });
    let changed = graph.file(file, OpMeta::default());
    let diff = graph.diff(Some(base), changed, OpMeta::default());
    let gone = graph.diff(Some(base), None, OpMeta::default());
    let merged = graph.merge([Some(other), diff, gone], OpMeta::default());
    insta::assert_snapshot!(graph.marshal(merged));
}

#[test]
fn sources() {
    let mut graph = Graph::new();
    let git = GitSource {
        reference: Some("v1".into()),
        known_ssh_hosts: Some("a\nb\n".into()),
        ..GitSource::new("git@example.com:r")
    };
    let git = graph.source(git, OpMeta::default());
    let http = HttpSource { checksum: Some("sha256:0".into()), ..HttpSource::new("https://example.com/f") };
    let http = graph.source(http, OpMeta::default());
    let merged = graph.merge([Some(git), Some(http)], OpMeta::default());
    insta::assert_snapshot!(graph.marshal(merged));
}

#[test]
fn scratch() {
    assert_eq!(Definition::default().to_string(), "scratch\n");
}

#[test]
fn an_op_of_a_kind_that_is_not_known() {
    let mut passthrough = pb::Op::default().encode_to_vec();
    passthrough.extend([0x42, 0]);
    let input = pb::Input { digest: crate::common::digest(&passthrough), index: 1 };
    let terminal = pb::Op { inputs: vec![input], ..pb::Op::default() }.encode_to_vec();
    let definition = pb::Definition { def: vec![passthrough, terminal], ..pb::Definition::default() };
    let definition: Definition = definition.try_into().unwrap();
    assert_eq!(definition.to_string(), "op0 unknown\nout op0.1\n");
}
