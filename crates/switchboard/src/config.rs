//! The limits and named policies of the switchboard, with their defaults.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{Name, PhoneNumber};
use serde::{Deserialize, Serialize};

use crate::cost::LineCost;
use crate::outgoing::CallTones;
use crate::press::PressLimits;

/// What bounds the machine. The dialplan rules everything that differs between numbers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Config {
    /// How long the phone waits for the card: after this it rings without an acknowledgement. 300 ms.
    pub pop_budget: Duration,
    /// Calls alive at once; the next one gets a few words ([`Self::brief_max`]), or 503. 1 000.
    pub calls_max: usize,
    /// Longest Retry-After of a 503, 5 at least, spread over the calls. Seconds, 30: long enough for the carrier to try
    /// its other way in.
    pub retry_after_secs: u32,
    /// A call is ended after this, whatever it does. 4 h.
    pub call_max: Duration,
    /// Longest wait for the outcome of our own 200 (RFC 3261 §17.2.1: Timer H is 32 s). 40 s.
    pub answer_max: Duration,
    /// A playback counts as stuck after this for each of its prompts, where its length is not known: then the call is told
    /// of the trouble and ended. 5 min, the longest prompt of a pack.
    pub play_max: Duration,
    /// How long prompts are, by the names of [`Output::Play`](crate::Output::Play). Milliseconds. A playback of known
    /// prompts that has not ended [`PLAYBACK_LATE`](crate::PLAYBACK_LATE) after its length is taken for ended. Empty.
    #[serde(default)]
    pub prompt_lengths: BTreeMap<Name, u32>,
    /// A winner that ends before its media was heard and within this did not take the call: the caller goes
    /// back to the queue instead of being hung up on. 700 ms (behaviour 5.3).
    pub media_confirm: Duration,
    /// A caller who comes back from a dead phone waits at least this much more, even when the queue's own
    /// wait is used up. 60 s.
    pub requeue_wait_min: Duration,
    /// Times one call may come back from a dead phone; then it is told of the trouble and ended. 5.
    pub requeues_max: u8,
    /// After a call ended, legs that are still there then are given up with an alarm. 60 s.
    pub sweep_after: Duration,
    /// An abandon within this after entering the queue is short (behaviour Q13). 5 s.
    pub short_abandon: Duration,
    /// Legs one call may dial in its life. 2 000: an hour of offers to ten phones at once.
    pub legs_max: u16,
    /// Longest free text of a disposition. Characters, 2 000.
    pub note_max: usize,
    /// Numbers outside to which operators may pass callers on, or whom they may consult: `+74951234567`, or a beginning
    /// with a star, `+7495*`. Empty: none.
    #[serde(default)]
    pub transfer_outside: Vec<Name>,
    /// Whether a phone that redirects a caller to a colleague is followed; else its operator has declined, and no more.
    #[serde(default)]
    pub follow_redirects: bool,
    /// How long somebody rings whom an operator dials, and a number outside to which a caller is passed on. 30 s.
    #[serde(default = "transfer_ring")]
    pub transfer_ring: Duration,
    /// How long a caller waits in a queue they were passed on to. 5 min.
    #[serde(default = "transfer_wait")]
    pub transfer_wait: Duration,
    /// How long a caller stays parked before they go back to whoever parked them. 2 min.
    #[serde(default = "park_max")]
    pub park_max: Duration,
    /// Calls beyond [`Self::calls_max`] that get a few words instead of 503, at one time: of the number's `busy` flow, or
    /// [`Self::busy_prompt`]. 100.
    #[serde(default)]
    pub brief_max: usize,
    /// Said to such a call where its number has no `busy` flow, with no lookup and no recording; None: 503 at once, as
    /// journals of an earlier version have it. So is the answer where a person was to be asked for, where the line is beyond
    /// its budget and nobody knows the caller, and where the number's `allow_closed` lacks the prompt's name. `all_busy`.
    #[serde(default)]
    pub busy_prompt: Option<Name>,
    /// Who calls too often, and when the line counts as attacked. All off.
    #[serde(default)]
    pub press: PressLimits,
    /// Lines whose minutes the owner pays for. None.
    #[serde(default)]
    pub lines: Vec<LineCost>,
    /// Whether what callers are promised, and the messages they leave, are told as requests: journals of an earlier version
    /// do not. Yes.
    #[serde(default)]
    pub requests: bool,
    /// Whether keys that are pressed before a question are kept for it, `#` is listened for in a message, an announcement
    /// gives way to an offer, and cards have what was typed; all of it came at once: journals of an earlier version have
    /// none. Yes.
    #[serde(default)]
    pub keys_ahead: bool,
    /// Whether it is told that a message begins, so that one that we are cut in is owed: journals of an earlier version do
    /// not. Yes.
    #[serde(default)]
    pub messages_begin: bool,
    /// Whether the keys of a caller who is asked for a digit are listened for in the voice too: journals of an earlier
    /// version do not. Yes.
    #[serde(default)]
    pub check_listens: bool,
    /// Whether it is told who made an operator ready or not ready, and what happens on the floor: journals of an earlier version
    /// do not. Yes.
    #[serde(default)]
    pub floor: bool,
    /// Whether an operator and whoever they asked talk on when the caller is gone: journals of an earlier version end all three
    /// legs. Yes.
    #[serde(default)]
    pub hand: bool,
    /// Whether a caller who hung up while waiting and calls again soon has the old place, where the queue's
    /// `resume_window` allows it: journals of an earlier version have nobody who has. Yes.
    #[serde(default)]
    pub resumes: bool,
    /// Whether it is told that a step of a ladder came for a caller who waits, and why an offer was taken back: journals of an
    /// earlier version do not. Yes.
    #[serde(default)]
    pub ladder_told: bool,
    /// Whether a leg that was told to end is told nothing else, however its end is crossed by what the others do: journals of an
    /// earlier version tell some twice, and bridge a caller who was sent out of a conference. Yes.
    #[serde(default)]
    pub told_once: bool,
    /// Whether calls may begin with us: journals of an earlier version have none. Yes.
    #[serde(default)]
    pub outgoing: bool,
    /// What an operator hears while whom they call is rung, and when nobody was reached; None: nothing, as journals of an earlier
    /// version have it. The tones of the Russian network.
    #[serde(default)]
    pub call_tones: Option<CallTones>,
    /// Whether the place on a client's card counts for the hours in which they may be called: journals of an earlier version know
    /// the number's alone. Yes.
    #[serde(default)]
    pub homes: bool,
    /// Said to whom we call before they are recorded. `notice`.
    #[serde(default = "notice_prompt")]
    pub notice_prompt: Name,
    /// Whether it is told what of an operator is not displayed and outlives a restart: journals of an earlier version do not. Yes.
    #[serde(default)]
    pub restores: bool,
    /// Whether it is told until which plan groups are given by hand, when that is over, and which talks no offer led to, so that a
    /// restart goes on with it: journals of an earlier version do not. Yes.
    #[serde(default)]
    pub words_kept: bool,
    /// Whether what callers are promised, and who was not answered, is kept here to be called: journals of an earlier version leave
    /// all of it to people. Yes.
    #[serde(default)]
    pub callbacks: bool,
    /// Whether who calls us while an operator is about to ring them meets that operator, and a call back in vain costs its operator a
    /// short wrap-up: journals of an earlier version give them to anybody, after all the work of the queue. Yes.
    #[serde(default)]
    pub meets: bool,
    /// Whether a word about a request is asked for who owes it at every door, admins have one at their desk, and a law that refuses is
    /// told with its text: journals of an earlier version ask at the desk alone. Yes.
    #[serde(default)]
    pub asked_whose: bool,
    /// Whether a call back that a law forbids waits for the hour at which it is allowed: journals of an earlier version ask again every
    /// 15 minutes. Yes.
    #[serde(default)]
    pub law_opens: bool,
    /// Whether a promise that its customer's own call had closed is open again when nobody talked with them in it: journals of an
    /// earlier version leave it closed. Yes.
    #[serde(default)]
    pub promise_returns: bool,
    /// Whether promises that stand in a queue are left out of what plans know of it (`waiting`, `longest_wait`): journals of an
    /// earlier version count them in. Yes.
    #[serde(default)]
    pub promises_apart: bool,
    /// Whether desks are shown what a request to call is about (on the card of our call, in what is told of it, in the snapshot), and
    /// it belongs to those who work for its group now, as a supervisor or they themselves said: journals of an earlier version show
    /// none, and go by the groups of the plan. Yes.
    #[serde(default)]
    pub requests_shown: bool,
    /// Whether an operator in a conference is shown so, keys for a caller whose side takes none are refused, and parked callers are
    /// shown to the desks of their project alone: journals of an earlier version know nothing of it. Yes.
    #[serde(default)]
    pub hand_told: bool,
    /// Whether the desk of whoever is asked aside shows about whom: journals of an earlier version tell it nothing. Yes.
    #[serde(default)]
    pub asked_told: bool,
    /// Whether a call that nobody answered is told as missed: journals of an earlier version, and stories that are not about
    /// it, have none. The daemon says yes.
    #[serde(default)]
    pub missed: bool,
    /// Whether callers of a queue of whose emptiness the plan says nothing wait for those who are late by the schedule of its
    /// number (behaviour Q8): journals of an earlier version let them go as soon as nobody is logged in. Yes.
    #[serde(default)]
    pub waits_for_late: bool,
    /// Whether a second refusal begins the pause after it anew, whoever is rung for no more leaves an empty queue though the one who
    /// rang is not of it any more, and a promise whose place in a queue has lasted as long as a call may takes another one: journals
    /// of an earlier version do none of it. Yes.
    #[serde(default)]
    pub no_loose_ends: bool,
    /// Whether a group that no ladder adds is not raised: journals of an earlier version raise it, for nobody. Yes.
    #[serde(default)]
    pub reserve_helps: bool,
    /// Whether a call back is for who knows what its customer needed where it was promised: journals of an earlier version give it
    /// to anybody. Yes.
    #[serde(default)]
    pub promise_needs: bool,
    /// Whether it is told what becomes of who is taken out of the operators with a call in hand, and whom an operator looked at and
    /// did not call; and strategies and limits go by the very counts that are told of a session: journals of an earlier version end
    /// the record of such people at once, know no skipped looks, and count a second time. Yes.
    #[serde(default)]
    pub floor_whole: bool,
    /// Whether a client whose talk has lasted as long as it may is gone at once, holds of talks that were dialled are told when they are
    /// too long, who leaves a group by a word of theirs leaves enough on the line, and it is told that another plan ended what a
    /// supervisor gave: journals of an earlier version do none of it. Yes.
    #[serde(default)]
    pub limits_whole: bool,
    /// Whether a form is refused whose number the plan lets no call go to: journals of an earlier version promise it, to be called by
    /// people. Yes.
    #[serde(default)]
    pub promise_prefix: bool,
    /// Said to a caller whose operator's phone died, before the music goes on. `please_wait`.
    pub lost_operator_prompt: Name,
    /// Said before a call is ended by a fault of ours. `technical_problem`.
    pub trouble_prompt: Name,
    /// The tone before a message. `beep`.
    pub beep_prompt: Name,
    /// What is heard on hold when the call came through no queue. `music`.
    pub hold_prompt: Name,
}

