//! What the client says of a build's course: `--progress=rawjson`, one object a line, or over several lines from an old client.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// The course of a build.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Everything that was done, in the order in which it first appeared, and what never began.
    pub vertices: Vec<Step>,
    /// The warnings.
    pub warnings: Vec<Warning>,
    /// What the steps wrote, all together.
    pub logs: String,
    /// Lines of the client itself: errors, with the excerpt of the spec.
    pub messages: String,
}

/// One vertex of the build's graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its name, such as `[build 2/4] run make`.
    pub name: String,
    /// True where its result was in the cache.
    pub cached: bool,
    /// Seconds of the day at which it began; `None` where it never did.
    pub started: Option<f64>,
    /// Seconds of the day at which it ended.
    pub completed: Option<f64>,
    /// Why it failed.
    pub error: Option<String>,
}

/// A warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What it says.
    pub short: String,
    /// The rest of it.
    pub detail: Vec<String>,
    /// Its first line in the spec, where it has a place.
    pub line: Option<u64>,
}

impl Progress {
    /// Reads what a client wrote to stderr.
    pub fn parse(stderr: &str) -> Self {
        let mut progress = Self::default();
        let mut positions = BTreeMap::new();
        let mut rest = stderr;
        while !rest.is_empty() {
            let mut statuses = serde_json::Deserializer::from_str(rest).into_iter::<Map<String, Value>>();
            if let Some(Ok(status)) = statuses.next() {
                progress.add(&Value::Object(status), &mut positions);
                let after = &rest[statuses.byte_offset()..];
                rest = after.strip_prefix('\n').unwrap_or(after);
            } else {
                let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
                progress.messages.push_str(line);
                progress.messages.push('\n');
                rest = after;
            }
        }
        progress.leave_out_merged();
        progress
    }

    /// Where two builds come to the same step at one time, BuildKit does it once, for the one that came first, and shows both builds the
    /// vertices of that one; those of the other build, of the same names, never begin.
    fn leave_out_merged(&mut self) {
        let begun: BTreeSet<String> = self
            .vertices
            .iter()
            .filter(|step| step.started.is_some())
            .map(|step| step.name.clone())
            .collect();
        self.vertices.retain(|step| step.started.is_some() || !begun.contains(&step.name));
    }

    fn add(&mut self, status: &Value, positions: &mut BTreeMap<String, usize>) {
        for vertex in list(status, "vertexes") {
            let at = *positions.entry(text(vertex, "digest")).or_insert_with(|| {
                self.vertices.push(Step {
                    name: text(vertex, "name"),
                    cached: false,
                    started: None,
                    completed: None,
                    error: None,
                });
                self.vertices.len() - 1
            });
            let step = &mut self.vertices[at];
            step.cached |= vertex.get("cached").and_then(Value::as_bool).unwrap_or_default();
            step.started = step.started.or(time(vertex, "started"));
            step.completed = time(vertex, "completed").or(step.completed);
            step.error = vertex.get("error").and_then(Value::as_str).map(str::to_owned).or(step.error.take());
        }
        for log in list(status, "logs") {
            let data = decode_base64(log.get("data").and_then(Value::as_str).unwrap_or_default());
            self.logs.push_str(&String::from_utf8_lossy(&data));
        }
        for warning in list(status, "warnings") {
            let short = decode_base64(&text(warning, "short"));
            let detail = list(warning, "detail").filter_map(Value::as_str).map(decode_base64);
            self.warnings.push(Warning {
                short: String::from_utf8_lossy(&short).into_owned(),
                detail: detail.map(|line| String::from_utf8_lossy(&line).into_owned()).collect(),
                line: warning.pointer("/range/0/start/line").and_then(Value::as_u64),
            });
        }
    }

