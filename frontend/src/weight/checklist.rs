//! The checklist of an image: what is asked of one that goes into production, whether it holds, and why.

use buildkit_llb::Platform;
use serde::Serialize;
use spec_schema::spec::FailOn;

use super::short;
use crate::accounts::{Accounts, ROOT};
use crate::image_config::ImageConfig;
use crate::lint::{Finding, Findings};
use crate::plan::ScanPlan;
use crate::sizes::size_of;
use crate::verify::Listing;

/// A line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What is asked.
    pub name: &'static str,
    /// Whether it holds; `None` where that is not known.
    pub met: Option<bool>,
    /// Why.
    pub why: String,
    /// What to write for it.
    pub how: String,
}

/// What the checklist is judged by.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// What the image starts from: the kind, and the name.
    pub base: (&'static str, &'a str),
    /// Which of [`looked_for`] is in the image.
    pub(crate) listing: Listing,
    /// The image config.
    pub config: &'a ImageConfig,
    /// Who the image's users are.
    pub accounts: &'a Accounts,
    /// What lint finds, whatever the spec skips.
    pub findings: &'a Findings,
    /// Bytes of the image's files.
    pub size: u64,
    /// The most that the spec allows.
    pub max_size: Option<u64>,
    /// Whether a stage of the build is made of Go's toolchain.
    pub is_go: bool,
    /// What scans it before it leaves a build.
    pub scans: &'a [ScanPlan],
    /// The platforms that are built.
    pub platforms: &'a [Platform],
    /// Whether a list of software is asked for.
    pub sbom: bool,
}

/// What tells which kind of image it is: a shell, Alpine, runtimes, and what only builds need.
const SHELL: usize = 0;
const ALPINE: usize = 1;
const NODE: usize = 2;
const PYTHON: usize = 3;
const BUILD_TOOLS: [&str; 13] =
    ["gcc", "cc", "g++", "c++", "clang", "make", "cmake", "go", "rustc", "cargo", "javac", "mvn", "gradle"];

/// What is looked for in an image, as words for the helper; `search` is the image's `PATH`.
pub fn looked_for(search: &str) -> Vec<String> {
    let command = |name: &str| ["--command".to_owned(), name.to_owned()];
    let mut words = vec!["--search".to_owned(), search.to_owned()];
    words.extend(command("sh"));
    words.extend(["--path", "/etc/alpine-release"].map(str::to_owned));
    words.extend(["node", "python3"].iter().chain(&BUILD_TOOLS).flat_map(|name| command(name)));
    words
}

/// The checklist.
pub fn checklist(evidence: &Evidence<'_>) -> Vec<Line> {
    let rules = |names: &[&str], holds: &str, how: &str| evidence.rules(names, holds, how);
    vec![
        evidence.base_line(),
        evidence.tools(),
        evidence.user(),
        Line {
            name: "no secret in build args or variables",
            ..rules(
                &["SecretsUsedInArgOrEnv", "SecretValue"],
                "no arg or variable has the name or the look of a secret",
                "give it to the step that needs it, as in `secrets: [token]`; `lint: {error: [SecretsUsedInArgOrEnv, SecretValue]}` keeps it so",
            )
        },
        Line {
            name: "ignore file keeps out .git, node_modules and .env",
            ..rules(
                &["ContextUnfiltered"],
                "no step copies what an ignore file should keep out",
                "copy by name what is needed, or add the lines to .dockerignore",
            )
        },
        Line {
            name: "base image with a version, not `latest`",
            ..rules(
                &["BaseImageLatest"],
                "every image has a tag or a digest",
                "name a version, as in `from: debian:12-slim`, or a digest",
            )
        },
        evidence.scan(),
        Line {
            name: "cache mounts for package managers",
            ..rules(
                &["CacheMountMissing", "CacheInLayer"],
                "every package manager that runs has a cache, or none runs",
                "name the manager at its step, as in `cache: apt`; `lint: {error: [CacheMountMissing, CacheInLayer]}` keeps it so",
            )
        },
        evidence.health(),
        evidence.size(),
        evidence.platforms(),
        Line {
            name: "SBOM",
            met: Some(evidence.sbom),
            why: if evidence.sbom { "the build is asked for one" } else { "the build is not asked for one" }
                .to_owned(),
            how: "build with `--sbom=true`; `verify: {attestations: sbom}` asks for it".to_owned(),
        },
    ]
}

