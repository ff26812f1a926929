//! What a person reads when the program itself is wrong.

use std::io::Write;
use std::panic::PanicHookInfo;

/// Replaces Rust's message for programmers by one for users. What was written stays safe whatever
/// happens here, so the message says so.
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        let _ = std::io::stderr().write_all(message(info).as_bytes());
    }));
}

fn message(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map_or_else(String::new, |at| format!(" ({}:{})", at.file(), at.line()));
    let cause = info.payload_as_str().unwrap_or("no message");
    format!(
        "Error: this is a bug in lua-store: {cause}{place}\n\
         hint: what was stored before is not affected; `lua-store fsck` verifies it\n\
         hint: please report this with the command you ran and `lua-store --version`\n"
    )
}
