//! Calls of sub-flows: the steps of one are laid out wherever it is called, with the values in the place of its
//! parameters. So everything that is proved of a flow is proved of each call.
use std::borrow::Cow;

use gudok_model::Name;

use super::{Layout, Linker, NO_PARAMS, names};
use crate::condition::params::{Values, asks, substituted};
use crate::condition::{Condition, Wanted};
use crate::decision::{Ack, Announce};
use crate::draft::{
    DraftArgument, DraftCall, DraftSubflow, DraftUtterance, ParamKind, Params, param_of,
};
use crate::flow::What;
use crate::line::Utterance;
use crate::memory::Value;
use crate::read::unknown_param;
use crate::text::{Said, Spot, Word, error, warning};

/// Calls within calls.
const CALLS_DEEP_MAX: usize = 8;

/// Operations of a plan that stand in sub-flows, each counted as often as it is laid out; the same for each sub-flow that
/// is looked at by itself.
const CALLED_OPS_MAX: usize = 20_000;

/// Operations of all sub-flows that are looked at by themselves, with those they call: some seconds of work at worst.
const LOOKED_OPS_MAX: usize = 100_000;

/// A sub-flow that is being laid out.
pub(super) struct Frame<'a> {
    pub(super) name: Name,
    pub(super) params: &'a Params,
    /// What the parameters are; those are missing that nobody gave, and all where the sub-flow is looked at by itself.
    values: Values,
}

impl<'a> Linker<'a, '_, '_> {
    /// Looks at each sub-flow by itself: its mistakes are told once and at their place, called or not.
    pub(super) fn subflows(&mut self) {
        let subflows = self.subflows;
        let mut looked = 0;
        // Whether it leads back to a queue is known where it is called; there it is looked at again.
        let around = std::mem::replace(&mut self.leads_back, true);
        for (name, subflow) in subflows {
            if subflow.steps.is_empty() {
                let ru = format!("подветка «{name}» пуста");
                let en = format!("sub-flow `{name}` is empty");
                self.problems.say(&subflow.at, error("empty_flow", ru, en));
            }
            self.lay_out(name, subflow, Values::new(), &mut Layout::default());
            looked += self.called_ops;
            if self.called_ops > CALLED_OPS_MAX {
                break;
            }
            if looked > LOOKED_OPS_MAX {
                let ru = format!(
                    "подветки слишком велики: вместе с теми, что они вызывают, больше {LOOKED_OPS_MAX} шагов"
                );
                let en = format!("the sub-flows have more than {LOOKED_OPS_MAX} steps together");
                self.problems.say(&subflow.at, error("too_long", ru, en));
                break;
            }
            self.called_ops = 0;
        }
        self.called.clear();
        self.leads_back = around;
    }

    pub(super) fn call(&mut self, call: &DraftCall, at: &Spot, layout: &mut Layout) {
        let (word, subflows) = (&call.name, self.subflows);
        let Some((name, subflow)) = subflows.get_key_value(&*word.text) else {
            return self.no_subflow(word);
        };
        let values = self.arguments(call, name, subflow);
        if self.goes_round(name, word) || self.is_too_deep(word) {
            return;
        }
        self.called.insert(name.clone());
        self.push(What::Call(name.clone()), at, layout);
        self.problems.enter(at.clone());
        self.lay_out(name, subflow, values, layout);
        self.problems.leave();
    }

    fn lay_out(
        &mut self,
        name: &Name,
        subflow: &'a DraftSubflow,
        values: Values,
        layout: &mut Layout,
    ) {
        self.frames.push(Frame {
            name: name.clone(),
            params: &subflow.params,
            values,
        });
        self.steps(&subflow.steps, layout);
        self.frames.pop();
    }

    /// Whether so much was laid out that no more is: calls multiply.
    pub(super) fn is_too_much(&mut self, at: &Spot) -> bool {
        self.called_ops += usize::from(!self.frames.is_empty());
        if self.called_ops == CALLED_OPS_MAX + 1 {
            let ru =
                format!("вызовы подветок слишком велики: вместе больше {CALLED_OPS_MAX} шагов");
            let en =
                format!("the calls of sub-flows have more than {CALLED_OPS_MAX} steps together");
            self.problems.say(at, error("too_long", ru, en));
        }
        self.called_ops > CALLED_OPS_MAX
    }

    fn no_subflow(&mut self, word: &Word) {
        let en = format!("unknown sub-flow {:?}", word.text);
        let said = match self.linked.flow_index.contains_key(&*word.text) {
            true => error(
                "unknown_subflow",
                format!("«{}» — не подветка: из неё не возвращаются", word.text),
                en,
            )
            .remedy(("уйти в неё — goto; подветку начинает шаг params = { … }, хотя бы пустой: params = {}", "to go there, write goto; a sub-flow begins with params = { … }, at least an empty one: params = {}")),
            false => {
                let known: Vec<&Name> = self.subflows.keys().collect();
                let ru = format!("нет такой подветки: «{}»", word.text);
                error("unknown_subflow", ru, en).one_of(&word.text, &known)
            }
        };
        self.problems.say(&word.at, said);
    }

