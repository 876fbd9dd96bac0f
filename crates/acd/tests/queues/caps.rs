//! Who is capped by policy is offered no call, however ready they are; the intent stays theirs (5.1, I6).
use crate::script::run;

/// Two callers an hour: the third waits, and is offered at the moment the first of them is an hour ago, without a word of anybody.
#[test]
fn calls_of_an_hour_are_counted_and_freed_one_by_one() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g
        cap novices 7 calls=2
        0 ready 7
        10 queued 1 wait=9000
        11 answer 1#1
        20 ended 7 1
        30 queued 2 wait=9000
        31 answer 2#1
        40 ended 7 2
        50 queued 3 wait=9000
        51 explain 3
        60 ready 7
        70 view q
        3620 end
    "), @r"
       0 7: not_ready(login) → ready
      10 offer 1#1 to 7, try 1, until 30: longest_idle, first_in_queue
      10 7: ready → reserved
      11 won 1#1 by 7
      11 7: reserved → talking
      20 closed 1#1 at 7: BridgedEnded
      20 wrap-up of 1 by 7 took 0s
      20 7: talking → ready
      30 offer 2#1 to 7, try 1, until 50: longest_idle, first_in_queue
      30 7: ready → reserved
      31 won 2#1 by 7
      31 7: reserved → talking
      40 closed 2#1 at 7: BridgedEnded
      40 wrap-up of 2 by 7 took 0s
      40 7: talking → not_ready(cap:novices)
      51 3 not to 7: ограничение «novices»: звонков за час — 2 (capped)
      60 refused: capped (not_ready)
      70 q: waiting 1 logged_in 1 ready 0 longest 20s
    3611 offer 3#1 to 7, try 1, until 3631: longest_idle, first_in_queue
    3611 7: not_ready(cap:novices) → reserved
    ");
}

/// A talk of ten minutes in a session is the last; who sits down anew begins a new shift.
#[test]
fn talk_of_a_session_is_counted() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0
        queue q g
        cap rest 7 talk=600
        0 ready 7
        10 queued 1
        11 answer 1#1
        620 ended 7 1
        630 queued 2
        631 explain 2
        640 logout 7
        650 ready 7
    "), @r"
      0 7: not_ready(login) → ready
     10 offer 1#1 to 7, try 1, until 30: longest_idle, first_in_queue
     10 7: ready → reserved
     11 won 1#1 by 7
     11 7: reserved → talking
    620 closed 1#1 at 7: BridgedEnded
    620 wrap-up of 1 by 7 took 0s
    620 7: talking → not_ready(cap:rest)
    631 2 not to 7: ограничение «rest»: разговоров за смену — 10 мин (capped)
    631 2 not to 8: не на рабочем месте (logged_out)
    640 7: not_ready(cap:rest) → logged_out
    650 offer 2#1 to 7, try 1, until 670: longest_idle, first_in_queue
    650 7: not_ready(login) → reserved
    ");
}

/// An admission ends at its moment, in the middle of nothing: who rings then rings on, and nothing else is offered.
#[test]
fn an_admission_ends_by_the_clock() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g
        cap admitted 7 until=30
        0 ready 7
        25 queued 1
        31 answer 1#1
        35 queued 2
        40 ended 7 1
        41 explain 2
    "), @r"
     0 7: not_ready(login) → ready
    25 offer 1#1 to 7, try 1, until 45: longest_idle, first_in_queue
    25 7: ready → reserved
    31 won 1#1 by 7
    31 7: reserved → talking
    40 closed 1#1 at 7: BridgedEnded
    40 wrap-up of 1 by 7 took 0s
    40 7: talking → not_ready(cap:admitted)
    41 2 not to 7: ограничение «admitted»: допуск кончился (capped)
    ");
}

/// A new plan without the limit frees whom it bound, and the calls that were taken count on under another one.
#[test]
fn another_plan_binds_otherwise() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g
        cap novices 7 calls=1
        0 ready 7
        10 queued 1
        11 answer 1#1
        20 ended 7 1
        30 queued 2
        40 end
        group g longest_idle 7 wrap=0
        queue q g
        cap novices 7 calls=2
        50 reload
        51 end
        group g longest_idle 7 wrap=0
        queue q g
        60 reload
        61 end
    "), @r"
     0 7: not_ready(login) → ready
    10 offer 1#1 to 7, try 1, until 30: longest_idle, first_in_queue
    10 7: ready → reserved
    11 won 1#1 by 7
    11 7: reserved → talking
    20 closed 1#1 at 7: BridgedEnded
    20 wrap-up of 1 by 7 took 0s
    20 7: talking → not_ready(cap:novices)
    50 offer 2#1 to 7, try 1, until 70: longest_idle, first_in_queue
    50 7: not_ready(cap:novices) → reserved
    ");
}

