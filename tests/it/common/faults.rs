//! Looking at a store that something happened to, without a process for each look.

use lua_store::internals::history::project::Project;
use lua_store::internals::history::verify::Walk;
use lua_store::internals::progress::Progress;
use std::path::Path;

/// Everything that `fsck` checks, checked.
pub fn assert_clean(root: &Path) {
    let project = Project::open(root).unwrap();
    let checked = project.store().objects().check(&Progress::default()).unwrap();
    assert!(checked.damage.is_empty(), "{:?}", checked.damage);
    let survey = project.store().refs().check();
    assert!(survey.problems.is_empty(), "{:?}", survey.problems);
    let walked = Walk::all(&project, &survey.refs, &checked.graph);
    assert!(walked.is_empty(), "{walked:?}");
}
