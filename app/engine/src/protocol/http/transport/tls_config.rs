//! Whom a download trusts. What follows from it is made once, for all of its connections: reading the
//! system's certificates takes longer than a handshake, and those who share it resume each other's sessions.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_platform_verifier::BuilderVerifierExt as _;
use ureq::tls::{Certificate, RootCerts};

use crate::model::http_options::HttpOptions;

/// Who may be a server.
enum TrustRoots {
    /// Whoever the system trusts.
    System,
    /// Whose certificate one of these has signed.
    These(Vec<CertificateDer<'static>>),
    Anybody,
}

/// The trust of one download.
pub(crate) struct TlsConfig {
    roots: TrustRoots,
    config: OnceLock<Result<Arc<ClientConfig>, Error>>,
}

impl TlsConfig {
    /// As the options say.
    ///
    /// # Errors
    /// In words: a certificate file that cannot be read.
    pub fn new(options: &HttpOptions) -> Result<Self, String> {
        let these = options.ca_file.as_deref().map(read).transpose()?;
        let roots = match these {
            _ if options.insecure => TrustRoots::Anybody,
            Some(certificates) => TrustRoots::These(certificates),
            None => TrustRoots::System,
        };
        Ok(Self {
            roots,
            config: OnceLock::new(),
        })
    }

    /// How TLS is spoken.
    ///
    /// # Errors
    /// The system says nobody whom it trusts.
    pub fn config(&self) -> Result<Arc<ClientConfig>, Error> {
        let config = self.config.get_or_init(|| self.make().map(Arc::new));
        config.clone()
    }

    fn make(&self) -> Result<ClientConfig, Error> {
        let builder = ClientConfig::builder_with_provider(Arc::new(provider()))
            .with_safe_default_protocol_versions()?;
        let builder = match &self.roots {
            TrustRoots::System => builder.with_platform_verifier()?,
            TrustRoots::These(certificates) => {
                let mut store = RootCertStore::empty();
                store.add_parsable_certificates(certificates.iter().cloned());
                builder.with_root_certificates(store)
            }
            TrustRoots::Anybody => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(NoCertificateVerification)),
        };
        Ok(builder.with_no_client_auth())
    }

    /// The same for the agent, which speaks TLS itself where a proxy stands between.
    pub fn to_agent(&self) -> ureq::tls::TlsConfig {
        let roots = match &self.roots {
            TrustRoots::System | TrustRoots::Anybody => RootCerts::PlatformVerifier,
            TrustRoots::These(certificates) => {
                let each = certificates.iter();
                RootCerts::from(each.map(|one| Certificate::from_der(one).to_owned()))
            }
        };
        ureq::tls::TlsConfig::builder()
            .root_certs(roots)
            .disable_verification(matches!(self.roots, TrustRoots::Anybody))
            .build()
    }
}

/// The certificates of a PEM file.
fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let pem = std::fs::read(path)
        .map_err(|error| format!("cannot read the certificates: {error}: {}", path.display()))?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&pem).flatten().collect();
    match found.is_empty() {
        true => Err(format!("there is no PEM certificate in {}", path.display())),
        false => Ok(found),
    }
}

/// What is encrypted with. AES of 128 bits comes before that of 256, as browsers have it: it takes less
/// time, on both sides, and nobody can break either.
fn provider() -> CryptoProvider {
    let mut provider = ring::default_provider();
    provider.cipher_suites.sort_by_key(|suite| {
        let name = suite.suite().as_str().unwrap_or_default();
        let place = ["AES_128", "AES_256"]
            .iter()
            .position(|aes| name.contains(aes));
        (suite.tls13().is_none(), place.unwrap_or(2))
    });
    provider
}

/// Takes anybody for whom they say they are.
#[derive(Debug)]
struct NoCertificateVerification;

impl ServerCertVerifier for NoCertificateVerification {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    /// All that there are: old devices sign as nobody should any more.
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        use SignatureScheme::{
            ECDSA_NISTP256_SHA256, ECDSA_NISTP384_SHA384, ECDSA_NISTP521_SHA512, ED448, ED25519,
            RSA_PKCS1_SHA1, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
            RSA_PSS_SHA384, RSA_PSS_SHA512,
        };
        vec![
            ECDSA_NISTP256_SHA256,
            ECDSA_NISTP384_SHA384,
            ECDSA_NISTP521_SHA512,
            ED25519,
            ED448,
            RSA_PSS_SHA256,
            RSA_PSS_SHA384,
            RSA_PSS_SHA512,
            RSA_PKCS1_SHA256,
            RSA_PKCS1_SHA384,
            RSA_PKCS1_SHA512,
            RSA_PKCS1_SHA1,
        ]
    }
}

#[cfg(test)]
mod tests {
    use rustls::SupportedCipherSuite;

    use super::*;

    #[test]
    fn short_keys_come_first_and_no_suite_is_lost() {
        let (ours, theirs) = (provider(), ring::default_provider());
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
}
