//! Buckets for tests: a double in this process with faults on demand, and engines that others wrote, where they are installed.

mod double;
pub mod others;
mod request;

pub use double::{Bucket, Fault};
pub use request::S3Request;

use lua_store::internals::engine::{EngineEnvironment, EngineUrl, SharedEngine};

/// Key and secret of every bucket of the tests.
pub const KEYS: [(&str, &str); 2] =
    [("AWS_ACCESS_KEY_ID", "testkey"), ("AWS_SECRET_ACCESS_KEY", "testsecret")];

/// A bucket that can be opened.
pub trait S3Place {
    /// `http://127.0.0.1:PORT`
    fn endpoint(&self) -> String;
    /// Variables with the keys.
    fn variables(&self) -> Vec<(String, String)> {
        KEYS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }
    /// Name of a bucket that exists.
    fn name(&self) -> String;

    fn url(&self, prefix: &str) -> String {
        format!("s3://{}{prefix}?endpoint={}", self.name(), self.endpoint())
    }

    fn parsed(&self, prefix: &str) -> EngineUrl {
        let variables = self.variables();
        let environment = EngineEnvironment::new(None, |wanted| {
            let found = variables.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone())
        });
        EngineUrl::parse(&self.url(prefix), &environment).unwrap()
    }

    fn open(&self, prefix: &str) -> SharedEngine {
        SharedEngine::open(&self.parsed(prefix), None).unwrap()
    }
}
