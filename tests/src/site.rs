//! A web site on loopback: files, and git repositories that `git http-backend` serves.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use crate::tempdir;

/// What is served. Begins with [`Site::empty`], ends with [`Site::start`].
#[derive(Debug)]
pub struct Site {
    files: BTreeMap<String, Vec<u8>>,
    repositories: TempDir,
    /// The credentials that whoever asks must send.
    credentials: Option<String>,
}

/// A site that is up. It goes with the program.
#[derive(Debug)]
pub struct Served {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    site: Arc<Site>,
}

impl Site {
    /// A site with nothing on it.
    #[track_caller]
    pub fn empty() -> Self {
        Self { files: BTreeMap::new(), repositories: tempdir(), credentials: None }
    }

    /// Puts a file there.
    #[must_use]
    pub fn file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.to_owned(), content.into());
        self
    }

    /// Puts a repository there, at a path that ends in `.git`.
    #[must_use]
    #[track_caller]
    pub fn repository(self, path: &str, repository: &Repository) -> Self {
        let target = self.repositories.path().join(path.trim_start_matches('/'));
        repository.clone_to(&target);
        run(git(&target).args(["config", "uploadpack.allowAnySHA1InWant", "true"]));
        self
    }

    /// Answers only who sends this user and this password.
    #[must_use]
    pub fn only_for(mut self, user: &str, password: &str) -> Self {
        self.credentials = Some(STANDARD.encode(format!("{user}:{password}")));
        self
    }

    /// Puts it up.
    #[track_caller]
    pub fn start(self) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0");
        let listener = listener.unwrap_or_else(|error| panic!("no port on loopback: {error}"));
        let port = listener.local_addr().map_or(0, |address| address.port());
        let (site, requests) = (Arc::new(self), Arc::new(Mutex::new(Vec::new())));
        let served = Served { port, requests: Arc::clone(&requests), site: Arc::clone(&site) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (site, requests) = (Arc::clone(&site), Arc::clone(&requests));
                // Who hangs up gets no answer; the test notices by what it waits for.
                std::thread::spawn(move || serve(&site, &requests, stream).ok());
            }
        });
        served
    }
}

impl Served {
    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Method and path of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The digest of a file, as checksums are written.
    #[track_caller]
    pub fn digest(&self, path: &str) -> String {
        use sha2::{Digest as _, Sha256};
        let Some(bytes) = self.site.files.get(path) else { panic!("the site has no {path}") };
        Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
    }
}

/// A request, as far as it matters here.
struct Request {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

fn serve(site: &Site, requests: &Mutex<Vec<String>>, mut stream: TcpStream) -> std::io::Result<()> {
    let request = read(&stream)?;
    let line = format!("{} {}", request.method, request.path);
    requests.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    let sent = request.headers.get("authorization").and_then(|sent| sent.split_once(' '));
    if site.credentials.as_deref().is_some_and(|needed| sent.is_none_or(|(_, sent)| sent != needed)) {
        return write!(
            stream,
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    }
    let repository = request.path.split_once(".git/").map(|(name, _)| format!("{}.git", &name[1..]));
    if repository.is_some_and(|repository| site.repositories.path().join(repository).is_dir()) {
        return backend(site, &request, stream);
    }
    match site.files.get(&request.path) {
        None => write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        Some(content) => {
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                content.len()
            )?;
            if request.method == "HEAD" { Ok(()) } else { stream.write_all(content) }
        }
    }
}

fn read(stream: &TcpStream) -> std::io::Result<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
    Ok(Request { method, path, query, headers, body })
}

/// Lets git answer, as a program behind a web server (CGI).
fn backend(site: &Site, request: &Request, mut stream: TcpStream) -> std::io::Result<()> {
    let header = |name: &str| request.headers.get(name).cloned().unwrap_or_default();
    let mut child = Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", site.repositories.path())
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", &request.method)
        .env("PATH_INFO", &request.path)
        .env("QUERY_STRING", &request.query)
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(&request.body)?;
    }
    let answer = child.wait_with_output()?.stdout;
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap_or(answer.len());
    let (headers, body) = answer.split_at(end);
    let headers = String::from_utf8_lossy(headers);
    let status = headers.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    write!(stream, "HTTP/1.1 {status}\r\n{headers}\r\nConnection: close")?;
    stream.write_all(if body.is_empty() { b"\r\n\r\n" } else { body })
}

/// A git repository to be served.
#[derive(Debug)]
pub struct Repository {
    folder: TempDir,
}

impl Default for Repository {
    fn default() -> Self {
        Self::new()
    }
}

impl Repository {
    /// A repository without any commit, on the branch `main`.
    #[track_caller]
    pub fn new() -> Self {
        let folder = tempdir();
        run(Command::new("git").args(["init", "--quiet", "--initial-branch=main"]).arg(folder.path()));
        Self { folder }
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Commits files, each with its content.
    #[must_use]
    #[track_caller]
    pub fn commit(self, files: &[(&str, &str)]) -> Self {
        for (path, content) in files {
            let path: PathBuf = self.folder().join(path);
            let written = path.parent().map_or(Ok(()), std::fs::create_dir_all);
            let written = written.and_then(|()| std::fs::write(&path, content));
            written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
        self.git(&["add", "--all"]).git(&["commit", "--quiet", "--message=x"])
    }

    /// Runs git in it.
    #[must_use]
    #[track_caller]
    pub fn git(self, args: &[&str]) -> Self {
        run(git(self.folder()).args(args));
        self
    }

    /// Makes a copy without files, as servers keep it.
    #[track_caller]
    pub(crate) fn clone_to(&self, target: &Path) {
        run(Command::new("git").args(["clone", "--quiet", "--bare"]).arg(self.folder()).arg(target));
    }

    /// The commit of a ref.
    #[track_caller]
    pub fn commit_of(&self, reference: &str) -> String {
        run(git(self.folder()).args(["rev-parse", reference])).trim().to_owned()
    }
}

fn git(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args([
        "-c",
        "user.name=test",
        "-c",
        "user.email=test@example.com",
        "-c",
        "protocol.file.allow=always",
    ]);
    git
}

#[track_caller]
fn run(command: &mut Command) -> String {
    match command.output() {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).into_owned(),
        Ok(output) => panic!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => panic!("{command:?}: {error}"),
    }
}
