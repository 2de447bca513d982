//! Changes of files as text.

use std::fmt::Write as _;

use buildkit_proto::pb::{self, file_action::Action};

use super::name;

pub(super) fn file_line(file: &pb::FileOp, inputs: &[String]) -> String {
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
                text += &time_text(made.timestamp);
            }
            Some(Action::Mkdir(made)) => {
                let parents = if made.make_parents { "-p " } else { "" };
                text += &format!("mkdir {parents}{} {:o}", made.path, made.mode);
                text += &owner_text(made.owner.as_ref(), inputs);
                text += &time_text(made.timestamp);
            }
            Some(Action::Rm(removed)) => {
                let force = if removed.allow_not_found { "-f " } else { "" };
                let pattern = if removed.allow_wildcard { " (wildcard)" } else { "" };
                text += &format!("rm {force}{}{pattern}", removed.path);
            }
            Some(Action::Symlink(link)) => {
                text += &format!("symlink {} -> {}", link.newpath, link.oldpath);
                text += &owner_text(link.owner.as_ref(), inputs);
                text += &time_text(link.timestamp);
            }
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
    line.push_str(&time_text(copy.timestamp));
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

/// A time that is set; -1 leaves it as it comes.
fn time_text(timestamp: i64) -> String {
    if timestamp == -1 { String::new() } else { format!(" time={timestamp}") }
}
