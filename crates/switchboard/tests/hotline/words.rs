//! Outputs in the words of a story.
use gudok_model::{CallEvent, CallId, LegId, OfferId, RequestOutcome};
use gudok_switchboard::desk::{CommandResult, DeskEvent};
use gudok_switchboard::output::{DialTarget, Hears};
use gudok_switchboard::{Output, Speaker};

/// One line, or None for what a story does not need.
pub(crate) fn output(output: &Output) -> Option<String> {
    Some(match output {
        Output::Ring { leg } => format!("{} ring", leg_name(*leg)),
        Output::EarlyMedia { leg } => format!("{} early media", leg_name(*leg)),
        Output::Answer { leg } => format!("{} answer", leg_name(*leg)),
        Output::Refuse {
            leg,
            status,
            retry_after_secs,
        } => match retry_after_secs {
            Some(secs) => format!("{} refuse {status} retry {secs} s", leg_name(*leg)),
            None => format!("{} refuse {status}", leg_name(*leg)),
        },
        Output::Dial {
            leg,
            target,
            shown_number,
            shown_name,
            ..
        } => {
            let whom = match target {
                DialTarget::Operator { operator } => operator.to_string(),
                DialTarget::External { number, .. } => number.to_string(),
                DialTarget::Customer { number, cli, .. } => format!("{number} from {cli}"),
            };
            let shown = shown_number.as_ref().map_or("withheld", |n| n.as_str());
            let name = shown_name.as_deref().unwrap_or("no name");
            format!("{} dial {whom} showing {shown}, {name}", leg_name(*leg))
        }
        Output::HangUp { leg, elsewhere } => {
            let why = if *elsewhere {
                ", answered elsewhere"
            } else {
                ""
            };
            format!("{} hang up{why}", leg_name(*leg))
        }
        Output::AnswerRefer { leg, status, .. } => format!("{} refer: {status}", leg_name(*leg)),
        Output::ReferProgress { leg, status, .. } => {
            format!("{} refer goes: {status}", leg_name(*leg))
        }
        Output::Play {
            leg,
            prompts,
            repeat,
            ..
        } => {
            let again = if *repeat { " for ever" } else { "" };
            format!("{} play {}{again}", leg_name(*leg), prompts.join(" "))
        }
        Output::AwaitDigits { leg, on } => {
            format!(
                "{} keys {}",
                leg_name(*leg),
                if *on { "awaited" } else { "not awaited" }
            )
        }
        Output::PlayLost { leg, .. } => format!("{} end of play lost", leg_name(*leg)),
        Output::AwaitHash { leg } => format!("{} hash awaited", leg_name(*leg)),
        Output::StopPlay { leg } => format!("{} silence", leg_name(*leg)),
        Output::Bridge { a, b } => format!("{} bridge {}", leg_name(*a), leg_name(*b)),
        Output::Mix { call, parties } if parties.is_empty() => {
            format!("{} mix ends", call_name(*call))
        }
        Output::Mix { call, parties } => {
            let hears = |it: &Hears| {
                let from: Vec<String> = it.from.iter().map(|leg| leg_name(*leg)).collect();
                format!("{} hears [{}]", leg_name(it.leg), from.join(" "))
            };
            let parties: Vec<String> = parties.iter().map(hears).collect();
            format!("{} mix: {}", call_name(*call), parties.join(", "))
        }
        Output::Identify {
            leg,
            shown_number,
            shown_name,
        } => {
            let shown = shown_number.as_ref().map_or("withheld", |n| n.as_str());
            let name = shown_name.as_deref().unwrap_or("no name");
            format!("{} talks with {shown}, {name}", leg_name(*leg))
        }
        Output::SendKeys { leg, keys } => format!("{} {keys:?}", leg_name(*leg)),
        Output::Unbridge { leg } => format!("{} unbridge", leg_name(*leg)),
        Output::StartRecording { call } => format!("{} record", call_name(*call)),
        Output::PauseRecording { call, on } => {
            let what = if *on { "pause" } else { "go on" };
            format!("{} recording: {what}", call_name(*call))
        }
        Output::RecordConsultation { leg, by, with } => {
            format!("{} word aside recorded: {by} with {with}", leg_name(*leg))
        }
        Output::EndConsultation { leg } => format!("{} word aside is over", leg_name(*leg)),
        Output::MarkRecording { call, mark } => format!("{} mark {mark}", call_name(*call)),
        Output::Lookup { call, deadline, .. } => {
            format!("{} lookup within {deadline:?}", call_name(*call))
        }
        Output::Search {
            call,
            search,
            by,
            value,
            deadline,
        } => {
            let what = format!("search {search} {by}={value}");
            format!("{} {what} within {deadline:?}", call_name(*call))
        }
        Output::Desk { operator, event } => format!("[{operator}] {}", desk(event)),
        Output::DeskResult {
            operator, result, ..
        } => match result {
            CommandResult::Ok => return None,
            CommandResult::Error { code, actual } => {
                let actual = actual.as_deref().unwrap_or("-");
                format!("[{operator}] error {code} in {actual}")
            }
            CommandResult::Denied { rule, place, .. } => {
                let place = place.as_deref().unwrap_or("nowhere");
                format!("[{operator}] denied by {rule} at {place}")
            }
        },
        Output::Forced {
            operator,
            actor,
            result,
            ..
        } => match result {
            CommandResult::Ok => format!("{operator} is forced by {actor}"),
            CommandResult::Error { code, .. } => format!("{operator} is not forced: {code}"),
            CommandResult::Denied { rule, .. } => format!("{operator} is not forced: {rule}"),
        },
        Output::Directed {
            by, result, told, ..
        } => {
            let by = match by {
                Speaker::Operator(who) => format!("page of {who}"),
                Speaker::Admin(who) => format!("admin {who}"),
            };
            match result {
                CommandResult::Ok => {
                    let told = told.map_or_else(String::new, |told| format!(", {told:?}"));
                    format!("{by}: done{told}")
                }
                CommandResult::Error { code, .. } => format!("{by}: {code}"),
                CommandResult::Denied { rule, .. } => format!("{by}: {rule}"),
            }
        }
        Output::Dialled {
            operator, result, ..
        } => format!("{operator} is answered {result:?}"),
        Output::DeskClose { operator, session } => format!("[{operator}] close desk {}", session.0),
        Output::Fact { call, fact } => format!("{} * {}", call_name(*call), self::fact(fact)),
        Output::Floor { .. } => return None,
        Output::Alarm { what, .. } => format!("! {what}"),
        Output::Asked {
            id,
            refused: Some(why),
            ..
        } => format!("{} is refused: {why}", call_name(*id)),
        Output::Asked {
            id, open, is_new, ..
        } => format!(
            "{} stands for {}, new: {is_new}",
            call_name(*open),
            call_name(*id)
        ),
        Output::RefusalDone { result } => format!("no calls: {result:?}"),
        Output::RequestDone { kind, result, .. } => format!("{kind:?} by hand: {result:?}"),
    })
}

