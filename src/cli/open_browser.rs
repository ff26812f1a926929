//! Browser of the person at the terminal.

use std::process::{Command, Stdio};

/// Opens an address in the browser that the system prefers. Where there is none nothing happens: the address is printed too.
pub fn open_browser(address: &str) {
    let mut command = command(address);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Ok(mut child) = command.spawn() {
        // It may last as long as the browser.
        drop(std::thread::Builder::new().spawn(move || child.wait()));
    }
}

#[cfg(target_os = "macos")]
fn command(address: &str) -> Command {
    let mut command = Command::new("open");
    command.arg(address);
    command
}

#[cfg(windows)]
fn command(address: &str) -> Command {
    let mut command = Command::new("rundll32");
    command.args(["url.dll,FileProtocolHandler", address]);
    command
}

#[cfg(not(any(target_os = "macos", windows)))]
fn command(address: &str) -> Command {
    let mut command = Command::new("xdg-open");
    command.arg(address);
    command
}
