//! `helper probe`, on real servers.
#![allow(clippy::unwrap_used, reason = "helpers of tests end the test")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::Command;

fn probe(words: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_helper")).arg("probe").args(words).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// A server that gives the same answer to everybody, and what the first request was.
fn server(address: &str, answer: &'static str) -> (SocketAddr, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind(address).unwrap();
    let address = listener.local_addr().unwrap();
    let request = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(&stream).lines();
        let request = lines.by_ref().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
        (&stream).write_all(answer.as_bytes()).unwrap();
        request
    });
    (address, request)
}

#[test]
fn a_page_is_asked_for_as_browsers_do() {
    let (address, request) = server("127.0.0.1:0", "HTTP/1.1 204 No Content\r\n\r\n");
    let url = format!("http://localhost:{}/healthz?full=1", address.port());
    assert_eq!(probe(&["http", &url]), (Some(0), String::new()));
    let request = request.join().unwrap();
    assert_eq!(request[0], "GET /healthz?full=1 HTTP/1.1");
    assert!(request.contains(&format!("Host: localhost:{}", address.port())), "{request:?}");
}

#[test]
fn a_server_on_one_address_of_localhost_is_found() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    let address = format!("localhost:{}", listener.local_addr().unwrap().port());
    assert_eq!(probe(&["tcp", &address]), (Some(0), String::new()));
}

#[test]
fn another_status_is_told() {
    for (answer, words, said) in [
        ("HTTP/1.0 503 Unavailable\r\n\r\n", &[][..], "status 503, not 200-399"),
        ("HTTP/1.1 200 OK\r\n\r\n", &["--status", "401"], "status 200, not 401"),
        ("SSH-2.0-OpenSSH\r\n", &[], "the answer is not HTTP"),
        ("", &[], "the answer is not HTTP"),
    ] {
        let (address, _) = server("127.0.0.1:0", answer);
        let url = format!("http://{address}/");
        let words: Vec<&str> = ["http", &url].into_iter().chain(words.iter().copied()).collect();
        assert_eq!(probe(&words), (Some(1), format!("optfrontend: {url}: {said}\n")));
    }
}

#[test]
fn nobody_listening_is_unhealthy() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let (code, said) = probe(&["tcp", &address]);
    assert_eq!(code, Some(1));
    assert!(said.contains("Connection refused"), "{said}");
}

#[test]
fn wrong_usage_is_neither() {
    assert_eq!(probe(&["http", "https://localhost/"]).0, Some(2));
    assert_eq!(probe(&[]).0, Some(2));
}
