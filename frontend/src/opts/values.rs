//! The shapes of option values.

use std::collections::BTreeMap;
use std::net::IpAddr;

use buildkit_llb::Platform;
use serde::Deserialize;

use super::error::OptProblem;
use super::{CacheImport, HostIp, NetworkMode, ResolveMode, Ulimit};

type Parsed<T> = Result<T, OptProblem>;

/// The limits that Linux has, which are those that Docker accepts.
pub const ULIMITS: [&str; 15] = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// A boolean in the spellings that Go accepts.
pub(crate) fn boolean(value: &str) -> Parsed<bool> {
    match value {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(OptProblem::NotABoolean(value.to_owned())),
    }
}

/// A whole number above 0.
pub(super) fn positive(value: &str) -> Parsed<u64> {
    match value.parse() {
        Ok(number) if number > 0 && i64::try_from(number).is_ok() => Ok(number),
        _ => Err(not_a_number(value, " above 0")),
    }
}

/// A whole number above 0, or -1.
pub(super) fn positive_or_unlimited(value: &str) -> Parsed<i64> {
    match value.parse() {
        Ok(number) if number == -1 || number > 0 => Ok(number),
        _ => Err(not_a_number(value, " above 0, nor -1 for no limit")),
    }
}

/// A number of bytes; 0 stands for none given.
pub(super) fn size(value: &str) -> Parsed<Option<u64>> {
    match value.parse() {
        Ok(0) => Ok(None),
        Ok(bytes) if i64::try_from(bytes).is_ok() => Ok(Some(bytes)),
        _ => Err(not_a_number(value, " of bytes")),
    }
}

fn not_a_number(value: &str, bounds: &'static str) -> OptProblem {
    OptProblem::NotANumber { value: value.to_owned(), bounds }
}

/// Numbers and ranges of numbers, as the kernel writes sets of processors.
pub(super) fn cpu_set(value: &str) -> Parsed<String> {
    let number = |text: &str| text.parse::<u32>().ok();
    let range = |part: &str| match part.split_once('-') {
        None => number(part).is_some(),
        Some((first, last)) => number(first).zip(number(last)).is_some_and(|(first, last)| first <= last),
    };
    if value.split(',').all(range) {
        Ok(value.to_owned())
    } else {
        Err(OptProblem::Form { value: value.to_owned(), form: "0-3,5" })
    }
}

pub(super) fn platforms(value: &str) -> Parsed<Vec<Platform>> {
    let mut platforms = Vec::new();
    for text in value.split(',') {
        let platform = platform(text)?;
        if !platforms.contains(&platform) {
            platforms.push(platform);
        }
    }
    Ok(platforms)
}

fn platform(text: &str) -> Parsed<Platform> {
    Platform::parse(text.trim())
        .map_err(|error| OptProblem::NotAPlatform { value: text.to_owned(), reason: error.to_string() })
}

pub(super) fn resolve_mode(value: &str) -> Parsed<ResolveMode> {
    match value {
        "default" => Ok(ResolveMode::Default),
        "pull" => Ok(ResolveMode::Pull),
        "local" => Ok(ResolveMode::Local),
        _ => Err(OptProblem::NotOneOf { value: value.to_owned(), allowed: &["default", "pull", "local"] }),
    }
}

pub(super) fn network_mode(value: &str) -> Parsed<NetworkMode> {
    match value {
        "sandbox" => Ok(NetworkMode::Sandbox),
        "none" => Ok(NetworkMode::None),
        "host" => Ok(NetworkMode::Host),
        _ => Err(OptProblem::NotOneOf { value: value.to_owned(), allowed: &["sandbox", "none", "host"] }),
    }
}

/// The fields of one line of CSV. A field in double quotes may hold commas, and quotes written twice.
pub(super) fn csv(value: &str) -> Parsed<Vec<String>> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut rest = value.chars().peekable();
    while let Some(character) = rest.next() {
        let last = fields.len() - 1;
        match character {
            '"' if quoted && rest.next_if_eq(&'"').is_some() => fields[last].push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => fields[last].push(character),
        }
    }
    if quoted { Err(OptProblem::OpenQuote(value.to_owned())) } else { Ok(fields) }
}

pub(super) fn hosts(value: &str) -> Parsed<Vec<HostIp>> {
    csv(value)?.iter().map(|field| host(&field.to_lowercase())).collect()
}

fn host(field: &str) -> Parsed<HostIp> {
    let (host, ip) =
        field.split_once('=').ok_or_else(|| OptProblem::Form { value: field.to_owned(), form: "host=ip" })?;
    let ip: IpAddr = ip.parse().map_err(|_| OptProblem::NotAnAddress(ip.to_owned()))?;
    Ok(HostIp { host: host.to_owned(), ip })
}

pub(super) fn ulimits(value: &str) -> Parsed<Vec<Ulimit>> {
    csv(value)?.iter().map(|field| ulimit(field)).collect()
}

fn ulimit(field: &str) -> Parsed<Ulimit> {
    let form = || OptProblem::Form { value: field.to_owned(), form: "name=soft[:hard]" };
    let (name, limits) = field.split_once('=').ok_or_else(form)?;
    if !ULIMITS.contains(&name) {
        return Err(OptProblem::NotOneOf { value: name.to_owned(), allowed: &ULIMITS });
    }
    let (soft, hard) = limits.split_once(':').unwrap_or((limits, limits));
    let number = |text: &str| text.parse::<i64>().map_err(|_| form());
    let limit = Ulimit { name: name.to_owned(), soft: number(soft)?, hard: number(hard)? };
    // -1 stands for no limit, which is above all others.
    let rank = |limit: i64| if limit == -1 { i64::MAX } else { limit };
    if rank(limit.soft) > rank(limit.hard) {
        return Err(OptProblem::SoftAboveHard(field.to_owned()));
    }
    Ok(limit)
}

