//! When nobody is behind a queue: by what its operators count as not there, and whom the roster expects (Q8).
use crate::script::run;

fn told(script: &str) -> Vec<String> {
    run(script)
        .lines()
        .map(|line| line.trim().to_owned())
        .collect()
}

/// One operator, absent in one way; a caller who would not wait beside nobody comes at 9.
fn leaves(rule: &str, before: &str) -> bool {
    let script = format!(
        "group g longest_idle 7 wrap=60
         queue q g
         0 empty q {rule}
         0 ready 7
         {before}
         9 queued 5 q prio=1 leave_empty
         10 end"
    );
    told(&script).contains(&"9 5 leaves: NoOperators".to_owned())
}

/// How the operator is absent at 9, by the word of the rule.
const WAYS: [(&str, &str); 6] = [
    ("logged_out", "2 logout 7"),
    ("paused", "2 not_ready 7 LUNCH"),
    ("in_use", "2 queued 1\n3 answer 1#1"),
    ("ringing", "2 queued 1"),
    ("unavailable", "2 phone 7 down"),
    ("wrap_up", "2 queued 1\n3 answer 1#1\n4 ended 7 1"),
];

#[test]
fn q8_each_absence_counts_where_it_is_named_and_nowhere_else() {
    for (word, before) in WAYS {
        for (other, _) in WAYS {
            let counts = other == word || word == "logged_out";
            for edge in ["leave", "join"] {
                let besides = if edge == "leave" { "join=" } else { "leave=" };
                let rule = format!("{edge}=logged_out,{other} {besides}");
                assert_eq!(leaves(&rule, before), counts, "{word} where {rule}");
            }
        }
        assert!(
            !leaves("leave= join=", before),
            "{word}: nobody is ever let go"
        );
        let all = "leave=logged_out,paused,in_use,ringing,unavailable,wrap_up";
        assert!(leaves(all, before), "{word}");
    }
}

/// Whoever could take the call keeps the queue from being empty, however absent the others are.
#[test]
fn q8_one_who_is_there_is_enough() {
    let told = told(
        "group g longest_idle 7 8
         queue q g
         0 empty q leave=logged_out,paused,in_use join=logged_out
         0 ready 7
         0 ready 8
         1 not_ready 7 LUNCH
         2 queued 1
         3 answer 1#1
         4 queued 2 leave_empty
         5 queued 3
         6 ready 7
         7 end",
    );
    assert!(
        told.contains(&"4 2 leaves: NoOperators".to_owned()),
        "{told:#?}"
    );
    assert!(
        !told.iter().any(|line| line.contains("3 leaves")),
        "{told:#?}"
    );
}

/// Who waits leaves when the last one goes to lunch; for whom somebody rings, nobody leaves.
#[test]
fn q8_who_waits_leaves_as_it_becomes_so_and_not_while_it_rings() {
    let told = told(
        "group g longest_idle 7 wrap=30
         queue q g
         0 empty q leave=logged_out,paused,ringing join=logged_out
         0 login 7
         0 ready 7
         1 queued 1 leave_empty
         2 ringing 1#1
         3 answer 1#1
         4 queued 2 leave_empty
         5 not_ready 7 LUNCH
         6 ended 7 1
         40 end",
    );
    assert!(
        !told.iter().any(|line| line.contains("1 leaves")),
        "{told:#?}"
    );
    let left = told
        .iter()
        .find(|line| line.contains("2 leaves: NoOperators"));
    assert_eq!(
        left.map(String::as_str),
        Some("36 2 leaves: NoOperators"),
        "{told:#?}"
    );
}

/// Somebody is expected: an alarm, and nobody is sent away; nobody is any more: they are.
#[test]
fn q8_whom_the_roster_expects_is_waited_for_with_an_alarm() {
    let told = told(
        "group g longest_idle 7
         queue q g
         0 empty q
         0 expect q on
         1 queued 1 leave_empty
         2 login 7
         3 logout 7
         4 reload
         5 expect q off
         6 queued 2 leave_empty
         7 end",
    );
    let of = |what: &str| -> Vec<&str> {
        let lines = told.iter().filter(|line| line.contains(what));
        lines.map(String::as_str).collect()
    };
    assert_eq!(
        of("leaves"),
        ["5 1 leaves: NoOperators", "6 2 leaves: NoOperators"]
    );
    let alarms = [
        "1 alarm queue_without_operators",
        "3 alarm queue_without_operators",
    ];
    assert_eq!(of("alarm"), alarms);
}

/// A plan that expects nobody any more: the queue is in no list to be told of, and is not expected for ever.
#[test]
fn q8_a_plan_that_expects_nobody_forgets_whom_the_former_did() {
    let told = told(
        "group g longest_idle 7
         queue q g
         0 empty q
         0 expect q on
         1 queued 1 leave_empty
         2 empty q
         3 reload
         4 queued 2 leave_empty
         5 end",
    );
    for left in ["3 1 leaves: NoOperators", "4 2 leaves: NoOperators"] {
        assert!(told.contains(&left.to_owned()), "{left}: {told:#?}");
    }
}

