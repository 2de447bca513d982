use super::*;
use crate::caps;

/// Attributes, and the capabilities that go with them.
fn lowered(source: impl Into<SourceOp>) -> (String, Vec<String>, Vec<&'static str>) {
    let (op, caps) = source.into().lower();
    let attrs = op.attrs.iter().map(|(key, value)| format!("{key}={value}")).collect();
    (op.identifier, attrs, caps.iter().map(Cap::id).collect())
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|item| (*item).to_owned()).collect()
}

#[test]
fn an_empty_value_is_no_attribute() {
    let source = LocalSource { session: Some(String::new()), ..LocalSource::new("context") };
    assert_eq!(lowered(source), ("local://context".into(), vec![], vec!["source.local"]));
}

#[test]
fn images() {
    let plain = ImageSource::new("docker.io/library/alpine:3.20");
    assert_eq!(
        lowered(plain.clone()),
        ("docker-image://docker.io/library/alpine:3.20".into(), vec![], vec!["source.image"])
    );
    let local = ImageSource { resolve_mode: Some(ResolveMode::PreferLocal), ..plain.clone() };
    let (_, attrs, needed) = lowered(local);
    assert_eq!((attrs, needed), (strings(&["image.resolvemode=local"]), vec!["source.image"]));
    let full = ImageSource {
        resolve_mode: Some(ResolveMode::ForcePull),
        record_type: Some(RecordType::Internal),
        layer_limit: Some(2),
        checksum: Some("sha256:00".into()),
        ..plain
    };
    let (_, attrs, needed) = lowered(full);
    let expected = [
        "image.checksum=sha256:00",
        "image.layerlimit=2",
        "image.recordtype=internal",
        "image.resolvemode=pull",
    ];
    assert_eq!(attrs, expected);
    let expected =
        ["source.image", "source.image.resolvemode", "source.image.layerlimit", "source.image.checksum"];
    assert_eq!(needed, expected);
}

#[test]
fn layouts() {
    let source = OciLayoutSource {
        session: Some("s".into()),
        layer_limit: Some(1),
        ..OciLayoutSource::new("a@sha256:0", "t")
    };
    let attrs = strings(&["oci.layerlimit=1", "oci.session=s", "oci.store=t"]);
    assert_eq!(lowered(source), ("oci-layout://a@sha256:0".into(), attrs, vec!["source.ocilayout"]));
}

#[test]
fn local_files() {
    let source = LocalSource {
        session: Some("s".into()),
        unique: Some("u".into()),
        include_patterns: strings(&["src", "\"<\u{e9}>"]),
        follow_paths: strings(&["a", "b"]),
        exclude_patterns: strings(&[".git"]),
        shared_key_hint: Some("context".into()),
        differ: Some(Differ::None),
        differ_required: true,
        metadata_transfer: true,
        metadata_transfer_except: strings(&["*.json"]),
        ..LocalSource::new("context")
    };
    let (_, attrs, needed) = lowered(source.clone());
    let expected = [
        "local.differ=none",
        r#"local.excludepatterns=[".git"]"#,
        r#"local.followpaths=["a","b"]"#,
        "local.includepattern=[\"src\",\"\\\"<\u{e9}>\"]",
        "local.metadatatransfer=true",
        r#"local.metadatatransferexclude=["*.json"]"#,
        "local.session=s",
        "local.sharedkeyhint=context",
        "local.unique=u",
    ];
    assert_eq!(attrs, expected);
    assert_eq!(needed.len(), 9);
    let (_, _, needed) = lowered(LocalSource { differ_required: false, metadata_transfer: false, ..source });
    assert!(!needed.contains(&"source.local.differ"), "a wish needs nothing");
}

#[test]
fn downloads() {
    let source = HttpSource {
        checksum: Some("sha256:00".into()),
        filename: Some("a".into()),
        permissions: Some(0o755),
        owner: Some((1, 2)),
        auth_header_secret: Some("token".into()),
        accept: Some("text/plain".into()),
        user_agent: Some("ua".into()),
        signature: Some(HttpSignature { public_key: "key".into(), signature: "sig".into() }),
        ..HttpSource::new("https://example.com/a")
    };
    let (identifier, attrs, needed) = lowered(source);
    assert_eq!(identifier, "https://example.com/a");
    let expected = [
        "http.authheadersecret=token",
        "http.checksum=sha256:00",
        "http.filename=a",
        "http.gid=2",
        "http.header.accept=text/plain",
        "http.header.user-agent=ua",
        "http.perm=0755",
        "http.sig.pubkey=key",
        "http.sig.signature=sig",
        "http.uid=1",
    ];
    assert_eq!(attrs, expected);
    let expected = [
        "source.http",
        "source.http.checksum",
        "source.http.perm",
        "soruce.http.uidgid",
        "source.http.auth",
        "source.http.header",
        "source.http.signatureverify",
    ];
    assert_eq!(needed, expected);
}

#[test]
fn repositories_have_credentials_by_default() {
    let (_, attrs, needed) = lowered(GitSource::new("https://example.com/r"));
    let expected = [
        "git.authheadersecret=GIT_AUTH_HEADER",
        "git.authtokensecret=GIT_AUTH_TOKEN",
        "git.fullurl=https://example.com/r",
    ];
    assert_eq!(attrs, expected);
    assert_eq!(needed, ["source.git", "source.git.fullurl"]);
    let (_, attrs, needed) = lowered(GitSource::new("git@example.com:r"));
    assert_eq!(attrs[3], "git.mountsshsock=default");
    assert_eq!(needed, ["source.git", "source.git.fullurl", "source.git.mountsshsock"]);
}

#[test]
fn repositories() {
    let source = GitSource {
        subdir: Some("d".into()),
        keep_git_dir: true,
        checksum: Some("abc".into()),
        skip_submodules: true,
        commit_time: true,
        fetch_by_commit: true,
        auth_token_secret: Some("T".into()),
        auth_header_secret: Some(String::new()),
        known_ssh_hosts: Some("h".into()),
        ssh_socket: Some("k".into()),
        bundle: Some("oci-layout+blob://b@sha256:00".into()),
        bundle_store: Some(("s".into(), "t".into())),
        checkout_bundle: true,
        signature: Some(GitSignature {
            public_key: "key".into(),
            require_signed_tag: true,
            ..GitSignature::default()
        }),
        ..GitSource::new("https://example.com/r")
    };
    let (_, attrs, needed) = lowered(source);
    let expected = [
        "git.authtokensecret=T",
        "git.bundle=oci-layout+blob://b@sha256:00",
        "git.checkoutbundle=true",
        "git.checksum=abc",
        "git.fetchbycommit=true",
        "git.fullurl=https://example.com/r",
        "git.keepgitdir=true",
        "git.knownsshhosts=h",
        "git.mountsshsock=k",
        "git.mtime=commit",
        "git.sig.pubkey=key",
        "git.sig.requiresignedtag=true",
        "git.skipsubmodules=true",
        "oci.session=s",
        "oci.store=t",
    ];
    assert_eq!(attrs, expected);
    assert_eq!(needed.len(), 14);
    assert!(needed.contains(&caps::SOURCE_GIT_HTTP_AUTH.id()));
}
