//! Service: what the routes share. It looks at an agent, and changes it by one edit for each request.

use super::error::StockError;
use super::pending;
use super::view::StockHistory;
use super::{StockAnswer, StockRequest};
use crate::error::{Error, Result};
use crate::history::book::Book;
use crate::history::record::Author;
use crate::object::Id;
use crate::protocol::{AgentId, RequestHash, TxnId};
use crate::remote_store::{
    AgentEdit, AppliedTransaction, EditGround, EditRequest, Edited, LruCache, RemoteStore,
};
use crate::store::{Batch, Heads, Odb};
use std::path::Path;
use std::sync::Arc;

/// Most agents whose records are kept in memory.
const MOST_VIEWS: usize = 32;

/// The routes of the stock command over a remote store.
pub struct StockService {
    store: Arc<RemoteStore>,
    views: LruCache<AgentId, Arc<StockHistory>>,
    pub(super) files: super::file_keys::FileKeys,
}

/// An agent at one moment.
pub struct Look<'a> {
    pub agent: &'a AgentId,
    pub heads: &'a Heads,
    pub objects: &'a Odb,
    pub view: Arc<StockHistory>,
    /// The book, its pending changes up to date.
    pub book: Book,
}

/// The versions of an agent at one moment.
pub struct VersionsLook<'a> {
    pub objects: &'a Odb,
    pub view: Arc<StockHistory>,
    /// The project with the packages that the files import; a server has none.
    pub project: Option<&'a Path>,
    /// Remark for the reader, such as that the remote could not be asked.
    pub note: Option<String>,
}

/// A change of an agent while it is computed.
pub struct ChangeDraft<'a> {
    pub look: Look<'a>,
    pub batch: &'a mut Batch,
    pub edit: AgentEdit,
    /// Author and time of new records.
    pub who: Author,
    /// Name of the request.
    pub txn: TxnId,
    /// Files that look like secrets, for the record.
    pub secrets: Vec<String>,
}

/// Computes a change. What it did to the book is stored if it gives an answer.
pub type DraftChange<'a> = dyn FnMut(&mut ChangeDraft<'_>) -> Result<StockAnswer, StockError> + 'a;

