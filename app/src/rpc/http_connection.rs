//! One connection to the interface: HTTP requests, perhaps an upgrade to a WebSocket.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::http_request::{Head, MAX_BODY, ReadError, RequestReader};
use super::port_holder;
use super::query;
use super::service::Service;
use super::websocket;

/// Longest time without a byte of a request.
const IDLE: Duration = Duration::from_secs(120);
/// Longest time that a client may take to accept bytes.
const WRITE: Duration = Duration::from_secs(20);
/// Longest time for which the rest of a refused request is read, so that the client reads the answer.
const LINGER: Duration = Duration::from_secs(5);

/// Serves a connection until it ends. Errors of the connection end it without further notice.
pub(crate) fn serve(service: &Service<'_>, stream: &TcpStream) {
    let prepared = stream
        .set_read_timeout(Some(IDLE))
        .and_then(|()| stream.set_write_timeout(Some(WRITE)))
        .and_then(|()| stream.set_nodelay(true));
    if prepared.is_err() {
        return;
    }
    let mut reader = RequestReader::new(stream);
    while !service.backend.signal().is_stopped() {
        match exchange(service, stream, &mut reader) {
            Ok(Next::Request) => {}
            Ok(Next::WebSocket) => return websocket::serve(service, stream, reader.into_rest()),
            Ok(Next::Close) | Err(ReadError::Io(_)) => break,
            Err(error) => {
                let status = error.status().unwrap_or(400);
                let _ = respond(stream, status, &text_fields(false), &error.to_string());
                linger(stream);
                break;
            }
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
}

/// Continuation of a connection.
enum Next {
    Request,
    WebSocket,
    Close,
}

fn exchange(
    service: &Service<'_>,
    stream: &TcpStream,
    reader: &mut RequestReader<&TcpStream>,
) -> Result<Next, ReadError> {
    let Some(head) = reader.head()? else {
        return Ok(Next::Close);
    };
    let keeps_alive = head.keeps_alive();
    let origin = head.field("Origin");
    if let Err(refusal) = service.access.check(head.field("Host"), origin) {
        let status = 403;
        respond(stream, status, &text_fields(false), &refusal.to_string())?;
        linger(stream);
        return Ok(Next::Close);
    }
    if head.path() != "/jsonrpc" {
        let text = port_holder::OWN_ANSWER;
        reader.body(&head, || go_on(stream))?;
        respond(stream, 404, &text_fields(keeps_alive), text)?;
        return Ok(after(keeps_alive));
    }
    let fields = json_fields(&head);
    match head.method.as_str() {
        "OPTIONS" => respond(stream, 200, &preflight_fields(&head), "")?,
        "GET" if head.has_word("Upgrade", "websocket") => {
            return match websocket::accept_fields(&head) {
                Some(fields) => {
                    respond(stream, 101, &fields, "")?;
                    Ok(Next::WebSocket)
                }
                None => Err(ReadError::Syntax),
            };
        }
        "POST" => {
            let body = reader.body(&head, || go_on(stream))?;
            let response = service.answer(&body);
            drop(body);
            respond(stream, response.status, &fields, &response.body)?;
        }
        "GET" => match query::body(&head, service.secret.is_some()) {
            Ok(body) => {
                let response = service.answer(body.as_bytes());
                respond(stream, response.status, &fields, &response.body)?;
            }
            Err(error) => respond(stream, 403, &text_fields(keeps_alive), &error.to_string())?,
        },
        _ => {
            let mut fields = text_fields(false);
            fields.push(("Allow", "GET, OPTIONS, POST".into()));
            respond(stream, 405, &fields, "use POST")?;
            linger(stream);
            return Ok(Next::Close);
        }
    }
    Ok(after(keeps_alive))
}

fn after(keeps_alive: bool) -> Next {
    match keeps_alive {
        true => Next::Request,
        false => Next::Close,
    }
}

fn go_on(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
}

type Fields = Vec<(&'static str, String)>;

fn text_fields(keeps_alive: bool) -> Fields {
    let connection = if keeps_alive { "keep-alive" } else { "close" };
    vec![
        ("Content-Type", "text/plain; charset=utf-8".into()),
        ("X-Content-Type-Options", "nosniff".into()),
        ("Connection", connection.into()),
    ]
}

fn json_fields(head: &Head) -> Fields {
    let mut fields = text_fields(head.keeps_alive());
    fields[0].1 = "application/json-rpc".into();
    fields.extend(origin_fields(head));
    fields
}

/// Returns the fields that let a page of an allowed origin read the response.
fn origin_fields(head: &Head) -> Fields {
    match head.field("Origin") {
        Some(origin) => vec![
            ("Access-Control-Allow-Origin", origin.to_owned()),
            ("Vary", "Origin".into()),
        ],
        None => Vec::new(),
    }
}

/// Returns the fields that answer a preflight of an allowed origin (Fetch Standard, 3.3).
fn preflight_fields(head: &Head) -> Fields {
    let mut fields = json_fields(head);
    if head.field("Access-Control-Request-Method").is_none() {
        return fields;
    }
    fields.push(("Access-Control-Allow-Methods", "POST, GET, OPTIONS".into()));
    fields.push(("Access-Control-Max-Age", "1728000".into()));
    if let Some(names) = head.field("Access-Control-Request-Headers") {
        fields.push(("Access-Control-Allow-Headers", names.to_owned()));
    }
    for network in ["Private", "Local"] {
        let asked = format!("Access-Control-Request-{network}-Network");
        if head.field(&asked) == Some("true") {
            let allowed = match network {
                "Private" => "Access-Control-Allow-Private-Network",
                _ => "Access-Control-Allow-Local-Network",
            };
            fields.push((allowed, "true".into()));
        }
    }
    fields
}

/// Writes a response. The values of `fields` come from a parsed head or from here, so they have no line ends.
fn respond(mut stream: &TcpStream, status: u16, fields: &Fields, body: &str) -> io::Result<()> {
    let reason = match status {
        101 => "Switching Protocols",
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        411 => "Length Required",
        413 => "Content Too Large",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    };
    let mut text = format!("HTTP/1.1 {status} {reason}\r\n");
    for (name, value) in fields {
        text += &format!("{name}: {value}\r\n");
    }
    if status != 101 {
        text += &format!("Content-Length: {}\r\n", body.len());
    }
    text += "\r\n";
    text += body;
    stream.write_all(text.as_bytes())
}

/// Refuses a connection that is one too many.
pub(crate) fn refuse(stream: &TcpStream) {
    let _ = stream.set_write_timeout(Some(Duration::from_millis(100)));
    let text = "too many connections: close some, or try again later";
    let _ = respond(stream, 503, &text_fields(false), text);
    let _ = stream.shutdown(Shutdown::Both);
}

/// Reads what the client still sends, within limits: closing with unread bytes would reset the connection, and
/// the client would not see the response.
fn linger(mut stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.set_read_timeout(Some(Duration::from_millis(500)));
    let deadline = Instant::now() + LINGER;
    let mut chunk = vec![0; 64 << 10];
    let mut left = 64 * MAX_BODY;
    while Instant::now() < deadline && left > 0 {
        match stream.read(&mut chunk) {
            Ok(len) if len > 0 => left = left.saturating_sub(len),
            _ => break,
        }
    }
}
