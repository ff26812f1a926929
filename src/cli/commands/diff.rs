//! `diff`: the project against a version, or two versions, in words and by file.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::diff_output::{FileView, print_section};
use crate::cli::live::{LiveRemoteArgs, View};
use crate::cli::output::ErrorView;
use crate::cli::paths::{self, PathFilter};
use crate::cli::selection::{self, AgentParts, Words};
use crate::cli::{Exit, complete, platform_diff, print};
use crate::compare::{self, StateChange};
use crate::diff::{self, TreeChange};
use crate::error::{Error, Result};
use crate::history::any_version::AnyVersion;
use crate::history::resolve;
use crate::history::revision::Revision;
use crate::object::{Id, Source};
use crate::operations::stage;
use crate::progress::Progress;
use crate::report::{self, ChangeView, FileChangeView, UnreadSides};
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Show the differences between the project and the newest version
///
/// With one version: the project against that one. With two: the second against the first. With paths, only these
/// files and folders are compared, with their changed lines, and the agent is not read. With `skill NAME` (or
/// another kind) or `persona`, only these parts of the agent are compared. With `platform`, the project is compared
/// with what runs on the Lua platform, part by part; exit code 1 if anything differs, 11 if a part is unknown.
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// At most two versions, then paths, `skill NAME`, `persona`; see `help versions`
    #[arg(value_name = "VERSION|PATH", allow_negative_numbers = true, add = ArgValueCompleter::new(complete::any_versions))]
    words: Vec<String>,
    /// Compare with the last push instead of the newest version
    #[arg(long)]
    pushed: bool,
    /// Only these files and folders
    #[arg(last = true, value_name = "PATH")]
    paths: Vec<String>,
    #[command(flatten)]
    view: FileView,
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    /// Left out where the agents are not compared: for paths, a safety snapshot, code that cannot be read.
    #[serde(flatten)]
    change: Option<ChangeView<'a>>,
    from: &'a str,
    to: &'a str,
    files: Vec<FileChangeView<'a>>,
    unread: UnreadSides<'a>,
    /// Error of the code of the project, where it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorView<'a>>,
}

answer!(diff: Answer<'_>);

/// One side: a name for people, a state, a tree of files.
struct DiffSide {
    name: String,
    state: Option<Id>,
    files: Option<Id>,
    version: Option<AnyVersion>,
}

impl DiffSide {
    /// Side before the first version.
    fn nothing() -> DiffSide {
        DiffSide { name: "nothing".to_owned(), state: None, files: None, version: None }
    }

    fn of(version: AnyVersion) -> DiffSide {
        let (name, state, files) = (version.name.clone(), version.state(), version.files());
        DiffSide { name, state, files: Some(files), version: Some(version) }
    }

    fn project(state: Option<Id>, files: Id) -> DiffSide {
        DiffSide { name: "project".to_owned(), state, files: Some(files), version: None }
    }

    /// True if it has a state to compare. Nothing at all is an empty one.
    fn is_agent(&self) -> bool {
        self.state.is_some() || self.files.is_none()
    }

    /// Reason why the agent of a version was not read.
    fn unread(&self) -> Option<&str> {
        self.version.as_ref()?.unread()
    }
}

/// Two sides, and what is known of their difference.
struct Comparison<'a> {
    source: &'a dyn Source,
    from: DiffSide,
    to: DiffSide,
    change: Option<StateChange>,
    error: Option<Error>,
}

/// Parts that are compared. None: everything.
struct DiffFilter {
    paths: PathFilter,
    parts: AgentParts,
}

impl DiffFilter {
    /// True if agents are compared, and not only files.
    fn is_compared(&self) -> bool {
        self.paths.is_all() || !self.parts.is_empty()
    }

    /// Refuses parts of an agent where one side has none.
    fn require_agents(&self, sides: &[&DiffSide]) -> Result<()> {
        match sides.iter().find(|side| !self.parts.is_empty() && !side.is_agent()) {
            None => Ok(()),
            Some(side) => {
                Err(Error::usage(format!("{} contains only files, and no agent", side.name))
                    .hint("run `lua-store restore PATH` to restore the files that contain it"))
            }
        }
    }

    fn narrow(&self, compared: &mut Comparison<'_>) {
        if let Some(change) = compared.change.as_mut().filter(|_| !self.parts.is_empty()) {
            self.parts.narrow(change);
        }
    }

    /// Changed files at the paths, and those of parts that changed.
    fn files(&self, compared: &Comparison<'_>) -> Result<Vec<TreeChange>> {
        let Comparison { source, from, to, change, .. } = compared;
        let all = diff::trees(*source, from.files, to.files)?;
        if self.parts.is_empty() {
            return Ok(diff::find_renames(self.paths.keep(all)));
        }
        let mut files = self.parts.files(*source, [from.state, to.state])?;
        if change.as_ref().is_some_and(StateChange::is_empty) {
            files.clear();
        }
        if !self.paths.is_all() {
            let at_paths = self.paths.keep(all.clone());
            files.extend(at_paths.into_iter().map(|change| change.path));
        }
        Ok(diff::find_renames(selection::keep_files(all, &files)))
    }

    fn print(&self, cx: &mut Context<'_>, change: &StateChange, whole: bool) -> Result<()> {
        match self.parts.is_empty() {
            true => print::print(cx.out, change, whole),
            false if change.is_empty() => Ok(()),
            false => print::lines(cx.out, report::brief(change)),
        }
    }

