//! `docs/ci.md`: its files and its commands, as they stand there.

use std::process::{Command, Stdio};

use optfrontend_tests::{
    Build, ImageName, Outcome, Registry, Running, docker, frontend, get, nonce, repository,
};

/// The project of the page, in a folder of its own.
struct Project {
    folder: Build,
    /// A place of its own in the registry.
    images: String,
    page: String,
}

impl Project {
    #[track_caller]
    fn new() -> Self {
        let path = repository().join("docs/ci.md");
        let page =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let images = format!("{}/optfrontend-tests/{}", Registry::shared().address(), nonce());
        let folder = files(&page).into_iter().fold(Build::spec(""), |folder, (name, text)| {
            folder.file(name, text.replace("optfrontend/optfrontend:1", &frontend()))
        });
        Self { folder: folder.file("pages/index.html", "welcome"), images, page }
    }

    /// Runs every command of a section.
    #[track_caller]
    fn run_section(&self, title: &str) -> Vec<Outcome> {
        let section = self.page.split("\n## ").find(|section| section.starts_with(title)).unwrap_or_default();
        let commands: Vec<String> = blocks(section, "console").flat_map(commands).collect();
        assert!(!commands.is_empty(), "{title} has no commands");
        commands.iter().map(|command| self.shell(command).ok()).collect()
    }

    /// Runs a command as a shell in the project's folder would.
    #[track_caller]
    fn shell(&self, command: &str) -> Outcome {
        let mut shell = Command::new("sh");
        shell.args(["-euc", command]).current_dir(self.folder.folder()).stdin(Stdio::null());
        let project = self.images.rsplit('/').next().unwrap_or_default();
        shell.envs([("REGISTRY", self.images.as_str()), ("VERSION", "1.4"), ("TOKEN", "secret")]);
        shell.env("COMPOSE_PROJECT_NAME", format!("test-{project}"));
        Running::spawn(shell).wait()
    }

    fn image(&self, name: &str) -> ImageName {
        ImageName::new(format!("{}/{name}", self.images))
    }
}

/// Fenced blocks of a language.
fn blocks<'a>(text: &'a str, language: &str) -> impl Iterator<Item = &'a str> {
    let fence = format!("```{language}\n");
    let starts: Vec<usize> = text.match_indices(&fence).map(|(at, _)| at + fence.len()).collect();
    starts.into_iter().filter_map(|start| text[start..].split("```").next())
}

/// What stands behind each prompt, with its continuation lines.
fn commands(block: &str) -> Vec<String> {
    block.split("$ ").filter(|command| !command.trim().is_empty()).map(str::to_owned).collect()
}

/// The blocks that follow a line with nothing but a file's name.
fn files(page: &str) -> Vec<(&str, &str)> {
    let parts: Vec<&str> = page.split("```").collect();
    let named = parts.windows(2).filter_map(|pair| {
        let name = pair[0].trim_end().lines().last()?.strip_prefix('`')?.strip_suffix("`:")?;
        Some((name, pair[1].split_once('\n')?.1))
    });
    named.collect()
}

#[test]
fn the_commands_for_ci() {
    let project = Project::new();
    let _image = project.image("shop:1.4");
    let outcomes = project.run_section("In CI");
    assert!(outcomes[0].stdout.contains("no warnings found"), "{outcomes:?}");
    let metadata = std::fs::read_to_string(project.folder.folder().join("metadata.json")).unwrap();
    let digest = docker(["image", "inspect", "--format={{.Id}}", &project.image("shop:1.4")]).ok().stdout;
    assert!(metadata.contains(digest.trim()), "{metadata}");
    let registry = Registry::shared();
    assert_eq!(
        registry.manifest(&project.image("shop:1.4"))["mediaType"],
        "application/vnd.oci.image.index.v1+json"
    );
    assert_eq!(registry.ask(&project.image("shop:cache")).status, 200);
    let ran = docker(["run", "--rm", &project.image("shop:1.4"), "cat", "version.txt", "index.html"]).ok();
    assert_eq!(ran.stdout, "red shop 1.4\nwelcome");
}

#[test]
fn bake_builds_a_group_with_a_matrix_and_a_linked_target() {
    let project = Project::new();
    let images = ["shop:red", "shop:blue", "visit"].map(|name| project.image(name));
    let outcomes = project.run_section("Bake");
    assert!(outcomes[1].stdout.contains("VERSION     2.0"), "{outcomes:?}");
    let run =
        |image: &str, command: &[&str]| docker(["run", "--rm", image].iter().chain(command)).ok().stdout;
    assert_eq!(run(&images[0], &["cat", "version.txt"]), "red shop 1.4\n");
    assert_eq!(run(&images[1], &["cat", "version.txt"]), "blue shop 1.4\n");
    // The linked target has the files and the config of the other one: its working directory, and its own command.
    assert_eq!(run(&images[2], &[]), "blue shop 1.4\n");
    assert_eq!(run(&images[2], &["pwd"]), "/www\n");
}

#[test]
fn bake_takes_overrides_and_other_outputs() {
    let project = Project::new();
    let bake = "docker buildx bake --progress=quiet";
    project
        .shell(&format!("{bake} --set 'web-*.args.VERSION=2' --set '*.output=type=local,dest=out' web-red"))
        .ok();
    let read = |path: &str| std::fs::read_to_string(project.folder.folder().join(path)).unwrap();
    assert_eq!(read("out/www/version.txt"), "red shop 2\n");
    let refused = project.shell(&format!("{bake} --set 'web-*.args.COLOUR=green' web-red")).failed();
    assert!(refused.stderr.contains("`COLOUR` cannot be `green`"), "{}", refused.stderr);
    let checked = project.shell("docker buildx bake --check").ok();
    assert_eq!(checked.stdout.matches("Check complete").count(), 3, "{}", checked.stdout);
    let targets = project.shell("docker buildx bake --call=targets web-red").ok();
    assert!(targets.stdout.contains("web (default) the shop"), "{}", targets.stdout);
}

/// Services that end with their test.
struct Services<'a>(&'a Project);

impl Drop for Services<'_> {
    fn drop(&mut self) {
        self.0.shell("docker compose down --timeout 1");
    }
}

#[test]
fn compose_builds_and_starts() {
    let project = Project::new();
    let image = project.image("shop:compose");
    let services = Services(&project);
    project.run_section("Compose");
    let port = project.shell("docker compose port web 8000").ok().stdout;
    let port = port.trim().rsplit(':').next().unwrap().parse().unwrap();
    assert_eq!(get(port, "/version.txt").unwrap().body, "red shop 1.4\n");
    assert_eq!(get(port, "/").unwrap().body, "welcome");
    let inspect =
        |format: &str| docker(["image", "inspect", "--platform=linux/arm64", format, &image]).ok().stdout;
    let version = r#"--format={{index .Config.Labels "org.opencontainers.image.version"}} {{.Architecture}}"#;
    assert_eq!(inspect(version), "1.4 arm64\n");
    drop(services);
}
