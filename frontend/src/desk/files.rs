//! Files of this machine: the spec, those beside it, and the build context.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use spec_schema::diagnostic::did_you_mean;

use super::Trouble;
use super::args::Question;
use super::folder::{Entry, Folder};
use crate::dockerignore::{self, Matcher};
use crate::entrypoint::{IGNORE_FILE, IgnoreRules, MAX_IGNORE_BYTES, MAX_SURVEY_BYTES};
use crate::parse::{Found, MAX_SPEC_BYTES};
use crate::survey::{Survey, Wanted};

/// What a spec from stdin is called.
const STDIN: &str = "<stdin>";

/// Where the files are that a question is about.
pub(super) struct Files<'q> {
    /// The spec, as the user names it.
    path: &'q Path,
    /// What holds the spec; nothing where that comes from stdin.
    folder: Option<PathBuf>,
    /// The spec's name in that folder.
    pub(super) filename: String,
    /// The build context.
    context: &'q Path,
}

impl<'q> Files<'q> {
    /// Finds the folders.
    pub(super) fn of(question: &'q Question) -> Result<Self, Trouble> {
        let (folder, filename) = place(&question.spec)?;
        let context = &question.context;
        if !context.is_dir() {
            return Err(format!("the build context {} is no folder", context.display()));
        }
        Ok(Self { path: &question.spec, folder, filename, context })
    }

    pub(super) fn spec(&self) -> Result<Vec<u8>, Trouble> {
        // One byte more shows that there is too much.
        let most = MAX_SPEC_BYTES + 1;
        let read = match &self.folder {
            None => read_start(io::stdin().lock(), most),
            Some(_) => File::open(self.path).and_then(|file| read_start(file, most)),
        };
        read.map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &io::Error) -> Trouble {
        let (shown, name) = (self.path.display(), &self.filename);
        match error.kind() {
            ErrorKind::NotFound => {
                let names = self.folder.as_ref().and_then(|folder| Folder::new(folder).names("").ok());
                let names = names.unwrap_or_default();
                let yaml = names.iter().map(String::as_str).filter(|name| is_yaml(name));
                let help = did_you_mean(name, yaml).map(|help| format!("; {help}")).unwrap_or_default();
                format!("there is no file {shown}{help}")
            }
            ErrorKind::IsADirectory => format!(
                "{shown} is a folder: name the spec in it, such as {}",
                self.path.join("build.yaml").display()
            ),
            ErrorKind::PermissionDenied => format!("{shown} cannot be read: permission denied"),
            _ => format!("{shown} cannot be read: {error}"),
        }
    }

    /// What stands at a path that a spec includes.
    pub(super) fn beside(&self, path: &str) -> Result<Found, Trouble> {
        let Some(folder) = self.folder.as_ref().map(Folder::new) else {
            return Ok(Found::Nothing(Some(
                "a spec from stdin is in no folder, and can include nothing".to_owned(),
            )));
        };
        let entry = folder
            .read(path, MAX_SPEC_BYTES)
            .map_err(|error| format!("{} cannot be read: {error}", self.shown(path)))?;
        Ok(match entry {
            Entry::File(bytes) => Found::Bytes(bytes),
            Entry::TooLarge => Found::TooLarge,
            Entry::Other => Found::NoFile,
            Entry::Nothing => Found::Nothing(Some(help_for(&folder, path))),
        })
    }

    /// Asks about the build context until everything is known.
    pub(super) fn look<T>(
        &self,
        survey: &mut Survey,
        mut ask: impl FnMut(&mut Survey) -> T,
    ) -> Result<T, Trouble> {
        let mut context = None;
        loop {
            let answer = ask(survey);
            let wanted = survey.wanted();
            if wanted.is_empty() {
                return Ok(answer);
            }
            let context = match &mut context {
                Some(context) => &*context,
                none => none.insert(Folder::new(self.context).without(self.ignored()?)),
            };
            answer_all(context, wanted, survey)?;
        }
    }

    /// What of the build context a client does not send.
    pub(super) fn ignored(&self) -> Result<Matcher, Trouble> {
        let IgnoreRules { name, patterns } = self.ignore_rules()?;
        Matcher::new(&patterns).map_err(|error| format!("{name}: {error}"))
    }

