//! One request to one server: redirects followed, what comes back judged.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ureq::http::{HeaderMap, Response, Version, header};
use ureq::{Agent, Error, Timeout};

use super::body_reader::{BodyReader, BodySource};
use super::keep_alive_request;
use super::netrc;
use crate::model::http_options::{Auth, HttpOptions};
use crate::model::http_url::HttpUrl;
use crate::protocol::http::parse::response_check;
use crate::protocol::http::parse::response_check::{Answer, RangeRequest, Rejection, ResponseInfo};
use crate::protocol::http::transport::connection_state::TransportState;
use crate::protocol::net::tcp::lost_reason;
use crate::scheduling::mirror::Mirror;

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 10;

/// An answer that counts, and where its body can be read.
pub(crate) struct HttpResponse {
    pub answer: Answer,
    pub told: ResponseInfo,
    pub body: BodyReader,
}

/// Why there is none.
pub(crate) enum RequestError {
    /// No connection could be made.
    Unreachable(String),
    /// The connection was lost before the head was there.
    Lost(String),
    /// There is an answer, with these words of its status, and it does not count.
    Rejection(Rejection, String),
}

/// Asks `site` for bytes of its file, over `line`, which is the agent's.
pub(crate) fn fetch(
    agent: &Agent,
    line: &TransportState,
    options: &HttpOptions,
    site: &Mirror,
    asked: RangeRequest,
) -> Result<HttpResponse, RequestError> {
    let mut url = site.current();
    let mut from_memory = url != site.url;
    for _ in 0..=MAX_REDIRECTS {
        line.asks();
        let response = send((agent, line), options, site, &url, asked)?;
        line.answered();
        let status = response.status();
        // A link that a redirect gave may have expired, or be for one request only: the redirect may
        // give a new one.
        let stale = status.is_redirection() || status.is_client_error();
        if std::mem::take(&mut from_memory) && stale {
            site.forget_lead();
            url = site.url.clone();
            continue;
        }
        if status.is_redirection() {
            url = redirect(&url, &response, options.allow_downgrade)?;
            continue;
        }
        let (head, body) = response.into_parts();
        let judged = response_check::judge(asked, status, &head.headers, &url.file_name());
        let total = response_check::total(&head.headers);
        let (answer, mut told) = judged.map_err(|rejected| {
            total.map(|total| site.says_len(total));
            RequestError::Rejection(rejected, response_check::status_in_words(status))
        })?;
        // Of a file that is being fetched another length is a change, for the caller to see.
        let begins = matches!(asked, RangeRequest::Whole | RangeRequest::From(0));
        if begins && told.len.is_some_and(|len| !site.says_len(len)) {
            let reason = "the server contradicts itself about the length of the file".to_owned();
            return Err(RequestError::Rejection(
                Rejection::Wrong(reason.clone()),
                reason,
            ));
        }
        if told.name.is_none() && url != site.url && !url.file_name().is_empty() {
            told.name = Some(url.file_name().into_owned());
        }
        let keeps = keeps_open(head.version, &head.headers);
        let body = BodyReader::new(body, &url, line, keeps);
        site.leads_to(url);
        return Ok(HttpResponse { answer, told, body });
    }
    let reason = format!("the link leads on and on (more than {MAX_REDIRECTS} redirects)");
    Err(hopeless(reason))
}

/// Whether another answer may follow over the same connection (RFC 9112, 9.3).
fn keeps_open(version: Version, headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::CONNECTION);
    let mut words = values
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    version == Version::HTTP_11 && !words.any(|word| word.trim().eq_ignore_ascii_case("close"))
}

fn hopeless(reason: String) -> RequestError {
    RequestError::Rejection(Rejection::Permanent(reason.clone()), reason)
}

fn redirect(
    from: &HttpUrl,
    response: &Response<BodySource>,
    downgrade: bool,
) -> Result<HttpUrl, RequestError> {
    let location = response.headers().get(header::LOCATION);
    let location = location.and_then(|value| value.to_str().ok());
    let Some(location) = location else {
        return Err(hopeless(response_check::status_in_words(response.status())));
    };
    let url = from
        .join(location)
        .map_err(|error| hopeless(format!("the server redirects to nowhere: {error}")))?;
    if from.is_https() && !url.is_https() && !downgrade {
        let reason = format!(
            "the server redirects from https to http, which anybody on the way could change: {url}"
        );
        return Err(hopeless(reason));
    }
    Ok(url)
}

