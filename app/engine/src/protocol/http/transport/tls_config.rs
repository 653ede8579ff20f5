//! TLS client configuration, built once per download and shared by its connections: reading the
//! system's certificates takes longer than a handshake, and connections that share it resume each
//! other's sessions.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, Error};
use rustls_platform_verifier::BuilderVerifierExt as _;

use super::crypto_provider::provider;
use super::tls_verifier::{FileVerifier, NoCertificateVerification};
use crate::model::http_options::HttpOptions;
use crate::protocol::error::TlsError;

/// The certificates that a server's certificate is verified against.
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
        let provider = Arc::new(provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let builder = match &self.roots {
            TrustRoots::System => builder.with_platform_verifier()?,
            TrustRoots::File(certificates) => {
                let verifier = FileVerifier::new(certificates, &provider)?;
                builder
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(verifier))
            }
            TrustRoots::Any => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(NoCertificateVerification)),
        };
        Ok(builder.with_no_client_auth())
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
