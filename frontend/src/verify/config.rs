//! What the image config tells: who the image's user is, and what it starts.

use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::Spanned;
use spec_schema::spec::Attestation;

use super::scan;
use crate::accounts::{Accounts, ROOT};
use crate::image_config::ImageConfig;
use crate::opts::Attestations;
use crate::plan::{BuildPlan, FileSource, VerifyPlan};
use crate::resolved::Resolved;
use crate::result;
use crate::select::Source;
use crate::signals;

/// The word for any user but root.
const NON_ROOT: &str = "non_root";

/// Fills in what checks take from the image config, and finds what that alone shows to be wrong.
pub fn prepare(plans: &mut [BuildPlan], resolved: &Resolved, faults: &mut Faults) {
    for plan in plans {
        if !plan.is_verified() {
            continue;
        }
        let config = result::config(plan, resolved);
        let Some(stage) = plan.stages.last_mut() else { continue };
        let Some(verify) = &mut stage.verify else { continue };
        if let Some(rule) = &verify.user {
            match compare(rule, &stage.runtime.user) {
                Comparison::Holds => verify.user = None,
                Comparison::Fails(fault) => faults.push(*fault),
                Comparison::DependsOn(_) => verify.image_user.clone_from(&stage.runtime.user),
            }
        }
        if let Some(serve) = &mut verify.serve {
            serve.process.args = [config.texts("Entrypoint"), config.texts("Cmd")].concat();
            serve.stop_signal = stop_signal(&config);
            if serve.process.args.is_empty() {
                let fault = Diagnostic::new(serve.process.span, "the image has nothing to start");
                faults.push(fault.help("give the stage an `entrypoint` or a `cmd`"));
            }
        }
    }
}

/// What must be beside the image, and is not asked for: the client alone decides that, when it builds.
pub(crate) fn attestations(plans: &[BuildPlan], asked: &Attestations, faults: &mut Faults) {
    // It is the same for all platforms.
    let verify = plans.first().and_then(|plan| plan.stages.last()).and_then(|stage| stage.verify.as_ref());
    for wanted in verify.iter().flat_map(|verify| &verify.attestations) {
        let is_asked = match wanted.value {
            Attestation::Sbom => asked.sbom.is_some(),
            Attestation::Provenance => asked.provenance.is_some(),
        };
        if !is_asked {
            let name = wanted.value.name();
            let fault = Diagnostic::new(
                wanted.span,
                format!("the image gets no `{name}`: the build is not asked for one"),
            );
            faults.push(
                fault.help(format!("build with `--{name}=true`, or `attest: [type={name}]` in a bake file")),
            );
        }
    }
}

/// Fills in what scans take from the configs of their scanners.
pub fn prepare_scans(plans: &mut [BuildPlan], resolved: &Resolved, faults: &mut Faults) {
    for plan in plans {
        prepare_scans_of(plan, resolved, faults);
    }
}

fn prepare_scans_of(plan: &mut BuildPlan, resolved: &Resolved, faults: &mut Faults) {
    let sources: Vec<FileSource> = plan.scans().iter().map(|scan| scan.scanner.clone()).collect();
    let config = |source: &FileSource| match source {
        FileSource::Other(Source::Stage(position)) => {
            Some(result::config_of(plan, Some(*position), resolved))
        }
        FileSource::Other(source @ Source::External(_)) => {
            Some(resolved.config(source).cloned().unwrap_or_else(|| ImageConfig::scratch(&plan.platform)))
        }
        // Where there is none, that is a fault already.
        FileSource::Other(source) => resolved.config(source).cloned(),
        FileSource::Context => None,
    };
    let configs: Vec<Option<ImageConfig>> = sources.iter().map(config).collect();
    let scans = plan.stages.last_mut().into_iter().flat_map(|stage| &mut stage.scans);
    for (scan, config) in scans.zip(configs) {
        if let Some(fault) = config.and_then(|config| scan::prepare(scan, &config)) {
            faults.push(fault);
        }
    }
}

