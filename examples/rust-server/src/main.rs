//! A server that renders Markdown: `POST /render` with a document, `GET /healthz`.

mod render;

use std::env;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tiny_http::{Header, Method, Request, Response, Server};

/// Longer documents are refused.
const LIMIT: u64 = 1 << 20;
const WORKERS: usize = 4;

type Answer = Response<std::io::Cursor<Vec<u8>>>;

fn main() -> ExitCode {
    let port = env::var("PORT").unwrap_or_else(|_| "8080".to_owned());
    if env::args().nth(1).as_deref() == Some("healthcheck") {
        return if is_healthy(&port) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let server = match Server::http(format!("0.0.0.0:{port}")) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("markdown-server: cannot listen on port {port}: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("markdown-server {} listens on port {port}", env!("CARGO_PKG_VERSION"));
    let mut signals = match Signals::new([SIGINT, SIGTERM]) {
        Ok(signals) => signals,
        Err(error) => {
            eprintln!("markdown-server: cannot wait for signals: {error}");
            return ExitCode::FAILURE;
        }
    };
    thread::scope(|scope| {
        // Each worker ends with the request that it is at.
        scope.spawn(|| {
            signals.forever().next();
            (0..WORKERS).for_each(|_| server.unblock());
        });
        for _ in 0..WORKERS {
            scope.spawn(|| {
                for mut request in server.incoming_requests() {
                    let answer = answer(&mut request);
                    // The client may be gone.
                    let _ = request.respond(answer);
                }
            });
        }
    });
    ExitCode::SUCCESS
}

fn answer(request: &mut Request) -> Answer {
    match (request.method(), request.url()) {
        (Method::Get, "/healthz") => json(200, r#"{"status":"ok"}"#.to_owned()),
        (Method::Post, "/render") => render(request),
        _ => problem(404, "there is nothing here"),
    }
}

fn render(request: &mut Request) -> Answer {
    let mut document = String::new();
    match request.as_reader().take(LIMIT + 1).read_to_string(&mut document) {
        Err(_) => problem(400, "a document is text in UTF-8"),
        Ok(length) if length as u64 > LIMIT => problem(413, "a document has 1 MiB at most"),
        Ok(_) => match serde_json::to_string(&render::render(&document)) {
            Ok(page) => json(200, page),
            Err(error) => problem(500, &error.to_string()),
        },
    }
}

fn problem(status: u16, reason: &str) -> Answer {
    json(status, serde_json::json!({ "error": reason }).to_string())
}

fn json(status: u16, body: String) -> Answer {
    let response = Response::from_string(body).with_status_code(status);
    match Header::from_bytes("Content-Type", "application/json") {
        Ok(header) => response.with_header(header),
        Err(()) => response,
    }
}

/// Asks the server of this container.
fn is_healthy(port: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}"))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.lines().next().is_some_and(|line| line.ends_with("200 OK")))
}
