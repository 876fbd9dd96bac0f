//! Menus, questions and variables: what a plan remembers, and how the steps are laid out.
use std::collections::{BTreeMap, BTreeSet};

use cel::Env;
use gudok_model::Name;

use super::{Layout, Linker, NO_PARAMS};
use crate::condition::{Condition, Names, Wanted};
use crate::draft::{Action, Draft, DraftAsk, DraftMenu, DraftQuestion, DraftValue, Params};
use crate::flow::{AskOp, Assign, Assigned, MenuOp, Question, What};
use crate::memory::{Kind, NAMES_MAX};
use crate::promise::CALLBACK_NUMBER;
use crate::text::{Problems, Spot, Word, error};

/// The names of answers and variables.
#[derive(Default)]
pub(super) struct Remembered {
    pub(super) answers: BTreeSet<Name>,
    /// None: of a type that cannot be told, which is complained of.
    pub(super) vars: BTreeMap<Name, Option<Kind>>,
}

/// One variable of a `set`, and the parameters of the flow it stands in.
type SetIn<'a> = (&'a Word, &'a DraftValue, &'a Params);

/// Gathers them over all flows. A variable may be set from another one, so types are found out in rounds.
pub(super) fn remembered(
    draft: &Draft,
    (schedules, rosters): (&BTreeMap<Name, usize>, &BTreeMap<Name, usize>),
    queues: &[Name],
    env: &Env,
    problems: &mut Problems<'_>,
) -> Remembered {
    let mut found = Remembered::default();
    let mut sets: Vec<SetIn<'_>> = Vec::new();
    let subflows = draft.subflows.values().map(|it| (&it.params, &it.steps));
    let flows = draft.flows.values().map(|it| (&NO_PARAMS, &it.steps));
    for (params, steps) in flows.chain(subflows) {
        for step in steps {
            step.each(&mut |step| match &step.action {
                Action::Ask(ask) => {
                    found.answers.insert(ask.name.clone());
                }
                Action::Callback(_) => {
                    found.answers.insert(CALLBACK_NUMBER.into());
                }
                Action::Set(list) => {
                    sets.extend(list.iter().map(|(name, value)| (name, value, params)));
                }
                _ => {}
            });
        }
    }
    for (name, ..) in &sets {
        found.vars.insert(name.text.as_str().into(), None);
    }
    too_many(&found, &sets, problems);
    // Each round finds at least one more, or the rest goes in a circle.
    for _ in 0..found.vars.len().min(NAMES_MAX) {
        let before = found.vars.clone();
        for (name, value, params) in &sets {
            let names = Names {
                params,
                schedules,
                rosters,
                queues,
                answers: &found.answers,
                vars: &found.vars,
                checks: false,
            };
            let kind = kind_of(value, &names, env);
            if let (Some(known), Some(kind)) = (found.vars.get_mut(&*name.text), kind) {
                known.get_or_insert(kind);
            }
        }
        if found.vars == before {
            break;
        }
    }
    found
}

fn kind_of(value: &DraftValue, names: &Names<'_>, env: &Env) -> Option<Kind> {
    match value {
        DraftValue::Fixed(value) => Some(value.kind()),
        DraftValue::Told(word) => Condition::compiled(&word.text, Wanted::Value, names, env)
            .ok()?
            .ty
            .kind(),
    }
}

