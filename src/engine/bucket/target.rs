//! Target of the calls: the bucket and the prefix of an `s3://` URL, completed from the environment as the tools of AWS do it.

use super::credentials::KeySource;
use crate::engine::environment::EngineEnvironment;
use crate::error::{Error, Result};
use http::Uri;
use percent_encoding::percent_decode_str;
use std::fmt;
use std::path::PathBuf;

/// Region of an engine that has none.
const REGION: &str = "us-east-1";

/// A bucket, and the prefix in it that has everything of ours.
#[derive(Clone)]
pub struct BucketUrl {
    bucket: String,
    /// Empty, or ends with a slash.
    pub(super) prefix: String,
    pub(super) region: String,
    /// `https://host` or `http://host:port`.
    pub(super) origin: String,
    /// Path of the bucket: `/`, or `/bucket/` where its name is not that of a host.
    pub(super) path: String,
    endpoint: Option<String>,
    /// File with the certificates that are trusted instead of the usual ones, in PEM.
    pub(super) roots: Option<PathBuf>,
    pub(super) keys: KeySource,
}

impl BucketUrl {
    pub fn parse(text: &str, environment: &EngineEnvironment) -> Result<BucketUrl> {
        let (_, rest) = text.split_once("://").unwrap_or_default();
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        if place.contains('@') {
            return Err(Error::usage(
                "the URL of the bucket contains a key, which other users of this machine can read",
            )
            .hint("remove it from the URL, and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"));
        }
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let wrong =
            |why: &str| Error::usage(format!("cannot read the URL \"{text}\" of a bucket: {why}"));
        let is_named = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if bucket.len() < 3 || bucket.len() > 63 || !bucket.chars().all(is_named) {
            return Err(wrong("a bucket has a name of 3 to 63 letters, digits, `-`, `_` and `.`")
                .hint("use `s3://bucket/prefix`"));
        }
        let options = options(query).map_err(|why| wrong(&why.0))?;
        let variable = |name| environment.get(name).map(str::to_owned);
        let endpoint = options.endpoint.or_else(|| variable("AWS_ENDPOINT_URL_S3"));
        let endpoint = endpoint.or_else(|| variable("AWS_ENDPOINT_URL"));
        let region = options.region.or_else(|| variable("AWS_REGION"));
        let region = region.or_else(|| variable("AWS_DEFAULT_REGION"));
        let region = region.unwrap_or_else(|| REGION.to_owned());
        let endpoint = endpoint.map(|endpoint| check_endpoint(&endpoint)).transpose();
        let endpoint = endpoint.map_err(|why| wrong(&why.0))?;
        let (origin, path) = match &endpoint {
            Some(endpoint) => (endpoint.clone(), format!("/{bucket}/")),
            // A dot would be one of the host, whose certificate is not valid for it.
            None if bucket.contains(['.', '_']) => {
                (format!("https://s3.{region}.amazonaws.com"), format!("/{bucket}/"))
            }
            None => (format!("https://{bucket}.s3.{region}.amazonaws.com"), "/".to_owned()),
        };
        Ok(BucketUrl {
            bucket: bucket.to_owned(),
            prefix: check_prefix(prefix).map_err(|why| wrong(&why.0))?,
            region,
            origin,
            path,
            endpoint,
            roots: variable("AWS_CA_BUNDLE")
                .or_else(|| variable("SSL_CERT_FILE"))
                .map(PathBuf::from),
            keys: KeySource::of(environment),
        })
    }

    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The prefixes that contain this one.
    pub(super) fn above(&self) -> Vec<BucketUrl> {
        let inside = self.prefix.trim_end_matches('/');
        let ends = inside.char_indices().filter(|(_, c)| *c == '/').map(|(at, _)| at + 1);
        let outermost = (!inside.is_empty()).then_some(0);
        let prefixes = outermost.into_iter().chain(ends).map(|end| inside[..end].to_owned());
        prefixes.map(|prefix| BucketUrl { prefix, ..self.clone() }).collect()
    }

    /// Host, with a port that is not the usual one.
    pub(super) fn host(&self) -> &str {
        self.origin.split_once("://").map_or("", |(_, host)| host)
    }

    /// True if the engine is on this machine, which no proxy reaches.
    pub(super) fn is_here(&self) -> bool {
        let host = self.host();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        host == "localhost" || host == "[::1]" || host.starts_with("127.")
    }
}

/// Part of a URL that cannot be used, as the reason.
struct WrongPart(String);

#[derive(Default)]
struct UrlOptions {
    endpoint: Option<String>,
    region: Option<String>,
}

