//! Hints in words: the one table from a reason to the sentence that names the command.

use crate::error::{Error, Hint};
use crate::server::hints::of_server;

/// Hints of an error, one per line.
pub fn of(error: &Error) -> Option<String> {
    let lines: Vec<String> = error.hints().iter().map(text).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The words of one hint.
pub fn text(hint: &Hint) -> String {
    let fixed = match hint {
        Hint::Text(text) => return text.clone(),
        Hint::Fsck => "`lua-store fsck` names what is damaged",
        Hint::FsckAffected => {
            "`lua-store fsck` names what is damaged and which versions it affects"
        }
        Hint::FsckNext => "`lua-store fsck` says what to do next",
        Hint::FsckWhole => "`lua-store fsck` says whether this store is whole",
        Hint::FsckFromRemote => {
            "`lua-store fsck` names it; `lua-store fsck --repair --from REMOTE` brings it from a remote"
        }
        Hint::PurgeAgain => "run the same `lua-store purge` again",
        Hint::FinishPurge => "run `lua-store gc` to finish the purge",
        Hint::Repair => "`lua-store fsck --repair` puts it back",
        Hint::RepairKnown => "`lua-store fsck --repair` puts back those that are known",
        Hint::RepairFromRemote => {
            "`lua-store fsck --repair --from REMOTE` puts it back from a remote"
        }
        Hint::RecoverPointer => {
            "bring \".lua/ACTIVE\" back from a backup, or `lua-store pull` from a remote"
        }
        Hint::RecoverRefs => {
            "bring it back from a backup; where nothing was in it, `lua-store init` makes it again"
        }
        Hint::OpenMerge => {
            "edit the files that `lua-store status` lists, then run `lua-store pull --continue`; `lua-store pull --abort` brings back the files as they were"
        }
        Hint::OpenMergeWithMarkers => "run `lua-store pull --markers` where a pull has conflicts",
        Hint::AbortMerge => "run `lua-store pull --abort`, then pull again",
        Hint::PushMerge => "run `lua-store push` to keep it as the next source version",
        Hint::ContinueMerge => "run `lua-store pull --continue` to close it",
        Hint::Init => "`lua-store init` makes a folder one",
        Hint::ConnectGit => {
            "`git init` in the folder of the project makes one, then `lua-store git connect`"
        }
        Hint::ListVersions => "`lua-store version list --all` shows what there is",
        Hint::ListAllVersions => "`lua-store version list --all` shows all versions",
        Hint::HelpVersions => "`lua-store help versions` lists the names of versions",
        Hint::ListSnapshots => "`lua-store snapshot list` lists the safety snapshots",
        Hint::ListNewestVersions => "`lua-store version list` shows what there is",
        Hint::ListAfterFetch => {
            "`lua-store version list --all` shows what there is after `lua-store fetch`"
        }
        Hint::ListSources => "`lua-store source list` shows what there is",
        Hint::ListPersonas => "`lua-store persona list` shows what there is",
        Hint::ListAuthors => {
            "the version was made to take all memory: `lua-store source list` says by whom"
        }
        Hint::LogPromotions => "`lua-store log --ledger` shows all promotions",
        Hint::LogAuthors => "`lua-store log --ledger` shows who promoted what, when",
        _ => return step(hint),
    };
    fixed.to_owned()
}

/// A step that has to come first.
fn step(hint: &Hint) -> String {
    let fixed = match hint {
        Hint::CreateVersion => "`lua-store version create` makes one",
        Hint::CreateFirstVersion => "`lua-store version create` makes a version",
        Hint::CreatePromotable => "`lua-store version create` makes one that can be promoted",
        Hint::CreateUnreadable => {
            "correct it, then `lua-store push`\n\
             `lua-store version create --allow-unreadable` makes one of the files, with the state that was pushed before"
        }
        Hint::PointerMoved => {
            "somebody else promoted or deleted meanwhile: `lua-store version list` shows what is active now"
        }
        Hint::PushFirst => {
            "run `lua-store push` first, or pass `--auto-push` to push everything and then snapshot"
        }
        Hint::PushBeforeVersion => {
            "`lua-store push` first, then create a version, keeps both the same"
        }
        Hint::PushEdits => {
            "`lua-store push` saves them first\n\
             `--force` overwrites them; what is there is kept as a safety snapshot"
        }
        Hint::PushBackup => "`lua-store push backup` keeps the files as they are",
        Hint::PushDropped => {
            "write it in a form that the compiler knows, then `lua compile` again\n\
             `lua-store push --allow-dropped` pushes it as it is read here"
        }
        Hint::MoveInside => {
            "move it into the project, or make it a package that is installed from a registry\n\
             `lua-store push backup` keeps the files of the project alone"
        }
        Hint::AllowExample => {
            "for example `lua-store push --allow src/key.ts --allow skill/orders`"
        }
        Hint::PushToCommit => "`lua-store push` commits it afterwards",
        _ => return of_remote(hint),
    };
    fixed.to_owned()
}

/// A remote and its versions.
fn of_remote(hint: &Hint) -> String {
    let fixed = match hint {
        Hint::AddRemote => "`lua-store remote add origin https://host/AGENT` makes one",
        Hint::RemoteMoved => {
            "if that is where the remote is now, `lua-store remote set-url origin URL` says so"
        }
        Hint::Offline => "`--offline` leaves the remote alone",
        Hint::StepOffline => "nothing was changed; `--offline` moves only the pointer here",
        Hint::Pull => "`lua-store pull` brings it",
        Hint::PullAndFollow => {
            "`lua-store pull` brings it, and puts yours of the same number after it"
        }
        Hint::PullForNumber => "`lua-store pull` gives yours the next free number",
        Hint::PullEverything => "`lua-store pull` brings everything here that was pushed there",
        Hint::Fetch => "`lua-store fetch` shows what it has",
        Hint::AsIs => {
            "nothing was changed here; no `lua-store` of today makes such a thing\n\
             if you trust who made it, `lua-store fetch --as-is`, or `lua-store clone --as-is`, takes it as it is"
        }
        Hint::Login => "`lua-store login` keeps a token, or set LUA_STORE_TOKEN",
        Hint::Insecure => {
            "use https://\n`--insecure` sends it for this command, `lua-store remote add --insecure` always to that remote"
        }
        Hint::LoginAgain => "correct it, or remove it and run `lua-store login` again",
        Hint::LoginWithUrl => "`lua-store login URL` keeps a token where nobody else reads it",
        _ => return of_values(hint),
    };
    fixed.to_owned()
}

/// Hints with values in them.
fn of_values(hint: &Hint) -> String {
    match hint {
        Hint::CompareWith(number) => {
            format!("run `lua-store status` to see how your files differ from v{number}")
        }
        Hint::PushOnTop(number) => {
            format!(
                "run `lua-store push --expect-source v{number}` to push your files after it as they are"
            )
        }
        Hint::RepairPointer { text, path } => format!(
            "`lua-store fsck --repair` puts it back, as does `printf '{text}' > \"{}\"`",
            path.display()
        ),
        Hint::FollowPurge { remote } => {
            format!("if something was purged there, `lua-store fetch {remote}` does the same here")
        }
        Hint::Purged { object } => format!(
            "remove the file or change it; or run `lua-store purge --allow {object}` to let it be stored again"
        ),
        Hint::RepairRef { id, path } => format!(
            "`lua-store fsck --repair` puts it back, as does `echo {id} > \"{}\"`",
            path.display()
        ),
        Hint::RecoverFormat { line } => format!(
            "stores of this program have the one line {line} in it: write it there, then run `lua-store fsck`"
        ),
        Hint::RefetchTracking { remote } => {
            format!("remove that file, then `lua-store fetch {remote}` asks the remote again")
        }
        Hint::ListTree { tree } => format!("`lua-store ls-tree -r {tree}` lists what there is"),
        Hint::PromoteNewest(number) => {
            format!("`lua-store version promote v{number}` makes the newest one active")
        }
        Hint::PromoteByNumber(number) => {
            format!("name the version: `lua-store version promote v{number}`")
        }
        Hint::PromoteOther(number) => format!(
            "`lua-store version promote {number}` promotes the newest that can be; `lua-store version list` shows all"
        ),
        Hint::AllowSecrets(names) => format!(
            "read it when the agent runs: put the value into `.env` and write `env('NAME')`\n\
             `{}` keeps what is no secret",
            allow_command(names)
        ),
        Hint::RestoreSnapshot(number) => {
            format!("`lua-store snapshot restore {number}` brings back the files as they were")
        }
        Hint::PushAndTag { tag } => {
            format!("`lua-store push && git tag {tag}` commits and tags it afterwards")
        }
        other => of_undo(other),
    }
}

/// Hints of `undo`.
fn of_undo(hint: &Hint) -> String {
    match hint {
        Hint::OpLog => "`lua-store op log` lists what was recorded".to_owned(),
        Hint::PromoteAnother => {
            "run `lua-store version promote` with another version to take it back the forward way"
                .to_owned()
        }
        Hint::UndoPromotion => {
            "run `lua-store version promote previous`: it takes it back with a new record"
                .to_owned()
        }
        Hint::UndoPush(0) => "change the files back and run `lua-store push`".to_owned(),
        Hint::UndoPush(number) => format!(
            "run `lua-store source rollback --version {number} --force`, then `lua-store push`: others get the files of v{number} as a new version"
        ),
        Hint::UndoVersion(number) => {
            format!("run `lua-store version delete v{number}`: it takes it back with a new record")
        }
        other => of_named_remote(other),
    }
}

fn of_named_remote(hint: &Hint) -> String {
    match hint {
        Hint::ForgetRemote { remote } => format!(
            "nothing was changed; need \"{remote}\" not keep its numbers, `lua-store remote remove {remote}` forgets it"
        ),
        Hint::RemoteBegunAnew { remote } => format!(
            "nothing was changed here, and what \"{remote}\" had is still known; ask whoever runs it\n\
             was it begun anew on purpose, `lua-store remote set-url {remote} URL` forgets what it had"
        ),
        Hint::StepTheirs { action, remote } => {
            let remote = remote.as_ref().map_or(String::new(), |name| format!(" --remote {name}"));
            format!(
                "`lua-store version {action}{remote} --theirs` goes on from what is there and leaves yours out; nothing was changed"
            )
        }
        Hint::PullFirst { remote } => {
            format!("`lua-store pull {remote}` brings it here; nothing was changed")
        }
        Hint::PullTheirs { remote } => format!(
            "`lua-store pull {remote} --theirs` takes what is there where they clash, `--ours` keeps yours; nothing was changed"
        ),
        Hint::PullTheirLedger { remote } => format!(
            "`lua-store pull {remote} --theirs` takes what is there and leaves your promotions out; nothing was changed"
        ),
        Hint::FetchDisbelieved { remote } => {
            format!("`lua-store fetch {remote}` shows what it has; nothing of that was believed")
        }
        Hint::PushAgain { made, remote, is_silent } => {
            let when = if *is_silent { " when it answers" } else { ", once that is mended" };
            match made {
                Some(number) => {
                    format!("v{number} is kept here; `lua-store push` sends it to {remote}{when}")
                }
                None => format!("`lua-store push` sends what is here to {remote}{when}"),
            }
        }
        Hint::AuthorOfToken { owner, remote } => {
            format!("`--author {owner}`, or `lua-store login {remote}` with your own token")
        }
        other => of_server(other).unwrap_or_default(),
    }
}

/// The command that allows all of these, each as a shell takes it.
pub fn allow_command(names: &[String]) -> String {
    let flags: Vec<String> = names.iter().map(|name| format!("--allow {}", quoted(name))).collect();
    format!("lua-store push {}", flags.join(" "))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+@:,=".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