    /// The spec's own steps: those of stages, without the loading of contexts and base images and the merging of layers.
    ///
    /// An image that a build of a Dockerfile loads at the same time has the name that it has there.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.vertices.iter().filter(|step| {
            step.name.starts_with('[')
                && !step.name.starts_with("[internal]")
                && !step.name.starts_with("[context ")
                && !step.name.contains("] from ")
                && !step.name.contains("] FROM ")
                && !step.name.contains("] merge ")
        })
    }

    /// Names of the steps that were really done, not taken from the cache, and not given up either: the daemon begins to read what a step needs for
    /// its cache key, and stops when it finds it by its graph.
    pub fn ran(&self) -> Vec<&str> {
        let is_given_up =
            |step: &Step| step.error.as_deref().is_some_and(|why| why.ends_with("context canceled"));
        self.steps()
            .filter(|step| step.started.is_some() && !step.cached && !is_given_up(step))
            .map(|step| step.name.as_str())
            .collect()
    }

    /// Names of the steps that were taken from the cache.
    pub fn cached(&self) -> Vec<&str> {
        self.steps().filter(|step| step.cached).map(|step| step.name.as_str()).collect()
    }

    /// What the daemon lacks for steps that were made in another way, as their names say.
    pub fn fallbacks(&self) -> impl Iterator<Item = String> + '_ {
        self.vertices.iter().filter_map(|step| {
            let (_, note) = step.name.rsplit_once(" (without `")?;
            Some(note.trim_end_matches("`)").to_owned())
        })
    }

    /// The step whose name contains a text.
    #[track_caller]
    pub fn step(&self, part: &str) -> &Step {
        let names: Vec<&str> = self.vertices.iter().map(|step| step.name.as_str()).collect();
        match self.vertices.iter().find(|step| step.name.contains(part)) {
            Some(step) => step,
            None => panic!("no step is called {part:?}; there are {names:#?}"),
        }
    }
}

impl Step {
    /// True where two steps were under way at one time.
    pub fn overlaps(&self, other: &Self) -> bool {
        let times = (self.started, self.completed, other.started, other.completed);
        matches!(times, (Some(start), Some(end), Some(other_start), Some(other_end)) if start < other_end && other_start < end)
    }
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The seconds of the day in `2026-01-31T12:34:56.789Z`.
fn time(value: &Value, key: &str) -> Option<f64> {
    let clock = value.get(key)?.as_str()?.split_once('T')?.1.trim_end_matches('Z');
    clock.split(':').try_fold(0.0, |sum, part| part.parse::<f64>().ok().map(|part| sum * 60.0 + part))
}

fn decode_base64(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_objects_over_several_lines() {
        let progress =
            Progress::parse("first\n{\n  \"logs\": [{\"data\": \"aGVsbG8=\"}]\n}\n{\n}\n{no\nlast");
        assert_eq!((progress.logs.as_str(), progress.messages.as_str()), ("hello", "first\n{no\nlast\n"));
    }

    #[test]
    fn reads_vertices_logs_and_messages() {
        let progress = Progress::parse(
            r#"{"vertexes":[{"digest":"a","name":"[x 2/2] run true","started":"2026-01-01T00:01:01.5Z"}]}
{"vertexes":[{"digest":"a","name":"[x 2/2] run true","completed":"2026-01-01T00:01:02Z","cached":true}],"logs":[{"data":"aGVsbG8="}]}
ERROR: no"#,
        );
        assert_eq!(progress.cached(), ["[x 2/2] run true"]);
        assert_eq!(progress.step("run true").started, Some(61.5));
        assert_eq!((progress.logs.as_str(), progress.messages.as_str()), ("hello", "ERROR: no\n"));
    }
    #[test]
    fn a_step_that_another_build_does_is_one_step() {
        let progress = Progress::parse(
            r#"{"vertexes":[{"digest":"own","name":"[x 2/3] run true"},{"digest":"last","name":"[x 3/3] run false"}]}
{"vertexes":[{"digest":"other","name":"[x 2/3] run true","started":"2026-01-01T00:01:01Z","completed":"2026-01-01T00:01:02Z"}]}"#,
        );
        let names: Vec<&str> = progress.steps().map(|step| step.name.as_str()).collect();
        assert_eq!(names, ["[x 3/3] run false", "[x 2/3] run true"]);
        assert_eq!(progress.ran(), ["[x 2/3] run true"]);
    }
    #[test]
    fn what_is_given_up_has_not_run() {
        let progress = Progress::parse(
            r#"{"vertexes":[{"digest":"a","name":"[x] weigh files","started":"2026-01-01T00:01:01Z","completed":"2026-01-01T00:01:02Z","error":": context canceled"}]}"#,
        );
        assert_eq!((progress.ran(), progress.steps().count()), (vec![], 1));
    }
}
