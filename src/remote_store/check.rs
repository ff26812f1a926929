//! Check of an agent: every byte of its packs, and all that its refs reach.

use super::RemoteStore;
use super::presence::GONE;
use crate::error::Result;
use crate::history::rules::{self, Breach, RefScope};
use crate::history::source::SourceVersion;
use crate::history::version::Version;
use crate::history::{ledger, purge};
use crate::object::{Id, Source};
use crate::progress::Progress;
use crate::protocol::AgentId;
use crate::store::{Heads, Odb, refs};
use std::collections::HashSet;
use std::sync::Arc;

impl RemoteStore {
    /// Problems for people to read; empty when all is well.
    pub fn check(&self, agent: &AgentId) -> Result<Vec<String>> {
        let missing = self.missing_packs(agent)?;
        let (head, packs) = if missing.is_empty() {
            let (seen, packs) = self.open_agent(agent)?;
            (seen.head.clone(), packs)
        } else {
            // A pack that cannot be opened does not stop the check of the others.
            let mut head = self.load_head(agent)?.head.clone();
            head.packs.retain(|pack_ref| !missing.contains(&pack_ref.key));
            let packs = Arc::new(self.open_packs(&head)?);
            (head, packs)
        };
        let checked = packs.objects.check(&Progress::default())?;
        let mut wrong: Vec<String> = checked
            .damage
            .iter()
            .map(|damage| match &damage.object {
                Some(object) => format!("object {object} in {}: {}", damage.pack, damage.reason),
                None => format!("{}: {}", damage.pack, damage.reason),
            })
            .chain(missing.iter().map(|key| format!("{}: {GONE}", key.file_name())))
            .chain(packs.damaged.iter().map(|(_, reason)| reason.clone()))
            .collect();
        let present = head.pages.iter().filter(|page| !missing.contains(&page.key));
        wrong.extend(
            present.filter_map(|page| page.load(&*self.packs).err()).map(|error| error.to_string()),
        );
        let mut walk =
            ReachabilityWalk { objects: &packs.objects, seen: HashSet::new(), wrong: &mut wrong };
        for (number, id) in (1..).zip(&head.heads.source) {
            let read = SourceVersion::load(walk.objects, number, *id).map(drop);
            walk.root(&format!("{}/v{number}", refs::SOURCE), *id, read);
        }
        for (number, id) in (1..).zip(&head.heads.versions) {
            let read = Version::load(walk.objects, number, *id).map(drop);
            walk.root(&format!("{}/v{number}", refs::VERSIONS), *id, read);
        }
        if let Some(book) = &head.book {
            walk.root("the book", book.root, Ok(()));
        }
        let mut is_read = true;
        if let Some(active) = &head.heads.active {
            let read = ledger::fold(walk.objects, Some(active.ledger)).map(drop);
            is_read = read.is_ok();
            walk.root("the ledger", active.ledger, read);
        }
        let here = Heads {
            source: head.heads.source.clone(),
            versions: head.heads.versions.clone(),
            active: head.heads.active,
        };
        if is_read {
            let verified = purge::verify(&packs.objects, &here, &[]);
            wrong.extend(verified.err().map(|error| error.message().to_owned()));
        }
        let report = rules::check(&packs.objects, &Heads::default(), &here, RefScope::Whole)?;
        let broken = report.breaches.iter().filter(|breach| !breach.unreadable);
        wrong.extend(broken.map(Breach::sentence));
        Ok(wrong)
    }
}

struct ReachabilityWalk<'a> {
    objects: &'a Odb,
    seen: HashSet<Id>,
    wrong: &'a mut Vec<String>,
}

impl ReachabilityWalk<'_> {
    fn root(&mut self, name: &str, id: Id, read: Result<()>) {
        let walked = read.and_then(|()| self.tree(id));
        self.wrong.extend(walked.err().map(|error| format!("{name}: {error}")));
    }

    /// Opens every tree once; that a blob can be read was found out with its pack.
    fn tree(&mut self, root: Id) -> Result<()> {
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            if !self.seen.insert(id) {
                continue;
            }
            for entry in self.objects.tree(&id)?.entries() {
                if entry.mode.is_directory() {
                    open.push(entry.id);
                } else if self.seen.insert(entry.id) && !self.objects.contains(&entry.id)? {
                    self.wrong.push(format!("object {} is missing", entry.id));
                }
            }
        }
        Ok(())
    }
}
