//! Format of a prefix: an object that names what is in it, so that nothing else is taken for ours.

use super::client::{BucketClient, S3Call};
use super::target::BucketUrl;
use crate::error::{Error, Result};
use http::Method;

const KEY: &str = "format";
const STORE: &str = "lua-store bucket 1\n";
const STORE_WORDS: &str = "lua-store bucket ";
const PACKS_WORDS: &str = "lua-store packs ";

/// Use of a prefix.
#[derive(Clone, Debug)]
pub enum BucketUse {
    /// Agents with everything.
    Store,
    /// The packs of the database with this id.
    PacksOf(String),
}

impl BucketUse {
    fn line(&self) -> String {
        match self {
            BucketUse::Store => STORE.to_owned(),
            BucketUse::PacksOf(id) => format!("{PACKS_WORDS}1 {id}\n"),
        }
    }
}

/// Makes a prefix without objects one of ours, and refuses any other that is none.
pub fn prepare(client: &BucketClient, wanted: &BucketUse) -> Result<()> {
    let line = wanted.line();
    if let Some(found) = read(client, KEY)? {
        return check(client.url(), wanted, &found);
    }
    check_empty(client)?;
    check_above(client)?;
    let call = S3Call::put(KEY, line.as_bytes()).with("if-none-match", "*");
    client.once(&call).map_err(|failure| failure.error)?;
    // Another server may have been faster.
    match read(client, KEY)? {
        Some(found) => check(client.url(), wanted, &found),
        None => Err(Error::failed(format!("\"{}\" forgot an object", client.url()))),
    }
}

fn read(client: &BucketClient, key: &str) -> Result<Option<String>> {
    let answer = client.repeat(&S3Call::new(Method::GET, key))?;
    Ok((!answer.is_absent()).then(|| answer.text()))
}

fn check(url: &BucketUrl, wanted: &BucketUse, found: &str) -> Result<()> {
    if found == wanted.line() {
        return Ok(());
    }
    let wrong = |why: &str, hint: &str| {
        Err(Error::usage(format!("cannot store agents in \"{url}\": {why}")).hint(hint))
    };
    match (wanted, found.starts_with(STORE_WORDS), found.starts_with(PACKS_WORDS)) {
        (BucketUse::Store, true, _) => Err(Error::usage(format!(
            "cannot open \"{url}\": its format is {:?}, and this program knows {:?}",
            found.trim_end(),
            STORE.trim_end()
        ))
        .hint("a newer lua-store wrote it; update lua-store to use it")),
        (BucketUse::Store, _, true) => wrong(
            "it contains the packs of a database",
            "name the database with --store and this bucket with --packs",
        ),
        (BucketUse::PacksOf(_), true, _) => {
            wrong("it contains other agents", "name a prefix of its own for the packs")
        }
        (BucketUse::PacksOf(_), _, true) => wrong(
            "it contains the packs of another database, or of a newer lua-store",
            "name a prefix of its own for the packs of each database",
        ),
        _ => wrong("its object \"format\" is of another program", "name a prefix of its own"),
    }
}

/// A prefix with objects of somebody else was probably named by mistake.
fn check_empty(client: &BucketClient) -> Result<()> {
    // A probe that was killed left its corner.
    let foreign = |key: &String| !key.starts_with("probe/");
    let page = client.list("", None)?;
    match page.objects.into_iter().map(|object| object.key).find(foreign) {
        None => Ok(()),
        Some(key) => Err(Error::usage(format!(
            "cannot store agents in \"{}\": it has other objects, such as \"{key}\"",
            client.url()
        ))
        .hint("name a prefix of its own: `s3://bucket/prefix`")),
    }
}

/// A prefix inside of another one of ours would appear there.
fn check_above(client: &BucketClient) -> Result<()> {
    for above in client.url().above() {
        let other = BucketClient::new(&above)?;
        let found = read(&other, KEY).ok().flatten();
        if found.is_some_and(|found| found.starts_with("lua-store ")) {
            return Err(Error::usage(format!(
                "cannot store agents in \"{}\": \"{above}\" contains agents",
                client.url()
            ))
            .hint("name a prefix beside it"));
        }
    }
    Ok(())
}
