//! Every option that clients send to a frontend, by key.
//!
//! Keys that end in `:` are prefixes; the rest of the key is a name. Where the default is not given, the
//! option has no effect when absent. An empty value counts as absent, except where noted. Paths in
//! parentheses are the places in `BuildKit`'s sources where its own frontend reads the option.

// Which file, which context

/// Path of the build spec in its source; set by `-f`. Default: [`DEFAULT_FILENAME`].
/// (`frontend/dockerui/context.go`)
pub const FILENAME: &str = "filename";

/// The spec's file name when the client gives none: there it looked for the `# syntax=` line.
pub const DEFAULT_FILENAME: &str = "Dockerfile";

/// Name of the local source that holds the spec, and a sign that it is there even when the context is
/// remote; set when the spec comes from stdin, an URL, or an absolute `-f` beside a remote context.
/// Default: `dockerfile`, without the sign. (`frontend/dockerui/context.go`)
pub const DOCKERFILE_KEY: &str = "dockerfilekey";

/// Git or HTTP address of the main context; set for every context that is not a local directory.
/// (`frontend/dockerui/context.go`)
pub const CONTEXT: &str = "context";

/// Name of the option to read in place of [`CONTEXT`]; set by programs only.
/// (`frontend/dockerui/context.go`)
pub const CONTEXT_KEY: &str = "contextkey";

/// Directory of a remote context to build from; the spec is still read from the top. Set by programs
/// only. (`frontend/dockerui/context.go`)
pub const CONTEXT_SUBDIR: &str = "contextsubdir";

/// `local-sessionid:<local>`: the session that serves a local source, in place of the main one; set by
/// bake for directories shared between builds. Since 0.16. (`frontend/dockerui/attr.go`)
pub const LOCAL_SESSION: &str = "local-sessionid:";

/// `context:<name>` and `context:<name>::<platform>`: a named context, as `docker-image://...`, a git or
/// HTTP address, `oci-layout://...`, `local:<local>` or `input:<input>`; set by `--build-context`.
/// (`frontend/dockerui/namedcontext.go`)
pub const NAMED_CONTEXT: &str = "context:";

/// `sharedkey:localdir:<name>`: tells apart the directories of equally named contexts in the daemon's
/// cache of transferred files. Since 0.28. (`frontend/dockerui/namedcontext.go`)
pub const SHARED_KEY: &str = "sharedkey:localdir:";

/// `input-metadata:<input>`: JSON object of base64 values, `containerimage.config` above all; set by bake
/// for linked targets. Since 0.10. (`frontend/dockerui/namedcontext.go`)
pub const INPUT_METADATA: &str = "input-metadata:";

/// The frontend's own image. (`frontend/gateway/gateway.go`)
pub const SOURCE: &str = "source";

/// The whole value of the `# syntax=` line: the image and any words behind it.
/// (`frontend/dockerfile/builder/build.go`)
pub const CMDLINE: &str = "cmdline";

/// A question in place of a build, such as `frontend.outline`; set by `--call` and `--check`.
/// (`frontend/dockerui/requests.go`)
pub const REQUEST_ID: &str = "requestid";

// What to build

/// The stage to build; set by `--target`. Default: the spec's own choice. (`frontend/dockerui/config.go`)
pub const TARGET: &str = "target";

/// Comma-separated platforms; set by `--platform`. Default: the daemon's own, in a result without
/// platforms. (`frontend/dockerui/attr.go`)
pub const PLATFORM: &str = "platform";

/// Boolean: whether the result has a file system for each platform, even for a single one. Default:
/// whether there are several. (`frontend/dockerui/config.go`)
pub const MULTI_PLATFORM: &str = "multi-platform";

/// `label:<key>`: an image label that goes over the spec's; set by `--label`.
/// (`frontend/dockerui/config.go`)
pub const LABEL: &str = "label:";

/// Where base images are looked up: `default`, `pull` (registry first; `--pull`) or `local`.
/// (`frontend/dockerui/attr.go`)
pub const IMAGE_RESOLVE_MODE: &str = "image-resolve-mode";

/// Comma-separated stages to run without the cache; an empty value stands for all. Set by `--no-cache`
/// and `--no-cache-filter`. (`frontend/dockerui/config.go`)
pub const NO_CACHE: &str = "no-cache";

/// JSON list of `{"Type": ..., "Attrs": {...}}`: where to import cached results from; set by
/// `--cache-from`. (`frontend/dockerui/config.go`)
pub const CACHE_IMPORTS: &str = "cache-imports";

/// Comma-separated image references to import cached results from; set by the classic docker API.
/// (`frontend/dockerui/config.go`)
pub const CACHE_FROM: &str = "cache-from";

/// `attest:<type>`: CSV of `key=value` for an attestation of type `sbom` or `provenance`; an empty value
/// asks for it with its defaults. Set by `--attest`, `--sbom`, `--provenance`. Since 0.11.
/// (`frontend/attestations/parse.go`)
pub const ATTEST: &str = "attest:";

// Containers of build steps

/// CSV of `host=ip`: lines for `/etc/hosts`; set by `--add-host`. (`frontend/dockerui/attr.go`)
pub const ADD_HOSTS: &str = "add-hosts";

