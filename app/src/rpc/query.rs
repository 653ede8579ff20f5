//! Calls by GET: the call stands in the query.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::http_request::Head;

/// Decodes with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reason why a call by GET is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum QueryError {
    /// There is no token: an image of any web page could make the call.
    #[error("calls by GET need a token: use POST, or start lanes serve with --rpc-secret")]
    NoSecret,
    /// JSONP would let any page read the result.
    #[error("jsoncallback is not supported: use POST")]
    Jsonp,
}

/// Returns the JSON of a call by GET: `method`, `id` and `params` in base64, or a batch in `params` alone.
///
/// # Errors
/// See [`QueryError`].
pub(crate) fn body(head: &Head, has_secret: bool) -> Result<String, QueryError> {
    if !has_secret {
        return Err(QueryError::NoSecret);
    }
    let query = head.target.split_once('?').map_or("", |(_, query)| query);
    let value = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let found = pairs.into_iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned())
    };
    if value("jsoncallback").is_some() {
        return Err(QueryError::Jsonp);
    }
    let params = value("params").map(|text| {
        // A plus that was not escaped reads as a blank.
        let bytes = BASE64.decode(text.replace(' ', "+")).unwrap_or_default();
        serde_json::from_slice::<Value>(&bytes).unwrap_or(Value::Bool(false))
    });
    Ok(match value("method") {
        Some(method) => json!({
            "jsonrpc": "2.0",
            "id": value("id"),
            "method": method,
            "params": params.unwrap_or_else(|| json!([])),
        })
        .to_string(),
        None => params.unwrap_or_default().to_string(),
    })
}
