//! A request as it comes over a connection, read by hand.

use sha2::{Digest, Sha256};
use std::io::Read;

/// A request to a bucket.
#[derive(Clone, Debug)]
pub struct S3Request {
    pub method: String,
    /// Decoded, without the name of the bucket.
    pub key: String,
    pub bucket: String,
    /// Decoded.
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

impl S3Request {
    /// The next request of a connection; `None` at its end.
    pub fn read(stream: &mut impl Read) -> Option<S3Request> {
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).ok()?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).ok()?;
        let mut lines = head.trim_end().lines();
        let mut words = lines.next()?.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap_or_default();
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        };
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_lowercase(), value.to_owned()))
        };
        let mut request = S3Request {
            method,
            key: decode(key),
            bucket: decode(bucket),
            query: query.split('&').filter(|text| !text.is_empty()).map(pair).collect(),
            headers: lines.filter_map(header).collect(),
            body: Vec::new(),
        };
        let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        request.body = vec![0; length];
        stream.read_exact(&mut request.body).ok()?;
        Some(request)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// Status and code of a request that lacks a right signature: the key is known, the body is the signed one, and every
    /// header that changes the meaning is signed.
    pub fn refusal(&self) -> Option<(u16, &'static str)> {
        let Some(signature) = self.header("authorization") else {
            return Some((403, "AccessDenied"));
        };
        let part = |name: &str| {
            let (_, rest) = signature.split_once(&format!("{name}="))?;
            rest.split(',').next()
        };
        let id = part("Credential").and_then(|scope| scope.split('/').next());
        if !signature.starts_with("AWS4-HMAC-SHA256 ") || id != Some("testkey") {
            return Some((403, "InvalidAccessKeyId"));
        }
        let signed: Vec<&str> = part("SignedHeaders").unwrap_or_default().split(';').collect();
        let must = |name: &str| {
            ["host", "range"].contains(&name)
                || name.starts_with("if-")
                || name.starts_with("x-amz-")
        };
        if self.headers.iter().any(|(name, _)| must(name) && !signed.contains(&&**name))
            || part("Signature").is_none_or(|digits| digits.len() != 64)
        {
            return Some((403, "SignatureDoesNotMatch"));
        }
        let hash: String = Sha256::digest(&self.body).iter().map(|b| format!("{b:02x}")).collect();
        (self.header("x-amz-content-sha256") != Some(&hash))
            .then_some((400, "XAmzContentSHA256Mismatch"))
    }
}
