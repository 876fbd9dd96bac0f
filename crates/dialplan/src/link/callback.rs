//! How the offer to call back is laid out: menus, a question and promises, so that whatever is proved of those holds of it.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{Name, Owed};

use super::{Layout, Linker};
use crate::condition::Wanted;
use crate::decision::Keys;
use crate::draft::{DraftCallback, DraftQuestion, DraftUtterance};
use crate::flow::{AskOp, MenuOp, PromiseOp, Question, What};
use crate::promise::CALLBACK_NUMBER;
use crate::text::{Spot, Word};
use crate::typed::KeySet;

/// Who has such a number is offered to be called at it; anybody else is asked for one.
const HAS_A_NUMBER: &str = r#"!caller.anonymous && caller.kind in ["mobile", "geo"]"#;

/// How often a number may be typed anew after it was heard: once.
const ROUNDS: usize = 2;

/// How a number is typed: with or without 8, and with the country's code behind 8 10 or 00, which is refused with words.
const DIGITS: (u8, u8) = (10, 15);

impl Linker<'_, '_, '_> {
    /// Has a number? · menu: own → promise, another → asked for · promise · ask · menu: right → promise, wrong → ask again ·
    /// promise · ask · menu · promise · `otherwise`.
    pub(super) fn callback(&mut self, draft: &DraftCallback, at: &Spot, layout: &mut Layout) {
        let owed = (self.owed(&draft.owed), draft.keep_place);
        let has_number = Word {
            text: HAS_A_NUMBER.into(),
            at: at.clone(),
        };
        let condition = self.expression(&has_number, Wanted::Truth, false);
        let begin = layout.ops.len();
        // When, menu, promise; then three of each round; then what is left to do.
        let asked = begin + 3;
        let otherwise = asked + 3 * ROUNDS;
        let offered = Question {
            otherwise,
            ..self.asked(&draft.question, &draft.question.prompts, at)
        };
        self.push(What::Jump(begin + 1), at, layout);
        self.menu_op(
            offered,
            None,
            [(draft.own, begin + 2), (draft.other, asked)],
            at,
            layout,
        );
        self.promise(&owed, None, &draft.thanks, at, layout);
        for round in 0..ROUNDS {
            let ask = asked + 3 * round;
            // The last round leads on as silence does.
            self.ask_number(draft, ask + 1, otherwise, at, layout);
            let checked = Question {
                otherwise,
                ..self.asked(&draft.question, &draft.check, at)
            };
            let keys = [(draft.own, ask + 2), (draft.other, ask + 3)];
            self.menu_op(checked, Some(CALLBACK_NUMBER.into()), keys, at, layout);
            self.promise(
                &owed,
                Some(CALLBACK_NUMBER.into()),
                &draft.thanks,
                at,
                layout,
            );
        }
        // Who waits in a queue and does not want it goes on as after the step: back to their place.
        if draft.question.otherwise.is_some() || !self.leads_back {
            self.lay_otherwise(&draft.question, at, layout);
        }
        if let Some(condition) = condition {
            layout.ops[begin].what = What::When {
                condition,
                otherwise: asked,
            };
        }
    }

    fn menu_op(
        &mut self,
        question: Question,
        reads: Option<Name>,
        keys: [(char, usize); 2],
        at: &Spot,
        layout: &mut Layout,
    ) {
        let menu = MenuOp::new(question, reads, BTreeMap::from(keys));
        self.push(What::Menu(menu), at, layout);
    }

    fn ask_number(
        &mut self,
        draft: &DraftCallback,
        valid: usize,
        otherwise: usize,
        at: &Spot,
        layout: &mut Layout,
    ) {
        let keys = Keys {
            most: DIGITS.1,
            end: Some('#'),
            first: Duration::from_secs(10),
            between: Duration::from_secs(4),
            barge_in: true,
            type_ahead: false,
            has: KeySet::default(),
        };
        let ask = AskOp {
            name: CALLBACK_NUMBER.into(),
            question: Question {
                keys,
                on_invalid: vec!["callback_wrong".into()],
                otherwise,
                ..self.asked(&draft.question, &draft.number, at)
            },
            least: DIGITS.0,
            check: None,
            phone: true,
            valid,
        };
        self.push(What::Ask(Box::new(ask)), at, layout);
    }

    fn promise(
        &mut self,
        (owed, keep_place): &(Owed, bool),
        typed: Option<Name>,
        thanks: &[DraftUtterance],
        at: &Spot,
        layout: &mut Layout,
    ) {
        let promise = PromiseOp {
            owed: owed.clone(),
            keep_place: *keep_place,
            typed,
            thanks: self.more(thanks, at),
        };
        self.push(What::Promise(promise), at, layout);
    }

    /// As the offer is put, with these words.
    fn asked(&mut self, draft: &DraftQuestion, prompts: &[DraftUtterance], at: &Spot) -> Question {
        Question {
            prompts: self.line(prompts, at),
            keys: draft.keys,
            tries: draft.tries,
            on_invalid: self.more(&draft.on_invalid, at),
            on_timeout: self.more(&draft.on_timeout, at),
            otherwise: 0,
        }
    }
}
