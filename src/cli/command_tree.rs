//! Tree of commands: an enum for each group, and only the commands built that the command line can mean.

use std::cell::RefCell;
use std::ffi::OsString;

thread_local! {
    /// Words of the command line that is parsed; `None` while the whole tree is wanted, as for help.
    static WORDS: RefCell<Option<Vec<OsString>>> = const { RefCell::new(None) };
}

/// Runs `parse` with a tree that contains only commands whose names are among the words. A command line that it
/// accepts means the same in the whole tree: a word that is not built here is no word of the line.
pub fn with_named<T>(words: &[OsString], parse: impl FnOnce() -> T) -> T {
    WORDS.set(Some(words.to_vec()));
    let parsed = parse();
    WORDS.set(None);
    parsed
}

/// True if a command of this name must be in the tree.
pub fn is_wanted(name: &str) -> bool {
    WORDS.with_borrow(|words| {
        words.as_ref().is_none_or(|words| words.iter().any(|word| word == name))
    })
}

/// Length of the name of a command, from that of its variant.
pub const fn name_len(variant: &str) -> usize {
    let (bytes, mut at, mut capitals) = (variant.as_bytes(), 0, 0);
    while at < bytes.len() {
        capitals += bytes[at].is_ascii_uppercase() as usize;
        at += 1;
    }
    bytes.len() + capitals - 1
}

/// Name of a command, from that of its variant: `set-url` of `SetUrl`.
pub const fn name_bytes<const LEN: usize>(variant: &str) -> [u8; LEN] {
    let (bytes, mut name, mut at, mut end) = (variant.as_bytes(), [0; LEN], 0, 0);
    while at < bytes.len() {
        if bytes[at].is_ascii_uppercase() && at > 0 {
            name[end] = b'-';
            end += 1;
        }
        name[end] = bytes[at].to_ascii_lowercase();
        (at, end) = (at + 1, end + 1);
    }
    name
}

/// Name of a command as a constant.
macro_rules! command_name {
    ($variant:ident) => {{
        const VARIANT: &str = stringify!($variant);
        const NAME: &[u8] = &$crate::cli::command_tree::name_bytes::<
            { $crate::cli::command_tree::name_len(VARIANT) },
        >(VARIANT);
        const TEXT: &str = match ::std::str::from_utf8(NAME) {
            Ok(text) => text,
            Err(_) => panic!("the name of a command is ASCII"),
        };
        TEXT
    }};
}

/// Makes an enum of commands and runs them: a command is one line here and one file.
macro_rules! commands {
    ($name:ident { $($command:ident($args:ty),)* }) => {
        #[derive(Debug)]
        pub enum $name { $($command($args),)* }

        impl $name {
            pub fn run(
                self,
                cx: &mut $crate::cli::context::Context<'_>,
            ) -> $crate::error::Result<$crate::cli::Exit> {
                match self { $($name::$command(args) => args.run(cx),)* }
            }
        }

        impl ::clap::Subcommand for $name {
            fn augment_subcommands(mut tree: ::clap::Command) -> ::clap::Command {
                $({
                    const NAME: &str = $crate::cli::command_tree::command_name!($command);
                    if $crate::cli::command_tree::is_wanted(NAME) {
                        let command = ::clap::Command::new(NAME);
                        tree = tree.subcommand(<$args as ::clap::Args>::augment_args(command));
                    }
                })*
                tree
            }

            fn augment_subcommands_for_update(tree: ::clap::Command) -> ::clap::Command {
                Self::augment_subcommands(tree)
            }

            fn has_subcommand(name: &str) -> bool {
                [$($crate::cli::command_tree::command_name!($command)),*].contains(&name)
            }
        }

        impl ::clap::FromArgMatches for $name {
            fn from_arg_matches(
                matches: &::clap::ArgMatches,
            ) -> ::std::result::Result<Self, ::clap::Error> {
                Self::from_arg_matches_mut(&mut matches.clone())
            }

            fn from_arg_matches_mut(
                matches: &mut ::clap::ArgMatches,
            ) -> ::std::result::Result<Self, ::clap::Error> {
                let Some((name, mut own)) = matches.remove_subcommand() else {
                    return Err(::clap::Error::new(::clap::error::ErrorKind::MissingSubcommand));
                };
                match name.as_str() {
                    $(name if name == $crate::cli::command_tree::command_name!($command) => {
                        let args = <$args as ::clap::FromArgMatches>::from_arg_matches_mut(&mut own);
                        args.map(Self::$command)
                    })*
                    _ => Err(::clap::Error::new(::clap::error::ErrorKind::InvalidSubcommand)),
                }
            }

            fn update_from_arg_matches(
                &mut self,
                matches: &::clap::ArgMatches,
            ) -> ::std::result::Result<(), ::clap::Error> {
                Self::from_arg_matches(matches).map(|made| *self = made)
            }
        }
    };
}

pub(crate) use {command_name, commands};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Cli;
    use crate::cli::help::page;
    use clap::{Command, CommandFactory, Parser};

    /// Names in a tree that is made for a command line, those of groups before their members.
    fn built(line: &str) -> Vec<String> {
        fn names(command: &Command) -> Vec<String> {
            let below = command.get_subcommands();
            below.flat_map(|one| [vec![one.get_name().to_owned()], names(one)].concat()).collect()
        }
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        with_named(&words, || names(&Cli::command()))
    }

    #[test]
    fn only_the_commands_that_were_named_are_built() {
        assert_eq!(built("lua-store status"), ["status"]);
        assert_eq!(built("lua-store --json -C shop hash-object x"), ["hash-object"]);
        assert_eq!(built("lua-store version list"), ["version", "list"]);
        assert_eq!(built("lua-store remote set-url"), ["remote", "set-url"]);
        assert_eq!(built("lua-store --version"), Vec::<String>::new());
        assert!(built("lua-store serve token list").len() < 8);
    }

    #[test]
    fn a_command_line_means_the_same_in_both_trees() {
        let mut accepted = 0;
        for line in page::EXAMPLES.lines().filter_map(|line| line.strip_prefix("  ")) {
            let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            let named = with_named(&words, || Cli::try_parse_from(&words));
            let whole = Cli::try_parse_from(&words);
            assert_eq!(named.is_ok(), whole.is_ok(), "{line}");
            if let (Ok(named), Ok(whole)) = (named, whole) {
                assert_eq!(format!("{named:?}"), format!("{whole:?}"), "{line}");
                accepted += 1;
            }
        }
        assert!(accepted > 80, "{accepted} examples");
    }

    #[test]
    fn the_whole_tree_is_built_otherwise() {
        let mut whole = Cli::command();
        whole.build();
        assert!(whole.get_subcommands().count() > 35);
        let remote = whole.find_subcommand("remote").unwrap();
        assert!(remote.find_subcommand("set-url").is_some());
    }
}
