//! Scans of the image: each a graph of its own that runs a scanner beside what the build makes.

use buildkit_llb::{BindAccess, Copy, Definition, FileOp, Mount, MountKind, OpMeta, Output};

use super::Lowerer;
use super::verify::{FOUND, supervised};
use crate::plan::{REPORT, ROOT, ScanPlan};

/// The scans of one platform's image.
#[derive(Debug, Clone, Default)]
pub struct LoweredScans {
    /// Of each, in the order of the plan, what has become of the scanner, and what it has written.
    pub each: Vec<LoweredScan>,
    /// What all of them have written and said, each in a folder of its name.
    pub reports: Option<Definition>,
    /// The same in the graph.
    pub(super) output: Option<Output>,
}

/// One scan.
#[derive(Debug, Clone)]
pub struct LoweredScan {
    /// What has become of the scanner, in [`FOUND`].
    pub found: Definition,
    /// Its report, in [`REPORT`].
    pub report: Definition,
}

/// What a scan leaves.
struct Left {
    found: Option<Output>,
    report: Option<Output>,
}

impl Lowerer<'_> {
    /// Adds the scans of what the build makes.
    pub(super) fn scans(&mut self, image: Option<Output>) -> LoweredScans {
        let plan = self.plan;
        let mut scans = LoweredScans::default();
        let mut all = FileOp::on(None);
        for scan in plan.scans() {
            let Left { found, report } = self.scan(scan, image);
            scans
                .each
                .push(LoweredScan { found: self.graph.marshal(found), report: self.graph.marshal(report) });
            for (from, path, dest) in [
                (found, format!("{FOUND}/stdout"), format!("/{}.stdout", scan.name)),
                (found, format!("{FOUND}/stderr"), format!("/{}.stderr", scan.name)),
                (found, format!("{FOUND}/outcome"), format!("/{}.outcome", scan.name)),
                (report, REPORT.to_owned(), format!("/{}", scan.name)),
            ] {
                all = all.copy(Copy {
                    dir_copy_contents: true,
                    create_dest_path: true,
                    ..Copy::new(from, path, dest)
                });
            }
        }
        if !scans.each.is_empty() {
            scans.output = self.graph.file(all, OpMeta::named("[internal] collect reports"));
            scans.reports = Some(self.graph.marshal(scans.output));
        }
        scans
    }

    fn scan(&mut self, scan: &ScanPlan, image: Option<Output>) -> Left {
        let Some(run) = scan.run() else { return Left { found: None, report: None } };
        let scanner = self.source(&scan.scanner);
        let mut exec = self.process_of(scanner, run);
        exec.args.splice(0..0, supervised(&scan.time));
        let [found, helper] = self.watched(scan.helper);
        let report = self.room(REPORT);
        let source = MountKind::Bind { source: image, selector: None, access: BindAccess::ReadOnly };
        let image = Mount { target: ROOT.to_owned(), kind: source };
        exec.mounts.splice(0..0, [found, report, helper, image]);
        let mut meta = self.check_meta(&scan.step.display, scan.step.span);
        meta.platform = Some(scan.platform.clone());
        let mounts = self.graph.exec(exec, meta).mounts;
        let at = |index: usize| mounts.get(index).copied().flatten();
        Left { found: at(0), report: at(1) }
    }
}
