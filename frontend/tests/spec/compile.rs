//! The phases one after the other, as a build runs them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use buildkit_llb::{Definition, Graph, ImageSource, OpMeta, Platform};
use optfrontend::accounts::{self, AccountFiles, Accounts};
use optfrontend::debug;
use optfrontend::dockerignore;
use optfrontend::entrypoint::{IgnoreRules, MainContext};
use optfrontend::epoch::Epoch;
use optfrontend::expand::{Core, ask, expand};
use optfrontend::explain::{self, Explanation, explain};
use optfrontend::image_config::ImageConfig;
use optfrontend::layers::{self, Directory, Fact, Facts, Questions};
use optfrontend::lint::{Findings, Subject, Target, lint};
use optfrontend::lock::{self, Census, Lock};
use optfrontend::lower::{Abilities, LoweredChecks, Surroundings, lower};
use optfrontend::opts::FrontendOpts;
use optfrontend::parse::{Found, Reading};
use optfrontend::plan::{Action, BuildPlan, FileChange, plan};
use optfrontend::presets::detect::choose;
use optfrontend::report::message;
use optfrontend::resolved::{BaseImage, Resolved};
use optfrontend::result::{Image, image};
use optfrontend::sbom::extras;
use optfrontend::select::{Request, Selection, Source, platforms, select};
use optfrontend::source::SpecFiles;
use optfrontend::survey::Survey;
use optfrontend::users;
use optfrontend::verify;
use serde_json::Value;
use spec_schema::Spec;
use spec_schema::diagnostic::{Diagnostic, Faults};

/// Configs of base images by reference; `""` is that of every other image.
const IMAGES: &str = include_str!("../images.json");

/// What is compiled for one platform.
pub(crate) struct Compiled {
    pub(crate) platform: Platform,
    pub(crate) definition: Definition,
    /// What is checked of that, in the order of the spec.
    pub(crate) checks: Vec<Definition>,
    pub(crate) image: Image,
    pub(crate) explanation: Explanation,
}

/// The client's side of a compilation.
#[derive(Default)]
pub(crate) struct Client {
    /// Frontend options, `key=value`.
    pub(crate) opts: Vec<String>,
    /// The text of `.dockerignore`.
    pub(crate) ignore_file: String,
    /// Whether the daemon can merge layers.
    pub(crate) merges: bool,
    /// The files beside the spec.
    pub(crate) beside: BTreeMap<String, Vec<u8>>,
    /// The machine's time.
    pub(crate) now: Epoch,
    /// What the base images hold, a path a line; without any, nothing is known.
    pub(crate) base: Vec<String>,
    /// Who the users of base images are; without that, they have no files that name any.
    pub(crate) accounts: AccountFiles,
    /// The files of the build context.
    pub(crate) context: BTreeMap<String, String>,
}

impl Client {
    /// What a spec asks for itself, for a test: options by comments `# opt: key=value`, a daemon without merges by the
    /// comment `# without mergeop`, what base images hold by comments such as `# base: 0755 0:0 /usr/local/bin`, with
    /// `empty` at the end where nothing is in it, `# base: file /bin` for a file and `# base: other /bin` for anything else;
    /// lines of their `/etc/passwd` by `# passwd: `, and of the other files that name users and groups likewise;
    /// files of the build context by `# context: PATH TEXT`, with `\n` in the text.
    ///
    /// The machine's time is that of a comment such as `# now: 1700000000`.
    pub(crate) fn of(spec: &[u8]) -> Self {
        let text = String::from_utf8_lossy(spec);
        let opts = text.lines().filter_map(|line| line.strip_prefix("# opt: ")).map(str::to_owned).collect();
        let merges = !text.lines().any(|line| line == "# without mergeop");
        let base = text.lines().filter_map(|line| line.strip_prefix("# base: ")).map(str::to_owned).collect();
        let lines = |key: &str| {
            let lines =
                text.lines().filter_map(|line| line.strip_prefix(key)).map(|line| format!("{line}\n"));
            Some(lines.collect::<String>().into_bytes()).filter(|lines| !lines.is_empty())
        };
        let accounts = AccountFiles {
            passwd: lines("# passwd: "),
            group: lines("# group: "),
            shadow: lines("# shadow: "),
            group_shadow: lines("# gshadow: "),
        };
        let context = text.lines().filter_map(|line| line.strip_prefix("# context: "));
        let context = context.map(|line| line.split_once(' ').unwrap_or((line, "")));
        let context = context.map(|(path, text)| (path.to_owned(), text.replace("\\n", "\n"))).collect();
        let now =
            text.lines().find_map(|line| Epoch::parse(line.strip_prefix("# now: ")?)).unwrap_or_default();
        Self { opts, merges, now, base, accounts, context, ..Self::default() }
    }

