//! Calls in IP packets that were cut on their way.
use std::time::Duration;

use super::captures::ipv6_of;
use super::*;
use crate::verbs::trunk::capture::Passed;
use crate::verbs::trunk::fragments::{Fragments, PACKETS_MAX, Part};

/// What an IPv4 packet of this id carries, in parts of so many bytes.
pub(super) fn of_ipv4(id: u8, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
    let chunks = payload.chunks(size).enumerate();
    let parts = chunks.map(|(n, chunk)| {
        let at = n * size;
        let more = at + chunk.len() < payload.len();
        let place = (at / 8) as u16 | if more { 0x2000 } else { 0 };
        let mut packet = ipv4(CARRIER, 17, place, chunk);
        packet[5] = id;
        packet
    });
    parts.collect()
}

/// The same of IPv6, with destination options in front of the datagram, where they are cut as well.
fn of_ipv6(id: u8, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
    let payload = [[17, 0, 1, 4, 0, 0, 0, 0].as_slice(), payload].concat();
    let chunks = payload.chunks(size).enumerate();
    let parts = chunks.map(|(n, chunk)| {
        let at = n * size;
        let more = at + chunk.len() < payload.len();
        let [high, low] = (at as u16 | u16::from(more)).to_be_bytes();
        // Only the first part must say what it is (RFC 8200 §4.5).
        let kind = if at == 0 { 60 } else { 17 };
        let header = [kind, 0, high, low, 0, 0, 0, id];
        ipv6_of(44, &[header.as_slice(), chunk].concat())
    });
    parts.collect()
}

fn captured_of(packets: &[Vec<u8>]) -> Capture {
    let framed: Vec<Vec<u8>> = packets.iter().map(|ip| LITTLE.packet(ip)).collect();
    captured(&LITTLE.file(&framed))
}

fn fragments(capture: &Capture) -> usize {
    assert!(capture.passed.keys().all(|why| *why == Passed::Fragment));
    capture.passed.values().sum()
}

/// Three calls whose parts come in any order, mixed with each other's, some twice.
#[test]
fn calls_are_put_together_however_their_parts_come() {
    let calls = carrier_of_logins();
    for (size, turn) in [(8, 0), (64, 3), (200, 2), (296, 1)] {
        for cut in [of_ipv4, of_ipv6] {
            let each = calls.iter().zip(1..).map(|(call, id)| {
                let mut parts = cut(id, &udp(call.as_bytes()), size);
                let length = parts.len();
                parts.rotate_left(turn % length);
                parts.insert(1, parts[0].clone());
                parts
            });
            let each: Vec<_> = each.collect();
            let longest = each.iter().map(Vec::len).max().unwrap();
            let mixed = (0..longest).flat_map(|n| each.iter().filter_map(move |it| it.get(n)));
            let capture = captured_of(&mixed.cloned().collect::<Vec<_>>());
            let mut found: Vec<&[u8]> = capture.messages.iter().map(|it| &*it.bytes).collect();
            found.sort_unstable();
            let wanted: Vec<&[u8]> = calls.iter().map(String::as_bytes).collect();
            assert_eq!(found, wanted, "{size}");
        }
    }
}

/// What is short of a part is no message; a lone whole part is none.
#[test]
fn parts_that_lack_others_are_counted() {
    let call = &carrier_of_logins()[0];
    let whole = of_ipv4(1, &udp(call.as_bytes()), 200);
    assert!(whole.len() > 2);
    for lost in 0..whole.len() {
        let mut parts = whole.clone();
        parts.remove(lost);
        let capture = captured_of(&parts);
        assert_eq!(
            (capture.messages.len(), fragments(&capture)),
            (0, parts.len())
        );
    }
    let atomic = of_ipv6(1, &udp(call.as_bytes()), 4096);
    assert_eq!((atomic.len(), captured_of(&atomic).messages.len()), (1, 1));
}

/// An id comes again before its packet was whole: what is left of the first is given up, the second is read.
#[test]
fn an_id_that_comes_again_begins_anew() {
    let [first, second, _] = carrier_of_logins().try_into().expect("three calls");
    let mut parts = of_ipv4(1, &udp(first.as_bytes()), 200);
    let lost = parts.len() - 1;
    parts.truncate(lost);
    parts.extend(of_ipv4(1, &udp(second.as_bytes()), 296));
    let capture = captured_of(&parts);
    let found: Vec<&[u8]> = capture.messages.iter().map(|it| &*it.bytes).collect();
    assert_eq!(found, [second.as_bytes()]);
    assert_eq!(fragments(&capture), lost);
}

/// A mirrored port shows everything twice: the second time is no second call, whether each part comes twice or all come again.
#[test]
fn doubled_packets_are_one_call() {
    let call = &carrier_of_logins()[0];
    for cut in [of_ipv4, of_ipv6] {
        let once = cut(1, &udp(call.as_bytes()), 200);
        let each = once.iter().flat_map(|part| [part.clone(), part.clone()]);
        for twice in [each.collect(), [once.clone(), once.clone()].concat()] {
            let capture = captured_of(&twice);
            assert_eq!((capture.messages.len(), fragments(&capture)), (1, 0));
        }
    }
}

