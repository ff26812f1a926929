//! Routes of the stock command: what an address and a method ask for.

mod parse;

use crate::history::version::Status;
use crate::model::kind_routes::KindRoute;
use crate::protocol::TokenScope;

/// Limit in bytes of the body of a primitive's version, which holds its sources as text and again as an archive.
pub const MAX_PRIMITIVE: usize = 32 << 20;
/// Limit in bytes of any other JSON body.
pub const MAX_BODY: usize = 4 << 20;
/// Limit in bytes of a file, before and after it is decompressed.
pub const MAX_BLOB: usize = 64 << 20;

/// A request of the stock command, numbered as in `docs/stock-client.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    Primitives {
        kind: &'static KindRoute,
    },
    CreatePrimitive {
        kind: &'static KindRoute,
    },
    PushPrimitive {
        kind: &'static KindRoute,
        id: String,
    },
    PublishPrimitive {
        kind: &'static KindRoute,
        id: String,
        version: String,
    },
    PutSource {
        kind: &'static KindRoute,
        id: String,
        version: String,
    },
    PrimitiveVersions {
        kind: &'static KindRoute,
        id: String,
    },
    DeletePrimitive {
        kind: &'static KindRoute,
        id: String,
    },
    Servers,
    UpsertServer,
    ActivateServer {
        id: String,
    },
    Agent,
    /// The address has the part of the agent's id before its first `_`, the body the rest.
    PatchAgent {
        base: String,
    },
    Personas {
        published: bool,
    },
    CreatePersona,
    PublishPersona {
        number: u64,
    },
    CheckBlobs,
    UploadUrls,
    BlobUrls,
    PutBlob {
        key: String,
    },
    GetBlob {
        key: String,
    },
    PutManifest,
    Backup,
    Manifest {
        version: Option<u64>,
    },
    BackupVersions,
    CreateVersion,
    Versions(VersionFilter),
    Version {
        number: u64,
    },
    DiffVersions {
        from: u64,
        to: u64,
    },
    PromoteVersion {
        number: u64,
    },
    DeleteVersion {
        number: u64,
    },
    SetCommit {
        number: u64,
    },
    Authorization,
    AuthorizationContext,
    Resources {
        org: String,
    },
    /// Values of environment variables, of which this server has none.
    Env,
    /// Carries the environment of the caller: it is refused before its body is read.
    Sandbox,
}

/// Choice of agent versions for a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VersionFilter {
    /// `None` if the request names no status.
    pub status: Option<StatusFilter>,
    pub limit: Option<u64>,
    pub all: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    All,
    Only(Status),
}

/// A route, and the agent that its address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedRoute {
    /// `None` where the address names none, or only a part of its id.
    pub agent: Option<String>,
    pub route: Route,
}

impl Route {
    /// Scope that its token needs.
    pub fn scope(&self) -> TokenScope {
        match self {
            Route::PublishPrimitive { kind, .. } if kind.is_workflow() => TokenScope::Push,
            Route::PublishPrimitive { .. }
            | Route::ActivateServer { .. }
            | Route::PublishPersona { .. }
            | Route::PromoteVersion { .. }
            | Route::DeleteVersion { .. } => TokenScope::Promote,
            Route::CreatePrimitive { .. }
            | Route::PushPrimitive { .. }
            | Route::PutSource { .. }
            | Route::DeletePrimitive { .. }
            | Route::UpsertServer
            | Route::PatchAgent { .. }
            | Route::CreatePersona
            | Route::CheckBlobs
            | Route::UploadUrls
            | Route::BlobUrls
            | Route::PutBlob { .. }
            | Route::PutManifest
            | Route::CreateVersion
            | Route::SetCommit { .. } => TokenScope::Push,
            Route::Primitives { .. }
            | Route::PrimitiveVersions { .. }
            | Route::Servers
            | Route::Agent
            | Route::Personas { .. }
            | Route::GetBlob { .. }
            | Route::Backup
            | Route::Manifest { .. }
            | Route::BackupVersions
            | Route::Versions(_)
            | Route::Version { .. }
            | Route::DiffVersions { .. }
            | Route::Authorization
            | Route::AuthorizationContext
            | Route::Resources { .. }
            | Route::Env
            | Route::Sandbox => TokenScope::Read,
        }
    }

    /// Limit in bytes of its body.
    pub fn body_limit(&self) -> usize {
        match self {
            Route::PushPrimitive { .. } | Route::PutSource { .. } => MAX_PRIMITIVE,
            Route::PutBlob { .. } => MAX_BLOB,
            _ if self.is_get() => 0,
            _ => MAX_BODY,
        }
    }

    /// True if it changes nothing and has no body.
    pub fn is_get(&self) -> bool {
        self.scope() == TokenScope::Read && *self != Route::Sandbox
    }

    /// Name in metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Route::Primitives { .. } => "stock_primitives",
            Route::CreatePrimitive { .. } => "stock_create_primitive",
            Route::PushPrimitive { .. } => "stock_push_primitive",
            Route::PublishPrimitive { .. } => "stock_publish_primitive",
            Route::PutSource { .. } => "stock_put_source",
            Route::PrimitiveVersions { .. } => "stock_primitive_versions",
            Route::DeletePrimitive { .. } => "stock_delete_primitive",
            Route::Servers => "stock_servers",
            Route::UpsertServer => "stock_upsert_server",
            Route::ActivateServer { .. } => "stock_activate_server",
            Route::Agent => "stock_agent",
            Route::PatchAgent { .. } => "stock_patch_agent",
            Route::Personas { .. } => "stock_personas",
            Route::CreatePersona => "stock_create_persona",
            Route::PublishPersona { .. } => "stock_publish_persona",
            Route::CheckBlobs => "stock_check_blobs",
            Route::UploadUrls => "stock_upload_urls",
            Route::BlobUrls => "stock_blob_urls",
            Route::PutBlob { .. } => "stock_put_blob",
            Route::GetBlob { .. } => "stock_get_blob",
            Route::PutManifest => "stock_put_manifest",
            Route::Backup => "stock_backup",
            Route::Manifest { .. } => "stock_manifest",
            Route::BackupVersions => "stock_backup_versions",
            Route::CreateVersion => "stock_create_version",
            Route::Versions(_) => "stock_versions",
            Route::Version { .. } => "stock_version",
            Route::DiffVersions { .. } => "stock_diff_versions",
            Route::PromoteVersion { .. } => "stock_promote_version",
            Route::DeleteVersion { .. } => "stock_delete_version",
            Route::SetCommit { .. } => "stock_set_commit",
            Route::Authorization => "stock_authorization",
            Route::AuthorizationContext => "stock_authorization_context",
            Route::Resources { .. } => "stock_resources",
            Route::Env => "stock_env",
            Route::Sandbox => NOT_SERVED_NAME,
        }
    }
}

/// Name in metrics of everything that is not served.
pub const NOT_SERVED_NAME: &str = "stock_not_served";
