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
        Hint::Fsck => "run `lua-store fsck` to list what is damaged",
        Hint::FsckAffected => {
            "run `lua-store fsck` to list what is damaged and which versions it affects"
        }
        Hint::FsckNext => "run `lua-store fsck` to see what to do next",
        Hint::FsckWhole => "run `lua-store fsck` to check the whole store",
        Hint::FsckFromRemote => {
            "run `lua-store fsck` to see it, and `lua-store fsck --repair --from REMOTE` to restore it from a remote"
        }
        Hint::PurgeAgain => "run the same `lua-store purge` again",
        Hint::FinishPurge => "run `lua-store gc` to finish the purge",
        Hint::Repair => "run `lua-store fsck --repair` to restore it",
        Hint::RepairKnown => "run `lua-store fsck --repair` to restore those that are known",
        Hint::RepairFromRemote => {
            "run `lua-store fsck --repair --from REMOTE` to restore it from a remote"
        }
        Hint::RecoverPointer => {
            "restore \".lua/ACTIVE\" from a backup, or run `lua-store pull` to get it from a remote"
        }
        Hint::RecoverRefs => {
            "restore it from a backup; if it was empty, run `lua-store init` to create it again"
        }
        Hint::OpenMerge => {
            "edit the files that `lua-store status` lists, then run `lua-store pull --continue`; run `lua-store pull --abort` to restore the files as they were"
        }
        Hint::OpenMergeWithMarkers => {
            "run `lua-store pull --markers` to resolve conflicts in the files"
        }
        Hint::AbortMerge => "run `lua-store pull --abort`, then pull again",
        Hint::PushMerge => "run `lua-store push` to store it as the next source version",
        Hint::ContinueMerge => "run `lua-store pull --continue` to close it",
        Hint::Init => "run `lua-store init` to create a store for a project",
        Hint::ConnectGit => {
            "run `git init` in the folder of the project, then `lua-store git connect`"
        }
        Hint::ListVersions => "run `lua-store version list --all` to list them",
        Hint::ListAllVersions => "run `lua-store version list --all` to list all versions",
        Hint::ListDeleted => {
            "run `lua-store version list --status deleted` to list the deleted versions"
        }
        Hint::HelpVersions => "run `lua-store help versions` to list the names of versions",
        Hint::ListSnapshots => "run `lua-store snapshot list` to list the safety snapshots",
        Hint::ListNewestVersions => "run `lua-store version list` to list them",
        Hint::ListAfterFetch => {
            "run `lua-store fetch`, then `lua-store version list --all` to list them"
        }
        Hint::ListSources => "run `lua-store source list` to list them",
        Hint::ListPersonas => "run `lua-store persona list` to list them",
        Hint::ListAuthors => {
            "run `lua-store source list` to see who pushed it: its files unfold to more than a disk has room for"
        }
        Hint::LogPromotions => "run `lua-store log --ledger` to list all promotions",
        Hint::LogAuthors => "run `lua-store log --ledger` to see who promoted what, and when",
        _ => return step(hint),
    };
    fixed.to_owned()
}

/// A step that has to come first.
fn step(hint: &Hint) -> String {
    let fixed = match hint {
        Hint::ListSchemas => "run `lua-store schema` to list the kinds",
        Hint::CreateVersion => "run `lua-store version create` to create one",
        Hint::CreateFirstVersion => "run `lua-store version create` to create a version",
        Hint::CreatePromotable => {
            "run `lua-store version create` to create one that can be promoted"
        }
        Hint::CreateUnreadable => {
            "correct it, then run `lua-store push`\n\
             run `lua-store version create --allow-unreadable` to create one of the files, with the state that was pushed before"
        }
        Hint::PointerMoved => {
            "somebody else promoted or deleted meanwhile; run `lua-store version list` to see what is active now"
        }
        Hint::PushFirst => "run `lua-store push` first",
        Hint::PushOrAutoPush => {
            "run `lua-store push` first, or pass `--auto-push` to push everything and then snapshot"
        }
        Hint::PushBeforeVersion => "run `lua-store push` first, then `lua-store version create`",
        Hint::PushEdits => {
            "run `lua-store push` to store them first\n\
             add `--force` to overwrite them; they are stored as a safety snapshot"
        }
        Hint::PushBackup => "run `lua-store push backup` to store the files as they are",
        Hint::PushDropped => {
            "write it in a form that the compiler knows, then run `lua compile` again\n\
             run `lua-store push --allow-dropped` to push it as `lua-store` reads it"
        }
        Hint::MoveInside => {
            "move it into the project, or install it as a package from a registry\n\
             run `lua-store push backup` to store only the files of the project"
        }
        Hint::AllowExample => {
            "run for example `lua-store push --allow src/key.ts --allow skill/orders`"
        }
        Hint::PushToCommit => "run `lua-store push` to commit it afterwards",
        _ => return of_remote(hint),
    };
    fixed.to_owned()
}

