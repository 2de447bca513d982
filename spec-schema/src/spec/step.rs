//! Steps: one action each, and its options.

use super::{
    ApkStep, AptStep, CacheMount, Command, Device, DnfStep, Hosts, InstallStep, Mount, Network, ParallelStep,
    SecretMount, Security, SshMount, Ulimit,
};
use crate::decode::text::{Template, Text};
use crate::decode::{
    Decode, Duration, List, Map, Mode, OneOrMany, Permissions, Size, no_action, record, step_in_full,
    wrong_kind_help,
};
use crate::diagnostic::{Diagnostic, Faults, did_you_mean, one_of};
use crate::encode::{Encode, Mapping, items};
use crate::node::{Node, Value};
use crate::span::{Span, Spanned};

/// Defines [`Step`], how it is read and written, and what all of its records have in common, from one list of actions.
macro_rules! steps {
    ($( #[doc = $doc:literal] $action:literal => $variant:ident($record:ident), )*) => {
        /// One step of a stage: a mapping with one action key and the options of that action.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Step {
            $( #[doc = $doc] $variant(Box<$record>), )*
        }

        /// Each action and the keys that may stand beside it.
        const ACTIONS: &[(&str, &[&str])] = &[$( ($action, $record::KEYS), )*];

        impl Step {
            /// Reads the options of an action; `None` once a fault has been recorded, or for an action that is none.
            fn of_action(action: &str, node: &Node, faults: &mut Faults) -> Option<Self> {
                match action {
                    $( $action => $record::decode(node, faults).map(|step| Self::$variant(Box::new(step))), )*
                    _ => None,
                }
            }

            /// The options, those of its action among them, which tells what it is.
            fn options(&self) -> (&'static str, Node) {
                match self { $( Self::$variant(step) => ($action, step.encode()), )* }
            }

            /// The step's `name` key.
            pub fn name(&self) -> Option<&Template> {
                match self { $( Self::$variant(step) => step.name.as_ref(), )* }
            }

            /// The step's `when` key.
            pub fn when(&self) -> Option<&When> {
                match self { $( Self::$variant(step) => step.when.as_ref(), )* }
            }

            /// Takes the keys `name` and `when` out of the step.
            pub fn take_common(&mut self) -> (Option<Template>, Option<When>) {
                match self { $( Self::$variant(step) => (step.name.take(), step.when.take()), )* }
            }

            /// Puts the keys `name` and `when` into the step.
            pub fn put_common(&mut self, name: Option<Template>, when: Option<When>) {
                match self { $( Self::$variant(step) => (step.name, step.when) = (name, when), )* }
            }

            /// Where the step stands.
            pub fn span(&self) -> Span {
                match self { $( Self::$variant(step) => step.span, )* }
            }
        }
    };
}

steps! {
    /// Runs a command.
    "run" => Run(RunStep),
    /// Copies files.
    "copy" => Copy(CopyStep),
    /// Adds files from URLs, git repositories and archives.
    "add" => Add(AddStep),
    /// Writes a file.
    "write" => Write(WriteStep),
    /// Makes directories.
    "mkdir" => Mkdir(MkdirStep),
    /// Removes files.
    "remove" => Remove(RemoveStep),
    /// Makes a symbolic link.
    "symlink" => Symlink(SymlinkStep),
    /// Installs what a lockfile names.
    "install" => Install(InstallStep),
    /// Installs packages of Debian or Ubuntu.
    "apt" => Apt(AptStep),
    /// Installs packages of Alpine or Wolfi.
    "apk" => Apk(ApkStep),
    /// Installs packages of Fedora or RHEL.
    "dnf" => Dnf(DnfStep),
    /// Runs branches of steps at the same time.
    "parallel" => Parallel(ParallelStep),
}

record! {
    "`run` step";
    /// Runs a command in the stage.
    pub struct RunStep {
        /// A script for the stage's shell, or a list that is run as it is. A script of several lines stops
        /// at the first command that fails; one that starts with `#!` is run by the program named there.
        pub run: Command,
        /// Shown for this step while it runs. Default: the command.
        pub name: Option<Template>,
        /// The step is there only where each of these args has the value, or one of the values.
        pub when: Option<When>,
        /// Environment of this step alone.
        pub env: Map<Template>,
        /// Working directory of this step, made when it is missing. A relative one starts at the stage's.
        pub workdir: Option<Template>,
        /// The user that this step runs as. Default: the stage's `run_as`.
        pub run_as: Option<Template>,
        /// The shell of this step. Default: the stage's.
        pub shell: List<Template>,
        /// Caches: the name of a tool, a path, a mapping, or a list of these.
        pub cache: Option<OneOrMany<CacheMount>>,
        /// Secrets: an id, a mapping, or a list of these.
        pub secrets: Option<OneOrMany<SecretMount>>,
        /// The client's ssh agent: `true`, an id, a mapping, or a list of these.
        pub ssh: Option<OneOrMany<SshMount>>,
        /// Files of the context, of stages and images, and directories in memory.
        pub mounts: List<Mount>,
        /// The network of this step. Default: the stage's.
        pub network: Option<Network>,
        /// The privileges of this step: `sandbox`, or `insecure` for all of them. Default: `sandbox`.
        pub security: Option<Security>,
        /// Lines for `/etc/hosts` besides those of `--add-host`: names with addresses, or a list of `name=address`.
        pub hosts: Hosts,
        /// Limits by name, such as `nofile`: a number, `soft:hard`, or a mapping. They replace those of `--ulimit`.
        pub ulimits: Map<Ulimit>,
        /// Size of `/dev/shm`. Default: that of `--shm-size`.
        pub shm_size: Option<Size>,
        /// The host name that this step sees. Default: the daemon's.
        pub hostname: Option<Template>,
        /// Devices: CDI names, mappings, or a list of these.
        pub devices: Option<OneOrMany<Device>>,
        /// Whether this step runs each time, and with empty caches. Default: false.
        pub no_cache: Option<Spanned<bool>>,
        /// The time after which the step runs again even if nothing has changed, such as `7d`. Time is divided into spans of that length,
        /// the same for everybody, and the first build of each span runs the step. With `SOURCE_DATE_EPOCH`, that is the time that
        /// counts. Default: a step runs again only when something changes.
        pub refresh: Option<Spanned<Duration>>,
        /// The time that the step may take, such as `90s`; then it is ended with all that it has started, and fails. Default: no limit.
        pub timeout: Option<Spanned<Duration>>,
        /// How often the step is tried again when it fails or takes too long: after a second, then after twice as long each time. What
        /// a try has changed stays for the next one. Default: 0.
        pub retries: Option<Spanned<u32>>,
    }
}

impl RunStep {
    /// The key, and its place, for which something has to look after the process.
    pub fn supervised(&self) -> Option<(&'static str, Span)> {
        let timeout = self.timeout.as_ref().map(|timeout| ("timeout", timeout.span));
        let retries = self.retries.as_ref().filter(|retries| retries.value > 0);
        timeout.or_else(|| retries.map(|retries| ("retries", retries.span)))
    }

    /// A command with no options.
    pub fn bare(run: Command, span: Span) -> Self {
        Self {
            run,
            name: None,
            when: None,
            env: Map::default(),
            workdir: None,
            run_as: None,
            shell: List::default(),
            cache: None,
            secrets: None,
            ssh: None,
            mounts: List::default(),
            network: None,
            security: None,
            hosts: Hosts::Map(Map::default()),
            ulimits: Map::default(),
            shm_size: None,
            hostname: None,
            devices: None,
            no_cache: None,
            refresh: None,
            timeout: None,
            retries: None,
            span,
        }
    }
}

record! {
    "`copy` step";
    /// Copies files from the build context, a stage or an image, by the rules of Dockerfile `COPY`.
    pub struct CopyStep {
        /// Paths from the root of the context, or of `from`. Wildcards `*`, `?` and `[…]` are allowed.
        pub copy: OneOrMany<Template>,
        /// Shown for this step. Default: what is copied.
        pub name: Option<Template>,
        /// The step is there only where each of these args has the value, or one of the values.
        pub when: Option<When>,
        /// A stage or an image. Default: the build context.
        pub from: Option<Template>,
        /// Where to: a directory if it ends with `/`. A relative one starts at the working directory.
        /// Default: the working directory.
        pub to: Option<Template>,
        /// Owner of what is copied: `user`, `user:group`, names or ids. Default: 0:0.
        pub chown: Option<Template>,
        /// Permissions of what is copied. Default: as they are.
        pub chmod: Option<Mode>,
        /// Patterns, from a directory that is copied: of what is in it, only these are. Default: all.
        pub include: Option<OneOrMany<Template>>,
        /// Patterns, from a directory that is copied: these are left out. `!` takes back in. Default: none.
        pub exclude: Option<OneOrMany<Template>>,
        /// Whether the directories up to what is copied are kept: `a/b/c` comes to be `TO/a/b/c`, and `a/./b/c` to be `TO/b/c`.
        /// Default: false.
        pub parents: Option<Spanned<bool>>,
        /// Whether a path that is not there is all right. Default: false.
        pub optional: Option<Spanned<bool>>,
        /// Whether the copy is a layer of its own, which a new base does not repeat. `true` replaces what the base has at
        /// and above its files, symbolic links too. Default: where that cannot change the resulting files, but for builds with
        /// `--cache-from`, which would have to fetch the base to know.
        pub link: Option<Spanned<bool>>,
    }
}

record! {
    "`add` step";
    /// Adds files behind URLs, git repositories, and archives of the build context, by the rules of Dockerfile `ADD`.
    pub struct AddStep {
        /// What is added. A URL of a git repository ends in `.git`, or starts with `git://`, `ssh://` or `user@host:`; behind a
        /// `#` it may name a ref and a directory, as in `#v1:docs`. Any other URL is of a file. A path is one in the build
        /// context; an archive there is unpacked.
        pub add: OneOrMany<Template>,
        /// Shown for this step. Default: what is added.
        pub name: Option<Template>,
        /// The step is there only where each of these args has the value, or one of the values.
        pub when: Option<When>,
        /// Where to: a directory if it ends with `/`. A relative one starts at the working directory.
        /// Default: the working directory.
        pub to: Option<Template>,
        /// What a single URL must have: the digest of the file, `sha256:…`, or the commit of the repository.
        pub checksum: Option<Template>,
        /// Whether archives are unpacked: tar, plain or compressed by gzip, bzip2, xz or zstd. Default: true for paths of the
        /// build context, false for URLs.
        pub unpack: Option<Spanned<bool>>,
        /// Whether `.git` of a repository comes along. Default: false.
        pub keep_git_dir: Option<Spanned<bool>>,
        /// Owner of what is added: `user`, `user:group`, names or ids. Default: 0:0.
        pub chown: Option<Template>,
        /// Permissions of what is added. Default: 0600 for a downloaded file, else as they are.
        pub chmod: Option<Mode>,
    }
}

record! {
    "`write` step";
    /// Writes a file whose content stands in the spec.
    pub struct WriteStep {
        /// The file.
        pub write: WriteFile,
        /// Shown for this step. Default: the path.
        pub name: Option<Template>,
        /// The step is there only where each of these args has the value, or one of the values.
        pub when: Option<When>,
    }
}

record! {
    "file to write";
    /// A file.
    pub struct WriteFile {
        /// Its path. A relative one starts at the working directory. Missing parents are made.
        pub path: Template,
        /// What it holds. Variables are expanded; `$$` is a dollar.
        pub content: Template,
        /// Permissions. Default: 0644.
        pub chmod: Option<Permissions>,
        /// Owner: `user`, `user:group`, names or ids. Default: 0:0.
        pub chown: Option<Template>,
    }
}

record! {
    "`mkdir` step";
    /// Makes directories and their missing parents, which belong to root and have 0755. No shell is needed.
    pub struct MkdirStep {
        /// The directories. A relative one starts at the working directory.
        pub mkdir: OneOrMany<Template>,
        /// Shown for this step. Default: the paths.
        pub name: Option<Template>,
        /// The step is there only where each of these args has the value, or one of the values.
        pub when: Option<When>,
        /// Permissions. Default: 0755.
        pub chmod: Option<Permissions>,
        /// Owner: `user`, `user:group`, names or ids. Default: 0:0.
        pub chown: Option<Template>,
    }
}

record! {
    "`remove` step";
    /// Removes files and directories with all that is in them. No shell is needed.
    pub struct RemoveStep {
        /// The paths; wildcards are allowed. A relative one starts at the working directory.
        pub remove: OneOrMany<Template>,
        /// Shown for this step. Default: the paths.
        pub name: Option<Template>,
        /// The step is there only where each of these args has the value, or one of the values.
        pub when: Option<When>,
        /// Whether a path that is not there is all right. Default: false.
        pub missing_ok: Option<Spanned<bool>>,
    }
}

record! {
    "`symlink` step";
    /// Makes a symbolic link. No shell is needed.
    pub struct SymlinkStep {
        /// The link.
        pub symlink: SymlinkTarget,
        /// Shown for this step. Default: the link and what it holds.
        pub name: Option<Template>,
        /// The step is there only where each of these args has the value, or one of the values.
        pub when: Option<When>,
    }
}

record! {
    "symbolic link";
    /// A link at `path` that holds `target`.
    pub struct SymlinkTarget {
        /// What the link holds, as written.
        pub target: Template,
        /// Where the link is. A relative one starts at the working directory. Missing parents are made.
        pub path: Template,
    }
}

/// The values that args must have for a step to be there: one value or a list for each arg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// Each arg, where it is named, and the values that it may have.
    pub conditions: Vec<(Text, Vec<Template>)>,
}

