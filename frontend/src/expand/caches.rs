//! The directories where package managers and compilers keep what another build can use.

use spec_schema::decode::Entry;
use spec_schema::decode::text::{Part, Template, Text};
use spec_schema::spec::{CacheSettings, RunStep, Sharing};

/// One directory of a tool.
struct Directory {
    target: &'static str,
    /// The variable that points the tool there, where it has one.
    variable: Option<&'static str>,
    /// What builds do that use it at the same time: what the tool stands.
    sharing: Sharing,
    /// True where what it holds fits one platform only.
    native: bool,
}

const fn shared(target: &'static str, variable: &'static str) -> Directory {
    Directory { target, variable: Some(variable), sharing: Sharing::Shared, native: false }
}

impl Directory {
    const fn unnamed(mut self) -> Self {
        self.variable = None;
        self
    }

    const fn locked(mut self) -> Self {
        self.sharing = Sharing::Locked;
        self
    }

    const fn native(mut self) -> Self {
        self.native = true;
        self
    }
}

/// A system package manager's directory: of one platform, and one process at a time.
const fn system(target: &'static str) -> Directory {
    shared(target, "").unnamed().locked().native()
}

/// Settings that a tool needs besides, so that a cache on another filesystem serves it.
const EXTRA: &[(&str, &str, &str)] = &[("uv", "UV_LINK_MODE", "copy")];

fn directories(tool: &str) -> &'static [Directory] {
    match tool {
        "apt" => const { &[system("/var/cache/apt"), system("/var/lib/apt")] },
        "apk" => const { &[system("/var/cache/apk")] },
        "dnf" => const { &[system("/var/cache/dnf"), system("/var/cache/libdnf5")] },
        "pip" => const { &[shared("/root/.cache/pip", "PIP_CACHE_DIR").native()] },
        "uv" => const { &[shared("/root/.cache/uv", "UV_CACHE_DIR").native()] },
        "poetry" => const { &[shared("/root/.cache/pypoetry", "POETRY_CACHE_DIR").native()] },
        "npm" => const { &[shared("/root/.npm", "npm_config_cache")] },
        "pnpm" => const { &[shared("/root/.local/share/pnpm/store", "npm_config_store_dir").native()] },
        "yarn" => const { &[shared("/root/.cache/yarn", "YARN_CACHE_FOLDER")] },
        "bun" => const { &[shared("/root/.bun/install/cache", "BUN_INSTALL_CACHE_DIR")] },
        "go" => const { &[shared("/go/pkg/mod", "GOMODCACHE"), shared("/root/.cache/go-build", "GOCACHE")] },
        "cargo" => {
            const {
                &[
                    shared("/usr/local/cargo/registry", "").unnamed(),
                    shared("/usr/local/cargo/git", "").unnamed(),
                ]
            }
        }
        "maven" => const { &[shared("/root/.m2/repository", "").unnamed()] },
        // Its locks do not reach from one container to another.
        "gradle" => const { &[shared("/root/.gradle", "GRADLE_USER_HOME").locked()] },
        "bundler" => const { &[shared("/root/.bundle/cache", "BUNDLE_USER_CACHE")] },
        "composer" => const { &[shared("/root/.cache/composer", "COMPOSER_CACHE_DIR")] },
        "nuget" => const { &[shared("/root/.nuget/packages", "NUGET_PACKAGES")] },
        "ccache" => const { &[shared("/root/.cache/ccache", "CCACHE_DIR")] },
        "sccache" => const { &[shared("/root/.cache/sccache", "SCCACHE_DIR")] },
        _ => &[],
    }
}

/// The mounts of a tool's cache; the variables that it needs go into the step's environment, where the step
/// does not set them itself.
pub(super) fn well_known(tool: &Text, platform: &Template, run: &mut RunStep) -> Vec<CacheSettings> {
    let mut variable = |name: &str, value: &str| {
        if !run.env.declares(name) {
            let value = Template::literal(value, tool.span);
            run.env.insert(name.to_owned(), Entry { key_span: tool.span, value });
        }
    };
    for (_, name, value) in EXTRA.iter().filter(|(of, ..)| of == &tool.as_str()) {
        variable(name, value);
    }
    let mut mounts = Vec::new();
    for directory in directories(tool) {
        if let Some(name) = directory.variable {
            variable(name, directory.target);
        }
        let id = directory.native.then(|| of_platform(directory.target, platform));
        let target = Template::literal(directory.target, tool.span);
        mounts.push(CacheSettings { id, sharing: Some(directory.sharing), ..self::directory(target) });
    }
    mounts
}

/// A cache directory with nothing but its path.
pub(super) fn directory(target: Template) -> CacheSettings {
    let span = target.span;
    CacheSettings {
        target,
        id: None,
        sharing: None,
        from: None,
        source: None,
        mode: None,
        uid: None,
        gid: None,
        readonly: None,
        span,
    }
}

/// A cache id that is different for each platform.
fn of_platform(target: &str, platform: &Template) -> Template {
    let prefix = format!("{target}:");
    let mut parts = vec![Part::Literal(prefix.clone())];
    if platform.parts.is_empty() {
        parts.push(Part::Literal(platform.raw.clone()));
    } else {
        parts.extend(platform.parts.iter().cloned());
    }
    Template { raw: prefix + &platform.raw, span: platform.span, parts }
}
