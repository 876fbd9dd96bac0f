use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::waiting::SPARE_MAX;
use super::*;
use crate::endpoint::{Flow, Transport};
use crate::entropy::Entropy;

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn v4(last: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0xCB00_7100 + last))
}

fn from(address: IpAddr) -> Flow {
    Flow {
        transport: Transport::Udp,
        local: SocketAddr::from(([192, 0, 2, 1], 5060)),
        remote: SocketAddr::new(address, 5060),
        connection: 0,
    }
}

const NEW: &[u8] = b"INVITE sip:a SIP/2.0\r\nTo: <sip:a>\r\n\r\n";
const BYE: &[u8] = b"BYE sip:a SIP/2.0\r\nTo: <sip:a>;tag=1\r\n\r\n";

#[test]
fn a_glance_tells_what_a_message_is_for() {
    let seen: Vec<Kind> = [
        &b"SIP/2.0 200 OK\r\n\r\n"[..],
        BYE,
        b"ACK sip:a SIP/2.0\r\n\r\n",
        NEW,
        b"INVITE sip:a SIP/2.0\r\nFrom: a;tag=1\r\nTO : \"B\" <sip:b>;x=1;TAG=2\r\n\r\n",
        b"INVITE sip:a SIP/2.0\r\nt:<sip:b>;tag=2\r\n\r\n",
        // A tag in the display name or in the URI is none.
        b"INVITE sip:a SIP/2.0\r\nTo: \"a;tag=1\" <sip:b;tag=2>\r\n\r\n",
        b"INVITE sip:a SIP/2.0\r\nTopic: <sip:b>;tag=2\r\n\r\n",
        b"REGISTER sip:a SIP/2.0\r\nTo: <sip:b>;tag=2\r\n\r\n",
        b"NOTIFY sip:a SIP/2.0\r\nTo: <sip:b>;tag=2\r\n\r\n",
        b"\r\n\r\n",
        b"",
        b"\xff\xfe\x00",
    ]
    .into_iter()
    .map(peek)
    .collect();
    use Kind::{Invite, Other, Response, Within};
    let told = [
        Response, Within, Within, Invite, Within, Within, Invite, Invite, Other, Within, Other,
        Other, Other,
    ];
    assert_eq!(seen, told);
}

#[test]
fn one_who_floods_is_cut_to_its_rate_and_its_neighbours_are_heard() {
    let mut shield = Shield::new(Limits::default(), 7);
    let mut passed = 0;
    let mut heard = 0;
    for micros in (0..10_000_000).step_by(50) {
        let now = Duration::from_micros(micros);
        passed += u32::from(
            shield
                .judge(now, from(v4(66)), Source::Stranger, NEW, || false)
                .is_some(),
        );
        if micros % 1_000_000 == 0 {
            heard += u32::from(
                shield
                    .judge(now, from(v4(7)), Source::Stranger, NEW, || false)
                    .is_some(),
            );
        }
    }
    assert_eq!(passed, 200 + 50 * 10 - 1, "a burst, and then its rate");
    assert_eq!(heard, 10);
    assert_eq!(shield.refused().strangers, 200_000 - u64::from(passed));
}

#[test]
fn a_crowd_of_addresses_is_cut_to_the_rate_of_all_and_costs_neither_memory_nor_who_we_know() {
    let mut shield = Shield::new(Limits::default(), 7);
    let mut passed = 0;
    for packet in 0..200_000_u32 {
        let now = Duration::from_micros(u64::from(packet) * 50);
        passed += u32::from(
            shield
                .judge(now, from(v4(packet)), Source::Stranger, NEW, || false)
                .is_some(),
        );
        if packet % 40 == 0 {
            let trunk = shield.judge(
                now,
                from(IpAddr::from([10, 0, 0, 9])),
                Source::Trunk,
                NEW,
                || false,
            );
            assert_eq!(trunk, Some(Rank::Call));
            let phone = shield.judge(
                now,
                from(IpAddr::from([10, 9, 0, 9])),
                Source::Phone,
                NEW,
                || false,
            );
            assert_eq!(phone, Some(Rank::Rest));
        }
    }
    assert!((11_900..=12_000).contains(&passed), "{passed}");
}

