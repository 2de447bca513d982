//! A definition as text, for people and for snapshots: ops in order and by number, one a line, defaults left out.

mod exec;
mod file;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use buildkit_proto::pb::{self, op::Op};
use prost::Message as _;

use crate::definition::Definition;
use crate::marshal::digest_of;
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
            None if number + 1 == self.definition.def.len() => return self.out(&inputs),
            None => format!("unknown {}", inputs.join(" ")).trim_end().to_owned(),
            Some(Op::Source(source)) => source_line(source),
            Some(Op::Exec(exec)) => exec::exec_line(exec, &inputs),
            Some(Op::File(file)) => file::file_line(file, &inputs),
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

    /// The result, and what the daemon must be able to do to make it.
    fn out(&self, inputs: &[String]) -> String {
        let known = self.definition.metadata.iter().filter(|(digest, _)| self.is_op(digest));
        let caps: BTreeSet<&str> =
            known.flat_map(|(_, metadata)| metadata.caps.keys()).map(String::as_str).collect();
        let caps: Vec<&str> = caps.into_iter().collect();
        let needs = if caps.is_empty() { String::new() } else { format!("  caps={}", caps.join(",")) };
        format!("out {}{needs}", inputs.join(" "))
    }

    /// Whether a digest is that of an entry other than the last.
    fn is_op(&self, digest: &str) -> bool {
        self.numbers.get(digest).is_some_and(|number| number + 1 < self.definition.def.len())
    }

    /// What is said about an op: name, flags, lines.
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
            if let Some(pb::ExportCache { value }) = metadata.export_cache {
                text += &format!("  export-cache={value}");
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
        // One op a line, whatever the value holds: keys and host lists have many lines.
        line + &format!("  {key}={}", value.replace('\n', "\\n"))
    })
}
