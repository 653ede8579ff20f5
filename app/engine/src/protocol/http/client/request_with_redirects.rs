//! Sends a request to one server, follows its redirects, and checks the response.

use ureq::http::{HeaderMap, Response, Version, header};

use super::body_reader::{BodyReader, BodySource};
use super::{authenticated_request, page_guard};
use crate::model::http_options::HttpOptions;
use crate::model::http_url::HttpUrl;
use crate::protocol::error::{Mismatch, Rejection, RequestError, Unusable};
use crate::protocol::http::parse::response_check;
use crate::protocol::http::parse::response_check::{Content, Expected, RangeRequest, ResponseInfo};
use crate::protocol::http::transport::pool::PooledConnection;
use crate::scheduling::mirror::Mirror;

/// Limit of redirects, as in browsers.
const MAX_REDIRECTS: usize = 20;

/// A response that counts.
pub(crate) struct HttpResponse {
    pub content: Content,
    pub info: ResponseInfo,
    pub body: BodyReader,
}

/// Requests bytes of the file of `mirror` over `connection`.
///
/// # Errors
/// See [`RequestError`].
pub(crate) fn fetch(
    connection: &PooledConnection,
    options: &HttpOptions,
    mirror: &Mirror,
    requested: RangeRequest,
) -> Result<HttpResponse, RequestError> {
    let transport = &connection.transport;
    let mut url = match mirror.doubts_redirect() {
        true => mirror.url.clone(),
        false => mirror.current_url(),
    };
    let mut was_redirected_before = url != mirror.url;
    for _ in 0..=MAX_REDIRECTS {
        let response = authenticated_request::send(connection, options, mirror, &url, requested);
        mirror.record_at_redirect(response.is_ok());
        let response = response?;
        let status = response.status();
        // The target of an earlier redirect may have expired, or be valid for one request only. The
        // original URL may redirect to a new one. The target is kept until then: the original URL may
        // be good only once. A place that serves other connections takes no more, and is not left.
        let is_stale = status.is_redirection() || status.is_client_error();
        if std::mem::take(&mut was_redirected_before) && is_stale && mirror.responses() == 0 {
            url = mirror.url.clone();
            continue;
        }
        if status.is_redirection() {
            url = redirect_target(&url, &response, options.allow_downgrade)?;
            if mirror.stays_on_host && url.host() != mirror.url.host() {
                return Err(permanent(Unusable::OtherHost(url)));
            }
            continue;
        }
        let (head, body) = response.into_parts();
        let (content, mut info) = check(requested, &head, &url, mirror)?;
        let keep_alive = is_kept_alive(head.version, &head.headers);
        let mut body = BodyReader::new(body, &url, transport, keep_alive);
        if page_guard::is_page(mirror, &url, (&content, &info), &mut body) {
            return Err(permanent(Unusable::WebPage));
        }
        confirm(requested, &mut info, &url, mirror)?;
        mirror.set_redirect(url);
        return Ok(HttpResponse {
            content,
            info,
            body,
        });
    }
    Err(permanent(Unusable::TooManyRedirects(MAX_REDIRECTS)))
}

/// Checks the head of a response from `url`, which `mirror` leads to.
fn check(
    requested: RangeRequest,
    head: &ureq::http::response::Parts,
    url: &HttpUrl,
    mirror: &Mirror,
) -> Result<(Content, ResponseInfo), RequestError> {
    let expected = Expected {
        names: &[&mirror.url.file_name(), &url.file_name()],
        len: mirror.expected.len(),
        may_decode: mirror.demands_identity(),
    };
    let checked = response_check::check(requested, head.status, &head.headers, &expected);
    checked.map_err(|rejection| {
        // A response that does not count says nothing about the file. Only where its two lengths contradict
        // each other must the next response agree with one of them.
        if let Rejection::Mismatch(Mismatch::ContradictoryLength) = rejection
            && let Some(len) = response_check::total_len(&head.headers)
        {
            mirror.confirm_len(len);
        }
        RequestError::Rejected(rejection)
    })
}

/// Compares the length of the file with earlier responses, and completes its name.
fn confirm(
    requested: RangeRequest,
    info: &mut ResponseInfo,
    url: &HttpUrl,
    mirror: &Mirror,
) -> Result<(), RequestError> {
    // Once ranges are fetched, the caller treats another length as a change of the file.
    let is_first = matches!(requested, RangeRequest::Whole | RangeRequest::From(0));
    if is_first && info.len.is_some_and(|len| !mirror.confirm_len(len)) {
        return Err(Rejection::from(Mismatch::LengthChanged).into());
    }
    if info.name.is_none() && *url != mirror.url && !url.file_name().is_empty() {
        info.name = Some(url.file_name().into_owned());
    }
    Ok(())
}

/// Returns whether the connection may carry another response (RFC 9112, 9.3).
fn is_kept_alive(version: Version, headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::CONNECTION);
    let mut options = values
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    version == Version::HTTP_11 && !options.any(|word| word.trim().eq_ignore_ascii_case("close"))
}

fn permanent(reason: Unusable) -> RequestError {
    Rejection::Permanent(reason).into()
}

fn redirect_target(
    from: &HttpUrl,
    response: &Response<BodySource>,
    allow_downgrade: bool,
) -> Result<HttpUrl, RequestError> {
    let location = response.headers().get(header::LOCATION);
    let location = location.and_then(|value| value.to_str().ok());
    let Some(location) = location else {
        return Err(permanent(Unusable::NoLocation(response.status())));
    };
    let url = from
        .join(location)
        .map_err(|error| permanent(Unusable::InvalidLocation(error)))?;
    if from.is_https() && !url.is_https() && !allow_downgrade {
        return Err(permanent(Unusable::Downgrade(url)));
    }
    Ok(url)
}
