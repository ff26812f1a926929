//! A network that cuts, holds back and repeats: with the usual patience every command succeeds, has one
//! effect, and sends or gets again little of what arrived.

use super::dying::noise;
use super::served::{AGENT, aim, assert_same, copy, for_each, head, heads, serve};
use super::{published, shared};
use crate::common::Project;
use crate::common::proxy::{Fault, Proxy};
use crate::common::server::{Server, data};
use crate::common::shop::edit;

/// Size of one piece that the server takes, with some room: so much may have to be sent again.
const AGAIN: u64 = 600 << 10;

/// A server with a bad network before it, which is the project's remote.
fn behind(project: &mut Project) -> (Server, Proxy) {
    let server = serve(project, "");
    let proxy = Proxy::before(server.url.strip_prefix("http://").unwrap().parse().unwrap());
    aim(project, &proxy.url());
    (server, proxy)
}

/// Something to push, small or large.
fn changed(bytes: usize) -> Project {
    let project = published();
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.write("picture.bin", noise(bytes));
    project
}

/// Bytes up and down of a push that nothing disturbs.
fn undisturbed(of: &Project) -> (u64, u64) {
    let mut project = copy(of);
    let (_server, proxy) = behind(&mut project);
    project.ok("push");
    let (up, down, connections) = proxy.traffic();
    assert!(connections <= 3, "{connections}");
    (up, down)
}

fn pushed(of: &Project, faults: &[Fault]) -> (u64, u64) {
    let mut project = copy(of);
    let (_server, proxy) = behind(&mut project);
    proxy.next(faults.iter().copied());
    let outcome = project.run("push");
    assert_eq!(outcome.code, 0, "{faults:?}: {outcome}");
    assert_same(&project);
    assert_eq!(heads(&project.root()).source.len(), 2, "{faults:?}");
    let (up, down, _) = proxy.traffic();
    (up, down)
}

fn parts(whole: u64, count: u64) -> impl Iterator<Item = usize> {
    (1..=count).map(move |part| usize::try_from(whole * part / count).unwrap())
}

#[test]
fn a_push_that_is_cut_anywhere() {
    let project = changed(1000);
    let (up, down) = undisturbed(&project);
    for_each(parts(up, 12), |cut| {
        pushed(&project, &[Fault::CutUp(cut as u64)]);
    });
    for_each(parts(down, 8), |cut| {
        pushed(&project, &[Fault::CutDown(cut as u64)]);
    });
    // The first connections are all cut, each a little later.
    pushed(
        &project,
        &[Fault::CutUp(40), Fault::CutDown(40), Fault::CutUp(up / 2), Fault::Delay(5)],
    );
}

#[test]
fn a_large_push_goes_on_where_it_was_cut() {
    let project = changed(3 << 20);
    let (up, _) = undisturbed(&project);
    for_each(parts(up, 4), |cut| {
        // Bytes that a slow server had not read yet have to be sent again, however many they are.
        let (sent, _) = pushed(&project, &[Fault::CutUpRead(cut as u64)]);
        assert!(sent <= up + AGAIN, "cut at {cut} of {up}: {sent} bytes were sent");
    });
}

#[test]
fn slow_and_repeated_requests_have_one_effect() {
    let project = changed(1000);
    pushed(&project, &[Fault::Delay(20); 4]);
    let mut project = copy(&project);
    let (server, proxy) = behind(&mut project);
    let done = |server: &Server| server.metric("lua_store_transactions_total{outcome=\"done\"}");
    proxy.next([Fault::Twice; 8]);
    project.ok("push");
    // The request arrives at the server a second time.
    server.wait_for("lua_store_transactions_total{outcome=\"done\"}", 2);
    assert_same(&project);
    project.ok("version create -m second");
    proxy.next([Fault::Twice; 8]);
    project.ok("version promote 2");
    server.wait_for("lua_store_transactions_total{outcome=\"done\"}", 4);
    assert_same(&project);
    assert_eq!(head(&data(&project)).heads.source.len(), 2);
    assert_eq!(project.list("log --ledger").as_array().unwrap().len(), 2);
    assert_eq!(done(&server), 4);
}

/// A push of somebody else, a client that lacks it, and the server.
fn news(bytes: usize) -> (Project, Project) {
    let ana = shared();
    ana.ok("push");
    let ben = copy(&ana);
    edit(&ana, "src/index.ts", "You help customers shop.", "You help.");
    ana.write("picture.bin", noise(bytes));
    ana.ok("push");
    (ana, ben)
}

/// Pulls through a bad network; gives the bytes that came.
fn pulled(ana: &Project, ben: &Project, faults: &[Fault]) -> u64 {
    let (mut served, ben) = (copy(ana), copy(ben));
    let (_server, proxy) = behind(&mut served);
    aim(&ben, &proxy.url());
    proxy.next(faults.iter().copied());
    let outcome = ben.run("pull");
    assert_eq!(outcome.code, 0, "{faults:?}: {outcome}");
    crate::common::faults::assert_clean(&ben.root());
    assert_eq!(heads(&ben.root()), heads(&ana.root()));
    assert_eq!(
        std::fs::read(ben.path("picture.bin")).unwrap(),
        std::fs::read(ana.path("picture.bin")).unwrap()
    );
    proxy.traffic().1
}

#[test]
fn a_pull_that_is_cut_anywhere() {
    let (ana, ben) = news(1000);
    let down = pulled(&ana, &ben, &[Fault::Delay(5), Fault::Twice]);
    for_each(parts(down, 10), |cut| {
        pulled(&ana, &ben, &[Fault::CutDown(cut as u64), Fault::CutDown(100)]);
    });
    for_each([1, 60, 200, 300], |cut| {
        pulled(&ana, &ben, &[Fault::CutUp(cut as u64)]);
    });
}

#[test]
fn a_large_pull_goes_on_where_it_was_cut() {
    let (ana, ben) = news(3 << 20);
    let down = pulled(&ana, &ben, &[]);
    for_each(parts(down, 4), |cut| {
        let got = pulled(&ana, &ben, &[Fault::CutDown(cut as u64)]);
        assert!(got <= down + AGAIN, "cut at {cut} of {down}: {got} bytes were sent");
    });
}

#[test]
fn a_pull_that_gave_up_goes_on_when_it_is_run_again() {
    let (mut ana, mut ben) = news(3 << 20);
    let (_server, proxy) = behind(&mut ana);
    aim(&ben, &proxy.url());
    ben.set("LUA_STORE_TRIES", "1");
    let before = heads(&ben.root());
    proxy.next([Fault::CutDown(2 << 20)]);
    let cut = ben.run("pull");
    assert_eq!(cut.code, 11, "{cut}");
    assert_eq!(heads(&ben.root()), before);
    let (_, first, _) = proxy.traffic();
    ben.ok("pull");
    let (_, second, _) = proxy.traffic();
    assert!(first + second < (3 << 20) + AGAIN, "{first} and {second} bytes came from {AGENT}");
    assert_eq!(heads(&ben.root()), heads(&ana.root()));
}
