//! The environment of the process, sorted into options and the rest.

use std::collections::BTreeMap;

use buildkit_llb::Platform;
use buildkit_proto::pb;
use serde_json::{Map, Value};

use super::error::OptProblem;
use super::keys;

/// What the environment tells, not yet parsed.
#[derive(Debug, Default)]
pub(super) struct Environment {
    pub(super) options: BTreeMap<String, String>,
    pub(super) session_id: String,
    pub(super) workers: String,
    pub(super) product: String,
}

impl Environment {
    pub(super) fn read(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut environment = Self::default();
        for (name, value) in variables {
            match name.as_str() {
                keys::ENV_SESSION_ID => environment.session_id = value,
                keys::ENV_WORKERS => environment.workers = value,
                keys::ENV_PRODUCT => environment.product = value,
                name if name.starts_with(keys::ENV_OPTION) => {
                    let (key, value) = value.split_once('=').unwrap_or((&value, ""));
                    environment.options.insert(key.to_owned(), value.to_owned());
                }
                _ => {}
            }
        }
        environment
    }
}

/// A worker of the daemon.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkerInfo {
    /// The daemon's name for it.
    pub id: String,
    /// What it runs, the native platform first.
    pub platforms: Vec<Platform>,
}

/// Reads the JSON list of workers. Old daemons write the keys with capitals, new ones without.
pub(super) fn workers(json: &str) -> Result<Vec<WorkerInfo>, OptProblem> {
    if json.is_empty() {
        return Ok(Vec::new());
    }
    let list: Vec<Map<String, Value>> =
        serde_json::from_str(json).map_err(|error| OptProblem::Json(error.to_string()))?;
    Ok(list.iter().map(worker).collect())
}

fn worker(object: &Map<String, Value>) -> WorkerInfo {
    let platforms = get(object, "platforms").and_then(Value::as_array);
    WorkerInfo {
        id: text(object, "id").to_owned(),
        platforms: platforms.into_iter().flatten().filter_map(Value::as_object).map(platform).collect(),
    }
}

fn platform(object: &Map<String, Value>) -> Platform {
    let text = |key| text(object, key).to_owned();
    Platform::from_pb(&pb::Platform {
        os: text("os"),
        architecture: text("architecture"),
        variant: text("variant"),
        os_version: text("os.version"),
        os_features: Vec::new(),
    })
}

fn get<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.iter().find(|(found, _)| found.eq_ignore_ascii_case(key)).map(|(_, value)| value)
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> &'a str {
    get(object, key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_split_at_its_first_equals_sign() {
        let pairs = [
            ("BUILDKIT_FRONTEND_OPT_7", "build-arg:A=b=c"),
            ("BUILDKIT_FRONTEND_OPT_0", "no-cache="),
            ("BUILDKIT_FRONTEND_OPT_1", "odd"),
            ("PATH", "/bin"),
        ];
        let environment = Environment::read(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let options: Vec<_> = environment.options.iter().collect();
        assert_eq!(format!("{options:?}"), r#"[("build-arg:A", "b=c"), ("no-cache", ""), ("odd", "")]"#);
    }

    #[test]
    fn workers_are_read_in_either_spelling() {
        let new = r#"[{"id":"w","labels":{},"platforms":[{"architecture":"amd64","os":"linux"},
            {"architecture":"arm","os":"linux","variant":"v7"}],"gcPolicy":[]}]"#;
        let old = r#"[{"ID":"w","Labels":{},"Platforms":[{"architecture":"amd64","os":"linux"},
            {"architecture":"arm","os":"linux","variant":"v7"}],"GCPolicy":null}]"#;
        let platforms = ["linux/amd64", "linux/arm/v7"].map(|text| Platform::parse(text).unwrap()).to_vec();
        let expected = [WorkerInfo { id: "w".to_owned(), platforms }];
        assert_eq!(workers(new).unwrap(), expected);
        assert_eq!(workers(old).unwrap(), expected);
        assert_eq!(workers("").unwrap(), []);
        assert!(workers("{}").is_err());
    }
}
