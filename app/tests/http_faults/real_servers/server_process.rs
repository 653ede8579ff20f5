//! Servers that are installed on this machine, on ports of their own.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::certificate::Certificate;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Nginx,
    Lighttpd,
    Apache,
}

/// A server that runs until it is dropped.
pub struct RealServer {
    process: Child,
    plain: u16,
    tls: Option<u16>,
    _work: TempDir,
}

/// What a configuration is made of.
struct Setup<'a> {
    work: &'a Path,
    root: &'a Path,
    plain: u16,
    /// Port, certificate, key.
    tls: Option<(u16, String, String)>,
}

impl RealServer {
    /// Serves `root`; `None`, in words, where there is no such server.
    pub fn start(kind: Kind, root: &Path, certificate: Option<&Certificate>) -> Option<Self> {
        // A port that was free a moment ago can be taken by now: another try is worth it.
        let started = (0..3).find_map(|_| Self::try_start(kind, root, certificate));
        if started.is_none() {
            eprintln!("skipped: {kind:?} is not installed, or does not start here");
        }
        started
    }

    fn try_start(kind: Kind, root: &Path, certificate: Option<&Certificate>) -> Option<Self> {
        let work = tempfile::tempdir().unwrap();
        let certificate = certificate.filter(|_| kind.speaks_tls());
        let path = |path: std::path::PathBuf| path.display().to_string();
        let tls = certificate.map(|made| (free_port(), path(made.cert()), path(made.key())));
        let setup = Setup {
            work: work.path(),
            root,
            plain: free_port(),
            tls,
        };
        let (plain, tls) = (setup.plain, setup.tls.as_ref().map(|tls| tls.0));
        let conf = work.path().join("server.conf");
        fs::write(&conf, kind.configuration(&setup)).unwrap();
        let [program, args @ ..] = kind.command() else {
            return None;
        };
        let quiet = || Stdio::null();
        let mut process = Command::new(program)
            .args(args)
            .arg(&conf)
            .stdout(quiet())
            .stderr(quiet())
            .spawn()
            .ok()?;
        let began = Instant::now();
        while ![Some(plain), tls].into_iter().flatten().all(listens) {
            if process.try_wait().unwrap().is_some() || began.elapsed() > Duration::from_secs(20) {
                let _ = process.kill();
                let _ = process.wait();
                return None;
            }
            thread::park_timeout(Duration::from_millis(10));
        }
        Some(Self {
            process,
            plain,
            tls,
            _work: work,
        })
    }

    /// Where it speaks HTTP.
    pub fn plain(&self) -> String {
        format!("http://127.0.0.1:{}", self.plain)
    }

    /// Where it speaks HTTPS, if it does.
    pub fn tls(&self) -> Option<String> {
        self.tls.map(|port| format!("https://localhost:{port}"))
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        // A signal that lets it end its workers.
        let id = self.process.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.process.wait();
    }
}

impl Kind {
    /// The program and its arguments, but for the configuration.
    fn command(self) -> &'static [&'static str] {
        match self {
            Self::Nginx => &["nginx", "-c"],
            Self::Lighttpd => &["lighttpd", "-D", "-f"],
            Self::Apache => &["apache2", "-DFOREGROUND", "-f"],
        }
    }

    fn speaks_tls(self) -> bool {
        let module = Path::new("/usr/lib/lighttpd/mod_openssl.so");
        self != Self::Lighttpd || module.exists()
    }

    fn configuration(self, setup: &Setup) -> String {
        match self {
            Self::Nginx => nginx(setup),
            Self::Lighttpd => lighttpd(setup),
            Self::Apache => apache(setup),
        }
    }
}

fn nginx(
    Setup {
        work,
        root,
        plain,
        tls,
    }: &Setup,
) -> String {
    let (work, root) = (work.display(), root.display());
    let tls = tls.as_ref().map_or(String::new(), |(port, cert, key)| {
        format!("listen 127.0.0.1:{port} ssl; ssl_certificate {cert}; ssl_certificate_key {key};")
    });
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {work}/{name};"))
        .concat();
    format!(
        "daemon off; pid {work}/pid; error_log {work}/log;
         events {{}}
         http {{
           access_log off; {temporary}
           limit_conn_zone $server_name zone=few:1m;
           server {{
             listen 127.0.0.1:{plain}; {tls} root {root};
             location /few/ {{ alias {root}/; limit_conn few 3; limit_rate 2m; }}
             location /unsized/ {{ alias {root}/; ssi on; ssi_types *; chunked_transfer_encoding off; }}
             location /down/ {{ return 302 http://127.0.0.1:{plain}/file.bin; }}
           }}
         }}"
    )
}

fn lighttpd(
    Setup {
        work,
        root,
        plain,
        tls,
    }: &Setup,
) -> String {
    let (work, root) = (work.display(), root.display());
    let tls = tls.as_ref().map_or(String::new(), |(port, cert, key)| {
        format!(
            "server.modules += (\"mod_openssl\")
             $SERVER[\"socket\"] == \"127.0.0.1:{port}\" {{
               ssl.engine = \"enable\" ssl.pemfile = \"{cert}\" ssl.privkey = \"{key}\" }}"
        )
    });
    format!(
        "server.document-root = \"{root}\"
         server.bind = \"127.0.0.1\"
         server.port = {plain}
         server.errorlog = \"{work}/log\"
         mimetype.assign = (\".bin\" => \"application/octet-stream\")
         {tls}"
    )
}

fn apache(
    Setup {
        work,
        root,
        plain,
        tls,
    }: &Setup,
) -> String {
    let (work, root) = (work.display(), root.display());
    let modules = |names: &[&str]| {
        let line = |name: &&str| {
            format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n")
        };
        names.iter().map(line).collect::<String>()
    };
    let basic = modules(&["mpm_event", "authz_core", "mime"]);
    let tls = tls.as_ref().map_or(String::new(), |(port, cert, key)| {
        let module = modules(&["ssl"]);
        format!(
            "{module}Listen 127.0.0.1:{port}
             <VirtualHost 127.0.0.1:{port}>
               SSLEngine on
               SSLCertificateFile {cert}
               SSLCertificateKeyFile {key}
             </VirtualHost>"
        )
    });
    format!(
        "{basic}
         ServerName localhost
         User nobody
         Group nogroup
         Listen 127.0.0.1:{plain}
         PidFile {work}/pid
         ErrorLog {work}/log
         TypesConfig /dev/null
         DefaultRuntimeDir {work}
         DocumentRoot {root}
         {tls}"
    )
}

fn listens(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}
