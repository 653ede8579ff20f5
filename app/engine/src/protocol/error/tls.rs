//! Errors of TLS, and of the configuration that an HTTP client is built from.

use std::io;
use std::path::PathBuf;

use rustls::CertificateError;
use ureq::Error;

use crate::model::outcome::FetchError;

/// Reason why the TLS configuration cannot be built, or why a handshake failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// The file of CA certificates cannot be read.
    #[error("cannot read the CA certificates {}: {reason}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: io::Error,
    },
    /// The file contains no PEM certificate.
    #[error("no PEM certificate in {}", .0.display())]
    NoCertificate(PathBuf),
    /// The certificate chain ends at a CA that is not trusted.
    #[error(
        "certificate is not trusted by this system: add its CA with --ca-file, or skip verification with --insecure"
    )]
    UnknownIssuer,
    /// The certificate has expired.
    #[error("certificate has expired")]
    Expired,
    /// The certificate is for another host.
    #[error("certificate is for another host")]
    WrongHost,
    /// The certificate of a CA, which may not be used by a server.
    #[error(
        "certificate belongs to a CA, not to a server: skip verification with --insecure to accept it"
    )]
    CaUsedAsServer,
    /// Any other defect of the certificate.
    #[error("certificate is not valid: {0}")]
    InvalidCertificate(CertificateError),
    /// Any other error of TLS.
    #[error("{0}")]
    Tls(rustls::Error),
    /// An error of the TLS connections that ureq makes through a proxy.
    #[error("{0}")]
    Agent(Error),
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        use CertificateError as Defect;
        let defect = match error {
            rustls::Error::InvalidCertificate(defect) => defect,
            other => return Self::Tls(other),
        };
        match &defect {
            Defect::UnknownIssuer => Self::UnknownIssuer,
            Defect::Expired | Defect::ExpiredContext { .. } => Self::Expired,
            Defect::NotValidForName | Defect::NotValidForNameContext { .. } => Self::WrongHost,
            Defect::Other(other) if is_ca_as_server(other) => Self::CaUsedAsServer,
            _ => Self::InvalidCertificate(defect),
        }
    }
}

fn is_ca_as_server(error: &rustls::OtherError) -> bool {
    let error = error.0.downcast_ref::<webpki::Error>();
    matches!(error, Some(webpki::Error::CaUsedAsEndEntity))
}

/// Reason why no HTTP client could be set up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientConfigError {
    /// The TLS configuration.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address of the proxy.
    #[error("cannot use the proxy: {0}")]
    Proxy(Error),
}

impl From<ClientConfigError> for FetchError {
    fn from(error: ClientConfigError) -> Self {
        Self::Failed(error.to_string())
    }
}
