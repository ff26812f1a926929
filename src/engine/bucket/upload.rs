//! Upload of an object that is created once: in one call, or in parts, so that a large one needs no more memory.

use super::client::{BucketClient, S3Call};
use super::xml;
use crate::error::{Error, Result};
use http::Method;
use std::io::Read;

/// Bytes of a part; 5 MiB is the least that an engine must accept, and 10,000 parts the most.
const PART: u64 = 8 << 20;
/// Tries to create an object.
const TRIES: usize = 3;

/// An object that nobody has stored yet.
pub struct NewObject<'a> {
    pub key: &'a str,
    /// Name for people.
    pub name: &'a str,
    pub len: u64,
}

/// Parts of an upload that goes on.
struct PartUpload<'a> {
    object: &'a NewObject<'a>,
    id: String,
    etags: Vec<String>,
}

impl BucketClient {
    /// Creates an object from `source`. It exists as a whole, or not at all.
    pub fn create_from(&self, object: &NewObject<'_>, source: &mut dyn Read) -> Result<()> {
        let first = next_part(object, source, 0)?;
        if first.len() as u64 == object.len {
            return self.create(object, &first);
        }
        if self.length(object.key)?.is_some() {
            return Err(taken(object));
        }
        let mut call = S3Call::new(Method::POST, object.key);
        call.query = vec![("uploads", "")];
        let answer = self.repeat(&call)?;
        let id = xml::text(&answer.text(), "UploadId").map(std::borrow::Cow::into_owned);
        let id = id.ok_or_else(|| self.unreadable("beginning of an upload"))?;
        let mut upload = PartUpload { object, id, etags: Vec::new() };
        let done =
            self.send_parts(&mut upload, first, source).and_then(|()| self.complete(&upload));
        if done.is_err() {
            let mut abort = S3Call::new(Method::DELETE, object.key);
            abort.query = vec![("uploadId", &upload.id)];
            // Parts that stay are removed by the rule of the bucket for unfinished uploads.
            drop(self.once(&abort));
        }
        done
    }

    /// Length of an object; `None` if it does not exist.
    pub fn length(&self, key: &str) -> Result<Option<u64>> {
        let answer = self.repeat(&S3Call::new(Method::HEAD, key))?;
        match (answer.is_absent(), answer.content_length) {
            (true, _) => Ok(None),
            (false, Some(length)) => Ok(Some(length)),
            (false, None) => Err(self.unreadable("length of an object")),
        }
    }

    /// Creates an object. Nobody else writes its key, so that one which appears during a try that had no answer is that of
    /// the try.
    fn create(&self, object: &NewObject<'_>, bytes: &[u8]) -> Result<()> {
        let call = S3Call::put(object.key, bytes).with("if-none-match", "*");
        let mut is_unsure = false;
        for left in (0..TRIES).rev() {
            match self.once(&call) {
                Ok(answer) if !answer.is_refused() => return Ok(()),
                Ok(_) if is_unsure && self.length(object.key)? == Some(object.len) => return Ok(()),
                Ok(_) => return Err(taken(object)),
                Err(failure) if !failure.is_unsure || left == 0 => return Err(failure.error),
                Err(_) => is_unsure = true,
            }
            self.pause();
        }
        Err(taken(object))
    }

    fn send_parts(
        &self,
        upload: &mut PartUpload<'_>,
        first: Vec<u8>,
        source: &mut dyn Read,
    ) -> Result<()> {
        let (mut at, mut part) = (0, first);
        while !part.is_empty() {
            let number = (upload.etags.len() + 1).to_string();
            let mut call = S3Call::put(upload.object.key, &part);
            call.query = vec![("partNumber", &number), ("uploadId", &upload.id)];
            let answer = self.repeat(&call)?;
            let etag = answer.etag.filter(|_| answer.status == 200);
            upload.etags.push(etag.ok_or_else(|| self.unreadable("answer to a part"))?);
            at += part.len() as u64;
            part = next_part(upload.object, source, at)?;
        }
        Ok(())
    }

    fn complete(&self, upload: &PartUpload<'_>) -> Result<()> {
        let part = |(number, etag): (usize, &String)| {
            let etag = xml::escape(&format!("\"{etag}\""));
            format!("<Part><PartNumber>{}</PartNumber><ETag>{etag}</ETag></Part>", number + 1)
        };
        let parts: String = upload.etags.iter().enumerate().map(part).collect();
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        let mut call = S3Call::put(upload.object.key, body.as_bytes());
        call.method = Method::POST;
        call.query = vec![("uploadId", &upload.id)];
        // All parts are moved to one place.
        call.expects = upload.object.len;
        let answer = self.repeat(&call)?;
        // It is answered before it is done, so that its status means nothing.
        let is_done = answer.status == 200 && xml::text(&answer.text(), "Code").is_none();
        // A try whose answer was lost may have been the one.
        if is_done || self.length(upload.object.key)? == Some(upload.object.len) {
            return Ok(());
        }
        let name = upload.object.name;
        Err(Error::unavailable(format!("\"{}\" did not complete \"{name}\"", self.url())))
    }

    fn unreadable(&self, what: &str) -> Error {
        Error::failed(format!("\"{}\" sent no readable {what}", self.url()))
    }
}

fn taken(object: &NewObject<'_>) -> Error {
    Error::conflict(format!("\"{}\" exists", object.name))
}

/// Next part of an object that is at `at`; empty at its end.
fn next_part(object: &NewObject<'_>, source: &mut dyn Read, at: u64) -> Result<Vec<u8>> {
    let wanted = PART.min(object.len - at);
    let mut part = Vec::with_capacity(wanted as usize);
    let (read, name) = (source.take(wanted).read_to_end(&mut part), object.name);
    read.map_err(|error| Error::failed(format!("cannot read pack \"{name}\": {error}")))?;
    if part.len() as u64 != wanted {
        let (end, len) = (at + part.len() as u64, object.len);
        return Err(Error::failed(format!("\"{name}\" ends after {end} of {len} bytes")));
    }
    Ok(part)
}