    /// The same as the ignore file of the spec says it, else that of the context.
    pub(super) fn ignore_rules(&self) -> Result<IgnoreRules, Trouble> {
        let beside = format!("{}.dockerignore", self.filename);
        let own = self.folder.as_ref().map(|folder| (folder.as_path(), beside.as_str()));
        for (folder, name) in own.into_iter().chain([(self.context, IGNORE_FILE)]) {
            let shown = shown(folder, name);
            let told = |why: String| format!("{shown}: {why}");
            match Folder::new(folder).read(name, MAX_IGNORE_BYTES).map_err(|error| told(error.to_string()))? {
                Entry::Nothing => {}
                Entry::Other => return Err(told("this is no file".to_owned())),
                Entry::TooLarge => return Err(told(format!("this has more than {MAX_IGNORE_BYTES} bytes"))),
                Entry::File(bytes) => {
                    let patterns = dockerignore::parse(&bytes).map_err(|errors| {
                        let errors = errors.0.iter();
                        let lines = errors.map(|error| format!("{shown}:{}: {}", error.line, error.problem));
                        lines.collect::<Vec<_>>().join("\n")
                    })?;
                    return Ok(IgnoreRules { name: shown, patterns });
                }
            }
        }
        Ok(IgnoreRules { name: IGNORE_FILE.to_owned(), ..IgnoreRules::default() })
    }

    /// A file of the spec as people name it from where they are.
    pub(super) fn shown(&self, name: &str) -> String {
        self.folder.as_ref().map_or_else(|| name.to_owned(), |folder| shown(folder, name))
    }
}

/// A file of a folder as people name it from where they are.
fn shown(folder: &Path, name: &str) -> String {
    if folder == Path::new(".") { name.to_owned() } else { folder.join(name).display().to_string() }
}

/// The folder and the name of a spec.
fn place(spec: &Path) -> Result<(Option<PathBuf>, String), Trouble> {
    if spec == Path::new("-") {
        return Ok((None, STDIN.to_owned()));
    }
    let name =
        spec.file_name().ok_or_else(|| format!("{} is a folder: name the spec in it", spec.display()))?;
    let name = name.to_str().ok_or_else(|| format!("the name {} is not UTF-8", spec.display()))?;
    let folder = spec.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((Some(folder.to_owned()), name.to_owned()))
}

/// Looks up what is wanted of the build context.
fn answer_all(context: &Folder, wanted: Wanted, survey: &mut Survey) -> Result<(), Trouble> {
    for path in wanted.files {
        let told = |why: String| format!("{path} in the build context {why}");
        let bytes = match context.read(&path, MAX_SURVEY_BYTES) {
            Ok(Entry::File(bytes)) => Some(bytes),
            Ok(Entry::Other | Entry::Nothing) => None,
            Ok(Entry::TooLarge) => {
                return Err(told(format!("is larger than {} MiB", MAX_SURVEY_BYTES >> 20)));
            }
            Err(error) => return Err(told(format!("cannot be read: {error}"))),
        };
        survey.found(path, bytes);
    }
    for pattern in wanted.patterns {
        let paths = context.matching(&pattern);
        let paths =
            paths.map_err(|error| format!("the build context cannot be searched for {pattern}: {error}"))?;
        survey.listed(pattern, paths);
    }
    Ok(())
}

/// As much as there is, up to a number of bytes.
fn read_start(from: impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What to do about a file that is not there: the nearest name in its folder.
fn help_for(folder: &Folder, path: &str) -> String {
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let names = folder.names(parent).unwrap_or_default();
    let names: Vec<String> = names
        .into_iter()
        .filter(|name| is_yaml(name))
        .map(|name| if parent.is_empty() { name } else { format!("{parent}/{name}") })
        .collect();
    if names.iter().any(|name| name == path) {
        return "what this link leads to is not in the folder of the spec".to_owned();
    }
    let near = did_you_mean(path, names.iter().map(String::as_str));
    near.unwrap_or_else(|| "files are included from the folder of the spec".to_owned())
}

fn is_yaml(name: &str) -> bool {
    [".yaml", ".yml"].iter().any(|ending| name.ends_with(ending))
}
