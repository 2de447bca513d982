//! `RUN --mount`.

use std::collections::BTreeSet;

use spec_schema::decode::text::Text;
use spec_schema::node::Node;
use spec_schema::span::Span;
use spec_schema::spec::Sharing;
use spec_schema::tools::{TOOLS, Tool};

use super::tree::{self, Entries};
use crate::dockerfile::file::{Body, Statement};
use crate::dockerfile::values::{self, boolean, fields, mount_mode};

/// The mounts of a step, by the keys of a spec.
#[derive(Debug)]
pub(super) struct Mounts<'s> {
    caches: Vec<Cache>,
    secrets: Vec<Node>,
    ssh: Vec<Node>,
    others: Vec<Node>,
    span: Span,
    /// Ids of secrets that may be missing somewhere.
    optional: &'s BTreeSet<String>,
    /// Ids of secrets, each with whether the step fails without it.
    pub(super) ids: Vec<(Text, bool)>,
    /// What a spec cannot say.
    pub(super) notes: Vec<String>,
}

#[derive(Debug)]
struct Cache {
    target: String,
    locked: bool,
    /// Whether it says nothing but where it is and how it is shared.
    plain: bool,
    node: Node,
}

/// One field of a mount, and what asks for it.
struct Fields<'f> {
    list: Vec<(String, Option<String>)>,
    span: Span,
    word: &'f mut dyn FnMut(&str) -> String,
}

impl Fields<'_> {
    fn raw(&self, names: &[&str]) -> Option<&str> {
        let found = self.list.iter().rev().find(|(name, _)| names.contains(&name.as_str()));
        found.and_then(|(_, value)| value.as_deref())
    }

    fn text(&mut self, names: &[&str]) -> Option<String> {
        let raw = self.raw(names)?.to_owned();
        Some((self.word)(&raw))
    }

    /// Where it is mounted: without a word on that, at the working directory.
    fn target(&mut self) -> String {
        self.text(&["target", "dst", "destination"])
            .filter(|target| !target.is_empty())
            .unwrap_or_else(|| ".".to_owned())
    }

    /// A switch; `None` where it is not there.
    fn switch(&self, names: &[&str]) -> Option<bool> {
        let (_, value) = self.list.iter().rev().find(|(name, _)| names.contains(&name.as_str()))?;
        Some(value.as_deref().is_none_or(|value| boolean(value) == Some(true)))
    }

    fn put(&mut self, entries: &mut Entries, key: &str, names: &[&str]) {
        let text = self.text(names);
        entries.add_some(key, text.map(|text| tree::text(text, self.span)));
    }

    fn put_owner(&mut self, entries: &mut Entries) {
        for key in ["mode", "uid", "gid"] {
            let text = self.text(&[key]);
            // Of more bits than these nothing comes.
            let kept =
                |text: &str| mount_mode(text).filter(|_| text.len() > 4).map(|mode| format!("{mode:04o}"));
            let text = text
                .map(|text| if key == "mode" { kept(&text).unwrap_or_else(|| octal(&text)) } else { text });
            entries.add_some(key, text.map(|text| tree::word(text, self.span)));
        }
    }
}

/// Permissions with four digits, as a person writes them.
pub(super) fn octal(text: &str) -> String {
    let digits = text.len() == 3 && text.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
    if digits { format!("0{text}") } else { text.to_owned() }
}

impl<'s> Mounts<'s> {
    /// None yet; these ids of secrets may be missing somewhere.
    pub(super) fn new(optional: &'s BTreeSet<String>) -> Self {
        let (caches, secrets, ssh, others) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (ids, notes) = (Vec::new(), Vec::new());
        Self { caches, secrets, ssh, others, span: Span::default(), optional, ids, notes }
    }

