//! Credentials of a bucket, where the users of AWS keep them: the environment, or the file that `aws configure` writes.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

use crate::engine::environment::EngineEnvironment;
use crate::error::{Error, Result};
use crate::fs;
use std::fmt;
use std::path::PathBuf;

/// A key with its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsKeys {
    pub id: String,
    pub secret: String,
    /// Token of keys that end.
    pub session: Option<String>,
}

/// No secret is shown.
impl fmt::Debug for AwsKeys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("AwsKeys").field(&self.id).finish()
    }
}

/// Source of the keys. A file is read again when its keys have ended, since others renew them there.
#[derive(Clone, Debug)]
pub enum KeySource {
    Environment(AwsKeys),
    File { path: PathBuf, profile: String },
    Nowhere,
}

impl KeySource {
    pub fn of(environment: &EngineEnvironment) -> KeySource {
        let value = |name| environment.get(name).map(str::to_owned);
        if let (None, Some(id), Some(secret)) =
            (value("AWS_PROFILE"), value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY"))
        {
            return KeySource::Environment(AwsKeys {
                id,
                secret,
                session: value("AWS_SESSION_TOKEN"),
            });
        }
        match environment.aws_file() {
            Some(path) => {
                let profile = value("AWS_PROFILE").unwrap_or_else(|| "default".to_owned());
                KeySource::File { path, profile }
            }
            None => KeySource::Nowhere,
        }
    }

    /// The keys. `place` is the bucket, for the error.
    pub fn keys(&self, place: &dyn fmt::Display) -> Result<AwsKeys> {
        let hint = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write them to the file ~/.aws/credentials";
        let none = |why: &str| {
            Error::auth(format!("there are no credentials for \"{place}\"{why}")).hint(hint)
        };
        match self {
            KeySource::Environment(keys) => Ok(keys.clone()),
            KeySource::Nowhere => Err(none("")),
            KeySource::File { path, profile } => {
                let text = fs::read_if_exists(path)?.ok_or_else(|| none(""))?;
                let text = String::from_utf8_lossy(&text).into_owned();
                let why =
                    || format!(": the profile \"{profile}\" in \"{}\" has none", path.display());
                find(&text, profile).ok_or_else(|| none(&why()))
            }
        }
    }
}

/// Keys of a profile: lines `name = value` below `[profile]`.
fn find(text: &str, profile: &str) -> Option<AwsKeys> {
    let lines = text.lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let is_header = |line: &str| {
        line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(str::trim)
            == Some(profile)
    };
    lines.find(|line| is_header(line))?;
    let (mut id, mut secret, mut session) = (None, None, None);
    for line in lines.take_while(|line| !line.starts_with('[')) {
        let Some((name, value)) = line.split_once('=') else { continue };
        let value = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        match name.trim() {
            "aws_access_key_id" => id = value,
            "aws_secret_access_key" => secret = value,
            "aws_session_token" => session = value,
            _ => {}
        }
    }
    Some(AwsKeys { id: id?, secret: secret?, session })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_has_its_own_keys() {
        let text = "# x\n[default]\naws_access_key_id = A\naws_secret_access_key=S=1\n\n[ other ]\n\
                    aws_access_key_id=B\naws_secret_access_key = T\naws_session_token = U\n[half]\naws_access_key_id=C\n";
        let keys = |profile| find(text, profile).map(|keys| (keys.id, keys.secret, keys.session));
        assert_eq!(keys("default"), Some(("A".to_owned(), "S=1".to_owned(), None)));
        assert_eq!(keys("other"), Some(("B".to_owned(), "T".to_owned(), Some("U".to_owned()))));
        assert_eq!((keys("half"), keys("none")), (None, None));
    }

    #[test]
    fn no_secret_is_printed() {
        let variables = |name: &str| match name {
            "AWS_ACCESS_KEY_ID" => Some("id".to_owned()),
            "AWS_SECRET_ACCESS_KEY" | "AWS_SESSION_TOKEN" => Some("secret".to_owned()),
            _ => None,
        };
        let source = KeySource::of(&EngineEnvironment::new(None, variables));
        let text = format!("{source:?} {:?}", source.keys(&"s3://b"));
        assert!(text.contains("id") && !text.contains("secret"), "{text}");
        let error = KeySource::of(&EngineEnvironment::default()).keys(&"s3://b").unwrap_err();
        assert_eq!(error.message(), "there are no credentials for \"s3://b\"");
    }
}