/// Whether the files of the image have to be asked who a user is.
pub(super) fn asks_for_accounts(verify: &VerifyPlan) -> bool {
    verify.user.is_some()
}

/// What the config says of a rule for the user.
enum Comparison {
    Holds,
    Fails(Box<Diagnostic>),
    /// The number of the user of that name.
    DependsOn(String),
}

fn compare(rule: &Spanned<String>, user: &str) -> Comparison {
    let fails = |fault: Diagnostic| Comparison::Fails(Box::new(fault));
    let (name, group) = parts(user);
    let (wanted, wanted_group) = parts(rule);
    let number = |text: &str| text.parse::<u32>().ok();
    if wanted == NON_ROOT {
        return match number(name) {
            Some(0) => fails(runs_as_root(rule)),
            Some(_) => Comparison::Holds,
            None if name.is_empty() || name == ROOT => fails(runs_as_root(rule)),
            None => Comparison::DependsOn(name.to_owned()),
        };
    }
    if let Some(wanted_group) = wanted_group
        && group != Some(wanted_group)
    {
        return fails(another(rule, user));
    }
    match (number(name), number(wanted)) {
        _ if name == wanted => Comparison::Holds,
        // Both are names, or both are numbers: `root` and nothing at all are 0.
        (Some(_), Some(_)) | (None, None) if !name.is_empty() => fails(another(rule, user)),
        (None, Some(0)) if name.is_empty() || name == ROOT => Comparison::Holds,
        _ if name.is_empty() => {
            if wanted == ROOT {
                Comparison::Holds
            } else {
                fails(another(rule, user))
            }
        }
        (None, Some(_)) => Comparison::DependsOn(name.to_owned()),
        _ => Comparison::DependsOn(wanted.to_owned()),
    }
}

/// Judges what the config alone does not tell.
pub(super) fn judge_user(verify: &VerifyPlan, accounts: &Accounts) -> Option<Diagnostic> {
    let rule = verify.user.as_ref()?;
    let user = verify.image_user.as_str();
    let Comparison::DependsOn(asked) = compare(rule, user) else { return None };
    let Some(found) = accounts.user(&asked) else {
        let message = format!("no line of the image's /etc/passwd is for the user `{asked}`");
        return Some(
            Diagnostic::new(rule.span, message)
                .help(format!("write `users: {asked}` for the stage, or name a number")),
        );
    };
    let (wanted, _) = parts(rule);
    if wanted == NON_ROOT {
        let message = format!("the image runs as root: `{asked}` has the uid 0");
        return (found.uid == 0).then(|| Diagnostic::new(rule.span, message));
    }
    // One of the two is a number.
    let other = if asked == wanted { parts(user).0 } else { wanted };
    (found.uid.to_string() != other).then(|| another(rule, user))
}

/// Whether a user is a number with a group that is one, or root as every image has it.
pub(super) fn is_settled(user: &str) -> bool {
    let number = |text: &str| text.parse::<u32>().is_ok();
    user.is_empty() || matches!(parts(user), (user, Some(group)) if number(user) && number(group))
}

/// The numbers of a user and of its group, as a container has them; `None` where a name is nobody's.
pub(super) fn settled(user: &str, accounts: &Accounts) -> Option<String> {
    let (name, group) = parts(user);
    let uid = name.parse::<u32>().ok();
    let known = accounts.users.iter().find(|user| user.name == name || Some(user.uid) == uid);
    let uid = uid.or(known.map(|user| user.uid))?;
    let gid = match group {
        None => known.map_or(0, |user| user.gid),
        Some(group) => group.parse().ok().or_else(|| Some(accounts.group(group)?.gid))?,
    };
    Some(format!("{uid}:{gid}"))
}

fn parts(user: &str) -> (&str, Option<&str>) {
    user.split_once(':').map_or((user, None), |(user, group)| (user, Some(group)))
}

fn runs_as_root(rule: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(rule.span, "the image runs as root")
        .help("give the stage a `user`; `users` makes one where the base has none")
}