#[test]
fn calls_beyond_what_a_trunk_may_send_are_told_and_only_so_many() {
    let mut shield = Shield::new(Limits::default(), 7);
    let carrier = from(v4(9));
    let (mut taken, mut told) = (0, 0);
    for micros in (0..2_000_000).step_by(20) {
        let now = Duration::from_micros(micros);
        if shield
            .judge(now, carrier, Source::Trunk, NEW, || false)
            .is_some()
        {
            taken += 1;
        } else {
            told += u32::from(shield.tells(now, Source::Trunk, NEW));
        }
    }
    assert!((39_900..=40_000).contains(&taken), "{taken}");
    assert!((12_400..=12_600).contains(&told), "{told}");
    let now = at(60_000);
    for (source, bytes) in [
        (Source::Stranger, NEW),
        (Source::Phone, NEW),
        (Source::Trunk, BYE),
        (Source::Trunk, &[NEW, &[b' '; TOLD_BYTES_MAX]].concat()),
    ] {
        assert!(!shield.tells(now, source, bytes), "{source:?}");
    }
}

#[test]
fn a_customer_with_a_whole_ipv6_network_is_one() {
    let mut shield = Shield::new(Limits::default(), 7);
    let address = |low: u64| {
        IpAddr::V6(Ipv6Addr::from_bits(
            (0x2001_0DB8_u128 << 96) | u128::from(low),
        ))
    };
    let passed = (0..1_000).filter(|&low| {
        shield
            .judge(at(0), from(address(low)), Source::Stranger, NEW, || false)
            .is_some()
    });
    assert_eq!(passed.count(), 200);
}

const REGISTER: &[u8] = b"REGISTER sip:a SIP/2.0\r\nTo: <sip:b>\r\n\r\n";

/// 20 000 a second from as many addresses, of every kind; once a second a phone that is not registered any more comes.
fn comes_in(phone: Flow, brings_nonce: bool) -> usize {
    let mut shield = Shield::new(Limits::default(), 7);
    let mut heard = 0;
    for packet in 0..200_000_u32 {
        let now = Duration::from_micros(u64::from(packet) * 50);
        let bytes = [REGISTER, NEW][packet as usize % 2];
        shield.judge(now, from(v4(packet)), Source::Stranger, bytes, || false);
        if packet % 20_000 == 19_999 {
            let rank = shield.judge(now, phone, Source::Stranger, REGISTER, || brings_nonce);
            heard += usize::from(rank.is_some());
        }
    }
    heard
}

#[test]
fn beside_a_flood_of_forged_addresses_a_phone_comes_in_over_a_connection_or_with_a_nonce_of_ours() {
    let over = |transport| Flow {
        transport,
        connection: 1,
        ..from(IpAddr::from([10, 9, 0, 9]))
    };
    for transport in [Transport::Tcp, Transport::Tls, Transport::Wss] {
        assert_eq!(comes_in(over(transport), false), 10, "{transport:?}");
    }
    assert_eq!(comes_in(over(Transport::Udp), true), 10);
    assert!(comes_in(over(Transport::Udp), false) < 10, "by luck alone");
}

#[test]
fn scanners_that_call_leave_the_way_of_registrations_free() {
    let mut shield = Shield::new(Limits::default(), 7);
    for packet in 0..20_000 {
        shield.judge(at(0), from(v4(packet)), Source::Stranger, NEW, || false);
    }
    let phone = from(IpAddr::from([10, 9, 0, 9]));
    let rank = shield.judge(at(0), phone, Source::Stranger, REGISTER, || false);
    assert_eq!(rank, Some(Rank::Stranger));
}