fn options(query: &str) -> Result<UrlOptions, WrongPart> {
    let mut options = UrlOptions::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
        match name {
            "endpoint" => options.endpoint = Some(value),
            "region" => options.region = Some(value),
            // It may have been a secret.
            _ => {
                return Err(WrongPart(format!(
                    "unknown option `{name}`, use `endpoint` and `region`"
                )));
            }
        }
    }
    Ok(options)
}

/// An endpoint is a host: `https://s3.example.com`.
fn check_endpoint(text: &str) -> Result<String, WrongPart> {
    let wrong = || WrongPart(format!("the endpoint \"{text}\" is not the address of a host"));
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let scheme = uri.scheme_str().filter(|scheme| ["http", "https"].contains(scheme));
    let (Some(scheme), Some(authority)) = (scheme, uri.authority()) else { return Err(wrong()) };
    if authority.as_str().contains('@') {
        return Err(WrongPart("the endpoint contains a key".to_owned()));
    }
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err(wrong());
    }
    let usual = if scheme == "http" { ":80" } else { ":443" };
    let host = authority.as_str();
    Ok(format!("{scheme}://{}", host.strip_suffix(usual).unwrap_or(host)))
}

/// The prefix with a slash at its end.
fn check_prefix(text: &str) -> Result<String, WrongPart> {
    let prefix = percent_decode_str(text).decode_utf8();
    let prefix = prefix.map_err(|_| WrongPart("its prefix is not text".to_owned()))?;
    let prefix = prefix.trim_matches('/');
    if prefix.is_empty() {
        return Ok(String::new());
    }
    let is_wrong = |part: &str| part.is_empty() || part == "." || part == "..";
    if prefix.split('/').any(is_wrong) || prefix.chars().any(char::is_control) {
        return Err(WrongPart(format!("its prefix is \"{prefix}\"")));
    }
    Ok(format!("{prefix}/"))
}

impl fmt::Display for BucketUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "s3://{}", self.bucket)?;
        if !self.prefix.is_empty() {
            write!(out, "/{}", self.prefix.trim_end_matches('/'))?;
        }
        match &self.endpoint {
            Some(endpoint) => write!(out, "?endpoint={endpoint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for BucketUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<BucketUrl> {
        BucketUrl::parse(text, &EngineEnvironment::default())
    }

    #[test]
    fn a_bucket_of_aws_is_a_host_and_any_other_a_path() {
        let place = |text: &str| {
            let url = parse(text).unwrap();
            (format!("{}{}{}", url.origin, url.path, url.prefix), url.to_string())
        };
        let aws = ("https://agents.s3.us-east-1.amazonaws.com/a/b/", "s3://agents/a/b");
        assert_eq!(place("s3://agents/a/b/"), (aws.0.to_owned(), aws.1.to_owned()));
        let dotted = "s3://my.agents?region=eu-west-1";
        assert_eq!(place(dotted).0, "https://s3.eu-west-1.amazonaws.com/my.agents/");
        let ceph = "s3://agents/x?endpoint=http%3A%2F%2F127.0.0.1:80";
        let shown = "s3://agents/x?endpoint=http://127.0.0.1".to_owned();
        assert_eq!(place(ceph), ("http://127.0.0.1/agents/x/".to_owned(), shown));
        assert!(parse(ceph).unwrap().is_here() && !parse("s3://agents").unwrap().is_here());
    }

    #[test]
    fn the_environment_completes_the_url() {
        let variables = |name: &str| match name {
            "AWS_ENDPOINT_URL" => Some("https://s3.example.com".to_owned()),
            "AWS_DEFAULT_REGION" => Some("eu-1".to_owned()),
            "AWS_CA_BUNDLE" => Some("/ca.pem".to_owned()),
            _ => None,
        };
        let url =
            BucketUrl::parse("s3://agents", &EngineEnvironment::new(None, variables)).unwrap();
        assert_eq!((url.host(), &*url.region), ("s3.example.com", "eu-1"));
        assert_eq!(url.roots, Some(PathBuf::from("/ca.pem")));
    }

    #[test]
    fn mistakes_are_named_and_a_key_is_refused() {
        let message = |text: &str| parse(text).unwrap_err().message().to_owned();
        assert!(message("s3://b").contains("a bucket has a name of 3 to 63"));
        assert!(message("s3:///agents").contains("a bucket has a name of"));
        assert!(message("s3://agents/a//b").contains("its prefix is \"a//b\""));
        assert!(message("s3://agents/a/%2E%2E").contains("its prefix is \"a/..\""));
        assert!(message("s3://agents?endpont=x").contains("unknown option `endpont`"));
        for wrong in ["x", "ftp://x", "http://x/path", "http://"] {
            let message = message(&format!("s3://agents?endpoint={wrong}"));
            assert!(message.contains("is not the address of a host"), "{message}");
        }
        let message = message("s3://id:secret@agents");
        assert!(message.contains("contains a key") && !message.contains("secret"), "{message}");
    }
}