/// CSV of `key=value`; a key alone has an empty value.
pub(super) fn attributes(value: &str) -> Parsed<BTreeMap<String, String>> {
    if value.is_empty() {
        return Ok(BTreeMap::new());
    }
    let pair = |field: String| match field.split_once('=') {
        Some((key, value)) => (key.to_owned(), value.to_owned()),
        None => (field, String::new()),
    };
    Ok(csv(value)?.into_iter().map(pair).collect())
}

#[derive(Deserialize)]
struct CacheEntry {
    #[serde(rename = "Type", alias = "type")]
    kind: String,
    #[serde(rename = "Attrs", alias = "attrs", default)]
    attrs: Option<BTreeMap<String, String>>,
}

pub(super) fn cache_imports(value: &str) -> Parsed<Vec<CacheImport>> {
    let entries: Option<Vec<CacheEntry>> =
        serde_json::from_str(value).map_err(|error| OptProblem::Json(error.to_string()))?;
    let import = |entry: CacheEntry| CacheImport { kind: entry.kind, attrs: entry.attrs.unwrap_or_default() };
    Ok(entries.unwrap_or_default().into_iter().map(import).collect())
}

/// The old, comma-separated form, which knows registries only.
pub(super) fn cache_from(value: &str) -> Vec<CacheImport> {
    let import = |reference: &str| CacheImport {
        kind: "registry".to_owned(),
        attrs: BTreeMap::from([("ref".to_owned(), reference.to_owned())]),
    };
    value.split(',').filter(|reference| !reference.is_empty()).map(import).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message<T: std::fmt::Debug>(parsed: Parsed<T>) -> String {
        parsed.unwrap_err().to_string()
    }

    #[test]
    fn booleans_are_spelt_as_in_go() {
        assert_eq!(["1", "T", "True"].map(|value| boolean(value).unwrap()), [true; 3]);
        assert_eq!(["0", "f", "FALSE"].map(|value| boolean(value).unwrap()), [false; 3]);
        assert_eq!(message(boolean("yes")), "`yes` is neither true nor false");
    }

    #[test]
    fn csv_fields_may_be_quoted() {
        assert_eq!(csv("a,b=c").unwrap(), ["a", "b=c"]);
        assert_eq!(csv(r#""a,b","c ""d""","#).unwrap(), ["a,b", r#"c "d""#, ""]);
        assert_eq!(message(csv(r#"a,"b"#)), "`a,\"b` has a quote that is not closed");
    }

    #[test]
    fn numbers_have_bounds() {
        assert_eq!(positive("5"), Ok(5));
        assert_eq!(message(positive("0")), "`0` is not a whole number above 0");
        assert_eq!(positive_or_unlimited("-1"), Ok(-1));
        assert_eq!(
            message(positive_or_unlimited("-2")),
            "`-2` is not a whole number above 0, nor -1 for no limit"
        );
        assert_eq!(size("0"), Ok(None));
        assert_eq!(message(size("64m")), "`64m` is not a whole number of bytes");
        assert!(message(size("18446744073709551615")).contains("not a whole number"));
    }

    #[test]
    fn processor_sets_are_numbers_and_ranges() {
        assert_eq!(cpu_set("0-3,5").unwrap(), "0-3,5");
        for wrong in ["", "3-1", "1,", "a", "1-"] {
            assert_eq!(message(cpu_set(wrong)), format!("`{wrong}` is not of the form 0-3,5"));
        }
    }

    #[test]
    fn hosts_are_lower_case_names_with_addresses() {
        let found = hosts("DB=10.0.0.1,v6=::1").unwrap();
        assert_eq!(found[0], HostIp { host: "db".to_owned(), ip: [10, 0, 0, 1].into() });
        assert_eq!(found[1].ip.to_string(), "::1");
        assert_eq!(message(hosts("db")), "`db` is not of the form host=ip");
        assert_eq!(message(hosts("db=host-gateway")), "`host-gateway` is not an IP address");
    }

    #[test]
    fn ulimits_have_a_soft_and_a_hard_limit() {
        let limit = |soft, hard| Ulimit { name: "nofile".to_owned(), soft, hard };
        assert_eq!(ulimits("nofile=10").unwrap(), [limit(10, 10)]);
        assert_eq!(ulimits("nofile=10:-1").unwrap(), [limit(10, -1)]);
        assert_eq!(message(ulimits("nofile=-1:10")), "`nofile=-1:10` has a soft limit above its hard limit");
        assert_eq!(message(ulimits("nofile=x")), "`nofile=x` is not of the form name=soft[:hard]");
        assert!(message(ulimits("files=1")).starts_with("`files` is not one of core, cpu, "));
    }

    #[test]
    fn cache_imports_come_as_json_or_as_a_list() {
        let json = r#"[{"Type":"registry","Attrs":{"ref":"a/b:c"}},{"Type":"gha","Attrs":null}]"#;
        let imports = cache_imports(json).unwrap();
        assert_eq!(imports[0], cache_from("a/b:c")[0]);
        assert_eq!((imports[1].kind.as_str(), imports[1].attrs.len()), ("gha", 0));
        assert_eq!(cache_imports("null"), Ok(Vec::new()));
        assert!(message(cache_imports("[{}]")).starts_with("not the JSON it should be: missing field"));
    }
}