/// Parts of these datagrams under one id, in this order: the number of the datagram, that of the part, the millisecond. What
/// is whole, and how many parts were lost.
fn under_one_id(datagrams: &[&[u8]], story: &[(usize, usize, u64)]) -> (Vec<Vec<u8>>, usize) {
    let ends = (CARRIER.into(), CARRIER.into());
    let (mut fragments, mut whole, mut lost) = (Fragments::default(), Vec::new(), 0);
    for &(datagram, nth, ms) in story {
        let bytes = datagrams[datagram];
        let chunk = bytes.chunks(8).nth(nth).expect("a part");
        let (at, last) = (nth * 8, nth * 8 + chunk.len() == bytes.len());
        let part = Part { id: 1, at, last };
        let taken = fragments.take(Some(Duration::from_millis(ms)), ends, (17, part), chunk);
        whole.extend(taken.whole.map(|(_, bytes)| bytes));
        lost += taken.given_up;
    }
    (whole, lost + fragments.left())
}

/// Of the next packet of an id a part may be the same as before: it is of that packet all the same, where no mirror can have
/// shown it again.
#[test]
fn an_id_that_comes_again_may_begin_with_what_it_ended_with() {
    let (first, second) = (
        b"INVITE 1the end.".as_slice(),
        b"INVITE 2the end.".as_slice(),
    );
    let story = [(0, 0, 0), (0, 1, 0), (1, 1, 5_000), (1, 0, 5_000)];
    let both = vec![first.to_vec(), second.to_vec()];
    assert_eq!(under_one_id(&[first, second], &story), (both, 0));
}

/// A mirrored port shows a part of one packet among those of the next, and a part of the next is lost: no third is made of both.
#[test]
fn no_packet_is_made_of_parts_of_two() {
    let (first, second) = (
        b"INVITE 1to tech.".as_slice(),
        b"INVITE 2to sale.".as_slice(),
    );
    let whole = |it: &[u8]| vec![it.to_vec()];
    for (story, expected) in [
        // Whole, its first part again, the end of the next.
        (
            vec![(0, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 2)],
            (whole(first), 1),
        ),
        (
            vec![(0, 0, 0), (0, 1, 0), (1, 0, 1), (0, 1, 2)],
            (whole(first), 1),
        ),
        // Never whole; the next begins, the mirror shows the first, the next goes on.
        (
            vec![(0, 0, 0), (1, 0, 1), (0, 0, 2), (1, 1, 3)],
            (whole(second), 1),
        ),
        // An hour later.
        (vec![(0, 0, 0), (1, 1, 3_600_000)], (vec![], 2)),
    ] {
        let told = under_one_id(&[first, second], &story);
        assert_eq!(told, expected, "{story:?}");
    }
}

/// The longest packet in the smallest parts, thrice: what each costs does not grow with how many there are.
#[test]
fn many_small_parts_cost_no_more_each() {
    let payload = vec![7; 65_528];
    let (count, ends) = (payload.len() / 8, (CARRIER.into(), CARRIER.into()));
    let (mut fragments, mut whole) = (Fragments::default(), 0);
    for _ in 0..3 {
        for (n, chunk) in payload.chunks(8).enumerate() {
            let (at, last) = (n * 8, n + 1 == count);
            let taken = fragments.take(None, ends, (17, Part { id: 1, at, last }), chunk);
            whole += usize::from(taken.whole.is_some());
        }
    }
    assert_eq!((whole, fragments.left()), (1, 0));
}

/// Overlaps, odd lengths, parts beyond the longest packet: no message is made of them.
#[test]
fn parts_that_cannot_be_make_no_packet() {
    let call = udp(carrier_of_logins()[0].as_bytes());
    let part = |at: usize, more: bool, bytes: &[u8]| {
        let place = (at / 8) as u16 | if more { 0x2000 } else { 0 };
        ipv4(CARRIER, 17, place, bytes)
    };
    let (head, tail) = call.split_at(200);
    for parts in [
        vec![part(0, true, &call[..208]), part(200, false, tail)],
        vec![part(200, false, tail), part(0, true, &call[..208])],
        vec![part(0, true, &call[..201]), part(200, false, tail)],
        vec![part(0, true, head), part(65_528, false, tail)],
        vec![
            part(200, false, tail),
            part(200, true, &tail[..8]),
            part(0, true, head),
        ],
        vec![part(0, true, head), part(200, false, &[])],
    ] {
        let count = parts.len();
        let framed: Vec<_> = parts.iter().map(|ip| LITTLE.packet(ip)).collect();
        let capture = captured(&LITTLE.file(&framed));
        assert!(capture.messages.is_empty());
        assert_eq!(capture.passed.values().sum::<usize>(), count);
    }
}

#[test]
fn packets_beyond_the_limit_make_room_for_the_newest() {
    let call = udp(carrier_of_logins()[0].as_bytes());
    let ids = 0..=u8::try_from(PACKETS_MAX).expect("a byte");
    let half = call.len().div_ceil(2).next_multiple_of(8);
    let cut: Vec<_> = ids.map(|id| of_ipv4(id, &call, half)).collect();
    let first = cut.iter().map(|parts| parts[0].clone());
    let last = cut.iter().rev().map(|parts| parts[1].clone());
    let capture = captured_of(&first.chain(last).collect::<Vec<_>>());
    assert_eq!(capture.messages.len(), PACKETS_MAX);
    // The first part that made room, and the last one that came for it.
    assert_eq!(fragments(&capture), 2);
}

/// A stream is put together of packets that were cut.
#[test]
fn a_segment_may_be_cut_too() {
    let call = &carrier_of_logins()[0];
    let mut parts = of_ipv4(1, &tcp(1, PSH, call.as_bytes()), 296);
    for part in &mut parts {
        part[9] = 6;
    }
    let capture = captured_of(&parts);
    assert_eq!(capture.messages.len(), 1);
    assert_eq!(capture.messages[0].bytes, call.as_bytes());
}
