//! Presets: specs inside the frontend that write the stages of a kind of project. A preset says nothing that a user's file
//! could not say; its options are its args, in lower case.

pub mod detect;

use std::borrow::Cow;
use std::collections::BTreeMap;

use spec_schema::decode::text::Text;

/// A kind of project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A program in Go.
    Go,
    /// A program for Java.
    Java,
    /// A service in JavaScript or TypeScript.
    Node,
    /// A program in Python.
    Python,
    /// A program in Rust.
    Rust,
    /// Files for a web server.
    Static,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 6] = [Self::Go, Self::Java, Self::Node, Self::Python, Self::Rust, Self::Static];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Java => "java",
            Self::Node => "node",
            Self::Python => "python",
            Self::Rust => "rust",
            Self::Static => "static",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The spec of the kind, without what depends on the project.
    fn main(self) -> Part {
        match self {
            Self::Go => Part::of("preset go", include_str!("go.yaml")),
            Self::Java => Part::of("preset java", include_str!("java.yaml")),
            Self::Node => Part::of("preset node", include_str!("node.yaml")),
            Self::Python => Part::of("preset python", include_str!("python.yaml")),
            Self::Rust => Part::of("preset rust", include_str!("rust.yaml")),
            Self::Static => Part::of("preset static", include_str!("static.yaml")),
        }
    }
}

/// A file of a preset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is called in messages.
    pub name: &'static str,
    /// The file.
    pub text: Cow<'static, str>,
}

impl Part {
    const fn of(name: &'static str, text: &'static str) -> Self {
        Self { name, text: Cow::Borrowed(text) }
    }

    /// Whether it says how the health of the service is checked, which a user may say otherwise.
    pub fn is_health(&self) -> bool {
        [HEALTH_TCP, HEALTH_HTTP].contains(self)
    }
}

/// The preset that a spec asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `auto`, or the name of a kind.
    pub preset: Text,
    /// Its options.
    pub with: Vec<(Text, Text)>,
    /// The stages that the spec says something for.
    pub stages: Vec<String>,
    /// What the client says for args, which goes over options of the same name.
    pub build_args: BTreeMap<String, String>,
}

impl Asked {
    /// What the user says for an option.
    pub fn option(&self, name: &str) -> Option<&str> {
        let build_arg = self.build_args.get(&name.to_uppercase());
        build_arg.map(String::as_str).or_else(|| self.written(name))
    }

    /// Whether the spec says something for a stage of the preset.
    fn changes(&self, stage: &str) -> bool {
        self.stages.iter().any(|name| name == stage)
    }

    /// What the spec says for an option.
    fn written(&self, name: &str) -> Option<&str> {
        self.with.iter().find(|(key, _)| key.as_str() == name).map(|(_, value)| value.as_str())
    }
}

/// A preset with what fits the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The kind.
    pub kind: Kind,
    /// Its files, each going over those before it.
    pub parts: Vec<Part>,
    /// What was found for its options.
    pub options: Vec<Found>,
}

/// What was found in the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The option.
    pub option: &'static str,
    /// Its value.
    pub value: String,
    /// Where it was found, or why it is so.
    pub why: String,
    /// Its place in a file, where a fault of it can be told.
    pub place: Option<Place>,
}

/// A text in a file of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: String,
    /// All of its text.
    pub text: String,
    /// The bytes.
    pub at: std::ops::Range<usize>,
}

impl Chosen {
    /// What was found, in one line.
    pub fn told(&self) -> String {
        let found = self
            .options
            .iter()
            .map(|found| format!("{} {} ({})", found.option.replace('_', " "), found.value, found.why));
        let found: Vec<String> = found.collect();
        format!("[preset {}] {}", self.kind.name(), found.join(", "))
    }
}

