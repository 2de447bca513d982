use super::*;

/// The options of a build with `options`, each as `key=value`.
fn opts(options: &[&str]) -> Result<FrontendOpts, OptErrors> {
    let variables = options
        .iter()
        .enumerate()
        .map(|(index, option)| (format!("{}{index}", keys::ENV_OPTION), (*option).to_owned()));
    FrontendOpts::from_env(variables)
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn without_options_everything_has_its_default() {
    let filename = "Dockerfile".to_owned();
    assert_eq!(opts(&[]), Ok(FrontendOpts { filename, ..FrontendOpts::default() }));
}

#[test]
fn an_ordinary_build_is_understood() {
    let opts = opts(&[
        "filename=deploy/build.yaml",
        "target=app",
        "platform=linux/amd64,linux/aarch64/v8,linux/x86_64",
        "build-arg:VERSION=1=2",
        "build-arg:EMPTY=",
        "build-arg:https_proxy=http://proxy",
        "build-arg:SOURCE_DATE_EPOCH=0",
        "label:org.example.a=b",
        "image-resolve-mode=pull",
        "force-network-mode=none",
        "cgroup-parent=/limited",
        "shm-size=67108864",
        "memory=1000",
        "memswap=-1",
        "cpusetcpus=0-1",
        "some-option-of-next-year=?",
    ])
    .unwrap();
    assert_eq!(opts.filename, "deploy/build.yaml");
    assert_eq!(opts.target.as_deref(), Some("app"));
    let platforms: Vec<_> = opts.platforms.iter().map(ToString::to_string).collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
    assert_eq!(opts.multi_platform, None);
    assert_eq!(opts.build_args["VERSION"], "1=2");
    assert_eq!(opts.build_args["EMPTY"], "");
    assert_eq!(opts.proxy_args().collect::<Vec<_>>(), [("https_proxy", "http://proxy")]);
    assert_eq!(opts.build_args.get("SOURCE_DATE_EPOCH").map(String::as_str), Some("0"));
    assert_eq!(opts.labels, map(&[("org.example.a", "b")]));
    assert_eq!(opts.image_resolve_mode, ResolveMode::Pull);
    assert_eq!(opts.network, NetworkMode::None);
    assert_eq!(opts.cgroup_parent.as_deref(), Some("/limited"));
    assert_eq!(opts.shm_size, Some(64 << 20));
    assert_eq!((opts.limits.memory, opts.limits.memory_swap), (Some(1000), Some(-1)));
    assert_eq!(opts.limits.cpuset_cpus.as_deref(), Some("0-1"));
}

#[test]
fn contexts_and_locals_are_found_by_name() {
    let opts = FrontendOpts {
        session_id: "main".to_owned(),
        ..opts(&[
            "context:base=docker-image://alpine",
            "context:base::linux/arm64=local:base",
            "contextkey=main",
            "main=https://example.org/app.git",
            "context=ignored",
            "local-sessionid:dockerfile=other",
            "input-metadata:base={}",
            "sharedkey:localdir:base=k",
        ])
        .unwrap()
    };
    assert_eq!(opts.named_context("base", "linux/amd64"), Some("docker-image://alpine"));
    assert_eq!(opts.named_context("base", "linux/arm64"), Some("local:base"));
    assert_eq!(opts.named_context("other", "linux/arm64"), None);
    assert_eq!(opts.context.as_deref(), Some("https://example.org/app.git"));
    assert_eq!((opts.session_for_local("dockerfile"), opts.session_for_local("context")), ("other", "main"));
    assert_eq!(opts.input_metadata, map(&[("base", "{}")]));
    assert_eq!(opts.shared_keys, map(&[("base", "k")]));
}

#[test]
fn no_cache_is_for_all_stages_or_for_some() {
    let no_cache = |options: &[&str]| opts(options).unwrap().no_cache;
    assert_eq!(no_cache(&[]), NoCache::None);
    assert_eq!(no_cache(&["no-cache="]), NoCache::All);
    let some = no_cache(&["no-cache=build,Test"]);
    assert_eq!(["BUILD", "test", "app"].map(|stage| some.covers(stage)), [true, true, false]);
    assert!(NoCache::All.covers("app") && !NoCache::None.covers("app"));
}

#[test]
fn build_arguments_go_over_options() {
    let opts = opts(&[
        "multi-platform=false",
        "build-arg:BUILDKIT_MULTI_PLATFORM=1",
        "hostname=a",
        "build-arg:BUILDKIT_SANDBOX_HOSTNAME=b",
        "build-arg:BUILDKIT_CACHE_MOUNT_NS=team",
        "build-arg:BUILDKIT_CONTEXT_KEEP_GIT_DIR=true",
        "build-arg:BUILDKIT_DOCKERFILE_CHECK=error=true",
    ])
    .unwrap();
    assert!(opts.multi_platform == Some(true) && opts.keep_git_dir);
    assert_eq!(opts.hostname.as_deref(), Some("b"));
    assert_eq!(opts.cache_mount_namespace.as_deref(), Some("team"));
    assert_eq!(opts.check.as_deref(), Some("error=true"));
}

#[test]
fn cache_imports_of_both_kinds_are_joined() {
    let opts =
        opts(&[r#"cache-imports=[{"Type":"registry","Attrs":{"ref":"a"}}]"#, "cache-from=a,b"]).unwrap();
    let refs: Vec<_> = opts.cache_imports.iter().map(|import| import.attrs["ref"].as_str()).collect();
    assert_eq!(refs, ["a", "b"]);
}

#[test]
fn attestations_have_settings() {
    let opts = opts(&["attest:sbom=generator=scanner,x", "build-arg:BUILDKIT_ATTEST_PROVENANCE="]).unwrap();
    assert_eq!(opts.attest.sbom, Some(map(&[("generator", "scanner"), ("x", "")])));
    assert_eq!(opts.attest.provenance, Some(BTreeMap::new()));
}

#[test]
fn everything_that_is_wrong_is_reported_at_once() {
    let errors = opts(&[
        "platform=linux/amd64,linux/arm64",
        "multi-platform=false",
        "image-resolve-mode=always",
        "force-network-mode=bridge",
        "add-hosts=db=nowhere",
        "ulimit=nofile=9:1",
        "shm-size=64m",
        "cpushares=0",
        "cache-imports=[",
        "attest:license=",
        "build-arg:BUILDKIT_CONTEXT_KEEP_GIT_DIR=maybe",
    ])
    .unwrap_err();
    assert_eq!(
        errors.to_string(),
        "option `add-hosts`: `nowhere` is not an IP address\n\
         option `attest:license`: there is no attestation of this type; there are sbom and provenance\n\
         option `build-arg:BUILDKIT_CONTEXT_KEEP_GIT_DIR`: `maybe` is neither true nor false\n\
         option `cache-imports`: not the JSON it should be: EOF while parsing a list at line 1 column 1\n\
         option `cpushares`: `0` is not a whole number above 0\n\
         option `force-network-mode`: `bridge` is not one of sandbox, none and host\n\
         option `image-resolve-mode`: `always` is not one of default, pull and local\n\
         option `multi-platform`: is false, but several platforms are asked for: \
         linux/amd64,linux/arm64\n\
         option `shm-size`: `64m` is not a whole number of bytes\n\
         option `ulimit`: `nofile=9:1` has a soft limit above its hard limit"
    );
}

#[test]
fn without_a_platform_the_build_is_for_the_daemons_own() {
    let native = buildkit_llb::Platform::parse("linux/riscv64").unwrap();
    assert_eq!(opts(&[]).unwrap().target_platforms(&native), std::slice::from_ref(&native));
    let asked_for = opts(&["platform=linux/amd64"]).unwrap();
    assert_eq!(asked_for.target_platforms(&native)[0].to_string(), "linux/amd64");
    assert_eq!(
        opts(&["platform=linux/amd64,a/b/c/d"]).unwrap_err().to_string(),
        "option `platform`: `a/b/c/d` is not a platform: it has more than the parts \
         os/architecture/variant"
    );
}

#[test]
fn a_broken_list_of_workers_is_reported_under_its_variable() {
    let variables = [(keys::ENV_WORKERS.to_owned(), "x".to_owned())];
    let errors = FrontendOpts::from_env(variables).unwrap_err();
    assert_eq!(errors.0[0].option, "BUILDKIT_WORKERS");
}