    /// All files of a folder as those beside the spec.
    pub(crate) fn beside(self, folder: &Path) -> Self {
        let mut beside = BTreeMap::new();
        let mut folders = vec![folder.to_path_buf()];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(next).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                    beside.insert(name, std::fs::read(path).unwrap());
                }
            }
        }
        Self { beside, ..self }
    }

    /// A spec in core form.
    pub(crate) fn expand(&self, spec: Spec) -> Core {
        let mut survey = self.survey(&spec);
        expand(spec, &mut survey)
    }

    /// What the spec asks of the build context.
    fn survey(&self, spec: &Spec) -> Survey {
        let mut survey = Survey::default();
        self.answer(&mut survey, |survey| ask(spec, survey));
        survey
    }

    /// Asks until everything is known; returns the last answer.
    fn answer<T>(&self, survey: &mut Survey, mut ask: impl FnMut(&mut Survey) -> T) -> T {
        loop {
            let answer = ask(survey);
            let wanted = survey.wanted();
            if wanted.is_empty() {
                return answer;
            }
            for path in wanted.files {
                let text = self.context.get(&path).map(|text| text.clone().into_bytes());
                survey.found(path, text);
            }
            for pattern in wanted.patterns {
                let matching = self.context.keys().filter(|path| matches(path, &pattern)).cloned().collect();
                survey.listed(pattern, matching);
            }
        }
    }

    /// The spec with its preset.
    pub(crate) fn finish(&self, reading: Reading) -> (SpecFiles, Option<Spec>, Faults) {
        let mut merged = reading.merge();
        let asked = merged.preset().cloned();
        let chosen = asked.and_then(|asked| {
            let chosen = self.answer(&mut Survey::default(), |survey| choose(&asked, survey));
            chosen.map_err(|fault| merged.refuse(fault)).ok()
        });
        merged.finish(chosen.as_ref())
    }

    pub(crate) fn read(&self, name: &str, spec: &[u8]) -> Reading {
        let mut reading = Reading::of(name, spec.to_vec());
        loop {
            let wanted = reading.wanted();
            if wanted.is_empty() {
                return reading;
            }
            let find = |path| self.beside.get(path).cloned().map_or(Found::Nothing(None), Found::Bytes);
            reading.take(wanted.iter().map(find).collect());
        }
    }

    /// What `build.yaml.lock` says, which becomes one of the files.
    pub(crate) fn lock(&self, files: &mut SpecFiles, faults: &mut Faults) -> Option<Arc<Lock>> {
        let bytes = self.beside.get("build.yaml.lock").cloned();
        lock::read("build.yaml", bytes.map_or(Found::Nothing(None), Found::Bytes), files, faults)
            .map(Arc::new)
    }

    fn facts(&self, questions: &Questions) -> Facts {
        if self.base.is_empty() {
            return Facts::default();
        }
        let mut facts = Facts {
            paths: questions.paths.iter().map(|path| (path.clone(), Fact::Missing)).collect(),
            accounts: questions.accounts.then(|| {
                Accounts::parse("root:x:0:0::/root:/bin/sh\nweb:x:101:102::/srv:/bin/sh\n", "www:x:33:\n")
            }),
            ..Facts::default()
        };
        for line in &self.base {
            let words: Vec<&str> = line.split(' ').collect();
            let (path, fact) = match words.as_slice() {
                ["other", path] => (*path, Fact::Other),
                ["file", path] => (*path, Fact::File),
                [mode, owner, path, rest @ ..] => {
                    let (uid, gid) = owner.split_once(':').unwrap();
                    let mode = u32::from_str_radix(mode, 8).unwrap();
                    let meta = Directory { mode, uid: uid.parse().unwrap(), gid: gid.parse().unwrap() };
                    let empty = rest == ["empty"] && questions.directories.contains(*path);
                    (*path, Fact::Directory { meta, empty })
                }
                _ => panic!("{line:?} is no path of a base"),
            };
            if questions.paths.contains(path) {
                facts.paths.insert(path.to_owned(), fact);
            }
        }
        facts
    }

    fn parse(&self) -> FrontendOpts {
        let workers = r#"[{"id":"w","labels":{},"platforms":[{"os":"linux","architecture":"amd64"},{"os":"linux","architecture":"arm64"}]}]"#;
        let variables = ["filename=build.yaml"].into_iter().chain(self.opts.iter().map(String::as_str));
        let mut variables: Vec<(String, String)> = variables
            .enumerate()
            .map(|(number, opt)| (format!("BUILDKIT_FRONTEND_OPT_{number}"), opt.to_owned()))
            .collect();
        variables.push(("BUILDKIT_SESSION_ID".to_owned(), "session".to_owned()));
        variables.push(("BUILDKIT_WORKERS".to_owned(), workers.to_owned()));
        FrontendOpts { now: self.now, ..FrontendOpts::from_env(variables).unwrap() }
    }
}

