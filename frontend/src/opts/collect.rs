//! From options as text to [`FrontendOpts`], gathering what is wrong on the way.

use std::collections::BTreeMap;

use buildkit_llb::Platform;

use super::environment::{self, Environment};
use super::error::{OptError, OptErrors, OptProblem};
use super::{Attestations, CacheImport, FrontendOpts, NoCache, ResourceLimits, keys, values};

/// The options, and the problems found so far.
struct Collector {
    options: BTreeMap<String, String>,
    errors: Vec<OptError>,
}

pub(super) fn collect(environment: Environment) -> Result<FrontendOpts, OptErrors> {
    let mut options = Collector { options: environment.options, errors: Vec::new() };
    let workers = options.checked(keys::ENV_WORKERS, environment::workers(&environment.workers));
    let opts = FrontendOpts {
        session_id: environment.session_id,
        workers: workers.unwrap_or_default(),
        product: environment.product,
        ..options.all()
    };
    if options.errors.is_empty() {
        return Ok(opts);
    }
    options.errors.sort_by(|a, b| a.option.cmp(&b.option));
    Err(OptErrors(options.errors))
}

impl Collector {
    fn all(&mut self) -> FrontendOpts {
        let platforms = self.parsed(keys::PLATFORM, values::platforms);
        FrontendOpts {
            filename: self.filename(),
            dockerfile_key: self.text(keys::DOCKERFILE_KEY),
            context: self.context(),
            context_subdir: self.text(keys::CONTEXT_SUBDIR),
            local_sessions: self.prefixed(keys::LOCAL_SESSION),
            named_contexts: self.prefixed(keys::NAMED_CONTEXT),
            shared_keys: self.prefixed(keys::SHARED_KEY),
            input_metadata: self.prefixed(keys::INPUT_METADATA),
            source: self.text(keys::SOURCE),
            cmdline: self.text(keys::CMDLINE),
            request_id: self.text(keys::REQUEST_ID),
            target: self.text(keys::TARGET),
            multi_platform: self.multi_platform(&platforms),
            platforms,
            labels: self.prefixed(keys::LABEL),
            image_resolve_mode: self.parsed(keys::IMAGE_RESOLVE_MODE, values::resolve_mode),
            no_cache: self.no_cache(),
            cache_imports: self.cache_imports(),
            attest: self.attest(),
            add_hosts: self.parsed(keys::ADD_HOSTS, values::hosts),
            ulimits: self.parsed(keys::ULIMIT, values::ulimits),
            cgroup_parent: self.text(keys::CGROUP_PARENT),
            shm_size: self.parsed(keys::SHM_SIZE, values::size),
            network: self.parsed(keys::FORCE_NETWORK_MODE, values::network_mode),
            hostname: self.arg(keys::ARG_HOSTNAME).or_else(|| self.text(keys::HOSTNAME)),
            limits: self.limits(),
            build_args: self.prefixed(keys::BUILD_ARG),
            cache_mount_namespace: self.arg(keys::ARG_CACHE_MOUNT_NS),
            keep_git_dir: self.parsed(&arg_key(keys::ARG_KEEP_GIT_DIR), values::boolean),
            check: self.arg(keys::ARG_CHECK),
            ..FrontendOpts::default()
        }
    }

    /// The value of an option, unless it is empty.
    fn text(&self, key: &str) -> Option<String> {
        self.options.get(key).filter(|value| !value.is_empty()).cloned()
    }

    /// The value of a build argument, unless it is empty.
    fn arg(&self, name: &str) -> Option<String> {
        self.text(&arg_key(name))
    }

    /// The options whose keys begin with `prefix`, by the rest of the key.
    fn prefixed(&self, prefix: &str) -> BTreeMap<String, String> {
        self.options
            .range(prefix.to_owned()..)
            .map_while(|(key, value)| Some((key.strip_prefix(prefix)?.to_owned(), value.clone())))
            .collect()
    }