#[test]
fn connections_are_bounded_too_each_and_all_together() {
    let mut shield = Shield::new(Limits::default(), 7);
    let over = |last| Flow {
        transport: Transport::Tls,
        ..from(v4(last))
    };
    let mut passed = |flow: &dyn Fn(u32) -> Flow| {
        let passes = |&n: &u32| {
            let rank = shield.judge(at(0), flow(n), Source::Stranger, REGISTER, || true);
            rank.is_some()
        };
        (0..5_000).filter(passes).count()
    };
    assert_eq!(passed(&|_| over(1)), 200);
    assert_eq!(passed(&|n| over(2 + n)), 800, "what is left of all");
}

#[test]
fn a_phone_and_a_trunk_in_one_ipv6_network_do_not_use_up_each_others_share() {
    let mut shield = Shield::new(Limits::default(), 7);
    let host = |low: u128| {
        from(IpAddr::V6(Ipv6Addr::from_bits(
            (0x2001_0DB8_u128 << 96) | low,
        )))
    };
    // A second's worth of the trunk, and then some.
    for _ in 0..15_000 {
        let rank = shield.judge(at(0), host(1), Source::Trunk, NEW, || false);
        assert_eq!(rank, Some(Rank::Call));
    }
    let phone = shield.judge(at(0), host(2), Source::Phone, REGISTER, || false);
    assert_eq!(phone, Some(Rank::Rest));
}

#[test]
fn a_trunk_that_sends_too_many_new_calls_still_ends_its_talks() {
    let mut shield = Shield::new(Limits::default(), 7);
    let trunk = IpAddr::from([10, 0, 0, 9]);
    while shield
        .judge(at(0), from(trunk), Source::Trunk, NEW, || false)
        .is_some()
    {}
    assert_eq!(
        shield.judge(at(0), from(trunk), Source::Trunk, BYE, || false),
        Some(Rank::Talk)
    );
    let more = (0..).take_while(|_| {
        shield
            .judge(at(0), from(trunk), Source::Trunk, BYE, || false)
            .is_some()
    });
    assert_eq!(more.count(), 19_999, "but not without end");
}

#[test]
fn whoever_waits_longest_in_the_last_rank_waits_for_nothing_better() {
    let mut waiting = Waiting::default();
    let ranks = [
        Rank::Stranger,
        Rank::Rest,
        Rank::Call,
        Rank::Talk,
        Rank::Call,
    ];
    for (number, rank) in ranks.into_iter().enumerate() {
        waiting.push(at(1), rank, from(v4(1)), &[u8::try_from(number).unwrap()]);
    }
    let order: Vec<u8> = std::iter::from_fn(|| waiting.pop(at(1)))
        .map(|letter| letter.bytes[0])
        .collect();
    assert_eq!(order, [3, 2, 4, 1, 0]);
    assert!(waiting.is_empty());
}

#[test]
fn a_full_queue_gives_the_room_of_strangers_to_talks() {
    let mut waiting = Waiting::default();
    for _ in 0..WAITING_MAX + 10 {
        waiting.push(at(0), Rank::Stranger, from(v4(1)), NEW);
    }
    assert_eq!((waiting.len(), waiting.dropped()), (WAITING_MAX, 10));
    for _ in 0..WAITING_MAX {
        waiting.push(at(0), Rank::Talk, from(v4(2)), BYE);
    }
    waiting.push(at(0), Rank::Call, from(v4(2)), NEW);
    assert_eq!(waiting.len(), WAITING_MAX);
    assert!(std::iter::from_fn(|| waiting.pop(at(1))).all(|letter| letter.bytes == BYE));
    let huge = vec![0; WAITING_BYTES_MAX / 2 + 1];
    waiting.push(at(0), Rank::Call, from(v4(1)), &huge);
    waiting.push(at(0), Rank::Call, from(v4(1)), &huge);
    assert_eq!(waiting.len(), 1, "bytes count too");
}

