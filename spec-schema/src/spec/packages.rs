//! Steps that install system packages.

use super::When;
use crate::decode::text::Template;
use crate::decode::{Decode, OneOrMany, record};
use crate::diagnostic::Faults;
use crate::encode::{Encode, short};
use crate::node::{Node, Value};
use crate::span::Spanned;

record! {
    "`apt` step";
    /// Installs packages of Debian or Ubuntu, as root: the index is brought up to date and nothing of it, of archives or of logs is in
    /// the layer.
    pub struct AptStep {
        /// Packages by name, `name=version` or `name/suite`.
        pub apt: OneOrMany<Template>,
        /// Shown for this step. Default: the packages.
        pub name: Option<Template>,
        /// The step is there only where each of these args has the value, or one of the values.
        pub when: Option<When>,
        /// Whether what a package only recommends is installed too. Default: false.
        pub recommends: Option<Spanned<bool>>,
        /// Repositories besides those of the image, for this step alone.
        pub repositories: Option<OneOrMany<AptRepository>>,
    }
}

record! {
    "`apk` step";
    /// Installs packages of Alpine or Wolfi, as root: nothing of index or archives is in the layer.
    pub struct ApkStep {
        /// Packages by name or `name=version`.
        pub apk: OneOrMany<Template>,
        /// Shown for this step. Default: the packages.
        pub name: Option<Template>,
        /// The step is there only where each of these args has the value, or one of the values.
        pub when: Option<When>,
        /// Repositories besides those of the image, for this step alone.
        pub repositories: Option<OneOrMany<Repository>>,
    }
}

record! {
    "`dnf` step";
    /// Installs packages of Fedora, RHEL and what descends from it, as root, by `dnf` or `microdnf`: nothing of metadata, archives or logs is
    /// in the layer.
    pub struct DnfStep {
        /// Packages by name or `name-version`.
        pub dnf: OneOrMany<Template>,
        /// Shown for this step. Default: the packages.
        pub name: Option<Template>,
        /// The step is there only where each of these args has the value, or one of the values.
        pub when: Option<When>,
        /// Whether what a package only recommends is installed too. Default: false.
        pub recommends: Option<Spanned<bool>>,
        /// Repositories besides those of the image, for this step alone.
        pub repositories: Option<OneOrMany<Repository>>,
    }
}

record! {
    "repository";
    /// A repository of Debian packages, as in a `.sources` file.
    pub struct AptRepository {
        /// Its address.
        pub uri: Template,
        /// Suites: `bookworm`, `bookworm-backports`.
        pub suites: OneOrMany<Template>,
        /// Components. Default: `main`.
        pub components: Option<OneOrMany<Template>>,
        /// The keys that sign it: a path in the build context, or a mapping. `.asc` files are armored, others are not.
        pub key: RepositoryKey,
    }
}

record! {
    "repository";
    /// A repository of packages.
    pub struct Repository {
        /// Its address.
        pub uri: Template,
        /// The key that signs it: a path in the build context, or a mapping. apk knows keys by the names of their files.
        pub key: RepositoryKey,
    }
}

/// Where the keys of a repository are: a path, or a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryKey {
    /// The settings; only `path` where it was written in short.
    pub settings: KeyFile,
}

impl Decode for RepositoryKey {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        let settings = match node.value {
            Value::Mapping(_) => KeyFile::decode(node, faults)?,
            _ => KeyFile { from: None, path: Template::decode(node, faults)?, span: node.span },
        };
        Some(Self { settings })
    }
}

impl Encode for RepositoryKey {
    fn encode(&self) -> Node {
        short(self.settings.encode(), "path")
    }
}

record! {
    "key file";
    /// A file with the keys of a repository.
    pub struct KeyFile {
        /// A stage, a source or an image. Default: the build context.
        pub from: Option<Template>,
        /// The path there.
        pub path: Template,
    }
}
