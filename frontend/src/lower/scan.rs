//! The scan of what a build made, as a step of it.

use buildkit_llb::{BindAccess, Definition, ExecOp, Graph, ImageSource, Mount, MountKind, OpMeta, Output};

use super::Lowered;
use crate::sbom::{CORE, Extras, Scanner};

/// Where a scanner finds the file systems, and where it writes its statements.
const CORES: &str = "/run/src/core";
const EXTRAS: &str = "/run/src/extras";
const DESTINATION: &str = "/run/out";

impl Lowered {
    /// Has the scanner look at the result and the extras: what it writes.
    ///
    /// `platform` is that of the result, as it is shown; `ignore_cache` says that something scanned is built anew.
    pub fn scan(
        &mut self,
        scanner: &Scanner,
        extras: &Extras,
        platform: &str,
        ignore_cache: bool,
    ) -> Definition {
        let output = Mount { target: DESTINATION.to_owned(), kind: bind(None, BindAccess::Output) };
        let mut mounts =
            vec![output, Mount { target: "/tmp".to_owned(), kind: MountKind::Tmpfs { size: None } }];
        mounts.push(readonly(format!("{CORES}/{CORE}"), self.result));
        if extras.context {
            mounts.push(readonly(format!("{EXTRAS}/{CORE}-context"), self.context));
        }
        for (position, name) in &extras.stages {
            let stage = self.stages.get(*position).copied().flatten();
            mounts.push(readonly(format!("{EXTRAS}/{CORE}-{name}"), stage));
        }
        let exec = ExecOp {
            args: scanner.args.clone(),
            env: environment(scanner),
            cwd: scanner.workdir.clone(),
            root: Some(image(&mut self.graph, scanner)),
            mounts,
            ..ExecOp::default()
        };
        let meta = OpMeta {
            ignore_cache,
            platform: Some(scanner.platform.clone()),
            ..OpMeta::named(format!("[{platform}] generating sbom using {}", scanner.name))
        };
        let statements = self.graph.exec(exec, meta).mounts.first().copied().flatten();
        self.graph.marshal(statements)
    }
}

fn image(graph: &mut Graph, scanner: &Scanner) -> Output {
    let meta = OpMeta {
        platform: Some(scanner.platform.clone()),
        ..OpMeta::named(format!("[internal] load scanner {}", scanner.name))
    };
    graph.source(ImageSource::new(scanner.reference.clone()), meta)
}

fn environment(scanner: &Scanner) -> Vec<(String, String)> {
    let own = scanner.env.to_pairs().into_iter();
    let told = [
        ("DESTINATION", DESTINATION.to_owned()),
        ("SOURCE", format!("{CORES}/{CORE}")),
        ("SOURCE_EXTRAS", EXTRAS.to_owned()),
    ];
    let told = told.map(|(name, value)| (name.to_owned(), value));
    let settings = scanner.settings.iter().map(|(name, value)| (name.clone(), value.clone()));
    let told = told.into_iter().chain(settings).map(|(name, value)| (format!("BUILDKIT_SCAN_{name}"), value));
    own.chain(told).collect()
}

fn readonly(target: String, source: Option<Output>) -> Mount {
    Mount { target, kind: bind(source, BindAccess::ReadOnly) }
}

fn bind(source: Option<Output>, access: BindAccess) -> MountKind {
    MountKind::Bind { source, selector: None, access }
}