    /// The value of an option through `parse`, or the default when it is absent or wrong.
    fn parsed<T: Default>(&mut self, key: &str, parse: impl FnOnce(&str) -> Result<T, OptProblem>) -> T {
        self.optional(key, parse).unwrap_or_default()
    }

    fn optional<T>(&mut self, key: &str, parse: impl FnOnce(&str) -> Result<T, OptProblem>) -> Option<T> {
        let value = self.text(key)?;
        self.checked(key, parse(&value))
    }

    fn checked<T>(&mut self, option: &str, parsed: Result<T, OptProblem>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(problem) => {
                self.errors.push(OptError { option: option.to_owned(), problem });
                None
            }
        }
    }

    fn context(&self) -> Option<String> {
        let key = self.text(keys::CONTEXT_KEY);
        self.text(key.as_deref().unwrap_or(keys::CONTEXT))
    }

    fn filename(&self) -> String {
        self.text(keys::FILENAME).unwrap_or_else(|| keys::DEFAULT_FILENAME.to_owned())
    }

    fn multi_platform(&mut self, platforms: &[Platform]) -> Option<bool> {
        let argument = arg_key(keys::ARG_MULTI_PLATFORM);
        let key = if self.text(&argument).is_some() { &argument } else { keys::MULTI_PLATFORM };
        let asked_for = self.optional(key, values::boolean);
        if platforms.len() > 1 && asked_for == Some(false) {
            let problem = OptProblem::SeveralPlatforms(self.text(keys::PLATFORM).unwrap_or_default());
            self.checked::<bool>(key, Err(problem));
        }
        asked_for
    }

    fn no_cache(&self) -> NoCache {
        match self.options.get(keys::NO_CACHE).map(String::as_str) {
            None => NoCache::None,
            Some("") => NoCache::All,
            Some(stages) => NoCache::Stages(stages.split(',').map(str::to_owned).collect()),
        }
    }

    fn cache_imports(&mut self) -> Vec<CacheImport> {
        let mut imports = self.parsed(keys::CACHE_IMPORTS, values::cache_imports);
        let more = self.text(keys::CACHE_FROM).unwrap_or_default();
        for import in values::cache_from(&more) {
            if !imports.contains(&import) {
                imports.push(import);
            }
        }
        imports
    }

    fn attest(&mut self) -> Attestations {
        let arguments = self.prefixed(&arg_key(keys::ARG_ATTEST));
        let options = self.prefixed(keys::ATTEST);
        let prefixes = [(arg_key(keys::ARG_ATTEST), arguments), (keys::ATTEST.to_owned(), options)];
        let mut attest = Attestations::default();
        for (prefix, found) in prefixes {
            for (kind, value) in found {
                let key = format!("{prefix}{kind}");
                let settings = self.checked(&key, values::attributes(&value));
                match kind.to_ascii_lowercase().as_str() {
                    "sbom" => attest.sbom = settings,
                    "provenance" => attest.provenance = settings,
                    _ => {
                        self.checked::<()>(&key, Err(OptProblem::UnknownAttestation));
                    }
                }
            }
        }
        attest
    }

    fn limits(&mut self) -> ResourceLimits {
        ResourceLimits {
            memory: self.optional(keys::MEMORY, values::positive),
            memory_swap: self.optional(keys::MEMORY_SWAP, values::positive_or_unlimited),
            cpu_shares: self.optional(keys::CPU_SHARES, values::positive),
            cpu_period: self.optional(keys::CPU_PERIOD, values::positive),
            cpu_quota: self.optional(keys::CPU_QUOTA, values::positive),
            cpuset_cpus: self.optional(keys::CPUSET_CPUS, values::cpu_set),
            cpuset_mems: self.optional(keys::CPUSET_MEMS, values::cpu_set),
        }
    }
}

fn arg_key(name: &str) -> String {
    format!("{}{name}", keys::BUILD_ARG)
}
