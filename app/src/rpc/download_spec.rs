//! Makes the specification of a download from links and options.

use std::time::Duration;

use lanes_engine::{
    Auth, ConnectionLimitCache, Destination, DownloadSpec, HttpOptions, MAX_CONNECTIONS,
    ProxyChoice, RetryLimits, Source, SpecError, TimeLimits,
};

use super::options::{OptionError, Options};
use super::rpc_error::RpcError;
use super::save_root::SaveRoot;
use crate::forwarded_headers;
use crate::pasted::with_proxy_user;

/// Longest link, in bytes.
const MAX_LINK: usize = 64 << 10;
/// Most links of one download.
const MAX_URIS: usize = 64;

/// Makes the specification of a download. `options` are those of the download over those of the daemon.
///
/// # Errors
/// A link is not supported, or an option has an invalid value.
pub(crate) fn build(
    uris: &[String],
    options: &Options,
    root: &SaveRoot,
) -> Result<DownloadSpec, RpcError> {
    if uris.iter().any(|uri| uri.len() > MAX_LINK) {
        return Err(RpcError::LinkTooLong(MAX_LINK));
    }
    let links: Vec<Source> = uris
        .iter()
        .take(MAX_URIS)
        .map(|uri| link(uri))
        .collect::<Result<_, _>>()?;
    let mut links = links.into_iter();
    let mut spec = DownloadSpec::new(links.next().ok_or(RpcError::NoUri)?);
    spec.mirrors = links.collect();
    let folder = root.folder(options.get("dir"))?;
    spec.destination = match options.get("out") {
        Some(out) => Destination::File(root.file(&folder, out)?),
        None => Destination::Folder(folder),
    };
    if let Some(connections) = connections(options, 1 + spec.mirrors.len() as u64)? {
        spec.connections = connections;
    }
    spec.rate_limit = options.rate("max-download-limit")?;
    spec.remote_time = options.is_true("remote-time");
    if let Some(checksum) = options.get("checksum") {
        let parsed = checksum.replacen('=', ":", 1).parse();
        spec.checksum = Some(parsed.map_err(OptionError::Checksum)?);
    }
    spec.http = http(options, &spec.source)?;
    spec.retry = RetryLimits::default();
    spec.host_memory = ConnectionLimitCache::default_path();
    spec.check().map_err(OptionError::Spec)?;
    Ok(spec)
}

fn link(uri: &str) -> Result<Source, RpcError> {
    let uri = uri.trim();
    match uri
        .get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case("magnet:"))
    {
        true => Err(RpcError::Torrent),
        false => Ok(uri.parse()?),
    }
}

/// Returns the number of connections: `split`, but not more than `max-connection-per-server` to each server.
fn connections(options: &Options, servers: u64) -> Result<Option<u16>, OptionError> {
    let most = u64::from(MAX_CONNECTIONS);
    let split = options.number("split", (1, u64::MAX))?;
    let per_server = options.number("max-connection-per-server", (1, u64::MAX))?;
    let of_servers = per_server.map(|number| number.saturating_mul(servers));
    let least = match (split, of_servers) {
        (Some(split), Some(servers)) => split.min(servers),
        (Some(split), None) => split,
        (None, Some(servers)) => servers.min(u64::from(lanes_engine::DEFAULT_CONNECTIONS)),
        (None, None) => return Ok(None),
    };
    Ok(Some(least.min(most) as u16))
}

fn http(options: &Options, source: &Source) -> Result<HttpOptions, OptionError> {
    let mut headers = Vec::new();
    for (option, name) in [("user-agent", "User-Agent"), ("referer", "Referer")] {
        if let Some(value) = options.get(option) {
            headers.push((name.to_owned(), value.to_owned()));
        }
    }
    let lines = options.get("header").unwrap_or_default().lines();
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let (name, value) = forwarded_headers::split(line).ok_or(OptionError::Header)?;
        if !forwarded_headers::is_kept(&name) {
            continue;
        }
        // A field that the client captured says more than the option.
        match ["user-agent", "referer"].contains(&name.to_ascii_lowercase().as_str()) {
            true => forwarded_headers::set(&mut headers, &name, &value),
            false => headers.push((name, value)),
        }
    }
    let auth = options.get("http-user").map(|user| {
        let password = options.get_any("http-passwd").unwrap_or_default();
        Auth::Basic(user.to_owned(), password.to_owned())
    });
    let interfaces = ["multiple-interface", "interface"];
    let ways = interfaces.into_iter().find_map(|name| options.get(name));
    let ways = lanes_engine::parse_ways(ways.unwrap_or_default())
        .map_err(|error| SpecError::Http(error.into()))?;
    let seconds = |name| options.number(name, (1, 30 * 24 * 3600));
    let default = TimeLimits::default();
    Ok(HttpOptions {
        auth,
        headers,
        proxy: proxy(options, source),
        insecure: options.get("check-certificate") == Some("false"),
        time_limits: TimeLimits {
            connect: seconds("connect-timeout")?.map_or(default.connect, Duration::from_secs),
            silence: seconds("timeout")?.map(Duration::from_secs),
        },
        ways,
        ..HttpOptions::default()
    })
}