    /// Whether the sub-flow is being laid out already. The circle is told once: where it comes back to its first name.
    fn goes_round(&mut self, name: &Name, word: &Word) -> bool {
        let Some(first) = self.frames.iter().position(|frame| frame.name == *name) else {
            return false;
        };
        let round = self.frames[first..].iter().map(|frame| &frame.name);
        if round.clone().all(|other| name <= other) {
            let names: Vec<&str> = round.chain([name]).map(|name| &**name).collect();
            let names = names.join(" → ");
            let ru = format!("подветки вызывают друг друга по кругу: {names}");
            let said = error(
                "endless",
                ru,
                format!("sub-flows call each other in a circle: {names}"),
            );
            self.problems.say(
                &word.at,
                said.remedy(("уберите один из этих вызовов", "remove one of these calls")),
            );
        }
        true
    }

    fn is_too_deep(&mut self, word: &Word) -> bool {
        if self.frames.len() < CALLS_DEEP_MAX {
            return false;
        }
        let ru = format!("вызовы подветок слишком глубоки: больше {CALLS_DEEP_MAX} один в другом");
        let en = format!("more than {CALLS_DEEP_MAX} calls within each other");
        self.problems.say(&word.at, error("too_long", ru, en));
        true
    }

    /// What the call gives each parameter: all of them, each of its kind, and nothing else.
    fn arguments(&mut self, call: &DraftCall, name: &Name, subflow: &DraftSubflow) -> Values {
        let params = &subflow.params;
        let mut values = Values::new();
        for (word, argument) in &call.with {
            let Some((param, kind)) = params.get_key_value(&*word.text) else {
                let ru = format!("у подветки «{name}» нет параметра «{}»", word.text);
                let en = format!("sub-flow `{name}` has no parameter `{}`", word.text);
                let known: Vec<&Name> = params.keys().collect();
                let said = error("unknown_param", ru, en).one_of(&word.text, &known);
                self.problems.say(&word.at, said);
                continue;
            };
            values.extend(
                self.argument(param, *kind, argument)
                    .map(|value| (param.clone(), value)),
            );
        }
        let given = |param: &Name| call.with.iter().any(|(word, _)| *word.text == **param);
        for (param, kind) in params.iter().filter(|(param, _)| !given(param)) {
            let ru = format!("подветке «{name}» не дан параметр «{param}»");
            let en = format!("sub-flow `{name}` is not given its parameter `{param}`");
            let remedy = (
                format!(
                    "добавьте в вызов with = {{ {param} = … }}: вид {}",
                    kind.word()
                ),
                format!("add with = {{ {param} = … }} to the call: {}", kind.word()),
            );
            let said = error("missing_key", ru, en).remedy(remedy);
            self.problems.say(&call.name.at, said);
        }
        values
    }

    /// A value of this kind, the name of something that is there. None: it was complained of, or is not known yet.
    fn argument(
        &mut self,
        param: &Name,
        kind: ParamKind,
        argument: &DraftArgument,
    ) -> Option<Value> {
        let at = &argument.at;
        if let Value::Text(text) = &argument.value
            && param_of(text).is_some()
        {
            return self.value(text, at, kind);
        }
        if argument.value.kind() != kind.kind() {
            let ru = format!("параметр «{param}» — вида {}, а дано другое", kind.word());
            let en = format!("parameter `{param}` is of the kind {}", kind.word());
            self.problems.say(at, error("wrong_type", ru, en));
            return None;
        }
        let Value::Text(text) = &argument.value else {
            return Some(argument.value.clone());
        };
        let word = Word {
            text: text.clone(),
            at: (**at).clone(),
        };
        let known = match kind {
            ParamKind::Flag | ParamKind::Int | ParamKind::Text => true,
            ParamKind::Flow => self.target(&word).is_some(),
            ParamKind::Queue => self.is_queue(&word),
            ParamKind::Roster => self.roster(&word) != usize::MAX,
            ParamKind::Schedule => self.is_schedule(&word),
            // Whether the pack has it is asked when all phrases of the plan are known.
            ParamKind::Prompt => crate::reader::slug(&word, self.problems).is_some(),
        };
        known.then(|| argument.value.clone())
    }

