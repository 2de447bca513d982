//! Builds: a spec and its context, the flags, and what the build comes to.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::built::{Built, ImageName, Tag};
use crate::docker::{FRONTEND, Running, frontend_flag};
use crate::image::Image;
use crate::nonce::nonce;
use crate::store::{Store, saved, store, without_platforms};
use crate::tempdir;

/// A build to run, once or several times.
#[derive(Debug)]
pub struct Build {
    folder: PathBuf,
    /// Removed with the build; `None` where the folder is not ours.
    _temporary: Option<TempDir>,
    file: String,
    context: String,
    flags: Vec<String>,
    environment: Vec<(String, String)>,
    from_stdin: bool,
    nonce: String,
}

impl Build {
    /// A spec, in a folder of its own, which is also the context. `NONCE` in it becomes a text that no other build has.
    #[track_caller]
    pub fn spec(yaml: &str) -> Self {
        let nonce = nonce();
        let yaml = yaml.replace("NONCE", &nonce);
        Self { nonce, ..Self::empty() }.file("build.yaml", format!("# syntax={FRONTEND}\n{yaml}"))
    }

    /// A Dockerfile, for comparison.
    #[track_caller]
    pub fn dockerfile(text: &str) -> Self {
        Self { file: "Dockerfile".to_owned(), ..Self::empty() }.file("Dockerfile", text)
    }

    fn empty() -> Self {
        let temporary = tempdir();
        Self { folder: temporary.path().to_owned(), _temporary: Some(temporary), ..Self::at("") }
    }

    /// A folder with a `build.yaml`, as it is.
    pub fn at(folder: impl AsRef<Path>) -> Self {
        Self {
            folder: folder.as_ref().to_owned(),
            _temporary: None,
            file: "build.yaml".to_owned(),
            context: ".".to_owned(),
            flags: Vec::new(),
            environment: Vec::new(),
            from_stdin: false,
            nonce: nonce(),
        }
    }

    /// A copy of a folder with a `build.yaml`, for changes.
    #[track_caller]
    pub fn copy_of(folder: impl AsRef<Path>) -> Self {
        Self::empty().files_of(folder)
    }

    /// Puts copies of all files of another folder into this one.
    #[must_use]
    #[track_caller]
    pub fn files_of(self, folder: impl AsRef<Path>) -> Self {
        let copied = std::process::Command::new("cp")
            .arg("-a")
            .arg(folder.as_ref().join("."))
            .arg(&self.folder)
            .status();
        assert!(copied.is_ok_and(|status| status.success()), "cannot copy {}", folder.as_ref().display());
        self
    }