/// CSV of `name=soft[:hard]`; set by `--ulimit`. (`frontend/dockerui/attr.go`)
pub const ULIMIT: &str = "ulimit";

/// Parent cgroup; set by `--cgroup-parent`. (`frontend/dockerui/config.go`)
pub const CGROUP_PARENT: &str = "cgroup-parent";

/// Bytes of `/dev/shm`; set by `--shm-size`. Default: the daemon's. (`frontend/dockerui/attr.go`)
pub const SHM_SIZE: &str = "shm-size";

/// `sandbox`, `none` or `host`: the network of every step that has no other wish; set by `--network`.
/// Default: `sandbox`. (`frontend/dockerui/attr.go`)
pub const FORCE_NETWORK_MODE: &str = "force-network-mode";

/// Host name inside the containers; set by programs only. Default: the daemon's.
/// (`frontend/dockerui/config.go`)
pub const HOSTNAME: &str = "hostname";

/// Bytes of memory, above 0; set by `--resource memory=`. Since 0.31, as are the other limits.
/// (`frontend/dockerui/attr.go`)
pub const MEMORY: &str = "memory";

/// Bytes of memory and swap together, above 0, or -1 for no limit. (`frontend/dockerui/attr.go`)
pub const MEMORY_SWAP: &str = "memswap";

/// Relative weight in getting processor time, above 0. (`frontend/dockerui/attr.go`)
pub const CPU_SHARES: &str = "cpushares";

/// Microseconds of the period that [`CPU_QUOTA`] counts in, above 0. (`frontend/dockerui/attr.go`)
pub const CPU_PERIOD: &str = "cpuperiod";

/// Microseconds of processor time in each period, above 0. (`frontend/dockerui/attr.go`)
pub const CPU_QUOTA: &str = "cpuquota";

/// Processors to run on: `0-3,5`. (`frontend/dockerui/attr.go`)
pub const CPUSET_CPUS: &str = "cpusetcpus";

/// Memory nodes to use: `0,1`. (`frontend/dockerui/attr.go`)
pub const CPUSET_MEMS: &str = "cpusetmems";

// Build arguments

/// `build-arg:<name>`: a build argument; set by `--build-arg`. An empty value is a value.
/// (`frontend/dockerui/config.go`)
pub const BUILD_ARG: &str = "build-arg:";

/// Build argument that goes over [`MULTI_PLATFORM`]. Since 0.9. (`frontend/dockerui/config.go`)
pub const ARG_MULTI_PLATFORM: &str = "BUILDKIT_MULTI_PLATFORM";

/// Build argument that goes over [`HOSTNAME`]. Since 0.10. (`frontend/dockerui/config.go`)
pub const ARG_HOSTNAME: &str = "BUILDKIT_SANDBOX_HOSTNAME";

/// Build argument: a prefix for the ids of cache mounts, which are otherwise shared by all builds of the
/// daemon. (`frontend/dockerui/config.go`)
pub const ARG_CACHE_MOUNT_NS: &str = "BUILDKIT_CACHE_MOUNT_NS";

/// Build argument, boolean: keep `.git` in a git context. (`frontend/dockerui/context.go`)
pub const ARG_KEEP_GIT_DIR: &str = "BUILDKIT_CONTEXT_KEEP_GIT_DIR";

/// Build argument: options of the checks, `skip=A,B;error=true`. Since 0.14.
/// (`frontend/dockerui/config.go`)
pub const ARG_CHECK: &str = "BUILDKIT_DOCKERFILE_CHECK";

/// Build argument prefix that does what [`ATTEST`] does. (`frontend/attestations/parse.go`)
pub const ARG_ATTEST: &str = "BUILDKIT_ATTEST_";

/// Build argument: seconds since 1970 to set times to, for reproducible results.
/// (`frontend/dockerfile/builder/build.go`)
pub const ARG_SOURCE_DATE_EPOCH: &str = "SOURCE_DATE_EPOCH";

/// Build arguments that every step gets as proxy settings, in any letter case, without being declared and
/// without becoming part of the cache key. (`frontend/dockerfile/dockerfile2llb/convert.go`)
pub const PROXY_ARGS: [&str; 5] = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];

// Environment of the process

/// Prefix of the variables that hold one option each, as `key=value`. The number behind it has no
/// meaning. (`frontend/gateway/gateway.go`)
pub const ENV_OPTION: &str = "BUILDKIT_FRONTEND_OPT_";

/// The client's session, which serves local sources. (`frontend/gateway/gateway.go`)
pub const ENV_SESSION_ID: &str = "BUILDKIT_SESSION_ID";

/// JSON list of workers; the first one runs the build. (`frontend/gateway/gateway.go`)
pub const ENV_WORKERS: &str = "BUILDKIT_WORKERS";

/// The product to name in hints, `docker` under dockerd and empty under buildkitd.
/// (`frontend/gateway/gateway.go`)
pub const ENV_PRODUCT: &str = "BUILDKIT_EXPORTEDPRODUCT";

// Beside the environment

/// The file in which the daemon hands out the graph of the frontend's own image. Since 0.10. (`frontend/gateway/gateway.go`)
pub const OWN_IMAGE: &str = "/run/config/buildkit/metadata/frontend.bin";
