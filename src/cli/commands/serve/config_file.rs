//! `--config`: the options of `serve` in a file, TOML, under the names of the flags.

use super::start::Start;
use crate::error::{Error, Result};
use crate::fs;
use clap::{CommandFactory, Parser};
use std::path::Path;
use toml_edit::{DocumentMut, Item};

/// The options as the command line has them, so that a file is read by the same rules.
#[derive(Debug, Parser)]
#[command(disable_help_flag = true, no_binary_name = true)]
struct Options {
    #[command(flatten)]
    start: Start,
}

/// The options that a file has.
pub fn read(path: &Path) -> Result<Start> {
    let wrong = |what: &str| Error::usage(format!("cannot use \"{}\": {what}", path.display()));
    let text = fs::read(path)?;
    let text = std::str::from_utf8(&text).map_err(|_| wrong("it is not UTF-8"))?;
    let document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| wrong(error.message()))?;
    let words = words(&document).map_err(|error| wrong(error.message()))?;
    let options = Options::try_parse_from(words).map_err(|error| {
        let told = error.to_string();
        let first = told.lines().next().unwrap_or_default();
        wrong(first.strip_prefix("error: ").unwrap_or(first))
    })?;
    Ok(options.start)
}

/// The file as words of a command line.
fn words(document: &DocumentMut) -> Result<Vec<String>> {
    let known = Options::command();
    let mut words = Vec::new();
    for (name, item) in document.iter() {
        let option = known
            .get_arguments()
            .find(|option| option.get_long() == Some(name) && name != "config");
        let option =
            option.ok_or_else(|| Error::usage(format!("`serve` has no option \"{name}\"")))?;
        match (option.get_action().takes_values(), item) {
            (false, Item::Value(value)) if value.as_bool().is_some() => {
                words.extend(value.as_bool().filter(|on| *on).map(|_| format!("--{name}")));
            }
            (true, Item::Value(value)) => {
                let number = value.as_integer().map(|number| number.to_string());
                let text = value.as_str().map(str::to_owned).or(number);
                let text = text.ok_or_else(|| {
                    Error::usage(format!("\"{name}\" must be a string or a number"))
                })?;
                words.push(format!("--{name}={text}"));
            }
            _ => return Err(Error::usage(format!("\"{name}\" must be true or false"))),
        }
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> std::result::Result<Vec<String>, String> {
        words(&text.parse().unwrap()).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_file_has_the_names_of_the_flags() {
        let text = "listen = \"127.0.0.1:0\"\nagent-refs = 7 # few\nno-auth = true\n";
        assert_eq!(of(text).unwrap(), ["--listen=127.0.0.1:0", "--agent-refs=7", "--no-auth"]);
        assert_eq!(of("no-auth = false").unwrap(), Vec::<String>::new());
        assert_eq!(of("lisen = \"a\"").unwrap_err(), "`serve` has no option \"lisen\"");
        assert_eq!(of("config = \"a\"").unwrap_err(), "`serve` has no option \"config\"");
        assert_eq!(of("listen = [1]").unwrap_err(), "\"listen\" must be a string or a number");
        assert_eq!(of("no-auth = \"yes\"").unwrap_err(), "\"no-auth\" must be true or false");
        assert_eq!(of("[listen]\na = 1").unwrap_err(), "\"listen\" must be true or false");
    }
}
