//! `lanes get --curl`: downloads what a pasted command line fetches.

use super::{GetArgs, UsageError, apply_options};
use crate::cli::failure::Failure;
use crate::cli::secret;
use crate::pasted::{self, PastedDownload};
use lanes_engine::{Destination, DownloadSpec, HttpOptions, ProxyChoice};

/// Returns the request of a command line, which may stand in a file: `@FILE`. Options of `lanes get` itself
/// take precedence.
pub(super) fn request(args: &GetArgs, command: &str) -> Result<DownloadSpec, Failure> {
    let text = secret::value("--curl", command).map_err(Failure::usage)?;
    let pasted = pasted::parse(&text).map_err(Failure::usage)?;
    let mut links = pasted.links.iter().cloned();
    let source = links
        .next()
        .ok_or_else(|| Failure::usage(UsageError::NoUrl))?;
    let mut request = DownloadSpec::new(source);
    request.mirrors = links.collect();
    request.checksum.clone_from(&pasted.checksum);
    apply_options(args, &mut request)?;
    if let (None, Some(connections)) = (args.connections, pasted.connections) {
        request.connections = connections;
        request.per_host = request.per_host.max(connections);
    }
    if args.output.is_none()
        && let Some(destination) = destination(&pasted)
    {
        request.destination = destination;
    }
    request.http = merged(pasted.http, request.http);
    request.check().map_err(Failure::usage)?;
    Ok(request)
}

/// Returns the destination that the command names, as its program would find it.
fn destination(pasted: &PastedDownload) -> Option<Destination> {
    match (&pasted.folder, &pasted.name) {
        (Some(folder), Some(name)) => Some(Destination::File(folder.join(name))),
        (None, Some(name)) => Some(super::destination(name)),
        (Some(folder), None) => Some(Destination::Folder(folder.clone())),
        (None, None) => None,
    }
}

/// Returns the options of the command, with those of the arguments instead where both have one.
fn merged(pasted: HttpOptions, args: HttpOptions) -> HttpOptions {
    let is_replaced = |name: &str| {
        let mut names = args.headers.iter().map(|(name, _)| name);
        names.any(|other| other.eq_ignore_ascii_case(name))
    };
    let mut headers = pasted.headers;
    headers.retain(|(name, _)| !is_replaced(name));
    headers.extend(args.headers.iter().cloned());
    HttpOptions {
        auth: args.auth.or(pasted.auth),
        headers,
        proxy: match args.proxy {
            ProxyChoice::Environment => pasted.proxy,
            proxy => proxy,
        },
        netrc: args.netrc || pasted.netrc,
        insecure: args.insecure || pasted.insecure,
        ca_file: args.ca_file.or(pasted.ca_file),
        cookies: args.cookies,
        allow_downgrade: args.allow_downgrade,
        time_limits: args.time_limits,
        ways: args.ways,
    }
}