/// What the phases make of a spec.
pub(crate) struct Outcome {
    pub(crate) files: SpecFiles,
    pub(crate) faults: Vec<Diagnostic>,
    /// For every platform asked for; empty where there are faults.
    pub(crate) compiled: Vec<Compiled>,
}

/// Compiles a spec; the error is the message that the user gets.
pub(crate) fn compile(spec: &[u8], client: &Client) -> Result<Vec<Compiled>, String> {
    let outcome = phases(spec, client);
    if outcome.faults.is_empty() {
        Ok(outcome.compiled)
    } else {
        Err(message(&outcome.files, &outcome.faults))
    }
}

/// What lint finds in a spec; the error is the message of its faults.
pub(crate) fn linted(spec: &[u8], client: &Client) -> Result<(SpecFiles, Findings), String> {
    let opts = client.parse();
    let (mut files, parsed, mut faults) = client.finish(client.read(&opts.filename, spec));
    let lock = client.lock(&mut files, &mut faults);
    let findings = parsed.map(|parsed| {
        let request = Request { lock: lock.clone(), ..Request::of(&opts) };
        let core = client.expand(parsed);
        let build = opts.default_platform().cloned().unwrap();
        let selection = select(&core, &request, &build, &build, &mut faults)?;
        let resolved = resolved(std::slice::from_ref(&selection));
        let plan = plan(&core, &selection, &resolved, &build, false, &mut faults);
        let patterns = dockerignore::parse(client.ignore_file.as_bytes()).unwrap();
        let ignore = IgnoreRules { name: ".dockerignore".to_owned(), patterns };
        let target = Target::of(&selection, &plan, &resolved);
        let mut subject =
            Subject::new(&files, &core, &selection.globals, Some(&ignore), &request.contexts, target);
        if let Some(lock) = &lock {
            let plans = std::slice::from_ref(&plan);
            subject =
                subject.locked(lock, Census::of(lock, &core, &request, std::slice::from_ref(&build), plans));
        }
        let instead = opts.check.as_deref();
        Some(lint(&subject, instead, &mut faults))
    });
    let findings = findings.flatten().filter(|_| faults.is_empty());
    findings.map(|findings| (files.clone(), findings)).ok_or_else(|| message(&files, &faults.into_sorted()))
}

/// Whether a path matches a pattern with `*` in its parts.
fn matches(path: &str, pattern: &str) -> bool {
    let (parts, wanted): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), pattern.split('/').collect());
    let part = |(part, wanted): (&&str, &&str)| match wanted.split_once('*') {
        Some((start, end)) => part.starts_with(start) && part.ends_with(end),
        None => part == wanted,
    };
    parts.len() == wanted.len() && parts.iter().zip(&wanted).all(part)
}

/// Runs the phases up to the one that leaves nothing to go on with.
pub(crate) fn phases(spec: &[u8], client: &Client) -> Outcome {
    let opts = client.parse();
    let (mut files, parsed, mut faults) = client.finish(client.read(&opts.filename, spec));
    let request = Request { lock: client.lock(&mut files, &mut faults), ..Request::of(&opts) };
    let compiled = match parsed {
        Some(parsed) => compile_parsed(parsed, &files, client, &opts, request, &mut faults),
        None => Vec::new(),
    };
    Outcome { files, faults: faults.into_sorted(), compiled }
}