    /// Adds a mount; `word` writes a value as a spec has it, `source` a stage or an image.
    pub(super) fn add(
        &mut self,
        flag: &Text,
        word: &mut dyn FnMut(&str) -> String,
        source: &dyn Fn(&str) -> String,
    ) {
        self.span = flag.span;
        let mut fields = Fields { list: fields(flag), span: flag.span, word };
        let kind = fields.text(&["type"]).unwrap_or_else(|| "bind".to_owned()).to_lowercase();
        match kind.as_str() {
            "cache" => self.cache(&mut fields, source),
            "secret" => self.secret(&mut fields),
            "ssh" => self.ssh(&mut fields),
            "tmpfs" => self.tmpfs(&mut fields),
            "bind" => self.bind(&mut fields, source),
            other => self.notes.push(format!("there is no mount of the type `{other}`")),
        }
    }

    fn cache(&mut self, fields: &mut Fields<'_>, source: &dyn Fn(&str) -> String) {
        let span = fields.span;
        let target = fields.target();
        let target = if target.len() > 1 { target.trim_end_matches('/').to_owned() } else { target };
        let target = if target.starts_with(['/', '$', '.']) { target } else { format!("./{target}") };
        let mut entries = Entries::default();
        entries.add("target", tree::text(target.clone(), span));
        fields.put(&mut entries, "id", &["id"]);
        let sharing = fields.text(&["sharing"]).map(|sharing| sharing.to_lowercase());
        let locked = sharing.as_deref() == Some("locked");
        entries.add_some(
            "sharing",
            sharing.filter(|sharing| sharing != "shared").map(|text| tree::text(text, span)),
        );
        let from = fields.raw(&["from"]).map(source);
        entries.add_some("from", from.map(|from| tree::text(from, span)));
        fields.put(&mut entries, "source", &["source", "src"]);
        fields.put_owner(&mut entries);
        if fields.switch(&["readonly", "ro"]) == Some(true)
            || fields.switch(&["rw", "readwrite"]) == Some(false)
        {
            entries.add("readonly", tree::word("true", span));
        }
        let plain = entries.0.len() == 1 + usize::from(locked);
        let node =
            if entries.0.len() == 1 { tree::text(target.clone(), span) } else { entries.mapping(span) };
        self.caches.push(Cache { target, locked, plain, node });
    }

    fn secret(&mut self, fields: &mut Fields<'_>) {
        let span = fields.span;
        let target = fields.text(&["target", "dst", "destination"]);
        let base = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let id = fields.text(&["id"]).or_else(|| fields.text(&["source", "src"]));
        let id = id.or_else(|| target.as_deref().map(base)).unwrap_or_default();
        let env = fields.raw(&["env"]).map(str::to_owned);
        let env = env.map(|env| if env.is_empty() { id.clone() } else { (fields.word)(&env) });
        let mut entries = Entries::default();
        entries.add("id", tree::text(id.clone(), span));
        let usual = format!("/run/secrets/{id}");
        let target = match target {
            None if env.is_none() && id.contains('/') => Some(format!("/run/secrets/{}", base(&id))),
            target => target.filter(|target| *target != usual || env.is_some()),
        };
        entries.add_some("target", target.map(|target| tree::text(target, span)));
        entries.add_some("env", env.map(|env| tree::text(env, span)));
        fields.put_owner(&mut entries);
        let required = fields.switch(&["required"]).unwrap_or(false);
        if required && self.optional.contains(&id) {
            entries.add("required", tree::word("true", span));
        }
        let node = if entries.0.len() == 1 { tree::text(id.clone(), span) } else { entries.mapping(span) };
        self.secrets.push(node);
        self.ids.push((Text::new(id, span), required));
    }

    fn ssh(&mut self, fields: &mut Fields<'_>) {
        let span = fields.span;
        let mut entries = Entries::default();
        fields.put(&mut entries, "id", &["id", "source", "src"]);
        fields.put(&mut entries, "target", &["target", "dst", "destination"]);
        fields.put_owner(&mut entries);
        if fields.switch(&["required"]) != Some(true) {
            entries.add("required", tree::word("false", span));
        }
        let node = if entries.is_empty() { tree::word("true", span) } else { entries.mapping(span) };
        self.ssh.push(node);
    }

