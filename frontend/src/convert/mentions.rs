//! What args of a stage are for.

use std::collections::BTreeSet;

use crate::dockerfile::file::{Body, Command, Statement};
use crate::scope::words;
use crate::select::is_platform_arg;

/// The words of all instructions but the names that `ARG` declares.
pub(super) fn of(statements: &[Statement]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for statement in statements {
        let mut add = |text: &str| found.extend(words(text).map(str::to_owned));
        match &statement.body {
            Body::Arg(args) => {
                args.iter().filter_map(|(_, default)| default.as_ref()).for_each(|text| add(text));
            }
            Body::Env(pairs) | Body::Label(pairs) => pairs.iter().for_each(|(_, value)| add(value)),
            Body::Run(run) => {
                match &run.command {
                    Command::Shell(script) => add(&script.text),
                    Command::Exec(list, _) => list.iter().for_each(|word| add(word)),
                }
                run.flags.iter().for_each(|flag| add(&flag.value));
                run.documents.iter().for_each(|document| add(&document.content));
            }
            Body::Copy(transfer) | Body::Add(transfer) => {
                transfer.sources.iter().chain([&transfer.dest]).for_each(|word| add(word));
                transfer.flags.iter().for_each(|flag| add(&flag.value));
                transfer.documents.iter().for_each(|document| add(&document.content));
            }
            Body::Workdir(text) | Body::User(text) | Body::StopSignal(text) => add(text),
            Body::Expose(list) | Body::Volume(list) => list.iter().for_each(|word| add(word)),
            _ => {}
        }
    }
    found
}

/// Whether programs of a stage may find out by themselves what they are to build for: a stage that names a platform arg says so where it
/// matters, unless it has `xx` do it.
pub(super) fn crosses(mentions: &BTreeSet<String>) -> bool {
    mentions.contains("xx") || !mentions.iter().any(|word| is_platform_arg(word))
}

/// Whether programs are known to read a variable of that name by themselves.
pub(super) fn is_read_by_programs(name: &str) -> bool {
    const NAMES: [&str; 24] = [
        "CC",
        "CXX",
        "LD",
        "AR",
        "CFLAGS",
        "CXXFLAGS",
        "CPPFLAGS",
        "LDFLAGS",
        "MAKEFLAGS",
        "GOFLAGS",
        "GOPROXY",
        "GOPRIVATE",
        "GONOSUMDB",
        "GOOS",
        "GOARCH",
        "GOARM",
        "RUSTFLAGS",
        "NODE_ENV",
        "NODE_OPTIONS",
        "RAILS_ENV",
        "RACK_ENV",
        "APP_ENV",
        "CI",
        "LANG",
    ];
    const FAMILIES: [&str; 16] = [
        "DEBIAN_",
        "DEBCONF_",
        "CGO_",
        "PIP_",
        "UV_",
        "POETRY_",
        "NPM_",
        "npm_",
        "YARN_",
        "CARGO_",
        "BUNDLE_",
        "COMPOSER_",
        "DOTNET_",
        "NUGET_",
        "MAVEN_",
        "GRADLE_",
    ];
    NAMES.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family))
}

/// Whether it is a proxy, which every process gets anyway.
pub(super) fn is_proxy(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"].contains(&name.as_str())
}
