//! Verifies the certificate of a server: against a file of certificates, or not at all.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Trusts the certificates of a file (`--ca-file`): as CAs, and each one as that of a server, as curl and
/// OpenSSL do. So a server with a self-signed certificate is reached without `--insecure`.
#[derive(Debug)]
pub(super) struct FileVerifier {
    by_ca: Arc<WebPkiServerVerifier>,
    certificates: Vec<CertificateDer<'static>>,
}

impl FileVerifier {
    /// Creates a verifier that trusts `certificates`.
    ///
    /// # Errors
    /// None of them can be parsed.
    pub fn new(
        certificates: &[CertificateDer<'static>],
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(certificates.iter().cloned());
        let builder =
            WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider));
        let by_ca = builder
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        Ok(Self {
            by_ca,
            certificates: certificates.to_vec(),
        })
    }
}

impl ServerCertVerifier for FileVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.by_ca.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            Err(Error::InvalidCertificate(defect))
                if self.certificates.contains(end_entity)
                    && (is_of_chain(&defect) || is_of_name(&defect)) =>
            {
                verify_name(end_entity, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.by_ca.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.by_ca.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.by_ca.supported_verify_schemes()
    }
}

/// Returns whether a defect is one of the chain above the certificate, which does not matter for a
/// certificate that is trusted itself. webpki checks the validity of a certificate before its chain.
fn is_of_chain(defect: &CertificateError) -> bool {
    match defect {
        CertificateError::UnknownIssuer
        | CertificateError::BadSignature
        | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => true,
        CertificateError::Other(other) => {
            let error = other.0.downcast_ref::<webpki::Error>();
            matches!(error, Some(webpki::Error::CaUsedAsEndEntity))
        }
        _ => false,
    }
}

fn is_of_name(defect: &CertificateError) -> bool {
    matches!(
        defect,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
    )
}

/// Compares the name of the server with those of a certificate that is trusted itself. One without
/// alternative names, as `openssl req -x509` makes it, has its common name, as in OpenSSL.
fn verify_name(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
    let verified = verify_server_name(&ParsedCertificate::try_from(certificate)?, name);
    let is_named = verified.is_err()
        && find(certificate, SUBJECT_ALT_NAME).is_none()
        && common_name(certificate).is_some_and(|own| own.eq_ignore_ascii_case(&name.to_str()));
    if is_named { Ok(()) } else { verified }
}

/// The object identifiers of the extension with alternative names, and of the common name, in DER.
const SUBJECT_ALT_NAME: &[u8] = &[6, 3, 0x55, 0x1D, 0x11];
const COMMON_NAME: &[u8] = &[6, 3, 0x55, 4, 3];

/// Returns the last common name of the subject, which is the most specific one.
fn common_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let anchor = webpki::anchor_from_trusted_cert(certificate).ok()?;
    let (mut subject, mut last) = (anchor.subject.as_ref(), None);
    while let Some(at) = find(subject, COMMON_NAME) {
        subject = &subject[at + COMMON_NAME.len()..];
        // A string of less than 128 bytes: its type, its length, its characters.
        let [_, len, text @ ..] = subject else { break };
        last = text.get(..usize::from(*len));
    }
    String::from_utf8(last?.to_vec()).ok()
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// Accepts any server certificate (`--insecure`).
#[derive(Debug)]
pub(super) struct NoCertificateVerification;

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
