//! Fair shares: no token and no agent holds more than its part of the places at once.
//!
//! A request first waits for a place of its token, then for one of its agent, and only then in the
//! common queue. So a token with a thousand requests has no more of them in that queue than its
//! share, and another token waits for these at most.

use crate::protocol::AgentId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// Size of a pool: its permits, and the share that one token, and one agent, may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSize {
    pub places: usize,
    pub share: usize,
}

impl PoolSize {
    pub const fn new(places: usize, share: usize) -> PoolSize {
        PoolSize { places, share }
    }
}

/// Requester of a permit.
#[derive(Clone, Debug)]
pub struct Requester {
    /// `None` for what is asked of no agent alone.
    pub agent: Option<AgentId>,
    /// The token's id; `None` where nobody is asked for one.
    pub token: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum ShareOwner {
    Token(String),
    Agent(AgentId),
}

/// Reason why there is no place now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// One's own share is used up.
    Share,
    /// All places are taken.
    All,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub struct PoolPermit {
    _permits: Vec<OwnedSemaphorePermit>,
}

pub struct Shares {
    share: usize,
    all: Arc<Semaphore>,
    owners: Mutex<HashMap<ShareOwner, Weak<Semaphore>>>,
}

/// From this many owners on those that have nothing any more are forgotten.
const MANY: usize = 256;

impl Shares {
    pub fn new(part: PoolSize) -> Shares {
        // Nobody may have all places, unless there is only one.
        let share = part.share.clamp(1, part.places.max(2) - 1);
        Shares { share, all: Arc::new(Semaphore::new(part.places)), owners: Mutex::default() }
    }

    /// Places that nobody has.
    pub fn free(&self) -> usize {
        self.all.available_permits()
    }

    /// A place, now or not at all.
    pub fn take(&self, who: &Requester) -> Result<PoolPermit, Full> {
        let mut permits = Vec::new();
        for (semaphore, full) in self.queues(who) {
            permits.push(semaphore.try_acquire_owned().map_err(|_: TryAcquireError| full)?);
        }
        Ok(PoolPermit { _permits: permits })
    }

    /// A place, as soon as it is one's turn.
    pub async fn wait(&self, who: &Requester) -> Result<PoolPermit, Full> {
        let mut permits = Vec::new();
        for (semaphore, full) in self.queues(who) {
            permits.push(semaphore.acquire_owned().await.map_err(|_| full)?);
        }
        Ok(PoolPermit { _permits: permits })
    }

    /// Semaphores to pass, in this order: nobody waits for somebody who waits for him.
    fn queues(&self, who: &Requester) -> Vec<(Arc<Semaphore>, Full)> {
        let token = who.token.clone().map(ShareOwner::Token);
        let owners = token.into_iter().chain(who.agent.clone().map(ShareOwner::Agent));
        let own = owners.map(|owner| (self.of(owner), Full::Share));
        own.chain([(self.all.clone(), Full::All)]).collect()
    }

    fn of(&self, owner: ShareOwner) -> Arc<Semaphore> {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = owners.get(&owner).and_then(Weak::upgrade) {
            return known;
        }
        if owners.len() >= MANY {
            owners.retain(|_, semaphore| semaphore.strong_count() > 0);
        }
        let fresh = Arc::new(Semaphore::new(self.share));
        owners.insert(owner, Arc::downgrade(&fresh));
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(agent: &str, token: &str) -> Requester {
        Requester { agent: Some(agent.parse().unwrap()), token: Some(token.to_owned()) }
    }

    #[test]
    fn neither_a_token_nor_an_agent_has_more_than_its_share() {
        let shares = Shares::new(PoolSize::new(5, 2));
        let mut held =
            vec![shares.take(&who("a", "1")).unwrap(), shares.take(&who("a", "1")).unwrap()];
        assert_eq!(shares.take(&who("a", "1")).unwrap_err(), Full::Share);
        assert_eq!(
            shares.take(&who("b", "1")).unwrap_err(),
            Full::Share,
            "a token of several agents"
        );
        assert_eq!(
            shares.take(&who("a", "2")).unwrap_err(),
            Full::Share,
            "an agent with several tokens"
        );
        held.push(shares.take(&who("b", "2")).unwrap());
        held.push(shares.take(&who("b", "2")).unwrap());
        held.push(shares.take(&who("c", "3")).unwrap());
        assert_eq!(shares.take(&who("d", "4")).unwrap_err(), Full::All);
        held.remove(0);
        assert!(shares.take(&who("a", "1")).is_ok());
    }

    #[test]
    fn nobody_has_all_places() {
        let shares = Shares::new(PoolSize::new(2, 99));
        let _held = shares.take(&who("a", "1")).unwrap();
        assert_eq!(shares.take(&who("a", "1")).unwrap_err(), Full::Share);
        assert!(shares.take(&who("b", "2")).is_ok());
        assert!(Shares::new(PoolSize::new(1, 9)).take(&who("a", "1")).is_ok());
    }

    #[test]
    fn who_waits_in_his_own_queue_stands_in_nobody_elses_way() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let shares = Arc::new(Shares::new(PoolSize::new(2, 1)));
            let held = shares.take(&who("a", "1")).unwrap();
            let waiting: Vec<_> = (0..100)
                .map(|_| {
                    let shares = shares.clone();
                    tokio::spawn(async move { shares.wait(&who("a", "1")).await.map(drop) })
                })
                .collect();
            tokio::task::yield_now().await;
            assert_eq!(shares.free(), 1);
            drop(shares.wait(&who("b", "2")).await.unwrap());
            drop(held);
            for one in waiting {
                one.await.unwrap().unwrap();
            }
            assert_eq!(shares.free(), 2);
        });
    }

    #[test]
    fn owners_that_have_nothing_are_forgotten() {
        let shares = Shares::new(PoolSize::new(4, 2));
        for n in 0..10 * MANY {
            drop(shares.take(&who(&format!("a{n}"), "1")).unwrap());
        }
        assert!(shares.owners.lock().unwrap().len() <= MANY + 2);
    }
}
