//! Message for a person after a bug of the program itself.

use crate::text;
use serde::Serialize;
use std::io::Write;
use std::panic::PanicHookInfo;

/// Replaces Rust's message for programmers by one for users. The store stays safe in any case, so
/// the message says so.
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        let _ = std::io::stderr().write_all(text::lines(&message(info)).as_bytes());
    }));
}

/// A panic in a log.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PanicLine<'a> {
    at: String,
    event: &'static str,
    cause: &'a str,
    place: Option<String>,
}

/// For a process whose stderr is a log of JSON lines.
pub fn install_for_logs() {
    std::panic::set_hook(Box::new(|info| {
        let cause = info.payload_as_str().unwrap_or("no message");
        let place = info.location().map(|at| format!("{}:{}", at.file(), at.line()));
        let at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let line = PanicLine { at, event: "panic", cause, place };
        let line = serde_json::to_string(&line).unwrap_or_default();
        let _ = std::io::stderr().write_all(format!("{}\n", text::json(&line)).as_bytes());
    }));
}

fn message(info: &PanicHookInfo<'_>) -> String {
    let place =
        info.location().map_or_else(String::new, |at| format!(" ({}:{})", at.file(), at.line()));
    let cause = info.payload_as_str().unwrap_or("no message");
    format!(
        "Error: this is a bug in lua-store: {cause}{place}\n\
         hint: stored data is not affected; run `lua-store fsck` to verify it\n\
         hint: please report this with the command you ran and `lua-store --version`\n"
    )
}
