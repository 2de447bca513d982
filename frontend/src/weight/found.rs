//! What the helper has found, see `weigh` there.

/// What two file systems have, beside each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Bytes of all files before.
    pub before: u64,
    /// Bytes of all files.
    pub after: u64,
    /// Bytes of files that are new or others.
    pub written: u64,
    /// Bytes of files that are gone or have become others.
    pub gone: u64,
    /// How many files there are.
    pub files: u64,
    /// How many are new.
    pub added: u64,
    /// How many are others.
    pub changed: u64,
    /// How many are gone.
    pub removed: u64,
}

/// One file system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// All of it.
    pub sums: Sums,
    /// Its largest files, or those of them that are new.
    pub largest: Vec<(u64, String)>,
    /// Its directories, where they were asked for.
    pub tree: Node,
}

/// A directory or a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// Its name; that of a directory ends with a slash.
    pub name: String,
    /// What is in it.
    pub sums: Sums,
    /// The layer that most of it is from, by its position.
    pub layer: Option<usize>,
    /// What is in it and large enough to be told, the heaviest first.
    pub children: Vec<Node>,
}

/// All that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Each part, in the order in which they were asked for.
    pub parts: Vec<Part>,
    /// What could not be read.
    pub errors: Vec<String>,
}

impl Found {
    /// Reads what the helper has written; what is not understood counts for nothing.
    pub fn parse(found: &[u8]) -> Self {
        let mut all = Self::default();
        // The directories that are open, from the root of a tree down.
        let mut open: Vec<Node> = Vec::new();
        for line in String::from_utf8_lossy(found).split_terminator('\0') {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "part" => {
                    all.close(&mut open, 0);
                    all.parts.push(Part { sums: sums(rest).unwrap_or_default().0, ..Part::default() });
                }
                "large" => {
                    if let (Some(part), Some((size, path))) = (all.parts.last_mut(), rest.split_once(' ')) {
                        part.largest.push((size.parse().unwrap_or_default(), path.to_owned()));
                    }
                }
                "node" => {
                    if let Some((depth, node)) = node(rest) {
                        all.close(&mut open, depth);
                        open.push(node);
                    }
                }
                "error" => all.errors.push(rest.to_owned()),
                _ => {}
            }
        }
        all.close(&mut open, 0);
        all
    }

    /// Closes the directories from a depth on: each goes into the one above it, and the root into its part.
    fn close(&mut self, open: &mut Vec<Node>, depth: usize) {
        while open.len() > depth {
            let Some(node) = open.pop() else { return };
            match (open.last_mut(), self.parts.last_mut()) {
                (Some(above), _) => above.children.push(node),
                (None, Some(part)) => part.tree = node,
                (None, None) => {}
            }
        }
    }
}

/// `DEPTH LAYER SUMS NAME`.
fn node(text: &str) -> Option<(usize, Node)> {
    let mut words = text.splitn(3, ' ');
    let depth = words.next()?.parse().ok()?;
    let layer = words.next()?.parse().ok();
    let (sums, name) = sums(words.next()?)?;
    Some((depth, Node { name: name.to_owned(), sums, layer, children: Vec::new() }))
}

/// Eight numbers, and what is behind them.
fn sums(text: &str) -> Option<(Sums, &str)> {
    let mut rest = text;
    let mut next = || {
        let (word, behind) = rest.split_once(' ').unwrap_or((rest, ""));
        rest = behind;
        word.parse::<u64>().ok()
    };
    let sums = Sums {
        before: next()?,
        after: next()?,
        written: next()?,
        gone: next()?,
        files: next()?,
        added: next()?,
        changed: next()?,
        removed: next()?,
    };
    Some((sums, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_are_read_back() {
        let lines = [
            "part 0 9 9 0 2 2 0 0 ",
            "large 7 /a b/c",
            "part 0 9 9 0 2 2 0 0 ",
            "node 0 1 0 9 9 0 2 2 0 0 /",
            "node 1 1 0 7 7 0 1 1 0 0 a b/",
            "node 2 1 0 7 7 0 1 1 0 0 c",
            "node 1 - 0 2 2 0 1 1 0 0 d",
            "error /x: no",
            "nonsense",
        ];
        let found = Found::parse((lines.join("\0") + "\0").as_bytes());
        assert_eq!(found.parts[0].largest, [(7, "/a b/c".to_owned())]);
        let tree = &found.parts[1].tree;
        let names: Vec<_> = tree.children.iter().map(|node| (node.name.as_str(), node.layer)).collect();
        assert_eq!(names, [("a b/", Some(1)), ("d", None)]);
        assert_eq!(tree.children[0].children[0].sums.after, 7);
        assert_eq!(found.errors, ["/x: no"]);
    }

    #[test]
    fn anything_can_be_read() {
        for text in ["", "node 9 9", "node 5 - 1 2 3 4 5 6 7 8 deep", "part\0node 0 - 1 1 1 1 1 1 1 1 \0"] {
            Found::parse(text.as_bytes());
        }
    }
}
