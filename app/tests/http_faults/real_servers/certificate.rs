//! A certificate for `localhost`, signed by an authority that nobody trusts unless told to.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

pub struct Certificate {
    folder: TempDir,
}

impl Certificate {
    /// `None`, in words, where openssl is missing.
    pub fn make() -> Option<Self> {
        let certificate = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let extensions = "basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost\n";
        fs::write(certificate.path("extensions"), extensions).unwrap();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        let made = [
            format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=Nobody -addext keyUsage=critical,keyCertSign"),
            format!("req {key} -keyout key.pem -out request.pem -subj /CN=localhost"),
            "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out cert.pem".to_owned(),
        ]
        .iter()
        .all(|args| certificate.openssl(args));
        if made {
            return Some(certificate);
        }
        eprintln!("skipped: TLS needs a certificate, and openssl did not make one");
        None
    }

    fn openssl(&self, args: &str) -> bool {
        let made = Command::new("openssl")
            .args(args.split(' '))
            .current_dir(self.folder.path())
            .output();
        made.is_ok_and(|made| made.status.success())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The certificate of the authority.
    pub fn ca(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// The server's certificate.
    pub fn cert(&self) -> PathBuf {
        self.path("cert.pem")
    }

    /// The server's key.
    pub fn key(&self) -> PathBuf {
        self.path("key.pem")
    }
}
