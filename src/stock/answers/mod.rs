//! Answers: one function for each route.

use super::error::StockError;
use super::route::Route;
use super::{StockAnswer, StockRequest, account};
use crate::remote_store::RemoteStore;

/// Answers a request that was admitted. Blocking: it reads and writes the remote store.
pub fn answer(_store: &RemoteStore, request: &StockRequest) -> Result<StockAnswer, StockError> {
    match &request.route {
        Route::Env => account::env(request),
        _ => Err(StockError::not_served("this service")),
    }
}
