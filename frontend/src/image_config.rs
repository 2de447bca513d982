//! Image configs: Docker's superset of the OCI image config, kept as JSON so that keys unknown to this program survive.

use serde_json::{Map, Value, json};

use crate::scope::Env;
use buildkit_llb::Platform;

/// The `PATH` of an image that sets none, as BuildKit gives it to processes on Linux.
pub const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// An image config.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageConfig {
    root: Map<String, Value>,
}

/// A config that is not JSON, or not an object.
#[derive(Debug, thiserror::Error)]
#[error("its config cannot be read: {0}")]
pub struct ConfigError(String);

impl ImageConfig {
    /// Reads a config as a registry holds it.
    pub fn parse(bytes: &[u8]) -> Result<Self, ConfigError> {
        let root: Map<String, Value> =
            serde_json::from_slice(bytes).map_err(|error| ConfigError(error.to_string()))?;
        Ok(Self { root })
    }

    /// What an image that starts from nothing has.
    pub fn scratch(platform: &Platform) -> Self {
        let mut root = Map::new();
        root.insert("architecture".into(), json!(platform.architecture));
        root.insert("os".into(), json!(platform.os));
        if let Some(variant) = &platform.variant {
            root.insert("variant".into(), json!(variant));
        }
        root.insert("config".into(), json!({ "Env": [format!("PATH={DEFAULT_PATH}")], "WorkingDir": "/" }));
        root.insert("rootfs".into(), json!({ "type": "layers" }));
        Self { root }
    }

    /// The config as JSON.
    pub fn to_json(&self) -> Vec<u8> {
        Value::Object(self.root.clone()).to_string().into_bytes()
    }

    /// A key of the object that describes how a container is run.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.root.get("config").and_then(|config| config.get(key))
    }

    /// Sets such a key.
    pub fn set(&mut self, key: &str, value: Value) {
        if let Some(config) = self.config_mut() {
            config.insert(key.to_owned(), value);
        }
    }

    /// Removes such a key.
    pub fn remove(&mut self, key: &str) {
        if let Some(config) = self.config_mut() {
            config.remove(key);
        }
    }

    /// Adds a name to an object such as `ExposedPorts`, with the value that the form asks for.
    pub fn add_to(&mut self, key: &str, name: &str, value: Value) {
        if let Some(config) = self.config_mut() {
            let object = config.entry(key).or_insert_with(|| json!({}));
            if !object.is_object() {
                *object = json!({});
            }
            if let Some(object) = object.as_object_mut() {
                object.insert(name.to_owned(), value);
            }
        }
    }

    fn config_mut(&mut self) -> Option<&mut Map<String, Value>> {
        let config = self.root.entry("config").or_insert_with(|| json!({}));
        if !config.is_object() {
            *config = json!({});
        }
        config.as_object_mut()
    }

    /// A key outside of that object, such as `history`.
    pub fn set_root(&mut self, key: &str, value: Value) {
        self.root.insert(key.to_owned(), value);
    }

    /// A text outside of that object; `None` where it is absent or empty.
    pub fn root_text(&self, key: &str) -> Option<&str> {
        self.root.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Removes a key outside of that object.
    pub fn remove_root(&mut self, key: &str) {
        self.root.shift_remove(key);
    }

    /// Appends entries to the history.
    pub fn add_history(&mut self, entries: Vec<Value>) {
        let history = self.root.entry("history").or_insert_with(|| json!([]));
        if !history.is_array() {
            *history = json!([]);
        }
        if let Some(history) = history.as_array_mut() {
            history.extend(entries);
        }
    }

    /// The platform that the image says it is for.
    pub fn platform(&self) -> Option<Platform> {
        let text = |key: &str| self.root.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let parts = [text("os")?, text("architecture")?].into_iter().chain(text("variant"));
        Platform::parse(&parts.collect::<Vec<_>>().join("/")).ok()
    }

    /// How many layers the image has, where the config says so.
    pub fn layers(&self) -> Option<usize> {
        let layers = self.root.get("rootfs")?.get("diff_ids")?.as_array()?;
        Some(layers.len())
    }

    /// A text of the object that describes how a container is run; `None` where it is absent or empty.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A text in an object of that object, such as a label.
    pub fn entry(&self, key: &str, name: &str) -> Option<&str> {
        self.get(key)?.get(name)?.as_str()
    }

    /// Whether it has a health check that is not switched off.
    pub fn is_checked(&self) -> bool {
        let test = self.get("Healthcheck").and_then(|check| check.get("Test")).and_then(Value::as_array);
        test.is_some_and(|test| test.first().and_then(Value::as_str).is_some_and(|first| first != "NONE"))
    }

    /// A list of texts of that object.
    pub fn texts(&self, key: &str) -> Vec<String> {
        let list = self.get(key).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The environment, with a `PATH` where the image sets none.
    pub fn env(&self) -> Env {
        let entries = self.texts("Env");
        let pairs = entries.iter().map(|entry| entry.split_once('=').unwrap_or((entry, "")));
        let mut env: Env = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        if !env.contains("PATH") {
            env.insert("PATH".to_owned(), DEFAULT_PATH.to_owned());
        }
        env
    }

    /// Replaces the environment.
    pub fn set_env(&mut self, env: &Env) {
        let list: Vec<String> = env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.set("Env", json!(list));
    }
}