impl Config {
    /// Whether operators may send callers to this number outside.
    pub(crate) fn lets_outside(&self, number: &PhoneNumber) -> bool {
        let number = number.to_string();
        let fits = |rule: &Name| match rule.strip_suffix('*') {
            Some(beginning) => number.starts_with(beginning),
            None => number == **rule,
        };
        self.transfer_outside.iter().any(fits)
    }

    /// How long these last together. None: not all are known.
    pub(crate) fn lasts(&self, prompts: &[Name]) -> Option<Duration> {
        let length = |prompt: &Name| self.prompt_lengths.get(prompt);
        let length = |prompt| length(prompt).map(|ms| Duration::from_millis(u64::from(*ms)));
        prompts.iter().map(length).sum()
    }

    /// When a playback of so many prompts counts as stuck.
    pub(crate) fn play_limit(&self, prompts: usize) -> Duration {
        let prompts = u32::try_from(prompts).unwrap_or(u32::MAX);
        self.play_max.saturating_mul(prompts.max(1))
    }
}

fn notice_prompt() -> Name {
    "notice".into()
}

fn transfer_ring() -> Duration {
    Duration::from_secs(30)
}

fn transfer_wait() -> Duration {
    Duration::from_secs(300)
}

fn park_max() -> Duration {
    Duration::from_secs(120)
}