    /// The value of `param.X` in a place where such a thing must stand. None: it was complained of, or is not known yet.
    fn value(&mut self, text: &str, at: &Spot, wanted: ParamKind) -> Option<Value> {
        let name = param_of(text)?;
        let params = self.frames.last().map_or(&NO_PARAMS, |frame| frame.params);
        let Some(kind) = params.get(name).copied() else {
            // Said when the text was read, or it is said now: nothing of a plan that is used stays without its name.
            if !self.problems.has_errors() {
                self.problems.say(at, unknown_param(name, params));
            }
            return None;
        };
        if kind != wanted {
            let (kind, wanted) = (kind.word(), wanted.word());
            let ru = format!("параметр «{name}» — вида {kind}, а здесь нужен {wanted}");
            let en = format!("parameter `{name}` is of the kind {kind}, {wanted} is needed here");
            self.problems.say(at, error("wrong_type", ru, en));
            return None;
        }
        self.frames.last()?.values.get(name).cloned()
    }

    /// A name of the text, or the one that a parameter gives. None: there is none, or not yet.
    pub(super) fn word<'w>(&mut self, word: &'w Word, kind: ParamKind) -> Option<Cow<'w, Word>> {
        if param_of(&word.text).is_none() {
            return Some(Cow::Borrowed(word));
        }
        match self.value(&word.text, &word.at, kind)? {
            Value::Text(text) => Some(Cow::Owned(Word {
                text,
                at: word.at.clone(),
            })),
            Value::Bool(_) | Value::Int(_) => None,
        }
    }

    /// Prompts with the given ones in their places; `at` is the step that says them.
    pub(super) fn prompts(&mut self, prompts: &[Name], at: &Spot) -> Vec<Name> {
        prompts.iter().map(|name| self.prompt(name, at)).collect()
    }

    pub(super) fn prompt(&mut self, name: &Name, at: &Spot) -> Name {
        if param_of(name).is_none() {
            return name.clone();
        }
        match self.value(name, at, ParamKind::Prompt) {
            Some(Value::Text(prompt)) => prompt.as_str().into(),
            _ => name.clone(),
        }
    }

    pub(super) fn announce(
        &mut self,
        announce: Option<&Announce<DraftUtterance>>,
        at: &Spot,
    ) -> Option<Announce<Utterance>> {
        let announce = announce?;
        Some(announce.saying(self.more(&announce.prompts, at)))
    }

    pub(super) fn ack(
        &mut self,
        ack: Option<&Ack<DraftUtterance>>,
        at: &Spot,
    ) -> Option<Ack<Utterance>> {
        let ack = ack?;
        Some(ack.saying(self.line(&ack.prompts, at)))
    }

    /// An expression whose words are right, as a call asks it: with the values of the parameters. None: complained of.
    pub(super) fn given(
        &mut self,
        word: &Word,
        checked: Condition,
        wanted: Wanted,
        checks: bool,
    ) -> Option<Condition> {
        let Some(frame) = self.frames.last() else {
            return Some(checked);
        };
        // Looked at by itself, a sub-flow has no values yet: its layout is thrown away.
        if !asks(&checked) || frame.values.len() < frame.params.len() {
            return Some(checked);
        }
        let text = substituted(&word.text, &frame.values);
        let known = (self.schedules, self.rosters, self.queues);
        let names = names(known, &self.remembered, &NO_PARAMS, checks);
        match Condition::compiled(&text, wanted, &names, &self.linked.env) {
            Ok(condition) => Some(condition),
            Err(wrong) => {
                let said: Option<Said> = wrong.into_iter().next().map(|(_, said)| said);
                let remedy = (
                    format!("с параметрами этого вызова: {text}"),
                    format!("with the parameters of this call: {text}"),
                );
                if let Some(said) = said {
                    self.problems.say(&word.at, said.and_remedy(remedy));
                }
                None
            }
        }
    }

    pub(super) fn is_queue(&mut self, word: &Word) -> bool {
        let known = self.queues.iter().any(|name| **name == *word.text);
        if !known {
            let ru = format!("нет такой очереди и такой группы: «{}»", word.text);
            let en = format!("unknown queue {:?}", word.text);
            let said = error("unknown_queue", ru, en).one_of(&word.text, self.queues);
            self.problems.say(&word.at, said);
        }
        known
    }

    /// The schedule in whose hours a promise is kept, by its name or by a parameter. None: it was complained of.
    pub(super) fn kept_by(&mut self, word: &Word) -> Option<Name> {
        let word = self.word(word, ParamKind::Schedule)?.into_owned();
        if !self.is_schedule(&word) {
            return None;
        }
        self.used.extend(self.schedules.get(&*word.text));
        Some(word.text.as_str().into())
    }

    fn is_schedule(&mut self, word: &Word) -> bool {
        let known = self.schedules.contains_key(&*word.text);
        if !known {
            self.unknown_schedule(word);
        }
        known
    }

    /// Sub-flows that nothing calls.
    pub(super) fn unused_subflows(&mut self) {
        let subflows = self.subflows;
        for (name, subflow) in subflows {
            if !self.called.contains(name) {
                let ru = format!("подветку «{name}» никто не вызывает");
                let said = warning("unused", ru, format!("nothing calls sub-flow `{name}`"));
                self.problems.say(&subflow.at, said);
            }
        }
    }
}
