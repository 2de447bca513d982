//! Health checks of an address. What they say is in the container's health log.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::ExitCode;
use std::time::Duration;

use crate::command_line::Probe;
use crate::say;
use crate::target::{Address, Url};

/// No answer may take longer. Docker's own limit, which is the one that users set, mostly comes first.
const PATIENCE: Duration = Duration::from_secs(60);

/// The longest first line of an answer that is read.
const LONGEST_LINE: u64 = 1024;

/// Exit code 0 for healthy and 1 for not, as Docker reads them.
pub(crate) fn answer(probe: &Probe) -> ExitCode {
    match attempt(probe, PATIENCE) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say(&why);
            ExitCode::FAILURE
        }
    }
}

/// Tries it once; no step of it may take longer than `patience`.
pub(crate) fn attempt(probe: &Probe, patience: Duration) -> Result<(), String> {
    match probe {
        Probe::Tcp(address) => connect(address, patience).map(drop),
        Probe::Http { url, statuses } => {
            let status = status(url, patience)
                .map_err(|why| format!("http://{}{}: {why}", url.authority, url.path))?;
            if statuses.contains(&status) {
                return Ok(());
            }
            let (first, last) = (statuses.start(), statuses.end());
            let expected = if first == last { first.to_string() } else { format!("{first}-{last}") };
            Err(format!("http://{}{}: status {status}, not {expected}", url.authority, url.path))
        }
    }
}

fn connect(address: &Address, patience: Duration) -> Result<TcpStream, String> {
    let mut why = "there is no such address".to_owned();
    for socket in address.look_up()? {
        match TcpStream::connect_timeout(&socket, patience) {
            Ok(stream) => return Ok(stream),
            Err(error) => why = format!("{socket}: {error}"),
        }
    }
    Err(why)
}

/// Asks for a page and reads the status of the answer, which is all that counts.
fn status(url: &Url, patience: Duration) -> Result<u16, String> {
    let mut stream = connect(&url.address, patience)?;
    let line = exchange(&mut stream, url, patience).map_err(|error| error.to_string())?;
    // `HTTP/1.1 204 No Content`
    let mut words = line.split(u8::is_ascii_whitespace);
    let is_http = words.next().is_some_and(|version| version.starts_with(b"HTTP/"));
    let status = words.next().and_then(|word| str::from_utf8(word).ok()?.parse().ok());
    status.filter(|_| is_http).ok_or_else(|| "the answer is not HTTP".to_owned())
}

fn exchange(stream: &mut TcpStream, url: &Url, patience: Duration) -> std::io::Result<Vec<u8>> {
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let Url { authority, path, .. } = url;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: optfrontend-helper\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut line = Vec::new();
    BufReader::new(stream.take(LONGEST_LINE)).read_until(b'\n', &mut line)?;
    Ok(line)
}
