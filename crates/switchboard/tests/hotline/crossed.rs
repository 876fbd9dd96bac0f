//! What one says and what another is told cross on the wire: found by the explorer (`tests/explorer`).
use crate::outgoing::story;
use crate::transfers::talking;

/// Both phones are told to end; then the one that was rung ends, and the other knows already.
#[test]
fn who_rings_a_colleague_in_vain_is_told_so_once() {
    let told = talking("10 petr sits\n 11 listen\n 11 anna dials petr\n 60 end");
    assert_eq!(told.matches("? refuse").count(), 1, "{told}");
}

/// The colleague's 200 crosses our CANCEL.
#[test]
fn a_colleague_who_answers_too_late_meets_nobody() {
    let told =
        talking("10 petr sits\n 11 listen\n 11 anna dials petr\n 41.0005 petr answers\n 60 end");
    assert!(!told.contains("bridge"), "{told}");
    assert!(!told.contains("? answer"), "{told}");
}

/// The second line that was refused has yet to end, and its end is not that of whoever is rung meanwhile.
#[test]
fn the_number_of_a_refused_line_is_given_to_no_other() {
    let told = talking(
        "10 listen\n 10 ivan dials nobody\n 10 ivan says consult anna\n 12 anna answers\n 13 end",
    );
    assert!(told.contains("A/2 refuse 404"), "{told}");
    assert!(told.contains("A/3 dial anna"), "{told}");
    assert!(told.contains("[ivan] asks anna: answered"), "{told}");
}

/// The operator hangs up before the line of the caller who was sent out is over.
#[test]
fn whoever_is_sent_out_of_a_conference_is_joined_with_nobody() {
    for leaves in ["ivan hangs-up", "ivan says hang_up", "ivan dies"] {
        let told = talking(&format!(
            "10 ivan says consult anna\n 12 anna answers\n 14 ivan says conference\n 20 listen
             20 ivan says drop caller\n 20 {leaves}\n 21 end"
        ));
        assert!(!told.contains("A bridge"), "{leaves}: {told}");
        assert!(!told.contains("A play"), "{leaves}: {told}");
        assert!(told.contains("A/2 hang up"), "{leaves}: {told}");
        assert!(told.contains("* ENDED Answered"), "{leaves}: {told}");
    }
}

/// The client's talk has lasted as long as it may (`talk_max`), and the line to them is told to end: whatever becomes of the operator
/// before it is over, nothing is said to the client any more, and the call ends once, as what it is.
#[test]
fn a_client_whose_time_is_up_is_gone_whatever_the_operator_does() {
    for then in [
        "ivan dies",
        "ivan hangs-up",
        "ivan says hold",
        "ivan says park",
        "ivan says transfer anna",
    ] {
        let told = story(&format!(
            "10 ivan says dial CLIENT\n 13 ivan answers\n 20 customer answers\n 79.9 listen
             80.0005 {then}\n 130 end"
        ));
        assert_eq!(told.matches("? hang up").count(), 1, "{then}: {told}");
        assert!(told.contains("decided: talk_max"), "{then}: {told}");
        assert!(!told.contains("? play"), "{then}: {told}");
        assert!(!told.contains("? bridge"), "{then}: {told}");
        assert!(told.contains("talk ended by system"), "{then}: {told}");
        let ended = "* ENDED Out { reached: true }: Success hung-up-by-us";
        assert_eq!(told.matches(ended).count(), 1, "{then}: {told}");
    }
}

/// Whom the operator has asked meanwhile talks on with them, as where the client hangs up by themselves.
#[test]
fn a_client_whose_time_is_up_leaves_the_operator_with_whom_they_asked() {
    let told = story(
        "10 ivan says dial CLIENT\n 13 ivan answers\n 20 customer answers\n 30 ivan says consult anna
         32 anna answers\n 70 listen\n 100 anna hangs-up\n 130 end",
    );
    assert!(told.contains("caller_gone"), "{told}");
    assert!(!told.contains("? play"), "{told}");
    assert!(told.contains("100.000 [ivan] talk ended"), "{told}");
    assert_eq!(told.matches("ENDED").count(), 1, "{told}");
}
