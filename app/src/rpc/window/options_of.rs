//! The links and options of a download, as clients read and set them.

use lanes_engine::{Auth, Destination, DownloadSpec, ProxyChoice, Source};

use crate::rpc::options::Options;

/// Returns the links of a download, with their secrets.
pub(crate) fn uris_of(spec: &DownloadSpec) -> Vec<String> {
    spec.sources().map(Source::full_link).collect()
}

/// Returns the options from which [`crate::rpc::download_spec::build`] makes the same download.
pub(crate) fn options_of(spec: &DownloadSpec) -> Options {
    let mut options = Options::default();
    match &spec.destination {
        Destination::Folder(folder) => options.set("dir", folder.display().to_string()),
        Destination::File(path) => {
            if let Some(folder) = path.parent() {
                options.set("dir", folder.display().to_string());
            }
            if let Some(name) = path.file_name() {
                options.set("out", name.to_string_lossy());
            }
        }
        Destination::Desktop | Destination::Stdout => {}
    }
    options.set("split", spec.connections.to_string());
    options.set(
        "max-download-limit",
        spec.rate_limit.unwrap_or(0).to_string(),
    );
    options.set("remote-time", spec.remote_time.to_string());
    if let Some(checksum) = &spec.checksum {
        options.set("checksum", checksum.to_string().replacen(':', "=", 1));
    }
    set_http(&mut options, spec);
    options
}

fn set_http(options: &mut Options, spec: &DownloadSpec) {
    let http = &spec.http;
    let mut lines = Vec::new();
    for (name, value) in &http.headers {
        match name.to_ascii_lowercase().as_str() {
            "user-agent" => options.set("user-agent", value),
            "referer" => options.set("referer", value),
            _ => lines.push(format!("{name}: {value}")),
        }
    }
    match &http.auth {
        Some(Auth::Basic(user, password)) => {
            options.set("http-user", user);
            options.set("http-passwd", password);
        }
        Some(Auth::Bearer(token)) => lines.push(format!("Authorization: Bearer {token}")),
        None => {}
    }
    if !lines.is_empty() {
        options.set("header", lines.join("\n"));
    }
    match &http.proxy {
        ProxyChoice::Environment => {}
        ProxyChoice::Direct => options.set("all-proxy", ""),
        ProxyChoice::Url(url) => options.set("all-proxy", url),
    }
    options.set("check-certificate", (!http.insecure).to_string());
    let limits = http.time_limits;
    options.set("connect-timeout", limits.connect.as_secs().to_string());
    if let Some(silence) = limits.silence {
        options.set("timeout", silence.as_secs().to_string());
    }
}
