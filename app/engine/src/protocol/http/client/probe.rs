//! What a web server says of a file before it is downloaded.
//!
//! It is asked with a real GET, as servers answer HEAD with less care; its first byte is asked for, and
//! where all of the file comes instead, the connection is closed.

use super::request::{Fetched, Missed, fetch};
use crate::manager::probe::Probe;
use crate::metalink;
use crate::protocol::http::parse::resource_info::empty;
use crate::protocol::http::parse::response_check::{Answer, Asked, Rejected};
use crate::protocol::http::transport::connection_state::Line;
use crate::protocol::http::transport::dialer::Dialer;
use crate::protocol::http::transport::tls_config::Trust;
use crate::protocol::http::transport::ureq_agent;
use crate::protocol::http::worker::error_mapping::denied;
use crate::protocol::http::{HttpOptions, HttpUrl, Site};
use crate::storage::target_path::safe_name;
use crate::sync::cancel::Stop;

/// Asks once, and a second time for the whole file where parts are given in a way that makes no sense.
pub(crate) fn probe(url: &HttpUrl, options: &HttpOptions, stop: &Stop) -> Result<Probe, String> {
    options.check()?;
    let line = Line::default();
    let dialer = Dialer::new(&Trust::new(options)?.into(), stop, 1, 0);
    let agent = ureq_agent::make(options, &dialer, &line)?;
    let site = Site::new(0, url.clone());
    let mut answer = fetch(&agent, &line, options, &site, Asked::Part(0, 1));
    if let Err(Missed::Rejected(Rejected::TooLong(_), _)) = answer {
        answer = fetch(&agent, &line, options, &site, Asked::From(0));
    }
    if let Err(Missed::Rejected(Rejected::Wrong(_) | Rejected::Beyond(None), _)) = answer {
        answer = fetch(&agent, &line, options, &site, Asked::Whole);
    }
    let (gives_parts, told) = match answer {
        Ok(Fetched { answer, told, .. }) => (matches!(answer, Answer::Part(_)), told),
        // There is no first byte.
        Err(Missed::Rejected(Rejected::Beyond(Some(0)), _)) => (true, empty()),
        Err(missed) => return Err(in_words(missed, &site)),
    };
    let name = told.name.unwrap_or_else(|| url.file_name().into_owned());
    Ok(Probe {
        len: told.len,
        gives_parts,
        is_metalink: told.metalink || metalink::is_name(&name),
        name: safe_name(&name),
        final_url: site.final_url(),
    })
}

fn in_words(missed: Missed, site: &Site) -> String {
    match missed {
        Missed::Unreachable(reason) | Missed::Lost(reason) => reason,
        Missed::Rejected(Rejected::Denied, status) => denied(&status, site).to_string(),
        Missed::Rejected(
            Rejected::TooLong(reason) | Rejected::Wrong(reason) | Rejected::Hopeless(reason),
            _,
        ) => reason,
        Missed::Rejected(Rejected::Busy(_) | Rejected::Beyond(_), status) => status,
    }
}