/// Answer to a request that was applied before, from what it left.
pub type Replay<'a> =
    dyn Fn(&Look<'_>, &AppliedTransaction) -> Result<StockAnswer, StockError> + 'a;

impl StockService {
    pub fn new(store: Arc<RemoteStore>) -> StockService {
        StockService { store, views: LruCache::new(MOST_VIEWS), files: Default::default() }
    }

    pub fn store(&self) -> &RemoteStore {
        &self.store
    }

    /// Any folder that exists.
    pub fn folder(&self) -> &Path {
        self.store.folder()
    }

    /// Looks at an agent.
    pub fn read<T>(
        &self,
        agent: &AgentId,
        look: impl FnOnce(&Look<'_>) -> Result<T, StockError>,
    ) -> Result<T, StockError> {
        self.store.with_ground(agent, |ground| {
            let now = self.look_at(agent, ground)?;
            Ok(look(&now))
        })?
    }

    /// Looks at the versions of an agent, for pages. Of one that nobody pushed all is empty.
    pub fn read_versions<T>(
        &self,
        agent: &AgentId,
        look: impl FnOnce(&VersionsLook<'_>) -> Result<T>,
    ) -> Result<T> {
        self.store.with_ground(agent, |EditGround { heads, objects, .. }| {
            let view = self.view(agent, heads, objects)?;
            look(&VersionsLook { objects, view, project: None, note: None })
        })
    }

    /// Changes an agent, durably. A request with a known name is answered from what it did then.
    pub fn change(
        &self,
        request: &StockRequest,
        draft: &mut DraftChange<'_>,
        replay: &Replay<'_>,
    ) -> Result<StockAnswer, StockError> {
        let asked = asked(request)?;
        let edited = self.store.edit(&request.agent, &asked, &mut |ground, batch| {
            self.draft((request, asked.txn), ground, batch, draft)
        })?;
        match edited {
            Edited::Now(answer) => answer,
            Edited::Before(applied) => self.read(&request.agent, |look| replay(look, &applied)),
        }
    }

    fn draft(
        &self,
        (request, txn): (&StockRequest, TxnId),
        ground: EditGround<'_>,
        batch: &mut Batch,
        compute: &mut DraftChange<'_>,
    ) -> Result<(Option<AgentEdit>, Result<StockAnswer, StockError>)> {
        let look = self.look_at(&request.agent, ground)?;
        let before = look.book.clone();
        let who = author(request);
        let edit = AgentEdit::default();
        let mut draft = ChangeDraft { look, batch, edit, who, txn, secrets: Vec::new() };
        let answer = match compute(&mut draft) {
            Ok(answer) => answer,
            Err(error) => return Ok((None, Err(error))),
        };
        let ChangeDraft { look, batch, mut edit, .. } = draft;
        let mut book = look.book;
        let refs = !edit.source.is_empty() || !edit.versions.is_empty() || edit.active.is_some();
        if book == before && !refs {
            return Ok((None, Ok(answer)));
        }
        if book != before {
            book.pending.seen.source += edit.source.len() as u64;
            edit.book = Some(book.store(batch)?);
        }
        Ok((Some(edit), Ok(answer)))
    }

    fn look_at<'a>(&self, agent: &'a AgentId, ground: EditGround<'a>) -> Result<Look<'a>> {
        let EditGround { heads, book, objects } = ground;
        let view = self.view(agent, heads, objects)?;
        let mut book = Book::load(objects, book)?;
        pending::bring_up_to_date(objects, &view, &mut book.pending)?;
        Ok(Look { agent, heads, objects, view, book })
    }

    fn view(&self, agent: &AgentId, heads: &Heads, objects: &Odb) -> Result<Arc<StockHistory>> {
        let known = self.views.get(agent);
        if let Some(known) = known.as_ref().filter(|known| known.heads == *heads) {
            return Ok(known.clone());
        }
        let view = Arc::new(StockHistory::of(objects, heads, known.as_deref())?);
        self.views.put(agent.clone(), view.clone());
        Ok(view)
    }
}

/// Author of a request, from its token.
pub fn author(request: &StockRequest) -> Author {
    let token = request.by.as_ref().map(|by| match by.token.name.is_empty() {
        true => by.token.id.clone(),
        false => by.token.name.clone(),
    });
    let by = request.email.clone().or(token).unwrap_or_else(|| "unknown".to_owned());
    Author { by, at_ms: i64::try_from(request.now_ms).unwrap_or(0) }
}

/// The edit of a request: its name is that of all retries.
fn asked(request: &StockRequest) -> Result<EditRequest> {
    let txn = match &request.idempotency {
        Some(key) => named(key),
        None => {
            let mut bytes = [0; 16];
            getrandom::fill(&mut bytes)
                .map_err(|error| Error::failed(format!("cannot get random bits: {error}")))?;
            TxnId(bytes)
        }
    };
    let route = format!("{:?}\0", request.route);
    let hash = Id::of_blob(&[route.as_bytes(), &request.body].concat());
    let half: RequestHash = std::array::from_fn(|at| hash.as_bytes()[at]);
    Ok(EditRequest { txn, request: half, by: request.by.clone(), now_ms: request.now_ms })
}

/// A UUID is 128 bits; any other key is hashed.
fn named(key: &str) -> TxnId {
    let digits: String = key.chars().filter(|c| *c != '-').collect();
    digits.parse().unwrap_or_else(|_| {
        let hash = Id::of_blob(key.as_bytes());
        TxnId(std::array::from_fn(|at| hash.as_bytes()[at]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_its_own_name_and_any_other_key_is_hashed() {
        let uuid = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";
        assert_eq!(named(uuid).to_string(), "1b4e28ba2fa111d2883f0016d3cca427");
        assert_ne!(named("a"), named("b"));
        assert_eq!(named("a"), named("a"));
    }
}
