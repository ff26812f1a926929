//! A proxy between a client and its server that takes only small bodies.

use super::dying::noise;
use super::published;
use super::served::{AGENT, aim, assert_same, heads, serve};
use crate::common::narrow::{MOST, Narrow};
use crate::common::stub::Stub;
use serde_json::json;

#[test]
fn a_large_push_goes_in_pieces_through_a_proxy_that_takes_1_mb() {
    let mut project = published();
    project.write("picture.bin", noise(2_500_000));
    let server = serve(&mut project, "");
    let proxy = Narrow::before(server.url.strip_prefix("http://").unwrap().parse().unwrap());
    aim(&project, &proxy.url);
    project.ok("push");
    assert_same(&project);
    assert_eq!(heads(&project.root()).source.len(), 2);
    let requests = proxy.requests();
    let patches = requests.iter().filter(|(method, ..)| method == "PATCH");
    let (patches, sent): (Vec<usize>, Vec<usize>) =
        patches.map(|(_, length, came)| (*length, *came)).unzip();
    // One is refused before anything of it is sent; the bytes come in three pieces, each once, and nothing is asked in
    // between.
    assert_eq!((sent[0], &sent[1..]), (0, &patches[1..]), "{requests:?}");
    assert_eq!(patches.len(), 4, "{requests:?}");
    assert_eq!(patches[1..3], [MOST, MOST], "{requests:?}");
    assert_eq!(patches[1..].iter().sum::<usize>(), patches[0], "{requests:?}");
    assert_eq!(requests.iter().filter(|(method, ..)| method == "HEAD").count(), 1, "{requests:?}");
}

#[test]
fn a_pack_that_the_server_finds_too_large_is_an_error_at_once() {
    let project = published();
    project.write("note.md", "a note\n");
    let refs = json!({"agent": AGENT, "source": [], "versions": [], "active": null}).to_string();
    let said =
        json!({"error": {"kind": "usage", "message": "the pack is too large: at most 3 bytes"}});
    let said = said.to_string();
    let stub = Stub::with_answers(move |request| match request.split(' ').next() {
        Some("GET") => (200, refs.clone()),
        _ => (413, said.clone()),
    });
    aim(&project, &stub.url);
    let outcome = project.run("push");
    assert_eq!(outcome.code, 2, "{outcome}");
    assert!(outcome.stderr.contains("the pack is too large: at most 3 bytes"), "{outcome}");
    let patches = stub.requests().iter().filter(|request| request.starts_with("PATCH ")).count();
    assert_eq!(patches, 1);
}
