//! What holds for every graph.

use std::collections::BTreeMap;

use buildkit_llb::{
    BindAccess, Copy, Definition, FileOp, Graph, ImageSource, Location, Mkdir, Mount, MountKind, OpMeta,
    Output, Platform, SourceFile, SourceFileId,
};
use proptest::prelude::*;

use crate::common::{digest, entries, exec};

/// One call. Numbers choose among the outputs so far; one that is too large is scratch.
#[derive(Debug, Clone)]
enum Step {
    Image(u8),
    Run { root: usize, mounts: Vec<(usize, u8)> },
    Change { base: usize, from: usize },
    Merge(Vec<usize>),
    Diff(usize, usize),
    Import(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let output = || 0..12_usize;
    prop_oneof![
        (0..4_u8).prop_map(Step::Image),
        (output(), prop::collection::vec((output(), 0..4_u8), 0..4))
            .prop_map(|(root, mounts)| Step::Run { root, mounts }),
        (output(), output()).prop_map(|(base, from)| Step::Change { base, from }),
        prop::collection::vec(output(), 0..4).prop_map(Step::Merge),
        (output(), output()).prop_map(|(lower, upper)| Step::Diff(lower, upper)),
        output().prop_map(Step::Import),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 0..24)
}

struct Builder {
    graph: Graph,
    file: SourceFileId,
    outputs: Vec<Option<Output>>,
}

impl Builder {
    fn new() -> Self {
        let mut graph = Graph::new();
        let file = graph.add_source_file(SourceFile::new("build.yaml", b"spec".to_vec(), "YAML"));
        Self { graph, file, outputs: Vec::new() }
    }

    fn of(steps: &[Step]) -> Self {
        let mut builder = Self::new();
        for step in steps {
            builder.add(step);
        }
        builder
    }

    fn at(&self, number: usize) -> Option<Output> {
        self.outputs.get(number).copied().flatten()
    }

    fn meta(&self, name: &str) -> OpMeta {
        let line = u32::try_from(self.outputs.len()).unwrap_or_default() + 1;
        let location = Some(Location::lines(self.file, line, line));
        OpMeta { location, platform: Some(Platform::default()), ..OpMeta::named(name) }
    }

    fn add(&mut self, step: &Step) {
        let output = match step {
            Step::Image(name) => {
                let source = ImageSource::new(format!("docker.io/library/image:{name}"));
                Some(self.graph.source(source, self.meta("image")))
            }
            Step::Run { root, mounts } => {
                let mount = |(number, (from, access)): (usize, &(usize, u8))| {
                    let access = [BindAccess::ReadOnly, BindAccess::ReadWrite, BindAccess::Output]
                        [usize::from(access % 3)];
                    let kind = MountKind::Bind { source: self.at(*from), selector: None, access };
                    Mount { target: format!("/m{}", 9 - number), kind }
                };
                let mounts = mounts.iter().enumerate().map(mount).collect();
                let op = buildkit_llb::ExecOp { mounts, ..exec(self.at(*root), "run") };
                let outputs = self.graph.exec(op, self.meta("run"));
                self.outputs.extend(outputs.mounts.into_iter().flatten().map(Some));
                outputs.root
            }
            Step::Change { base, from } => {
                let dir = Mkdir {
                    path: "/d".into(),
                    mode: 0o755,
                    make_parents: true,
                    owner: None,
                    timestamp: None,
                };
                let file = FileOp::on(self.at(*base)).mkdir(dir).copy(Copy::new(self.at(*from), "/", "/d/"));
                self.graph.file(file, self.meta("change"))
            }
            Step::Merge(layers) => {
                let layers: Vec<_> = layers.iter().map(|layer| self.at(*layer)).collect();
                self.graph.merge(layers, self.meta("merge"))
            }
            Step::Diff(lower, upper) => self.graph.diff(self.at(*lower), self.at(*upper), self.meta("diff")),
            Step::Import(result) => {
                let definition = self.graph.marshal(self.at(*result));
                self.graph.import(&definition)
            }
        };
        self.outputs.push(output);
    }

