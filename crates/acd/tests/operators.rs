//! The rows of table 5.2 that are in scope, one story each.
mod script;

use script::run;

/// Login: a seat, not ready; readiness is a person's word. Ready twice changes nothing.
#[test]
fn login_is_never_ready() {
    insta::assert_snapshot!(run("
        0 login 7
        5 ready 7
        6 ready 7
        10 not_ready 7 lunch
        20 logout 7
        21 ready 7
        22 ready 5
    "), @r"
     0 7: logged_out → not_ready(login)
     5 7: not_ready(login) → ready
    10 7: ready → not_ready(lunch)
    20 7: not_ready(lunch) → logged_out
    21 7: not_ready(login) → ready
    22 refused: unknown_operator
    ");
}

/// I6: whoever makes ready is known, stays known while nothing changes, and no policy but one may.
#[test]
fn nobody_is_ready_without_an_actor() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 misses=1
        0 login 7
        1 by 7
        2 readied 7 policy:rona
        3 readied 7 operator:8
        4 readied 7 supervisor:9
        5 ready 7
        6 by 7
        10 queued 1
        11 ringing 1#1
        40 by 7
        41 readied 7 policy:phone_only
        42 by 7
        43 not_ready 7 lunch admin:root
        44 by 7
        45 logout 7
        46 by 7
    "), @r"
     0 7: logged_out → not_ready(login)
     1 7 is not_ready by policy login
     2 refused: not_allowed (not_ready)
     3 refused: not_allowed (not_ready)
     4 7: not_ready(login) → ready
     6 7 is ready by supervisor 9
    10 offer 1#1 to 7, try 1, until 30: longest_idle, first_in_queue
    10 7: ready → reserved
    11 7: reserved → ringing
    30 closed 1#1 at 7: NoAnswer
    30 7: ringing → not_ready(rona)
    40 7 is not_ready by policy rona
    41 offer 1#2 to 7, try 2, until 61: last_resort, first_in_queue
    41 7: not_ready(rona) → reserved
    42 7 is reserved by policy phone_only
    43 7: reserved → reserved, then lunch
    44 7 is reserved by policy phone_only
    45 7: reserved, then lunch → reserved, then logged_out
    46 7 is reserved by policy phone_only
    ");
}

/// A wish has an actor too: it is theirs when it comes true.
#[test]
fn a_wish_comes_true_as_theirs_who_had_it() {
    insta::assert_snapshot!(run("
        0 ready 7
        1 queued 1
        2 answer 1#1
        3 not_ready 7 meeting supervisor:9
        10 ended 7 1
        50 by 7
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 won 1#1 by 7
     2 7: reserved → talking
     3 7: talking → talking, then meeting
    10 closed 1#1 at 7: BridgedEnded
    10 7: talking, then meeting → wrap_up, then meeting
    40 wrap-up of 1 by 7 took 30s
    40 7: wrap_up, then meeting → not_ready(meeting)
    50 7 is not_ready by supervisor 9
    ");
}

/// A new session takes the seat over and is not ready; the old session is told and its late words count for nothing.
#[test]
fn another_session_takes_the_seat() {
    insta::assert_snapshot!(run("
        0 login 7
        1 ready 7
        10 login 7
        11 ready 7
        12 desk 7 down session=1
        13 desk 7 down
    "), @r"
     0 7: logged_out → not_ready(login)
     1 7: not_ready(login) → ready
    10 session 1 of 7 is over
    10 7: ready → not_ready(login)
    11 7: not_ready(login) → ready
    12 refused: stale_session (ready)
    13 7: ready → device_down
    ");
}

/// Found by the property test of the sketch: a desk that reconnects and says ready again while talking.
#[test]
fn ready_again_while_talking_is_not_a_second_call() {
    insta::assert_snapshot!(run("
        0 queued 1
        1 ready 7
        2 answer 1#1
        3 ready 7
        4 queued 2
        10 end
    "), @r"
    0 alarm queue_without_operators
    1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
    1 7: not_ready(login) → reserved
    2 won 1#1 by 7
    2 7: reserved → talking
    ");
}

/// Ready and not ready while busy are wishes for afterwards; the last word counts; wrap-up goes on.
#[test]
fn a_wish_while_busy_waits() {
    insta::assert_snapshot!(run("
        0 ready 7
        1 queued 1
        2 answer 1#1
        3 not_ready 7 lunch
        4 not_ready 7 training
        10 ended 7 1
        11 ready 7
        12 not_ready 7 lunch
        60 end
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 won 1#1 by 7
     2 7: reserved → talking
     3 7: talking → talking, then lunch
     4 7: talking, then lunch → talking, then training
    10 closed 1#1 at 7: BridgedEnded
    10 7: talking, then training → wrap_up, then training
    11 7: wrap_up, then training → wrap_up
    12 7: wrap_up → wrap_up, then lunch
    40 wrap-up of 1 by 7 took 30s
    40 7: wrap_up, then lunch → not_ready(lunch)
    ");
}

/// Logout during a talk happens after the wrap-up; no call comes in between.
#[test]
fn logout_while_busy_is_pending() {
    insta::assert_snapshot!(run("
        0 ready 7
        1 queued 1
        2 answer 1#1
        3 logout 7
        4 queued 2 wait=30
        10 ended 7 1
        50 end
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 won 1#1 by 7
     2 7: reserved → talking
     3 7: talking → talking, then logged_out
    10 closed 1#1 at 7: BridgedEnded
    10 7: talking, then logged_out → wrap_up, then logged_out
    34 2 leaves: TimedOut
    40 wrap-up of 1 by 7 took 30s
    40 7: wrap_up, then logged_out → logged_out
    ");
}

/// The whole life of a call at one operator.
#[test]
fn reserved_rings_talks_wraps_up() {
    insta::assert_snapshot!(run("
        0 ready 7
        5 queued 1
        6 ringing 1#1
        7 ringing 1#1
        9 answer 1#1
        20 hold 7
        30 resume 7
        40 ended 7 1
        80 end
    "), @r"
     0 7: not_ready(login) → ready
     5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue
     5 7: ready → reserved
     6 7: reserved → ringing
     9 won 1#1 by 7
     9 7: ringing → talking
    20 7: talking → hold
    30 7: hold → talking
    40 closed 1#1 at 7: BridgedEnded
    40 7: talking → wrap_up
    70 wrap-up of 1 by 7 took 30s
    70 7: wrap_up → ready
    ");
}

/// Rejected: pause, and not the same call at once; when nobody else is there the call comes again after the pause.
#[test]
fn a_refusal_costs_a_pause() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 cooldown=5
        0 ready 7
        1 queued 1
        2 reject 1#1
        3 explain 1
        20 end
    "), @r"
    0 7: not_ready(login) → ready
    1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
    1 7: ready → reserved
    2 closed 1#1 at 7: Rejected
    2 7: reserved → ready
    3 1 not to 7: пауза после отказа от звонка (cooldown)
    3 1 not to 8: не на рабочем месте (logged_out)
    7 offer 1#2 to 7, try 2, until 27: last_resort, first_in_queue
    7 7: ready → reserved
    ");
}

/// RONA: after two misses in a row the operator is not ready; an answer in between forgives.
#[test]
fn misses_in_a_row_end_in_not_ready() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 ring=10 wrap=0 misses=2
        0 ready 7
        1 queued 1
        2 ringing 1#1
        12 ringing 1#2
        13 answer 1#2
        20 ended 7 1
        30 queued 2
        31 ringing 2#1
        41 ringing 2#2
        60 ready 7
        65 gone 2
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 11: longest_idle, first_in_queue
     1 7: ready → reserved
     2 7: reserved → ringing
    11 closed 1#1 at 7: NoAnswer
    11 offer 1#2 to 7, try 2, until 21: last_resort, first_in_queue
    11 7: ringing → reserved
    12 7: reserved → ringing
    13 won 1#2 by 7
    13 7: ringing → talking
    20 closed 1#2 at 7: BridgedEnded
    20 wrap-up of 1 by 7 took 0s
    20 7: talking → ready
    30 offer 2#1 to 7, try 1, until 40: longest_idle, first_in_queue
    30 7: ready → reserved
    31 7: reserved → ringing
    40 closed 2#1 at 7: NoAnswer
    40 offer 2#2 to 7, try 2, until 50: last_resort, first_in_queue
    40 7: ringing → reserved
    41 7: reserved → ringing
    50 closed 2#2 at 7: NoAnswer
    50 7: ringing → not_ready(rona)
    60 offer 2#3 to 7, try 3, until 70: last_resort, first_in_queue
    60 7: not_ready(rona) → reserved
    65 closed 2#3 at 7: CallerGone
    65 7: reserved → ready
    ");
}

/// The lease ends without ringing: the phone's fault, not the person's; it is trusted again later.
#[test]
fn a_phone_that_never_rang_is_not_a_miss() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 ring=20 misses=1
        0 ready 7
        1 ready 8
        2 queued 1
        20 end
        26 answer 1#2
        70 end
    "), @r"
     0 7: not_ready(login) → ready
     1 8: not_ready(login) → ready
     2 offer 1#1 to 7, try 1, until 22: longest_idle, first_in_queue
     2 7: ready → reserved
    25 closed 1#1 at 7: Expired
    25 alarm offer_expired
    25 offer 1#2 to 8, try 2, until 45: longest_idle, first_in_queue
    25 7: reserved → device_down
    25 8: ready → reserved
    26 won 1#2 by 8
    26 8: reserved → talking
    60 7: device_down → ready
    ");
}

/// Caller gone while ringing: no penalty, place in the line kept.
#[test]
fn a_lost_offer_leaves_no_trace() {
    insta::assert_snapshot!(run("
        0 ready 7
        1 ready 8
        5 queued 1
        6 ringing 1#1
        8 gone 1
        9 queued 2
        10 end
    "), @r"
    0 7: not_ready(login) → ready
    1 8: not_ready(login) → ready
    5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue
    5 7: ready → reserved
    6 7: reserved → ringing
    8 closed 1#1 at 7: CallerGone
    8 7: ringing → ready
    9 offer 2#1 to 7, try 1, until 29: longest_idle, first_in_queue
    9 7: ready → reserved
    ");
}

/// Device failure: the call moves on at once, the operator is shown as down, and up when the phone registers.
#[test]
fn a_phone_that_fails_is_not_the_operators_miss() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 misses=1
        0 ready 7
        1 ready 8
        2 queued 1
        3 device_failed 1#1
        10 phone 7 up
        11 end
    "), @r"
     0 7: not_ready(login) → ready
     1 8: not_ready(login) → ready
     2 offer 1#1 to 7, try 1, until 22: longest_idle, first_in_queue
     2 7: ready → reserved
     3 closed 1#1 at 7: DeviceError
     3 offer 1#2 to 8, try 2, until 23: longest_idle, first_in_queue
     3 7: reserved → device_down
     3 8: ready → reserved
    10 7: device_down → ready
    ");
}

/// The registration ends while the phone rings.
#[test]
fn a_phone_gone_while_ringing() {
    insta::assert_snapshot!(run("
        0 ready 7
        1 queued 1
        2 ringing 1#1
        3 phone 7 down
        4 ready 7
        60 phone 7 up
        61 end
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 7: reserved → ringing
     3 closed 1#1 at 7: DeviceError
     3 7: ringing → device_down
     4 refused: endpoint_down (device_down)
    60 offer 1#2 to 7, try 2, until 80: longest_idle, first_in_queue
    60 7: device_down → reserved
    ");
}

/// The talk goes on without a desk; after it the operator is down, ready again with the desk. Nobody is made ready: the person was.
#[test]
fn a_desk_lost_while_talking_has_a_grace() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=10
        0 ready 7
        1 queued 1
        2 answer 1#1
        3 desk 7 down
        30 desk 7 up
        40 desk 7 down
        50 ended 7 1
        70 queued 2
        80 desk 7 up
        81 end
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 won 1#1 by 7
     2 7: reserved → talking
    50 closed 1#1 at 7: BridgedEnded
    50 7: talking → wrap_up
    60 wrap-up of 1 by 7 took 10s
    60 7: wrap_up → device_down
    80 offer 2#1 to 7, try 1, until 100: longest_idle, first_in_queue
    80 7: device_down → reserved
    ");
}

/// The grace is the talk's: it goes on without a desk, within the minute and beyond it, and whoever has none when it ends is not asked.
#[test]
fn the_grace_of_a_desk_ends() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        0 ready 7
        1 queued 1
        2 answer 1#1
        10 desk 7 down
        60 ended 7 1
        65 desk 7 up
        66 queued 2
        67 answer 2#1
        70 desk 7 down
        140 ended 7 2
        141 queued 3
        150 end
    "), @r"
      0 7: not_ready(login) → ready
      1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
      1 7: ready → reserved
      2 won 1#1 by 7
      2 7: reserved → talking
     60 closed 1#1 at 7: BridgedEnded
     60 wrap-up of 1 by 7 took 0s
     60 7: talking → device_down
     65 7: device_down → ready
     66 offer 2#1 to 7, try 1, until 86: longest_idle, first_in_queue
     66 7: ready → reserved
     67 won 2#1 by 7
     67 7: reserved → talking
    140 closed 2#1 at 7: BridgedEnded
    140 wrap-up of 2 by 7 took 0s
    140 7: talking → device_down
    ");
}

/// No offer without a desk that is heard of; and back with the desk.
#[test]
fn a_desk_lost_while_ringing_moves_the_call_on() {
    insta::assert_snapshot!(run("
        0 ready 7
        1 ready 8
        2 queued 1
        3 ringing 1#1
        4 desk 7 down
        5 desk 7 up
        6 end
    "), @r"
    0 7: not_ready(login) → ready
    1 8: not_ready(login) → ready
    2 offer 1#1 to 7, try 1, until 22: longest_idle, first_in_queue
    2 7: ready → reserved
    3 7: reserved → ringing
    4 closed 1#1 at 7: DeviceError
    4 offer 1#2 to 8, try 2, until 24: longest_idle, first_in_queue
    4 7: ringing → device_down
    4 8: ready → reserved
    5 7: device_down → ready
    ");
}

/// Login and ready come from the driver; a desk is never asked for.
#[test]
fn a_phone_only_operator_needs_no_desk() {
    insta::assert_snapshot!(run("
        group g longest_idle 7
        phone_only 7
        0 ready 7
        1 desk 7 down
        2 queued 1
        3 answer 1#1
    "), @r"
    0 7: not_ready(login) → ready
    2 offer 1#1 to 7, try 1, until 22: longest_idle, first_in_queue
    2 7: ready → reserved
    3 won 1#1 by 7
    3 7: reserved → talking
    ");
}

/// Disposition and done; a disposition during the talk counts too but ends nothing.
#[test]
fn wrap_up_ends_early_with_the_disposition() {
    insta::assert_snapshot!(run("
        0 ready 7
        1 queued 1
        2 answer 1#1
        5 done 7 1
        10 ended 7 1
        15 done 7 1
        16 done 7 1
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 won 1#1 by 7
     2 7: reserved → talking
    10 closed 1#1 at 7: BridgedEnded
    10 7: talking → wrap_up
    15 wrap-up of 1 by 7 took 5s, disposed
    15 7: wrap_up → ready
    16 refused: invalid_state (ready)
    ");
}

/// Never stuck: the deadline ends it, with no disposition.
#[test]
fn wrap_up_ends_by_itself() {
    insta::assert_snapshot!(run("
        0 ready 7
        1 queued 1
        2 answer 1#1
        10 ended 7 1
        15 disposed 7 2
        50 end
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 won 1#1 by 7
     2 7: reserved → talking
    10 closed 1#1 at 7: BridgedEnded
    10 7: talking → wrap_up
    15 refused: invalid_state (wrap_up)
    40 wrap-up of 1 by 7 took 30s
    40 7: wrap_up → ready
    ");
}

/// More time, counted, and not for ever.
#[test]
fn wrap_up_can_be_extended_to_a_limit() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=30
        0 ready 7
        1 extend 7 10
        2 queued 1
        3 answer 1#1
        10 ended 7 1
        20 extend 7 590
        21 extend 7 590
        22 extend 7 1
        1000 end
    "), @r"
      0 7: not_ready(login) → ready
      1 refused: invalid_state (ready)
      2 offer 1#1 to 7, try 1, until 22: longest_idle, first_in_queue
      2 7: ready → reserved
      3 won 1#1 by 7
      3 7: reserved → talking
     10 closed 1#1 at 7: BridgedEnded
     10 7: talking → wrap_up
     22 refused: extend_limit (wrap_up)
    640 wrap-up of 1 by 7 took 630s
    640 7: wrap_up → ready
    ");
}

/// No panic, no change, the state that was met.
#[test]
fn words_that_do_not_fit_are_refused() {
    insta::assert_snapshot!(run("
        0 login 7
        1 ended 7 1
        2 hold 7
        3 answer 1#1
        4 reject 1#1
        5 gone 1
        6 disposed 7 1
        7 phone 99 up
        8 phone 7 down
        9 ready 7
    "), @r"
    0 7: logged_out → not_ready(login)
    1 refused: invalid_state (not_ready)
    2 refused: invalid_state (not_ready)
    3 refused: unknown_offer
    4 refused: unknown_offer
    5 refused: unknown_call
    6 refused: invalid_state (not_ready)
    7 refused: unknown_operator
    8 7: not_ready(login) → device_down
    9 refused: endpoint_down (device_down)
    ");
}

/// Three who hear each other are one more face of a word aside, and over with it.
#[test]
fn conferring() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=5
        0 ready 7
        1 conferring 7 on
        5 queued 1
        5 answer 1#1
        6 conferring 7 on
        7 consulting 7 on
        8 conferring 7 on
        9 conferring 7 off
        10 conferring 7 on
        11 consulting 7 off
        12 consulting 7 on
        13 conferring 7 on
        14 ended 7 1
    "), @r"
     0 7: not_ready(login) → ready
     5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue
     5 7: ready → reserved
     5 won 1#1 by 7
     5 7: reserved → talking
     7 7: talking → consult
     8 7: consult → conference
     9 7: conference → consult
    10 7: consult → conference
    11 7: conference → talking
    12 7: talking → consult
    13 7: consult → conference
    14 closed 1#1 at 7: BridgedEnded
    14 7: conference → wrap_up
    ");
}

/// Who asks somebody aside is seen to, on hold or not, and no more after the talk.
#[test]
fn consulting() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=5
        0 ready 7
        1 consulting 7 on
        5 queued 1
        5 answer 1#1
        6 hold 7
        7 consulting 7 on
        8 resume 7
        9 consulting 7 off
        10 consulting 7 on
        11 ended 7 1
        12 consulting 7 off
        20 queued 2
        20 answer 2#1
    "), @r"
     0 7: not_ready(login) → ready
     5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue
     5 7: ready → reserved
     5 won 1#1 by 7
     5 7: reserved → talking
     6 7: talking → hold
     7 7: hold → consult
     9 7: consult → talking
    10 7: talking → consult
    11 closed 1#1 at 7: BridgedEnded
    11 7: consult → wrap_up
    16 wrap-up of 1 by 7 took 5s
    16 7: wrap_up → ready
    20 offer 2#1 to 7, try 1, until 40: longest_idle, first_in_queue
    20 7: ready → reserved
    20 won 2#1 by 7
    20 7: reserved → talking
    ");
}

/// A supervisor's word: at once where the operator is idle, afterwards where they are busy; a wrap-up ends now.
#[test]
fn a_supervisor_makes_of_an_operator_what_they_say() {
    insta::assert_snapshot!(run("
        group g longest_idle 7
        0 login 7
        1 force 7 ready supervisor:9
        2 force 7 lunch supervisor:9
        3 force 7 ready admin:root
        4 queued 1
        5 answer 1#1
        6 force 7 meeting supervisor:9
        7 force 7 wrap_up_over supervisor:9
        10 ended 7 1
        15 force 7 wrap_up_over supervisor:9
        16 by 7
        20 force 7 logged_out supervisor:9
        21 by 7
        22 force 7 ready supervisor:9
    "), @r"
     0 7: logged_out → not_ready(login)
     1 7: not_ready(login) → ready
     2 7: ready → not_ready(lunch)
     3 7: not_ready(lunch) → ready
     4 offer 1#1 to 7, try 1, until 24: longest_idle, first_in_queue
     4 7: ready → reserved
     5 won 1#1 by 7
     5 7: reserved → talking
     6 7: talking → talking, then meeting
     7 refused: no_wrap_up (talking)
    10 closed 1#1 at 7: BridgedEnded
    10 7: talking, then meeting → wrap_up, then meeting
    15 wrap-up of 1 by 7 took 5s
    15 7: wrap_up, then meeting → not_ready(meeting)
    16 7 is not_ready by supervisor 9
    20 7: not_ready(meeting) → logged_out
    21 7 is logged_out by supervisor 9
    22 refused: not_logged_in (logged_out)
    ");
}

/// Nobody else has such a word, and a phone that is gone is not there for a supervisor either.
#[test]
fn only_a_supervisor_forces() {
    insta::assert_snapshot!(run("
        group g longest_idle 7
        0 login 7
        1 force 7 ready operator:7
        2 force 7 ready policy:phone_only
        3 phone 7 down
        4 force 7 ready supervisor:9
        5 force 5 ready supervisor:9
    "), @r"
    0 7: logged_out → not_ready(login)
    1 refused: not_allowed (not_ready)
    2 refused: not_allowed (not_ready)
    3 7: not_ready(login) → device_down
    4 refused: endpoint_down (device_down)
    5 refused: unknown_operator
    ");
}

/// I5: whatever happens in a session, its states sum up to its length; and what was done in it is counted, refusals too.
#[test]
fn the_states_of_a_session_sum_up_to_it() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 cooldown=5 misses=3
        10 login 7
        20 ready 7
        30 queued 1
        31 ringing 1#1
        33 reject 1#1
        34 gone 1
        40 queued 2
        41 ringing 2#1
        60 gone 2
        70 queued 3
        71 ringing 3#1
        75 answer 3#1
        80 hold 7
        90 resume 7
        100 ended 7 3
        110 extend 7 10
        111 shift 7
        150 phone 7 down
        160 phone 7 up
        170 login 7
        171 shift 7
        180 logout 7
        200 shift 7
    "), @r"
     10 7: logged_out → not_ready(login)
     20 7: not_ready(login) → ready
     30 offer 1#1 to 7, try 1, until 50: longest_idle, first_in_queue
     30 7: ready → reserved
     31 7: reserved → ringing
     33 closed 1#1 at 7: Rejected
     33 7: ringing → ready
     40 offer 2#1 to 7, try 1, until 60: longest_idle, first_in_queue
     40 7: ready → reserved
     41 7: reserved → ringing
     60 closed 2#1 at 7: CallerGone
     60 7: ringing → ready
     70 offer 3#1 to 7, try 1, until 90: longest_idle, first_in_queue
     70 7: ready → reserved
     71 7: reserved → ringing
     75 won 3#1 by 7
     75 7: ringing → talking
     80 7: talking → hold
     90 7: hold → talking
    100 closed 3#1 at 7: BridgedEnded
    100 7: talking → wrap_up
    111 7 sat 101s: hold 10, not_ready 10, ready 27, reserved 3, ringing 25, talking 15, wrap_up 11; calls 1 talk 25s misses 0 rejects 1 extensions 1
    140 wrap-up of 3 by 7 took 40s
    140 7: wrap_up → ready
    150 7: ready → device_down
    160 7: device_down → ready
    170 session 1 of 7 is over
    170 7: ready → not_ready(login)
    171 7 sat 1s: not_ready 1; calls 0 talk 0s misses 0 rejects 0 extensions 0
    180 7: not_ready(login) → logged_out
    200 7 sat 10s: not_ready 10; calls 0 talk 0s misses 0 rejects 0 extensions 0
    ");
}

/// What is left of a wrap-up after a restart is all there is: how much its limit was used before is not known.
#[test]
fn q11_nothing_is_added_to_a_wrap_up_of_the_run_before() {
    insta::assert_snapshot!(run("
        0 login 7
        1 left 7 1 20
        2 extend 7 10
        3 written 7
        60 end
    "), @r"
     0 7: logged_out → not_ready(login)
     1 7: not_ready(login) → wrap_up
     2 refused: extend_limit (wrap_up)
     3 7 added 0s in 0, until 21 at most
    21 wrap-up of 1 by 7 took 20s
    21 7: wrap_up → not_ready(login)
    ");
}
