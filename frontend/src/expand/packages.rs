//! System packages: the commands that `apt`, `apk` and `dnf` are short for.

use spec_schema::decode::text::{Template, Text};
use spec_schema::decode::{Entry, List, Map, OneOrMany};
use spec_schema::span::Span;
use spec_schema::spec::{
    ApkStep, AptRepository, AptStep, BindMount, CacheMount, Command, DnfStep, FileMount, KeyFile, Mount,
    Repository, RepositoryKey, RunStep,
};

/// Updates the index, of which nothing may be missing, installs, and leaves nothing that says when.
const APT: &str = "\
apt-get --option APT::Update::Error-Mode=any --option Acquire::Retries=3 update && \
apt-get --option Acquire::Retries=3 install --yes \"$@\" && \
rm -f /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache";

/// With a directory for its cache there, apk uses it without being told.
const APK: &str = "apk add --update-cache \"$@\" && rm -f /var/log/apk.log";

const DNF: &str = "\
$(command -v dnf || command -v microdnf) install --assumeyes --setopt=tsflags=nodocs --setopt=keepcache=1 \"$@\" && \
rm -f /var/log/dnf*.log /var/log/hawkey.log";

/// Where keys are while a step runs: a directory in memory, so that none of it is in the image.
const KEYS: &str = "/dev/optfrontend/keys";

pub(super) fn apt(step: AptStep) -> RunStep {
    let mut command = Shell::new("apt", APT, step.span);
    if !step.recommends.is_some_and(|recommends| recommends.value) {
        command.argument("--no-install-recommends");
    }
    for (at, repository) in values(step.repositories).into_iter().enumerate() {
        command.apt_repository(at, repository);
    }
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command.packages(step.apt)
}

pub(super) fn apk(step: ApkStep) -> RunStep {
    let mut command = Shell::new("apk", APK, step.span);
    for Repository { uri, key, .. } in values(step.repositories) {
        let file = key.settings.path.raw.rsplit('/').next().unwrap_or_default().to_owned();
        command.key(format!("/etc/apk/keys/{file}"), key);
        command.argument("--repository");
        command.arguments.push(uri);
    }
    command.packages(step.apk)
}

pub(super) fn dnf(step: DnfStep) -> RunStep {
    let mut command = Shell::new("dnf", DNF, step.span);
    if !step.recommends.is_some_and(|recommends| recommends.value) {
        command.argument("--setopt=install_weak_deps=0");
    }
    for (at, Repository { uri, key, span }) in values(step.repositories).into_iter().enumerate() {
        let name = format!("optfrontend-{at}");
        let key = command.key(format!("{KEYS}/{name}"), key);
        let text = format!("[{name}]\nname={name}\ngpgcheck=1\ngpgkey=file://{key}\nbaseurl=");
        let content =
            Template::literal(text, span).joined("", &uri).joined("", &Template::literal("\n", span));
        command.file(format!("/etc/yum.repos.d/{name}.repo"), content);
    }
    command.packages(step.dnf)
}

/// A command that is being put together.
struct Shell {
    tool: &'static str,
    span: Span,
    arguments: Vec<Template>,
    env: Map<Template>,
    mounts: Vec<Mount>,
}

impl Shell {
    fn new(tool: &'static str, script: &str, span: Span) -> Self {
        let words = ["/bin/sh", "-ec", script, tool];
        let arguments = words.map(|word| Template::literal(word, span)).to_vec();
        Self { tool, span, arguments, env: Map::default(), mounts: Vec::new() }
    }

    fn argument(&mut self, text: &str) {
        self.arguments.push(Template::literal(text, self.span));
    }

    fn env(&mut self, name: &str, value: &str) {
        let value = Template::literal(value, self.span);
        self.env.insert(name.to_owned(), Entry { key_span: self.span, value });
    }

    fn file(&mut self, target: String, content: Template) {
        let span = content.span;
        self.mounts.push(Mount::File(FileMount {
            r#type: Text::new("file".to_owned(), span),
            target: Template::literal(target, span),
            content,
            mode: None,
            span,
        }));
    }

    /// Mounts a key; returns where.
    fn key(&mut self, target: String, key: RepositoryKey) -> String {
        let KeyFile { from, path, span } = key.settings;
        self.mounts.push(Mount::Bind(BindMount {
            r#type: Text::new("bind".to_owned(), span),
            from,
            source: Some(path),
            target: Template::literal(target.clone(), span),
            readwrite: None,
            span,
        }));
        target
    }

    /// Mounts a repository's `.sources` file, as deb822 has it.
    fn apt_repository(&mut self, at: usize, repository: AptRepository) {
        let AptRepository { uri, suites, components, key, span } = repository;
        // apt tells the two kinds of keys apart by their names.
        let kind = key.settings.path.raw.rsplit('.').next().filter(|kind| *kind == "asc").unwrap_or("gpg");
        let key = self.key(format!("{KEYS}/optfrontend-{at}.{kind}"), key);
        let plain = |text: &str| Template::literal(text, span);
        let components = components.map_or_else(|| vec![plain("main")], |components| components.values);
        let mut content = plain("Types: deb\nURIs:").joined(" ", &uri);
        for (field, words) in [("\nSuites:", suites.values), ("\nComponents:", components)] {
            content = content.joined("", &plain(field));
            content = words.iter().fold(content, |content, word| content.joined(" ", word));
        }
        content = content.joined("", &plain(&format!("\nSigned-By: {key}\n")));
        self.file(format!("/etc/apt/sources.list.d/optfrontend-{at}.sources"), content);
    }

    /// The command with the packages to install.
    fn packages(mut self, packages: OneOrMany<Template>) -> RunStep {
        let name = packages
            .values
            .iter()
            .fold(Template::literal(self.tool, self.span), |name, it| name.joined(" ", it));
        self.arguments.extend(packages.values);
        let span = self.span;
        let cache = CacheMount::WellKnown(Text::new(self.tool.to_owned(), span));
        RunStep {
            name: Some(name),
            env: self.env,
            workdir: Some(Template::literal("/", span)),
            run_as: Some(Template::literal("0:0", span)),
            cache: Some(OneOrMany { values: vec![cache], span }),
            mounts: List(self.mounts),
            ..RunStep::bare(Command::Exec(self.arguments, span), span)
        }
    }
}

fn values<T>(list: Option<OneOrMany<T>>) -> Vec<T> {
    list.map(|list| list.values).unwrap_or_default()
}