fn compile_parsed(
    mut spec: Spec,
    files: &SpecFiles,
    client: &Client,
    opts: &FrontendOpts,
    mut request: Request,
    faults: &mut Faults,
) -> Vec<Compiled> {
    debug::add(&mut spec, &mut request);
    let core = client.expand(spec);
    let build = opts.default_platform().cloned().unwrap();
    let platforms = platforms(core.spec(), opts, &build, faults);
    let (selections, resolved) = loop {
        let selections: Vec<Selection> = platforms
            .list
            .iter()
            .filter_map(|platform| select(&core, &request, &build, platform, faults))
            .collect();
        for selection in &selections {
            extras(&core, &request, selection, faults);
        }
        let resolved = resolved(&selections);
        if !request.learns(&selections, &resolved) {
            break (selections, resolved);
        }
    };
    let several = selections.len() > 1;
    let mut plans: Vec<BuildPlan> = selections
        .iter()
        .map(|selection| plan(&core, selection, &resolved, &build, several, faults))
        .collect();
    verify::prepare(&mut plans, &resolved, faults);
    verify::prepare_scans(&mut plans, &resolved, faults);
    if !faults.is_empty() {
        return Vec::new();
    }
    for plan in &mut plans {
        settle(plan, client, faults);
    }
    if !faults.is_empty() {
        return Vec::new();
    }
    let ignored = dockerignore::parse(client.ignore_file.as_bytes()).unwrap();
    let surroundings = Surroundings {
        opts,
        files,
        context: &MainContext::Local,
        ignored: &ignored,
        abilities: Abilities { merges: client.merges, ..Abilities::ALL },
    };
    let explained = |plan, selection: &Selection| {
        let (globals, merges) = (&selection.globals, client.merges);
        explain(plan, explain::Surroundings { files, resolved: &resolved, globals, merges })
    };
    plans
        .iter()
        .zip(&selections)
        .map(|(plan, selection)| {
            let lowered = lower(plan, &resolved, &surroundings);
            let LoweredChecks { look, growth, runs, serve } = lowered.checks;
            let scans = lowered.scans.each.into_iter().map(|scan| scan.found).chain(lowered.scans.reports);
            Compiled {
                platform: plan.platform.clone(),
                explanation: explained(plan, selection),
                definition: lowered.definition,
                checks: look.into_iter().chain(growth).chain(runs).chain(serve).chain(scans).collect(),
                image: image(plan, &resolved, &opts.labels, platforms.explicit),
            }
        })
        .collect()
}

/// Fills in what depends on the files of bases: the base images have those that the client says.
fn settle(plan: &mut BuildPlan, client: &Client, faults: &mut Faults) {
    let mut known = users::Known::default();
    known.make(plan, faults);
    let facts = layers::questions(plan).map(|questions| client.facts(&questions)).unwrap_or_default();
    loop {
        if client.merges {
            layers::arrange(plan, &facts, known.complete(plan));
        }
        let wanted = known.wanted(plan, true);
        if wanted.is_empty() {
            return;
        }
        for stage in wanted {
            known.learn(stage, accounts_below(plan, stage, client));
        }
        known.make(plan, faults);
    }
}

/// Who the users are in what a stage starts from: those of the image, and what steps write.
fn accounts_below(plan: &BuildPlan, stage: usize, client: &Client) -> AccountFiles {
    let Source::Stage(below) = plan.stages[stage].base else { return client.accounts.clone() };
    let mut files = accounts_below(plan, below, client);
    for step in &plan.stages[below].steps {
        let Action::Files(changes) = &step.action else { continue };
        for change in changes {
            let FileChange::Write { path, content, .. } = change else { continue };
            match path.as_str() {
                accounts::PASSWD => files.passwd = Some(content.clone()),
                accounts::GROUP => files.group = Some(content.clone()),
                _ => {}
            }
        }
    }
    files
}

fn resolved(selections: &[Selection]) -> Resolved {
    let known: BTreeMap<String, Value> = serde_json::from_str(IMAGES).unwrap();
    let wanted =
        selections.iter().flat_map(|selection| selection.images().chain(selection.published_image()));
    let images = wanted
        .map(|(key, _)| {
            let name = key.reference.to_string();
            let mut config = known.get(&name).unwrap_or(&known[""]).clone();
            config["os"] = key.platform.os.as_str().into();
            config["architecture"] = key.platform.architecture.as_str().into();
            let digest = if key.platform.architecture == "amd64" { "a" } else { "b" }.repeat(64);
            let pinned = key.reference.is_pinned();
            let reference = if pinned { name.clone() } else { format!("{name}@sha256:{digest}") };
            let config = ImageConfig::parse(config.to_string().as_bytes()).unwrap();
            (key.clone(), BaseImage { reference, config })
        })
        .collect();
    Resolved { images, own_image: Some(own_image()), ..Resolved::default() }
}

/// The frontend's image, as the daemon hands it out.
fn own_image() -> Definition {
    let mut graph = Graph::new();
    let reference = format!("docker.io/optfrontend/optfrontend:1@sha256:{}", "f".repeat(64));
    let image = graph.source(ImageSource::new(reference), OpMeta::default());
    graph.marshal(Some(image))
}
