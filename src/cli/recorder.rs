//! Recorder of operations: what a command changed in the store and in the files becomes a line of the operation log.

use super::context::Context;
use super::hints::quoted;

/// Records what the command changed, if it changed anything, also where it failed half way. Nothing depends on its
/// success: without the line `undo` refuses.
pub fn record(cx: &Context<'_>, words: &[String]) {
    if let Ok(now) = cx.now() {
        drop(cx.journal.record(&command(words), cx.by.clone(), now.as_millisecond()));
    }
}

/// Words from the command on, without the global options before it, as a person types them.
fn command(words: &[String]) -> String {
    let mut words = words.iter().map(String::as_str);
    let mut line = Vec::new();
    while let Some(word) = words.next() {
        match word {
            _ if !line.is_empty() => line.push(quoted(word)),
            "-C" | "--author" | "--color" => drop(words.next()),
            option if option.starts_with('-') => {}
            command => line.push(quoted(command)),
        }
    }
    line.join(" ")
}
