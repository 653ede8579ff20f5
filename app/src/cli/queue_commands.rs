//! `lanes add`, `status`, `pause`, `resume` and `remove`: steer a running `lanes serve`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use lanes_shared::size;
use serde_json::{Map, Value, json};

use super::args;
use super::daemon_client::{DaemonArgs, DaemonClient, running};
use super::failure::Failure;
use super::secret::{self, SecretText};
use super::terminal;
use crate::metalink_path::metalink_path;
use crate::pasted;
use lanes_engine::{Auth, ProxyChoice, Source};

/// Longest wait for the daemon that takes links.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Most downloads of a kind that `lanes status` lists.
const MAX_LISTED: i64 = 100_000;

/// Arguments of `lanes add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Links of files, each a download of its own
    #[arg(value_name = "URL", required_unless_present = "curl", value_parser = args::parsed::<Source>())]
    urls: Vec<Source>,
    /// Add what this command line fetches, with its headers, cookies, credentials and proxy; see lanes get
    #[arg(long, value_name = "COMMAND|@FILE|@-", conflicts_with = "urls")]
    curl: Option<SecretText>,
    /// Folder, within that of the daemon
    #[arg(long, value_name = "DIR")]
    dir: Option<String>,
    /// Name of the file, for one link
    #[arg(long, value_name = "NAME")]
    out: Option<String>,
    /// Do not start it
    #[arg(long)]
    pause: bool,
    #[command(flatten)]
    daemon: DaemonArgs,
}

/// Arguments of `lanes status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Print JSON, with the fields of aria2's tellStatus
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    daemon: DaemonArgs,
}

/// Arguments of `lanes pause`, `resume` and `remove`.
#[derive(Debug, Args)]
pub struct GidArgs {
    /// Ids of downloads, or beginnings of them, as `lanes status` shows them
    #[arg(value_name = "GID", required = true)]
    gids: Vec<String>,
    #[command(flatten)]
    daemon: DaemonArgs,
}

/// Adds downloads; prints the id of each.
pub(super) fn add(args: &AddArgs) -> Result<(), Failure> {
    if args.out.is_some() && args.urls.len() > 1 {
        return Err(Failure::usage("--out names one file: give one link"));
    }
    let (downloads, mut options) = match &args.curl {
        Some(SecretText(command)) => pasted_options(command)?,
        None => (
            args.urls
                .iter()
                .map(|url| json!([url.full_link()]))
                .collect(),
            Map::new(),
        ),
    };
    for (name, value) in [("dir", &args.dir), ("out", &args.out)] {
        if let Some(value) = value {
            options.insert(name.to_owned(), value.as_str().into());
        }
    }
    if args.pause {
        options.insert("pause".to_owned(), "true".into());
    }
    let daemon = args.daemon.connect()?;
    for links in downloads {
        let params = [links, Value::Object(options.clone())];
        let gid = daemon.call("aria2.addUri", &params)?;
        terminal::print(gid.as_str().unwrap_or_default())?;
    }
    Ok(())
}

/// Adds links and Metalink files to the daemon with the default state folder; `None` if none is running.
pub(super) fn give(links: &[String]) -> Option<Result<(), Failure>> {
    if links.is_empty() {
        return None;
    }
    let daemon = running(TIMEOUT)?;
    Some(links.iter().try_for_each(|link| give_one(&daemon, link)))
}

fn give_one(daemon: &DaemonClient, link: &str) -> Result<(), Failure> {
    let added = match metalink_path(link) {
        None => daemon.call("aria2.addUri", &[json!([link])])?,
        Some(path) => {
            let bytes = std::fs::read(&*path)
                .map_err(|error| Failure::failed(format!("cannot read {path}: {error}")))?;
            daemon.call("aria2.addMetalink", &[STANDARD.encode(bytes).into()])?
        }
    };
    let gids = added
        .as_array()
        .map_or(std::slice::from_ref(&added), Vec::as_slice);
    for gid in gids {
        terminal::print(gid.as_str().unwrap_or_default())?;
    }
    Ok(())
}

