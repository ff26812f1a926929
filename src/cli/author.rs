//! Author of a command: who is named, else who the token speaks for, else who runs the job, else git's user.

use super::context::Context;
use super::remote::{self, environment};
use crate::client::Address;
use crate::error::{Error, Result};
use crate::flow::remote::NamedRemote;
use crate::git;
use crate::history::project::Project;
use crate::history::record::Author;

impl Context<'_> {
    /// Author and time of a command that asks no remote.
    pub fn who(&mut self, project: &Project) -> Result<Author> {
        if let Some(by) = self.named_author(project)?.or_else(|| implied(project)) {
            return self.author(by);
        }
        // A token may say it: that costs a request, where there is no other way.
        let mut remote = remote::reach(self, project, None).ok().flatten();
        self.who_at(project, remote.as_mut())
    }

    /// Author and time of a command that writes to a remote. Its token names an author before the machine does: records
    /// of another one could be refused there.
    pub fn who_at(
        &mut self,
        project: &Project,
        remote: Option<&mut NamedRemote>,
    ) -> Result<Author> {
        if let Some(by) = self.named_author(project)? {
            return self.author(by);
        }
        let mut token = None;
        if let Some(remote) = remote.filter(|remote| matches!(remote.address, Address::Http { .. }))
        {
            remote.ask(project.store());
            if let Some(by) = remote.remote.author() {
                return self.author(by);
            }
            token = remote.remote.token();
        }
        match implied(project).or(token) {
            Some(by) => self.author(by),
            None => Err(Error::usage("cannot tell who you are").hint(
                "add `--author you@example.com` for one command\n\
                 run `git config --global user.email you@example.com` for all",
            )),
        }
    }

    fn author(&mut self, by: String) -> Result<Author> {
        self.by = Some(by.clone());
        Ok(Author { by, at_ms: self.now()?.as_millisecond() })
    }

    /// The flag, the environment or the configuration.
    fn named_author(&self, project: &Project) -> Result<Option<String>> {
        let named = self.author_option().or_else(|| environment("LUA_STORE_AUTHOR"));
        match named.as_deref().and_then(words) {
            Some(by) => Ok(Some(by)),
            None => Ok(project.store().config()?.author().and_then(words)),
        }
    }
}

/// The person who started a job, as the service that runs it says, or git's user.
fn implied(project: &Project) -> Option<String> {
    let actor = environment("GITHUB_ACTOR").as_deref().and_then(words);
    actor
        .map(|actor| format!("{actor}@users.noreply.github.com"))
        .or_else(|| environment("GITLAB_USER_EMAIL").as_deref().and_then(words))
        .or_else(|| {
            let email = git::user_email(project.root(), &|name| std::env::var_os(name));
            email.as_deref().and_then(words)
        })
}

fn words(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
