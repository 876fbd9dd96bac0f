//! Rules that the tests of the tests drop one at a time, to see that somebody notices. In a build without the feature
//! `mutants` there is nothing here but `true`.

/// A rule that is asked for by name where it is obeyed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(
    not(feature = "mutants"),
    expect(unreachable_pub, reason = "told with `mutants` alone")
)]
pub enum Guard {
    /// Only who is ready is offered calls (5.1).
    Intent,
    /// Only who has phone and desk is offered calls (5.1).
    Endpoint,
    /// Who is in a call between operators is offered none (5.1).
    Engaged,
    /// Who has refused is left alone for a while (5.2).
    Pause,
    /// Who has reached a limit is offered none (5.1).
    Capped,
    /// Who is busy is offered nothing else (I1).
    Busy,
    /// The phones that did not win stop (I2).
    FirstAnswerWins,
    /// The lease ends by itself (I3).
    LeaseEnds,
    /// Nobody rings for longer than the caller waits (Q7).
    DeadlineShortensRing,
    /// A phone that never rang was not missed (Q12).
    MissedIfItRang,
    /// A phone that failed is not its operator's miss (Q12).
    DeviceIsNoMiss,
    /// Who was too late has missed nothing (5.2).
    LostIsNoMiss,
    /// So many misses in a row end readiness (5.2).
    MissesEndReadiness,
    /// An answer ends the row of misses (5.2).
    AnswerEndsTheRow,
    /// Who refused a call is asked for it last (Q4).
    RefusalIsRemembered,
    /// A phone that failed is not tried at once (5.2).
    PhoneIsDistrusted,
    /// Who loses phone or desk rings no more (5.2).
    NoEndpointNoOffer,
    /// A talk outlives its desk for a while (5.2).
    DeskGrace,
    /// A desk that was left says nothing (5.2).
    StaleDesk,
    /// Nobody is ready by sitting down (I6).
    LoginIsNotReady,
    /// What is wished while busy waits (5.2).
    WishWaits,
    /// There is a wrap-up, as long as it is set (I7).
    WrapUp,
    /// Nobody extends it for ever (5.2).
    ExtendLimit,
    /// Nobody is asked for who answers questions.
    AsideIsNotAsked,
    /// Whoever rings for them stops.
    AsideStopsRinging,
    /// Who gave up rings nowhere (I8).
    GoneStopsRinging,
    /// A dead winner gives the call back (5.3).
    DeadWinnerGivesBack,
    /// Back in the queue it has the place it had (Q1).
    PlaceKept,
    /// Waiting does not make an emergency (Q2).
    AgingStops,
    /// Weight does not starve (Q3).
    Starvation,
    /// A group of the ladder is asked when it is time (Q5).
    LadderStep,
    /// A full queue takes nobody in (Q0).
    QueueFull,
    /// Where nobody is, nobody waits who does not want to (Q8).
    EmptiedQueue,
    /// A wait has an end (Q10).
    CallerDeadline,
    /// In a drain nobody is asked (Q15).
    Drain,
    /// A queue that is taken out lets its callers go (Q16).
    RemovedQueue,
    /// Nobody goes on a break that leaves too few (5.2).
    BreakQuota,
    /// Only who may commands (5.2).
    ForceByWhoMay,
    /// Who is busy makes no calls (5.2).
    DialWhenFree,
    /// Who has no phone makes none either (5.2).
    DialNeedsEndpoint,
    /// Nobody looks at whom to call for ever (5.2).
    PreviewEnds,
    /// An emergency takes a phone that only rings (Q2).
    Preempt,
    /// One more phone rings each step (Q6).
    ProgressSteps,
    /// And not before (Q6).
    ProgressWaits,
    /// A caller is kept for one operator (Q6).
    Sticky,
    /// And no longer than was said (Q6).
    StickyEnds,
    /// A group that is raised by hand is asked at once (Q5).
    ReserveByHand,
    /// Who was given other groups works for them.
    RegroupByHand,
    /// A caller has the priority that was said by hand (Q1).
    PriorityByHand,
    /// Who is assigned is rung by name.
    AssignByName,
    /// Only who may changes anything by hand.
    HandByWhoMay,
    /// A queue is empty as it says itself (Q8).
    EmptyByAbsence,
    /// Where somebody is expected, nobody leaves (Q8).
    ExpectedStay,
    /// Who is not back in time after a restart is ready no more (I6).
    BackWithin,
    /// Misses in a row outlive a restart (5.2).
    MissesOutlive,
    /// A second refusal begins the pause anew (5.2).
    PauseAnew,
    /// Who is rung for no more leaves an empty queue, whoever rang (Q8).
    LastRingLooked,
    /// Who waits in a queue that closes to them goes (Q0).
    ClosedLeaves,
}

#[cfg(feature = "mutants")]
mod dropped {
    use std::cell::Cell;

    use super::Guard;

    thread_local! {
        static DROPPED: Cell<Option<Guard>> = const { Cell::new(None) };
    }

    impl Guard {
        /// Every one of them.
        pub const ALL: [Self; 58] = [
            Self::Intent,
            Self::Endpoint,
            Self::Engaged,
            Self::Pause,
            Self::Capped,
            Self::Busy,
            Self::FirstAnswerWins,
            Self::LeaseEnds,
            Self::DeadlineShortensRing,
            Self::MissedIfItRang,
            Self::DeviceIsNoMiss,
            Self::LostIsNoMiss,
            Self::MissesEndReadiness,
            Self::AnswerEndsTheRow,
            Self::RefusalIsRemembered,
            Self::PhoneIsDistrusted,
            Self::NoEndpointNoOffer,
            Self::DeskGrace,
            Self::StaleDesk,
            Self::LoginIsNotReady,
            Self::WishWaits,
            Self::WrapUp,
            Self::ExtendLimit,
            Self::AsideIsNotAsked,
            Self::AsideStopsRinging,
            Self::GoneStopsRinging,
            Self::DeadWinnerGivesBack,
            Self::PlaceKept,
            Self::AgingStops,
            Self::Starvation,
            Self::LadderStep,
            Self::QueueFull,
            Self::EmptiedQueue,
            Self::CallerDeadline,
            Self::Drain,
            Self::RemovedQueue,
            Self::BreakQuota,
            Self::ForceByWhoMay,
            Self::DialWhenFree,
            Self::DialNeedsEndpoint,
            Self::PreviewEnds,
            Self::Preempt,
            Self::ProgressSteps,
            Self::ProgressWaits,
            Self::Sticky,
            Self::StickyEnds,
            Self::ReserveByHand,
            Self::RegroupByHand,
            Self::PriorityByHand,
            Self::AssignByName,
            Self::HandByWhoMay,
            Self::EmptyByAbsence,
            Self::ExpectedStay,
            Self::BackWithin,
            Self::MissesOutlive,
            Self::PauseAnew,
            Self::LastRingLooked,
            Self::ClosedLeaves,
        ];
    }

    /// Does something on this thread as if the rule were not there.
    pub fn without<T>(guard: Guard, act: impl FnOnce() -> T) -> T {
        DROPPED.set(Some(guard));
        let done = act();
        DROPPED.set(None);
        done
    }

    pub(crate) fn guard(guard: Guard) -> bool {
        DROPPED.get() != Some(guard)
    }
}

#[cfg(feature = "mutants")]
pub(crate) use dropped::guard;
#[cfg(feature = "mutants")]
pub use dropped::without;

/// Whether the rule is in force: it is.
#[cfg(not(feature = "mutants"))]
pub(crate) const fn guard(_: Guard) -> bool {
    true
}
