//! `COPY` and `ADD`.

use spec_schema::diagnostic::Faults;
use spec_schema::spec::{AddStep, CopyStep, WriteStep};

use super::Triggers;
use super::flags::{boolean, unknown_flag};
use crate::dockerfile::Transfer;
use crate::dockerfile::words::Quotes;
use crate::mapping::Mapping;
use crate::paths;
use crate::plan::stage::StagePlanner;
use crate::plan::{Action, FileChange, Runtime, add, copy, files};

impl Triggers {
    pub(super) fn copy(
        &self,
        planner: &StagePlanner<'_>,
        instruction: &Transfer,
        runtime: &Runtime,
        faults: &mut Faults,
    ) -> Result<Action, String> {
        let mut step = Mapping::new(self.span);
        let mut keeps_parents = false;
        for flag in &instruction.flags {
            let value = flag.value.as_deref();
            match flag.name.as_str() {
                "from" => step.literal("from", value),
                "parents" => {
                    keeps_parents = boolean(value)?;
                    step.word("parents", Some(if keeps_parents { "true" } else { "false" }));
                }
                _ => {}
            }
        }
        let excluded = self.common_flags(instruction, &["from", "parents"], &mut step, runtime)?;
        step.literals("exclude", &excluded);
        let mut changes = self.inline(planner, instruction, runtime, faults)?;
        if !instruction.sources.is_empty() {
            // What leads out of the context begins at its root again.
            let path = |path: String| if keeps_parents { path } else { paths::absolute("/", &path) };
            let sources: Vec<String> =
                self.texts(&instruction.sources, runtime)?.into_iter().map(path).collect();
            step.literals("copy", &sources);
            let step: CopyStep = step.read(faults)?;
            push(&mut changes, copy::copy(planner, &step, runtime, faults).0);
        }
        Ok(Action::Files(changes))
    }

    pub(super) fn add(
        &self,
        planner: &StagePlanner<'_>,
        instruction: &Transfer,
        runtime: &Runtime,
        faults: &mut Faults,
    ) -> Result<Action, String> {
        let mut step = Mapping::new(self.span);
        for flag in &instruction.flags {
            let value = flag.value.as_deref();
            let truth = || boolean(value).map(|value| if value { "true" } else { "false" });
            match flag.name.as_str() {
                "checksum" => step.literal("checksum", Some(&self.text(value.unwrap_or_default(), runtime)?)),
                "unpack" => step.word("unpack", Some(truth()?)),
                "keep-git-dir" => step.word("keep_git_dir", Some(truth()?)),
                _ => {}
            }
        }
        let known = ["checksum", "unpack", "keep-git-dir"];
        let excluded = self.common_flags(instruction, &known, &mut step, runtime)?;
        let mut changes = self.inline(planner, instruction, runtime, faults)?;
        if !instruction.sources.is_empty() {
            let path = |path: String| if paths::escapes(&path) { paths::absolute("/", &path) } else { path };
            let sources: Vec<String> =
                self.texts(&instruction.sources, runtime)?.into_iter().map(path).collect();
            step.literals("add", &sources);
            let step: AddStep = step.read(faults)?;
            push(&mut changes, add::add(planner, &step, runtime, faults).0);
        }
        for change in &mut changes {
            if let FileChange::Copy { filter, .. } = change {
                filter.exclude.clone_from(&excluded);
            }
        }
        Ok(Action::Files(changes))
    }

    /// Flags that both have, and the destination; what is excluded is the answer.
    fn common_flags(
        &self,
        instruction: &Transfer,
        known: &[&str],
        step: &mut Mapping,
        runtime: &Runtime,
    ) -> Result<Vec<String>, String> {
        let mut excluded = Vec::new();
        for flag in &instruction.flags {
            let value = self.text(flag.value.as_deref().unwrap_or_default(), runtime)?;
            match flag.name.as_str() {
                name @ ("chown" | "chmod") => step.literal(name, Some(&value)),
                "exclude" => excluded.push(value),
                // Whether a copy is a layer of its own makes no other files.
                "link" => {}
                name if known.contains(&name) => {}
                name => return Err(unknown_flag(name)),
            }
        }
        step.literal("to", Some(&self.text(&instruction.dest, runtime)?));
        Ok(excluded)
    }

    /// Files whose content stands in the instruction.
    fn inline(
        &self,
        planner: &StagePlanner<'_>,
        instruction: &Transfer,
        runtime: &Runtime,
        faults: &mut Faults,
    ) -> Result<Vec<FileChange>, String> {
        let dest = self.text(&instruction.dest, runtime)?;
        let is_directory =
            dest.ends_with('/') || dest == "." || instruction.sources.len() + instruction.files.len() > 1;
        let mut changes = Vec::new();
        for file in &instruction.files {
            let path = if is_directory {
                format!("{}/{}", dest.trim_end_matches('/'), file.name)
            } else {
                dest.clone()
            };
            let content = if file.expand {
                self.expand(&file.content, Quotes::Kept, runtime)?
            } else {
                file.content.clone()
            };
            let mut written = Mapping::new(self.span);
            written.literal("path", Some(&path));
            written.literal("content", Some(&content));
            for flag in
                instruction.flags.iter().filter(|flag| matches!(flag.name.as_str(), "chown" | "chmod"))
            {
                let value = self.text(flag.value.as_deref().unwrap_or_default(), runtime)?;
                written.literal(&flag.name, Some(&value));
            }
            let mut step = Mapping::new(self.span);
            step.add("write", written.node());
            let step: WriteStep = step.read(faults)?;
            push(&mut changes, files::write(planner, &step, runtime, faults).0);
        }
        Ok(changes)
    }
}

fn push(changes: &mut Vec<FileChange>, action: Action) {
    if let Action::Files(more) = action {
        changes.extend(more);
    }
}
