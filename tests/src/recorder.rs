//! A registry seen through a door that writes down who asks for what.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use crate::registry::Registry;

/// A registry behind one that writes down what is asked for.
#[derive(Debug)]
pub struct Recorder {
    registry: String,
    port: u16,
    asked: Asked,
}

/// The first byte of who tries TLS, and takes up plain HTTP as soon as an answer is in that.
const TLS_HANDSHAKE: u8 = 0x16;

/// The first lines of requests.
type Asked = Arc<Mutex<Vec<String>>>;

impl Recorder {
    /// Opens another port for a registry. It is open until the program ends.
    #[track_caller]
    pub fn of(registry: &Registry) -> Self {
        let address = registry.address().to_owned();
        let behind = address.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        let Some(behind) = behind else { panic!("{address} has no port") };
        let asked = Asked::default();
        match open(behind, &asked) {
            Ok(port) => Self { registry: address, port, asked },
            Err(error) => panic!("no port for the registry: {error}"),
        }
    }

    /// The name by which an image of the registry is found here.
    #[track_caller]
    pub fn name(&self, image: &str) -> String {
        match image.strip_prefix(&self.registry) {
            Some(rest) => format!("127.0.0.1:{}{rest}", self.port),
            None => panic!("{image} is not in {}", self.registry),
        }
    }

    /// What has been asked for since this was called last.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn open(behind: u16, asked: &Asked) -> std::io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let (port, asked) = (listener.local_addr()?.port(), Arc::clone(asked));
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let asked = Arc::clone(&asked);
            // What ends early is the client's affair.
            std::thread::spawn(move || drop(forward(client, behind, &asked)));
        }
    });
    Ok(port)
}

/// One request for each connection: the answer says that it is the last.
fn forward(mut client: TcpStream, behind: u16, asked: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte)? == 1 {
        head.push(byte[0]);
        if head == [TLS_HANDSHAKE] {
            client.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")?;
            client.shutdown(Shutdown::Write)?;
            return std::io::copy(&mut client, &mut std::io::sink()).map(drop);
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let first = head.lines().next().unwrap_or_default().to_owned();
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(first);
    let mut registry = TcpStream::connect(("127.0.0.1", behind))?;
    registry.write_all(head.replacen("\r\n", "\r\nConnection: close\r\n", 1).as_bytes())?;
    let (mut body, mut sink) = (client.try_clone()?, registry.try_clone()?);
    std::thread::spawn(move || std::io::copy(&mut body, &mut sink));
    std::io::copy(&mut registry, &mut client)?;
    client.shutdown(Shutdown::Both)
}
