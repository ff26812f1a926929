//! Internals: the items below the library's interface that the program's own tests and fuzz targets
//! use.
//!
//! No stability is promised: an item is listed because a test must make what the interface refuses
//! to make (a damaged pack, a record of the wrong shape, two writers at one head) or must read the
//! store without the code under test. An item that no test names is not listed, so that the
//! compiler finds code that nobody uses.

#[cfg(feature = "cli")]
pub mod cli {
    pub use crate::cli::hints;
}

pub mod client {
    pub use crate::client::{Address, FolderRemote, Remote, push};
}

#[cfg(feature = "server")]
pub mod engine {
    pub use crate::engine::{EngineEnvironment, EngineUrl, SharedEngine, TokenRow};
}

pub mod error {
    pub use crate::error::{Error, Kind, Result};
}

pub mod flow {
    pub use crate::flow::{
        Notice, Phase, Quiet, Reporter, deletion, destination, pointer, promote, push, remote,
    };
}

pub mod fs {
    pub use crate::fs::{read, replace};
}

#[cfg(feature = "cli")]
pub mod deploy {
    pub use crate::deploy::{backup_body, skill_yaml};
}

pub mod history {
    pub use crate::history::{
        ledger, project, record, revision, rules, source, state, verify, version,
    };
}

pub mod merge {
    pub use crate::merge::{Choices, PullRequest, Side, incoming, pull};
}

pub mod object {
    pub use crate::object::{Id, Memory, Mode, ObjectKind, Sink, Source, Tree, TreeEntry};
}

pub mod operations {
    pub use crate::operations::{bundle, create, deletion, promote, stage};
}

pub mod pack {
    pub use crate::pack::{EncodedEntry, EntryContent, PackId, PackReader, PackWriter, zstd_head};
}

#[cfg(feature = "server")]
pub mod page {
    pub use crate::page::highlight::shown_text;
}

#[cfg(feature = "cli")]
pub mod platform {
    pub use crate::platform::{
        CompileRequest, CompiledCopy, EnvValues, IdempotencyKey, PlatformAddress, PlatformClient,
        PlatformKey, PushBodies, SentFiles, changes,
    };
}

pub mod progress {
    pub use crate::progress::Progress;
}

pub mod protocol {
    pub use crate::protocol::{
        AgentId, CreateRefs, FetchRequest, Head, KnownHead, Refusal, SwapActive, Transaction,
        TxnId, TxnOutcome,
    };
}

pub mod reader {
    pub use crate::reader::compiled;
    pub use crate::reader::project;
}

pub mod remote_store {
    pub use crate::remote_store::{
        AgentEdit, AppliedTransaction, Bearer, Cas, CasToken, EditGround, EditRequest, Expect,
        FileHeads, FileNotes, FilePacks, HeadAt, HeadStore, MANY_PACKS, MemHeads, MemPacks,
        NoteStore, Pace, PackKey, PackRef, PackStore, ProbeReport, RemoteStore, ScrubState,
        Settings, SharedNote, StoredHead, TxnRequest, Upkeep,
    };
}

pub mod report {
    pub use crate::report::{
        IncomingView, Line, PullConflictsView, PulledView, behind, compile, incoming_lines,
        refusal, refusal_lines, renumbered_lines,
    };
}

pub mod store {
    pub use crate::store::{
        Active, Batch, Depth, Heads, Mapped, MissingObjects, Odb, PackCheck, Receipt, Receipts,
        RemoteTracking, Store, TokenName, VerifyLimits, refs,
    };
}

pub mod workspace {
    pub use crate::workspace::{
        SnapshotOptions, apply, plan, preview, secret_patterns, secrets, snapshot, sweep,
    };
}
