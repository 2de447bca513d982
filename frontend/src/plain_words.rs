//! What the daemon, Go, git and registries say about a place that cannot be reached, in words for people.
//!
//! Input is a message as it came, output a sentence about the place, and what to do. `None` for a message that is not known
//! here: it is told as it came.

/// What is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plain {
    /// Completes "it cannot be had:".
    pub(crate) why: String,
    /// What to do.
    pub(crate) help: Option<String>,
}

impl Plain {
    fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), help: None }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// The plain words for a message.
pub(crate) fn plain(message: &str) -> Option<Plain> {
    network(message).or_else(|| registry(message)).or_else(|| git(message)).or_else(|| content(message))
}

/// What is said of a host.
fn network(message: &str) -> Option<Plain> {
    if let Some(host) = ["dial tcp: lookup ", "Could not resolve host: ", "Could not resolve hostname "]
        .iter()
        .find_map(|words| word_behind(message, words))
    {
        return Some(Plain::new(format!("there is no host {host}")));
    }
    let refused = "connect: connection refused";
    if let Some(address) = between(message, "dial tcp ", refused)
        .or_else(|| between(message, "Failed to connect to ", "Could not connect"))
    {
        let mut words = address.split(' ');
        let host = words.next().unwrap_or_default().trim_end_matches(':');
        // curl before 8.17 writes `host port 80`.
        let port = words.next().filter(|word| *word == "port").and(words.next());
        let address = port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        return Some(Plain::new(format!("nothing answers at {address}: the connection is refused")));
    }
    if let Some(address) = between(message, "ssh: connect to host ", ": Connection refused") {
        let address = address.replace(" port ", ":");
        return Some(Plain::new(format!("nothing answers at {address}: the connection is refused")));
    }
    if ["i/o timeout", "Client.Timeout exceeded", "Connection timed out"]
        .iter()
        .any(|words| message.contains(words))
    {
        return Some(Plain::new("there is no answer in time"));
    }
    if message.contains("server gave HTTP response to HTTPS client") {
        return Some(Plain::new("it answers without encryption, where HTTPS is expected"));
    }
    let certificate = message.split_once("x509: ").map(|(_, why)| why);
    certificate.map(|why| Plain::new(format!("its certificate is not trusted: {}", first_line(why))))
}

/// What is said of a registry that answers, and not with an image. That it asks for a login is told as it came.
fn registry(message: &str) -> Option<Plain> {
    let today =
        || message.split_once("unexpected status from ")?.1.split_once(" request to ")?.1.split_once(": ");
    // BuildKit 0.8.
    let before = || message.split_once("failed with status code [")?.1.split_once("]: ");
    let status = first_line(today().or_else(before)?.1);
    match status.get(..3)? {
        "403" => Some(Plain::new("its registry refuses to hand it out")),
        "429" => Some(Plain::new("its registry takes no more requests for now")),
        code if code.starts_with('5') => Some(Plain::new(format!("its registry is at fault: {status}"))),
        _ => None,
    }
}

/// What is said of a repository.
fn git(message: &str) -> Option<Plain> {
    if let Some(reference) = between(message, "repository does not contain ref ", ", output:") {
        let told = Plain::new(format!("it has no branch, tag or commit `{reference}`"));
        // Since 0.9 BuildKit asks for the default branch.
        let guessed =
            "where none is named, BuildKit before 0.9 takes `master`; name the branch that is meant";
        return Some(if reference == "master" { told.help(guessed) } else { told });
    }
    let commit = between(message, "unable to read tree (", ")")
        .or_else(|| word_behind(message, "upload-pack: not our ref "))
        .or_else(|| word_behind(message, "reference is not a tree: "));
    if let Some(commit) = commit {
        return Some(Plain::new(format!("it has no commit {commit}")));
    }
    if let Some((expected, found)) =
        message.split_once("expected checksum to match ").and_then(|(_, rest)| rest.split_once(", got "))
    {
        return Some(Plain::new(format!("it is at {}, and the checksum says {expected}", first_line(found))));
    }
    if let Some(subdir) = between(message, "invalid subdir ", ":") {
        return Some(Plain::new(format!("it has no directory `{}`", subdir.trim_start_matches('/'))));
    }
    if message.contains("could not read Username") || message.contains("Authentication failed") {
        let help = "pass a token with `--secret id=GIT_AUTH_TOKEN,env=VARIABLE` or `--secret id=GIT_AUTH_TOKEN,src=FILE`";
        return Some(Plain::new("it asks who wants it").help(help));
    }
    if message.contains("unset ssh forward key") || message.contains("no SSH key") {
        return Some(
            Plain::new("an ssh agent is needed")
                .help("add `--ssh default`, with an agent that runs and holds a key"),
        );
    }
    if message.contains("Permission denied (publickey") {
        let help = "add the key that it takes with `ssh-add`";
        return Some(Plain::new("it takes no key of the ssh agent").help(help));
    }
    if message.contains("failed to fetch remote ") && message.ends_with(": exit status 128") {
        return Some(Plain::new("git cannot fetch it").help("the output of that step says why"));
    }
    if message.contains("fatal: repository ") && message.contains(" not found")
        || message.contains(" does not appear to be a git repository")
        || message.contains("ERROR: Repository not found.")
    {
        return Some(Plain::new("there is no such repository"));
    }
    None
}

