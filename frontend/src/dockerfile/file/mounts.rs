//! What stands in `RUN --mount=…`, held to what Docker holds it to: keys, values, and which kind of mount has which.
//!
//! A value with a variable is known when a step is built, so nothing is said of it.

use spec_schema::decode::text::Text;
use spec_schema::diagnostic::{Diagnostic, Faults, did_you_mean, one_of};
use spec_schema::span::Span;

use crate::dockerfile::values::{boolean, bytes, mount_mode, records};

const KINDS: [&str; 5] = ["bind", "cache", "tmpfs", "secret", "ssh"];
const SHARINGS: [&str; 3] = ["shared", "private", "locked"];
const KEYS: [&str; 19] = [
    "type",
    "from",
    "source",
    "src",
    "target",
    "dst",
    "destination",
    "readonly",
    "ro",
    "readwrite",
    "rw",
    "required",
    "size",
    "id",
    "sharing",
    "mode",
    "uid",
    "gid",
    "env",
];

/// Checks one mount: what is wrong with its form, and what is where it is built.
pub(super) fn check(flag: &Text, faults: &mut Faults, broken: &mut Faults) {
    if flag.is_empty() {
        let fault = Diagnostic::new(flag.span, "`--mount` says nothing");
        faults.push(fault.help("write `--mount=type=cache,target=…`"));
        return;
    }
    let Some(fields) = records(flag) else {
        let fault = Diagnostic::new(flag.span, "the quotes of this mount do not fit together");
        faults.push(fault.help("a quote stands around a whole field: `\"target=/a,b\"`"));
        return;
    };
    if let Some(fault) = fields.iter().find_map(|field| variable_source(field, flag.span)) {
        faults.push(fault);
        return;
    }
    let mut mount = Mount { kind: Some("bind"), seen: Vec::new(), span: flag.span };
    for field in &fields {
        if let Err(fault) = mount.field(field) {
            broken.push(fault);
            return;
        }
    }
    if let Err(fault) = mount.whole() {
        broken.push(fault);
    }
}

/// What to do where a variable names an image that files come from.
pub(crate) const STAGE_FOR_IMAGE: &str =
    "give the image a stage of its own, `FROM $NAME AS tools`, and name that";

/// Where files come from is known before variables are.
fn variable_source(field: &str, span: Span) -> Option<Diagnostic> {
    let (name, value) = field.split_once('=')?;
    let dollar = value.find('$').filter(|_| name.eq_ignore_ascii_case("from"))?;
    // At its end it is no variable.
    (dollar != value.len() - 1)
        .then(|| Diagnostic::new(span, "`from` of a mount takes no variables").help(STAGE_FOR_IMAGE))
}

/// A mount as far as it has been read.
struct Mount<'m> {
    /// `None` where a variable says it.
    kind: Option<&'static str>,
    /// Keys that have a value.
    seen: Vec<&'m str>,
    span: Span,
}