fn desk(event: &DeskEvent) -> String {
    match event {
        DeskEvent::State(state) => {
            let reason = state.reason.as_deref().map(|r| format!(" {r}"));
            let next = state.next.as_deref().map(|n| format!(", next {n}"));
            let (reason, next) = (reason.unwrap_or_default(), next.unwrap_or_default());
            format!("{}{reason}{next}", state.display)
        }
        DeskEvent::OfferCreated(card) => {
            let typed = card.answers.iter();
            let typed: String = typed
                .map(|(name, it)| format!(" {name}={}", it.text))
                .collect();
            format!(
                "card {} waited {} ms attempt {} client {}{typed}",
                offer_name(card.offer_id),
                card.call.waited_ms,
                card.call.attempt,
                client(&card.client),
            )
        }
        DeskEvent::OfferUpdated(card) => {
            format!(
                "card {} client {}",
                offer_name(card.offer_id),
                client(&card.client)
            )
        }
        DeskEvent::OfferClosed {
            offer_id, reason, ..
        } => format!("card {} closed: {reason:?}", offer_name(*offer_id)),
        DeskEvent::Ringing { .. } => "phone rings".into(),
        DeskEvent::Dialling { state, .. } => format!("dialling: {state}"),
        DeskEvent::Answered { .. } => "talk begins".into(),
        DeskEvent::Held { .. } => "held".into(),
        DeskEvent::Resumed { .. } => "resumed".into(),
        DeskEvent::Consult { with, state, .. } => format!("asks {with}: {state}"),
        DeskEvent::AskedAside(asked) => {
            let card = asked.card.as_ref();
            let card = card.map_or_else(String::new, |card| {
                format!(", client {}", client(&card.client))
            });
            format!("asked by {}: {}{card}", asked.by, asked.state)
        }
        DeskEvent::Transferred { to, attended, .. } => {
            format!("passed on to {to}, attended: {attended}")
        }
        DeskEvent::Muted { on, .. } => format!("muted: {on}"),
        DeskEvent::SupervisionStarted { by, mode, .. } => format!("{by} is there: {mode:?}"),
        DeskEvent::SupervisionStopped { by, .. } => format!("{by} is gone"),
        DeskEvent::Supervision(own) => {
            let of = own.operator.as_ref().map_or("nobody", |it| it.as_str());
            format!("{:?} of {of}: {}", own.mode, own.state)
        }
        DeskEvent::Parked(it) => format!("parked in {} by {}", it.slot, it.by),
        DeskEvent::CallbackChanged(news) => {
            let end = news.end.as_ref().map_or("", RequestOutcome::word);
            format!("callback {} {end}", news.state.word())
        }
        DeskEvent::CallbackDue(news) => format!("callback due, {}", news.state.word()),
        DeskEvent::Unparked { slot, by, .. } => format!("unparked from {slot} by {by:?}"),
        DeskEvent::Ended { by, .. } => format!("talk ended by {by}"),
        DeskEvent::Rated { mark, solved, .. } => format!("talk rated {mark}, solved {solved:?}"),
        DeskEvent::ClientEnriched { client: c, .. } => format!("client {}", client(c)),
        DeskEvent::RecordingStarted { .. } => "recording".into(),
        DeskEvent::Alert { what, .. } => format!("alert {what}"),
    }
}

