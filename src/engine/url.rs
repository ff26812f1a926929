//! URL of a store: `file:///dir`, `postgres://host/database`, or `s3://bucket/prefix`.

use super::bucket::BucketUrl;
use super::environment::EngineEnvironment;
use super::postgres::PostgresUrl;
use crate::error::{Error, Result};
use percent_encoding::percent_decode_str;
use std::path::PathBuf;

/// Place of the agents of a server.
#[derive(Clone, Debug)]
pub enum EngineUrl {
    Folder(PathBuf),
    Postgres(Box<PostgresUrl>),
    Bucket(Box<BucketUrl>),
}

impl EngineUrl {
    pub fn parse(text: &str, environment: &EngineEnvironment) -> Result<EngineUrl> {
        match text.split_once("://") {
            Some(("file", path)) => folder(text, path).map(EngineUrl::Folder),
            Some(("postgres" | "postgresql", _)) => {
                PostgresUrl::parse(text, environment).map(Box::new).map(EngineUrl::Postgres)
            }
            Some(("s3", _)) => {
                BucketUrl::parse(text, environment).map(Box::new).map(EngineUrl::Bucket)
            }
            // It may contain a password.
            Some((scheme, _)) => Err(unknown(&format!("{scheme}://…"))),
            None => Err(unknown(text)),
        }
    }
}

fn unknown(text: &str) -> Error {
    Error::usage(format!("cannot store agents in \"{text}\": it is not the URL of a store"))
        .hint("use `file:///var/lib/lua-store`, `postgres://db.example.com/agents` or `s3://bucket/prefix`")
}

/// The absolute path of a URL without a host.
fn folder(text: &str, path: &str) -> Result<PathBuf> {
    let path = percent_decode_str(path).decode_utf8().ok();
    let path = path.filter(|path| path.starts_with('/') && !path.contains(['?', '#']));
    // On Windows a path begins with a drive: `file:///C:/data`.
    let plain = |path: &str| match path.as_bytes() {
        [b'/', drive, b':', ..] if drive.is_ascii_alphabetic() => PathBuf::from(&path[1..]),
        _ => PathBuf::from(path),
    };
    path.map(|path| plain(&path)).ok_or_else(|| {
        Error::usage(format!("\"{text}\" is not the URL of a folder"))
            .hint("use an absolute path: `file:///var/lib/lua-store`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn parse(text: &str) -> Result<EngineUrl> {
        EngineUrl::parse(text, &EngineEnvironment::default())
    }

    #[test]
    fn a_folder_has_an_absolute_path() {
        let folder = |text: &str| match parse(text) {
            Ok(EngineUrl::Folder(folder)) => folder.to_str().unwrap().to_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(folder("file:///var/lib/lua-store"), "/var/lib/lua-store");
        assert_eq!(folder("file:///with%20room"), "/with room");
        assert_eq!(folder("file:///C:/data"), "C:/data");
    }

    #[test]
    fn a_typing_mistake_is_named_and_a_password_is_not() {
        for wrong in
            ["", "data", "file://data", "file://host/data?x", "postgre://a/b", "s3://b", "gs://b"]
        {
            assert_eq!(parse(wrong).unwrap_err().kind(), Kind::Usage, "{wrong}");
        }
        let error = parse("postgers://ana:secret@db/agents").unwrap_err();
        assert!(error.message().contains("\"postgers://…\""), "{error}");
    }
}