    fn tmpfs(&mut self, fields: &mut Fields<'_>) {
        let span = fields.span;
        let mut entries = Entries::default();
        entries.add("type", tree::text("tmpfs", span));
        entries.add("target", tree::text(fields.target(), span));
        let size = fields.text(&["size"]);
        entries.add_some("size", size.and_then(|size| bytes(&size)).map(|size| tree::word(size, span)));
        self.others.push(entries.mapping(span));
    }

    fn bind(&mut self, fields: &mut Fields<'_>, source: &dyn Fn(&str) -> String) {
        let span = fields.span;
        let mut entries = Entries::default();
        entries.add("type", tree::text("bind", span));
        let from = fields.raw(&["from"]).map(source);
        entries.add_some("from", from.map(|from| tree::text(from, span)));
        fields.put(&mut entries, "source", &["source", "src"]);
        entries.add("target", tree::text(fields.target(), span));
        let writable = fields.switch(&["rw", "readwrite"]) == Some(true)
            || fields.switch(&["readonly", "ro"]) == Some(false);
        if writable {
            entries.add("readwrite", tree::word("true", span));
        }
        self.others.push(entries.mapping(span));
    }

    /// Adds the keys of a step, which root runs or somebody else.
    pub(super) fn finish(self, by_root: bool, entries: &mut Entries) {
        let span = self.span;
        entries.add_some("cache", tree::one_or_many(by_tools(self.caches, by_root, span), span));
        entries.add_some("secrets", tree::one_or_many(self.secrets, span));
        entries.add_some("ssh", tree::one_or_many(self.ssh, span));
        if !self.others.is_empty() {
            entries.add("mounts", tree::list(self.others, span));
        }
    }
}

/// Caches by the names of tools, where a tool has exactly these and nothing besides.
fn by_tools(mut caches: Vec<Cache>, by_root: bool, span: Span) -> Vec<Node> {
    let mut nodes = Vec::new();
    // For others than root these caches belong to somebody else.
    for tool in TOOLS.iter().filter(|tool| by_root && is_nothing_but_caches(tool)) {
        let of_tool = |cache: &Cache| {
            let directory = tool.directories.iter().find(|directory| directory.target == cache.target);
            directory.is_some_and(|directory| {
                cache.plain && cache.locked == (directory.sharing == Sharing::Locked)
            })
        };
        if tool.directories.len() == caches.iter().filter(|cache| of_tool(cache)).count() {
            caches.retain(|cache| !of_tool(cache));
            nodes.push(tree::text(tool.name, span));
        }
    }
    nodes.extend(caches.into_iter().map(|cache| cache.node));
    nodes
}

fn is_nothing_but_caches(tool: &Tool) -> bool {
    let directories = tool.directories.iter();
    tool.variables.is_empty()
        && tool.files.is_empty()
        && directories.clone().all(|directory| directory.variables.is_empty() && !directory.native)
}

/// A size as Docker writes it, as a spec has it; nothing where it is no limit.
fn bytes(text: &str) -> Option<String> {
    let Some(bytes) = values::bytes(text) else { return Some(text.to_owned()) };
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10), ("", 0)];
    let (unit, shift) = units.into_iter().find(|(_, shift)| bytes.trailing_zeros() >= *shift)?;
    (bytes > 0).then(|| format!("{}{unit}", bytes >> shift))
}

/// Ids of secrets that some step can do without.
pub(super) fn optional_secrets(statements: &[Statement]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for statement in statements {
        let Body::Run(run) = &statement.body else { continue };
        for flag in run.flags.iter().filter(|flag| flag.name == "mount") {
            let fields = fields(&flag.value);
            let of = |name: &str| {
                fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_deref())
            };
            let required =
                of("required").is_some_and(|value| value.is_none_or(|value| boolean(value) == Some(true)));
            let target = of("target")
                .or_else(|| of("dst"))
                .flatten()
                .map(|path| path.rsplit('/').next().unwrap_or_default());
            let id = of("id").or_else(|| of("source")).or_else(|| of("src")).flatten().or(target);
            if of("type").flatten() == Some("secret") && !required {
                found.extend(id.map(str::to_owned));
            }
        }
    }
    found
}
