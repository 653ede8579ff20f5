//! Child processes of installed web servers, on free ports.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::certificate::Certificate;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerKind {
    Nginx,
    Lighttpd,
    Apache,
}

/// A running web server; `drop` stops it.
pub struct RealServer {
    process: Child,
    http_port: u16,
    https_port: Option<u16>,
    _work: TempDir,
}

/// Input of a server's configuration.
struct Setup<'a> {
    work: &'a Path,
    root: &'a Path,
    http_port: u16,
    /// Port, path of the certificate, path of the key.
    tls: Option<(u16, String, String)>,
}

impl RealServer {
    /// Starts a server for `root`; prints a message and returns `None` if it cannot be started.
    pub fn start(kind: ServerKind, root: &Path, certificate: Option<&Certificate>) -> Option<Self> {
        // Another process can take the free port before the server binds it, so try again.
        let started = (0..3).find_map(|_| Self::try_start(kind, root, certificate));
        if started.is_none() {
            eprintln!("skipped: {kind:?} is not installed or does not start");
        }
        started
    }

    fn try_start(kind: ServerKind, root: &Path, certificate: Option<&Certificate>) -> Option<Self> {
        let work = tempfile::tempdir().unwrap();
        let certificate = certificate.filter(|_| kind.supports_tls());
        let path = |path: std::path::PathBuf| path.display().to_string();
        let tls = certificate.map(|pair| (free_port(), path(pair.cert()), path(pair.key())));
        let setup = Setup {
            work: work.path(),
            root,
            http_port: free_port(),
            tls,
        };
        let (http_port, https_port) = (setup.http_port, setup.tls.as_ref().map(|tls| tls.0));
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
        while ![Some(http_port), https_port]
            .into_iter()
            .flatten()
            .all(listens)
        {
            if process.try_wait().unwrap().is_some() || began.elapsed() > Duration::from_secs(20) {
                let _ = process.kill();
                let _ = process.wait();
                return None;
            }
            thread::park_timeout(Duration::from_millis(10));
        }
        Some(Self {
            process,
            http_port,
            https_port,
            _work: work,
        })
    }

    /// Returns `http://host:port`.
    pub fn http_base(&self) -> String {
        format!("http://127.0.0.1:{}", self.http_port)
    }

    /// Returns `https://host:port`, or `None` without TLS.
    pub fn https_base(&self) -> Option<String> {
        self.https_port
            .map(|port| format!("https://localhost:{port}"))
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        // SIGTERM instead of SIGKILL, so that the server can stop its worker processes.
        let id = self.process.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.process.wait();
    }
}

impl ServerKind {
    /// Returns the program and its arguments; the path of the configuration follows.
    fn command(self) -> &'static [&'static str] {
        match self {
            Self::Nginx => &["nginx", "-c"],
            Self::Lighttpd => &["lighttpd", "-D", "-f"],
            Self::Apache => &["apache2", "-DFOREGROUND", "-f"],
        }
    }

    fn supports_tls(self) -> bool {
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
        http_port,
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
             listen 127.0.0.1:{http_port}; {tls} root {root};
             location /few/ {{ alias {root}/; limit_conn few 3; limit_rate 2m; }}
             location /unsized/ {{ alias {root}/; ssi on; ssi_types *; chunked_transfer_encoding off; }}
             location /down/ {{ return 302 http://127.0.0.1:{http_port}/file.bin; }}
           }}
         }}"
    )
}

fn lighttpd(
    Setup {
        work,
        root,
        http_port,
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
         server.port = {http_port}
         server.errorlog = \"{work}/log\"
         mimetype.assign = (\".bin\" => \"application/octet-stream\")
         {tls}"
    )
}

fn apache(
    Setup {
        work,
        root,
        http_port,
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
         Listen 127.0.0.1:{http_port}
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
