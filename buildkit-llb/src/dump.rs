//! A definition as text, for people and for snapshots: ops in order and by number, one a line, defaults left out.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use buildkit_proto::pb::{self, file_action::Action, op::Op};
use prost::Message as _;

use crate::marshal::{Definition, digest_of};
use crate::meta::NAME_KEY;
use crate::platform::Platform;

/// The definition as text. What cannot be decoded is said to be so.
impl fmt::Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Dump::new(self.as_pb()).text())
    }
}

struct Dump<'d> {
    definition: &'d pb::Definition,
    numbers: BTreeMap<String, usize>,
}

impl<'d> Dump<'d> {
    fn new(definition: &'d pb::Definition) -> Self {
        let numbers =
            definition.def.iter().enumerate().map(|(number, bytes)| (digest_of(bytes), number)).collect();
        Self { definition, numbers }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (number, bytes) in self.definition.def.iter().enumerate() {
            let line = match pb::Op::decode(bytes.as_slice()) {
                Ok(op) => self.op(number, &op, &digest_of(bytes)),
                Err(error) => format!("op{number} cannot be decoded: {error}"),
            };
            text.push_str(line.trim_end());
            text.push('\n');
        }
        if text.is_empty() { "scratch\n".to_owned() } else { text }
    }

    fn op(&self, number: usize, op: &pb::Op, digest: &str) -> String {
        let inputs: Vec<String> = op.inputs.iter().map(|input| self.input(input)).collect();
        let mut line = match &op.op {
            None => return format!("out {}", inputs.join(" ")),
            Some(Op::Source(source)) => source_line(source),
            Some(Op::Exec(exec)) => exec_line(exec, &inputs),
            Some(Op::File(file)) => file_line(file, &inputs),
            Some(Op::Merge(merge)) => {
                let layers: Vec<&str> = merge.inputs.iter().map(|layer| name(&inputs, layer.input)).collect();
                format!("merge {}", layers.join(" "))
            }
            Some(Op::Diff(diff)) => {
                let lower = diff.lower.map_or(-1, |lower| lower.input);
                let upper = diff.upper.map_or(-1, |upper| upper.input);
                format!("diff {} {}", name(&inputs, lower), name(&inputs, upper))
            }
            Some(Op::Build(_)) => format!("build {}", inputs.join(" ")),
        };
        if let Some(platform) = &op.platform {
            line += &format!("  {}", Platform::from_pb(platform));
        }
        format!("op{number} {line}{}", self.about(digest))
    }

    /// What is said about an op: name, flags, capabilities, lines.
    fn about(&self, digest: &str) -> String {
        let mut text = String::new();
        if let Some(metadata) = self.definition.metadata.get(digest) {
            if let Some(name) = metadata.description.get(NAME_KEY) {
                text += &format!("  {name:?}");
            }
            if metadata.ignore_cache {
                text += "  ignore-cache";
            }
            if let Some(group) = &metadata.progress_group {
                text += &format!("  group={}", group.id);
            }
            if !metadata.caps.is_empty() {
                let caps: Vec<&str> = metadata.caps.keys().map(String::as_str).collect();
                text += &format!("  caps={}", caps.join(","));
            }
        }
        text + &self.lines(digest)
    }

    fn lines(&self, digest: &str) -> String {
        let mut text = String::new();
        let Some(source) = &self.definition.source else { return text };
        let Some(locations) = source.locations.get(digest) else { return text };
        for location in &locations.locations {
            let file = usize::try_from(location.source_index).ok().and_then(|index| source.infos.get(index));
            let file = file.map_or("?", |info| info.filename.as_str());
            for range in &location.ranges {
                let line = |position: &Option<pb::Position>| position.map_or(0, |position| position.line);
                let (first, last) = (line(&range.start), line(&range.end));
                let lines = if first == last { first.to_string() } else { format!("{first}-{last}") };
                text += &format!("  {file}:{lines}");
            }
        }
        text
    }

    fn input(&self, input: &pb::Input) -> String {
        let number = self.numbers.get(&input.digest).map_or_else(|| "?".to_owned(), usize::to_string);
        if input.index == 0 { format!("op{number}") } else { format!("op{number}.{}", input.index) }
    }
}

fn name(inputs: &[String], index: i64) -> &str {
    usize::try_from(index).ok().and_then(|index| inputs.get(index)).map_or("scratch", String::as_str)
}

fn source_line(source: &pb::SourceOp) -> String {
    source.attrs.iter().fold(format!("source {}", source.identifier), |line, (key, value)| {
        let key = key.split_once('.').map_or(key.as_str(), |(_, key)| key);
        line + &format!("  {key}={value}")
    })
}

fn exec_line(exec: &pb::ExecOp, inputs: &[String]) -> String {
    let mut line = "exec".to_owned();
    for mount in &exec.mounts {
        line += &format!("  {}", mount_text(mount, inputs));
    }
    let meta = exec.meta.clone().unwrap_or_default();
    line += &format!("  args={:?}", meta.args);
    if !meta.env.is_empty() {
        line += &format!("  env={:?}", meta.env);
    }
    line += &format!("  cwd={}", meta.cwd);
    if !meta.user.is_empty() {
        line += &format!("  user={}", meta.user);
    }
    if exec.network != 0 {
        line += &format!("  network={}", exec.network().as_str_name());
    }
    if exec.security != 0 {
        line += &format!("  security={}", exec.security().as_str_name());
    }
    for secret in &exec.secretenv {
        line += &format!("  secret:{}={}{}", secret.name, secret.id, if secret.optional { "?" } else { "" });
    }
    for host in &meta.extra_hosts {
        line += &format!("  host:{}={}", host.host, host.ip);
    }
    for limit in &meta.ulimit {
        line += &format!("  ulimit:{}={}:{}", limit.name, limit.soft, limit.hard);
    }
    line
}