impl Default for Config {
    fn default() -> Self {
        Self {
            pop_budget: Duration::from_millis(300),
            calls_max: 1_000,
            retry_after_secs: 30,
            call_max: Duration::from_secs(4 * 3_600),
            answer_max: Duration::from_secs(40),
            play_max: Duration::from_secs(300),
            prompt_lengths: BTreeMap::new(),
            media_confirm: Duration::from_millis(700),
            requeue_wait_min: Duration::from_secs(60),
            requeues_max: 5,
            sweep_after: Duration::from_secs(60),
            short_abandon: Duration::from_secs(5),
            legs_max: 2_000,
            brief_max: 100,
            busy_prompt: Some("all_busy".into()),
            press: PressLimits::default(),
            lines: Vec::new(),
            requests: true,
            keys_ahead: true,
            messages_begin: true,
            check_listens: true,
            floor: true,
            hand: true,
            resumes: true,
            ladder_told: true,
            told_once: true,
            callbacks: true,
            meets: true,
            asked_whose: true,
            law_opens: true,
            promise_returns: true,
            promises_apart: true,
            requests_shown: true,
            outgoing: true,
            call_tones: Some(CallTones::default()),
            homes: true,
            notice_prompt: notice_prompt(),
            restores: true,
            words_kept: true,
            hand_told: true,
            asked_told: true,
            waits_for_late: true,
            missed: false,
            no_loose_ends: true,
            reserve_helps: true,
            promise_needs: true,
            floor_whole: true,
            limits_whole: true,
            promise_prefix: true,
            note_max: 2_000,
            transfer_outside: Vec::new(),
            follow_redirects: false,
            transfer_ring: transfer_ring(),
            transfer_wait: transfer_wait(),
            park_max: park_max(),
            lost_operator_prompt: "please_wait".into(),
            trouble_prompt: "technical_problem".into(),
            beep_prompt: "beep".into(),
            hold_prompt: "music".into(),
        }
    }
}
