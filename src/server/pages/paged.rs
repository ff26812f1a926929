//! Paged agents: what pages need of agents, which they read and whose ledger they add to. A server has them in its store;
//! a project on this machine is another one.

use super::AskedPage;
use super::ledger_step::{LedgerStep, StepOutcome};
use crate::error::{Error, Result};
use crate::protocol::AgentId;
use crate::stock::{StockService, VersionsLook};
use std::sync::Arc;

/// Look at an agent, called once.
pub type LookAt<'a> = dyn FnMut(&VersionsLook<'_>) -> Result<()> + 'a;

/// Agents that pages show and act on. Calls block.
pub trait PagedAgents: Send + Sync {
    /// Looks at the versions of an agent, as they are now.
    fn with_versions(&self, agent: &AgentId, look: &mut LookAt<'_>) -> Result<()>;

    /// Adds a record to the ledger of the agent that a page was asked for, if the ledger is as the step expects.
    fn step(&self, asked: &AskedPage, step: &LedgerStep) -> Result<StepOutcome>;
}

/// Agents of a server or of this machine.
#[derive(Clone)]
pub struct SharedAgents(Arc<dyn PagedAgents>);

impl SharedAgents {
    pub fn new(agents: Arc<dyn PagedAgents>) -> SharedAgents {
        SharedAgents(agents)
    }

    /// Looks at the versions of an agent.
    pub fn read_versions<T>(
        &self,
        agent: &AgentId,
        look: impl FnOnce(&VersionsLook<'_>) -> Result<T>,
    ) -> Result<T> {
        let (mut look, mut seen) = (Some(look), None);
        self.0.with_versions(agent, &mut |now| {
            seen = look.take().map(|look| look(now)).transpose()?;
            Ok(())
        })?;
        seen.ok_or_else(|| Error::failed(format!("nobody looked at the agent \"{agent}\"")))
    }

    pub fn step(&self, asked: &AskedPage, step: &LedgerStep) -> Result<StepOutcome> {
        self.0.step(asked, step)
    }
}

/// The agents of a served store.
impl PagedAgents for StockService {
    fn with_versions(&self, agent: &AgentId, look: &mut LookAt<'_>) -> Result<()> {
        self.read_versions(agent, |now| look(now))
    }

    fn step(&self, asked: &AskedPage, step: &LedgerStep) -> Result<StepOutcome> {
        step.apply(self.store(), asked)
    }
}
