//! Numbers: where a call begins, and the zone in which its clock is read.
use gudok_calendar::Zone;
use gudok_model::Name;

use super::{Layout, Linker};
use crate::condition::Condition;
use crate::coverage::STEPS_EXCEEDED;
use crate::draft::DraftNumber;
use crate::flow::{Flow, Op, Target, What};
use crate::plan::Number;
use crate::text::{Said, Word, error, warning};

impl Linker<'_, '_, '_> {
    pub(super) fn number(&mut self, draft: DraftNumber) {
        let texts = self.problems.texts();
        let place = texts.place(&draft.at);
        let index = self.linked.numbers.len();
        for (did, at) in &draft.dids {
            if let Some(first) = self.linked.by_did.insert(did.clone(), index) {
                let first = self
                    .linked
                    .numbers
                    .get(first)
                    .map_or(&place, |number| &number.place);
                let ru = format!("номер {did} уже описан в {first}");
                self.problems.say(
                    at,
                    error(
                        "duplicate",
                        ru,
                        format!("{did} is already defined at {first}"),
                    ),
                );
            }
        }
        let flow = draft.flow.as_ref().and_then(|word| self.target(word));
        let entry = self.entry(&draft, flow);
        let busy = draft.busy.as_ref().and_then(|word| self.target(word));
        let zone = self.zone(&draft);
        let allow_closed = draft
            .allow_closed
            .as_ref()
            .map(|words| self.closing_reasons(words));
        let label = draft
            .label
            .or_else(|| draft.dids.first().map(|(did, _)| did.to_string()));
        let label = label.unwrap_or_default();
        if draft.busy.is_none() {
            let problem = texts.problem(&draft.at, no_busy_flow(&label, allow_closed.as_deref()));
            self.linked.without_busy.push(problem);
        }
        self.linked.numbers.push(Number {
            dids: draft.dids.into_iter().map(|(did, _)| did).collect(),
            label,
            project: draft.project,
            trunk: draft.trunk,
            answer: draft.answer,
            record: draft.record,
            record_consultations: draft.record_consultations,
            locale: draft.locale,
            lookup_deadline: draft.lookup_deadline,
            zone,
            flow: draft.flow.map_or("".into(), |word| word.text.into()),
            schedule: draft.schedule.map(|word| word.text.into()),
            after_hours: draft.after_hours.map(|word| word.text.into()),
            busy: draft.busy.map(|word| word.text.into()),
            allow_closed,
            place,
            entry,
            busy_entry: busy,
        });
    }

    /// The flow a call begins with. A number with a schedule has a small one of its own:
    /// the schedule is asked, and one of the two flows follows.
    fn entry(&mut self, draft: &DraftNumber, flow: Target) -> usize {
        let (Some(schedule), Some(after_hours)) = (&draft.schedule, &draft.after_hours) else {
            if let Some(alone) = draft.schedule.as_ref().or(draft.after_hours.as_ref()) {
                let ru = "«schedule» и «after_hours» пишутся только вместе";
                let said = error(
                    "missing_key",
                    ru,
                    "`schedule` and `after_hours` go together",
                );
                self.problems.say(&alone.at, said);
            }
            return flow.unwrap_or(0);
        };
        let asked = Word {
            text: format!("schedule.{}.open", schedule.text),
            at: schedule.at.clone(),
        };
        let known = self.schedules.contains_key(&*schedule.text);
        let condition = if known {
            self.condition(&asked)
        } else {
            self.unknown_schedule(schedule)
        };
        let closed = self.target(after_hours);
        let Some(condition) = condition else {
            return flow.unwrap_or(0);
        };
        let mut layout = Layout::default();
        self.push(
            What::When {
                condition,
                otherwise: 2,
            },
            &schedule.at,
            &mut layout,
        );
        self.push(What::Goto(flow), &schedule.at, &mut layout);
        self.push(What::Goto(closed), &after_hours.at, &mut layout);
        let entry = self.linked.flows.len();
        // No admin's flow can have such a name.
        let name: Name = format!(
            "@{}",
            draft.dids.first().map_or("", |(did, _)| did.as_str())
        )
        .into();
        self.linked.flow_index.insert(name.clone(), entry);
        self.linked.flows.push(Flow {
            name,
            ops: layout.ops,
        });
        self.linked.spots.push(layout.spots);
        self.linked.flow_spots.push(schedule.at.clone());
        entry
    }

    /// Reasons of closing phrases: only such as some closing phrase has.
    fn closing_reasons(&mut self, words: &[Word]) -> Vec<Name> {
        let ops = self.linked.flows.iter().flat_map(|flow| &flow.ops);
        let reason = |op: &Op| match &op.what {
            What::Close { reason, .. } => Some(reason.clone()),
            _ => None,
        };
        // A way to the limit of steps ends so too.
        let mut known: Vec<Name> = ops.filter_map(reason).collect();
        known.push(STEPS_EXCEEDED.into());
        known.sort_unstable();
        known.dedup();
        for word in words {
            if !known.iter().any(|name| **name == *word.text) {
                let ru = format!("нет закрывающей фразы с причиной «{}»", word.text);
                let en = format!("no closing phrase has the reason {:?}", word.text);
                let said = error("unknown_reason", ru, en).one_of(&word.text, &known);
                self.problems.say(&word.at, said);
            }
        }
        words.iter().map(|word| word.text.as_str().into()).collect()
    }

    pub(super) fn unknown_schedule(&mut self, word: &Word) -> Option<Condition> {
        let ru = format!("нет такого графика: «{}»", word.text);
        let said = error(
            "unknown_schedule",
            ru,
            format!("unknown schedule {:?}", word.text),
        );
        let known: Vec<&Name> = self.schedules.keys().collect();
        self.problems.say(&word.at, said.one_of(&word.text, &known));
        None
    }

    /// The zone of `now`: the number's own, else that of its schedule, else the one all schedules share.
    fn zone(&mut self, draft: &DraftNumber) -> Zone {
        if let Some(zone) = &draft.zone {
            return zone.clone();
        }
        let own = draft
            .schedule
            .as_ref()
            .and_then(|word| self.schedules.get(&*word.text));
        if let Some(index) = own {
            return self.linked.schedules[*index].zone.clone();
        }
        let mut zones = self.linked.schedules.iter().map(|schedule| &schedule.zone);
        match zones.next() {
            Some(first) if zones.all(|zone| zone == first) => first.clone(),
            _ => {
                if self.asks_for_now() {
                    let ru = "в каком часовом поясе читать now? У номера нет «zone»";
                    let said = error(
                        "missing_key",
                        ru,
                        "`now` is used, but the number has no `zone`",
                    );
                    self.problems.say(
                        &draft.at,
                        said.remedy((
                            "добавьте zone = \"Asia/Irkutsk\"",
                            "add zone = \"Asia/Irkutsk\"",
                        )),
                    );
                }
                Zone::utc()
            }
        }
    }

    fn asks_for_now(&self) -> bool {
        let asks = |op: &Op| match &op.what {
            What::When { condition, .. } => condition
                .vars
                .iter()
                .any(|(path, _)| path.starts_with("now.")),
            _ => false,
        };
        self.linked
            .flows
            .iter()
            .flat_map(|flow| &flow.ops)
            .any(asks)
    }
}

fn no_busy_flow(label: &str, allow_closed: Option<&[Name]>) -> Said {
    let ends = match allow_closed.is_none_or(|it| it.iter().any(|reason| **reason == *"all_busy")) {
        true => "услышит «все операторы заняты», и ему не перезвонят",
        false => "получит отказ: allow_closed не разрешает all_busy",
    };
    let ru = format!("номер «{label}»: нет ветки busy: звонок сверх того, что успеваем, {ends}");
    let en =
        format!("number {label:?} has no `busy` flow: calls beyond the limits are owed nothing");
    warning("no_busy_flow", ru, en).remedy((
        "добавьте busy = \"busy\" и ветку [[flow.busy]] close = [\"all_busy\", \"callback_promise\"]: перезвонить обещаем, заявка в gudok requests",
        "add busy = \"busy\" and the flow [[flow.busy]] close = [\"all_busy\", \"callback_promise\"]: a call back is promised, see gudok requests",
    ))
}
