//! Why not you: the words for everybody who was not chosen.
use gudok_model::{CallId, Mono, OperatorId, Reason, Strategy};

use crate::acd::Acd;
use crate::call::{Call, RefusalKind};
use crate::group::Group;
use crate::operator::{Intent, Operator, Work};
use crate::queue::Queue;
use crate::reason::reason;
use crate::sticky::waits_for;

impl Acd {
    /// Why each member of the call's group, and of those that the ladder of its queue adds, is not offered it now, Russian, in the group's order.
    /// Empty if the call is in no queue.
    pub fn explain(&self, call: CallId) -> Vec<(OperatorId, Reason)> {
        let Some(known) = self.calls.get(&call) else {
            return Vec::new();
        };
        let queue = known
            .waiting()
            .and_then(|waiting| self.queues.get(&waiting.queue));
        let Some(queue) = queue else {
            return Vec::new();
        };
        let mut told: Vec<(OperatorId, Reason)> = Vec::new();
        for group in queue.groups().filter_map(|id| self.groups.get(id)) {
            let mut members: Vec<_> = group.places.iter().collect();
            members.sort_unstable_by_key(|(_, place)| **place);
            for (id, _) in members {
                if told.iter().all(|(known, _)| known != id) {
                    let class = queue.open.class(call);
                    let lacks = || self.skills.lack(id, (queue, class), &self.expiries);
                    let later = || self.is_later(call, queue, group);
                    let why = self.why_not(call, known, id).or_else(lacks).or_else(later);
                    let why = why.unwrap_or_else(|| self.held_back(known, group.settings.strategy));
                    told.push((id.clone(), why));
                }
            }
        }
        told
    }

    /// Of a group that is not asked yet.
    fn is_later(&self, call: CallId, queue: &Queue, group: &Group) -> Option<Reason> {
        if Self::is_asked(queue, group, queue.open.rung(call)) {
            return None;
        }
        let after = queue.added_after(&group.settings.id)?.as_secs();
        let text = format!(
            "свободен, но группа «{}» подключается с {after}-й секунды ожидания",
            group.settings.id
        );
        Some(reason("added_later", text))
    }

    /// None: they could take it.
    fn why_not(&self, id: CallId, call: &Call, operator: &OperatorId) -> Option<Reason> {
        let Some(who) = self.operators.get(operator) else {
            return Some(reason("unknown_operator", "нет в списке операторов"));
        };
        if who.session.is_none() {
            return Some(reason("logged_out", "не на рабочем месте"));
        }
        busy(id, who)
            .or_else(|| unavailable(who))
            .or_else(|| refused(call, operator, self.now))
    }

    /// Of somebody who could take it.
    fn held_back(&self, call: &Call, strategy: Strategy) -> Reason {
        if self.draining {
            return reason(
                "draining",
                "сервер завершает работу: новые вызовы не распределяются",
            );
        }
        if call.waiting().is_some_and(|waiting| waiting.aside) {
            return reason("aside", "свободен, но звонящий сейчас отвечает на вопросы");
        }
        if let Some(text) = waits_for(call, self.now) {
            return reason("sticky_first", text);
        }
        if call.offers.is_empty() {
            return reason("free", "свободен");
        }
        if call.waiting().is_some_and(|waiting| waiting.only) {
            return reason("named_only", "свободен, но звонок только для названного");
        }
        if call
            .waiting()
            .is_some_and(|waiting| !waiting.named.is_empty())
        {
            return reason("named_first", "свободен, но сначала спрашивают названного");
        }
        let text = match strategy {
            Strategy::LongestIdle => "свободен не дольше того, кому предложили",
            Strategy::RoundRobin => "свободен, но его очередь по кругу позже",
            Strategy::Linear => "свободен, но в списке группы стоит ниже",
            Strategy::RingAll => "свободен, но больше телефонов одному вызову не звонит",
            Strategy::FewestCalls => "свободен, но разговоров у него за смену не меньше",
            Strategy::LeastTalk => "свободен, но говорил за смену не меньше",
            Strategy::LeastOccupied => "свободен, но за смену занят не меньше",
            Strategy::Random | Strategy::WeightedRandom => "свободен, но жребий выпал другому",
            Strategy::Progressive => "свободен, но телефоны звонят по одному и его черёд позже",
        };
        reason("another_first", text)
    }
}

fn busy(call: CallId, who: &Operator) -> Option<Reason> {
    Some(match &who.work {
        Work::Idle if who.kept => reason("kept", "ждёт клиента, которому звонил"),
        Work::Idle if who.engaged.is_some() => reason("engaged", "говорит с другим оператором"),
        Work::Idle => return None,
        Work::Reserved(ring) | Work::Ringing(ring) if ring.offer.call == call => {
            reason("offered", "этот звонок предлагается сейчас")
        }
        Work::Reserved(_) | Work::Ringing(_) => reason("ringing", "звонит другой вызов"),
        Work::Talking(_) | Work::Hold(_) => reason("talking", "разговаривает"),
        Work::WrapUp(_) => reason("wrap_up", "поствызывная обработка"),
        Work::Out(_) => reason("dialing", "звонит клиенту сам"),
    })
}

fn unavailable(who: &Operator) -> Option<Reason> {
    if let Intent::NotReady(why) = &who.intent {
        return Some(reason("not_ready", format!("не готов: {why}")));
    }
    if !who.endpoint.phone || who.endpoint.phone_failed_until.is_some() {
        return Some(reason("phone_down", "телефон не на связи"));
    }
    if !who.endpoint_up() {
        return Some(reason("desk_down", "рабочее место не на связи"));
    }
    if let Some(capped) = &who.capped {
        let text = format!("ограничение «{}»: {}", capped.policy, capped.why);
        return Some(reason("capped", text));
    }
    let cooling = who.cooldown_until.map(|_| "пауза после отказа от звонка");
    cooling.map(|text| reason("cooldown", text))
}

fn refused(call: &Call, operator: &OperatorId, now: Mono) -> Option<Reason> {
    let refusal = call.past.refusal(operator, now)?;
    let left = refusal.until.since(now).as_secs();
    let (code, what) = match refusal.why {
        RefusalKind::Rejected => ("refused_recently", "отказался от этого звонка"),
        RefusalKind::Missed => ("missed_recently", "не ответил на этот звонок"),
        RefusalKind::Talked => ("talked_before", "передал этот звонок"),
    };
    Some(reason(code, format!("{what}, помним ещё {left} с")))
}
