//! A disk that is full, or can only be read, from a disk step of a request on.

use super::calls::{Call, refusal};
use super::place::{Place, view};
use super::played::{Played, PlayedStory, for_each};

/// A request that is like none before it.
fn is_new_kind(calls: &[Played], call: &Call, _: usize) -> bool {
    call.method != "GET" && calls.iter().all(|played| played.call.shape() != call.shape())
}

struct DiskFault<'a> {
    before: &'a Place,
    number: usize,
    fault: &'static str,
    step: usize,
}

fn refused(played: &PlayedStory, DiskFault { before, number, fault, step }: &DiskFault<'_>) {
    let now = &played.calls[*number];
    let context = format!("{fault} from step {step}");
    let mut place = Place::copy_of(&before.data());
    let switch = place.switch();
    let plan = format!("{fault}={step},while={}", switch.display());
    let server = place.serve_with(&plan);
    let mut client = played.story.client.clone();
    let head = place.head();
    place.start_faults();
    let reply = client.send_named(&server, &now.call, Some(*number)).unwrap();
    place.stop_faults();
    if reply.status < 300 {
        now.is_answer(Some(reply), &context);
    } else {
        let (status, code, message) = refusal(&reply);
        assert_eq!((status, code.as_str()), (507, "DISK_FULL"), "{}: {message}", now.call.shown());
        assert!(message.contains("full or read-only: nothing was changed"), "{message}");
        let after = place.head();
        assert_eq!(after.heads, head.heads, "{}, {context}", now.call.shown());
        let seen = view(&client, &server, &after);
        assert_eq!(seen, played.view_before(*number), "{}, {context}", now.call.shown());
    }
    // The server looks at a disk that refused something at most every two seconds.
    server.wait_for("lua_store_disk_writable", 1);
    now.is_answer(client.send_named(&server, &now.call, Some(*number)), &context);
    assert_eq!(view(&client, &server, &place.head()), now.view, "{context}");
}

#[test]
fn a_full_disk_and_one_that_can_only_be_read_from_a_step_on() {
    let played = PlayedStory::new(is_new_kind);
    let mut faults = Vec::new();
    for (number, before) in &played.kept {
        let steps = played.calls[*number].steps;
        let at = |fault, step| DiskFault { before, number: *number, fault, step };
        faults.extend((1..=steps).step_by(2).map(|step| at("full", step)));
        faults.extend([9].iter().filter(|step| **step <= steps).map(|step| at("readonly", *step)));
    }
    assert!(faults.len() > 80, "{} faults", faults.len());
    for_each(&faults, |fault| refused(&played, fault));
}
