//! Condition of a write: the object still has an etag.

use super::answer::S3Answer;
use super::client::{BucketClient, S3Call};
use crate::engine::failure::CallFailure;
use http::Method;
use std::sync::atomic::{AtomicU8, Ordering};

const QUOTED: u8 = 1;
const PLAIN: u8 = 2;

/// Form of an etag in a condition. HTTP asks for quotes; Ceph compares with its own etag, which has none, and refuses every
/// one in quotes. The form is known once a write with it was accepted.
#[derive(Default)]
pub struct EtagForm(AtomicU8);

impl BucketClient {
    /// Replaces an object that has this etag. One that has another, or is absent, is refused.
    pub fn replace(&self, key: &str, etag: &str, new: &[u8]) -> Result<S3Answer, CallFailure> {
        let known = self.etag_form.0.load(Ordering::Relaxed);
        let write = |form: u8| {
            let value = if form == PLAIN { etag.to_owned() } else { format!("\"{etag}\"") };
            let answer = self.once(&S3Call::put(key, new).with("if-match", value))?;
            if answer.status < 300 {
                self.etag_form.0.store(form, Ordering::Relaxed);
            }
            Ok(answer)
        };
        let answer = write(known.max(QUOTED))?;
        if known != 0 || !answer.is_refused() {
            return Ok(answer);
        }
        // Refused, although it is the etag of the object: the other form is tried.
        let found = self.once(&S3Call::new(Method::HEAD, key))?.etag;
        if found.as_deref() == Some(etag) { write(PLAIN) } else { Ok(answer) }
    }
}
