//! What a process has besides its files: hosts, limits, devices, privileges.

use std::net::IpAddr;

use spec_schema::decode::text::Template;
use spec_schema::diagnostic::{Diagnostic, Faults, one_of};
use spec_schema::span::Span;
use spec_schema::spec::{Hosts, RunStep, Security};

use super::MountPlan;
use super::stage::StagePlanner;
use crate::opts::{HostIp, ULIMITS, Ulimit};
use crate::scope::Env;

/// Where a process finds its shared memory.
pub const SHARED_MEMORY: &str = "/dev/shm";

/// What a process has besides its files, as its step says it. What the client says goes along with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessPlan {
    /// Whether it has all privileges.
    pub insecure: bool,
    /// Lines for `/etc/hosts`.
    pub hosts: Vec<HostIp>,
    /// Limits.
    pub ulimits: Vec<Ulimit>,
    /// Bytes of shared memory.
    pub shm_size: Option<u64>,
    /// The host name.
    pub hostname: Option<String>,
    /// CDI names of devices, each with whether it may be missing.
    pub devices: Vec<(String, bool)>,
}

impl ProcessPlan {
    /// Whether the client may have to allow it.
    pub fn needs_entitlement(&self) -> bool {
        self.insecure || !self.devices.is_empty()
    }
}

/// Plans the process of a step that has these mounts.
pub(super) fn process(
    planner: &StagePlanner<'_>,
    step: &RunStep,
    env: &Env,
    mounts: &[MountPlan],
    faults: &mut Faults,
) -> ProcessPlan {
    let mut reader = Reader { planner, env, faults };
    if let Some(mount) = step.mounts.iter().map(|mount| mount.target().span).zip(mounts).find_map(in_the_way)
        && step.shm_size.is_some()
    {
        let fault = Diagnostic::new(mount, format!("`shm_size` says what is mounted at `{SHARED_MEMORY}`"));
        reader.faults.push(fault.help("give the mount a `size` instead"));
    }
    ProcessPlan {
        insecure: step.security == Some(Security::Insecure),
        hosts: reader.hosts(&step.hosts),
        ulimits: reader.ulimits(step),
        shm_size: step.shm_size.map(|size| size.0),
        hostname: step.hostname.as_ref().map(|name| reader.hostname(name)),
        devices: reader.devices(step),
    }
}

/// The place of a mount that takes the place of the shared memory.
fn in_the_way((span, mount): (Span, &MountPlan)) -> Option<Span> {
    (mount.target() == SHARED_MEMORY).then_some(span)
}

struct Reader<'a, 'f> {
    planner: &'a StagePlanner<'a>,
    env: &'a Env,
    faults: &'f mut Faults,
}

impl Reader<'_, '_> {
    /// The text with its variables replaced; `None` where that was a fault.
    fn text(&mut self, template: &Template) -> Option<String> {
        let known = self.faults.len();
        let text = self.planner.expand(template, self.env, self.faults);
        (self.faults.len() == known).then_some(text)
    }

    fn hosts(&mut self, hosts: &Hosts) -> Vec<HostIp> {
        let mut lines = Vec::new();
        match hosts {
            Hosts::Map(map) => {
                for (name, entry) in map.iter() {
                    for address in &entry.value.values {
                        let text = self.text(address);
                        lines.extend(text.and_then(|text| self.host(name, &text, address.span)));
                    }
                }
            }
            Hosts::List(list) => {
                for written in list.iter() {
                    let Some(text) = self.text(written) else { continue };
                    match text.split_once('=').or_else(|| text.split_once(':')) {
                        Some((name, address)) => lines.extend(self.host(name, address, written.span)),
                        None => {
                            let message = format!("`{text}` is not of the form `name=address`");
                            self.faults.push(Diagnostic::new(written.span, message));
                        }
                    }
                }
            }
        }
        lines
    }

    fn host(&mut self, name: &str, address: &str, span: Span) -> Option<HostIp> {
        if !self.is_host(name, span) {
            return None;
        }
        let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
        if let Ok(ip) = bare.parse::<IpAddr>() {
            return Some(HostIp { host: name.to_lowercase(), ip });
        }
        let fault = Diagnostic::new(span, format!("`{address}` is not an IP address"));
        let help = (address == "host-gateway")
            .then(|| format!("only the client knows it: pass `--add-host {name}=host-gateway`"));
        self.faults.push(fault.help_opt(help));
        None
    }

    fn ulimits(&mut self, step: &RunStep) -> Vec<Ulimit> {
        let mut limits = Vec::new();
        for (name, entry) in step.ulimits.iter() {
            if ULIMITS.contains(&name) {
                let (soft, hard) = (entry.value.soft.0, entry.value.hard.0);
                limits.push(Ulimit { name: name.to_owned(), soft, hard });
            } else {
                let help = self
                    .faults
                    .did_you_mean(name, ULIMITS)
                    .unwrap_or_else(|| format!("known limits: {}", one_of(ULIMITS)));
                let fault = Diagnostic::new(entry.key_span, format!("there is no limit `{name}`"));
                self.faults.push(fault.help(help));
            }
        }
        limits
    }

    fn hostname(&mut self, written: &Template) -> String {
        let name = self.text(written);
        name.filter(|name| self.is_host(name, written.span)).unwrap_or_default()
    }

    fn is_host(&mut self, name: &str, span: Span) -> bool {
        let is_host = !name.is_empty() && !name.contains(char::is_whitespace);
        if !is_host {
            let what = if name.is_empty() {
                "the name of the host is empty".to_owned()
            } else {
                format!("`{name}` is not the name of a host")
            };
            self.faults.push(Diagnostic::new(span, what));
        }
        is_host
    }

    fn devices(&mut self, step: &RunStep) -> Vec<(String, bool)> {
        let mut devices = Vec::new();
        for device in step.devices.iter().flat_map(|devices| &devices.values) {
            let required = device.settings.required.as_ref().is_some_and(|required| required.value);
            let written = &device.settings.name;
            let Some(name) = self.text(written) else { continue };
            // What names a device is for the daemon to know: CDI names, and the classes that its devices are given.
            if name.is_empty() || name.contains(|c: char| c == ',' || c.is_whitespace()) {
                let fault = Diagnostic::new(written.span, format!("`{name}` is not the name of a device"));
                self.faults.push(fault.help("write `vendor.com/class=name`, as CDI has it"));
            }
            devices.push((name, !required));
        }
        devices
    }
}