fn another(rule: &Spanned<String>, user: &str) -> Diagnostic {
    let shown = if user.is_empty() { ROOT } else { user };
    Diagnostic::new(rule.span, format!("the image runs as `{shown}`, not as `{}`", rule.value))
        .help(format!("give the stage `user: {}`", rule.value))
}

/// SIGTERM.
const DEFAULT_STOP: i32 = 15;

/// The signal that stops the image. What is no signal of before the ones for real time is taken as SIGTERM: what does not end is killed
/// anyway.
fn stop_signal(config: &ImageConfig) -> i32 {
    let number = config.text("StopSignal").and_then(signals::number);
    number.filter(|number| signals::name(&number.to_string()).is_some()).unwrap_or(DEFAULT_STOP)
}

#[cfg(test)]
mod tests {
    use spec_schema::span::Span;

    use super::*;

    /// What comes of a rule: by the config alone, or by the files.
    fn fails(rule: &str, user: &str) -> Option<String> {
        let accounts = Accounts::parse("root:x:0:0::/:\ntoor:x:0:0::/:\napp:x:1000:1000::/:\n", "");
        let rule = Spanned::new(rule.to_owned(), Span::default());
        match compare(&rule, user) {
            Comparison::Holds => None,
            Comparison::Fails(fault) => Some(fault.message),
            Comparison::DependsOn(_) => {
                let plan =
                    VerifyPlan { user: Some(rule), image_user: user.to_owned(), ..VerifyPlan::default() };
                judge_user(&plan, &accounts).map(|fault| fault.message)
            }
        }
    }

    #[test]
    fn users_are_compared_by_name_or_number() {
        for (rule, user) in [
            ("non_root", "app"),
            ("non_root", "1000"),
            ("non_root", "1000:0"),
            ("app", "app"),
            ("app", "app:root"),
            ("1000", "app"),
            ("app", "1000"),
            ("app:app", "app:app"),
            ("root", ""),
            ("0", "root"),
            ("root", "0"),
            ("0", ""),
        ] {
            assert_eq!(fails(rule, user), None, "{rule} for {user}");
        }
        for (rule, user, why) in [
            ("non_root", "", "the image runs as root"),
            ("non_root", "0:0", "the image runs as root"),
            ("non_root", "root:app", "the image runs as root"),
            ("non_root", "toor", "the image runs as root: `toor` has the uid 0"),
            ("non_root", "who", "no line of the image's /etc/passwd is for the user `who`"),
            ("app", "", "the image runs as `root`, not as `app`"),
            ("app", "1001", "the image runs as `1001`, not as `app`"),
            ("1001", "app", "the image runs as `app`, not as `1001`"),
            ("1001", "1000", "the image runs as `1000`, not as `1001`"),
            ("app:app", "app", "the image runs as `app`, not as `app:app`"),
            ("who", "1000", "no line of the image's /etc/passwd is for the user `who`"),
        ] {
            assert_eq!(fails(rule, user).as_deref(), Some(why), "{rule} for {user}");
        }
    }

    #[test]
    fn users_have_numbers_without_files_too() {
        let accounts = Accounts::parse("app:x:1000:1001::/:\n", "web:x:33:\n");
        let settled = |user| settled(user, &accounts);
        for (user, numbers) in [
            ("app", "1000:1001"),
            ("1000", "1000:1001"),
            ("7", "7:0"),
            ("app:web", "1000:33"),
            ("7:8", "7:8"),
        ] {
            assert_eq!(settled(user).as_deref(), Some(numbers), "{user}");
        }
        assert_eq!([settled("who"), settled("app:who")], [None, None]);
        assert!(is_settled("") && is_settled("7:8") && !is_settled("7") && !is_settled("7:web"));
    }

    #[test]
    fn an_image_is_stopped_by_its_signal() {
        let number = |text: &str| {
            stop_signal(
                &ImageConfig::parse(format!(r#"{{"config":{{"StopSignal":"{text}"}}}}"#).as_bytes()).unwrap(),
            )
        };
        assert_eq!(["SIGQUIT", "sigquit", "3", "", "SIGRTMIN+3", "99"].map(number), [3, 3, 3, 15, 15, 15]);
    }
}