/// Returns the proxy for the scheme of the link. An empty option means none, as in aria2.
fn proxy(options: &Options, source: &Source) -> ProxyChoice {
    let of_scheme = match source {
        Source::Http(_) if source.full_link().starts_with("https:") => "https-proxy",
        _ => "http-proxy",
    };
    let names = [of_scheme, "all-proxy"];
    let Some(name) = names
        .into_iter()
        .find(|name| options.get_any(name).is_some())
    else {
        return ProxyChoice::Environment;
    };
    let Some(url) = options.get(name) else {
        return ProxyChoice::Direct;
    };
    match options.get(&format!("{name}-user")) {
        Some(user) => {
            let password = options
                .get_any(&format!("{name}-passwd"))
                .unwrap_or_default();
            ProxyChoice::Url(with_proxy_user(url, &format!("{user}:{password}")))
        }
        None => ProxyChoice::Url(url.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(options: &serde_json::Value) -> Result<DownloadSpec, RpcError> {
        let temp = tempfile::tempdir().unwrap();
        let root = SaveRoot::new(temp.path()).unwrap();
        let options = Options::of_download(options.as_object().unwrap());
        build(&["https://h/f.bin?x=1".to_owned()], &options, &root)
    }

    #[test]
    fn options_have_their_effect() {
        let spec = spec(&json!({
            "out": "x.bin", "split": "8", "max-connection-per-server": "4", "max-download-limit": "1K",
            "header": ["Cookie: a=1", "User-Agent:FF", "Accept-Encoding: gzip", "Range: bytes=0-", "Host: evil"],
            "user-agent": "aria2", "referer": "https://h/", "http-user": "me", "http-passwd": "pw",
            "all-proxy": "http://p:1", "all-proxy-user": "u", "all-proxy-passwd": "p w",
            "check-certificate": "false", "remote-time": "true", "timeout": "9",
            "checksum": "md5=d41d8cd98f00b204e9800998ecf8427e",
        }))
        .unwrap();
        assert!(matches!(&spec.destination, Destination::File(path) if path.ends_with("x.bin")));
        assert_eq!(
            (spec.connections, spec.rate_limit, spec.remote_time),
            (4, Some(1024), true)
        );
        let fields: Vec<_> = spec
            .http
            .headers
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        assert_eq!(
            fields,
            [
                ("Referer", "https://h/"),
                ("Cookie", "a=1"),
                ("User-Agent", "FF")
            ]
        );
        assert_eq!(spec.http.auth, Some(Auth::Basic("me".into(), "pw".into())));
        assert_eq!(
            spec.http.proxy,
            ProxyChoice::Url("http://u:p%20w@p:1".into())
        );
        assert!(spec.http.insecure && spec.checksum.is_some());
        assert_eq!(spec.http.time_limits.silence, Some(Duration::from_secs(9)));
    }

    #[test]
    fn wrong_values_are_named() {
        for (options, word) in [
            (json!({ "dir": "/etc" }), "outside of"),
            (json!({ "out": "../x" }), "out:"),
            (json!({ "split": "0" }), "split"),
            (
                json!({ "max-download-limit": "fast" }),
                "max-download-limit",
            ),
            (json!({ "header": "nonsense" }), "header"),
            (json!({ "header": "X: a\u{1}b" }), "X"),
            (json!({ "checksum": "md5=0" }), "checksum"),
            (json!({ "all-proxy": "nonsense://" }), "proxy"),
        ] {
            let error = spec(&options).map(drop).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
