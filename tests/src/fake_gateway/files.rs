//! Looking into the file systems that the daemon holds.

use buildkit_proto::fsutil::types::Stat;
use buildkit_proto::moby::buildkit::v1::frontend as proto;
use tonic::Status;

use super::Files;
use super::bridge::{Answer, Bridge, failed};

impl Bridge {
    /// Looks into a file system, which is when its failure shows.
    pub(super) fn look<T>(&self, id: &str, look: impl FnOnce(&Files) -> Answer<T>) -> Answer<T> {
        let state = self.record.state();
        let files = state.refs.get(id).ok_or_else(|| Status::unknown(format!("no such ref: {id}")))?;
        match &files.failure {
            Some(failure) => Err(failed(failure)),
            None => look(&files.files),
        }
    }

    pub(super) fn read(&self, request: &proto::ReadFileRequest) -> Answer<proto::ReadFileResponse> {
        self.look(&request.r#ref, |files| {
            let path = request.file_path.trim_start_matches('/');
            if is_dir(files, path) {
                return Err(Status::unknown(format!("{path} is not a regular file")));
            }
            let missing = || Status::unknown(self.script.daemon.no_such_file("open", path));
            let data = files.get(path).ok_or_else(missing)?;
            let part = |range: proto::FileRange| {
                let start = size(range.offset).min(data.len());
                &data[start..start.saturating_add(size(range.length)).min(data.len())]
            };
            let data = request.range.map_or(data.as_slice(), part);
            Ok(proto::ReadFileResponse { data: data.to_vec() })
        })
    }

    pub(super) fn stat(&self, request: &proto::StatFileRequest) -> Answer<proto::StatFileResponse> {
        self.look(&request.r#ref, |files| {
            let path = request.path.trim_start_matches('/');
            let missing = || Status::unknown(self.script.daemon.no_such_file("lstat", path));
            let stat = stat(files, path).ok_or_else(missing)?;
            Ok(proto::StatFileResponse { stat: Some(stat) })
        })
    }

    pub(super) fn list(&self, request: &proto::ReadDirRequest) -> Answer<proto::ReadDirResponse> {
        self.look(&request.r#ref, |files| {
            let dir = request.dir_path.trim_matches('/');
            let prefix = if dir.is_empty() || dir == "." { String::new() } else { format!("{dir}/") };
            let below = files.keys().filter_map(|path| path.strip_prefix(&prefix));
            let mut names: Vec<&str> = below.filter_map(|rest| rest.split('/').next()).collect();
            names.dedup();
            let entry = |name: &str| {
                let stat = stat(files, &format!("{prefix}{name}"))?;
                Some(Stat { path: name.to_owned(), ..stat })
            };
            Ok(proto::ReadDirResponse { entries: names.into_iter().filter_map(entry).collect() })
        })
    }
}

fn size(number: i64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

fn is_dir(files: &Files, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    path.is_empty() || path == "." || files.keys().any(|file| file.starts_with(&format!("{path}/")))
}

fn stat(files: &Files, path: &str) -> Option<Stat> {
    let mut stat = Stat { path: path.to_owned(), ..Stat::default() };
    if is_dir(files, path) {
        stat.mode = 0o755 | 1 << 31;
    } else {
        stat.mode = 0o644;
        stat.size = i64::try_from(files.get(path)?.len()).ok()?;
    }
    Some(stat)
}
