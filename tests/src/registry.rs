//! Registries on this machine.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::built::ImageName;
use crate::http::{Response, request};
use crate::nonce::nonce;
use crate::tempdir;
use crate::tools::{Service, tool};

/// Manifests of any kind.
const MANIFESTS: &str = "Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

/// The login of [`Registry::with_login`].
const USER: &str = "tester";
const PASSWORD: &str = "secret";
/// The same as a line of htpasswd.
const HTPASSWD: &str = "tester:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";

/// A registry.
#[derive(Debug)]
pub struct Registry {
    address: String,
    port: u16,
    /// The header of the login, where one is needed.
    login: Option<String>,
    /// What ends with a registry of one test.
    own: Option<(Service, TempDir)>,
}

impl Registry {
    /// The engine's own, which is there for all tests.
    #[track_caller]
    pub fn shared() -> Self {
        let Ok(address) = std::env::var("OPTFRONTEND_REGISTRY") else {
            panic!(
                "these tests push to a registry: set OPTFRONTEND_REGISTRY to one on loopback, as docker/engine env does"
            );
        };
        let port = address.rsplit(':').next().and_then(|port| port.parse().ok());
        let Some(port) = port else { panic!("OPTFRONTEND_REGISTRY has no port: {address}") };
        Self { address, port, login: None, own: None }
    }

    /// A new one, for whatever one test alone pushes.
    #[track_caller]
    pub fn own() -> Self {
        Self::start(false)
    }

    /// A new one that wants a login for everything.
    #[track_caller]
    pub fn with_login() -> Self {
        Self::start(true)
    }

    #[track_caller]
    fn start(with_login: bool) -> Self {
        let folder = tempdir();
        let port = free_port();
        let path = |name: &str| folder.path().join(name);
        let config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: '{}'}}}}\n\
             http: {{addr: '127.0.0.1:{port}'}}\n{}",
            path("data").display(),
            if with_login {
                format!("auth: {{htpasswd: {{realm: tests, path: '{}'}}}}\n", path("htpasswd").display())
            } else {
                String::new()
            },
        );
        for (name, text) in [("config.yml", config.as_str()), ("htpasswd", HTPASSWD)] {
            if let Err(error) = fs::write(path(name), text) {
                panic!("{name}: {error}");
            }
        }
        let service = Service::start(tool("docker-registry").arg("serve").arg(path("config.yml")));
        let registry = Self {
            address: format!("127.0.0.1:{port}"),
            port,
            login: with_login.then(|| format!("Authorization: Basic {}", credentials())),
            own: Some((service, folder)),
        };
        let end = Instant::now() + Duration::from_secs(20);
        while request(port, "GET", "/v2/", &[], "").is_err() {
            assert!(Instant::now() < end, "the registry does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        registry
    }

    /// The folder of all that it keeps, where it is one of a test.
    #[track_caller]
    pub fn data(&self) -> PathBuf {
        match &self.own {
            Some((_, folder)) => folder.path().join("data"),
            None => panic!("the registry of all tests keeps what others have pushed, too"),
        }
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A name for an image in it that nothing else has.
    pub fn name(&self, name: &str) -> ImageName {
        ImageName::new(format!("{}/optfrontend-tests/{name}:{}", self.address, nonce()))
    }

    /// What it answers for the manifest of an image.
    #[track_caller]
    pub fn ask(&self, image: &str) -> Response {
        self.request("GET", image, MANIFESTS, "")
    }

    /// Gives a tag to another image of the same repository, which no engine hears of.
    #[track_caller]
    pub fn move_tag(&self, tag: &str, image: &str) {
        let manifest = self.manifest(image);
        let kind = manifest["mediaType"].as_str().unwrap_or_default();
        let body = self.ask(image).body;
        let answer = self.request("PUT", tag, &format!("Content-Type: {kind}"), &body);
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    /// A blob of an image, such as its config, where it is text.
    #[track_caller]
    pub fn blob(&self, image: &str, digest: &str) -> String {
        let (name, _) = self.parts(image);
        self.send("GET", &format!("{name}/blobs/{digest}"), "Accept: */*", "").body
    }

    #[track_caller]
    fn request(&self, method: &str, image: &str, header: &str, body: &str) -> Response {
        let (name, tag) = self.parts(image);
        self.send(method, &format!("{name}/manifests/{tag}"), header, body)
    }

    /// The repository of an image, and its tag or digest.
    #[track_caller]
    fn parts<'a>(&self, image: &'a str) -> (&'a str, &'a str) {
        let path = image.strip_prefix(&self.address).and_then(|rest| rest.strip_prefix('/'));
        match path.and_then(|path| path.split_once('@').or_else(|| path.rsplit_once(':'))) {
            Some(parts) => parts,
            None => panic!("{image} is not in {}", self.address),
        }
    }

    #[track_caller]
    fn send(&self, method: &str, path: &str, header: &str, body: &str) -> Response {
        let headers: Vec<&str> = [Some(header), self.login.as_deref()].into_iter().flatten().collect();
        match request(self.port, method, &format!("/v2/{path}"), &headers, body) {
            Ok(response) => response,
            Err(error) => panic!("{}: {error}", self.address),
        }
    }

    /// The manifest or index of an image that it must have.
    #[track_caller]
    pub fn manifest(&self, image: &str) -> Value {
        let response = self.ask(image);
        match serde_json::from_str(&response.body) {
            Ok(manifest) if response.status == 200 => manifest,
            _ => panic!("{image}: {response:?}"),
        }
    }

    /// A folder for `DOCKER_CONFIG` with the login, as `docker login` writes it.
    #[track_caller]
    pub fn logged_in(&self) -> TempDir {
        let folder = tempdir();
        let plugins = std::env::var("DOCKER_CONFIG").map(|config| format!("{config}/cli-plugins"));
        let config = json!({
            "auths": { &self.address: { "auth": credentials() } },
            "cliPluginsExtraDirs": plugins.into_iter().collect::<Vec<_>>(),
        });
        if let Err(error) = fs::write(folder.path().join("config.json"), config.to_string()) {
            panic!("config.json: {error}");
        }
        folder
    }
}

fn credentials() -> String {
    STANDARD.encode(format!("{USER}:{PASSWORD}"))
}

#[track_caller]
fn free_port() -> u16 {
    match TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()) {
        Ok(address) => address.port(),
        Err(error) => panic!("no free port: {error}"),
    }
}
