//! `lanes integrate`: connects browsers to Lanes.

use clap::Args;

use super::failure::Failure;
use super::terminal;
use crate::browsers::{Browser, Connected, Integration};

/// Arguments of `lanes integrate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Lets the browser extension of Lanes reach this program, and writes the extension's files. Without a name,
all of these browsers that have run are connected. Then load the extension:
  Chrome, Chromium, Edge, Brave: open chrome://extensions, switch Developer mode on, choose \"Load unpacked\"
  Firefox: open about:debugging#/runtime/this-firefox, choose \"Load Temporary Add-on\"

Examples:
  lanes integrate
  lanes integrate firefox
  lanes integrate --undo"
)]
pub struct IntegrateArgs {
    /// Browsers to connect, also those that have not run
    #[arg(value_name = "BROWSER", conflicts_with = "undo")]
    browsers: Vec<Browser>,
    /// Disconnect all browsers, and remove the files
    #[arg(long)]
    undo: bool,
}

/// Connects browsers, or disconnects them.
pub(super) fn run(args: &IntegrateArgs) -> Result<(), Failure> {
    let integration = Integration::of_user().map_err(Failure::failed)?;
    if args.undo {
        let browsers = integration.disconnect().map_err(Failure::failed)?;
        return Ok(terminal::print(&format!(
            "Disconnected: {}",
            names(&browsers)
        ))?);
    }
    let Connected {
        browsers,
        extension,
    } = integration
        .connect(&args.browsers)
        .map_err(Failure::failed)?;
    terminal::print(&format!("Connected: {}", names(&browsers)))?;
    terminal::print(&format!("Load the extension from {}", extension.display()))?;
    Ok(())
}

fn names(browsers: &[Browser]) -> String {
    match browsers {
        [] => "none".to_owned(),
        browsers => browsers
            .iter()
            .map(|browser| browser.name())
            .collect::<Vec<_>>()
            .join(", "),
    }
}