    /// True if there is nothing to say of files: the persona is a text.
    fn is_words_only(&self, files: &[TreeChange]) -> bool {
        !self.parts.is_empty() && files.is_empty()
    }
}

impl Diff {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        if self.is_of_platform(cx)? {
            return platform_diff::run(cx, &self.whom);
        }
        let most = if self.pushed { 1 } else { 2 };
        let Words { mut versions, paths, parts } =
            selection::split(cx, &self.words, &self.paths, most)?;
        if self.pushed {
            versions.insert(0, Revision::PUSHED);
        }
        let opened = self.whom.open_for(cx, &versions.iter().collect::<Vec<_>>())?;
        let filter = DiffFilter { paths: paths::filter(cx, &opened, &paths)?, parts };
        let mut sides = versions.iter().map(|revision| {
            let found = resolve::version(opened.store(), opened.theirs(), revision);
            found.map(DiffSide::of)
        });
        let from = match sides.next() {
            Some(side) => side?,
            None if opened.catalog()?.is_empty() => DiffSide::nothing(),
            None => {
                DiffSide::of(resolve::version(opened.store(), opened.theirs(), &Revision::Latest)?)
            }
        };
        match sides.next() {
            Some(to) => self.versions(cx, &opened, from, to?, &filter),
            None if !opened.is_project() => Err(Error::usage(
                "cannot compare with the project: `--remote` compares versions of a remote",
            )
            .hint("run `lua-store diff v1 v2 --remote URL` to compare two versions")),
            None if filter.is_compared() && from.is_agent() => {
                self.project(cx, &opened, from, &filter)
            }
            None => {
                filter.require_agents(&[&from])?;
                self.files(cx, &opened, from, &filter)
            }
        }
    }

    /// True for `diff platform`, unless a path has this name: what runs there is compared.
    fn is_of_platform(&self, cx: &Context<'_>) -> Result<bool> {
        let is_alone = !self.pushed && self.paths.is_empty();
        let named = is_alone && self.words == [platform_diff::PLATFORM];
        Ok(named && cx.directory()?.join(platform_diff::PLATFORM).symlink_metadata().is_err())
    }

    /// Two versions.
    fn versions(
        &self,
        cx: &mut Context<'_>,
        opened: &View,
        from: DiffSide,
        to: DiffSide,
        filter: &DiffFilter,
    ) -> Result<Exit> {
        let source = opened.store().objects();
        filter.require_agents(&[&from, &to])?;
        let is_compared = filter.is_compared() && from.is_agent() && to.is_agent();
        let change = is_compared
            .then(|| compare::between(source, from.state.as_ref(), to.state.as_ref()))
            .transpose()?;
        self.show(cx, Comparison { source, from, to, change, error: None }, filter)
    }

    /// The project as it would be pushed. Code that cannot be read leaves its files to compare.
    fn project(
        &self,
        cx: &mut Context<'_>,
        opened: &View,
        from: DiffSide,
        filter: &DiffFilter,
    ) -> Result<Exit> {
        let (staged, error) = stage::preview_files_at_least(&opened.project, Progress::default())?;
        let report = &staged.report;
        let to = DiffSide::project(Some(report.state), report.snapshot.tree);
        let mut change = None;
        if error.is_none() {
            let mut found =
                compare::between(&staged.objects, from.state.as_ref(), to.state.as_ref())?;
            found.add_rebundled(&report.items);
            change = Some(found);
        }
        self.show(cx, Comparison { source: &staged.objects, from, to, change, error }, filter)
    }

    /// The files of the project alone, which need no reading.
    fn files(
        &self,
        cx: &mut Context<'_>,
        opened: &View,
        from: DiffSide,
        filter: &DiffFilter,
    ) -> Result<Exit> {
        let (snapshot, source) = stage::preview_files(&opened.project, &Progress::default())?;
        let to = DiffSide::project(None, snapshot.tree);
        let compared = Comparison { source: &source, from, to, change: None, error: None };
        self.show(cx, compared, filter)
    }

    fn show(
        &self,
        cx: &mut Context<'_>,
        mut compared: Comparison<'_>,
        filter: &DiffFilter,
    ) -> Result<Exit> {
        filter.narrow(&mut compared);
        let files = filter.files(&compared)?;
        let Comparison { source, from, to, change, error } = &compared;
        let exit = if error.is_some() { Exit::Found } else { Exit::Done };
        if cx.out.is_json() {
            cx.out.json(&Answer {
                change: change.as_ref().map(ChangeView::new),
                from: &from.name,
                to: &to.name,
                files: FileChangeView::all(&files),
                unread: UnreadSides { from: from.unread(), to: to.unread() },
                error: error.as_ref().map(ErrorView::new),
            })?;
            return Ok(exit);
        }
        cx.page();
        // Without words the changed lines say what changed.
        let view = if change.is_some() { self.view } else { self.view.or_patch() };
        let is_equal = files.is_empty()
            && change.as_ref().is_none_or(|change| change.is_empty() && !change.has_rebundled());
        if view.in_words() {
            cx.out.line(format!("Diff {} → {}", from.name, to.name))?;
            if is_equal {
                cx.out.line("No differences.")?;
            } else if let Some(change) = change {
                filter.print(cx, change, view.patch())?;
                print::unread(cx.out, from.version.iter().chain(&to.version))?;
            }
        }
        if !(is_equal || filter.is_words_only(&files)) {
            print_section(cx, *source, &files, &view)?;
        }
        if let Some(error) = error {
            cx.out.error(error);
        }
        Ok(exit)
    }
}
