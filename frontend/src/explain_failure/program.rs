//! Programs as the kernel sees them: what a file begins with says for which platform it is, and what else it takes to run it.

use buildkit_llb::Platform;

/// How much of a file tells what it is.
pub(super) const START: usize = 4 << 10;

/// What a file is to the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Program {
    /// A script, and the program that its first line names.
    Script(String),
    /// A program for an architecture, where that is known, and the loader that it names.
    Binary { architecture: Option<&'static str>, loader: Option<String> },
    /// Nothing that can be run.
    Other,
}

impl Program {
    /// Tells by how a file begins.
    pub(super) fn of(start: &[u8]) -> Self {
        if let Some(line) = start.strip_prefix(b"#!") {
            let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let line = String::from_utf8_lossy(line);
            return Self::Script(line.split_whitespace().next().unwrap_or_default().to_owned());
        }
        if !start.starts_with(b"\x7fELF") {
            return Self::Other;
        }
        Self::Binary { architecture: architecture(start), loader: loader(start) }
    }

    /// The architecture that it is for, where a platform is for another one. A processor of 64 bits runs the programs of 32 bits, too.
    pub(super) fn foreign_to(&self, platform: &Platform) -> Option<&'static str> {
        let Self::Binary { architecture: Some(architecture), .. } = self else { return None };
        let own = platform.architecture.as_str();
        let runs = matches!((own, *architecture), ("amd64", "386") | ("arm64", "arm"));
        (own != *architecture && !runs).then_some(*architecture)
    }
}

/// The architecture by its number in the header, in the words of images.
fn architecture(start: &[u8]) -> Option<&'static str> {
    let bytes = start.get(18..20)?.try_into().ok()?;
    let number = if start.get(5) == Some(&2) { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
    let known = [
        (3, "386"),
        (21, "ppc64le"),
        (22, "s390x"),
        (40, "arm"),
        (62, "amd64"),
        (183, "arm64"),
        (243, "riscv64"),
        (258, "loong64"),
    ];
    known.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

/// What loads the libraries of a program of 64 bits, by the segment that names it.
fn loader(start: &[u8]) -> Option<String> {
    const INTERPRETER: u32 = 3;
    if start.get(4..6) != Some(&[2, 1]) {
        return None;
    }
    let short = |at: usize| Some(usize::from(u16::from_le_bytes(start.get(at..at + 2)?.try_into().ok()?)));
    let long = |at: usize| usize::try_from(u64::from_le_bytes(start.get(at..at + 8)?.try_into().ok()?)).ok();
    let (table, size, count) = (long(32)?, short(54)?, short(56)?);
    for index in 0..count {
        let at = table.checked_add(size.checked_mul(index)?)?;
        let kind = start.get(at..at.checked_add(4)?)?;
        if kind == INTERPRETER.to_le_bytes() {
            let (from, length) = (long(at + 8)?, long(at + 32)?);
            let name = start.get(from..from.checked_add(length)?)?;
            return Some(String::from_utf8_lossy(name).trim_end_matches('\0').to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The header of a program, and of its one segment.
    fn binary(machine: u8, loader: &str) -> Vec<u8> {
        let mut start = vec![0; 120];
        start[..6].copy_from_slice(b"\x7fELF\x02\x01");
        start[18] = machine;
        (start[32], start[54], start[56]) = (64, 56, 1);
        (start[64], start[72], start[96]) = (3, 120, u8::try_from(loader.len() + 1).unwrap());
        start.extend(loader.bytes().chain([0]));
        start
    }

    #[test]
    fn programs_are_told_by_how_they_begin() {
        let loader = "/lib64/ld-linux-x86-64.so.2".to_owned();
        let program = Program::of(&binary(62, &loader));
        assert_eq!(program, Program::Binary { architecture: Some("amd64"), loader: Some(loader) });
        assert_eq!(Program::of(b"#! /usr/bin/env python3\nx"), Program::Script("/usr/bin/env".to_owned()));
        assert_eq!([Program::of(b""), Program::of(b"echo x\n")], [Program::Other, Program::Other]);
        let own = Program::of(&std::fs::read("/proc/self/exe").unwrap()[..START]);
        assert!(matches!(own, Program::Binary { architecture: Some(_), .. }), "{own:?}");
    }

    #[test]
    fn a_program_is_foreign_to_platforms_that_do_not_run_it() {
        let foreign = |machine, platform| {
            Program::of(&binary(machine, "")).foreign_to(&Platform::parse(platform).unwrap())
        };
        assert_eq!(foreign(183, "linux/amd64"), Some("arm64"));
        assert_eq!(foreign(62, "linux/arm64/v8"), Some("amd64"));
        assert_eq!(
            [foreign(62, "linux/amd64"), foreign(3, "linux/amd64"), foreign(40, "linux/arm64")],
            [None; 3]
        );
    }

    #[test]
    fn a_header_that_lies_is_no_reason_to_stop() {
        let whole = binary(62, "/lib/ld.so");
        for length in 0..whole.len() {
            Program::of(&whole[..length]);
        }
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            for byte in [0, 0x7f, 0xff] {
                broken[at] = byte;
                Program::of(&broken);
            }
            broken[at..].fill(0xff);
            Program::of(&broken);
        }
    }
}
