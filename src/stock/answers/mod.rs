//! Answers: one function for each route.

mod agent;
mod backup;
mod blobs;
mod given_numbers;
mod manifest;
mod personas;
mod primitives;
mod published;
mod snapshot;
mod versions;

use super::account;
use super::error::StockError;
use super::route::Route;
use super::service::StockService;
use super::{StockAnswer, StockRequest};
use serde_json::{Map, Value};

pub use blobs::packed;

/// Answers a request that was admitted. Blocking: it reads and writes the remote store.
pub fn answer(service: &StockService, request: &StockRequest) -> Result<StockAnswer, StockError> {
    match &request.route {
        Route::Primitives { kind } => primitives::list(service, request, kind),
        Route::CreatePrimitive { kind } => primitives::create(service, request, kind),
        Route::PushPrimitive { kind, id } => primitives::push(service, request, kind, id),
        Route::PublishPrimitive { kind, id, version } => {
            primitives::publish(service, request, kind, id, version)
        }
        Route::PutSource { .. } => primitives::put_source(),
        Route::PrimitiveVersions { kind, id } => primitives::versions(service, request, kind, id),
        Route::DeletePrimitive { kind, id } => primitives::delete(service, request, kind, id),
        Route::Servers => agent::servers(service, request),
        Route::UpsertServer => agent::upsert_server(service, request),
        Route::ActivateServer { id } => agent::activate_server(service, request, id),
        Route::Agent => agent::document(service, request),
        Route::PatchAgent { .. } => agent::patch(service, request),
        Route::Personas { published } => personas::list(service, request, *published),
        Route::CreatePersona => personas::create(service, request),
        Route::PublishPersona { number } => personas::publish(service, request, *number),
        Route::CheckBlobs => backup::check_blobs(service, request),
        Route::UploadUrls => backup::upload_urls(request),
        Route::BlobUrls => backup::download_urls(request),
        Route::GetBlob { key } => blobs::get(service, request, key),
        Route::PutManifest => manifest::put(service, request),
        Route::Backup => backup::newest(service, request),
        Route::Manifest { version } => backup::manifest(service, request, *version),
        Route::BackupVersions => backup::versions(service, request),
        Route::CreateVersion => versions::create(service, request),
        Route::Versions(filter) => versions::list(service, request, filter),
        Route::Version { number } => versions::show(service, request, *number),
        Route::DiffVersions { from, to } => versions::diff(service, request, (*from, *to)),
        Route::PromoteVersion { number } => versions::promote(service, request, *number),
        Route::DeleteVersion { number } => versions::delete(service, request, *number),
        Route::SetCommit { number } => versions::set_commit(service, request, *number),
        Route::Env => account::env(request),
        // The server answers these itself.
        Route::PutBlob { .. }
        | Route::Authorization
        | Route::AuthorizationContext
        | Route::Resources { .. }
        | Route::Sandbox => Err(StockError::not_served("this service")),
    }
}

/// The body of a request as a JSON object; no body is an empty one.
fn body_object(request: &StockRequest) -> Result<Map<String, Value>, StockError> {
    if request.body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(StockError::bad("the body is not a JSON object")),
        Err(error) => Err(StockError::bad(format!("the body is not JSON: {error}"))),
    }
}

/// A text that must be there.
fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, StockError> {
    let text = fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or_else(|| StockError::bad(format!("{name} is missing, or is not text")))
}

/// Refuses a field that this server does not know: ignoring it could make something else live than was meant.
fn known_fields(fields: &Map<String, Value>, known: &[&str]) -> Result<(), StockError> {
    match fields.keys().find(|field| !known.contains(&field.as_str())) {
        Some(field) => Err(StockError::bad(format!(
            "this server does not know the field \"{field}\" of this request"
        ))),
        None => Ok(()),
    }
}
