//! `RUN`.

use spec_schema::diagnostic::Faults;
use spec_schema::node::Node;
use spec_schema::spec::RunStep;

use super::flags::{boolean, unknown_flag};
use super::{Triggers, arguments};
use crate::dockerfile::values::{bytes, fields, mount_mode, records};
use crate::dockerfile::{Flag, Run};
use crate::expand::alone;
use crate::mapping::Mapping;
use crate::plan::stage::StagePlanner;
use crate::plan::{Action, Runtime, run};

impl Triggers {
    pub(super) fn process(
        &self,
        planner: &StagePlanner<'_>,
        instruction: &Run,
        runtime: &Runtime,
        faults: &mut Faults,
    ) -> Result<Action, String> {
        let mut step = Mapping::new(self.span);
        step.literals("run", &arguments(&instruction.command, runtime));
        // A step of ours would run as the user of the base image, whatever came between.
        step.literal("run_as", Some(if runtime.user.is_empty() { "0" } else { &runtime.user }));
        let mut env = Mapping::new(self.span);
        for (name, value) in self.args.iter().filter(|(name, _)| !runtime.env.contains(name)) {
            env.literal(name, Some(value));
        }
        step.add("env", env.node());
        let mut mounts = Mounts::default();
        for flag in &instruction.flags {
            let value = flag.value.as_deref();
            match flag.name.as_str() {
                name @ ("network" | "security") => step.word(name, value),
                "device" => mounts.devices.push(self.device(value.unwrap_or_default())?),
                "mount" => self.mount(flag, runtime, &mut mounts)?,
                name => return Err(unknown_flag(name)),
            }
        }
        step.list("mounts", mounts.files);
        step.list("cache", mounts.caches);
        step.list("secrets", mounts.secrets);
        step.list("ssh", mounts.agents);
        step.list("devices", mounts.devices);
        let step: RunStep = step.read(faults)?;
        Ok(run::run(planner, &alone(step), runtime, faults).0)
    }

    fn device(&self, value: &str) -> Result<Node, String> {
        let mut device = Mapping::new(self.span);
        let mut name = None;
        let fields = records(value).unwrap_or_default();
        for field in &fields {
            match field.split_once('=') {
                _ if field == "required" => device.word("required", Some("true")),
                Some(("required", value)) => {
                    device.word("required", Some(if boolean(Some(value))? { "true" } else { "false" }));
                }
                Some(("name", value)) => name = Some(value),
                _ => name = Some(field.as_str()),
            }
        }
        device.literal("name", name);
        Ok(device.node())
    }

    fn mount(&self, flag: &Flag, runtime: &Runtime, mounts: &mut Mounts) -> Result<(), String> {
        let fields = fields(flag.value.as_deref().unwrap_or_default());
        let kind = fields.iter().find(|(name, _)| name == "type").and_then(|(_, kind)| kind.clone());
        let kind = self.text(kind.as_deref().unwrap_or("bind"), runtime)?.to_lowercase();
        let mut mount = Mapping::new(self.span);
        let mut required = false;
        let mut keys = Keys::default();
        for (name, value) in &fields {
            let text = self.text(value.as_deref().unwrap_or_default(), runtime)?;
            let truth = || boolean(value.as_deref());
            match (kind.as_str(), name.as_str()) {
                (_, "target" | "dst" | "destination") => keys.target = Some(text),
                ("bind" | "cache", "source" | "src") => mount.literal("source", Some(&text)),
                ("bind" | "cache", "from") => mount.literal("from", Some(&text)),
                ("bind", "rw" | "readwrite") => keys.writable = truth()?,
                ("bind", "ro" | "readonly") => keys.writable = !truth()?,
                ("cache", "ro" | "readonly") => keys.readonly = truth()?,
                ("cache", "rw" | "readwrite") => keys.readonly = !truth()?,
                ("cache" | "ssh", "id") => mount.literal("id", Some(&text)),
                ("secret", "id" | "src" | "source") => keys.id = Some(text),
                ("cache", "sharing") => mount.word("sharing", Some(&text.to_lowercase())),
                ("secret", "env") => mount.word("env", Some(&text)),
                ("tmpfs", "size") => {
                    let size = bytes(&text).ok_or_else(|| format!("`{text}` is not a size"))?;
                    // None is no limit, as without a word on that.
                    mount.word("size", (size > 0).then(|| size.to_string()).as_deref());
                }
                ("cache" | "secret" | "ssh", "mode") => {
                    let mode =
                        mount_mode(&text).ok_or_else(|| format!("`{text}` is not a value of `mode`"))?;
                    mount.word("mode", Some(&format!("{mode:04o}")));
                }
                ("cache" | "secret" | "ssh", name @ ("uid" | "gid")) => {
                    mount.word(name, Some(&text));
                }
                ("secret" | "ssh", "required") => required = truth()?,
                // The reader has told of keys that this kind of mount cannot have; others it has in vain.
                _ => {}
            }
        }
        keys.write(&kind, &mut mount)?;
        if matches!(kind.as_str(), "secret" | "ssh") {
            mount.word("required", Some(if required { "true" } else { "false" }));
        }
        mounts.add(&kind, mount.node())
    }
}

/// Keys of a mount that depend on each other.
#[derive(Default)]
struct Keys {
    target: Option<String>,
    id: Option<String>,
    writable: bool,
    readonly: bool,
}

impl Keys {
    fn write(&self, kind: &str, mount: &mut Mapping) -> Result<(), String> {
        // Without a word on that, it is at the working directory.
        let is_somewhere = matches!(kind, "bind" | "cache" | "tmpfs");
        let target = self.target.as_deref().filter(|target| !is_somewhere || !target.is_empty());
        mount.literal("target", target.or(is_somewhere.then_some(".")));
        match kind {
            "bind" | "tmpfs" => mount.word("type", Some(kind)),
            "secret" => {
                let file = self.target.as_deref().and_then(|target| target.rsplit('/').next());
                let id = self.id.as_deref().or(file).ok_or("a secret mount needs an `id` or a `target`")?;
                mount.word("id", Some(id));
            }
            _ => {}
        }
        if self.writable {
            mount.word("readwrite", Some("true"));
        }
        if self.readonly {
            mount.word("readonly", Some("true"));
        }
        Ok(())
    }
}

/// The mounts of a step, by the keys that they stand under.
#[derive(Default)]
struct Mounts {
    files: Vec<Node>,
    caches: Vec<Node>,
    secrets: Vec<Node>,
    agents: Vec<Node>,
    devices: Vec<Node>,
}

impl Mounts {
    fn add(&mut self, kind: &str, node: Node) -> Result<(), String> {
        match kind {
            "bind" | "tmpfs" => self.files.push(node),
            "cache" => self.caches.push(node),
            "secret" => self.secrets.push(node),
            "ssh" => self.agents.push(node),
            other => return Err(format!("`{other}` is not a type of mount")),
        }
        Ok(())
    }
}
