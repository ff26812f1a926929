//! `completions`: what a shell needs to complete our command lines.

use crate::cli::Exit;
use crate::cli::complete::VARIABLE;
use crate::cli::context::Context;
use crate::error::{Error, Result};
use clap_complete::Shell;
use clap_complete::env::Shells;

/// Print the completion script for a shell
///
/// Completes commands, options, versions, paths inside them and names of primitives. For bash, add this line to
/// ~/.bashrc: source <(lua-store completions bash)
#[derive(Debug, clap::Args)]
pub struct Completions {
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let shell = self.shell.to_string();
        let mut script = Vec::new();
        let shells = Shells::builtins();
        shells
            .completer(&shell)
            .ok_or_else(|| Error::usage(format!("there are no completions for {shell}")))?
            .write_registration(VARIABLE, "lua-store", "lua-store", "lua-store", &mut script)
            .map_err(|error| {
                Error::failed(format!("cannot write the completions for {shell}: {error}"))
            })?;
        if self.shell == Shell::Bash {
            script = whole_words(String::from_utf8_lossy(&script).into_owned())?.into_bytes();
        }
        cx.out.bytes(&script)?;
        Ok(Exit::Done)
    }
}

/// Before the program is asked, and after it has answered.
const ASKS: &str = "    COMPREPLY=( $( \\\n";
const ANSWERED: &str = "    if [[ $? != 0 ]]; then\n        unset COMPREPLY\n    el";

/// Bash breaks words at colons, and `v2:path` is one word: the program is given it whole, and bash
/// only what follows the colon.
fn whole_words(script: String) -> Result<String> {
    const JOIN: &str = "    local current=\"${COMP_LINE:0:COMP_POINT}\"
    current=\"${current##*[[:space:]]}\"
    if [[ \"$current\" == *:* ]]; then
        IFS=$' \\t' read -r -a words <<< \"${COMP_LINE:0:COMP_POINT}\"
        _CLAP_COMPLETE_INDEX=$(( ${#words[@]} - 1 ))
    fi\n";
    const CUT: &str = "    if [[ $? != 0 ]]; then
        unset COMPREPLY
    fi
    if [[ \"$current\" == *:* ]]; then
        COMPREPLY=(\"${COMPREPLY[@]#\"${current%:*}:\"}\")
        [[ \"${COMPREPLY-}\" == */ ]] && compopt -o nospace
    fi\n    ";
    if !script.contains(ASKS) || !script.contains(ANSWERED) {
        return Err(Error::failed("the completion script for bash has an unknown form"));
    }
    Ok(script.replace(ASKS, &format!("{JOIN}{ASKS}")).replace(ANSWERED, CUT))
}
