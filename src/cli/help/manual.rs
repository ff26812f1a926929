//! The manual page of a command: what clap knows of it, then examples, exit status, environment and files.

use super::page::{self, Example};
use clap::Command;
use clap_mangen::Man;
use roff::{Inline, Roff, bold, italic, roman};
use std::io;

/// A word that a section defines, and its meaning.
pub type Definition = (&'static str, &'static str);

pub const EXIT_STATUS: &[Definition] = &[
    ("0", "Success."),
    (
        "1",
        "It failed, stored bytes are damaged, or a check such as `sync --check` found a difference.",
    ),
    ("2", "The request is wrong: an option, an argument, an invalid version."),
    ("3", "The named version, file, object or remote does not exist."),
    ("9", "Authentication failed, or the certificate of the server is not trusted."),
    ("10", "The token does not allow it."),
    (
        "11",
        "The server, the disk or a lock cannot be reached now: the same command may work later.",
    ),
    ("141", "The reader of stdout ended, as head(1) does."),
];

/// Every variable that the program reads, but for those of debug builds.
pub const ENVIRONMENT: &[Definition] = &[
    ("LUA_STORE_TOKEN", "The token for a server for which `login` stored none."),
    ("LUA_STORE_AUTHOR", "The e-mail address recorded as author, unless --author is given."),
    (
        "LUA_STORE_PATIENCE",
        "Milliseconds to wait for a remote when only the active version is asked (default 300; 0 never asks).",
    ),
    ("LUA_STORE_TRIES", "Number of attempts for each request to a server (default 5)."),
    (
        "LUA_STORE_SILENCE",
        "Milliseconds after which a server that sends nothing counts as unreachable.",
    ),
    (
        "LUA_STORE_IDLE",
        "Milliseconds without a request after which `ui` ends (default 30 minutes).",
    ),
    ("LUA_STORE_CACHE_BYTES", "Size limit of the cache of remotes, in bytes (default 1 GiB)."),
    ("LUA_STORE_DATA", "The data folder of `serve`, unless --data is given."),
    (
        "LUA_STORE_PAGER, PAGER",
        "The pager for long output on a terminal (default less -FRX); cat for none.",
    ),
    ("LESS", "Options of less(1). Set for the pager if it is unset."),
    ("LUA_STORE_NOW", "The time to record, as RFC 3339, so that a run can be repeated exactly."),
    (
        "LUA_API_KEY",
        "The key of the Lua platform, sent only there. Used in place of LUA_STORE_TOKEN if it contains a token of `serve`.",
    ),
    ("SSL_CERT_FILE", "A PEM file of certificates to trust beside those of the system."),
    ("CI", "If set, and neither 0 nor false, the program asks no questions."),
    ("NO_COLOR", "If set, the program uses no colours. TERM=dumb has the same effect."),
    ("TERM", "The kind of the terminal."),
    (
        "HOME, XDG_CONFIG_HOME, XDG_CACHE_HOME, XDG_DATA_HOME",
        "Parents of the user's files; see FILES. On Windows APPDATA and LOCALAPPDATA.",
    ),
];

pub const FILES: &[Definition] = &[
    (
        "PROJECT/.lua/",
        "The store: objects, refs, ACTIVE, config.toml. Found from any folder below.",
    ),
    (".luaignore, .gitignore", "Rules for the files that a push leaves out."),
    (
        "~/.config/lua-store/credentials.toml",
        "The tokens that `login` stores, below XDG_CONFIG_HOME; readable by the user alone.",
    ),
    (
        "~/.cache/lua-store/remotes/",
        "What `--remote URL` downloaded, below XDG_CACHE_HOME; can be removed at any time.",
    ),
    ("~/.local/share/lua-store/depot/", "The data folder of `serve`, below XDG_DATA_HOME."),
];

/// The page as roff. A built command knows its whole name, `lua-store-version-diff`; `name` has its words after `lua-store`.
pub fn render(command: &Command, name: &str) -> io::Result<Vec<u8>> {
    let is_program = name.is_empty();
    let own = command.clone().mut_args(|arg| match page::is_global(&arg) && !is_program {
        true => arg.hide(true),
        false => arg,
    });
    // Commands below have no version of their own.
    let source = concat!("lua-store ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(own).manual("lua-store").source(source);
    let mut bytes = Vec::new();
    man.render_title(&mut bytes)?;
    man.render_name_section(&mut bytes)?;
    man.render_synopsis_section(&mut bytes)?;
    man.render_description_section(&mut bytes)?;
    man.render_options_section(&mut bytes)?;
    if command.get_subcommands().next().is_some() {
        man.render_subcommands_section(&mut bytes)?;
    }
    let mut roff = Roff::new();
    if !is_program {
        roff.control("SH", ["GLOBAL OPTIONS"]);
        let options = page::global_options(command);
        roff.text([roman(format!("{options}: see ")), bold("lua-store"), roman("(1).")]);
    }
    examples(&mut roff, &page::examples(name));
    definitions(&mut roff, "EXIT STATUS", EXIT_STATUS, bold);
    definitions(&mut roff, "ENVIRONMENT", ENVIRONMENT, bold);
    definitions(&mut roff, "FILES", FILES, italic);
    roff.to_writer(&mut bytes)?;
    Ok(bytes)
}

fn examples(roff: &mut Roff, examples: &[Example]) {
    if examples.is_empty() {
        return;
    }
    roff.control("SH", ["EXAMPLES"]);
    for (task, line) in examples {
        roff.control("PP", []).text([roman(format!("{task}:"))]);
        roff.control("RS", ["4"]).control("EX", []).text([roman(*line)]);
        roff.control("EE", []).control("RE", []);
    }
}

fn definitions(
    roff: &mut Roff,
    heading: &str,
    definitions: &[Definition],
    style: fn(&'static str) -> Inline,
) {
    roff.control("SH", [heading]);
    for (word, meaning) in definitions {
        roff.control("TP", []).text([style(word)]).text([roman(*meaning)]);
    }
}
