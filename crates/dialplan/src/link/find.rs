//! A search of the client by something that the caller said: how its branches are laid out.
use super::{Layout, Linker};
use crate::condition::{Condition, Type, Wanted};
use crate::draft::{Branch, DraftFind};
use crate::flow::{FindOp, Ways, What};
use crate::text::{Spot, Word, error};

impl Linker<'_, '_, '_> {
    /// A search with branches A, B and C becomes: search · A · go to the end · B · go to the end · C; it goes on at the end where
    /// one is found, and where there is no branch.
    pub(super) fn find(&mut self, find: &DraftFind, at: &Spot, layout: &mut Layout) {
        let value = self.searched(&find.value);
        let asked = layout.ops.len();
        self.push(What::Lookup, at, layout);
        let mut leaves = Vec::new();
        let mut lay = |branch: &Option<Branch>| {
            let branch = branch.as_ref()?;
            let begin = layout.ops.len();
            self.branch(branch, at, layout);
            leaves.push(layout.ops.len());
            self.push(What::Jump(0), at, layout);
            Some(begin)
        };
        let (none, many) = (lay(&find.on_none), lay(&find.on_many));
        let error = lay(&find.on_error);
        let end = layout.ops.len();
        for leave in leaves {
            layout.ops[leave].what = What::Jump(end);
        }
        let Some(value) = value else { return };
        let on = |begin: Option<usize>| begin.unwrap_or(end);
        layout.ops[asked].what = What::Find(Box::new(FindOp {
            value,
            by: find.by.clone(),
            within: find.within,
            ways: Ways {
                one: end,
                none: on(none),
                many: on(many),
                error: on(error),
            },
        }));
    }

    /// The expression; one that is never a text is complained of.
    fn searched(&mut self, word: &Word) -> Option<Condition> {
        let value = self.expression(word, Wanted::Said, false)?;
        if !matches!(value.ty, Type::Any | Type::Text | Type::Phone | Type::Int) {
            let ru = format!("искать можно текст или число, а это: {}", value.ty.spoken());
            let en = format!(
                "cannot search for a value of the type {}",
                value.ty.english()
            );
            let said = error("wrong_type", ru, en);
            let remedy = (
                "нужно то, что набрал звонящий: \"answer.account\"",
                "say what the caller typed: \"answer.account\"",
            );
            self.problems.say(&word.at, said.remedy(remedy));
            return None;
        }
        Some(value)
    }
}
