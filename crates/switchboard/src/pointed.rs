//! Where a colleague's phone points (3xx), of calls between operators and consultations. It is followed as of an offer
//! (`decisions/0004`): to people of ours alone, [`POINTED_MAX`] times a call, never in a circle.
use gudok_acd::POINTED_MAX;
use gudok_model::OperatorId;

/// What the phones that were rung for one call have said of it.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Pointed {
    /// Where the one that rings points; its end follows.
    to: Option<OperatorId>,
    /// Whose phones have pointed away, at most one more than are followed.
    away: Vec<OperatorId>,
}

impl Pointed {
    /// The phone that rings points to somebody.
    pub(crate) fn at(&mut self, to: OperatorId) {
        self.to = Some(to);
    }

    /// Who is to be rung next, now that the phone of `asked` is over, for `by`.
    pub(crate) fn next(&mut self, asked: &OperatorId, by: &OperatorId) -> Option<OperatorId> {
        let to = self.to.take()?;
        if self.away.len() >= POINTED_MAX {
            return None;
        }
        self.away.push(asked.clone());
        let again = to == *by || self.away.contains(&to);
        (!again).then_some(to)
    }
}