/// Who pressed a key in the queue has waited there all the time: `leave` judges them, whoever may not come any more.
#[test]
fn q8_who_comes_back_from_a_key_is_judged_as_one_who_waits() {
    let told = told(
        "group g longest_idle 7
         queue q g
         0 empty q join=logged_out,paused leave=logged_out
         0 ready 7
         1 not_ready 7 LUNCH
         1 ready 7
         2 queued 1
         3 answer 1#1
         4 queued 2 leave_empty since=4
         5 aside 2
         6 ended 7 1
         7 not_ready 7 LUNCH
         60 queued 2 leave_empty since=4
         61 queued 3 leave_empty
         62 end",
    );
    let left: Vec<_> = told.iter().filter(|line| line.contains("leaves")).collect();
    assert_eq!(left, ["61 3 leaves: NoOperators"], "{told:#?}");
}

/// The last who was there is rung for one caller: the other hears at that moment that nobody is there, not whenever something
/// else happens.
#[test]
fn q8_what_the_matcher_does_is_judged_at_once() {
    let told = told(
        "group g longest_idle 7 wrap=0
         queue q g
         0 empty q leave=logged_out,ringing join=logged_out
         0 login 7
         1 queued 1
         2 queued 2 leave_empty
         3 ready 7
         9 end",
    );
    assert!(
        told.contains(&"3 2 leaves: NoOperators".to_owned()),
        "{told:#?}"
    );
}

/// Somebody of another group was asked by name and said no: nobody of the queue has come or gone, and the caller is for
/// anybody, so it is looked at.
#[test]
fn q8_after_a_name_an_empty_queue_is_empty() {
    let told = told(
        "group g longest_idle 7
         group h longest_idle 9
         queue q g
         queue other h
         0 empty q leave=logged_out,paused join=
         0 login 7
         1 ready 9
         2 queued 1 q leave_empty first=9
         3 reject 1#1
         9 end",
    );
    assert!(
        told.contains(&"3 1 leaves: NoOperators".to_owned()),
        "{told:#?}"
    );
}

/// Callers of one queue, of whom nobody there knows enough for one: where the rule counts it, that one leaves and the other stays;
/// as the ladder asks for less, whoever is there is somebody.
#[test]
fn q8_who_knows_too_little_counts_as_absent_where_the_rule_says_so() {
    let script = |rule: &str| {
        told(&format!(
            "group g longest_idle 7 8 wrap=60
             queue q g relax=20:english:1
             skill english 7=1
             0 empty q {rule}
             0 ready 7
             1 queued 9
             2 answer 9#1
             43 queued 1 leave_empty
             44 queued 2 leave_empty needs=english:3
             45 queued 3 leave_empty needs=english:3 since=10
             50 end"
        ))
    };
    let leaves = |told: &[String], who: &str| {
        let line = format!("{who} leaves: NoOperators");
        told.iter().any(|it| it.ends_with(&line))
    };
    for edge in [
        "join= leave=logged_out,below_skill",
        "leave= join=logged_out,below_skill",
    ] {
        let told = script(edge);
        let gone = ["1", "2", "3"].map(|who| leaves(&told, who));
        assert_eq!(gone, [false, true, false], "{edge}: {told:#?}");
    }
    let plain = script("leave=logged_out join=logged_out");
    assert!(!leaves(&plain, "2"), "{plain:#?}");
}

/// Somebody is expected, and whoever is there knows too little for a caller with needs of their own: it is told, once.
#[test]
fn q8_who_knows_enough_is_missed_where_the_rule_counts_it() {
    let alarms = |rule: &str| -> Vec<String> {
        let told = told(&format!(
            "group g longest_idle 7 wrap=60
             queue q g
             skill english 7=1
             0 empty q {rule}
             0 expect q on
             0 ready 7
             1 queued 1
             2 queued 2 needs=english:3
             3 queued 3 needs=english:3
             4 end"
        ));
        let alarms = told.into_iter().filter(|line| line.contains("alarm"));
        alarms.collect()
    };
    let by_skill = alarms("leave=logged_out,below_skill join=logged_out");
    assert_eq!(by_skill, ["2 alarm queue_without_operators"]);
    assert!(alarms("leave=logged_out join=logged_out").is_empty());
}

/// Who rang is of another group since a reload, so that nobody of the queue comes or goes as the ringing ends: whoever waited for it
/// leaves all the same.
#[test]
fn q8_the_last_who_rang_need_not_be_of_the_queue_any_more() {
    let told = told(
        "group g longest_idle 7 wrap=0
         queue q g
         0 empty q leave=logged_out
         0 ready 7
         1 queued 1 leave_empty
         group g longest_idle 8 wrap=0
         2 reload
         3 reject 1#1
         5 end",
    );
    assert!(
        told.contains(&"3 1 leaves: NoOperators".to_owned()),
        "{told:#?}"
    );
}
