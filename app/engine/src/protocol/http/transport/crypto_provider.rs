//! The cryptography of TLS: ring, and what OpenSSL has by default beside it: ECDSA with P-521, P-384 with
//! SHA-512, and key exchange over secp521r1.

use std::sync::LazyLock;

use p521::ecdsa::signature::hazmat::PrehashVerifier as _;
use p521::elliptic_curve::sec1::ToSec1Point as _;
use ring::digest::{self, Algorithm};
use ring::rand::{SecureRandom as _, SystemRandom};
use rustls::crypto::{
    ActiveKeyExchange, CryptoProvider, GetRandomFailed, SharedSecret, SupportedKxGroup,
    WebPkiSupportedAlgorithms, ring as ring_provider,
};
use rustls::pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use rustls::{Error, NamedGroup, PeerMisbehaved, SignatureScheme};

/// Length of a scalar and of a coordinate of P-521, in bytes.
const P521_LEN: usize = 66;
/// Length of a coordinate of P-384, in bytes.
const P384_LEN: usize = 48;

/// Returns the cryptography, with AES-128 before AES-256 as in browsers: it takes less time on both
/// sides, and neither can be broken.
pub(super) fn provider() -> CryptoProvider {
    let mut provider = ring_provider::default_provider();
    provider.cipher_suites.sort_by_key(|suite| {
        let name = suite.suite().as_str().unwrap_or_default();
        let rank = ["AES_128", "AES_256"]
            .iter()
            .position(|aes| name.contains(aes));
        (suite.tls13().is_none(), rank.unwrap_or(2))
    });
    provider.kx_groups.push(&Secp521r1);
    provider.signature_verification_algorithms = *ALGORITHMS;
    provider
}

/// An ECDSA curve that [`Ecdsa`] verifies.
#[derive(Debug, Clone, Copy)]
enum Curve {
    P384,
    P521,
}

/// ECDSA over a curve, with a hash.
#[derive(Debug)]
struct Ecdsa {
    curve: Curve,
    hash: &'static Algorithm,
    signature: AlgorithmIdentifier,
}

static P384_SHA512: Ecdsa = Ecdsa {
    curve: Curve::P384,
    hash: &digest::SHA512,
    signature: alg_id::ECDSA_SHA512,
};
static P521_SHA256: Ecdsa = Ecdsa {
    curve: Curve::P521,
    hash: &digest::SHA256,
    signature: alg_id::ECDSA_SHA256,
};
static P521_SHA384: Ecdsa = Ecdsa {
    curve: Curve::P521,
    hash: &digest::SHA384,
    signature: alg_id::ECDSA_SHA384,
};
static P521_SHA512: Ecdsa = Ecdsa {
    curve: Curve::P521,
    hash: &digest::SHA512,
    signature: alg_id::ECDSA_SHA512,
};

