//! Sends one request to one server, with the cookies and the credentials that are for it, keeps the cookies
//! of the answer, and sends it again if the server asks for credentials in another way (Digest, RFC 7616).

use ureq::http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::authorization::{Credentials, credentials};
use super::body_reader::BodySource;
use super::request_without_ureq;
use crate::model::http_options::HttpOptions;
use crate::model::http_url::HttpUrl;
use crate::protocol::error::{Rejection, RequestError, Unusable};
use crate::protocol::http::parse::challenge::{self, Challenge};
use crate::protocol::http::parse::digest_auth::DigestChallenge;
use crate::protocol::http::parse::response_check::RangeRequest;
use crate::protocol::http::transport::http_proxy;
use crate::protocol::http::transport::pool::PooledConnection;
use crate::scheduling::mirror::Mirror;

/// Limit of answers to one challenge after the other. Two suffice, unless a nonce expires meanwhile.
const MAX_CHALLENGES: usize = 3;

/// Requests `url`, to which redirects of `mirror` may have led.
///
/// # Errors
/// Every [`RequestError`]; of the rejections only those about logins.
pub(super) fn send(
    connection: &PooledConnection,
    options: &HttpOptions,
    mirror: &Mirror,
    url: &HttpUrl,
    requested: RangeRequest,
) -> Result<Response<BodySource>, RequestError> {
    let credentials = credentials(options, &mirror.url, url);
    let mut answered = 0;
    loop {
        let login = credentials
            .as_ref()
            .and_then(|credentials| login_field(connection, credentials, url));
        let request = Request {
            url,
            range: requested.header(),
            login,
            // Custom header fields are only for the server that the user named.
            given: match mirror.url.shares_secrets_with(url) {
                true => &options.headers,
                false => &[],
            },
            demands_identity: mirror.demands_identity(),
            options,
        };
        connection.transport.begin_request();
        let response = send_once(connection, &request)?;
        connection.transport.head_complete();
        // Any response may set cookies, also a challenge (RFC 6265, 5.2).
        for field in response.headers().get_all(header::SET_COOKIE) {
            options.cookies.set(url.as_url(), field.as_bytes());
        }
        match response.status() {
            StatusCode::UNAUTHORIZED => {}
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                check_proxy(connection, url, response.headers())?;
                return Ok(response);
            }
            _ => return Ok(response),
        }
        let challenges = challenges(response.headers());
        check_schemes(&challenges, url)?;
        let digest = challenges.iter().find_map(DigestChallenge::new);
        let (Some(Credentials::Login(login)), Some(digest)) = (&credentials, digest) else {
            return Ok(response);
        };
        // A server that refuses the answer to its own challenge refuses the login.
        let is_refused = answered > 0 && !digest.is_stale();
        if is_refused || answered == MAX_CHALLENGES {
            return Ok(response);
        }
        answered += 1;
        connection.nonces.learn(&url.origin(), &login.name, digest);
    }
}

