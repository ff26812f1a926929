//! Budget of memory for bodies of the stock command, which are read whole: requests wait for room when many large ones
//! arrive at once.

use crate::error::{Error, Kind};
use crate::server::limits::ServerLimits;
use crate::server::response::HttpError;
use axum::body::Body;
use axum::http::StatusCode;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Unit of the budget.
const UNIT: usize = 64 << 10;
/// All bodies at once: 256 MiB.
const UNITS: usize = (256 << 20) / UNIT;
/// Bodies up to this size are not counted: their number is limited, and most are far smaller.
const SMALL: usize = UNIT;

pub type BudgetPermit = OwnedSemaphorePermit;

/// Memory for bodies of requests and answers.
#[derive(Clone)]
pub struct BodyBudget(Arc<Semaphore>);

impl Default for BodyBudget {
    fn default() -> BodyBudget {
        BodyBudget(Arc::new(Semaphore::new(UNITS)))
    }
}

impl BodyBudget {
    /// Room for the body of a request: as much as it announces, or else may have.
    pub async fn reserve(
        &self,
        announced: Option<usize>,
        most: usize,
        limits: &ServerLimits,
    ) -> Result<Option<BudgetPermit>, HttpError> {
        // One that announces too much is refused when it is read, before its first byte.
        self.take(announced.unwrap_or(most).min(most), limits).await
    }

    /// The body of an answer, counted until it is sent.
    pub async fn hold(&self, bytes: Vec<u8>, limits: &ServerLimits) -> Result<Body, HttpError> {
        let permit = self.take(bytes.len(), limits).await?;
        Ok(BodyBudget::body(bytes, permit))
    }

    /// The same of which the memory is reserved already.
    pub fn body(bytes: Vec<u8>, permit: Option<BudgetPermit>) -> Body {
        Body::new(CountedAnswer { bytes: Some(bytes.into()), _permit: permit })
    }

    async fn take(
        &self,
        bytes: usize,
        limits: &ServerLimits,
    ) -> Result<Option<BudgetPermit>, HttpError> {
        if bytes <= SMALL {
            return Ok(None);
        }
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        let taking = self.0.clone().acquire_many_owned(units);
        match timeout(limits.wait, taking).await {
            Ok(Ok(permit)) => Ok(Some(permit)),
            _ => Err(HttpError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                Error::new(Kind::Unavailable, "the server has too many large bodies at once")
                    .hint("try again in a moment"),
            )),
        }
    }
}

struct CountedAnswer {
    bytes: Option<Bytes>,
    _permit: Option<BudgetPermit>,
}

impl hyper::body::Body for CountedAnswer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = self.bytes.take().filter(|bytes| !bytes.is_empty());
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::body::Body as _;
    use std::time::Duration;

    #[test]
    fn large_bodies_wait_for_room_and_small_ones_do_not() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let limits = ServerLimits { wait: Duration::from_millis(1), ..ServerLimits::default() };
        let budget = BodyBudget::default();
        let reserve = |len: usize| runtime.block_on(budget.reserve(Some(len), 64 << 20, &limits));
        let held: Vec<_> = (0..4).map(|_| reserve(64 << 20).unwrap()).collect();
        assert!(held.iter().all(Option::is_some));
        let refusal = reserve(SMALL + 1).unwrap_err();
        assert_eq!(refusal.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(reserve(SMALL).unwrap().is_none());
        drop(held);
        assert!(reserve(SMALL + 1).is_ok());
        // Room is given back when the answer is sent or dropped.
        let answer = runtime.block_on(budget.hold(vec![7; 64 << 20], &limits)).unwrap();
        assert_eq!(answer.size_hint().exact(), Some(64 << 20));
        assert_eq!(budget.0.available_permits(), UNITS - (64 << 20) / UNIT);
        drop(answer);
        assert_eq!(budget.0.available_permits(), UNITS);
    }
}
