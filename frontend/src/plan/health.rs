//! Health checks.

use serde_json::{Value, json};
use spec_schema::decode::text::Template;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::spec::{Healthcheck, HealthcheckSettings, HealthcheckTest};

use super::config::list;
use super::stage::StagePlanner;
use super::{Runtime, StepPlan, helper};
use crate::scope::Env;

/// The health check of a stage, as image configs have it.
pub(super) fn config(
    planner: &StagePlanner<'_>,
    healthcheck: &Healthcheck,
    runtime: &Runtime,
    faults: &mut Faults,
) -> Value {
    let Healthcheck::Check(settings) = healthcheck else { return json!({ "Test": ["NONE"] }) };
    let mut check = serde_json::Map::new();
    check.insert("Test".to_owned(), list(test(planner, settings, runtime, faults)));
    let HealthcheckSettings { interval, timeout, start_period, start_interval, retries, .. } = &**settings;
    let times = [
        ("Interval", interval),
        ("Timeout", timeout),
        ("StartPeriod", start_period),
        ("StartInterval", start_interval),
    ];
    for (key, time) in times {
        if let Some(time) = time.filter(|time| time.0 > 0) {
            check.insert(key.to_owned(), time.0.into());
        }
    }
    if let Some(retries) = retries.filter(|retries| *retries > 0) {
        check.insert("Retries".to_owned(), retries.into());
    }
    Value::Object(check)
}

fn test(
    planner: &StagePlanner<'_>,
    settings: &HealthcheckSettings,
    runtime: &Runtime,
    faults: &mut Faults,
) -> Vec<String> {
    match settings {
        HealthcheckSettings { test: Some(HealthcheckTest::Shell(text)), .. } => {
            vec!["CMD-SHELL".to_owned(), text.value.clone()]
        }
        HealthcheckSettings { test: Some(HealthcheckTest::Exec(arguments)), .. } => {
            let arguments = planner.expand_all(arguments, &runtime.env, faults);
            std::iter::once("CMD".to_owned()).chain(arguments).collect()
        }
        HealthcheckSettings { http: Some(http), status, .. } => {
            let url = url_of(planner, http, &runtime.env, faults);
            let status = status.as_ref().map(|status| status.value.to_string());
            let status = status.into_iter().flat_map(|status| ["--status".to_owned(), status]);
            probe("http", url).chain(status).collect()
        }
        HealthcheckSettings { tcp: Some(tcp), .. } => {
            probe("tcp", address_of(planner, tcp, &runtime.env, faults)).collect()
        }
        // A fault has been recorded.
        _ => Vec::new(),
    }
}

fn probe(kind: &str, target: String) -> impl Iterator<Item = String> {
    ["CMD", helper::IN_IMAGE, "probe", kind].map(str::to_owned).into_iter().chain([target])
}

/// What the program for it is put into the image by, where it needs one.
pub(super) fn step(planner: &StagePlanner<'_>, faults: &mut Faults) -> Option<StepPlan> {
    let (key, target) = planner.stage.healthcheck.as_ref()?.address()?;
    let step = helper::step(planner, key, target.span, faults)?;
    (!planner.has_helper).then_some(step)
}

/// The URL that a text names; empty where that is a fault.
pub(super) fn url_of(planner: &StagePlanner<'_>, at: &Template, env: &Env, faults: &mut Faults) -> String {
    let (known, written) = (faults.len(), planner.expand(at, env, faults));
    told(url(&written), at, known, faults)
}

/// The host and port that a text names; empty where that is a fault.
pub(super) fn address_of(
    planner: &StagePlanner<'_>,
    at: &Template,
    env: &Env,
    faults: &mut Faults,
) -> String {
    let (known, written) = (faults.len(), planner.expand(at, env, faults));
    told(address(&written), at, known, faults)
}

/// What is wrong with an address, and what to do.
type Wrong = (String, &'static str);

/// The value, or its fault at the place that says it, unless that has one already.
fn told(value: Result<String, Wrong>, at: &Template, known: usize, faults: &mut Faults) -> String {
    match value {
        Ok(value) => value,
        Err((what, help)) => {
            if faults.len() == known {
                faults.push(Diagnostic::new(at.span, what).help(help));
            }
            String::new()
        }
    }
}

/// `http://localhost:8080/healthz`, or `:8080/healthz` for short.
fn url(text: &str) -> Result<String, Wrong> {
    const HELP: &str = "write `http://localhost:8080/healthz`, or `:8080/healthz` for short";
    if text.starts_with("https://") {
        let help = "ask for a page without TLS, or by `tcp` for a connection alone";
        return Err((format!("`{text}`: the program that asks for it does not speak TLS"), help));
    }
    let wrong = || (format!("`{text}` is not a URL"), HELP);
    let rest = match text.strip_prefix("http://") {
        Some(rest) => rest.to_owned(),
        None if text.starts_with(':') => format!("localhost{text}"),
        None => return Err(wrong()),
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
    let good = if has_port { is_address(authority) } else { is_address(&format!("{authority}:80")) };
    let printable = rest.bytes().all(|byte| byte.is_ascii_graphic()) && !rest.contains('#');
    if good && printable { Ok(format!("http://{rest}")) } else { Err(wrong()) }
}

/// `localhost:5432`, or `:5432` for short.
fn address(text: &str) -> Result<String, Wrong> {
    let full = if text.starts_with(':') { format!("localhost{text}") } else { text.to_owned() };
    if is_address(&full) {
        return Ok(full);
    }
    Err((format!("`{text}` is not an address"), "write `localhost:5432`, or `:5432` for short"))
}

/// A name, an IPv4 address or an IPv6 address in brackets, and a port from 1 to 65535.
fn is_address(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let name = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
    };
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = bracketed.map_or_else(|| name(host), |host| host.parse::<std::net::Ipv6Addr>().is_ok());
    host && port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_be_short() {
        for (text, full) in [
            (":8080/healthz", "http://localhost:8080/healthz"),
            (":80", "http://localhost:80"),
            ("http://localhost/?full", "http://localhost/?full"),
            ("http://[::1]:81/", "http://[::1]:81/"),
            ("http://[::1]/", "http://[::1]/"),
        ] {
            assert_eq!(url(text).as_deref(), Ok(full));
        }
        assert_eq!(address(":5432").as_deref(), Ok("localhost:5432"));
        assert_eq!(address("127.0.0.1:5432").as_deref(), Ok("127.0.0.1:5432"));
    }

    #[test]
    fn what_is_no_address_is_told() {
        for text in [
            "",
            "8080",
            "localhost:8080",
            "https://a/",
            "http://",
            "http://a:0/",
            "http://a b/",
            ":x",
            "http://a/#b",
        ] {
            assert!(url(text).is_err(), "{text}");
        }
        for text in ["", "5432", "db", "db:", ":0", ":+1", ":65536", "::1:80", "[x]:80", "a/b:80"] {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