impl Evidence<'_> {
    fn has(&self, looked_for: usize) -> bool {
        self.path(looked_for).is_some()
    }

    fn path(&self, looked_for: usize) -> Option<&str> {
        self.listing.at.iter().find(|(at, _)| *at == looked_for).map(|(_, path)| path.as_str())
    }

    /// A line that is judged by lint rules; its name is to be filled in.
    fn rules(&self, names: &[&str], holds: &str, how: &str) -> Line {
        let mut found = self.findings.all().filter(|finding| names.contains(&finding.rule.name));
        let told = |finding: &Finding| (finding.detail.clone(), finding.help.clone());
        match found.next().map(told) {
            None => Line { name: "", met: Some(true), why: holds.to_owned(), how: how.to_owned() },
            Some((why, how)) => Line { name: "", met: Some(false), why, how },
        }
    }

    fn base_line(&self) -> Line {
        let (kind, name) = self.base;
        let name = short(name);
        let (met, why) = if kind == "scratch" {
            (true, "it starts from scratch".to_owned())
        } else if self.has(ALPINE) {
            (true, format!("{name} is Alpine"))
        } else if !self.has(SHELL) {
            (true, format!("there is no shell in it, as {name} has none"))
        } else {
            (false, format!("{name} has a shell, and is not Alpine"))
        };
        Line {
            name: "distroless, Alpine or scratch base",
            met: Some(met),
            why,
            how: "copy what runs into a stage `from: scratch` or from a distroless image; `verify: {forbid: [sh]}` keeps it so"
                .to_owned(),
        }
    }

    fn tools(&self) -> Line {
        let at = PYTHON + 1;
        let there: Vec<&str> = (at..at + BUILD_TOOLS.len()).filter_map(|tool| self.path(tool)).collect();
        let line = Line {
            name: "no compiler, build tool or development dependency",
            ..self.rules(
                &["CompilerInImage", "DevDependencies"],
                "none is on its PATH, and no step installs one",
                "build in a stage of its own, and copy what it makes; `verify: {forbid: [gcc, make]}` keeps it so",
            )
        };
        if there.is_empty() {
            return line;
        }
        Line { met: Some(false), why: format!("it has {}", there.join(", ")), ..line }
    }

    fn user(&self) -> Line {
        let written = self.config.text("User").unwrap_or_default();
        let name = written.split(':').next().unwrap_or_default();
        let uid = match name {
            "" | ROOT => Some(0),
            name => name.parse().ok().or_else(|| self.accounts.user(name).map(|user| user.uid)),
        };
        let why = match uid {
            Some(0) if name.is_empty() => "it runs as root, since nothing says who else".to_owned(),
            Some(0) => format!("it runs as `{written}`, which is root"),
            Some(_) => format!("it runs as `{written}`"),
            None => format!("nothing in the image says who `{name}` is"),
        };
        Line {
            name: "non-root user",
            met: Some(uid.is_some_and(|uid| uid != 0)),
            why,
            how: "add `user: 65532`, or a name that `users` has; `verify: {user: non_root}` keeps it so"
                .to_owned(),
        }
    }

    /// A report runs no scanner: what counts is that no build can do without.
    fn scan(&self) -> Line {
        let stops = |scan: &&ScanPlan| scan.fail_on != FailOn::Never;
        let gates: Vec<String> =
            self.scans.iter().filter(stops).map(|scan| format!("`{}`", scan.name)).collect();
        let why = match (self.scans, gates.as_slice()) {
            ([], _) => "no scanner is a part of the build".to_owned(),
            (_, []) => "what its scanners find stops no build: `fail_on: never`".to_owned(),
            _ => format!("a build fails for what {} finds", gates.join(" or ")),
        };
        Line {
            name: "scan without critical or high vulnerabilities",
            met: Some(!gates.is_empty()),
            why,
            how: "add a scanner, as in `scan: {image: aquasec/trivy:0.58.2, args: [rootfs, --exit-code, \"1\", --severity, \"HIGH,CRITICAL\", /rootfs], network: default}`"
                .to_owned(),
        }
    }

    fn health(&self) -> Line {
        let (met, why) = match self.config.get("Healthcheck").map(|check| check["Test"][0].as_str()) {
            None => (false, "the image has none"),
            Some(Some("NONE")) => (true, "the spec says that something else looks after it"),
            Some(_) => (true, "the image has one"),
        };
        Line {
            name: "health check",
            met: Some(met),
            why: why.to_owned(),
            how: "add `healthcheck: {http: \"http://localhost:8080/\"}`, or `healthcheck: none` where something else looks after it"
                .to_owned(),
        }
    }

    fn size(&self) -> Line {
        let target = match self.max_size {
            Some(size) => Some((size, "`max_size`")),
            None if self.has(NODE) => Some((150_000_000, "an image with Node.js")),
            None if self.has(PYTHON) => Some((200_000_000, "an image with Python")),
            None if self.is_go => Some((30_000_000, "an image with a program in Go")),
            None => None,
        };
        let size = size_of(self.size);
        Line {
            name: "size under its target",
            met: target.map(|(most, _)| self.size <= most),
            why: target.map_or_else(
                || format!("it has {size}, and nothing says how much it may have"),
                |(most, what)| format!("it has {size}; {what} may have {}", size_of(most)),
            ),
            how: "say how large it may be: `verify: {max_size: 30MB}`".to_owned(),
        }
    }

    fn platforms(&self) -> Line {
        let built = |wanted: &str| self.platforms.iter().any(|platform| platform.architecture == wanted);
        let names: Vec<String> = self.platforms.iter().map(ToString::to_string).collect();
        Line {
            name: "built for amd64 and arm64",
            met: Some(built("amd64") && built("arm64")),
            why: format!("it is built for {}", names.join(" and ")),
            how: "add `platforms: [linux/amd64, linux/arm64]`".to_owned(),
        }
    }
}