#[test]
fn a_call_waits_once_however_often_it_is_repeated() {
    let mut waiting = Waiting::new(7);
    waiting.push(at(0), Rank::Call, from(v4(1)), NEW);
    assert!(waiting.holds(from(v4(1)), NEW));
    assert!(!waiting.holds(from(v4(2)), NEW), "somebody else's");
    assert!(!waiting.holds(from(v4(1)), BYE));
    waiting.pop(at(1));
    assert!(!waiting.holds(from(v4(1)), NEW), "its transaction knows it");
    for _ in 0..WAITING_MAX {
        waiting.push(at(1), Rank::Talk, from(v4(1)), BYE);
    }
    assert!(!waiting.push(at(1), Rank::Call, from(v4(1)), NEW).waits);
    assert!(!waiting.holds(from(v4(1)), NEW), "dropped");
}

#[test]
fn a_call_that_makes_room_is_handed_back_to_be_told() {
    let mut waiting = Waiting::new(7);
    for number in 0..WAITING_MAX {
        let call = format!("INVITE sip:{number} SIP/2.0\r\n");
        waiting.push(at(0), Rank::Call, from(v4(1)), call.as_bytes());
    }
    let last = format!("INVITE sip:{} SIP/2.0\r\n", WAITING_MAX - 1);
    let pushed = waiting.push(at(1), Rank::Talk, from(v4(2)), BYE);
    assert!(pushed.waits);
    let out: Vec<_> = pushed.out.iter().map(|it| it.bytes.as_slice()).collect();
    assert_eq!(out, [last.as_bytes()]);
    assert!(!waiting.holds(from(v4(1)), last.as_bytes()));
    let mut waiting = Waiting::new(7);
    for _ in 0..WAITING_MAX {
        waiting.push(at(0), Rank::Stranger, from(v4(1)), NEW);
    }
    assert!(
        waiting
            .push(at(1), Rank::Talk, from(v4(2)), BYE)
            .out
            .is_empty()
    );
}

#[test]
fn calls_within_the_rates_of_their_addresses_are_not_told_without_end() {
    let mut shield = Shield::new(Limits::default(), 7);
    let long = [NEW, &[b' '; TOLD_BYTES_MAX]].concat();
    assert!(!shield.turns_away(at(0), &long));
    let mut told = 0;
    for millis in 0..1_000 {
        for trunk in 0..9_u32 {
            for _ in 0..9 {
                let rank = shield.judge(at(millis), from(v4(trunk)), Source::Trunk, NEW, || false);
                assert_eq!(rank, Some(Rank::Call));
                told += u32::from(shield.turns_away(at(millis), NEW));
            }
        }
    }
    assert!((39_900..=40_000).contains(&told), "{told} of 81 000");
    assert_eq!(shield.refused().trunks, u64::from(81_001 - told));
}

/// A server in virtual time: one worker, the costs measured of the real one, ten times what it can do, talks beside.
struct Server {
    shield: Shield,
    waiting: Waiting,
    valve: Valve,
    /// CPU of a call that is turned away before it has waited: its INVITE, the 503 and the ACK. Microseconds.
    turn_away: u64,
    /// When the worker is free again. Microseconds.
    free_at: u64,
    served: u32,
    refused: u32,
    /// Longest wait of a message of a talk. Microseconds.
    talk_waited: u64,
    call_waited: u64,
}

/// CPU of a call that is taken and of a message in a talk. Microseconds.
const CALL: u64 = 1_000;
const IN_TALK: u64 = 50;
/// Messages in talks, a second.
const TALKS: u64 = 200;
/// What one that has waited in vain costs beyond [`Server::turn_away`]: its place in the queue.
const WAITED: u64 = 3;
/// Calls a second that the worker can do, were there nothing else.
const CAPACITY: u64 = 1_000_000 / CALL;

impl Server {
    fn new(turn_away: u64) -> Self {
        Self {
            turn_away,
            shield: Shield::new(Limits::default(), 7),
            waiting: Waiting::default(),
            valve: Valve::new(None),
            free_at: 0,
            served: 0,
            refused: 0,
            talk_waited: 0,
            call_waited: 0,
        }
    }

