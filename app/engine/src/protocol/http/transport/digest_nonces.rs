//! The nonces of Digest authentication, which all connections of a download share: a server that counts
//! the uses of a nonce sees each number once, and a connection need not be refused first.

use std::sync::Mutex;

use ring::rand::{SecureRandom as _, SystemRandom};

use crate::protocol::http::parse::digest_auth::DigestChallenge;
use crate::sync;

/// Limit of servers that are remembered.
const MAX_SERVERS: usize = 100;

/// The latest challenge of each server, for each user name.
#[derive(Default)]
pub(crate) struct DigestNonces {
    known: Mutex<Vec<Known>>,
}

struct Known {
    /// Scheme, host and port.
    origin: String,
    name: Vec<u8>,
    nonce: NonceUse,
}

/// One use of a nonce.
#[derive(Clone)]
pub(crate) struct NonceUse {
    challenge: DigestChallenge,
    client_nonce: String,
    count: u32,
}

impl NonceUse {
    /// Returns the `Authorization` field of a request for `uri`.
    pub fn answer(&self, name: &[u8], password: &[u8], uri: &str) -> Vec<u8> {
        let login = (name, password);
        self.challenge
            .answer(login, uri, self.count, &self.client_nonce)
    }
}

impl DigestNonces {
    /// Returns the next use of the nonce of `origin` for a user; `None` before its first challenge.
    pub fn next(&self, origin: &str, name: &[u8]) -> Option<NonceUse> {
        let mut known = sync::lock(&self.known);
        let mut all = known.iter_mut();
        let known = all.find(|known| known.origin == origin && known.name == name)?;
        known.nonce.count += 1;
        Some(known.nonce.clone())
    }

    /// Records a challenge of `origin` for a user.
    pub fn learn(&self, origin: &str, name: &[u8], challenge: DigestChallenge) {
        let mut random = [0; 16];
        // The client's nonce protects against a server that chooses its own; zeros still log in.
        let _ = SystemRandom::new().fill(&mut random);
        let client_nonce = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut known = sync::lock(&self.known);
        known.retain(|known| known.origin != origin || known.name != name);
        if known.len() < MAX_SERVERS {
            known.push(Known {
                origin: origin.to_owned(),
                name: name.to_vec(),
                nonce: NonceUse {
                    challenge,
                    client_nonce,
                    count: 0,
                },
            });
        }
    }
}
