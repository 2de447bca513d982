//! Processes as text.

use buildkit_proto::pb;

use super::name;

pub(super) fn exec_line(exec: &pb::ExecOp, inputs: &[String]) -> String {
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
    for device in &exec.cdi_devices {
        line += &format!("  device:{}{}", device.name, if device.optional { "?" } else { "" });
    }
    line + &surroundings_text(&meta)
}

fn surroundings_text(meta: &pb::Meta) -> String {
    let mut text = String::new();
    for (name, value) in [("hostname", &meta.hostname), ("cgroup-parent", &meta.cgroup_parent)] {
        if !value.is_empty() {
            text += &format!("  {name}={value}");
        }
    }
    if !meta.valid_exit_codes.is_empty() {
        text += &format!("  exit-codes={:?}", meta.valid_exit_codes);
    }
    let proxies = meta.proxy_env.clone().unwrap_or_default();
    for (name, value) in [
        ("http", &proxies.http_proxy),
        ("https", &proxies.https_proxy),
        ("ftp", &proxies.ftp_proxy),
        ("no", &proxies.no_proxy),
        ("all", &proxies.all_proxy),
    ] {
        if !value.is_empty() {
            text += &format!("  {name}-proxy={value}");
        }
    }
    text
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
    if mount.content_cache != 0 {
        options.push(format!("content-cache={}", mount.content_cache().as_str_name().to_lowercase()));
    }
    let options = if options.is_empty() { String::new() } else { format!("({})", options.join(",")) };
    format!("{what}:{}{options}", mount.dest)
}
