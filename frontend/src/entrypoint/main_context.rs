//! The build context where it is no directory of the client: a git repository, a download, the result of another build.

use buildkit_llb::{Copy, Definition, FileOp, GitSource, Graph, HttpSource, OpMeta, Output};

use crate::external::{CONTEXT_FILE, git};
use crate::gateway::{Failure, Gateway};
use crate::opts::{FrontendOpts, keys};
use crate::paths;

/// The build context.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum MainContext {
    /// A directory of the client.
    #[default]
    Local,
    /// Files from elsewhere.
    Remote(Box<RemoteContext>),
}

/// A build context from elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteContext {
    files: RemoteFiles,
    /// The directory of it that steps see; the spec is read from the root all the same.
    subdir: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum RemoteFiles {
    Git(GitSource),
    /// A download: one file, which is the spec.
    File(HttpSource),
    /// A download that is an archive.
    Archive(HttpSource),
    /// A graph that the client handed over.
    Input(Definition),
}

impl RemoteContext {
    /// What the client gives as the context with its options; `None` for a directory.
    pub(super) async fn of(gateway: &Gateway, opts: &FrontendOpts) -> Result<Option<Self>, Failure> {
        let Some(text) = &opts.context else { return Ok(None) };
        let files = match git::parse_context(text) {
            Some(Ok(source)) => RemoteFiles::Git(GitSource {
                keep_git_dir: source.keep_git_dir || opts.keep_git_dir,
                commit_time: source.commit_time || commit_time(gateway, opts).await?,
                ..source
            }),
            Some(Err(why)) => {
                return Err(Failure::new(format!("the build context `{text}` cannot be read: {why}")));
            }
            None if text.starts_with("http://") || text.starts_with("https://") => {
                let filename = Some(CONTEXT_FILE.to_owned());
                RemoteFiles::File(HttpSource { filename, ..HttpSource::new(text.clone()) })
            }
            None => return Ok(None),
        };
        Ok(Some(Self::new(files, opts)))
    }

    pub(super) fn new(files: RemoteFiles, opts: &FrontendOpts) -> Self {
        Self { files, subdir: opts.context_subdir.clone() }
    }

    /// The download, if it is one of which is not known yet what it is.
    pub(super) fn download(&self) -> Option<&HttpSource> {
        match &self.files {
            RemoteFiles::File(source) => Some(source),
            _ => None,
        }
    }

    /// Whether the download itself is the spec.
    pub(super) fn is_spec(&self) -> bool {
        self.download().is_some()
    }

    /// The same download, which has turned out to be an archive.
    pub(super) fn unpacked(self) -> Self {
        let files = match self.files {
            RemoteFiles::File(source) => RemoteFiles::Archive(source),
            files => files,
        };
        Self { files, ..self }
    }

    /// What the spec is read from.
    pub(super) fn definition(&self) -> Definition {
        let mut graph = Graph::new();
        let output = self.whole(&mut graph);
        graph.marshal(output)
    }

    /// Adds what steps see of it.
    pub fn add_to(&self, graph: &mut Graph) -> Option<Output> {
        let whole = self.whole(graph);
        let Some(subdir) = &self.subdir else { return whole };
        let source = paths::absolute_file("/", subdir);
        let copy = Copy { dir_copy_contents: true, ..Copy::new(whole, source, "/") };
        let name = format!("[internal] take {subdir} of the build context");
        graph.file(FileOp::on(None).copy(copy), OpMeta::named(name))
    }

    fn whole(&self, graph: &mut Graph) -> Option<Output> {
        match &self.files {
            RemoteFiles::Git(source) => {
                let name = format!("[internal] load git source {}", shown(source));
                Some(graph.source(source.clone(), OpMeta::named(name)))
            }
            RemoteFiles::File(source) => Some(download(graph, source)),
            RemoteFiles::Archive(source) => {
                let from = Some(download(graph, source));
                let copy = Copy { attempt_unpack: true, ..Copy::new(from, format!("/{CONTEXT_FILE}"), "/") };
                graph.file(
                    FileOp::on(None).copy(copy),
                    OpMeta::named("[internal] unpack remote build context"),
                )
            }
            RemoteFiles::Input(definition) => graph.import(definition),
        }
    }
}

fn download(graph: &mut Graph, source: &HttpSource) -> Output {
    graph.source(source.clone(), OpMeta::named("[internal] load remote build context"))
}

fn shown(source: &GitSource) -> String {
    let reference = source.reference.as_deref().map(|reference| format!("#{reference}"));
    format!("{}{}", source.url, reference.unwrap_or_default())
}

/// Whether files get the time of their commit: for builds that set times, where the daemon can do it.
async fn commit_time(gateway: &Gateway, opts: &FrontendOpts) -> Result<bool, Failure> {
    let epoch = opts.build_args.get(keys::ARG_SOURCE_DATE_EPOCH);
    if epoch.is_none_or(String::is_empty) {
        return Ok(false);
    }
    Ok(gateway.ping().await?.supports("source.git.mtime").is_ok())
}

/// Whether a download is an archive, by its first bytes.
pub(super) fn is_archive(start: &[u8]) -> bool {
    const MAGIC: [&[u8]; 4] = [b"BZh", b"\x1f\x8b\x08", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"];
    MAGIC.iter().any(|magic| start.starts_with(magic)) || is_tar(start)
}

/// A tar header has the sum of its bytes, counted with blanks in the place of the sum.
fn is_tar(start: &[u8]) -> bool {
    const SUM: std::ops::Range<usize> = 148..156;
    let Some(header) = start.get(..512) else { return false };
    let written = std::str::from_utf8(&header[SUM]).unwrap_or_default();
    let written = u32::from_str_radix(written.trim_matches([' ', '\0']), 8);
    let bytes = header.iter().enumerate();
    let sum = bytes.map(|(at, byte)| if SUM.contains(&at) { 32 } else { u32::from(*byte) }).sum();
    written == Ok(sum) && header[0] != 0
}

#[cfg(test)]
mod tests {
    use super::is_archive;

    fn tar_header(name: &str) -> Vec<u8> {
        let mut header = vec![0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        header
    }

    #[test]
    fn archives_are_known_by_their_first_bytes() {
        assert!(is_archive(&tar_header("a.txt")));
        assert!(is_archive(b"\x1f\x8b\x08rest") && is_archive(b"BZh9") && is_archive(b"\xfd7zXZ\0"));
        assert!(!is_archive(b"# syntax=x\nstages: {}\n") && !is_archive(b"") && !is_archive(&[0; 512]));
        let mut broken = tar_header("a.txt");
        broken[0] = b'b';
        assert!(!is_archive(&broken));
    }
}
