//! `PackedBinary`.

use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "PackedBinary",
    description: "Binaries are not packed: layers are compressed anyway",
    costs: "memory that containers could share, slower starts, and alarms of scanners",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (_, run) in subject.runs() {
        for command in run.commands.iter().filter(|command| command.program() == "upx") {
            let detail = "UPX makes a program start slower and need more memory, and scanners take it for malware; what is pulled is hardly smaller";
            found.add(
                run.place(subject, command),
                detail,
                "leave it out; strip the binary instead, as `-ldflags=\"-s -w\"` or `strip = true` do",
            );
        }
    }
}
