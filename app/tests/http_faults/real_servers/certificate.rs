//! A certificate for `localhost`, issued by a generated CA that no system trusts.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

pub struct Certificate {
    folder: TempDir,
}

impl Certificate {
    /// Generates the CA and the certificate; prints a message and returns `None` if openssl fails.
    pub fn make() -> Option<Self> {
        let certificate = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let extensions = "basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost\n";
        fs::write(certificate.path("extensions"), extensions).unwrap();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        let generated = [
            format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=Lanes-Test-CA -addext keyUsage=critical,keyCertSign"),
            format!("req {key} -keyout key.pem -out request.pem -subj /CN=localhost"),
            "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out cert.pem".to_owned(),
        ]
        .iter()
        .all(|args| certificate.openssl(args));
        if generated {
            return Some(certificate);
        }
        eprintln!("skipped: cannot generate a certificate with openssl");
        None
    }

    fn openssl(&self, args: &str) -> bool {
        let output = Command::new("openssl")
            .args(args.split(' '))
            .current_dir(self.folder.path())
            .output();
        output.is_ok_and(|output| output.status.success())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the path of the CA certificate.
    pub fn ca(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// Returns the path of the server certificate.
    pub fn cert(&self) -> PathBuf {
        self.path("cert.pem")
    }

    /// Returns the path of the server's private key.
    pub fn key(&self) -> PathBuf {
        self.path("key.pem")
    }
}