/// Returns the links of a command line, which are of one file, and its options under the names of aria2.
fn pasted_options(command: &str) -> Result<(Vec<Value>, Map<String, Value>), Failure> {
    let text = secret::value("--curl", command).map_err(Failure::usage)?;
    let pasted = pasted::parse(&text).map_err(Failure::usage)?;
    let links = pasted.links.iter().map(Source::full_link).collect();
    let headers = pasted.http.headers.iter();
    let mut headers: Vec<String> = headers
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let mut options = Map::new();
    let mut set = |name: &str, value: String| {
        options.insert(name.to_owned(), value.into());
    };
    match pasted.http.auth {
        Some(Auth::Basic(name, password)) => {
            set("http-user", name);
            set("http-passwd", password);
        }
        Some(Auth::Bearer(token)) => headers.push(format!("Authorization: Bearer {token}")),
        None => {}
    }
    match pasted.http.proxy {
        ProxyChoice::Environment => {}
        ProxyChoice::Direct => set("all-proxy", String::new()),
        ProxyChoice::Url(url) => set("all-proxy", url),
    }
    if pasted.http.insecure {
        set("check-certificate", "false".to_owned());
    }
    if let Some(name) = pasted.name {
        set("out", name.display().to_string());
    }
    if let Some(folder) = pasted.folder {
        set("dir", folder.display().to_string());
    }
    if let Some(checksum) = pasted.checksum {
        set("checksum", checksum.to_string().replacen(':', "=", 1));
    }
    options.insert("header".to_owned(), headers.into());
    Ok((vec![links], options))
}

/// Lists the downloads of the daemon.
pub(super) fn status(args: &StatusArgs) -> Result<(), Failure> {
    let all = all(&args.daemon.connect()?)?;
    if args.json {
        return Ok(terminal::print_json(&Value::Array(all).to_string())?);
    }
    if all.is_empty() {
        return Ok(terminal::print("No downloads")?);
    }
    for download in &all {
        terminal::print(&line(download))?;
    }
    Ok(())
}

fn all(daemon: &DaemonClient) -> Result<Vec<Value>, Failure> {
    let range = [json!(0), json!(MAX_LISTED)];
    let mut all = Vec::new();
    for (method, params) in [
        ("aria2.tellActive", &[][..]),
        ("aria2.tellWaiting", &range),
        ("aria2.tellStopped", &range),
    ] {
        if let Value::Array(downloads) = daemon.call(method, params)? {
            all.extend(downloads);
        }
    }
    Ok(all)
}

fn line(download: &Value) -> String {
    let text = |name: &str| download[name].as_str().unwrap_or_default();
    let number = |name: &str| text(name).parse::<u64>().unwrap_or(0);
    let path = download["files"][0]["path"].as_str().unwrap_or_default();
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let (done, total) = (number("completedLength"), number("totalLength"));
    let progress = match total {
        0 => size::si(done),
        total => format!("{} of {}", size::si(done), size::si(total)),
    };
    let speed = match number("downloadSpeed") {
        0 => String::new(),
        speed => format!(", {}/s", size::si(speed)),
    };
    let reason = match text("errorMessage") {
        "" => String::new(),
        reason => format!(": {reason}"),
    };
    format!(
        "{}  {:<8}  {name}  {progress}{speed}{reason}",
        text("gid"),
        text("status")
    )
}

/// Calls a method for each download.
pub(super) fn each(args: &GidArgs, method: &str) -> Result<(), Failure> {
    let daemon = args.daemon.connect()?;
    for gid in &args.gids {
        daemon.call(method, &[gid.as_str().into()])?;
    }
    Ok(())
}

/// Removes downloads that have not ended, and forgets those that have. Files stay.
pub(super) fn remove(args: &GidArgs) -> Result<(), Failure> {
    let daemon = args.daemon.connect()?;
    for gid in &args.gids {
        let keys = json!(["gid", "status"]);
        let download = daemon.call("aria2.tellStatus", &[gid.as_str().into(), keys])?;
        let has_ended = matches!(
            download["status"].as_str(),
            Some("complete" | "error" | "removed")
        );
        if !has_ended {
            daemon.call("aria2.remove", &[download["gid"].clone()])?;
        }
        daemon.call("aria2.removeDownloadResult", &[download["gid"].clone()])?;
    }
    Ok(())
}