/// A remote and its versions.
fn of_remote(hint: &Hint) -> String {
    let fixed = match hint {
        Hint::AddRemote => "run `lua-store remote add origin https://host/AGENT` to create one",
        Hint::RemoteMoved => "if the remote moved there, run `lua-store remote set-url origin URL`",
        Hint::Offline => "add `--offline` to continue without the remote",
        Hint::StepOffline => "nothing was changed; add `--offline` to move only the local pointer",
        Hint::Pull => "run `lua-store pull` to download it",
        Hint::PullAndFollow => "run `lua-store pull` to download it, and renumber yours after it",
        Hint::PullForNumber => "run `lua-store pull` to give yours the next free number",
        Hint::PullEverything => "run `lua-store pull` to download everything that was pushed there",
        Hint::Fetch => "run `lua-store fetch` to see what it has",
        Hint::AsIs => {
            "nothing was changed here; no current `lua-store` writes this\n\
             if you trust its author, run `lua-store fetch --as-is` or `lua-store clone --as-is` to accept it"
        }
        Hint::Login => "run `lua-store login`, or set LUA_STORE_TOKEN",
        Hint::Insecure => {
            "use https://\nadd `--insecure` to send it with this command, or run `lua-store remote add --insecure` to allow it for that remote"
        }
        Hint::LoginAgain => "correct it, or remove it and run `lua-store login` again",
        Hint::LoginWithUrl => {
            "run `lua-store login URL` to store a token where only you can read it"
        }
        Hint::SetUrlBack { remote, url } => {
            return format!("run `lua-store remote set-url {remote} {url}` to finish it");
        }
        _ => return of_platform(hint),
    };
    fixed.to_owned()
}

/// A deployment to the Lua platform.
fn of_platform(hint: &Hint) -> String {
    let fixed = match hint {
        Hint::FinishPromotion { number, remote } => {
            let at = at_remote(remote);
            return format!(
                "run `lua-store version promote v{number}{at}` to finish it\n\
                 run `lua-store version promote --abort{at}` to take it back"
            );
        }
        Hint::AbortPromotion { remote } => {
            let at = at_remote(remote);
            return format!("run `lua-store version promote --abort{at}` to put it back");
        }
        Hint::RetirePrimitives => {
            "add `--retire NAME` for each to delete it there, or run `lua-store pull` to get it"
        }
        Hint::PromoteReplaced(number) => {
            return format!(
                "run `lua-store fetch`, then `lua-store version promote platform:{number}` to go back"
            );
        }
        Hint::PromoteAgain(number) => {
            return format!(
                "run `lua-store fetch`, `lua-store version promote previous`, then `lua-store version promote v{number}` to put it back"
            );
        }
        Hint::CompareLive => {
            "run `lua-store fetch`, then `lua-store diff platform` to see what is live"
        }
        Hint::PushAbove { kind, name, number } => {
            return format!(
                "run `lua-store push {kind} --name {name} --set-version {number}` to put yours above it"
            );
        }
        Hint::FetchPlatform => "run `lua-store fetch` to import what is new there",
        Hint::ReplaceTheirs => {
            "run `lua-store fetch` to accept that yours replaces it, then the same push again"
        }
        Hint::PlatformKey => {
            "set LUA_API_KEY to an API key of the platform, or run `lua-store remote login` to store one"
        }
        Hint::AddPlatform => "run `lua-store remote add origin lua://AGENT` to add it",
        _ => return of_values(hint),
    };
    fixed.to_owned()
}

