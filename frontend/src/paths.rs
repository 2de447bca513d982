//! Paths inside filesystems of a build: always Linux paths, whatever the client runs on.

/// `path` seen from `workdir`, absolute and without `.`, `..` and doubled slashes. A slash (or `/.`) at the end stays
/// as one slash: it says "a directory".
pub fn absolute(workdir: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let base = if path.starts_with('/') { "" } else { workdir };
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let clean = format!("/{}", parts.join("/"));
    let directory =
        path.ends_with('/') || path == "." || path.ends_with("/.") || path.ends_with("..") || path.is_empty();
    if directory && clean != "/" { clean + "/" } else { clean }
}

/// [`absolute`] without the slash at the end.
pub fn absolute_file(workdir: &str, path: &str) -> String {
    let path = absolute(workdir, path);
    match path.strip_suffix('/') {
        Some(clean) if !clean.is_empty() => clean.to_owned(),
        _ => path,
    }
}

/// True where a relative path leads out of the directory that it starts in.
pub fn escapes(path: &str) -> bool {
    let mut depth = 0_i64;
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return true;
        }
    }
    false
}

/// The directory that holds an absolute path.
pub fn parent(path: &str) -> &str {
    match path.trim_end_matches('/').rfind('/') {
        None | Some(0) => "/",
        Some(at) => &path[..at],
    }
}

#[cfg(test)]
mod tests {
    use super::{absolute, absolute_file, escapes, parent};

    #[test]
    fn makes_paths_absolute() {
        assert_eq!(absolute("/src", "a"), "/src/a");
        assert_eq!(absolute("/src", "a/"), "/src/a/");
        assert_eq!(absolute("/src", "."), "/src/");
        assert_eq!(absolute("/src", "./x/../y"), "/src/y");
        assert_eq!(absolute("/src", "/a//b/."), "/a/b/");
        assert_eq!(absolute("/src", "../.."), "/");
        assert_eq!(absolute_file("/src", "a/"), "/src/a");
        assert_eq!(absolute_file("/src", "/"), "/");
    }

    #[test]
    fn sees_what_leads_out() {
        assert!(escapes("../x"));
        assert!(escapes("a/../../x"));
        assert!(!escapes("a/../x"));
        assert!(!escapes("/a"));
    }

    #[test]
    fn finds_parents() {
        assert_eq!(parent("/a/b"), "/a");
        assert_eq!(parent("/a"), "/");
        assert_eq!(parent("/a/b/"), "/a");
    }
}
