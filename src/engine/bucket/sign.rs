//! Signature of a request, version 4 of AWS, which every engine with the API of S3 knows.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>

use super::credentials::AwsKeys;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

/// Everything but the characters that no URL encodes.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &VALUE.remove(b'/');

/// A request as it is signed.
pub struct SignedParts<'a> {
    pub method: &'a str,
    /// Encoded.
    pub path: &'a str,
    /// Encoded, and in order.
    pub query: &'a str,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// SHA-256 of the body, in hexadecimal digits.
    pub body: &'a str,
}

/// Path of an object in a URL.
pub fn encode_path(key: &str) -> String {
    utf8_percent_encode(key, PATH).to_string()
}

/// The part of a URL after the `?`, in the order of a signature.
pub fn encode_query(query: &[(&str, &str)]) -> String {
    let encode = |text: &str| utf8_percent_encode(text, VALUE).to_string();
    let mut pairs: Vec<(String, String)> =
        query.iter().map(|(name, value)| (encode(name), encode(value))).collect();
    pairs.sort_unstable();
    let pairs: Vec<String> =
        pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

pub fn hex_sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    // A key of any length is accepted.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.chain_update(text.as_bytes()).finalize().into_bytes().to_vec()
}

/// The headers of a request with those of its signature.
pub fn sign(
    parts: SignedParts<'_>,
    keys: &AwsKeys,
    region: &str,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let time = now.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string();
    let day = &time[..8];
    let mut headers = parts.headers;
    headers.push(("x-amz-content-sha256", parts.body.to_owned()));
    headers.push(("x-amz-date", time.clone()));
    headers.extend(keys.session.clone().map(|session| ("x-amz-security-token", session)));
    headers.sort_unstable();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines: String =
        headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let SignedParts { method, path, query, body, .. } = parts;
    let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{body}");
    let scope = format!("{day}/{region}/s3/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex_sha256(canonical.as_bytes()));
    let mut key = format!("AWS4{}", keys.secret).into_bytes();
    for part in [day, region, "s3", "aws4_request"] {
        key = hmac(&key, part);
    }
    let signature = hex(&hmac(&key, &text));
    let id = &keys.id;
    let value = format!(
        "AWS4-HMAC-SHA256 Credential={id}/{scope},SignedHeaders={names},Signature={signature}"
    );
    headers.push(("authorization", value));
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of the page that the file names.
    #[test]
    fn the_examples_of_the_specification_have_their_signatures() {
        let keys = AwsKeys {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            session: None,
        };
        let now = "2013-05-24T00:00:00Z".parse().unwrap();
        let host = ("host", "examplebucket.s3.amazonaws.com".to_owned());
        let signature = |method, path: &str, query: &str, more: &[(&'static str, &str)], body| {
            let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
            let headers = [host.clone()].into_iter().chain(more).collect();
            let body = hex_sha256(body);
            let parts = SignedParts { method, path, query, headers, body: &body };
            let headers = sign(parts, &keys, "us-east-1", now);
            headers.last().unwrap().1.rsplit_once('=').unwrap().1.to_owned()
        };
        assert_eq!(
            signature("GET", "/test.txt", "", &[("range", "bytes=0-9")], b""),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        let put = [
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ];
        assert_eq!(
            signature("PUT", &encode_path("/test$file.text"), "", &put, b"Welcome to Amazon S3."),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
        let query = encode_query(&[("prefix", "J"), ("max-keys", "2")]);
        assert_eq!(
            signature("GET", "/", &query, &[], b""),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
    }

    #[test]
    fn keys_and_values_are_encoded() {
        assert_eq!(encode_path("/b/a b+ü~/x"), "/b/a%20b%2B%C3%BC~/x");
        assert_eq!(encode_query(&[("uploads", ""), ("a", "x/y z")]), "a=x%2Fy%20z&uploads=");
    }
}