fn send(
    (agent, line): (&Agent, &TransportState),
    options: &HttpOptions,
    site: &Mirror,
    url: &HttpUrl,
    asked: RangeRequest,
) -> Result<Response<BodySource>, RequestError> {
    let range = asked.header();
    // What is meant for one server is nobody else's business.
    let is_ours = url.same_origin(&site.url);
    let headers = if is_ours { &options.headers[..] } else { &[] };
    let auth = is_ours.then(|| authorization(options, &site.url)).flatten();
    if headers.is_empty()
        && auth.is_none()
        && let Some(socket) = line.take_kept(&url.origin())
    {
        let answer = keep_alive_request::ask(line, socket, url, range.as_deref());
        if let Some(answer) = answer.map_err(|error| missed(&error, url))? {
            return Ok(answer.map(BodySource::BufferedBody));
        }
        line.asks();
    }
    let mut request = agent.get(url.to_request());
    if let Some(range) = range {
        request = request.header(header::RANGE, range);
    }
    for (name, value) in headers {
        request = request.header(name, value);
    }
    if let Some(auth) = auth {
        request = request.header(header::AUTHORIZATION, auth);
    }
    let answer = request.call().map_err(|error| missed(&error, url))?;
    Ok(answer.map(BodySource::Agents))
}

/// The `Authorization` field: of the link, else of the options, else of the netrc file.
fn authorization(options: &HttpOptions, url: &HttpUrl) -> Option<String> {
    let basic = |name: &str, password: &str| {
        format!(
            "Basic {}",
            BASE64_STANDARD.encode(format!("{name}:{password}"))
        )
    };
    if let Some((name, password)) = url.userinfo() {
        return Some(basic(&name, &password));
    }
    match &options.auth {
        Some(Auth::Basic(name, password)) => Some(basic(name, password)),
        Some(Auth::Bearer(token)) => Some(format!("Bearer {token}")),
        None if options.netrc => {
            let (name, password) = netrc::for_host(url.host())?;
            Some(basic(&name, &password))
        }
        None => None,
    }
}

fn missed(error: &Error, url: &HttpUrl) -> RequestError {
    let host = url.host();
    match error {
        Error::HostNotFound => RequestError::Unreachable(format!("there is no host {host}")),
        // The resolver of the standard library has no kind of its own for this.
        Error::Io(io) if io.to_string().contains("failed to lookup address") => {
            RequestError::Unreachable(format!("there is no host {host}"))
        }
        Error::Timeout(Timeout::Resolve) => {
            RequestError::Unreachable(format!("looking up {host} takes too long"))
        }
        Error::ConnectionFailed | Error::ConnectProxyFailed(_) | Error::InvalidProxyUrl => {
            RequestError::Unreachable(format!("the proxy makes no connection to {host}: {error}"))
        }
        Error::Io(io)
            if io.kind() == std::io::ErrorKind::Other && tls_words(&io.to_string()).is_none() =>
        {
            RequestError::Unreachable(format!("{host} cannot be reached: {io}"))
        }
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) | Error::TlsRequired => {
            hopeless(in_words(error, host))
        }
        Error::Io(io) if tls_words(&io.to_string()).is_some() => hopeless(in_words(error, host)),
        _ => RequestError::Lost(in_words(error, host)),
    }
}

/// Why a request or the reading of its answer failed.
pub(crate) fn in_words(error: &Error, host: &str) -> String {
    match error {
        Error::Timeout(Timeout::RecvResponse) => {
            format!("{host} is too slow: the head of its answer did not come within 30 s")
        }
        Error::Timeout(_) => format!("no answer of {host}: no byte came for too long"),
        Error::BodyStalled => format!("the connection to {host} was closed too early"),
        Error::LargeResponseHeader(..) => {
            format!("the answer of {host} begins with endless header fields")
        }
        Error::Protocol(_) | Error::Http(_) => {
            format!("{host} does not speak HTTP as it should: {error}")
        }
        Error::Io(io) => match tls_words(&io.to_string()) {
            Some(words) => format!("{words} ({host})"),
            None => format!("the connection to {host} was lost: {}", lost_reason(io)),
        },
        Error::Rustls(tls) => {
            let words = tls_words(&format!("{tls:?} {tls}"));
            words.map_or_else(
                || format!("{host} cannot be spoken to securely: {tls}"),
                |words| format!("{words} ({host})"),
            )
        }
        _ => format!("{host} cannot be spoken to: {error}"),
    }
}

/// The usual reasons why a certificate does not convince, and what to do.
fn tls_words(error: &str) -> Option<&'static str> {
    let is = |words: &[&str]| words.iter().any(|word| error.contains(word));
    if is(&["UnknownIssuer", "unknown issuer"]) {
        Some(
            "the server's certificate is signed by nobody that this system trusts; name its CA with --ca-file, or trust anybody with --insecure",
        )
    } else if is(&["certificate expired", "CertExpired"]) || error.contains("Expired") {
        Some("the server's certificate has expired")
    } else if is(&["NotValidForName", "not valid for name"]) {
        Some("the server's certificate is for another host")
    } else if is(&["CaUsedAsEndEntity"]) {
        Some(
            "the server shows the certificate of a CA as its own, which proves nothing; trust anybody with --insecure",
        )
    } else if is(&["invalid peer certificate", "InvalidCertificate"]) {
        Some("the server's certificate is not valid")
    } else {
        None
    }
}
