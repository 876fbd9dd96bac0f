//! A supervisor's words to those who wait in a queue: who hears them, and what is not said. Who may say them is decided before.
use gudok_dialplan::in_locale;
use gudok_model::{Actor, CallEvent, CallId, FloorEvent, Name, Now, QueueId};
use gudok_speech::Locale;

use crate::call::{Call, Phase};
use crate::floor::Rejection;
use crate::supervise::{ANNOUNCED_MAX, refused};
use crate::switchboard::Switchboard;
use crate::whose::Reach;

impl Switchboard {
    /// So many hear it.
    pub(crate) fn announce_to(
        &mut self,
        now: Now,
        (queue, prompts): (QueueId, Vec<Name>),
        reach: &Reach,
        actor: Actor,
    ) -> Result<u32, Rejection> {
        if !(1..=ANNOUNCED_MAX).contains(&prompts.len()) {
            return Err(refused("too_many_prompts"));
        }
        let mut locales = self.locales_of(reach, &queue).into_iter();
        if !locales.all(|locale| self.can_say(locale, &prompts)) {
            return Err(refused("unknown_prompt"));
        }
        let mut heard = 0;
        for id in self.who_waits_in(&queue) {
            if self.reaches_call(reach, id) && self.says_by_hand(now, id, &prompts) {
                let (by, text) = (actor.clone(), prompts.join(", "));
                self.fact(id, CallEvent::AnnouncedByHand { by, text });
                heard += 1;
            }
        }
        self.floor_fact(FloorEvent::AnnouncedTo {
            queue,
            prompts,
            heard,
            actor,
        });
        Ok(heard)
    }

    fn who_waits_in(&self, queue: &QueueId) -> Vec<CallId> {
        let waits = |call: &&Call| match &call.phase {
            Phase::Waiting(wait) => wait.queue == *queue && call.is_open(),
            _ => false,
        };
        self.calls
            .values()
            .filter(waits)
            .map(|call| call.id)
            .collect()
    }

    /// Says it, or will when the words that are heard now are over; false: they do not hear it.
    fn says_by_hand(&mut self, now: Now, id: CallId, prompts: &[Name]) -> bool {
        let Some(call) = self.calls.get(&id) else {
            return false;
        };
        let hears = call.can_hear() && call.offers.is_empty();
        if !hears || !self.can_say(call.number.locale, prompts) {
            return false;
        }
        let Some(call) = self.calls.get_mut(&id) else {
            return false;
        };
        let Phase::Waiting(wait) = &mut call.phase else {
            return false;
        };
        let explains = |intro: &crate::call::Intro| !intro.gives_way && now.mono < intro.until;
        match wait.intro.as_ref().is_some_and(explains) {
            true => wait.then = prompts.to_vec(),
            false => self.say_in_music(now, id, prompts.to_vec()),
        }
        true
    }

    /// Whether each of them is there in this language: the plan says it somewhere, or the pack has it.
    fn can_say(&self, locale: Locale, prompts: &[Name]) -> bool {
        let of_plan = self.plan.as_ref().map(|plan| plan.prompts());
        prompts.iter().all(|prompt| {
            let said = in_locale(locale, prompt);
            self.config.prompt_lengths.contains_key(&said)
                || of_plan.is_some_and(|plan| plan.contains_key(&said))
        })
    }
}