    /// Puts a file into the folder.
    #[must_use]
    #[track_caller]
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.write(path, content);
        self
    }

    /// Another file than `build.yaml`, or a Dockerfile, in the same folder.
    #[must_use]
    pub fn using(mut self, file: &str) -> Self {
        file.clone_into(&mut self.file);
        self
    }

    /// Another context than the folder.
    #[must_use]
    pub fn context(mut self, context: impl Into<String>) -> Self {
        self.context = context.into();
        self
    }

    /// More flags for `docker buildx build`. They see the folder as the current one.
    #[must_use]
    pub fn flags<S: Into<String>>(mut self, flags: impl IntoIterator<Item = S>) -> Self {
        self.flags.extend(flags.into_iter().map(Into::into));
        self
    }

    /// A variable in the client's environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Hands the file to the client on its stdin, as `--file -`.
    #[must_use]
    pub fn from_stdin(mut self) -> Self {
        self.from_stdin = true;
        self
    }

    /// Hands the file to the client on its stdin, and no context.
    #[must_use]
    pub fn alone(self) -> Self {
        self.from_stdin().context("-")
    }

    /// Changes a file between two builds.
    #[track_caller]
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.folder.join(path);
        let parent = path.parent().map_or(Ok(()), fs::create_dir_all);
        if let Err(error) = parent.and_then(|()| fs::write(&path, content)) {
            panic!("{}: {error}", path.display());
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What stands in the spec for `NONCE`.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Starts it.
    #[track_caller]
    pub fn start<S: Into<OsString>>(&self, more: impl IntoIterator<Item = S>) -> Running {
        self.start_with(&self.flags, more)
    }

    /// Starts it with other flags than its own.
    #[track_caller]
    fn start_with<S: Into<OsString>>(&self, flags: &[String], more: impl IntoIterator<Item = S>) -> Running {
        let flags: Vec<OsString> =
            flags.iter().map(Into::into).chain(more.into_iter().map(Into::into)).collect();
        let mut command = Command::new("docker");
        command.args(["buildx", "build"]);
        let shown = |flag: &OsString| flag.to_string_lossy().starts_with("--progress") || flag == "--quiet";
        if !flags.iter().any(shown) {
            command.arg("--progress=rawjson");
        }
        match (self.from_stdin, self.context.as_str()) {
            (false, _) => drop(command.args(["--file", &self.file])),
            (true, "-") => {}
            (true, _) => drop(command.args(["--file", "-"])),
        }
        command.args(frontend_flag(&self.folder.join(&self.file))).args(flags).arg(&self.context);
        command.current_dir(&self.folder).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(if self.from_stdin { self.open() } else { Stdio::null() });
        Running::spawn(command)
    }

    #[track_caller]
    fn open(&self) -> Stdio {
        match fs::File::open(self.folder.join(&self.file)) {
            Ok(file) => file.into(),
            Err(error) => panic!("{}: {error}", self.file),
        }
    }

    /// Runs it to its end, whatever that is, with flags that are for this time only.
    #[track_caller]
    pub fn run_with<S: Into<OsString>>(&self, more: impl IntoIterator<Item = S>) -> Built {
        Built::new(self.start(more).wait())
    }

    /// Runs it and keeps nothing of it. It must succeed.
    #[track_caller]
    pub fn run(&self) -> Built {
        self.run_with(["--output=type=cacheonly"]).ok()
    }

    /// Runs it. It must fail, and export nothing, not even a part.
    #[track_caller]
    pub fn fail(&self) -> Built {
        let folder = tempdir();
        let output = format!("--output=type=local,dest={}", folder.path().display());
        let built = self.run_with([output]).failed();
        let left = fs::read_dir(folder.path()).into_iter().flatten().flatten();
        let left: Vec<PathBuf> = left.map(|entry| entry.path()).collect();
        assert!(left.is_empty(), "{} failed and has exported {left:?}", built.outcome.command);
        built
    }

    /// Runs it and reads the image. It must succeed. There is no provenance in it unless a flag asks for that.
    #[track_caller]
    pub fn image(&self) -> Image {
        self.image_with::<&str>(&[])
    }

    /// As [`Build::image`], with flags that are for this time only.
    #[track_caller]
    pub fn image_with<S: AsRef<OsStr>>(&self, more: &[S]) -> Image {
        match self.try_image(more) {
            Ok(image) => image,
            Err(built) => panic!("{}\nfailed\n{}\n{}", built.outcome.command, built.logs, built.messages()),
        }
    }

    /// Runs it and reads the image, or tells how it failed.
    #[track_caller]
    pub fn try_image<S: AsRef<OsStr>>(&self, more: &[S]) -> Result<Image, Box<Built>> {
        match store() {
            Store::Containerd => self.exported_image(more),
            Store::Docker => self.saved_image(more),
        }
    }

    #[track_caller]
    fn exported_image<S: AsRef<OsStr>>(&self, more: &[S]) -> Result<Image, Box<Built>> {
        let folder = tempdir();
        let mut output = OsString::from("--output=type=oci,tar=false,dest=");
        output.push(folder.path());
        let mut flags = vec![output];
        if !self.flags.iter().any(|flag| flag.starts_with("--provenance") || flag.starts_with("--attest")) {
            flags.push("--provenance=false".into());
        }
        flags.extend(more.iter().map(|flag| flag.as_ref().to_owned()));
        let built = self.run_with(flags);
        if built.outcome.code == Some(0) { Ok(Image::read(folder, built)) } else { Err(Box::new(built)) }
    }

    /// By way of the engine's store, which has one platform an image: a build for each.
    #[track_caller]
    fn saved_image<S: AsRef<OsStr>>(&self, more: &[S]) -> Result<Image, Box<Built>> {
        let (platforms, flags) = without_platforms(&self.flags);
        let mut tags = Vec::new();
        for platform in platforms {
            let name = ImageName::new(format!("optfrontend-test:{}", nonce()));
            let mut flags_now: Vec<OsString> = vec!["--load".into(), format!("--tag={}", &*name).into()];
            flags_now.extend(platform.map(|platform| format!("--platform={platform}").into()));
            flags_now.extend(more.iter().map(|flag| flag.as_ref().to_owned()));
            let built = Built::new(self.start_with(&flags, flags_now).wait());
            if built.outcome.code != Some(0) {
                return Err(Box::new(built));
            }
            tags.push(Tag { name, built });
        }
        let names: Vec<&str> = tags.iter().map(|tag| &*tag.name).collect();
        Ok(Image::read(saved(&names), tags.remove(0).built))
    }

    /// Builds a target of the bake file `docker-bake.hcl` in the folder, and reads the image. It must succeed.
    #[track_caller]
    pub fn bake<S: Into<OsString>>(&self, target: &str, flags: impl IntoIterator<Item = S>) -> Image {
        let (folder, name) = (tempdir(), ImageName::new(format!("optfrontend-test:{}", nonce())));
        let stored = store() == Store::Docker;
        let command =
            ["buildx", "bake", "--file=docker-bake.hcl", "--progress=rawjson", "--provenance=false"];
        let mut args: Vec<OsString> = command.map(Into::into).into();
        if stored {
            args.extend([
                format!("--set={target}.output=type=docker").into(),
                format!("--set={target}.tags={}", &*name).into(),
            ]);
        } else {
            args.push(
                format!("--set={target}.output=type=oci,tar=false,dest={}", folder.path().display()).into(),
            );
        }
        args.extend(flags.into_iter().map(Into::into));
        args.push(target.into());
        let built = Built::new(Running::start(args, Some(&self.folder)).wait()).ok();
        Image::read(if stored { saved(&[&name]) } else { folder }, built)
    }

    /// Runs it and loads the image into the engine. It must succeed.
    #[track_caller]
    pub fn load(&self) -> Tag {
        let name = ImageName::new(format!("optfrontend-test:{}", nonce()));
        let built = self.run_with(["--load", "--provenance=false", "--tag", &*name]).ok();
        Tag { name, built }
    }
}
