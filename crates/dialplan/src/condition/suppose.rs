//! A condition of which only some facts are known: surely true, surely false, or both may be.
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators as op};
use cel::common::value::CowVal;
use cel::context::VariableResolver;
use cel::{Context, Env, Value};
use std::sync::Arc;

use super::Condition;
use super::facts::Fact;
use super::vars::Var;

/// What is known of a condition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Tri {
    True,
    /// False, or it cannot be told, which counts as false.
    False,
    Either,
}

impl Tri {
    /// Whether it may hold.
    pub(crate) fn may_hold(self) -> bool {
        self != Self::False
    }

    /// Whether it may not hold.
    pub(crate) fn may_fail(self) -> bool {
        self != Self::True
    }
}

/// What an expression may come to: true, false, an error. One of them at least.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Outcomes {
    yes: bool,
    no: bool,
    error: bool,
}

const YES: Outcomes = Outcomes {
    yes: true,
    no: false,
    error: false,
};
const NO: Outcomes = Outcomes {
    yes: false,
    no: true,
    error: false,
};
const ERROR: Outcomes = Outcomes {
    yes: false,
    no: false,
    error: true,
};
const ANY: Outcomes = Outcomes {
    yes: true,
    no: true,
    error: true,
};

impl Outcomes {
    fn or(self, other: Self) -> Self {
        Self {
            yes: self.yes || other.yes,
            no: self.no || other.no,
            error: self.error || other.error,
        }
    }

    fn not(self) -> Self {
        Self {
            yes: self.no,
            no: self.yes,
            error: self.error,
        }
    }

    /// CEL: false wins over an error on the other side, whichever side that is.
    fn and(self, other: Self) -> Self {
        Self {
            yes: self.yes && other.yes,
            no: self.no || other.no,
            error: (self.error && (other.yes || other.error))
                || (other.error && (self.yes || self.error)),
        }
    }

    fn tri(self) -> Tri {
        match (self.yes, self.no || self.error) {
            (true, false) => Tri::True,
            (false, _) => Tri::False,
            (true, true) => Tri::Either,
        }
    }
}

/// The facts that are known; None for one that is not.
pub(crate) type Known<'a, 'f> = &'a (dyn Fn(&Var) -> Option<Fact<'f>> + Sync);

impl Condition {
    /// What is known of the condition when only these facts are.
    ///
    /// Parts that look only at known facts are evaluated as live ones are; of the rest `&&`, `||`, `!` and `? :` make what
    /// they can. Never surer than it may be: what is true or false here is so whatever the other facts are.
    pub(crate) fn supposed(&self, env: &Arc<Env>, known: Known<'_, '_>) -> Tri {
        let supposition = Supposition {
            vars: &self.vars,
            known,
        };
        let mut context = Context::with_env(Arc::clone(env));
        context.set_variable_resolver(&supposition);
        supposition
            .outcomes(self.program.expression(), &context)
            .tri()
    }
}

struct Supposition<'a, 'f> {
    vars: &'a [(String, Var)],
    known: Known<'a, 'f>,
}

impl Supposition<'_, '_> {
    fn outcomes(&self, expr: &IdedExpr, context: &Context<'_, '_>) -> Outcomes {
        if self.is_known(&expr.expr) {
            return match Value::resolve(expr, context) {
                Ok(Value::Bool(true)) => YES,
                Ok(Value::Bool(false)) => NO,
                Ok(_) | Err(_) => ERROR,
            };
        }
        let Expr::Call(call) = &expr.expr else {
            return ANY;
        };
        match (call.func_name.as_str(), &call.args[..]) {
            (op::LOGICAL_AND, [a, b]) => self.outcomes(a, context).and(self.outcomes(b, context)),
            (op::LOGICAL_OR, [a, b]) => {
                let (a, b) = (self.outcomes(a, context), self.outcomes(b, context));
                a.not().and(b.not()).not()
            }
            (op::LOGICAL_NOT, [a]) => self.outcomes(a, context).not(),
            (op::CONDITIONAL, [asked, yes, no]) => {
                let asked = self.outcomes(asked, context);
                let mut may = if asked.error { ERROR } else { NEVER };
                if asked.yes {
                    may = may.or(self.outcomes(yes, context));
                }
                if asked.no {
                    may = may.or(self.outcomes(no, context));
                }
                may
            }
            (op::EQUALS, [a, b]) if self.is_some_and_empty(a, b) => NO,
            (op::NOT_EQUALS, [a, b]) if self.is_some_and_empty(a, b) => YES,
            _ => ANY,
        }
    }

    /// Whether one of two is a text there is, whatever it is, and the other an empty one.
    fn is_some_and_empty(&self, a: &IdedExpr, b: &IdedExpr) -> bool {
        let is_empty = |expr: &Expr| match expr {
            Expr::Literal(literal) => {
                matches!(literal, LiteralValue::String(text) if text.inner().is_empty())
            }
            _ => false,
        };
        let is_some = |expr: &Expr| {
            let path = path(expr);
            let mut vars = self.vars.iter();
            let var = vars.find(|(known, _)| Some(known) == path.as_ref());
            var.is_some_and(|(_, var)| matches!((self.known)(var), Some(Fact::Some)))
        };
        (is_some(&a.expr) && is_empty(&b.expr)) || (is_empty(&a.expr) && is_some(&b.expr))
    }

    /// Whether an expression looks only at known facts.
    fn is_known(&self, expr: &Expr) -> bool {
        if let Some(path) = path(expr) {
            let var = self.vars.iter().find(|(known, _)| *known == path);
            // A name that is no fact is the variable of a loop, whose list is looked at too.
            let is_told = |fact| !matches!(fact, Fact::Some);
            return var.is_none_or(|(_, var)| (self.known)(var).is_some_and(is_told));
        }
        let all = |list: &[IdedExpr]| list.iter().all(|part| self.is_known(&part.expr));
        match expr {
            Expr::Literal(_) | Expr::Unspecified | Expr::Ident(_) => true,
            Expr::Select(select) => self.is_known(&select.operand.expr),
            Expr::List(list) => all(&list.elements),
            Expr::Call(CallExpr { target, args, .. }) => {
                target
                    .as_ref()
                    .is_none_or(|target| self.is_known(&target.expr))
                    && all(args)
            }
            Expr::Comprehension(of) => [
                &of.iter_range,
                &of.accu_init,
                &of.loop_cond,
                &of.loop_step,
                &of.result,
            ]
            .into_iter()
            .all(|part| self.is_known(&part.expr)),
            Expr::Map(_) | Expr::Struct(_) => false,
        }
    }
}

const NEVER: Outcomes = Outcomes {
    yes: false,
    no: false,
    error: false,
};

/// `a.b.c`; None for anything but names and dots.
fn path(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => {
            Some(format!("{}.{}", path(&select.operand.expr)?, select.field))
        }
        _ => None,
    }
}

impl VariableResolver for Supposition<'_, '_> {
    fn resolve<'b>(&'b self, path: &str) -> Option<CowVal<'b, 'b>> {
        let (_, var) = self.vars.iter().find(|(known, _)| known == path)?;
        (self.known)(var)?.value()
    }
}
