//! The client side of SOCKS4, `SOCKS4a` and SOCKS5 (RFC 1928, RFC 1929). The proxy resolves host names, but
//! for SOCKS4, which has none.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs as _};

use super::proxy_routes::Server;
use crate::model::proxy_url::{ProxyProtocol, ProxyUrl};
use crate::protocol::error::{ProxyError, SOCKS_LOGIN_REFUSED, SOCKS_NO_METHOD};

/// Longest host name, user name or password, in bytes.
const MAX_LEN: usize = 255;

/// Asks the proxy at the other end of `stream` to connect to `server`.
///
/// # Errors
/// Any [`ProxyError`].
pub(super) fn connect(
    stream: &mut (impl Read + Write),
    proxy: &ProxyUrl,
    server: &Server<'_>,
) -> Result<(), ProxyError> {
    let result = match proxy.protocol {
        ProxyProtocol::Socks4 => match ipv4(server) {
            Some(address) => socks4(stream, proxy, server.port, address, None),
            None => Err(Failure::Ipv4Only),
        },
        ProxyProtocol::Socks4a => match server.host.parse() {
            Ok(IpAddr::V4(address)) => socks4(stream, proxy, server.port, address, None),
            Ok(IpAddr::V6(_)) => Err(Failure::Ipv4Only),
            // An address 0.0.0.x stands for the name behind it.
            Err(_) => {
                let named = Ipv4Addr::new(0, 0, 0, 1);
                socks4(stream, proxy, server.port, named, Some(server.host))
            }
        },
        _ => socks5(stream, proxy, server),
    };
    let proxy = proxy.server();
    result.map_err(|failure| match failure {
        Failure::Io(reason) => ProxyError::Lost { proxy, reason },
        Failure::Code(code) => ProxyError::Socks { proxy, code },
        Failure::Ipv4Only => ProxyError::Ipv4Only { proxy },
        Failure::Protocol => ProxyError::Protocol {
            proxy,
            protocol: "a SOCKS",
        },
    })
}

enum Failure {
    Io(io::Error),
    /// The proxy answers with this code.
    Code(u8),
    Ipv4Only,
    Protocol,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Returns the first IPv4 address of a server.
fn ipv4(server: &Server<'_>) -> Option<Ipv4Addr> {
    let addresses = (server.host, server.port).to_socket_addrs().ok()?;
    addresses
        .into_iter()
        .find_map(|address| match address.ip() {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        })
}

fn socks4(
    stream: &mut (impl Read + Write),
    proxy: &ProxyUrl,
    port: u16,
    address: Ipv4Addr,
    host: Option<&str>,
) -> Result<(), Failure> {
    let mut request = vec![4, 1];
    request.extend(port.to_be_bytes());
    request.extend(address.octets());
    let user = proxy.login.as_ref().map_or("", |(name, _)| name);
    for text in [Some(user), host].into_iter().flatten() {
        request.extend(text.bytes().filter(|byte| *byte != 0).take(MAX_LEN));
        request.push(0);
    }
    stream.write_all(&request)?;
    let mut reply = [0; 8];
    stream.read_exact(&mut reply)?;
    match reply {
        [0, 90, ..] => Ok(()),
        [0, code @ 91..=93, ..] => Err(Failure::Code(code)),
        _ => Err(Failure::Protocol),
    }
}

fn socks5(
    stream: &mut (impl Read + Write),
    proxy: &ProxyUrl,
    server: &Server<'_>,
) -> Result<(), Failure> {
    let greeting: &[u8] = match proxy.login {
        Some(_) => &[5, 2, 0, 2],
        None => &[5, 1, 0],
    };
    stream.write_all(greeting)?;
    let mut method = [0; 2];
    stream.read_exact(&mut method)?;
    match (method, &proxy.login) {
        ([5, 0], _) => {}
        ([5, 2], Some((name, password))) => log_in(stream, name, password)?,
        ([5, _], _) => return Err(Failure::Code(SOCKS_NO_METHOD)),
        _ => return Err(Failure::Protocol),
    }
    let mut request = vec![5, 1, 0];
    match server.host.parse() {
        Ok(IpAddr::V4(address)) => {
            request.push(1);
            request.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            request.push(4);
            request.extend(address.octets());
        }
        Err(_) => {
            request.push(3);
            push_text(&mut request, server.host);
        }
    }
    request.extend(server.port.to_be_bytes());
    stream.write_all(&request)?;
    read_reply(stream)
}

/// Sends user name and password (RFC 1929).
fn log_in(stream: &mut (impl Read + Write), name: &str, password: &str) -> Result<(), Failure> {
    let mut request = vec![1];
    push_text(&mut request, name);
    push_text(&mut request, password);
    stream.write_all(&request)?;
    let mut status = [0; 2];
    stream.read_exact(&mut status)?;
    match status {
        [_, 0] => Ok(()),
        _ => Err(Failure::Code(SOCKS_LOGIN_REFUSED)),
    }
}

/// Appends a text with its length before it.
fn push_text(request: &mut Vec<u8>, text: &str) {
    let text = &text.as_bytes()[..text.len().min(MAX_LEN)];
    request.push(text.len() as u8);
    request.extend(text);
}

fn read_reply(stream: &mut impl Read) -> Result<(), Failure> {
    let mut head = [0; 4];
    stream.read_exact(&mut head)?;
    let [5, code, _, kind] = head else {
        return Err(Failure::Protocol);
    };
    if code != 0 {
        return Err(Failure::Code(code));
    }
    let address_len = match kind {
        1 => 4,
        4 => 16,
        3 => {
            let mut len = [0];
            stream.read_exact(&mut len)?;
            usize::from(len[0])
        }
        _ => return Err(Failure::Protocol),
    };
    // The address that the proxy connects from, and its port.
    stream.read_exact(&mut vec![0; address_len + 2])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A proxy with prepared answers, which records the requests.
    struct Prepared {
        answers: io::Cursor<Vec<u8>>,
        asked: Vec<u8>,
    }

    impl Read for Prepared {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            self.answers.read(buf)
        }
    }