fn mount_text(mount: &pb::Mount, inputs: &[String]) -> String {
    let mut options = Vec::new();
    let what = match mount.mount_type() {
        pb::MountType::Bind => {
            let access = match (mount.readonly, mount.output) {
                (true, _) => Some("ro"),
                (false, -1) => Some("no-output"),
                (false, _) => None,
            };
            options.extend(access.map(str::to_owned));
            name(inputs, mount.input).to_owned()
        }
        pb::MountType::Cache => {
            let cache = mount.cache_opt.clone().unwrap_or_default();
            options.push(format!("id={}", cache.id));
            options.push(cache.sharing().as_str_name().to_lowercase());
            if mount.input >= 0 {
                options.push(format!("from={}", name(inputs, mount.input)));
            }
            "cache".to_owned()
        }
        pb::MountType::Tmpfs => {
            let size = mount.tmpfs_opt.unwrap_or_default().size;
            options.extend((size != 0).then(|| format!("size={size}")));
            "tmpfs".to_owned()
        }
        pb::MountType::Secret => {
            let secret = mount.secret_opt.clone().unwrap_or_default();
            options.push(format!("id={},{:o},{}:{}", secret.id, secret.mode, secret.uid, secret.gid));
            options.extend(secret.optional.then(|| "optional".to_owned()));
            "secret".to_owned()
        }
        pb::MountType::Ssh => {
            let socket = mount.ssh_opt.clone().unwrap_or_default();
            options.push(format!("id={},{:o},{}:{}", socket.id, socket.mode, socket.uid, socket.gid));
            options.extend(socket.optional.then(|| "optional".to_owned()));
            "ssh".to_owned()
        }
    };
    if !mount.selector.is_empty() {
        options.push(format!("selector={}", mount.selector));
    }
    let options = if options.is_empty() { String::new() } else { format!("({})", options.join(",")) };
    format!("{what}:{}{options}", mount.dest)
}

fn file_line(file: &pb::FileOp, inputs: &[String]) -> String {
    let base = file.actions.first().map_or("scratch", |action| name(inputs, action.input));
    let mut text = format!("file {base}");
    for action in &file.actions {
        text += "  ";
        match &action.action {
            None => text += "nothing",
            Some(Action::Copy(copy)) => {
                copy_text(&mut text, copy, name(inputs, action.secondary_input), inputs);
            }
            Some(Action::Mkfile(made)) => {
                let (path, bytes) = (&made.path, made.data.len());
                text += &format!("mkfile {path} {bytes} bytes {:o}", made.mode);
                text += &owner_text(made.owner.as_ref(), inputs);
            }
            Some(Action::Mkdir(made)) => {
                let parents = if made.make_parents { "-p " } else { "" };
                text += &format!("mkdir {parents}{} {:o}", made.path, made.mode);
                text += &owner_text(made.owner.as_ref(), inputs);
            }
            Some(Action::Rm(removed)) => {
                let force = if removed.allow_not_found { "-f " } else { "" };
                text += &format!("rm {force}{}", removed.path);
            }
            Some(Action::Symlink(link)) => text += &format!("symlink {} -> {}", link.newpath, link.oldpath),
        }
    }
    text
}

fn copy_text(line: &mut String, copy: &pb::FileActionCopy, from: &str, inputs: &[String]) {
    // Writing to a string cannot fail.
    let _ = write!(line, "copy {from}:{} {}", copy.src, copy.dest);
    if copy.mode != -1 {
        let _ = write!(line, " {:o}", copy.mode);
    }
    if !copy.mode_str.is_empty() {
        let _ = write!(line, " {}", copy.mode_str);
    }
    line.push_str(&owner_text(copy.owner.as_ref(), inputs));
    let flags = [
        ("follow-symlink", copy.follow_symlink),
        ("dir-contents", copy.dir_copy_contents),
        ("unpack", copy.attempt_unpack_docker_compatibility),
        ("create-dest", copy.create_dest_path),
        ("wildcard", copy.allow_wildcard),
        ("empty-wildcard", copy.allow_empty_wildcard),
        ("replace", copy.always_replace_existing_dest_paths),
    ];
    let flags: Vec<&str> = flags.into_iter().filter_map(|(name, on)| on.then_some(name)).collect();
    if !flags.is_empty() {
        let _ = write!(line, " ({})", flags.join(","));
    }
    for (name, list) in [
        ("include", &copy.include_patterns),
        ("exclude", &copy.exclude_patterns),
        ("require", &copy.required_paths),
    ] {
        if !list.is_empty() {
            let _ = write!(line, " {name}={list:?}");
        }
    }
}

fn owner_text(owner: Option<&pb::ChownOpt>, inputs: &[String]) -> String {
    let Some(owner) = owner else { return String::new() };
    let text = |name_or_id: &Option<pb::UserOpt>| match name_or_id.as_ref().and_then(|opt| opt.user.as_ref())
    {
        None => "-".to_owned(),
        Some(pb::user_opt::User::ById(id)) => id.to_string(),
        Some(pb::user_opt::User::ByName(named)) => format!("{}@{}", named.name, name(inputs, named.input)),
    };
    format!(" owner={}:{}", text(&owner.user), text(&owner.group))
}
