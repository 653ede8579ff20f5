//! What a web server says of a file before it is downloaded.
//!
//! It is asked with a real GET, as servers answer HEAD with less care; its first byte is asked for, and
//! where all of the file comes instead, the connection is closed.

use super::request::{HttpResponse, RequestError, fetch};
use crate::model::file_name::is_metalink_name;
use crate::model::file_name::safe_name;
use crate::model::http_options::HttpOptions;
use crate::model::http_url::HttpUrl;
use crate::model::probe::Probe;
use crate::protocol::http::parse::resource_info::empty;
use crate::protocol::http::parse::response_check::{Answer, RangeRequest, Rejection};
use crate::protocol::http::transport::connection_state::TransportState;
use crate::protocol::http::transport::dialer::Dialer;
use crate::protocol::http::transport::tls_config::TlsConfig;
use crate::protocol::http::transport::ureq_agent;
use crate::protocol::http::worker::error_mapping::denied;
use crate::scheduling::mirror::Mirror;
use crate::sync::cancel::CancelToken;

/// Asks once, and a second time for the whole file where parts are given in a way that makes no sense.
pub(crate) fn probe(
    url: &HttpUrl,
    options: &HttpOptions,
    stop: &CancelToken,
) -> Result<Probe, String> {
    options.check()?;
    let line = TransportState::default();
    let dialer = Dialer::new(&TlsConfig::new(options)?.into(), stop, 1, 0);
    let agent = ureq_agent::make(options, &dialer, &line)?;
    let site = Mirror::new(0, url.clone());
    let mut answer = fetch(&agent, &line, options, &site, RangeRequest::Part(0, 1));
    if let Err(RequestError::Rejection(Rejection::TooLong(_), _)) = answer {
        answer = fetch(&agent, &line, options, &site, RangeRequest::From(0));
    }
    if let Err(RequestError::Rejection(Rejection::Wrong(_) | Rejection::Beyond(None), _)) = answer {
        answer = fetch(&agent, &line, options, &site, RangeRequest::Whole);
    }
    let (gives_parts, told) = match answer {
        Ok(HttpResponse { answer, told, .. }) => (matches!(answer, Answer::Part(_)), told),
        // There is no first byte.
        Err(RequestError::Rejection(Rejection::Beyond(Some(0)), _)) => (true, empty()),
        Err(missed) => return Err(in_words(missed, &site)),
    };
    let name = told.name.unwrap_or_else(|| url.file_name().into_owned());
    Ok(Probe {
        len: told.len,
        gives_parts,
        is_metalink: told.metalink || is_metalink_name(&name),
        name: safe_name(&name),
        final_url: site.final_url(),
    })
}

fn in_words(missed: RequestError, site: &Mirror) -> String {
    match missed {
        RequestError::Unreachable(reason) | RequestError::Lost(reason) => reason,
        RequestError::Rejection(Rejection::Denied, status) => denied(&status, site).to_string(),
        RequestError::Rejection(
            Rejection::TooLong(reason) | Rejection::Wrong(reason) | Rejection::Permanent(reason),
            _,
        ) => reason,
        RequestError::Rejection(Rejection::Busy(_) | Rejection::Beyond(_), status) => status,
    }
}
