//! Requests through an HTTP proxy: a tunnel to an HTTPS server (`CONNECT`, RFC 9110, 9.3.6), and the
//! absolute form of a request to an HTTP server (RFC 9112, 3.2.2).

use std::borrow::Cow;
use std::io::{self, Read, Write};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::proxy_routes::Server;
use super::user_agent::USER_AGENT;
use crate::model::proxy_url::ProxyUrl;
use crate::protocol::error::ProxyError;
use crate::protocol::http::parse::challenge;

/// Limit of the head of the proxy's answer, in bytes.
const MAX_HEAD_LEN: usize = 32 * 1024;
/// Limit of its fields.
const MAX_FIELDS: usize = 100;

/// Asks the proxy at the other end of `stream` for a tunnel to `server`.
///
/// # Errors
/// Any [`ProxyError`].
pub(super) fn open_tunnel(
    stream: &mut (impl Read + Write),
    proxy: &ProxyUrl,
    server: &Server<'_>,
) -> Result<(), ProxyError> {
    let authority = server.authority();
    let login = authorization(proxy).map_or_else(String::new, |value| {
        format!("Proxy-Authorization: {value}\r\n")
    });
    let request = format!(
        "CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: {USER_AGENT}\r\n{login}\r\n"
    );
    let lost = |reason| ProxyError::Lost {
        proxy: proxy.server(),
        reason,
    };
    stream.write_all(request.as_bytes()).map_err(lost)?;
    let head = read_head(stream).map_err(lost)?;
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    let is_complete = response
        .parse(&head)
        .is_ok_and(|status| status.is_complete());
    match response.code.filter(|_| is_complete) {
        Some(200..300) => Ok(()),
        Some(407) => {
            let wanted = response.headers.iter();
            let wanted =
                wanted.filter(|field| field.name.eq_ignore_ascii_case("proxy-authenticate"));
            Err(login_error(proxy, wanted.map(|field| field.value)))
        }
        Some(status) => Err(ProxyError::Refused {
            proxy: proxy.server(),
            status,
        }),
        None => Err(ProxyError::Protocol {
            proxy: proxy.server(),
            protocol: "an HTTP",
        }),
    }
}

/// Reads until the empty line that ends the head. The proxy sends nothing behind it before the client
/// speaks, so single bytes need not be read.
fn read_head(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let (mut head, mut buf) = (Vec::new(), [0; 2048]);
    while head.len() < MAX_HEAD_LEN {
        match stream.read(&mut buf)? {
            0 => break,
            len => head.extend(&buf[..len]),
        }
        let is_end = |end: &[u8]| head.windows(end.len()).any(|bytes| bytes == end);
        if is_end(b"\r\n\r\n") || is_end(b"\n\n") {
            return Ok(head);
        }
    }
    match head.is_empty() {
        true => Err(io::ErrorKind::UnexpectedEof.into()),
        false => Ok(head),
    }
}

/// Returns the error of a proxy that answers 407 with these `Proxy-Authenticate` fields.
pub(crate) fn login_error<'a>(
    proxy: &ProxyUrl,
    fields: impl Iterator<Item = &'a [u8]>,
) -> ProxyError {
    let schemes: Vec<String> = fields
        .flat_map(|field| challenge::parse(&String::from_utf8_lossy(field)))
        .map(|challenge| challenge.scheme)
        .collect();
    let server = proxy.server();
    let speaks = |scheme: &String| scheme.eq_ignore_ascii_case("basic");
    if !schemes.is_empty() && !schemes.iter().any(speaks) {
        return ProxyError::LoginScheme {
            proxy: server,
            schemes: schemes.join(" or "),
        };
    }
    match proxy.login {
        Some(_) => ProxyError::LoginRefused { proxy: server },
        None => ProxyError::LoginRequired { proxy: server },
    }
}

/// Returns the login for the proxy (RFC 7617).
fn authorization(proxy: &ProxyUrl) -> Option<String> {
    let (name, password) = proxy.login.as_ref()?;
    let pair = format!("{name}:{password}");
    Some(format!("Basic {}", BASE64_STANDARD.encode(pair)))
}

/// The form of requests that a proxy passes on.
pub(super) struct AbsoluteForm {
    /// Scheme, host and port of the server.
    origin: String,
    /// A field with its line end; empty without a login.
    login: String,
}

impl AbsoluteForm {
    /// Creates the form of requests to the server `origin` (scheme, host and port) through `proxy`.
    pub fn new(proxy: &ProxyUrl, origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            login: authorization(proxy).map_or_else(String::new, |value| {
                format!("Proxy-Authorization: {value}\r\n")
            }),
        }
    }

    /// Converts the head of a request, or its first part, to this form. A later part stays as it is: no
    /// header field begins like a request line.
    pub fn convert<'a>(&self, head: &'a [u8]) -> Cow<'a, [u8]> {
        let line_end = head.windows(2).position(|bytes| bytes == b"\r\n");
        let (Some(b"GET /"), Some(line_end)) = (head.get(..5), line_end) else {
            return Cow::Borrowed(head);
        };
        let (line, rest) = head.split_at(line_end + 2);
        let (method, target) = line.split_at(4);
        let (origin, login) = (self.origin.as_bytes(), self.login.as_bytes());
        Cow::Owned([method, origin, target, login, rest].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_get_the_absolute_form_and_the_login() {
        let proxy: ProxyUrl = "http://me:pw@proxy:1".parse().unwrap();
        let form = AbsoluteForm::new(&proxy, "http://h:81");
        let head = form.convert(b"GET /a?b HTTP/1.1\r\nhost: h:81\r\n\r\n");
        let text = String::from_utf8(head.into_owned()).unwrap();
        assert_eq!(
            text,
            "GET http://h:81/a?b HTTP/1.1\r\nProxy-Authorization: Basic bWU6cHc=\r\nhost: h:81\r\n\r\n"
        );
        let later = form.convert(b"x: y\r\n\r\n");
        assert_eq!(&*later, b"x: y\r\n\r\n");
        let form = AbsoluteForm::new(&"proxy".parse().unwrap(), "http://h");
        assert_eq!(
            &*form.convert(b"GET / HTTP/1.1\r\n\r\n"),
            b"GET http://h/ HTTP/1.1\r\n\r\n"
        );
    }

    #[test]
    fn a_407_is_told_with_what_the_proxy_wants() {
        let error = |proxy: &str, fields: &[&str]| {
            let fields = fields.iter().map(|field| field.as_bytes());
            login_error(&proxy.parse().unwrap(), fields).to_string()
        };
        assert!(error("http://p:1", &["Basic realm=x"]).contains("requires authentication"));
        assert!(error("http://a:b@p:1", &["Basic realm=x"]).contains("refuses"));
        assert!(error("http://a:b@p:1", &[]).contains("refuses"));
        let windows = error("http://a:secret@p:1", &["NTLM", "Negotiate"]);
        assert!(windows.contains("NTLM or Negotiate") && !windows.contains("secret"));
    }
}