const PORT: Part = Part::of("preset: port", include_str!("port.yaml"));
const HEALTH_TCP: Part = Part::of("preset: health by port", include_str!("health-tcp.yaml"));
const HEALTH_HTTP: Part = Part::of("preset: health by path", include_str!("health-http.yaml"));
const NODE_UNBUILT: Part = Part::of("preset node: unbuilt", include_str!("node-unbuilt.yaml"));
const YARN: Part = Part::of("preset: Yarn", include_str!("yarn.yaml"));
const NODE_YARN: Part = Part::of("preset node: Yarn", include_str!("node-yarn.yaml"));
const NODE_BARE: Part = Part::of("preset node: no packages", include_str!("node-bare.yaml"));
const NODE_OPTIONS: Part = Part::of("preset node: options", include_str!("node-options.yaml"));
const NODE_FLAGS: &str = "preset node: flags";
const NODE_FRAMEWORK: Part = Part::of("preset node: framework", include_str!("node-framework.yaml"));
const NODE_PROGRAM: Part = Part::of("preset node: program", include_str!("node-program.yaml"));
const NODE_OUTPUT: Part = Part::of("preset node: output", include_str!("node-output.yaml"));
const NODE_NEXT: Part = Part::of("preset node: Next.js", include_str!("node-next.yaml"));
const STATIC_UNBUILT: Part = Part::of("preset static: unbuilt", include_str!("static-unbuilt.yaml"));
const JAVA_MAVEN: Part = Part::of("preset java: maven", include_str!("java-maven.yaml"));
const JAVA_GRADLE: Part = Part::of("preset java: gradle", include_str!("java-gradle.yaml"));
const JAVA_PLAIN: Part = Part::of("preset java: sources", include_str!("java-plain.yaml"));
const JAVA_CLASS: Part = Part::of("preset java: class", include_str!("java-class.yaml"));
const JAVA_JAR: Part = Part::of("preset java: archive", include_str!("java-jar.yaml"));
const GO_SERVICE: Part = Part::of("preset go: service", include_str!("go-service.yaml"));
const GO_PROGRAM: Part = Part::of("preset go: program", include_str!("go-program.yaml"));
const GO_CGO: Part = Part::of("preset go: C", include_str!("go-cgo.yaml"));
const GO_WORK: Part = Part::of("preset go: workspace", include_str!("go-work.yaml"));
const JAVA_DISTROLESS: Part = Part::of("preset java: distroless", include_str!("java-distroless.yaml"));
const JAVA_JRE: Part = Part::of("preset java: JRE", include_str!("java-jre.yaml"));
const PYTHON_DISTROLESS: Part = Part::of("preset python: distroless", include_str!("python-distroless.yaml"));
const PYTHON_SLIM: Part = Part::of("preset python: slim", include_str!("python-slim.yaml"));
const SCRIPT: Part = Part::of("preset python: script", include_str!("python-script.yaml"));
const UVICORN: Part = Part::of("preset python: uvicorn", include_str!("python-uvicorn.yaml"));
const GUNICORN: Part = Part::of("preset python: gunicorn", include_str!("python-gunicorn.yaml"));
const FACTORY: Part = Part::of("preset python: factory", include_str!("python-factory.yaml"));
const MODULE: Part = Part::of("preset python: module", include_str!("python-module.yaml"));
const STREAMLIT: Part = Part::of("preset python: Streamlit", include_str!("python-streamlit.yaml"));
const GRADIO: Part = Part::of("preset python: Gradio", include_str!("python-gradio.yaml"));
const PYTHON_SRC: Part = Part::of("preset python: src", include_str!("python-src.yaml"));
const PYTHON_SRC_DISTROLESS: Part = Part {
    name: "preset python: src on distroless",
    text: Cow::Borrowed(include_str!("python-src-distroless.yaml")),
};

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::dockerignore::{self, Matcher};

    /// The lists of what is not copied, of the stages `runtime` of a preset's file.
    fn excluded(file: &str) -> Vec<Matcher> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/presets").join(file);
        let text = std::fs::read_to_string(path).unwrap();
        let (_, runtime) = text.split_once("\n  runtime:").unwrap();
        let lists = runtime
            .split("exclude: [")
            .skip(1)
            .map(|rest| rest.lines().next().unwrap().trim_end_matches([']', '}']));
        lists
            .map(|list| {
                let patterns: Vec<&str> = list.split(", ").map(|pattern| pattern.trim_matches('"')).collect();
                Matcher::new(&dockerignore::parse(patterns.join("\n").as_bytes()).unwrap()).unwrap()
            })
            .collect()
    }

    #[test]
    fn secrets_of_a_project_stay_out_of_images() {
        let python = [".streamlit/secrets.toml", "site/.streamlit/secrets.toml"];
        for (file, more) in [
            ("node.yaml", &[][..]),
            ("node-next.yaml", &[]),
            ("node-output.yaml", &[]),
            ("node-unbuilt.yaml", &[]),
            ("python-distroless.yaml", &python),
            ("python-slim.yaml", &python),
            ("static.yaml", &[".git/config", "docs/.htpasswd", "docs/.git/config"]),
            ("static-unbuilt.yaml", &[".git/config", "docs/.htpasswd", "docs/.git/config"]),
        ] {
            let lists = excluded(file);
            assert!(!lists.is_empty(), "{file}");
            let secrets = [".env", ".env.production", "services/shop/.env"].iter().chain(more);
            for (list, secret) in
                lists.iter().flat_map(|list| secrets.clone().map(move |secret| (list, secret)))
            {
                assert!(list.matches(secret), "{file} copies {secret}");
                assert!(!list.matches("services/shop/main"), "{file}");
            }
        }
    }

    #[test]
    fn sites_publish_the_same_files_built_or_not() {
        let paths =
            ["docs/.env", ".well-known/security.txt", "x/.well-known/y", "Dockerfile", "docs/Dockerfile"];
        let seen = |file: &str| {
            excluded(file).iter().flat_map(|list| paths.map(|path| list.matches(path))).collect::<Vec<_>>()
        };
        assert_eq!(seen("static.yaml"), [true, false, false, true, false]);
        assert_eq!(seen("static.yaml"), seen("static-unbuilt.yaml"));
    }
}
