//! Hint: the next step after an error, as a reason with its values. The front end has the
//! sentences, and names the command (`cli/hints.rs`); no room below it does.

use std::path::PathBuf;

/// Next step after an error. Each is printed as one sentence, or one line each if there are
/// several.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint {
    /// An interrupted promotion of this version is to be finished, or taken back. The remote is named where it is not the one
    /// that a promotion means without a name.
    FinishPromotion {
        number: u64,
        remote: Option<String>,
    },
    /// Everything that it changed has to be put back.
    AbortPromotion {
        remote: Option<String>,
    },
    /// Each of the primitives is to be deleted there, or to be downloaded.
    RetirePrimitives,
    /// The version there that ours replaced.
    PromoteReplaced(u64),
    /// Something else may be live there.
    CompareLive,
    /// Another version and then this one again put back what it contains, once the edit is known here.
    PromoteAgain(u64),
    /// Its number has to be above the newest one there.
    PushAbove {
        kind: String,
        name: String,
        number: String,
    },
    /// The remote had this address.
    SetUrlBack {
        remote: String,
        url: String,
    },
    /// Words that name no command of this program.
    Text(String),

    // A store that is damaged, or none.
    /// A check names what is damaged.
    Fsck,
    /// A check names what is damaged, and the versions that it affects.
    FsckAffected,
    /// A check says what to do next.
    FsckNext,
    /// A check says whether all is here that should be.
    FsckWhole,
    /// A check names it, and a remote may have it.
    FsckFromRemote,
    /// The bytes have to go from the file, or the object from the list of the purged ones.
    Purged {
        object: String,
    },
    /// A fetch does what the remote did, if that was a purge.
    FollowPurge {
        remote: String,
    },
    /// The purge has to be done again.
    PurgeAgain,
    /// The rest of an interrupted purge has to be done.
    FinishPurge,
    /// A repair puts it back.
    Repair,
    /// A repair puts back those of which is known what they held.
    RepairKnown,
    /// A repair puts it back from a remote.
    RepairFromRemote,
    /// A repair puts the pointer back, or this text in its file.
    RepairPointer {
        text: String,
        path: PathBuf,
    },
    /// A repair puts the ref back, or this id in its file.
    RepairRef {
        id: String,
        path: PathBuf,
    },
    /// Only a backup or a remote has the pointer.
    RecoverPointer,
    /// Only a backup has the folder of the refs.
    RecoverRefs,
    /// The file that says the format has this one line.
    RecoverFormat {
        line: String,
    },
    /// The remote can be asked again for its heads.
    RefetchTracking {
        remote: String,
    },
    /// An open merge is continued or aborted.
    OpenMerge,
    OpenMergeWithMarkers,
    AbortMerge,
    ContinueMerge,
    /// The merge is not pushed yet.
    PushMerge,
    /// The operation log says what was done.
    OpLog,
    /// A push that others have is taken back by a newer one with the files of this source version.
    UndoPush(u64),
    /// A promotion that others have is taken back by one of the version before.
    UndoPromotion(u64),
    UndoVersion(u64),
    /// Nothing can be active in the place of the only version but a new one.
    ReplaceActive,
    /// The files are in another work tree.
    UndoIn(String),
    OnlyVersion,
    /// There is no store yet.
    Init,
    /// git is not there yet.
    ConnectGit,

    // Things that are named and do not exist.
    ListVersions,
    ListAllVersions,
    ListDeleted,
    /// The names that a version can have.
    HelpVersions,
    ListSnapshots,
    ListNewestVersions,
    ListAfterFetch,
    ListSources,
    ListPersonas,
    ListSchemas,
    /// The paths in a tree.
    ListTree {
        tree: String,
    },
    /// The list names the author of the push.
    ListAuthors,
    LogPromotions,
    LogAuthors,

    // A step that has to come first.
    CreateVersion,
    CreateFirstVersion,
    CreatePromotable,
    CreateUnreadable,
    PromoteNewest(u64),
    /// The word for the version means two versions.
    PromoteByNumber(u64),
    /// The version was deleted; this one can be promoted.
    PromoteOther(u64),
    /// The version was deleted, and can be restored.
    Undelete(u64),
    /// Somebody else moved the pointer.
    PointerMoved,
    PushFirst,
    PushOrAutoPush,
    PushBeforeVersion,
    PushEdits,
    /// Differences between the files and a source version.
    CompareWith(u64),
    /// The files can be pushed after a source version that they may lack.
    PushOnTop(u64),
    /// The agent cannot be read, and the files can be kept.
    PushBackup,
    /// Output of the compiler lacks something.
    PushDropped,
    MoveInside,
    /// Secrets by the names that allow them.
    AllowSecrets(Vec<String>),
    AllowExample,
    /// The files as they were before a restore that was cut off.
    RestoreSnapshot(u64),
    /// The commit of what was pushed was skipped.
    PushToCommit,
    PushAndTag {
        tag: String,
    },

    // A remote and its versions.
    AddRemote,
    ForgetRemote {
        remote: String,
    },
    /// The remote has another address now.
    RemoteMoved,
    RemoteBegunAnew {
        remote: String,
    },
    Offline,
    /// Only the pointer here can be moved without the remote.
    StepOffline,
    /// The pointer of this remote can be moved alone.
    StepAtOne {
        remote: String,
    },
    /// A remote does not have the pointer yet.
    StepFollower {
        remote: String,
    },
    /// Both sides recorded something: a step can go on from the ledger of the remote.
    StepTheirs {
        action: String,
        remote: Option<String>,
    },
    Pull,
    PullAndFollow,
    PullForNumber,
    PullEverything,
    PullFirst {
        remote: String,
    },
    PullTheirs {
        remote: String,
    },
    PullTheirLedger {
        remote: String,
    },
    Fetch,
    FetchDisbelieved {
        remote: String,
    },
    /// Something breaks the rules of today.
    AsIs,
    /// A version made here is not at the remote yet.
    PushAgain {
        made: Option<u64>,
        remote: String,
        is_silent: bool,
    },
    Login,
    /// A token would be sent in plain text.
    Insecure,
    LoginAgain,
    LoginWithUrl,
    AddPlatform,
    PlatformKey,
    /// The platform may have it by now.
    FetchPlatform,
    /// Somebody else changed on the platform what this push would replace.
    ReplaceTheirs,
    /// The token speaks for this author alone.
    AuthorOfToken {
        owner: String,
        remote: String,
    },

    // A server and what it keeps.
    Unarchive {
        agent: String,
    },
    RestoreBackupAgain,
    /// The head of an agent on a server is damaged: it can be deleted all the same.
    DeleteDamaged {
        agent: String,
    },
}

impl From<&str> for Hint {
    fn from(text: &str) -> Hint {
        Hint::Text(text.to_owned())
    }
}

impl From<String> for Hint {
    fn from(text: String) -> Hint {
        Hint::Text(text)
    }
}