    fn arrive(&mut self, micros: u64, bytes: &[u8]) {
        self.work_until(micros);
        let (now, trunk) = (Duration::from_micros(micros), IpAddr::from([10, 0, 0, 9]));
        let rank = self
            .shield
            .judge(now, from(trunk), Source::Trunk, bytes, || false)
            .expect("within the trunk's rate");
        if rank == Rank::Call && self.waiting.place(now) != Place::InTime {
            self.refused += 1;
            self.free_at = self.free_at.max(micros) + self.turn_away;
            return;
        }
        assert!(self.waiting.push(now, rank, from(trunk), bytes).waits);
    }

    fn work_until(&mut self, micros: u64) {
        while self.free_at <= micros
            && let Some(letter) = self.waiting.pop(Duration::from_micros(self.free_at))
        {
            let since = u64::try_from(letter.since.as_micros()).unwrap();
            let begins = self.free_at.max(since);
            let now = Duration::from_micros(begins);
            let waited = begins - since;
            let cost = if letter.bytes == BYE {
                self.talk_waited = self.talk_waited.max(waited);
                IN_TALK
            } else {
                self.valve.press(Pressure {
                    waited: at(waited / 1_000),
                    brief_free: false,
                });
                self.call_waited = self.call_waited.max(waited);
                match self.valve.admit(now) {
                    Admission::Refused => {
                        self.refused += 1;
                        self.turn_away + WAITED
                    }
                    _ => {
                        self.served += 1;
                        CALL
                    }
                }
            };
            self.free_at = begins + cost;
        }
    }
}

/// Whatever it costs to turn a call away, nothing but that and the talks is taken from those who are served. Of ten times
/// the capacity nine tenths of it are so as long as one costs no more than a hundredth of a call: `cargo bench -p gudok-sip
/// --bench refusals` gives our part of it, and three datagrams are the kernel's.
#[test]
fn at_ten_times_the_capacity_only_the_turning_away_is_missing_talks_go_first_and_the_press_is_over_at_once()
 {
    for turn_away in [2, 5, CALL / 100, 17, 23] {
        let served = under_ten_times_the_capacity(turn_away);
        let spent = 9 * CAPACITY * turn_away + TALKS * IN_TALK;
        let possible = (1_000_000 - spent) * 10 / CALL;
        assert!(
            served * 100 >= possible * 97,
            "{turn_away} µs: {served} of {possible}"
        );
        assert!(
            turn_away >= CALL / 100 || served >= 9 * CAPACITY,
            "{turn_away} µs: {served}"
        );
    }
}

/// How many are served in ten seconds.
fn under_ten_times_the_capacity(turn_away: u64) -> u64 {
    let mut server = Server::new(turn_away);
    let mut dice = Entropy::new([9; 32]);
    let (mut next_call, mut next_bye, mut calls) = (0, 0, 0);
    let press = 10_000_000;
    while next_call < press {
        if next_bye < next_call {
            server.arrive(next_bye, BYE);
            next_bye += 2_000 + dice.below(2 * (1_000_000 / TALKS - 2_000));
            continue;
        }
        server.arrive(next_call, NEW);
        calls += 1;
        next_call += 1 + dice.below(2 * 1_000_000 / (10 * CAPACITY) - 1);
    }
    let served = u64::from(server.served);
    // For the call in hand, and for those that were turned away meanwhile.
    let longest = CALL + 30 * turn_away;
    assert!(server.talk_waited <= longest, "{} µs", server.talk_waited);
    let mut quiet = press;
    while !server.waiting.is_empty() {
        quiet += 1_000;
        server.work_until(quiet);
    }
    let after = quiet - press;
    assert!(after <= 1_000_000, "{after} µs until the queue is empty");
    let answered = server.served + server.refused;
    assert_eq!(answered, calls, "everybody got an answer");
    let longest = u64::try_from(LAG_MAX.as_micros()).expect("small") * 6 / 5;
    assert!(server.call_waited <= longest, "{} µs", server.call_waited);
    served
}

