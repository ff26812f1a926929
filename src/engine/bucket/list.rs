//! Lists of objects, page by page, ascending by their keys.

use super::client::{BucketClient, S3Call};
use super::xml;
use crate::error::{Error, Result};
use http::Method;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use std::time::SystemTime;

/// Objects in one answer.
const PAGE: &str = "1000";

/// An object of a list.
pub struct ListedObject {
    /// Key below the prefix.
    pub key: String,
    pub bytes: u64,
    pub modified: SystemTime,
}

/// A page of a list.
pub struct ListPage {
    pub objects: Vec<ListedObject>,
    pub is_last: bool,
}

impl BucketClient {
    /// The objects whose keys begin with `folder`, after the key `after`.
    pub fn list(&self, folder: &str, after: Option<&str>) -> Result<ListPage> {
        let prefix = &self.url().prefix;
        let (wanted, after) =
            (format!("{prefix}{folder}"), after.map(|key| format!("{prefix}{key}")));
        let mut call = S3Call::new(Method::GET, "");
        call.key = None;
        call.query = vec![
            ("encoding-type", "url"),
            ("list-type", "2"),
            ("max-keys", PAGE),
            ("prefix", &wanted),
        ];
        call.query.extend(after.as_deref().map(|after| ("start-after", after)));
        let answer = self.repeat(&call)?;
        let text = answer.text();
        let wrong = || Error::failed(format!("\"{}\" sent a list that cannot be read", self.url()));
        let is_last = match xml::text(&text, "IsTruncated").as_deref() {
            Some("true") => false,
            Some("false") => true,
            _ => return Err(wrong()),
        };
        let is_encoded = xml::text(&text, "EncodingType").is_some();
        let object = |inside: &&str| {
            let key = xml::text(inside, "Key")?.into_owned();
            let key = match is_encoded {
                // A space may be written as in forms; a plus that is meant is encoded then.
                true => percent_decode_str(&key.replace('+', " ")).decode_utf8().ok()?.into_owned(),
                false => key,
            };
            let modified: Timestamp = xml::text(inside, "LastModified")?.parse().ok()?;
            Some(ListedObject {
                key: key.strip_prefix(prefix)?.to_owned(),
                bytes: xml::text(inside, "Size")?.parse().ok()?,
                modified: modified.into(),
            })
        };
        let objects: Option<Vec<ListedObject>> =
            xml::elements(&text, "Contents").iter().map(object).collect();
        let objects = objects.ok_or_else(wrong)?;
        if objects.is_empty() && !is_last {
            return Err(wrong());
        }
        Ok(ListPage { objects, is_last })
    }

    /// The first objects of a list for which `keep` has a value: those of one page that has any.
    pub fn list_some<T>(
        &self,
        folder: &str,
        after: Option<&str>,
        keep: impl Fn(&ListedObject) -> Option<T>,
    ) -> Result<Vec<T>> {
        let mut after = after.map(str::to_owned);
        loop {
            let page = self.list(folder, after.as_deref())?;
            let kept: Vec<T> = page.objects.iter().filter_map(&keep).collect();
            if !kept.is_empty() || page.is_last {
                return Ok(kept);
            }
            after = page.objects.last().map(|object| object.key.clone());
        }
    }

    /// Deletes all objects of a folder.
    pub fn clear(&self, folder: &str) -> Result<()> {
        loop {
            let page = self.list(folder, None)?;
            for object in &page.objects {
                self.repeat(&S3Call::new(Method::DELETE, &object.key))?;
            }
            if page.is_last {
                return Ok(());
            }
        }
    }
}
