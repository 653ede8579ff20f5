//! Digest authentication (RFC 7616, RFC 2617), the client's side, without I/O.
//!
//! Not from the crate `digest_auth`, which has had no release for years and brings older versions of the
//! hashes beside ours.

use md5::Md5;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use sha2::{Digest, Sha256, Sha512_256};

use super::challenge::Challenge;

/// A challenge that can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DigestChallenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    hash: Hash,
    /// The algorithm as the server wrote it.
    algorithm: Option<String>,
    /// True if the hash of the login includes the nonces (`-sess`).
    is_session: bool,
    /// True if the answer includes a count (`qop=auth`); false for servers of RFC 2069.
    has_count: bool,
    /// True if the user name is sent as a hash.
    hashes_name: bool,
    is_stale: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Md5,
    Sha256,
    Sha512Of256,
}

impl Hash {
    /// Returns the hash of the parts with colons between them, in hexadecimal.
    fn of(self, parts: &[&[u8]]) -> String {
        let text = parts.join(&b':');
        match self {
            Self::Md5 => hex(&Md5::digest(text)),
            Self::Sha256 => hex(&Sha256::digest(text)),
            Self::Sha512Of256 => hex(&Sha512_256::digest(text)),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl DigestChallenge {
    /// Returns the challenge; `None` if it has another scheme, or asks for something that is not spoken.
    pub fn new(challenge: &Challenge) -> Option<Self> {
        if !challenge.scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let get = |name| challenge.get(name).map(str::to_owned);
        let algorithm = get("algorithm");
        let upper = algorithm.as_deref().unwrap_or("MD5").to_ascii_uppercase();
        let (name, is_session) = match upper.strip_suffix("-SESS") {
            Some(name) => (name, true),
            None => (upper.as_str(), false),
        };
        let hash = match name {
            "MD5" => Hash::Md5,
            "SHA-256" => Hash::Sha256,
            "SHA-512-256" => Hash::Sha512Of256,
            _ => return None,
        };
        let has_count = match challenge.get("qop").filter(|qop| !qop.trim().is_empty()) {
            None => false,
            Some(all)
                if all
                    .split([',', ' '])
                    .any(|one| one.eq_ignore_ascii_case("auth")) =>
            {
                true
            }
            Some(_) => return None,
        };
        let is_set = |name| {
            challenge
                .get(name)
                .is_some_and(|word| word.eq_ignore_ascii_case("true"))
        };
        let (realm, opaque) = (get("realm").unwrap_or_default(), get("opaque"));
        let nonce = get("nonce")?;
        // The answer repeats these, and a field is ASCII.
        if !(realm.is_ascii() && nonce.is_ascii() && opaque.iter().all(|text| text.is_ascii())) {
            return None;
        }
        Some(Self {
            realm,
            nonce,
            opaque,
            hash,
            algorithm,
            is_session,
            has_count,
            hashes_name: is_set("userhash"),
            is_stale: is_set("stale"),
        })
    }

    /// Returns whether only the nonce of the last answer was too old, not the login wrong.
    pub fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// Returns the `Authorization` field of a GET request for `uri`, the use number `count` of the nonce
    /// (from 1). `login` is user name and password.
    pub fn answer(
        &self,
        login: (&[u8], &[u8]),
        uri: &str,
        count: u32,
        client_nonce: &str,
    ) -> Vec<u8> {
        let (name, _) = login;
        let count = format!("{count:08x}");
        let response = self.response(login, uri, &count, client_nonce);
        let mut field = b"Digest ".to_vec();
        field.extend(self.name_parameter(name));
        for (name, value) in [
            ("realm", &self.realm),
            ("nonce", &self.nonce),
            ("uri", &uri.to_owned()),
            ("response", &response),
        ] {
            field.extend(format!(", {name}=\"").into_bytes());
            field.extend(quoted(value.as_bytes()));
            field.push(b'"');
        }
        // These are not quoted: some servers take them only so (RFC 7616, 3.4).
        if let Some(algorithm) = &self.algorithm {
            field.extend(format!(", algorithm={algorithm}").into_bytes());
        }
        if self.has_count {
            field.extend(format!(", qop=auth, nc={count}").into_bytes());
        }
        if self.has_count || self.is_session {
            field.extend(format!(", cnonce=\"{client_nonce}\"").into_bytes());
        }
        if let Some(opaque) = &self.opaque {
            field.extend(b", opaque=\"");
            field.extend(quoted(opaque.as_bytes()));
            field.push(b'"');
        }
        if self.hashes_name {
            field.extend(b", userhash=true");
        }
        field
    }

    /// Returns the parameter with the user name. All of it is ASCII: other bytes are encoded (RFC 7616, 3.4,
    /// RFC 8187).
    fn name_parameter(&self, name: &[u8]) -> Vec<u8> {
        if self.hashes_name {
            let hash = self.hash.of(&[name, self.realm.as_bytes()]);
            return format!("username=\"{hash}\"").into_bytes();
        }
        if name.is_ascii() {
            return [b"username=\"", &quoted(name)[..], b"\""].concat();
        }
        let charset = match std::str::from_utf8(name) {
            Ok(_) => "UTF-8",
            Err(_) => "ISO-8859-1",
        };
        let encoded = percent_encode(name, NON_ALPHANUMERIC);
        format!("username*={charset}''{encoded}").into_bytes()
    }

    /// Returns the proof that the client knows the password (RFC 7616, 3.4.1), for a use of the nonce whose
    /// number is `count`.
    fn response(
        &self,
        (name, password): (&[u8], &[u8]),
        uri: &str,
        count: &str,
        client_nonce: &str,
    ) -> String {
        let (realm, nonce) = (self.realm.as_bytes(), self.nonce.as_bytes());
        let mut secret = self.hash.of(&[name, realm, password]);
        if self.is_session {
            secret = self
                .hash
                .of(&[secret.as_bytes(), nonce, client_nonce.as_bytes()]);
        }
        let request = self.hash.of(&[b"GET", uri.as_bytes()]);
        let (secret, request) = (secret.as_bytes(), request.as_bytes());
        match self.has_count {
            true => {
                let counted = [count.as_bytes(), client_nonce.as_bytes(), b"auth"];
                let [count, client_nonce, qop] = counted;
                self.hash
                    .of(&[secret, nonce, count, client_nonce, qop, request])
            }
            false => self.hash.of(&[secret, nonce, request]),
        }
    }
}

/// Escapes a text for double quotes.
fn quoted(text: &[u8]) -> Vec<u8> {
    let escape = |byte: &u8| match byte {
        b'"' | b'\\' => vec![b'\\', *byte],
        byte => vec![*byte],
    };
    text.iter().flat_map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::super::challenge;
    use super::*;

    fn digest(field: &str) -> Option<DigestChallenge> {
        challenge::parse(field)
            .iter()
            .find_map(DigestChallenge::new)
    }

    fn answer(field: &str, login: (&str, &str), uri: &str, client_nonce: &str) -> String {
        let login = (login.0.as_bytes(), login.1.as_bytes());
        let answer = digest(field).unwrap().answer(login, uri, 1, client_nonce);
        String::from_utf8(answer).unwrap()
    }

    #[test]
    fn answers_are_those_of_the_rfcs() {
        let mufasa = ("Mufasa", "Circle of Life");
        // RFC 7616, 3.9.1.
        let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
        let opaque = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS";
        let client_nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        let realm = "http-auth@example.org";
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            (
                "SHA-256",
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ),
        ] {
            let field = format!(
                "Digest realm=\"{realm}\", qop=\"auth, auth-int\", algorithm={algorithm}, \
                 nonce=\"{nonce}\", opaque=\"{opaque}\""
            );
            let answer = answer(&field, mufasa, "/dir/index.html", client_nonce);
            for part in [
                format!("response=\"{response}\""),
                format!("username=\"Mufasa\", realm=\"{realm}\", nonce=\"{nonce}\""),
                format!("algorithm={algorithm}, qop=auth, nc=00000001"),
                format!("opaque=\"{opaque}\""),
            ] {
                assert!(answer.contains(&part), "{part}: {answer}");
            }
        }
        // RFC 2617, 3.5.
        let field = "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", \
                     nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
        let answer = answer(
            field,
            ("Mufasa", "Circle Of Life"),
            "/dir/index.html",
            "0a4f113b",
        );
        assert!(
            answer.contains("response=\"6629fae49393a05397450978507c4ef1\""),
            "{answer}"
        );
        assert!(!answer.contains("algorithm"), "{answer}");
    }

    #[test]
    fn old_servers_sessions_and_hashed_names_are_spoken() {
        let old = answer("Digest realm=\"r\", nonce=\"n\"", ("me", "pw"), "/", "c");
        let secret = hex(&Md5::digest(b"me:r:pw"));
        let request = hex(&Md5::digest(b"GET:/"));
        let expected = hex(&Md5::digest(format!("{secret}:n:{request}")));
        assert!(old.contains(&expected) && !old.contains("qop"), "{old}");
        let field = "Digest realm=\"r\", nonce=\"n\", algorithm=MD5-sess, qop=auth, userhash=true";
        let session = answer(field, ("me", "pw"), "/", "c");
        let secret = hex(&Md5::digest(format!("{secret}:n:c")));
        let expected = hex(&Md5::digest(format!(
            "{secret}:n:00000001:c:auth:{request}"
        )));
        assert!(session.contains(&expected), "{session}");
        let name = hex(&Md5::digest(b"me:r"));
        assert!(
            session.contains(&format!("username=\"{name}\"")),
            "{session}"
        );
        assert!(!session.contains("\"me\"") && session.ends_with("userhash=true"));
    }

    #[test]
    fn user_names_beyond_ascii_are_encoded() {
        let field = "Digest realm=\"r\", nonce=n, qop=auth";
        let login = |name: &[u8]| {
            let answer = digest(field).unwrap().answer((name, b"pw"), "/", 1, "c");
            String::from_utf8(answer).unwrap()
        };
        for (name, parameter) in [
            ("m\u{e9}".as_bytes(), "username*=UTF-8''m%C3%A9, realm="),
            (b"m\xe9 x", "username*=ISO-8859-1''m%E9%20x, realm="),
            (b"me", "username=\"me\", realm="),
        ] {
            let answer = login(name);
            assert!(answer.is_ascii() && answer.contains(parameter), "{answer}");
            let secret = hex(&Md5::digest([name, b":r:pw"].concat()));
            let request = hex(&Md5::digest(b"GET:/"));
            let proof = hex(&Md5::digest(format!(
                "{secret}:n:00000001:c:auth:{request}"
            )));
            assert!(answer.contains(&proof), "{answer}");
        }
        let hashed = format!("{field}, userhash=true");
        let hashed = answer(&hashed, ("m\u{e9}", "pw"), "/", "c");
        assert!(
            hashed.is_ascii() && !hashed.contains("username*"),
            "{hashed}"
        );
    }

    #[test]
    fn quotes_are_escaped_and_unknown_challenges_are_not_answered() {
        let quotes = answer("Digest realm=\"a\\\"b\", nonce=n", ("m\"e", ""), "/", "c");
        assert!(
            quotes.contains("username=\"m\\\"e\", realm=\"a\\\"b\""),
            "{quotes}"
        );
        for field in [
            "Basic realm=x",
            "Digest realm=x",
            "Digest realm=x, nonce=n, qop=auth-int",
            "Digest realm=x, nonce=n, algorithm=SHA-1",
            "Digest realm=\"Caf\u{e9}\", nonce=n",
        ] {
            assert_eq!(digest(field), None, "{field}");
        }
        assert!(digest("digest nonce=n, stale=TRUE").unwrap().is_stale());
    }
}
