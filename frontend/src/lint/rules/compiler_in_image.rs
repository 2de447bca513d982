//! `CompilerInImage`.

use crate::expand::{CoreAction, CoreStep};
use crate::lint::command::Command;
use crate::lint::image_name::ImageName;
use crate::lint::run::RunView;
use crate::lint::subject::StageView;
use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "CompilerInImage",
    description: "What only the build needs is not in the image that runs",
    costs: "a toolchain is pulled with each deployment, scanned for its own vulnerabilities, and at hand for an intruder",
    standing: Standing::Pitfall,
    check,
};

/// Images that are toolchains.
const TOOLCHAINS: &[&str] =
    &["golang", "rust", "gcc", "maven", "gradle", "swift", "haskell", "buildpack-deps", "sdk", "clang"];

/// Packages that are, of Debian, Alpine and Fedora.
const PACKAGES: &[&str] = &[
    "build-essential",
    "build-base",
    "gcc",
    "g++",
    "gcc-c++",
    "clang",
    "make",
    "cmake",
    "golang",
    "golang-go",
    "go",
    "rustc",
    "cargo",
    "default-jdk",
    "maven",
    "gradle",
];

/// Packages of Python that are, too.
const OF_PYTHON: &[&str] =
    &["build", "build-tools", "cython", "maturin", "meson", "ninja", "pyinstaller", "scikit-build"];

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some((target, _)) = subject.target() else { return };
    let chain = subject.chain(target);
    let runs_program = subject.runs_program();
    let is_meant = runs_program || subject.is_dockerfile() && holds_project(&chain);
    if !is_meant {
        return;
    }
    let help = Help::spec("build in a stage of its own, and copy what it makes into one that starts from a slim or distroless image")
        .better(["FROM … AS build", "…", "FROM …-slim", "COPY --from=build … …"]);
    if let (Some(image), Some(bottom), true) = (subject.base(target), chain.last(), runs_program)
        && is_toolchain(&image)
    {
        let detail = format!("{} is based on `{}`, a toolchain", subject.image_of(target), image.written);
        found.add(bottom.stage.from.span, detail, help.clone());
    }
    for run in chain.iter().flat_map(|stage| stage.runs()) {
        if let Some((command, package)) = installed(run) {
            let detail =
                format!("`{package}` is in {}, which does not need it to run", subject.image_of(target));
            found.add(run.place(subject, command), detail, help.clone());
        }
    }
}

/// Whether files of the build context are in an image, which then may run what its base runs.
fn holds_project(chain: &[&StageView<'_>]) -> bool {
    let is_own = |step: &&CoreStep| matches!(&step.action, CoreAction::Copy(copy) if copy.from.is_none());
    chain.iter().flat_map(|stage| &stage.steps).any(is_own)
}

/// The command of a step that installs a toolchain and leaves it there, and which one.
fn installed<'r>(run: &'r RunView<'_>) -> Option<(&'r Command, &'r str)> {
    let removes = |command: &Command| {
        command.is(&["apt-get", "apt"], &["purge", "remove", "autoremove"]) || command.is(&["apk"], &["del"])
    };
    let installs = |command: &Command| {
        command.is(&["apt-get", "apt", "dnf", "yum", "microdnf"], &["install"])
            || command.is(&["apk"], &["add"])
    };
    if run.commands.iter().any(removes) {
        return None;
    }
    run.commands.iter().find_map(|command| {
        let packages = command.operands().skip(1);
        let package = if installs(command) {
            packages.into_iter().find(|package| PACKAGES.contains(package))
        } else if command.is(&["pip", "pip3"], &["install"]) {
            let name = |package: &'r str| package.split(['=', '<', '>', '~', '[']).next().unwrap_or_default();
            packages.map(name).find(|package| OF_PYTHON.contains(&package.to_lowercase().as_str()))
        } else {
            None
        };
        Some((command, package?))
    })
}

fn is_toolchain(image: &ImageName) -> bool {
    TOOLCHAINS.contains(&image.name.as_str()) || image.tag_has("jdk") || image.tag_has("sdk")
}
