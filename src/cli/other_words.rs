//! Words of git and of the stock command: what a person who types one of them wants to run here.

use super::hints::quoted;
use crate::history::revision::Revision;
use std::path::Path;

/// A word, and the command that does it, or a sentence that begins with a command.
const WORDS: &[(&[&str], &str)] = &[
    (
        &["commit", "add", "stage", "save", "backup"],
        "run `lua-store push -m TEXT` to store the project, then `lua-store version create` to give it a number",
    ),
    (
        &["tag", "snapshot", "cut"],
        "run `lua-store version create -m TEXT` to give the pushed state a number",
    ),
    (
        &["release", "publish", "ship", "activate"],
        "run `lua-store version promote VERSION` to make a version live",
    ),
    (&["deploy"], "run `lua-store version promote VERSION` to make a version live"),
    (
        &["rollback"],
        "run `lua-store version promote previous` to make the version before live again, `lua-store source rollback --version N` to restore files",
    ),
    (
        &["revert"],
        "run `lua-store undo` to take back the last command, `lua-store version promote previous` to make the version before active again",
    ),
    (
        CHECKOUT,
        "run `lua-store restore PATH` to restore files of the last push, `lua-store restore --from VERSION .` those of a version; there are no branches, `git switch` changes them",
    ),
    (
        &["cherry-pick"],
        "run `lua-store restore --from VERSION PATH` to take files from a version; a single change cannot be picked",
    ),
    (
        &["stash"],
        "run `lua-store restore .` to go back to the last push: the files become a safety snapshot, and `lua-store snapshot restore latest` restores them",
    ),
    (
        &["undelete", "recover"],
        "run `lua-store version undelete VERSION` to restore a deleted version",
    ),
    (
        &["branch", "worktree"],
        "run `git worktree add DIR` for work beside this: each work tree shares this store",
    ),
    (
        &["search", "grep", "find"],
        "run `lua-store log -S TEXT` to find the pushes and versions that added or removed a text",
    ),
    (&["merge", "rebase"], "run `lua-store pull` to merge what others pushed"),
    (
        &["history", "reflog", "annotate"],
        "run `lua-store log`, or `lua-store log --ledger` for promotions",
    ),
    (
        &["ls", "list", "versions", "ls-files"],
        "run `lua-store version list`, or `lua-store ls-tree VERSION` for files",
    ),
    (&["cat", "print"], "run `lua-store show VERSION:PATH` to print a file of a version"),
    (&["rm", "remove", "del"], "run `lua-store version delete VERSION`"),
    (
        &["promote", "create"],
        "run `lua-store version promote VERSION`, or `lua-store version create`",
    ),
    (&["auth", "signin", "configure"], "run `lua-store login` to store the token for a server"),
    (&["describe", "info", "production"], "run `lua-store status`"),
    (&["completion"], "run `lua-store completions SHELL`"),
    (&["config"], "edit \".lua/config.toml\", or run `lua-store remote add` for a remote"),
    (
        &["verify", "check", "doctor"],
        "run `lua-store fsck` to check the store, `lua-store sync --check` to compare with what is live",
    ),
    (&["prune", "clean", "repack"], "run `lua-store gc` to remove unreachable objects"),
    (&["sources"], "run `lua-store source list`"),
    (&["build"], "run `lua-store compile`"),
];

/// Commands of the stock command alone: this program has nothing like them.
const STOCK: &[&str] = &[
    "test",
    "chat",
    "env",
    "resources",
    "admin",
    "evals",
    "docs",
    "channels",
    "logs",
    "skills",
    "webhooks",
    "devices",
    "jobs",
    "workflows",
    "features",
    "preprocessors",
    "postprocessors",
    "mcp",
    "integrations",
    "triggers",
    "agents",
    "models",
    "update",
    "telemetry",
    "governance",
    "voice",
    "marketplace",
];

/// Words that change the files of a project in git.
const CHECKOUT: &[&str] = &["checkout", "switch", "reset", "co"];

/// The hint for a word that is no command here; `after` are the words after it.
pub fn hint(word: &str, after: &[&str]) -> Option<String> {
    let word = word.to_lowercase();
    if CHECKOUT.contains(&&*word)
        && let Some(restore) = checkout(after)
    {
        return Some(restore);
    }
    let known = WORDS.iter().find(|(words, _)| words.contains(&&*word));
    let stock = || {
        let is_stock = STOCK.contains(&&*word);
        is_stock.then(|| format!("run `lua {word}`: only the stock command has it"))
    };
    known.map(|(_, hint)| (*hint).to_owned()).or_else(stock)
}

/// `checkout v3`, `checkout PATH`, `checkout v3 PATH`, `reset --hard`, in the words of `restore`. A branch is none of
/// them.
fn checkout(after: &[&str]) -> Option<String> {
    let is_path = |word: &str| word.contains(['/', '.']) || Path::new(word).exists();
    let named: Vec<&str> = after.iter().copied().filter(|word| !word.starts_with('-')).collect();
    let all = |words: &[&str]| words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    match named[..] {
        [] if after.contains(&"--hard") => {
            Some("run `lua-store restore .` to restore the files of the last push".to_owned())
        }
        [version] if version.parse::<Revision>().is_ok() => Some(format!(
            "run `lua-store restore --from {version} .` to restore the files of {version}, after a safety snapshot of yours; \
             `lua-store version promote {version}` makes it active and leaves the files as they are"
        )),
        [version, ref paths @ ..] if version.parse::<Revision>().is_ok() => {
            let paths = all(paths);
            Some(format!(
                "run `lua-store restore --from {version} {paths}` to restore them as in {version}"
            ))
        }
        ref paths if !paths.is_empty() && paths.iter().all(|path| is_path(path)) => Some(format!(
            "run `lua-store restore {}` to restore it as in the last push",
            all(paths)
        )),
        _ => None,
    }
}

/// `deploy` of the stock command, as what it is here: the words of the command line with `version promote` instead.
pub fn deploy(raw: &[std::ffi::OsString]) -> Option<Vec<std::ffi::OsString>> {
    let mut at = 1;
    while let Some(word) = raw.get(at).and_then(|word| word.to_str()) {
        match word {
            "-C" | "--color" | "--author" => at += 2,
            word if word.starts_with('-') => at += 1,
            "deploy" => {
                let mut words = raw.to_vec();
                words.splice(at..=at, ["version".into(), "promote".into()]);
                return Some(words);
            }
            _ => return None,
        }
    }
    None
}

/// The sentence that is printed once for `deploy`.
pub const DEPLOY: &str =
    "`deploy` is `version promote` here: it makes a version of the whole agent live.";
