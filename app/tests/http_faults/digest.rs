//! The server's side of Digest authentication (RFC 7616).

use md5::Md5;
use sha2::{Digest, Sha256};

use super::request::Request;

/// Returns whether the request has the right answer of this user, to whatever challenge it repeats.
pub fn is_right(request: &Request, name: &str, password: &str) -> bool {
    let Some(field) = request.field("authorization") else {
        return false;
    };
    let Some(answer) = field.strip_prefix("Digest ") else {
        return false;
    };
    let get = |name: &str| {
        let mut parts = answer.split(", ");
        let value = parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        let value = value.unwrap_or_default();
        let quoted = value
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        quoted.unwrap_or(value).replace("\\\"", "\"")
    };
    let algorithm = get("algorithm");
    let hash = |text: String| match algorithm.starts_with("SHA-256") {
        true => hex(&Sha256::digest(text)),
        false => hex(&Md5::digest(text)),
    };
    let (nonce, client_nonce, count) = (get("nonce"), get("cnonce"), get("nc"));
    let mut secret = hash(format!("{name}:{}:{password}", get("realm")));
    if algorithm.ends_with("-sess") {
        secret = hash(format!("{secret}:{nonce}:{client_nonce}"));
    }
    let asked = hash(format!("GET:{}", request.path));
    let response = match get("qop").as_str() {
        "" => hash(format!("{secret}:{nonce}:{asked}")),
        qop => hash(format!(
            "{secret}:{nonce}:{count}:{client_nonce}:{qop}:{asked}"
        )),
    };
    let sent = match get("username*").strip_prefix("UTF-8''") {
        Some(encoded) => decoded(encoded),
        None => get("username"),
    };
    sent == name && get("uri") == request.path && get("response") == response
}

/// Undoes percent-encoding.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).unwrap());
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