fn too_many(found: &Remembered, sets: &[SetIn<'_>], problems: &mut Problems<'_>) {
    let Some((word, ..)) = sets.last().filter(|_| found.vars.len() > NAMES_MAX) else {
        return;
    };
    let ru = format!("слишком много переменных: больше {NAMES_MAX}");
    let en = format!("more than {NAMES_MAX} variables");
    problems.say(&word.at, error("too_long", ru, en));
}

impl Linker<'_, '_, '_> {
    /// `menu` with branches A, B and `otherwise` C becomes: menu · A · go to the end · B · go to the end · C.
    pub(super) fn menu(&mut self, menu: &DraftMenu, at: &Spot, layout: &mut Layout) {
        let asked = layout.ops.len();
        self.push(What::Lookup, at, layout);
        let (mut keys, mut leaves) = (BTreeMap::new(), Vec::new());
        for (key, branch) in &menu.keys {
            keys.insert(*key, layout.ops.len());
            self.branch(branch, at, layout);
            leaves.push(layout.ops.len());
            self.push(What::Jump(0), at, layout);
        }
        let question = self.question(&menu.question, at, layout);
        let end = layout.ops.len();
        for leave in leaves {
            layout.ops[leave].what = What::Jump(end);
        }
        layout.ops[asked].what = What::Menu(MenuOp::new(question, None, keys));
    }

    /// `ask` with `otherwise` C becomes: ask · C; it goes on behind C with an answer that is good.
    pub(super) fn ask(&mut self, ask: &DraftAsk, at: &Spot, layout: &mut Layout) {
        if self.remembered.answers.len() > NAMES_MAX {
            let ru = format!("слишком много вопросов: больше {NAMES_MAX} имён");
            let said = error("too_long", ru, format!("more than {NAMES_MAX} answers"));
            self.problems.say(at, said);
        }
        let check = ask.check.as_ref();
        let check = check.and_then(|word| self.expression(word, Wanted::Truth, true));
        let asked = layout.ops.len();
        self.push(What::Lookup, at, layout);
        let question = self.question(&ask.question, at, layout);
        layout.ops[asked].what = What::Ask(Box::new(AskOp {
            name: ask.name.clone(),
            question,
            least: ask.least,
            check,
            phone: false,
            valid: layout.ops.len(),
        }));
    }

    /// Lays out what comes after the last try.
    fn question(&mut self, draft: &DraftQuestion, at: &Spot, layout: &mut Layout) -> Question {
        let otherwise = layout.ops.len();
        self.lay_otherwise(draft, at, layout);
        Question {
            prompts: self.line(&draft.prompts, at),
            keys: draft.keys,
            tries: draft.tries,
            on_invalid: self.more(&draft.on_invalid, at),
            on_timeout: self.more(&draft.on_timeout, at),
            otherwise,
        }
    }

    pub(super) fn lay_otherwise(&mut self, draft: &DraftQuestion, at: &Spot, layout: &mut Layout) {
        match &draft.otherwise {
            Some(branch) => self.branch(branch, at, layout),
            None => {
                let target = self.exit("otherwise", None, at);
                self.push(What::Goto(target), at, layout);
            }
        }
    }

    pub(super) fn set(&mut self, list: &[(Word, DraftValue)]) -> What {
        let assigns = list
            .iter()
            .filter_map(|(name, value)| self.assign(name, value));
        What::Set(assigns.collect())
    }

    fn assign(&mut self, name: &Word, value: &DraftValue) -> Option<Assign> {
        let (value, found) = match value {
            DraftValue::Fixed(value) => (Assigned::Fixed(value.clone()), Some(value.kind())),
            DraftValue::Told(word) => {
                let told = self.expression(word, Wanted::Value, false)?;
                let kind = told.ty.kind();
                (Assigned::Told(told), kind)
            }
        };
        let known = self.remembered.vars.get(&*name.text).copied().flatten();
        match (known, found) {
            (Some(known), Some(found)) if known == found => Some(Assign {
                name: name.text.as_str().into(),
                kind: known,
                value,
            }),
            (None, _) | (_, None) => {
                let ru = format!(
                    "неясно, что такое «{}»: задана лишь через саму себя",
                    name.text
                );
                let en = format!("`{}` is set from itself alone", name.text);
                let remedy = (
                    "задайте её сначала значением: set = { имя = 0 }",
                    "set it to a value first: set = { name = 0 }",
                );
                self.problems
                    .say(&name.at, error("wrong_type", ru, en).remedy(remedy));
                None
            }
            (Some(_), Some(_)) => {
                let ru = format!("«{}» в другом месте — другого вида", name.text);
                let en = format!("`{}` has another type elsewhere", name.text);
                let remedy = (
                    "у переменной один вид во всём плане: да/нет, число или строка",
                    "a variable has one type in the whole plan: bool, integer or string",
                );
                self.problems
                    .say(&name.at, error("wrong_type", ru, en).remedy(remedy));
                None
            }
        }
    }
}
