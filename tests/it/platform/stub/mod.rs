//! A stub of the Lua platform: its routes and what they change, in memory, on loopback.
//!
//! It is made from the description of the protocol that the stock command speaks, and from no code of this program. The
//! parts of the description that nobody has seen on the real platform are [`Assumptions`], which a test can turn.

mod agent;
mod answer;
mod assumptions;
mod dashboard;
mod faults;
mod kinds;
mod live;
mod request;
mod route;
mod routes;
mod saved;
mod seed;
mod serve;
mod snapshot;
mod walker;
mod wire;
mod world;

pub use assumptions::{Assumptions, CodeHashes, PublishFalse, StagedRule};
pub use dashboard::Dashboard;
pub use faults::{At, Fault};
pub use live::Live;
pub use request::Request;
#[cfg(unix)]
pub use saved::SavedPlatform;
pub use seed::Seed;

use serde_json::Value;
use serve::Listeners;
use std::sync::{Arc, Mutex, MutexGuard};
use world::World;

/// A platform of its own, which ends with its value.
pub struct Platform {
    shared: Arc<Shared>,
    listeners: Listeners,
}

/// State that the connections share.
struct Shared {
    world: Mutex<World>,
    faults: faults::Faults,
    log: Mutex<Vec<Request>>,
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }
}

impl Platform {
    /// A platform with one agent, which has a name and nothing else.
    pub fn start(agent: &str) -> Platform {
        Platform::with(agent, Assumptions::default())
    }

    pub fn with(agent: &str, assumptions: Assumptions) -> Platform {
        let listeners = Listeners::bind();
        let mut world = World::new(assumptions, listeners.blobs_url());
        world.add_agent(agent);
        let (faults, log) = (faults::Faults::default(), Mutex::default());
        let shared = Arc::new(Shared { world: Mutex::new(world), faults, log });
        listeners.serve(&shared);
        Platform { shared, listeners }
    }

    /// One more agent, which the same key may change.
    pub fn add_agent(&self, agent: &str) {
        self.shared.world().add_agent(agent);
    }

    /// `http://127.0.0.1:PORT`, the API of the stock command.
    pub fn url(&self) -> String {
        self.listeners.url()
    }

    /// `lua+http://127.0.0.1:PORT/AGENT`
    pub fn address(&self, agent: &str) -> String {
        format!("lua+{}/{agent}", self.url())
    }

    /// The one key that it takes.
    pub fn key(&self) -> String {
        self.shared.world().key.clone()
    }

    /// Takes another key from now on, and no longer the one before.
    pub fn change_key(&self, key: &str) {
        self.shared.world().key = key.to_owned();
    }

    pub fn assume(&self, change: impl FnOnce(&mut Assumptions)) {
        change(&mut self.shared.world().assumptions);
    }

    /// Hands of somebody else.
    pub fn dashboard(&self, agent: &str) -> Dashboard {
        Dashboard::new(&self.shared, agent)
    }

    /// The part of an agent that runs now.
    pub fn live(&self, agent: &str) -> Live {
        Live::of(self.shared.world().agent(agent))
    }

    /// The body with which a number was pushed.
    pub fn body(&self, agent: &str, kind: &str, name: &str, number: &str) -> Option<Value> {
        let world = self.shared.world();
        let primitive = world.agent(agent).primitive(kind, name)?;
        primitive.number(number).map(|number| Value::Object(number.body.clone()))
    }

    /// Id of a primitive.
    pub fn primitive_id(&self, agent: &str, kind: &str, name: &str) -> String {
        let world = self.shared.world();
        let primitive = world.agent(agent).primitive(kind, name);
        primitive.unwrap_or_else(|| panic!("no {kind} \"{name}\"")).id.clone()
    }

    /// Name of the primitive with an id.
    pub fn primitive_name(&self, agent: &str, id: &str) -> String {
        let world = self.shared.world();
        let found = world.agent(agent).primitives.iter().find(|one| one.id == id);
        found.unwrap_or_else(|| panic!("no primitive has the id {id}")).name.clone()
    }

    /// Bytes that were uploaded under a key.
    pub fn blob(&self, agent: &str, key: &str) -> Option<Vec<u8>> {
        self.shared.world().agent(agent).blobs.get(key).map(|blob| blob.to_vec())
    }

    /// A version as route #25 shows it, also one that no list shows.
    pub fn version(&self, agent: &str, number: u64) -> Option<Value> {
        self.shared.world().agent(agent).versions.get(&number).map(|version| version.shown(true))
    }

    /// Requests since the last `reset_requests`, in the order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.log.lock().unwrap().clone()
    }

    /// Requests that may have changed something.
    pub fn changes(&self) -> Vec<Request> {
        self.requests().into_iter().filter(Request::changes).collect()
    }

    /// Forgets the requests. The next one is number 1.
    pub fn reset_requests(&self) {
        self.shared.log.lock().unwrap().clear();
    }

    /// Does something at a request. Several at the same request are done in the order in which they were added.
    pub fn on(&self, at: At, fault: Fault) {
        self.shared.faults.add(at, fault);
    }

    /// Forgets all faults, also those that were not reached.
    pub fn reset_faults(&self) {
        self.shared.faults.clear();
    }

    /// Number of faults that no request has reached.
    pub fn waiting_faults(&self) -> usize {
        self.shared.faults.waiting()
    }

    /// Fills an agent with a long history.
    pub fn seed(&self, agent: &str, seed: &Seed) {
        seed::fill(&mut self.shared.world(), agent, seed);
    }
}
