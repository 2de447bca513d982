//! Go: go.mod or go.work, and what of C a program comes with.

use super::{Project, Refusal, go_program, minor, port_in};
use crate::go_mod::directives;
use crate::presets::{GO_CGO, GO_PROGRAM, GO_SERVICE, GO_WORK};

/// What comes before the port that a program listens on. What names a machine is mostly the address of another service.
const PORTS: [&str; 11] = [
    "\":",
    "\"PORT\", \"",
    "port = \"",
    "port := \"",
    "Port = \"",
    "PORT\", \"",
    "\"port\", ",
    "\"port\", \"",
    "0.0.0.0:",
    "127.0.0.1:",
    "localhost:",
];

/// Modules that are nothing without the C that they come with: without it they compile, and fail when they are used.
const IN_C: [&str; 11] = [
    "github.com/mattn/go-sqlite3",
    "github.com/confluentinc/confluent-kafka-go",
    "github.com/marcboeker/go-duckdb",
    "github.com/duckdb/duckdb-go",
    "github.com/DataDog/zstd",
    "github.com/bytecodealliance/wasmtime-go",
    "github.com/smacker/go-tree-sitter",
    "github.com/tree-sitter/go-tree-sitter",
    "github.com/tursodatabase/go-libsql",
    "rogchap.com/v8go",
    "gorm.io/driver/sqlite",
];

pub(super) fn look(project: &mut Project<'_>) -> Result<(), Refusal> {
    let (manifest, file) = match (project.survey.text("go.mod"), project.survey.text("go.work")) {
        (Some(module), _) => (module, "go.mod"),
        (None, Some(work)) => (work, "go.work"),
        (None, None) => {
            return Err(Refusal::new(
                "there is no go.mod in the build context",
                "`go mod init NAME` makes one; where it is in a folder, build from that: `docker buildx build FOLDER`",
            ));
        }
    };
    version(project, &manifest, file);
    let modules = if file == "go.work" {
        project.parts.push(GO_WORK);
        modules(&manifest)
    } else {
        Vec::new()
    };
    let main = go_program::find(project, &modules)?;
    let text = main.and_then(|main| Some((project.survey.text(&main)?, main)));
    if let Some((text, main)) = &text
        && let Some(port) = port_in(text, &PORTS)
    {
        project.find_health(text, main);
        project.find("port", port, main);
    }
    if let Some(why) = in_c(project, (manifest, file), &modules, text) {
        project.find("cgo", "1", why);
    }
    let is_in_c = project.value("cgo") == Some("1");
    let is_service = project.value("port").is_some();
    project.parts.push(if is_service || is_in_c { GO_SERVICE } else { GO_PROGRAM });
    project.parts.extend(is_in_c.then_some(GO_CGO));
    Ok(())
}

fn version(project: &mut Project<'_>, manifest: &str, file: &'static str) {
    let line = |word: &'static str| {
        let version = manifest.lines().find_map(|line| line.trim().strip_prefix(word).map(str::trim));
        version.map(|version| (word, version))
    };
    if !project.find_version("go_version", &[".go-version"], &["golang", "go"], minor)
        && let Some((word, version)) = line("toolchain go").or_else(|| line("go "))
    {
        project.find("go_version", minor(version), file);
        project.place("go_version", file, &[&format!("{word}{version}")]);
    }
}

/// The directories of the modules that a go.work uses.
fn modules(work: &str) -> Vec<String> {
    let used = directives(work, "use");
    let paths = used.iter().map(|path| path.trim_matches('"'));
    let own = paths.filter_map(|path| path.strip_prefix("./").or((path == ".").then_some("")));
    own.map(|path| path.trim_end_matches('/').to_owned()).collect()
}

/// Why the program takes a compiler for C.
fn in_c(
    project: &mut Project<'_>,
    (manifest, file): (String, &'static str),
    modules: &[String],
    main: Option<(String, String)>,
) -> Option<String> {
    if let Some((_, file)) = main.filter(|(text, _)| text.lines().any(|line| line.trim() == "import \"C\"")) {
        return Some(format!("{file} imports C"));
    }
    let files = modules.iter().map(|module| format!("{module}/go.mod"));
    let mut files: Vec<(String, String)> =
        files.filter_map(|file| Some((project.survey.text(&file)?, file))).collect();
    files.push((manifest, file.to_owned()));
    files.iter().find_map(|(text, file)| {
        let package = IN_C.into_iter().find(|package| {
            required(text).iter().any(|module| {
                module.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with("/v"))
            })
        })?;
        Some(format!("{package} in {file}"))
    })
}

/// The modules that a go.mod requires for its own code, not for that of others.
fn required(text: &str) -> Vec<String> {
    let own: Vec<&str> = text.lines().filter(|line| !line.contains("// indirect")).collect();
    let lines = directives(&own.join("\n"), "require");
    let modules = lines.iter().filter_map(|line| line.split_whitespace().next());
    modules.map(|module| module.trim_matches('"').to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::{PORTS, modules, required};
    use crate::presets::detect::port_in;

    #[test]
    fn a_workspace_uses_modules() {
        assert_eq!(
            modules("go 1.22\n\nuse (\n\t./api // the service\n\t./libs/a/\n)\nuse .\n"),
            ["api", "libs/a", ""]
        );
    }

    #[test]
    fn a_module_requires_others() {
        let text = "module a // github.com/a/b\n\nrequire github.com/a/c v1.2.3\nrequire (\n\tgithub.com/a/d v1.0.0\n\t\
                    // github.com/a/e v1\n\tgithub.com/a/f v1.0.0 // indirect\n)\n\nexclude github.com/a/g v1.0.0\n\
                    replace (\n\tgithub.com/a/h => ../h\n)\nrequire(\n\t\"github.com/a/i\" v1.0.0\n)\n";
        assert_eq!(required(text), ["github.com/a/c", "github.com/a/d", "github.com/a/i"]);
    }

    #[test]
    fn the_port_of_a_client_is_none_of_the_program() {
        let client = "redis.Options{Addr: \"localhost:6379\"}\n";
        for (own, expected) in [
            ("port := getenv(\"PORT\", \"8080\")", "8080"),
            ("db := getenv(\"DB_PORT\", \"5432\")\nport := getenv(\"PORT\", \"8081\")", "8081"),
            ("http.ListenAndServe(\":8082\", nil)", "8082"),
            ("flag.Int(\"port\", 8083, \"\")", "8083"),
            ("http.ListenAndServe(\"0.0.0.0:8084\", nil)", "8084"),
        ] {
            assert_eq!(port_in(&format!("{client}{own}"), &PORTS).as_deref(), Some(expected), "{own}");
        }
    }
}
