//! Secrets in variables for daemons that only know them as files: the shell reads them before the script begins.

use buildkit_llb::{Mount, MountKind, SecretFile};

use crate::plan::SecretEnv;

/// Where the files are: below `/dev`, of which no layer keeps anything.
const FOLDER: &str = "/dev/optfrontend/secrets";

/// Options of a shell with which it reads a secret without showing it.
const OPTIONS: &[&str] = &[
    "-c", "-e", "-u", "-o", "-l", "-ec", "-uc", "-lc", "-eu", "-euc", "-eo", "-euo", "pipefail", "errexit",
    "nounset",
];

/// Whether a command is a script of a POSIX shell, which can read secrets for it.
pub(super) fn can_be_read(args: &[String]) -> bool {
    let [shell, options @ .., last, _] = args else { return false };
    let program = shell.rsplit('/').next().unwrap_or_default();
    matches!(program, "sh" | "bash" | "dash" | "ash" | "ksh")
        && last.ends_with('c')
        && options.iter().chain([last]).all(|option| OPTIONS.contains(&option.as_str()))
}

/// The command with what reads the secrets in front of its script, on the same line, so that lines keep their numbers.
pub(super) fn reading(args: &[String], secrets: &[SecretEnv]) -> Vec<String> {
    let mut args = args.to_vec();
    if let Some(script) = args.last_mut() {
        let read: String = secrets.iter().map(|secret| read(&secret.name)).collect();
        *script = format!("{read}{script}");
    }
    args
}

/// A value keeps the line feeds at its end, which `$(…)` alone would cut off.
fn read(name: &str) -> String {
    format!(
        "if [ -e {FOLDER}/{name} ]; then {name}=$(cat {FOLDER}/{name}; echo .); {name}=${{{name}%.}}; export {name}; fi; "
    )
}

/// The files. Whatever user the process runs as can read them, as it could read its variables.
pub(super) fn files(secrets: &[SecretEnv]) -> impl Iterator<Item = Mount> + '_ {
    secrets.iter().map(|secret| Mount {
        target: format!("{FOLDER}/{}", secret.name),
        kind: MountKind::Secret(SecretFile {
            id: secret.id.clone(),
            uid: 0,
            gid: 0,
            mode: 0o444,
            optional: secret.optional,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(args: &[&str]) -> Vec<String> {
        args.iter().map(|arg| (*arg).to_owned()).collect()
    }

    #[test]
    fn a_shell_reads_and_nothing_else_does() {
        for args in
            [&["/bin/sh", "-c", "x"][..], &["bash", "-eo", "pipefail", "-c", "x"], &["sh", "-ec", "x"]]
        {
            assert!(can_be_read(&strings(args)), "{args:?}");
        }
        // With `-x` the shell would show the value.
        for args in [
            &["/bin/sh", "-xc", "x"][..],
            &["sh", "-x", "-c", "x"],
            &["make"],
            &["python3", "-c", "x"],
            &["sh", "x"],
        ] {
            assert!(!can_be_read(&strings(args)), "{args:?}");
        }
    }

    #[test]
    fn the_script_stays_on_its_lines() {
        let secret = SecretEnv { name: "TOKEN".to_owned(), id: "token".to_owned(), optional: false };
        let args = reading(&strings(&["sh", "-c", "a\nb"]), std::slice::from_ref(&secret));
        assert_eq!(
            args[2],
            "if [ -e /dev/optfrontend/secrets/TOKEN ]; then TOKEN=$(cat /dev/optfrontend/secrets/TOKEN; echo .); \
             TOKEN=${TOKEN%.}; export TOKEN; fi; a\nb"
        );
    }
}
