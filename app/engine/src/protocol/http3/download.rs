//! Fetches a file over HTTP/3: one GET over one QUIC connection, and what leads to it.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use quinn_proto::{Dir, StreamId};

use super::alternative_service::{self, Http3Service};
use super::parse::field_section::encode;
use super::parse::frame;
use super::parse::response::{ResponseHead, ResponseReader};
use super::parse::server_stream::{OpenedTypes, ServerStream};
use super::parse::violation::Violation;
use super::quic_connection::{Limits, QuicConnection, StreamState};
use crate::model::http_options::HttpOptions;
use crate::model::http_url::HttpUrl;
use crate::model::outcome::FetchError;
use crate::protocol::error::{ConnectError, Http3Error};
use crate::protocol::http::client::{authorization, metadata_request};
use crate::protocol::http::transport::proxy_routes::{ProxyRoutes, Server};
use crate::protocol::http::transport::tls_config::TlsConfig;
use crate::protocol::http::transport::user_agent::USER_AGENT;
use crate::protocol::net::recent_addresses;
use crate::sync::cancel::CancelToken;

/// Longest handshake with one address: three lost packets. Where UDP is blocked nothing ever answers.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Addresses of a host that are tried, one after the other.
const MAX_ADDRESSES: usize = 2;
/// Redirects that are followed.
const MAX_REDIRECTS: usize = 10;
/// Code of a connection that ends well (RFC 9114, 8.1: `H3_NO_ERROR`).
const NO_ERROR: u32 = 0x100;
/// Code of a response that the client no longer wants (`H3_REQUEST_CANCELLED`).
const CANCELLED: u32 = 0x10C;

/// A file that was fetched over HTTP/3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Http3Outcome {
    /// Length of the file in bytes.
    pub bytes: u64,
    /// From the start before the lookup of the host to the last byte written.
    pub elapsed: Duration,
    /// From the same start to the first byte of the file; `None` for an empty file.
    pub first_byte: Option<Duration>,
}

/// Asks the server over TCP, by a request for the first byte of the file, and returns the place where it
/// speaks HTTP/3 according to `Alt-Svc`; `None` if it announces none.
///
/// # Errors
/// Those of a download over TCP.
pub fn offer(
    url: &HttpUrl,
    options: &HttpOptions,
    cancel: &CancelToken,
) -> Result<Option<Http3Service>, FetchError> {
    let described = metadata_request::describe(url, options, cancel)?;
    let alternatives = described.info.alternatives.as_deref();
    // After a redirect they are those of another server; the redirect is met again over HTTP/3.
    let own = alternatives.filter(|_| described.final_url.is_none());
    Ok(own.and_then(alternative_service::http3))
}

/// Requests the file over HTTP/3, and ends the connection once the head of the response has arrived. (Servers
/// answer HEAD with less care.)
///
/// # Errors
/// As [`fetch`].
pub fn speaks(
    url: &HttpUrl,
    service: Option<&Http3Service>,
    options: &HttpOptions,
    cancel: &CancelToken,
) -> Result<(), FetchError> {
    let fetch = Fetch::new(url, options, cancel)?;
    fetch.run(service, Extent::Head, &mut io::sink())?;
    Ok(())
}

/// Fetches the file at `url` over one connection and writes it to `sink`. Without a `service` the server is
/// tried at the port of the link. Trusts the certificates that a download over TCP trusts, follows
/// redirects to `https`, and sends the same credentials.
///
/// # Errors
/// [`FetchError::Stopped`] after a cancellation, which is noticed within 50 ms; else
/// [`FetchError::Failed`]. A server that does not answer over UDP costs 5 s for each of two addresses.
pub fn fetch(
    url: &HttpUrl,
    service: Option<&Http3Service>,
    options: &HttpOptions,
    cancel: &CancelToken,
    sink: &mut dyn io::Write,
) -> Result<Http3Outcome, FetchError> {
    let fetch = Fetch::new(url, options, cancel)?;
    Ok(fetch.run(service, Extent::Whole, sink)?)
}

/// One fetch, with its options.
struct Fetch<'a> {
    link: &'a HttpUrl,
    options: &'a HttpOptions,
    cancel: &'a CancelToken,
    proxies: ProxyRoutes,
    tls: Arc<rustls::ClientConfig>,
    begun: Instant,
}

/// The part of a response that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// The head.
    Head,
    /// The head and the whole body.
    Whole,
}

/// The end of one exchange.
enum Exchanged {
    /// The file, its length, and the time of its first byte.
    File(u64, Option<Instant>),
    Redirect(HttpUrl),
}