    fn result(&self) -> Definition {
        self.graph.marshal(self.outputs.last().copied().flatten())
    }
}

/// How many outputs each op has, worked out from its decoded form.
fn outputs_of(op: &buildkit_llb::pb::Op) -> i64 {
    match &op.op {
        Some(buildkit_llb::pb::op::Op::Exec(exec)) => {
            let outputs: Vec<i64> =
                exec.mounts.iter().map(|mount| mount.output).filter(|output| *output >= 0).collect();
            let expected: Vec<i64> = (0..).take(outputs.len()).collect();
            assert_eq!(outputs, expected, "outputs are counted in the order of mounts");
            outputs.len().try_into().unwrap_or_default()
        }
        _ => 1,
    }
}

proptest! {
    #[test]
    fn the_same_calls_give_the_same_bytes(steps in steps()) {
        let builder = Builder::of(&steps);
        prop_assert_eq!(builder.result(), builder.result());
        prop_assert_eq!(builder.result(), Builder::of(&steps).result());
    }

    #[test]
    fn inputs_name_an_output_of_an_earlier_entry(steps in steps()) {
        let definition = Builder::of(&steps).result();
        let mut known: BTreeMap<String, i64> = BTreeMap::new();
        for entry in entries(&definition) {
            for input in &entry.op.inputs {
                let outputs = known.get(&input.digest).copied();
                prop_assert!(outputs.is_some_and(|outputs| (0..outputs).contains(&input.index)), "{:?}", input);
            }
            let outputs = outputs_of(&entry.op);
            prop_assert_eq!(known.insert(entry.digest, outputs), None, "each entry is there once");
        }
    }

    #[test]
    fn the_last_entry_only_points(steps in steps()) {
        let definition = Builder::of(&steps).result();
        let entries = entries(&definition);
        for (number, entry) in entries.iter().enumerate() {
            let is_last = number + 1 == entries.len();
            prop_assert_eq!(entry.op.op.is_none(), is_last);
            prop_assert_eq!(entry.op.constraints.is_none(), is_last);
            if is_last {
                prop_assert_eq!(entry.op.inputs.len(), 1);
                prop_assert!(entry.op.platform.is_none());
            }
        }
        prop_assert!(entries.len() != 1, "a definition has two entries or none");
        let checked: Result<Definition, _> = definition.as_pb().clone().try_into();
        prop_assert_eq!(checked, Ok(definition));
    }

    #[test]
    fn every_entry_is_needed_and_has_a_record(steps in steps()) {
        let definition = Builder::of(&steps).result();
        let mut entries = entries(&definition);
        let mut records: Vec<&String> = definition.as_pb().metadata.keys().collect();
        let mut digests: Vec<String> = entries.iter().map(|entry| entry.digest.clone()).collect();
        digests.sort();
        records.sort();
        prop_assert_eq!(records, digests.iter().collect::<Vec<_>>());
        let used = |digest: &String, by: &[crate::common::Entry]| {
            by.iter().any(|entry| entry.op.inputs.iter().any(|input| input.digest == *digest))
        };
        entries.pop().map_or(Ok(()), |last| {
            let mut users = vec![last];
            while let Some(entry) = entries.pop() {
                prop_assert!(used(&entry.digest, &users), "{:?}", entry.op);
                users.push(entry);
            }
            Ok(())
        })?;
        let source = definition.as_pb().source.clone().unwrap_or_default();
        prop_assert!(source.locations.keys().all(|digest| digests.contains(digest)));
    }

    #[test]
    fn what_is_not_needed_changes_nothing(steps in steps(), others in steps(), position in 0..24_usize) {
        let plain = Builder::of(&steps).result();
        let mut mixed = Builder::new();
        for (number, step) in steps.iter().enumerate() {
            if number == position {
                let outputs = mixed.outputs.clone();
                for other in &others {
                    mixed.add(other);
                }
                // Later steps choose among the same outputs as before.
                mixed.outputs = outputs;
            }
            mixed.add(step);
        }
        prop_assert_eq!(mixed.result(), plain);
    }

    #[test]
    fn imports_keep_all(steps in steps()) {
        let definition = Builder::of(&steps).result();
        let mut graph = Graph::new();
        let imported = graph.import(&definition);
        let back = graph.marshal(imported);
        prop_assert_eq!(back.result_digest(), definition.result_digest());
        let sorted = |definition: &Definition| {
            let mut digests: Vec<String> = definition.as_pb().def.iter().map(|bytes| digest(bytes)).collect();
            digests.sort();
            digests
        };
        prop_assert_eq!(sorted(&back), sorted(&definition));
        prop_assert_eq!(&back.as_pb().metadata, &definition.as_pb().metadata);
    }

    #[test]
    fn any_bytes_are_a_definition_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(definition) = Definition::from_bytes(&bytes) {
            let mut graph = Graph::new();
            graph.import(&definition);
            definition.to_string();
        }
    }

    #[test]
    fn any_text_is_a_platform_or_an_error(text in "\\PC{0,24}") {
        if let Ok(platform) = Platform::parse(&text) {
            prop_assert_eq!(Platform::parse(&platform.to_string()), Ok(platform));
        }
    }
}
