//! Errors of TLS, and of the configuration that an HTTP client is built from.

use std::io;
use std::path::PathBuf;

use rustls::{AlertDescription, CertificateError, PeerIncompatible};

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
        "certificate is not trusted by this system: give it, or its CA, with --ca-file, or skip verification with --insecure"
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
        "certificate belongs to a CA, not to a server: give this very certificate with --ca-file to trust it"
    )]
    CaUsedAsServer,
    /// Any other defect of the certificate.
    #[error("certificate is not valid: {0}")]
    InvalidCertificate(CertificateError),
    /// The server ends the handshake with this alert.
    #[error("{}", alert_text(*.0))]
    Alert(AlertDescription),
    /// The server lacks everything that Lanes speaks of TLS.
    #[error(
        "server and Lanes have no TLS version or cipher suite in common ({0:?}); the server may be too old"
    )]
    Incompatible(PeerIncompatible),
    /// The server does not speak TLS.
    #[error("server does not speak TLS on this port; try http:// in place of https://")]
    NotTls,
    /// Any other error of TLS.
    #[error("{0}")]
    Tls(rustls::Error),
}

impl TlsError {
    /// Returns the reason why a handshake can never succeed; `None` if a retry may.
    pub fn permanent(error: &rustls::Error) -> Option<Self> {
        match error {
            rustls::Error::InvalidCertificate(_) => Some(error.clone().into()),
            rustls::Error::PeerIncompatible(reason) => Some(Self::Incompatible(reason.clone())),
            rustls::Error::AlertReceived(alert) if !is_temporary(*alert) => {
                Some(Self::Alert(*alert))
            }
            _ => None,
        }
    }
}

/// Returns whether an alert may be due to damage on the path or to a busy server.
fn is_temporary(alert: AlertDescription) -> bool {
    use AlertDescription as Alert;
    matches!(
        alert,
        Alert::CloseNotify
            | Alert::UnexpectedMessage
            | Alert::BadRecordMac
            | Alert::DecryptionFailed
            | Alert::RecordOverflow
            | Alert::DecodeError
            | Alert::DecryptError
            | Alert::InternalError
            | Alert::UserCanceled
    )
}

fn alert_text(alert: AlertDescription) -> String {
    use AlertDescription as Alert;
    let text = match alert {
        Alert::HandshakeFailure | Alert::InsufficientSecurity => {
            "server and Lanes have no cipher suite in common; the server may be too old, or accept \
             only clients with a certificate"
        }
        Alert::ProtocolVersion | Alert::InappropriateFallback => {
            "server does not speak TLS 1.2 or 1.3; it is too old"
        }
        Alert::CertificateRequired
        | Alert::NoCertificate
        | Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::CertificateUnobtainable => {
            "server accepts only clients with a certificate, which Lanes does not send"
        }
        Alert::UnknownCA => "server knows no CA of a certificate of the client",
        Alert::AccessDenied => "server denies access",
        Alert::UnrecognisedName => "server has no certificate for this host name",
        Alert::NoApplicationProtocol => "server does not speak HTTP/1.1 over TLS",
        _ => "server refuses the handshake",
    };
    let name = alert.as_str().unwrap_or("unknown");
    format!("{text} (TLS alert {name})")
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        use CertificateError as Defect;
        let defect = match error {
            rustls::Error::InvalidCertificate(defect) => defect,
            other => return Self::Tls(other),
        };
        match &defect {
            // A trusted CA of the same name has another key.
            Defect::UnknownIssuer | Defect::BadSignature => Self::UnknownIssuer,
            Defect::Expired | Defect::ExpiredContext { .. } => Self::Expired,
            Defect::NotValidForName | Defect::NotValidForNameContext { .. } => Self::WrongHost,
            Defect::Other(other) if is_ca_as_server(other) => Self::CaUsedAsServer,
            _ => Self::InvalidCertificate(defect),
        }
    }
}

/// The first bytes from the server are not a TLS record.
#[derive(Debug, thiserror::Error)]
#[error("server does not speak TLS")]
pub(crate) struct NotTls;

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
    /// The URL of the proxy.
    #[error("invalid proxy: write http://HOST:PORT or socks5://HOST:PORT")]
    Proxy,
}

impl From<ClientConfigError> for FetchError {
    fn from(error: ClientConfigError) -> Self {
        Self::Failed(error.to_string())
    }
}