/// Whoever works by a phone alone never leaves: the talk of a day ago counts no more, and nobody's word is needed for it.
#[test]
fn talk_of_a_day_ago_is_forgotten_in_a_session_without_an_end() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g
        phone_only 7
        cap rest 7 talk=600
        0 ready 7
        10 queued 1
        11 answer 1#1
        620 ended 7 1
        630 queued 2 wait=90000
        87025 end
    "), @r"
        0 7: not_ready(login) → ready
       10 offer 1#1 to 7, try 1, until 30: longest_idle, first_in_queue
       10 7: ready → reserved
       11 won 1#1 by 7
       11 7: reserved → talking
      620 closed 1#1 at 7: BridgedEnded
      620 wrap-up of 1 by 7 took 0s
      620 7: talking → not_ready(cap:rest)
    87020 offer 2#1 to 7, try 1, until 87040: longest_idle, first_in_queue
    87020 7: not_ready(cap:rest) → reserved
    ");
}

/// Talks that they dialled count as those they were offered.
#[test]
fn what_they_dialled_is_talk_too() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g
        cap rest 7 talk=600
        0 ready 7
        10 dial 7 1 5
        20 dial_answered 7 1
        620 dial_ended 7 1 0
        621 end
    "), @r"
      0 7: not_ready(login) → ready
     10 7: ready → dialing
     20 7: dialing → talking
    620 wrap-up of 5 by 7 took 0s
    620 7: talking → not_ready(cap:rest)
    ");
}

/// A call back to somebody who was not reached is no call that they took, and its minutes are no talk.
#[test]
fn who_was_not_reached_counts_for_nothing() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g
        cap novices 7 calls=2 talk=60
        0 ready 7
        10 queued 1
        11 answer 1#1
        20 ended 7 1
        30 queued 2
        31 answer 2#1
        91 in_vain 7 2
        92 queued 3
        93 answer 3#1
        94 ended 7 3
        95 end
    "), @r"
     0 7: not_ready(login) → ready
    10 offer 1#1 to 7, try 1, until 30: longest_idle, first_in_queue
    10 7: ready → reserved
    11 won 1#1 by 7
    11 7: reserved → talking
    20 closed 1#1 at 7: BridgedEnded
    20 wrap-up of 1 by 7 took 0s
    20 7: talking → ready
    30 offer 2#1 to 7, try 1, until 50: longest_idle, first_in_queue
    30 7: ready → reserved
    31 won 2#1 by 7
    31 7: reserved → talking
    91 closed 2#1 at 7: BridgedEnded
    91 wrap-up of 2 by 7 took 0s
    91 7: talking → ready
    92 offer 3#1 to 7, try 1, until 112: longest_idle, first_in_queue
    92 7: ready → reserved
    93 won 3#1 by 7
    93 7: reserved → talking
    94 closed 3#1 at 7: BridgedEnded
    94 wrap-up of 3 by 7 took 0s
    94 7: talking → not_ready(cap:novices)
    ");
}

/// What a policy says is said once, as the phone comes; it holds when the limit binds no more.
#[test]
fn a_policys_word_holds_though_a_limit_binds() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g
        phone_only 7
        cap admitted 7 until=30
        40 login 7
        41 readied 7 policy:phone_only
        42 queued 1
        43 end
        group g longest_idle 7 wrap=0
        queue q g
        50 reload
    "), @r"
    40 7: logged_out → not_ready(login)
    41 7: not_ready(login) → not_ready(cap:admitted)
    50 offer 1#1 to 7, try 1, until 70: longest_idle, first_in_queue
    50 7: not_ready(cap:admitted) → reserved
    ");
}

/// Whom a limit binds takes no calls: they are nobody with whom somebody else may go to lunch.
#[test]
fn who_is_bound_keeps_no_line() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0
        queue q g
        break lunch keep=1
        cap novices 7 calls=1
        0 ready 7
        1 ready 8
        10 queued 1
        11 answer 1#1
        12 not_ready 8 lunch
        13 ready 8
        20 ended 7 1
        30 not_ready 8 lunch
        31 not_ready 7 lunch
    "), @r"
     0 7: not_ready(login) → ready
     1 8: not_ready(login) → ready
    10 offer 1#1 to 7, try 1, until 30: longest_idle, first_in_queue
    10 7: ready → reserved
    11 won 1#1 by 7
    11 7: reserved → talking
    12 refused: break_quota (ready)
    20 closed 1#1 at 7: BridgedEnded
    20 wrap-up of 1 by 7 took 0s
    20 7: talking → not_ready(cap:novices)
    30 refused: break_quota (ready)
    31 7: not_ready(cap:novices) → not_ready(lunch)
    ");
}
