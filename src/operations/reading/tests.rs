//! Changes of a project between its two reads.

use super::*;
use crate::progress::Progress;
use crate::store::Store;

#[test]
fn a_project_that_does_not_come_to_rest_is_unavailable() {
    let directory = tempfile::tempdir().unwrap();
    Store::init(&directory.path().join(".lua")).unwrap();
    let project = Project::open(directory.path()).unwrap();
    let mut taken = 0;
    let restless = |tracked: &Tracked| {
        taken += 1;
        let mut snapshot = project.preview(tracked, &Progress::default())?.0;
        snapshot.tree = Id::of_blob(&[taken]);
        Ok(snapshot)
    };
    let (scope, progress) = (PushScope::All, Progress::default());
    let request = PushRequest { scope, ..PushRequest::all(progress) };
    #[allow(clippy::disallowed_methods, reason = "a test writes the project of its own")]
    std::fs::write(directory.path().join("index.ts"), "new LuaAgent({ name: 'a' });").unwrap();
    let error = read(&project, &request, None, restless).err().unwrap();
    assert_eq!((error.kind(), error.kind().exit_code()), (Kind::Unavailable, 11), "{error}");
    assert_eq!(error.message(), "the project keeps changing while it is read");
    assert_eq!(taken, 10);
}

/// The second look finds another file than the one that the agent was read from: both are taken once more.
#[test]
fn a_file_that_changes_after_it_was_read_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    Store::init(&directory.path().join(".lua")).unwrap();
    let project = Project::open(directory.path()).unwrap();
    #[allow(clippy::disallowed_methods, reason = "a test writes the project of its own")]
    let save = |name: &str| {
        let text =
            format!("import {{ LuaAgent }} from 'lua-cli';\nnew LuaAgent({{ name: '{name}' }});\n");
        std::fs::write(directory.path().join("index.ts"), &text).unwrap();
        Id::of_blob(text.as_bytes())
    };
    save("old");
    let (mut looks, mut saved) = (0, None);
    let look = |tracked: &Tracked| {
        looks += 1;
        if looks == 2 {
            saved = Some(save("new"));
        }
        Ok(project.preview(tracked, &Progress::default())?.0)
    };
    let settled = read(&project, &PushRequest::all(Progress::default()), None, look).unwrap();
    assert_eq!(settled.agent.unwrap().name, "new");
    let view = project.preview(&Tracked::default(), &Progress::default()).unwrap();
    assert_eq!((settled.snapshot.tree, looks), (view.0.tree, 4));
    assert!(saved.is_some());
}
