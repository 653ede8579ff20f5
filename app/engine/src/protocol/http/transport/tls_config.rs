//! TLS client configuration, built once per download and shared by its connections: reading the
//! system's certificates takes longer than a handshake, and connections that share it resume each
//! other's sessions.

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
use crate::protocol::error::TlsError;

/// The CAs that may sign a server's certificate.
enum TrustRoots {
    /// Those that the system trusts.
    System,
    /// Those of a PEM file.
    File(Vec<CertificateDer<'static>>),
    /// No verification.
    Any,
}

/// The TLS configuration of one download.
pub(crate) struct TlsConfig {
    roots: TrustRoots,
    /// Built on first use.
    client_config: OnceLock<Result<Arc<ClientConfig>, Error>>,
}

impl TlsConfig {
    /// Creates the configuration that `options` describe, and reads their CA file.
    ///
    /// # Errors
    /// [`TlsError::CaFile`] and [`TlsError::NoCertificate`].
    pub fn new(options: &HttpOptions) -> Result<Self, TlsError> {
        let from_file = options.ca_file.as_deref().map(read_pem).transpose()?;
        let roots = match from_file {
            _ if options.insecure => TrustRoots::Any,
            Some(certificates) => TrustRoots::File(certificates),
            None => TrustRoots::System,
        };
        Ok(Self {
            roots,
            client_config: OnceLock::new(),
        })
    }

    /// Returns the configuration for our own connections.
    ///
    /// # Errors
    /// The system has no trusted certificates.
    pub fn client_config(&self) -> Result<Arc<ClientConfig>, Error> {
        let config = self
            .client_config
            .get_or_init(|| self.build().map(Arc::new));
        config.clone()
    }

    fn build(&self) -> Result<ClientConfig, Error> {
        let builder = ClientConfig::builder_with_provider(Arc::new(provider()))
            .with_safe_default_protocol_versions()?;
        let builder = match &self.roots {
            TrustRoots::System => builder.with_platform_verifier()?,
            TrustRoots::File(certificates) => {
                let mut store = RootCertStore::empty();
                store.add_parsable_certificates(certificates.iter().cloned());
                builder.with_root_certificates(store)
            }
            TrustRoots::Any => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(NoCertificateVerification)),
        };
        Ok(builder.with_no_client_auth())
    }

    /// Returns the same configuration for ureq, which makes the TLS connections through a proxy.
    pub fn to_ureq(&self) -> ureq::tls::TlsConfig {
        let roots = match &self.roots {
            TrustRoots::System | TrustRoots::Any => RootCerts::PlatformVerifier,
            TrustRoots::File(certificates) => {
                let each = certificates.iter();
                RootCerts::from(each.map(|one| Certificate::from_der(one).to_owned()))
            }
        };
        ureq::tls::TlsConfig::builder()
            .root_certs(roots)
            .disable_verification(matches!(self.roots, TrustRoots::Any))
            .build()
    }
}

/// Reads the certificates of a PEM file.
fn read_pem(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = std::fs::read(path).map_err(|reason| TlsError::CaFile {
        path: path.to_owned(),
        reason,
    })?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&pem).flatten().collect();
    match found.is_empty() {
        true => Err(TlsError::NoCertificate(path.to_owned())),
        false => Ok(found),
    }
}

/// Returns the cryptography, with AES-128 before AES-256 as in browsers: it takes less time on both
/// sides, and neither can be broken.
fn provider() -> CryptoProvider {
    let mut provider = ring::default_provider();
    provider.cipher_suites.sort_by_key(|suite| {
        let name = suite.suite().as_str().unwrap_or_default();
        let rank = ["AES_128", "AES_256"]
            .iter()
            .position(|aes| name.contains(aes));
        (suite.tls13().is_none(), rank.unwrap_or(2))
    });
    provider
}

/// Accepts any server certificate (`--insecure`).
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

    /// Returns all schemes: old devices still sign with SHA-1.
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
    fn aes_128_comes_first_and_no_suite_is_missing() {
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