/// The option that names a remote.
fn at_remote(remote: &Option<String>) -> String {
    remote.as_ref().map_or(String::new(), |name| format!(" --remote {name}"))
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
            "run `lua-store fsck --repair` to restore it, or `printf '{text}' > \"{}\"`",
            path.display()
        ),
        Hint::FollowPurge { remote } => {
            format!(
                "if something was purged there, run `lua-store fetch {remote}` to do the same here"
            )
        }
        Hint::Purged { object } => format!(
            "remove the file or change it; or run `lua-store purge --allow {object}` to let it be stored again"
        ),
        Hint::RepairRef { id, path } => format!(
            "run `lua-store fsck --repair` to restore it, or `echo {id} > \"{}\"`",
            path.display()
        ),
        Hint::RecoverFormat { line } => {
            format!("write the one line {line} into it, then run `lua-store fsck`")
        }
        Hint::RefetchTracking { remote } => {
            format!("remove that file, then run `lua-store fetch {remote}` to ask the remote again")
        }
        Hint::ListTree { tree } => format!("run `lua-store ls-tree -r {tree}` to list its entries"),
        Hint::PromoteNewest(number) => {
            format!("run `lua-store version promote v{number}` to make the newest one active")
        }
        Hint::PromoteByNumber(number) => {
            format!("run `lua-store version promote v{number}` to name the version")
        }
        Hint::PromoteOther(number) => format!(
            "run `lua-store version promote {number}` to promote the newest that can be, or `lua-store version list` to list all"
        ),
        Hint::Undelete(number) => {
            format!("run `lua-store version undelete v{number}` to restore it")
        }
        Hint::AllowSecrets(names) => format!(
            "read it when the agent runs: put the value into `.env` and write `env('NAME')`\n\
             run `{}` to store it if it is not a secret",
            allow_command(names)
        ),
        Hint::RestoreSnapshot(number) => {
            format!("run `lua-store snapshot restore {number}` to restore the files as they were")
        }
        Hint::PushAndTag { tag } => {
            format!("run `lua-store push && git tag {tag}` to commit and tag it afterwards")
        }
        other => of_undo(other),
    }
}

/// Hints of `undo`.
fn of_undo(hint: &Hint) -> String {
    match hint {
        Hint::OpLog => "run `lua-store op log` to list what was recorded".to_owned(),
        Hint::UndoPromotion(number) => {
            format!("run `lua-store version promote v{number}` to make v{number} active again, with a new record")
        }
        Hint::ReplaceActive => {
            "no other version can be active: change the files, run `lua-store push`, then `lua-store version create --promote`"
                .to_owned()
        }
        Hint::UndoIn(root) => format!("run `lua-store -C {} undo`", quoted(root)),
        Hint::OnlyVersion => {
            "it is the only version, and it is not active: change the files, run `lua-store push`, then `lua-store version create`"
                .to_owned()
        }
        Hint::UndoPush(0) => "change the files back and run `lua-store push`".to_owned(),
        Hint::UndoPush(number) => format!(
            "run `lua-store source rollback --version {number} --force`, then `lua-store push`: others get the files of v{number} as a new version"
        ),
        Hint::UndoVersion(number) => {
            format!("run `lua-store version delete v{number}` to take it back with a new record")
        }
        other => of_named_remote(other),
    }
}

fn of_named_remote(hint: &Hint) -> String {
    match hint {
        Hint::StepAtOne { remote } => {
            format!("add `--remote {remote}` to move the pointer of \"{remote}\" alone")
        }
        Hint::StepFollower { remote } => {
            format!(
                "run `lua-store push --remote {remote}` to move its pointer; the next promotion does it, too"
            )
        }
        Hint::ForgetRemote { remote } => format!(
            "nothing was changed; if \"{remote}\" need not keep its numbers, run `lua-store remote remove {remote}`"
        ),
        Hint::RemoteBegunAnew { remote } => format!(
            "nothing was changed here, and the history of \"{remote}\" is kept; ask its operator\n\
             if it was created anew on purpose, run `lua-store remote set-url {remote} URL` to forget what it had"
        ),
        Hint::StepTheirs { action, remote } => {
            let remote = at_remote(remote);
            format!(
                "run `lua-store version {action}{remote} --theirs` to continue from theirs and leave yours out; nothing was changed"
            )
        }
        Hint::PullFirst { remote } => {
            format!("run `lua-store pull {remote}` to download it; nothing was changed")
        }
        Hint::PullTheirs { remote } => format!(
            "run `lua-store pull {remote} --theirs` to resolve conflicts with theirs, or `--ours` with yours; nothing was changed"
        ),
        Hint::PullTheirLedger { remote } => format!(
            "run `lua-store pull {remote} --theirs` to take theirs and leave your promotions out; nothing was changed"
        ),
        Hint::FetchDisbelieved { remote } => {
            format!("run `lua-store fetch {remote}` to see what it has; none of it was accepted")
        }
        Hint::PushAgain { made, remote, is_silent } => {
            let when = if *is_silent { " when it answers" } else { ", once that is repaired" };
            match made {
                Some(number) => {
                    format!(
                        "v{number} is stored here; run `lua-store push` to send it to {remote}{when}"
                    )
                }
                None => format!("run `lua-store push` to send it to {remote}{when}"),
            }
        }
        Hint::AuthorOfToken { owner, remote } => {
            format!("add `--author {owner}`, or run `lua-store login {remote}` with your own token")
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
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+@:,=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