#[test]
fn as_many_calls_may_wait_as_were_served_of_late() {
    let mut waiting = Waiting::default();
    let put = |waiting: &mut Waiting, now, most| {
        for _ in 0..most {
            if waiting.place(now) != Place::InTime {
                break;
            }
            waiting.push(now, Rank::Call, from(v4(1)), NEW);
        }
        waiting.len()
    };
    assert_eq!(put(&mut waiting, at(0), 1_000), CALLS_LEAST, "at least");
    assert_eq!(waiting.place(at(0)), Place::Late);
    // Seven hundred are served in the span: so many may wait in the next one.
    for _ in 0..700 {
        waiting.push(at(1), Rank::Call, from(v4(1)), NEW);
        waiting.pop(at(1));
    }
    assert_eq!(put(&mut waiting, at(130), 1_000), 700);
    for _ in 0..700 {
        waiting.push(at(130), Rank::Call, from(v4(1)), NEW);
    }
    assert_eq!(waiting.place(at(130)), Place::None, "not even a few words");
    // Who has waited too long is turned away, and does not count as served.
    while waiting.pop(at(390)).is_some() {}
    assert_eq!(put(&mut waiting, at(520), 1_000), CALLS_LEAST);
    assert!(waiting.push_late(at(520), from(v4(1)), NEW).waits);
    let late =
        std::iter::from_fn(|| waiting.pop(at(520))).filter(|it| it.waited(at(520)) > LAG_MAX);
    assert_eq!(late.count(), 1);
}

#[test]
fn a_valve_with_a_rate_gives_the_rest_the_short_answer_while_there_is_room() {
    let mut valve = Valve::new(Some(Rate::new(10, 2)));
    let busy = Pressure {
        waited: at(0),
        brief_free: true,
    };
    valve.press(busy);
    let two: Vec<Admission> = (0..3).map(|_| valve.admit(at(0))).collect();
    assert_eq!(two, [Admission::Whole, Admission::Whole, Admission::Brief]);
    valve.press(Pressure {
        brief_free: false,
        ..busy
    });
    assert_eq!(valve.admit(at(0)), Admission::Refused);
    assert_eq!(valve.admit(at(100)), Admission::Whole);
    valve.press(Pressure {
        waited: LAG_MAX + at(1),
        brief_free: true,
    });
    assert_eq!(
        valve.admit(at(60_000)),
        Admission::Brief,
        "late: short, whatever the rate"
    );
}

#[test]
fn refused_callers_come_again_at_different_times() {
    let mut dice = Entropy::new([1; 32]);
    let mut times: Vec<u64> = (0..1_000)
        .map(|_| Valve::retry_after(dice.draw()))
        .collect();
    times.sort_unstable();
    times.dedup();
    assert_eq!(times, (5..=30).collect::<Vec<u64>>());
}

#[test]
fn what_was_served_is_written_over_and_never_read_again() {
    let mut waiting = Waiting::default();
    let long = [b'x'; 900];
    waiting.push(at(0), Rank::Talk, from(v4(1)), &long);
    let served = waiting.pop(at(1)).expect("it waits");
    let place = served.bytes.as_ptr();
    waiting.give_back(served);
    waiting.push(at(1), Rank::Talk, from(v4(1)), BYE);
    let next = waiting.pop(at(1)).expect("it waits");
    assert_eq!((next.bytes.as_slice(), next.bytes.as_ptr()), (BYE, place));
    // What is kept of a crowd is bounded, and nothing of one that was huge is.
    let crowd = 2 * SPARE_MAX;
    for _ in 0..crowd {
        waiting.push(at(1), Rank::Talk, from(v4(1)), &long);
    }
    let served: Vec<Letter> = std::iter::from_fn(|| waiting.pop(at(1))).collect();
    served
        .into_iter()
        .for_each(|letter| waiting.give_back(letter));
    assert_eq!(waiting.spare(), SPARE_MAX);
    let huge = vec![b'x'; 60_000];
    waiting.push(at(1), Rank::Talk, from(v4(1)), &huge);
    let served = waiting.pop(at(1)).expect("it waits");
    waiting.give_back(served);
    assert_eq!(waiting.spare(), SPARE_MAX - 1);
}