/// What is said of what came.
fn content(message: &str) -> Option<Plain> {
    if let Some(status) = word_behind(message, "invalid response status ") {
        let what = match status {
            "404" | "410" => "there is no such file",
            "401" | "403" => "it is not for everybody",
            _ => "that is no file",
        };
        let told = Plain::new(format!("the server answers {status}: {what}"));
        let login = "pass a token with `--secret id=HTTP_AUTH_TOKEN_HOST,env=VARIABLE`, with the server's name for `HOST`; \
                     BuildKit 0.23 is the first that takes one";
        return Some(if matches!(status, "401" | "403") { told.help(login) } else { told });
    }
    if let Some((_, rest)) = message.split_once("digest mismatch ") {
        let (found, expected) = rest.split_once(": ")?;
        return Some(Plain::new(format!(
            "it has the digest {found}, and the checksum says {}",
            first_line(expected)
        )));
    }
    let entry = between(message, "invalid entry name \"", "\"")
        .or_else(|| between(message, "breakout error: \"", "\""));
    entry.map(|entry| {
        Plain::new(format!("the archive has an entry that leads out of where it is unpacked: `{entry}`"))
    })
}

/// What stands between two texts.
fn between<'m>(message: &'m str, start: &str, end: &str) -> Option<&'m str> {
    let (_, rest) = message.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}

/// The word behind a text.
fn word_behind<'m>(message: &'m str, start: &str) -> Option<&'m str> {
    let (_, rest) = message.split_once(start)?;
    rest.split([' ', '\n', ':', ',']).next().filter(|word| !word.is_empty())
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::plain;

    fn why(message: &str) -> String {
        plain(message).map_or_else(|| "as it came".to_owned(), |plain| plain.why)
    }

    #[test]
    fn hosts_are_told_in_plain_words() {
        let lookup = "failed to do request: Head \"https://r.invalid/v2/x/manifests/1\": dial tcp: lookup r.invalid on 10.0.0.1:53: no such host";
        assert_eq!(why(lookup), "there is no host r.invalid");
        assert_eq!(why("Get \"http://r\": dial tcp: lookup r: no such host"), "there is no host r");
        let refused = "Head \"https://localhost:1/v2/\": dial tcp [::1]:1: connect: connection refused";
        assert_eq!(why(refused), "nothing answers at [::1]:1: the connection is refused");
        let git = "git stderr:\nfatal: unable to access 'http://h:1/r.git/': Failed to connect to h:1 after 0 ms: Could not connect to server";
        assert_eq!(why(git), "nothing answers at h:1: the connection is refused");
        let older = "Failed to connect to 127.0.0.1 port 81 after 0 ms: Could not connect to server";
        assert_eq!(why(older), "nothing answers at 127.0.0.1:81: the connection is refused");
        assert_eq!(why("unable to access 'https://h/': Could not resolve host: h\n"), "there is no host h");
        assert_eq!(
            why("net/http: TLS: x509: certificate signed by unknown authority"),
            "its certificate is not trusted: certificate signed by unknown authority"
        );
        assert_eq!(why("dial tcp 10.0.0.1:443: i/o timeout"), "there is no answer in time");
        let ssh = "git stderr:\nssh: connect to host h port 22: Connection refused\nfatal: Could not read from remote repository.";
        assert_eq!(why(ssh), "nothing answers at h:22: the connection is refused");
        let ssh = "ssh: Could not resolve hostname h.invalid: Name or service not known";
        assert_eq!(why(ssh), "there is no host h.invalid");
    }

    #[test]
    fn repositories_and_files_are_told_in_plain_words() {
        assert_eq!(
            why("repository does not contain ref nope, output: \"\""),
            "it has no branch, tag or commit `nope`"
        );
        assert_eq!(
            plain("repository does not contain ref master, output: \"\"").unwrap().help.unwrap(),
            "where none is named, BuildKit before 0.9 takes `master`; name the branch that is meant"
        );
        assert_eq!(why("failed to fetch remote http://h/r.git: exit status 128"), "git cannot fetch it");
        assert_eq!(why("expected checksum to match abc, got def"), "it is at def, and the checksum says abc");
        assert_eq!(why("invalid subdir /a: failed to lstat \"a\""), "it has no directory `a`");
        assert_eq!(why("fatal: repository 'http://h/r.git/' not found"), "there is no such repository");
        assert_eq!(
            why("git stderr:\nfatal: 'r.git' does not appear to be a git repository"),
            "there is no such repository"
        );
        assert_eq!(why("git@h: Permission denied (publickey,password)."), "it takes no key of the ssh agent");
        assert_eq!(why("invalid response status 404"), "the server answers 404: there is no such file");
        assert_eq!(
            why("digest mismatch sha256:a: sha256:b"),
            "it has the digest sha256:a, and the checksum says sha256:b"
        );
        assert!(why("invalid entry name \"../x\"").ends_with("`../x`"));
        assert!(
            plain("could not read Username for 'http://h'").unwrap().help.unwrap().contains("GIT_AUTH_TOKEN")
        );
    }

    #[test]
    fn registries_are_told_in_plain_words() {
        let head = |status| {
            format!("unexpected status from HEAD request to https://r.io/v2/a/manifests/1: {status}")
        };
        let before =
            |status| format!("pulling from host r.io failed with status code [manifests 1]: {status}");
        for (status, told) in [
            ("401 Unauthorized", "as it came"),
            ("403 Forbidden", "its registry refuses to hand it out"),
            ("429 Too Many Requests", "its registry takes no more requests for now"),
            ("503 Service Unavailable", "its registry is at fault: 503 Service Unavailable"),
        ] {
            assert_eq!((why(&head(status)).as_str(), why(&before(status)).as_str()), (told, told));
        }
    }

    #[test]
    fn what_is_not_known_comes_as_it_came() {
        for message in
            ["", "process \"/bin/sh -c make\" did not complete successfully: exit code: 2", "digest mismatch"]
        {
            assert_eq!(plain(message), None, "{message}");
        }
    }
}