/// The algorithms of ring, and ours. In TLS 1.2 a scheme names the hash only; in TLS 1.3 the first
/// algorithm of a scheme counts.
static ALGORITHMS: LazyLock<WebPkiSupportedAlgorithms> = LazyLock::new(|| {
    type Verifiers = Vec<&'static dyn SignatureVerificationAlgorithm>;
    let ours: [(SignatureScheme, Verifiers); 3] = [
        (
            SignatureScheme::ECDSA_NISTP521_SHA512,
            vec![&P521_SHA512, &P384_SHA512],
        ),
        (SignatureScheme::ECDSA_NISTP384_SHA384, vec![&P521_SHA384]),
        (SignatureScheme::ECDSA_NISTP256_SHA256, vec![&P521_SHA256]),
    ];
    let theirs = ring_provider::default_provider().signature_verification_algorithms;
    let mut all = theirs.all.to_vec();
    all.extend(ours.iter().flat_map(|(_, verifiers)| verifiers));
    let mut mapping: Vec<(SignatureScheme, Verifiers)> = theirs
        .mapping
        .iter()
        .map(|(scheme, verifiers)| (*scheme, verifiers.to_vec()))
        .collect();
    for (scheme, verifiers) in ours {
        match mapping.iter_mut().find(|(known, _)| *known == scheme) {
            Some((_, known)) => known.extend(verifiers),
            None => mapping.push((scheme, verifiers)),
        }
    }
    let leak = |(scheme, verifiers): (SignatureScheme, Verifiers)| (scheme, &*verifiers.leak());
    let mapping: Vec<(SignatureScheme, &'static [_])> = mapping.into_iter().map(leak).collect();
    // Once for the whole program: rustls takes only what lives that long.
    WebPkiSupportedAlgorithms {
        all: all.leak(),
        mapping: mapping.leak(),
    }
});

impl SignatureVerificationAlgorithm for Ecdsa {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let hash = digest::digest(self.hash, message);
        let verified = match self.curve {
            Curve::P384 => verify_p384(public_key, hash.as_ref(), signature),
            Curve::P521 => verify_p521(public_key, hash.as_ref(), signature),
        };
        verified.map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        match self.curve {
            Curve::P384 => alg_id::ECDSA_P384,
            Curve::P521 => alg_id::ECDSA_P521,
        }
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

fn verify_p384(key: &[u8], hash: &[u8], signature: &[u8]) -> Result<(), p384::ecdsa::Error> {
    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(key)?;
    let signature = p384::ecdsa::DerSignature::try_from(signature)?;
    // The leftmost bits of a longer hash count (FIPS 186-5, 6.4.2).
    key.verify_prehash(&hash[..hash.len().min(P384_LEN)], &signature)
}

fn verify_p521(key: &[u8], hash: &[u8], signature: &[u8]) -> Result<(), p521::ecdsa::Error> {
    let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(key)?;
    let signature = p521::ecdsa::DerSignature::try_from(signature)?;
    // The crate refuses hashes shorter than half a coordinate, which are the same number with zeros
    // before it.
    let mut number = [0; P521_LEN];
    number[P521_LEN - hash.len()..].copy_from_slice(hash);
    key.verify_prehash(&number, &signature)
}

/// Key exchange over secp521r1.
#[derive(Debug)]
struct Secp521r1;

impl SupportedKxGroup for Secp521r1 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let random = SystemRandom::new();
        loop {
            let mut scalar = [0; P521_LEN];
            random.fill(&mut scalar).map_err(|_| GetRandomFailed)?;
            // A scalar has 521 bits.
            scalar[0] &= 1;
            // Nearly every number is below the order of the curve.
            if let Ok(secret) = p521::SecretKey::from_slice(&scalar) {
                let public = secret.public_key().to_sec1_point(false).as_bytes().into();
                return Ok(Box::new(Secp521r1Exchange { secret, public }));
            }
        }
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

struct Secp521r1Exchange {
    secret: p521::SecretKey,
    public: Box<[u8]>,
}

impl ActiveKeyExchange for Secp521r1Exchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let invalid = || Error::from(PeerMisbehaved::InvalidKeyShare);
        // TLS knows uncompressed points only (RFC 8446, 4.2.8.2).
        if peer.first() != Some(&4) {
            return Err(invalid());
        }
        let peer = p521::PublicKey::from_sec1_bytes(peer).map_err(|_| invalid())?;
        let shared = self.secret.diffie_hellman(&peer);
        Ok(SharedSecret::from(shared.raw_secret_bytes().as_slice()))
    }

    fn pub_key(&self) -> &[u8] {
        &self.public
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

#[cfg(test)]
mod tests {
    use rustls::SupportedCipherSuite;

    use super::*;

    #[test]
    fn aes_128_comes_first_and_no_suite_is_missing() {
        let (ours, theirs) = (provider(), ring_provider::default_provider());
        let names: Vec<_> = ours
            .cipher_suites
            .iter()
            .map(SupportedCipherSuite::suite)
            .collect();
        let all = theirs.cipher_suites.iter().map(SupportedCipherSuite::suite);
        assert!(all.clone().all(|suite| names.contains(&suite)));
        assert_eq!(names.len(), all.count());
        let first = names[..3].iter().map(|suite| suite.as_str().unwrap());
        let first: Vec<_> = first.map(|name| name.split('_').nth(2).unwrap()).collect();
        assert_eq!(first, ["128", "256", "POLY1305"]);
    }

    #[test]
    fn curves_and_hashes_of_ring_stay_and_ours_are_added() {
        let algorithms = provider().signature_verification_algorithms;
        let theirs = ring_provider::default_provider().signature_verification_algorithms;
        assert_eq!(algorithms.all.len(), theirs.all.len() + 4);
        assert_eq!(algorithms.mapping.len(), theirs.mapping.len() + 1);
        assert!(
            algorithms
                .supported_schemes()
                .contains(&SignatureScheme::ECDSA_NISTP521_SHA512)
        );
    }

    #[test]
    fn both_sides_of_a_key_exchange_agree() {
        let (one, other) = (Secp521r1.start().unwrap(), Secp521r1.start().unwrap());
        let (one_key, other_key) = (one.pub_key().to_vec(), other.pub_key().to_vec());
        assert_eq!(one_key.len(), 2 * P521_LEN + 1);
        let (a, b) = (one.complete(&other_key), other.complete(&one_key));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert_eq!(
            (a.secret_bytes(), a.secret_bytes().len()),
            (b.secret_bytes(), P521_LEN)
        );
        for wrong in [
            &[][..],
            &[4][..],
            &one_key[..66],
            &[4; 2 * P521_LEN + 1][..],
        ] {
            assert!(Secp521r1.start().unwrap().complete(wrong).is_err());
        }
    }
}