impl Decode for When {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        if let Value::Scalar(scalar) = &node.value
            && let Some((name, value)) = scalar.text.split_once('=')
        {
            let name = name.trim().trim_start_matches(['$', '{']).trim_end_matches('}');
            let help = format!("write `{{{name}: {}}}`", value.trim_start_matches('=').trim());
            wrong_kind_help(node, "a mapping of args and their values", help, faults);
            return None;
        }
        let conditions = Map::<OneOrMany<Template>>::decode(node, faults)?
            .iter()
            .map(|(name, entry)| (Text::new(name.to_owned(), entry.key_span), entry.value.values.clone()))
            .collect();
        Some(Self { conditions })
    }
}

impl Encode for When {
    fn encode(&self) -> Node {
        let mut mapping = Mapping::default();
        for (name, values) in &self.conditions {
            let values = if let [one] = values.as_slice() { one.encode() } else { items(values) };
            mapping.push(name, values);
        }
        mapping.finish()
    }
}

impl Encode for Step {
    fn encode(&self) -> Node {
        let (action, mut node) = self.options();
        if let Value::Mapping(entries) = &mut node.value
            && !entries.iter().any(|(key, _)| key.value == action)
        {
            // An empty list is left out elsewhere, but here it says what the step is.
            entries.insert(0, (Spanned::new(action.to_owned(), Span::default()), items::<Self>(&[])));
        }
        node
    }
}