/// Returns the `Authorization` field: Digest, once the server has asked for it.
fn login_field(
    connection: &PooledConnection,
    credentials: &Credentials,
    url: &HttpUrl,
) -> Option<HeaderValue> {
    let digest = match credentials {
        Credentials::Login(login) => {
            connection
                .nonces
                .next(&url.origin(), &login.name)
                .map(|use_| {
                    let (name, password) = (&login.name, &login.password);
                    use_.answer(name, password, url.path_and_query())
                })
        }
        Credentials::Bearer(_) => None,
    };
    let field = digest.unwrap_or_else(|| credentials.field().into_bytes());
    let mut value = HeaderValue::from_bytes(&field).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn challenges(headers: &HeaderMap) -> Vec<Challenge> {
    let fields = headers.get_all(header::WWW_AUTHENTICATE).into_iter();
    let text = |field: &HeaderValue| String::from_utf8_lossy(field.as_bytes()).into_owned();
    fields
        .flat_map(|field| challenge::parse(&text(field)))
        .collect()
}

/// Refuses a server that offers only schemes which Lanes does not speak, and names them.
fn check_schemes(challenges: &[Challenge], url: &HttpUrl) -> Result<(), RequestError> {
    let speaks = |challenge: &Challenge| {
        let is = |name: &str| challenge.scheme.eq_ignore_ascii_case(name);
        is("basic") || is("bearer") || DigestChallenge::new(challenge).is_some()
    };
    if challenges.is_empty() || challenges.iter().any(speaks) {
        return Ok(());
    }
    let name = |challenge: &Challenge| match challenge.get("algorithm").or(challenge.get("qop")) {
        _ if challenge
            .get("realm")
            .is_some_and(|realm| !realm.is_ascii()) =>
        {
            format!("{} with a realm that is not ASCII", challenge.scheme)
        }
        Some(kind) => format!("{} {kind}", challenge.scheme),
        None => challenge.scheme.clone(),
    };
    let schemes: Vec<String> = challenges.iter().map(name).collect();
    let host = url.host().to_owned();
    let schemes = schemes.join(" or ");
    Err(Rejection::Permanent(Unusable::LoginScheme { host, schemes }).into())
}

/// Refuses an answer 407 of the proxy, and says what the proxy wants.
fn check_proxy(
    connection: &PooledConnection,
    url: &HttpUrl,
    headers: &HeaderMap,
) -> Result<(), RequestError> {
    let Ok(Some(proxy)) = connection.dialer.proxy(&url.origin()) else {
        return Ok(());
    };
    let fields = headers.get_all(header::PROXY_AUTHENTICATE).into_iter();
    Err(RequestError::Proxy {
        host: url.host().to_owned(),
        reason: http_proxy::login_error(proxy, fields.map(HeaderValue::as_bytes)),
    })
}

/// The parts of a request that differ from one to the next.
struct Request<'a> {
    url: &'a HttpUrl,
    /// The `Range` field.
    range: Option<String>,
    /// The `Authorization` field.
    login: Option<HeaderValue>,
    /// Header fields that the user gave.
    given: &'a [(String, String)],
    /// Set to demand a body without content coding.
    demands_identity: bool,
    options: &'a HttpOptions,
}

impl Request<'_> {
    /// Returns whether the user gave this header field.
    fn gives(&self, field: &str) -> bool {
        let mut given = self.given.iter();
        given.any(|(name, _)| name.eq_ignore_ascii_case(field))
    }

    /// Returns the `Cookie` field: the user's cookies, and those of the servers.
    fn cookies(&self) -> Option<HeaderValue> {
        let given = self.given.iter().filter(|(name, _)| is_cookie(name));
        let given: Vec<&str> = given.map(|(_, value)| value.as_str()).collect();
        let field = self.options.cookies.field(self.url.as_url(), &given)?;
        let mut value = HeaderValue::from_bytes(&field).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

fn is_cookie(name: &str) -> bool {
    name.eq_ignore_ascii_case("cookie")
}

fn send_once(
    connection: &PooledConnection,
    request: &Request<'_>,
) -> Result<Response<BodySource>, RequestError> {
    let (transport, url) = (&connection.transport, request.url);
    let failed = |error| RequestError::new(error, url.host());
    let cookies = request.cookies();
    if request.given.is_empty()
        && request.login.is_none()
        && cookies.is_none()
        && !request.demands_identity
        && let Some(socket) = transport.take_idle(&url.origin())
    {
        let range = request.range.as_deref();
        let response = request_without_ureq::send(transport, socket, url, range);
        if let Some(response) = response.map_err(failed)? {
            return Ok(response.map(BodySource::Buffered));
        }
        transport.begin_request();
    }
    let mut sent = connection.agent.get(url.to_request());
    if let Some(range) = &request.range {
        sent = sent.header(header::RANGE, range);
    }
    if request.demands_identity && !request.gives(header::ACCEPT_ENCODING.as_str()) {
        sent = sent.header(header::ACCEPT_ENCODING, "identity;q=1, *;q=0");
    }
    for (name, value) in request.given.iter().filter(|(name, _)| !is_cookie(name)) {
        sent = sent.header(name, value);
    }
    if let Some(cookies) = cookies {
        sent = sent.header(header::COOKIE, cookies);
    }
    if let Some(login) = &request.login {
        sent = sent.header(header::AUTHORIZATION, login);
    }
    let response = sent.call().map_err(failed)?;
    Ok(response.map(BodySource::Ureq))
}