fn client(client: &gudok_model::ClientMatch) -> String {
    let name = client.client().map(|client| client.name.clone());
    name.unwrap_or_else(|| {
        let json = serde_json::to_value(client).expect("plain data");
        json["match"].as_str().expect("a tag").to_owned()
    })
}

fn fact(fact: &CallEvent) -> String {
    match fact {
        CallEvent::Arrived { project, .. } => format!("arrived for {project}"),
        CallEvent::Dialled {
            by,
            number,
            purpose,
            cli,
            ..
        } => {
            let by = by.as_ref().map_or("a queue", |by| by.as_str());
            let cli = cli.as_ref().map_or("nothing", |cli| cli.as_str());
            format!("{by} calls {number} for {purpose}, showing {cli}")
        }
        CallEvent::OutboundDenied { rule, .. } => format!("denied by {rule}"),
        CallEvent::Decided { decision, .. } => format!("decided: {decision}"),
        CallEvent::ClientMatched {
            client: c,
            late,
            by,
        } => {
            let by = by.as_ref();
            let by = by.map_or_else(String::new, |by| format!(" by {by}"));
            let late = if *late { ", late" } else { "" };
            format!("client{by} {}{late}", client(c))
        }
        CallEvent::Answered => "answered".into(),
        CallEvent::Acknowledged { taken, .. } => format!("outside: taken {taken}"),
        CallEvent::Typed { answer, digits } => {
            format!(
                "typed {digits:?} for {}",
                answer.as_deref().unwrap_or("the menu")
            )
        }
        CallEvent::MessageBegan { .. } => "a message begins".to_owned(),
        CallEvent::Requested {
            kind,
            number,
            group,
            length_ms,
            waited_ms,
            ..
        } => {
            let number = number.as_ref().map_or("nobody knows", |it| it.as_str());
            let group = group.as_ref().map_or("everybody", |it| it.as_str());
            let length = length_ms.map(|ms| format!(" of {ms} ms"));
            let length = length.unwrap_or_default();
            let waited = waited_ms.map(|ms| format!(" after {ms} ms"));
            let waited = waited.unwrap_or_default();
            format!("OWED {kind:?}{length} for {number} by {group}{waited}")
        }
        CallEvent::Missed {
            number,
            group,
            short,
            ..
        } => {
            let number = number.as_ref().map_or("nobody knows", |it| it.as_str());
            let group = group.as_ref().map_or("everybody", |it| it.as_str());
            let how = if *short { "SHORT" } else { "MISSED" };
            format!("{how} {number} of {group}")
        }
        CallEvent::RequestMoved { kind, to, .. } => format!("{kind:?}: {}", to.told()),
        CallEvent::RequestOver { kind, end, .. } => format!("{kind:?} OVER: {end:?}"),
        CallEvent::CallsRefused { refusal } => {
            let of = refusal.purpose.as_deref().unwrap_or("anything");
            format!("{} WANTS NO CALLS for {of}", refusal.number)
        }
        CallEvent::CallsAllowed { number, .. } => format!("{number} MAY BE CALLED"),
        CallEvent::RequestBack { kind, to, .. } => format!("{kind:?} BACK: {}", to.told()),
        CallEvent::NoticePlayed { notice } => format!("notice {notice} played"),
        CallEvent::Resumed { waited_ms, .. } => {
            format!("RESUMED, waits for {waited_ms} ms")
        }
        CallEvent::KeyInQueue {
            queue,
            key,
            waited_ms,
        } => format!("KEY {key} in {queue} after {waited_ms} ms"),
        CallEvent::Queued { queue, priority } => format!("queued in {queue} at {priority}"),
        CallEvent::Offered {
            offer, operator, ..
        } => format!("offered {} to {operator}", offer_name(*offer)),
        CallEvent::Popped {
            acknowledged,
            took_us,
            ..
        } => format!("popped in {took_us} us, seen: {acknowledged}"),
        CallEvent::LegDialled { leg, .. } => format!("dialled {}", leg_name(*leg)),
        CallEvent::LegRinging { leg } => format!("{} rings", leg_name(*leg)),
        CallEvent::LegAnswered { leg, .. } => format!("{} answered", leg_name(*leg)),
        CallEvent::LegEnded { leg, cause, .. } => format!("{} over: {cause:?}", leg_name(*leg)),
        CallEvent::OfferClosed {
            offer,
            end,
            revoked,
            ..
        } => {
            let why = revoked.map_or(String::new(), |why| format!(", {why:?}"));
            format!("offer {} closed: {end:?}{why}", offer_name(*offer))
        }
        CallEvent::Bridged { b, waited_ms, .. } => {
            format!("bridged with {} after {waited_ms} ms", leg_name(*b))
        }
        CallEvent::Transferred { by, to, attended } => {
            let how = if *attended { "with a word" } else { "blind" };
            format!("{by} passes on to {to}, {how}")
        }
        CallEvent::Muted { leg, on } => format!("{} muted: {on}", leg_name(*leg)),
        CallEvent::Conferenced { parties } => format!("a conference of {}", parties.len()),
        CallEvent::Reprioritised { by, from, to } => format!("{by}: priority {from} to {to}"),
        CallEvent::Assigned { by, to } => format!("{by}: to {to}"),
        CallEvent::AnnouncedByHand { by, text } => format!("{by} says {text}"),
        CallEvent::Supervised { by, mode, on } => format!("{by}: {mode:?}, {on}"),
        CallEvent::Parked { by, slot } => format!("{by} parks in {slot}"),
        CallEvent::Unparked { by, slot } => format!("taken from {slot} by {by:?}"),
        CallEvent::KeysSent { by, count } => format!("{by} presses {count} keys"),
        CallEvent::Held { leg, on } => format!("{} holds: {on}", leg_name(*leg)),
        CallEvent::Surveyed {
            queue, operator, ..
        } => format!("ASKED about {operator} in {queue}"),
        CallEvent::Rated { mark, low, .. } => format!("RATED {mark}, low: {low}"),
        CallEvent::Resolved { solved, .. } => format!("RESOLVED: {solved}"),
        CallEvent::Disposed { operator, code, .. } => format!("{operator} says {code}"),
        CallEvent::WrapUpEnded { operator, took_ms } => {
            format!("{operator} wrapped up in {took_ms} ms")
        }
        CallEvent::Ended {
            outcome,
            termination,
        } => format!(
            "ENDED {outcome:?}: {:?} {}",
            termination.result, termination.reason
        ),
        other => format!("{other:?}"),
    }
}

fn call_name(call: CallId) -> String {
    let number = u32::try_from(call.0.as_u128())
        .ok()
        .and_then(char::from_u32);
    number.unwrap_or('?').to_string()
}

fn leg_name(leg: LegId) -> String {
    match leg.index {
        0 => call_name(leg.call),
        index => format!("{}/{index}", call_name(leg.call)),
    }
}

fn offer_name(offer: OfferId) -> String {
    format!("{}#{}", call_name(offer.call), offer.index)
}