impl Decode for Step {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        let Value::Mapping(entries) = &node.value else {
            let help = match &node.value {
                Value::Scalar(scalar) if !node.is_missing() && !scalar.text.contains('\n') => {
                    step_in_full(&scalar.text)
                }
                _ => format!("known actions: {}", one_of(ACTIONS.iter().map(|(name, _)| *name))),
            };
            wrong_kind_help(node, "a step: a mapping with one action", help, faults);
            return None;
        };
        let action = action(node, entries, faults)?;
        let step = Self::of_action(action, node, faults);
        // The fault may be known already: an alias brings the same text to several places.
        debug_assert!(step.is_some() || !faults.is_empty(), "a step is dropped only with a fault");
        step
    }
}

/// The one action of a step; a fault where there is none or more than one.
fn action(node: &Node, entries: &[(Spanned<String>, Node)], faults: &mut Faults) -> Option<&'static str> {
    let names = || ACTIONS.iter().map(|(name, _)| *name);
    let found: Vec<(&'static str, Span)> = entries
        .iter()
        .filter_map(|(key, _)| names().find(|name| *name == key.as_str()).map(|name| (name, key.span)))
        .collect();
    match found.as_slice() {
        [(action, _)] => Some(action),
        [(first, place), (second, other), ..] => {
            faults.push(
                Diagnostic::new(
                    *other,
                    format!("a step does one thing, but this one has `{first}` and `{second}`"),
                )
                .help("make it two steps")
                .related(*place, "the first action"),
            );
            None
        }
        [] => {
            let alone = entries.len() == 1;
            let told = entries.iter().find_map(|(key, _)| Some((key.span, no_action(key, alone)?)));
            if let Some((span, (message, help))) = told {
                faults.push(Diagnostic::new(span, message).help(help));
                return None;
            }
            let help = entries
                .iter()
                .find_map(|(key, _)| did_you_mean(key, names()))
                .unwrap_or_else(|| format!("known actions: {}", one_of(names())));
            let near = entries.iter().find(|(key, _)| did_you_mean(key, names()).is_some());
            let span = near.or(entries.first()).map_or(node.span, |(key, _)| key.span);
            faults.push(Diagnostic::new(span, "this step has no action").help(help));
            None
        }
    }
}

/// Whether a step can do that.
pub(crate) fn is_action(word: &str) -> bool {
    ACTIONS.iter().any(|(name, _)| *name == word)
}

/// The actions that a key belongs to, for a key that stands beside the wrong one.
pub(crate) fn actions_with(key: &str) -> Vec<&'static str> {
    ACTIONS.iter().filter(|(_, keys)| keys.contains(&key)).map(|(name, _)| *name).collect()
}