impl<'m> Mount<'m> {
    fn fault(&self, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.span, message).help(help)
    }

    fn field(&mut self, field: &'m str) -> Result<(), Diagnostic> {
        let (name, value) = field.split_once('=').map_or((field, None), |(name, value)| (name, Some(value)));
        let lower = name.to_ascii_lowercase();
        let Some(key) = KEYS.into_iter().find(|key| *key == lower) else {
            let help = did_you_mean(&lower, KEYS).unwrap_or_else(|| format!("it has {}", one_of(KEYS)));
            return Err(self.fault(format!("a mount has no key `{name}`"), help));
        };
        self.belongs(key)?;
        let Some(value) = value else {
            let is_switch = matches!(key, "readonly" | "ro" | "readwrite" | "rw" | "required");
            let example = format!("write `{key}=…`");
            return if is_switch {
                Ok(())
            } else {
                Err(self.fault(format!("`{key}` has no value"), example))
            };
        };
        if !value.is_empty() {
            self.seen.push(key);
        }
        if !value.contains('$') {
            return self.value(key, value);
        }
        if key == "type" {
            self.kind = None;
        }
        Ok(())
    }

    /// Whether this kind of mount has a key; what stands behind it counts for the keys behind it.
    fn belongs(&self, key: &str) -> Result<(), Diagnostic> {
        let Some(kind) = self.kind else { return Ok(()) };
        let kinds: &[&str] = match key {
            "size" => &["tmpfs"],
            "required" => &["secret", "ssh"],
            _ => return Ok(()),
        };
        if kinds.contains(&kind) {
            return Ok(());
        }
        let help = format!("it is for `type={}`, which stands before it", kinds.join("` and `type="));
        Err(self.fault(format!("a mount of the type `{kind}` has no `{key}`"), help))
    }

    fn value(&mut self, key: &str, value: &str) -> Result<(), Diagnostic> {
        let lower = value.to_lowercase();
        let help = match key {
            "type" => {
                self.kind = KINDS.into_iter().find(|kind| *kind == lower);
                let near =
                    || did_you_mean(&lower, KINDS).unwrap_or_else(|| format!("it is {}", one_of(KINDS)));
                self.kind.is_none().then(near)
            }
            "sharing" => {
                let near = || {
                    did_you_mean(&lower, SHARINGS).unwrap_or_else(|| format!("it is {}", one_of(SHARINGS)))
                };
                (!SHARINGS.contains(&lower.as_str())).then(near)
            }
            "readonly" | "ro" | "readwrite" | "rw" | "required" => {
                boolean(value).is_none().then(|| "write `true` or `false`".to_owned())
            }
            "size" => bytes(value).is_none().then(|| "write such as `64m`".to_owned()),
            "mode" => mount_mode(value).is_none().then(|| "write octal digits, such as `0755`".to_owned()),
            "uid" | "gid" => {
                let is_number = !value.starts_with('+') && value.parse::<u32>().is_ok();
                (!is_number).then(|| "write a number, such as `1000`".to_owned())
            }
            _ => None,
        };
        help.map_or(Ok(()), |help| Err(self.fault(format!("`{value}` is not a value of `{key}`"), help)))
    }

    /// What is wrong with the keys together.
    fn whole(&self) -> Result<(), Diagnostic> {
        let Some(kind) = self.kind else { return Ok(()) };
        let has = |keys: &[&'static str]| keys.iter().copied().find(|key| self.seen.contains(key));
        let foreign: &[&'static str] = match kind {
            "bind" | "tmpfs" => &["mode", "uid", "gid", "sharing"],
            "secret" => &["from", "sharing"],
            "ssh" => &["sharing"],
            _ => &[],
        };
        if let Some(key) = has(foreign) {
            return Err(self
                .fault(format!("a mount of the type `{kind}` has no `{key}`"), format!("take `{key}` out")));
        }
        let (id, source) = (has(&["id"]), has(&["source", "src"]));
        if kind == "secret" && id.is_some() && source.is_some() {
            return Err(self.fault("`id` and `source` are the same of a secret", "keep one of the two"));
        }
        let target = has(&["target", "dst", "destination"]);
        if kind == "secret" && id.or(source).or(target).is_none() {
            return Err(self.fault("nothing says which secret is mounted", "add `id=…`"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use spec_schema::decode::text::Text;
    use spec_schema::diagnostic::Faults;
    use spec_schema::span::Span;

    fn faults(mount: &str) -> Vec<String> {
        let (mut faults, mut broken) = (Faults::new(), Faults::new());
        check(&Text::new(mount.to_owned(), Span::default()), &mut faults, &mut broken);
        faults.append(broken);
        faults.into_sorted().into_iter().map(|fault| fault.message).collect()
    }

    #[test]
    fn what_docker_builds_is_right() {
        for mount in [
            "type=bind",
            "target=/x,target=/y",
            "type=CACHE,target=/x,sharing=LOCKED,ro",
            "type=cache,target=/x,mode=0,uid=1,env=A",
            "type=tmpfs,target=/x,size=1.5m,from=a",
            "type=tmpfs,size=1t",
            "type=$KIND,size=1,target=/x,mode=755",
            "type=secret,target=/x,required=T",
            "type=cache,\"target=/x\"\"y\"",
            "type=ssh,mode=0600,required",
            "type=cache,target=/x,uid=$ID",
            "from=x$,target=/x",
            "\"target=/x,y\",id=a",
        ] {
            assert_eq!(faults(mount), Vec::<String>::new(), "{mount}");
        }
    }

    #[test]
    fn what_docker_refuses_is_a_fault() {
        for mount in [
            "",
            "x",
            "target",
            "target=/x,foo=1",
            "target=/x,",
            "type=bond,target=/x",
            "type=cache,target=/x,sharing=all",
            "type=bind,target=/x,sharing=shared",
            "type=cache,target=/x,mode=0o755",
            "type=cache,target=/x,mode=rwx",
            "type=bind,target=/x,mode=755",
            "type=cache,target=/x,uid=app",
            "type=cache,target=/x,gid=-1",
            "type=tmpfs,target=/x,uid=1",
            "type=cache,target=/x,size=1m",
            "type=tmpfs,target=/x,size=big",
            "size=1m,target=/x,type=tmpfs",
            "type=cache,target=/x,required",
            "type=secret,id=x,required=maybe",
            "type=cache,target=/x,ro=maybe",
            "type=secret",
            "type=secret,id=a,from=b",
            "type=secret,id=a,source=b",
            "type=secret,id=a,sharing=shared",
            "from=$X,target=/x",
            "type=cache,target=/x\"y",
        ] {
            assert_eq!(faults(mount).len(), 1, "{mount}: {:?}", faults(mount));
        }
        assert_eq!(faults(""), ["`--mount` says nothing"]);
        assert_eq!(faults("target=/x\"y"), ["the quotes of this mount do not fit together"]);
    }
}