    impl Write for Prepared {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.asked.extend(buf);
            Ok(buf.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn ask(proxy: &str, origin: &str, answers: &[u8]) -> (Vec<u8>, Result<(), ProxyError>) {
        let mut stream = Prepared {
            answers: io::Cursor::new(answers.to_vec()),
            asked: Vec::new(),
        };
        let result = connect(&mut stream, &proxy.parse().unwrap(), &Server::of(origin));
        (stream.asked, result)
    }

    #[test]
    fn socks5_names_the_host_and_logs_in() {
        let done = [5, 0, 5, 0, 0, 1, 9, 9, 9, 9, 0, 1];
        let (asked, result) = ask("socks5://p", "http://h.example", &done);
        assert_eq!(asked, b"\x05\x01\x00\x05\x01\x00\x03\x09h.example\x00\x50");
        assert!(result.is_ok());
        let done = [5, 2, 1, 0, 5, 0, 0, 3, 1, b'x', 0, 1];
        let (asked, result) = ask("socks5h://me:pw@p", "https://1.2.3.4", &done);
        let expected = b"\x05\x02\x00\x02\x01\x02me\x02pw\x05\x01\x00\x01\x01\x02\x03\x04\x01\xbb";
        assert_eq!(asked, expected);
        assert!(result.is_ok());
    }

    #[test]
    fn socks4_has_addresses_and_socks4a_names() {
        let done = [0, 90, 0, 0, 0, 0, 0, 0];
        let (asked, result) = ask("socks4://p", "http://127.0.0.1:81", &done);
        assert_eq!(asked, b"\x04\x01\x00\x51\x7f\x00\x00\x01\x00");
        assert!(result.is_ok());
        let (asked, result) = ask("socks4a://me@p", "http://h.example", &done);
        assert_eq!(
            asked,
            b"\x04\x01\x00\x50\x00\x00\x00\x01me\x00h.example\x00"
        );
        assert!(result.is_ok());
        let (_, result) = ask("socks4a://p", "http://[::1]", &done);
        assert!(matches!(result, Err(ProxyError::Ipv4Only { .. })));
    }

    #[test]
    fn refusals_are_told_apart() {
        for (proxy, answers, is_permanent, word) in [
            ("socks5://p", &[5, 0xFF][..], true, "login"),
            (
                "socks5://me:x@p",
                &[5, 2, 1, 1][..],
                true,
                "refuses the user name",
            ),
            ("socks5://p", &[5, 0, 5, 2, 0, 1][..], true, "rules"),
            ("socks5://p", &[5, 0, 5, 4, 0, 1][..], false, "unreachable"),
            ("socks5://p", b"HTTP/1.1 400 Bad", true, "a SOCKS proxy"),
            ("socks5://p", &[5, 0][..], false, "lost"),
            (
                "socks4://p",
                &[0, 91, 0, 0, 0, 0, 0, 0][..],
                false,
                "failed",
            ),
        ] {
            let (_, result) = ask(proxy, "http://127.0.0.1", answers);
            let error = result.unwrap_err();
            assert_eq!(error.is_permanent(), is_permanent, "{error}");
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}
