//! The tools whose caches are known by name: the directories where package managers and compilers keep what another build can
//! use, and how they stand to share it.

use crate::spec::Sharing;

/// A tool.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// Its name in a spec.
    pub name: &'static str,
    /// Its caches.
    pub directories: &'static [Directory],
    /// Variables that it needs besides, so that a cache on another filesystem serves it.
    pub variables: &'static [(&'static str, &'static str)],
    /// Files that a step sees in the place of the image's, with what they hold.
    pub files: &'static [(&'static str, &'static str)],
}

/// One directory of a tool.
#[derive(Debug, Clone, Copy)]
pub struct Directory {
    /// Where the tool keeps it when root runs it.
    pub target: &'static str,
    /// The variables that point the tool there, where it has any.
    pub variables: &'static [&'static str],
    /// The option that points the tool there for others than root, and the variable that holds it among others.
    pub option: Option<(&'static str, &'static str)>,
    /// What builds do that use it at the same time: what the tool stands.
    pub sharing: Sharing,
    /// Whether what it holds fits one platform only.
    pub native: bool,
}

impl Tool {
    /// The tool of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TOOLS.iter().find(|tool| tool.name == name)
    }
}

const fn tool(name: &'static str, directories: &'static [Directory]) -> Tool {
    Tool { name, directories, variables: &[], files: &[] }
}

const fn shared(target: &'static str, variables: &'static [&'static str]) -> Directory {
    Directory { target, variables, option: None, sharing: Sharing::Shared, native: false }
}

impl Directory {
    const fn locked(mut self) -> Self {
        self.sharing = Sharing::Locked;
        self
    }

    const fn with_option(mut self, variable: &'static str, option: &'static str) -> Self {
        self.option = Some((variable, option));
        self
    }

    const fn native(mut self) -> Self {
        self.native = true;
        self
    }
}

/// Of one platform, and for one process at a time.
const fn system(target: &'static str) -> Directory {
    shared(target, &[]).locked().native()
}

/// Debian's images have a file here that deletes every archive once it is installed; a step sees this one instead.
const KEEP_ARCHIVES: (&str, &str) =
    ("/etc/apt/apt.conf.d/docker-clean", "Binary::apt::APT::Keep-Downloaded-Packages \"true\";\n");

/// All of them, in the order of the language page.
pub const TOOLS: &[Tool] = &[
    Tool {
        files: &[KEEP_ARCHIVES],
        // Not all of /var/lib/apt: the record of what was installed for something else belongs to the image.
        ..tool("apt", &[system("/var/cache/apt"), system("/var/lib/apt/lists")])
    },
    // Where there is such a directory, apk keeps index and archives in it.
    tool("apk", &[system("/etc/apk/cache")]),
    tool("dnf", &[system("/var/cache/dnf"), system("/var/cache/libdnf5"), system("/var/cache/yum")]),
    tool("pip", &[shared("/root/.cache/pip", &["PIP_CACHE_DIR"]).native()]),
    Tool {
        variables: &[("UV_LINK_MODE", "copy")],
        ..tool("uv", &[shared("/root/.cache/uv", &["UV_CACHE_DIR"]).native()])
    },
    Tool {
        // It would make the environment inside of the cache, which is not in the image.
        variables: &[("POETRY_VIRTUALENVS_IN_PROJECT", "true")],
        ..tool("poetry", &[shared("/root/.cache/pypoetry", &["POETRY_CACHE_DIR"]).native()])
    },
    tool("npm", &[shared("/root/.npm", &["npm_config_cache"])]),
    tool(
        "pnpm",
        &[shared("/root/.local/share/pnpm/store", &["npm_config_store_dir", "pnpm_config_store_dir"])
            .native()],
    ),
    // The first is classic Yarn's, which has no lock of its own; the second that of later releases.
    tool(
        "yarn",
        &[
            shared("/root/.cache/yarn", &["YARN_CACHE_FOLDER"]).locked(),
            shared("/root/.yarn/berry", &["YARN_GLOBAL_FOLDER"]).locked(),
        ],
    ),
    tool("bun", &[shared("/root/.bun/install/cache", &["BUN_INSTALL_CACHE_DIR"])]),
    tool("go", &[shared("/go/pkg/mod", &["GOMODCACHE"]), shared("/root/.cache/go-build", &["GOCACHE"])]),
    // Its lock is a file beside these directories, which no other container sees.
    tool(
        "cargo",
        &[shared("/usr/local/cargo/registry", &[]).locked(), shared("/usr/local/cargo/git", &[]).locked()],
    ),
    // Another home would be another repository, and there may be none.
    tool(
        "maven",
        &[shared("/root/.m2/repository", &[]).locked().with_option("MAVEN_OPTS", "-Dmaven.repo.local=")],
    ),
    // Its locks do not reach from one container to another.
    tool("gradle", &[shared("/root/.gradle", &["GRADLE_USER_HOME"]).locked()]),
    Tool {
        variables: &[("BUNDLE_GLOBAL_GEM_CACHE", "true")],
        ..tool("bundler", &[shared("/root/.bundle/cache", &["BUNDLE_USER_CACHE"])])
    },
    tool("composer", &[shared("/root/.cache/composer", &["COMPOSER_CACHE_DIR"])]),
    tool("nuget", &[shared("/root/.nuget/packages", &["NUGET_PACKAGES"])]),
    tool("ccache", &[shared("/root/.cache/ccache", &["CCACHE_DIR"])]),
    tool("sccache", &[shared("/root/.cache/sccache", &["SCCACHE_DIR"])]),
];
