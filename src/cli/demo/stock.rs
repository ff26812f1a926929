//! The stock `lua` command of this machine, for the act of the demo that only it can play.

use semver::Version;
use std::process::{Command, Stdio};

/// Names under which npm installs it.
const NAMES: [&str; 2] = ["lua", "lua.cmd"];

/// A stock command that can be started.
#[derive(Clone, Copy, Debug)]
pub struct StockCommand(&'static str);

impl StockCommand {
    /// Finds it on the path. The language of the same name answers `--version` with more than a number, or not at all.
    pub fn find() -> Option<StockCommand> {
        NAMES.into_iter().find(|name| is_stock(name)).map(StockCommand)
    }

    /// The command as a person with this token runs it.
    pub fn command(self, url: &str, token: &str) -> Command {
        let mut command = Command::new(self.0);
        command.env("LUA_API_URL", url).env("LUA_AUTH_URL", url).env("LUA_API_KEY", token);
        command.env("LUA_TELEMETRY", "false").stdin(Stdio::null());
        command
    }
}

fn is_stock(name: &str) -> bool {
    let output = Command::new(name).arg("--version").stdin(Stdio::null()).output();
    output.is_ok_and(|output| {
        let text = String::from_utf8_lossy(&output.stdout);
        output.status.success() && Version::parse(text.trim()).is_ok()
    })
}