impl<'a> Fetch<'a> {
    fn new(
        link: &'a HttpUrl,
        options: &'a HttpOptions,
        cancel: &'a CancelToken,
    ) -> Result<Self, Http3Error> {
        let begun = Instant::now();
        let tls = TlsConfig::new(options).map_err(|error| Http3Error::Config(error.into()))?;
        Ok(Self {
            link,
            options,
            cancel,
            proxies: ProxyRoutes::new(&options.proxy)?,
            tls: tls.client_config()?,
            begun,
        })
    }

    fn run(
        &self,
        service: Option<&Http3Service>,
        extent: Extent,
        sink: &mut dyn io::Write,
    ) -> Result<Http3Outcome, Http3Error> {
        let mut url = self.link.clone();
        for _ in 0..=MAX_REDIRECTS {
            // The place is that of the server of the link.
            let service = service.filter(|_| url.same_origin(self.link));
            match self.exchange(&url, service, extent, sink)? {
                Exchanged::Redirect(target) => url = target,
                Exchanged::File(bytes, first_byte) => {
                    sink.flush().map_err(Http3Error::Write)?;
                    return Ok(Http3Outcome {
                        bytes,
                        elapsed: self.begun.elapsed(),
                        first_byte: first_byte.map(|at| at.saturating_duration_since(self.begun)),
                    });
                }
            }
        }
        Err(Http3Error::Redirect)
    }

    /// Sends one request over a new connection and reads its response.
    fn exchange(
        &self,
        url: &HttpUrl,
        service: Option<&Http3Service>,
        extent: Extent,
        sink: &mut dyn io::Write,
    ) -> Result<Exchanged, Http3Error> {
        let mut connection = self.connect(url, service)?;
        let result = Exchange::new(&mut connection, &self.fields(url))
            .and_then(|exchange| {
                exchange.run(extent, sink, self.options.time_limits.within_response())
            })
            .and_then(|(reader, first_byte)| self.judge(url, extent, &reader, first_byte));
        connection.close(match &result {
            Err(Http3Error::Violation(violation)) => violation.code(),
            Err(_) => CANCELLED,
            Ok(_) => NO_ERROR,
        });
        result
    }

    fn connect(
        &self,
        url: &HttpUrl,
        service: Option<&Http3Service>,
    ) -> Result<QuicConnection, Http3Error> {
        if !url.is_https() {
            return Err(Http3Error::NotHttps);
        }
        let origin = url.origin();
        let server = Server::of(&origin);
        if let Some(proxy) = self.proxies.route(&server)? {
            return Err(Http3Error::Proxied(proxy.server()));
        }
        let host = service.and_then(|service| service.host.as_deref());
        let host = host.map_or(server.host, |host| host.trim_matches(['[', ']']));
        let port = service.map_or(server.port, |service| service.port);
        let limits = Limits {
            handshake: HANDSHAKE.min(self.options.time_limits.connect),
            silence: self.options.time_limits.within_response(),
        };
        let mut last = Http3Error::Address(ConnectError::NoAddress);
        for address in addresses(host, port)? {
            match QuicConnection::open(address, server.host, &self.tls, limits, self.cancel) {
                Ok(connection) => return Ok(connection),
                Err(
                    error @ (Http3Error::Refused(_)
                    | Http3Error::NoAnswer { .. }
                    | Http3Error::Io(_)),
                ) => {
                    last = error;
                }
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    /// Returns the fields of a request.
    fn fields(&self, url: &HttpUrl) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            (":method", "GET".to_owned()),
            (":scheme", "https".to_owned()),
            (":authority", url.server().to_owned()),
            (":path", url.path_and_query().to_owned()),
            ("accept", "*/*".to_owned()),
            ("accept-encoding", "identity".to_owned()),
            ("user-agent", USER_AGENT.to_owned()),
        ];
        let credentials = authorization::credentials(self.options, self.link, url);
        fields.extend(credentials.map(|found| ("authorization", found.field())));
        fields
    }

    /// Decides about a complete response.
    fn judge(
        &self,
        url: &HttpUrl,
        extent: Extent,
        reader: &ResponseReader,
        first_byte: Option<Instant>,
    ) -> Result<Exchanged, Http3Error> {
        // Only the head is read of a response that is not the file.
        let head = reader.head().ok_or(Violation::NoHead)?;
        if let 301 | 302 | 303 | 307 | 308 = head.status {
            let location = head.location.as_deref().ok_or(Http3Error::Redirect)?;
            let target = url.join(location).map_err(Http3Error::Location)?;
            return match target.is_https() {
                true => Ok(Exchanged::Redirect(target)),
                false => Err(Http3Error::Redirect),
            };
        }
        check_head(head)?;
        let received = reader.received();
        if extent == Extent::Head {
            return Ok(Exchanged::File(received, first_byte));
        }
        reader.finish()?;
        match head.len {
            Some(announced) if announced != received => Err(Http3Error::Length {
                received,
                announced,
            }),
            _ => Ok(Exchanged::File(received, first_byte)),
        }
    }
}

/// Checks that the body is the file.
fn check_head(head: &ResponseHead) -> Result<(), Http3Error> {
    if head.status != 200 {
        return Err(Http3Error::Status(head.status));
    }
    match &head.coding {
        Some(coding) => Err(Http3Error::Coded(coding.clone())),
        None => Ok(()),
    }
}

/// Looks up a host: the addresses that accepted a TCP connection lately come first.
fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
    let found = (host, port)
        .to_socket_addrs()
        .map_err(ConnectError::Lookup)?;
    let mut found: Vec<SocketAddr> = found.collect();
    recent_addresses::prefer(&mut found);
    found.truncate(MAX_ADDRESSES);
    Ok(found)
}

