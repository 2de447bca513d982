//! Lockfiles: whose they are, and which counts where there are several.

use serde_json::Value;
use spec_schema::decode::OneOrMany;
use spec_schema::diagnostic::one_of;
use spec_schema::spec::{InstallStep, Manager};

use super::{Project, Refusal, javascript};

/// The lockfiles of a package manager, the manifest that they are made from, and the command that makes one.
pub(super) fn lockfiles(manager: Manager) -> (&'static [&'static str], &'static str, &'static str) {
    match manager {
        Manager::Npm => (&["package-lock.json", "npm-shrinkwrap.json"], "package.json", "npm install"),
        Manager::Pnpm => (&["pnpm-lock.yaml"], "package.json", "pnpm install"),
        Manager::Yarn => (&["yarn.lock"], "package.json", "yarn install"),
        Manager::Bun => (&["bun.lock", "bun.lockb"], "package.json", "bun install"),
        Manager::Pip => (&["requirements.txt"], "requirements.txt", "pip freeze > requirements.txt"),
        Manager::Uv => (&["uv.lock"], "pyproject.toml", "uv lock"),
        Manager::Poetry => (&["poetry.lock"], "pyproject.toml", "poetry lock"),
        Manager::Go => (&["go.sum", "go.work", "go.mod"], "go.mod", "go mod tidy"),
        Manager::Cargo => (&["Cargo.lock"], "Cargo.toml", "cargo generate-lockfile"),
        // These two know no lockfile of all that they use.
        Manager::Maven => (&["pom.xml"], "pom.xml", "mvn archetype:generate"),
        Manager::Gradle => (
            &["build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"],
            "build.gradle",
            "gradle init",
        ),
        Manager::Bundler => (&["Gemfile.lock"], "Gemfile", "bundle lock"),
        Manager::Composer => (&["composer.lock"], "composer.json", "composer update"),
    }
}

/// The package manager whose lockfile is there.
pub(super) fn choose(step: &InstallStep, project: &mut Project<'_>) -> Result<Manager, Refusal> {
    let place = project.place();
    let mut there = Vec::new();
    for manager in &step.install.values {
        let (locks, ..) = lockfiles(*manager);
        if let Some(lock) = project.existing(locks).first() {
            there.push((*manager, lock.clone()));
        }
    }
    if there.len() > 1 {
        prefer(project, &mut there);
    }
    match there.as_slice() {
        [(manager, _)] => Ok(*manager),
        [] => Err(missing(&step.install, project, &place)),
        several => {
            let files = several.iter().map(|(_, lock)| format!("`{lock}`")).collect::<Vec<_>>().join(" and ");
            let names = one_of(several.iter().map(|(manager, _)| manager.name()));
            Err(Refusal {
                message: format!("{place} has the lockfiles {files}, of rival package managers"),
                help: Some(format!(
                    "remove those that are out of date, or name the one that counts with `install`: {names}{}",
                    if several.iter().all(|(manager, _)| lockfiles(*manager).1 == "package.json") {
                        "; or with `packageManager` in package.json"
                    } else {
                        ""
                    }
                )),
            })
        }
    }
}

/// Leaves one of several lockfiles where the project says which counts: by `packageManager`, or by a lockfile beside requirements,
/// which others are told with.
fn prefer(project: &mut Project<'_>, there: &mut Vec<(Manager, String)>) {
    let named = javascript::package_manager(project).map(|(name, _)| name);
    if there.iter().any(|(manager, _)| Some(manager.name()) == named.as_deref()) {
        there.retain(|(manager, _)| Some(manager.name()) == named.as_deref());
    }
    if there.iter().any(|(manager, _)| matches!(manager, Manager::Uv | Manager::Poetry)) {
        there.retain(|(manager, _)| *manager != Manager::Pip);
    }
}

/// Whether there is no lockfile because package.json names nothing that could be locked.
pub(super) fn is_needless(step: &InstallStep, project: &mut Project<'_>) -> bool {
    let wanted = &step.install.values;
    let has_lock = wanted.iter().any(|manager| !project.existing(lockfiles(*manager).0).is_empty());
    if has_lock || !wanted.iter().all(|manager| lockfiles(*manager).1 == "package.json") {
        return false;
    }
    let manifest = project.text("package.json").and_then(|text| serde_json::from_str::<Value>(&text).ok());
    manifest.is_some_and(|manifest| {
        let sections = ["dependencies", "devDependencies", "optionalDependencies", "workspaces"];
        sections.iter().all(|section| {
            manifest[section].as_object().is_none_or(serde_json::Map::is_empty)
                && !manifest[section].is_array()
        })
    })
}

fn missing(wanted: &OneOrMany<Manager>, project: &mut Project<'_>, place: &str) -> Refusal {
    let locks = wanted.values.iter().flat_map(|manager| lockfiles(*manager).0.iter().copied());
    let message = format!("`install` needs {} in {place}, and there is none", one_of(locks));
    let rivals = [
        Manager::Npm,
        Manager::Pnpm,
        Manager::Yarn,
        Manager::Bun,
        Manager::Uv,
        Manager::Poetry,
        Manager::Pip,
    ];
    let rival = rivals.into_iter().find(|rival| {
        let related = wanted.values.iter().any(|manager| lockfiles(*manager).1 == lockfiles(*rival).1);
        related && !wanted.values.contains(rival) && !project.existing(lockfiles(*rival).0).is_empty()
    });
    if let Some(rival) = rival {
        let help = format!("there is the lockfile of another package manager: `install: {}`", rival.name());
        return Refusal { message, help: Some(help) };
    }
    let (_, manifest, command) =
        wanted.values.first().map_or((&[][..], "", ""), |manager| lockfiles(*manager));
    let help = if project.has(manifest) {
        format!("`{command}` makes it; commit it, and see that .dockerignore does not leave it out")
    } else {
        "say with `path` in which directory of the build context it is, and see that .dockerignore does not leave it out".to_owned()
    };
    Refusal { message, help: Some(help) }
}