/// A request that is sent, and its response.
struct Exchange<'a> {
    connection: &'a mut QuicConnection,
    request: StreamId,
    response: ResponseReader,
    server_streams: Vec<(StreamId, ServerStream)>,
    opened: OpenedTypes,
    first_byte: Option<Instant>,
}

impl<'a> Exchange<'a> {
    /// Opens the control stream and sends the request.
    fn new(
        connection: &'a mut QuicConnection,
        fields: &[(&str, String)],
    ) -> Result<Self, Http3Error> {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let headers = frame::headers(&encode(&fields));
        let control = connection.send_stream(Dir::Uni, &frame::control_preface(), false);
        let request = control.and_then(|_| connection.send_stream(Dir::Bi, &headers, true));
        Ok(Self {
            connection,
            // Every server allows these streams from the start (RFC 9114, 6.1 and 6.2).
            request: request.ok_or(Http3Error::NoHttp3)?,
            response: ResponseReader::new(),
            server_streams: Vec::new(),
            opened: OpenedTypes::default(),
            first_byte: None,
        })
    }

    /// Reads the response to its end, or to the head of a response that is not the file. Gives up after
    /// `silence` without a byte of it.
    fn run(
        mut self,
        extent: Extent,
        sink: &mut dyn io::Write,
        silence: Duration,
    ) -> Result<(ResponseReader, Option<Instant>), Http3Error> {
        let mut last_byte = (Instant::now(), 0);
        loop {
            self.connection.turn()?;
            self.read_server_streams()?;
            let state = self.read_response(sink)?;
            let is_file = self.response.head().is_none_or(|head| head.status == 200);
            let is_enough = extent == Extent::Head && self.response.head().is_some();
            if state == StreamState::Finished || !is_file || is_enough {
                return Ok((self.response, self.first_byte));
            }
            if self.response.received() != last_byte.1 {
                last_byte = (Instant::now(), self.response.received());
            } else if last_byte.0.elapsed() >= silence {
                return Err(Http3Error::Idle(silence));
            }
            self.connection.wait()?;
        }
    }

    fn read_response(&mut self, sink: &mut dyn io::Write) -> Result<StreamState, Http3Error> {
        let (response, first_byte) = (&mut self.response, &mut self.first_byte);
        self.connection.read(self.request, &mut |mut bytes| {
            while let Some(part) = response.next(&mut bytes)? {
                if response.head().is_some_and(|head| check_head(head).is_ok()) {
                    first_byte.get_or_insert_with(Instant::now);
                    sink.write_all(part).map_err(Http3Error::Write)?;
                }
            }
            Ok(())
        })
    }

    fn read_server_streams(&mut self) -> Result<(), Http3Error> {
        while let Some(id) = self.connection.accept() {
            self.server_streams.push((id, ServerStream::new()));
        }
        let opened = &mut self.opened;
        let mut ended = None;
        for (id, stream) in &mut self.server_streams {
            let mut read = |bytes: &[u8]| Ok(stream.read(bytes, opened)?);
            if self.connection.read(*id, &mut read)? == StreamState::Finished {
                stream.finish()?;
                ended = Some(*id);
            }
        }
        self.server_streams.retain(|(id, _)| Some(*id) != ended);
        Ok(())
    }
}
