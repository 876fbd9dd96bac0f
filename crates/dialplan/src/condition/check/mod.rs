//! Names and types of a condition, proved over its syntax tree before any call sees it.
mod complaint;

use cel::Program;
use cel::common::ast::{
    CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, SelectExpr, operators as op,
};

use crate::condition::vars::{Found, Names, ROOTS, Type, Var};
use crate::condition::{Wanted, Wrong};
use crate::text::error;
use complaint::unknown;

/// Lists gone through within lists gone through: the cost of a condition stays within its length squared.
const LOOPS_MAX: usize = 1;

/// What is known of an expression whose words are right.
pub(super) struct Checked {
    /// The facts it looks at, by their paths.
    pub(super) vars: Vec<(String, Var)>,
    /// What it gives.
    pub(super) ty: Type,
}

/// The facts a condition looks at, and what it gives.
///
/// # Errors
/// What is wrong, with its place in characters. Checking goes on after an error in another part.
pub(super) fn check(
    program: &Program,
    wanted: Wanted,
    names: &Names<'_>,
) -> Result<Checked, Vec<Wrong>> {
    let mut checker = Checker {
        program,
        names,
        scope: Vec::new(),
        loops: 0,
        vars: Vec::new(),
        wrong: Vec::new(),
    };
    let root = program.expression();
    let ty = checker.infer(root);
    let at = 0..program.source_info().source.chars().count();
    match wanted {
        Wanted::Truth if !matches!(ty, Type::Bool | Type::Any) => {
            let ru = format!(
                "условие должно отвечать «да» или «нет», а здесь {}",
                ty.spoken()
            );
            let en = format!("a condition must be a bool, this is {}", ty.english());
            let said = error("wrong_type", ru, en).remedy((
                "сравните значение: ==, !=, <, >, in",
                "compare the value: ==, !=, <, >, in",
            ));
            checker.wrong.push((at, said));
        }
        Wanted::Value if ty != Type::Any && ty.kind().is_none() => {
            let ru = format!("в переменной такое не хранится: {}", ty.spoken());
            let en = format!("a variable cannot be a {}", ty.english());
            let remedy = (
                "в переменной — да/нет, целое число или строка",
                "a variable holds a bool, an integer or a string",
            );
            checker
                .wrong
                .push((at, error("wrong_type", ru, en).remedy(remedy)));
        }
        Wanted::Said if ty != Type::Any && ty.kind().is_none() => {
            let ru = format!("вслух такого не сказать: {}", ty.spoken());
            let en = format!("a {} cannot be said", ty.english());
            let remedy = (
                "говорят целые числа и строки; дробное — int(…)",
                "integers and strings can be said; of a fraction say int(…)",
            );
            checker
                .wrong
                .push((at, error("wrong_type", ru, en).remedy(remedy)));
        }
        Wanted::Truth | Wanted::Value | Wanted::Said => {}
    }
    if checker.wrong.is_empty() {
        Ok(Checked {
            vars: checker.vars,
            ty,
        })
    } else {
        Err(checker.wrong)
    }
}

struct Checker<'a> {
    program: &'a Program,
    names: &'a Names<'a>,
    scope: Vec<(String, Type)>,
    loops: usize,
    vars: Vec<(String, Var)>,
    wrong: Vec<Wrong>,
}

impl Checker<'_> {
    fn infer(&mut self, expr: &IdedExpr) -> Type {
        match &expr.expr {
            Expr::Literal(literal) => self.literal(expr, literal),
            Expr::Ident(name) => self.ident(expr, name),
            Expr::Select(select) => self.select(expr, select),
            Expr::Call(call) => self.call(expr, call),
            Expr::List(list) => {
                let mut of = Type::Any;
                for element in &list.elements {
                    let ty = self.infer(element);
                    self.must_meet(element, &of, &ty);
                    of = if of == Type::Any { ty } else { of };
                }
                Type::List(Box::new(of))
            }
            Expr::Comprehension(comprehension) => self.comprehension(expr, comprehension),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => self.unsupported(expr, "{…}"),
        }
    }

    fn literal(&mut self, expr: &IdedExpr, literal: &LiteralValue) -> Type {
        match literal {
            LiteralValue::Boolean(_) => Type::Bool,
            LiteralValue::Int(_) => Type::Int,
            LiteralValue::Double(_) => Type::Double,
            LiteralValue::String(_) => Type::Text,
            LiteralValue::UInt(_) => self.unsupported(expr, "числа с «u»"),
            LiteralValue::Bytes(_) => self.unsupported(expr, "байтовые строки"),
            LiteralValue::Null => self.unsupported(expr, "null"),
        }
    }

    fn ident(&mut self, expr: &IdedExpr, name: &str) -> Type {
        let local = self.scope.iter().rev().find(|(known, _)| known == name);
        match local {
            Some((_, ty)) => ty.clone(),
            None => self.path(expr, &[name]),
        }
    }

    fn select(&mut self, expr: &IdedExpr, select: &SelectExpr) -> Type {
        if select.test {
            let operand = self.infer(&select.operand);
            if !matches!(operand, Type::Fields | Type::Any) {
                let said = error(
                    "wrong_type",
                    "has(…) спрашивает только о поле клиента",
                    "has(…) asks for a field of the client only",
                );
                self.complain(
                    expr,
                    said.remedy((
                        "например has(client.field.tariff)",
                        "for example has(client.field.tariff)",
                    )),
                );
            }
            return Type::Bool;
        }
        match path_of(expr) {
            Some(path) if !self.scope.iter().any(|(known, _)| *known == path[0]) => {
                self.path(expr, &path)
            }
            _ => {
                self.infer(&select.operand);
                self.unsupported(expr, &format!("«.{}» у значения", select.field))
            }
        }
    }

    /// A fact by its path.
    fn path(&mut self, expr: &IdedExpr, path: &[&str]) -> Type {
        match self.names.find(path) {
            Found::Fact { var, ty, words } if words == path.len() => {
                let path = path.join(".");
                if !self.vars.iter().any(|(known, _)| *known == path) {
                    self.vars.push((path, var));
                }
                ty
            }
            Found::Fact { ty, words, .. } => {
                let (whole, word) = (path[..words].join("."), path[words]);
                let ru = format!("у «{whole}» нет частей: это {}", ty.spoken());
                let en = format!("`{whole}` has no `{word}`: it is a {}", ty.english());
                self.complain_at(
                    self.word_range(expr, path, words),
                    error("unknown_fact", ru, en),
                );
                Type::Any
            }
            Found::Unfinished { next } => {
                let whole = path.join(".");
                let said = error(
                    "unknown_fact",
                    format!("«{whole}» — ещё не значение: после точки нужно слово"),
                    format!("`{whole}` is not a value yet: a word must follow"),
                );
                self.complain(expr, said.one_of("", &next));
                Type::Any
            }
            Found::Unknown { word, allowed } => {
                let (code, ru, en) = unknown(path, word);
                let said = error(code, ru, en).one_of(path[word], &allowed);
                self.complain_at(self.word_range(expr, path, word), said);
                Type::Any
            }
        }
    }

    fn call(&mut self, expr: &IdedExpr, call: &CallExpr) -> Type {
        let parts: Vec<&IdedExpr> = call
            .target
            .as_deref()
            .into_iter()
            .chain(&call.args)
            .collect();
        let types: Vec<Type> = parts.iter().map(|part| self.infer(part)).collect();
        let method = call.target.is_some();
        match (call.func_name.as_str(), method, &parts[..], &types[..]) {
            (op::EQUALS | op::NOT_EQUALS, _, [a, b], [at, bt]) => {
                self.must_meet(expr, at, bt);
                self.words(at, b);
                self.words(bt, a);
                Type::Bool
            }
            (op::IN, _, [a, b], [at, bt]) => self.is_in(expr, (a, at), (b, bt)),
            (op::LESS | op::LESS_EQUALS | op::GREATER | op::GREATER_EQUALS, _, _, [at, bt]) => {
                let ordered = |t: &Type| t.is_number() || t.is_text();
                if !(ordered(at) && ordered(bt)) {
                    return self.mismatch(expr, &call.func_name, &types, Type::Bool);
                }
                self.must_meet(expr, at, bt);
                Type::Bool
            }
            (op::LOGICAL_AND | op::LOGICAL_OR | op::LOGICAL_NOT | op::NOT_STRICTLY_FALSE, ..) => {
                for (part, ty) in parts.iter().zip(&types) {
                    self.must_be_bool(part, ty);
                }
                Type::Bool
            }
            (op::CONDITIONAL, _, [c, ..], [ct, at, bt]) => {
                self.must_be_bool(c, ct);
                self.must_meet(expr, at, bt);
                if *at == Type::Any {
                    bt.clone()
                } else {
                    at.clone()
                }
            }
            (op::INDEX, _, [_, key], [Type::Fields | Type::Any, kt]) if kt.is_text() => {
                let _ = key;
                Type::Text
            }
            (op::INDEX, _, _, [Type::List(of), Type::Int | Type::Any]) => (**of).clone(),
            (name, ..) => self.function(expr, name, method, &types),
        }
    }

    fn function(&mut self, expr: &IdedExpr, name: &str, method: bool, types: &[Type]) -> Type {
        match (name, types) {
            (op::ADD, [a, b]) if a.is_text() && b.is_text() && a.meets(b) => Type::Text,
            (op::ADD | op::SUBSTRACT | op::MULTIPLY | op::DIVIDE | op::MODULO, [a, b])
                if a == b && a.is_number() =>
            {
                a.clone()
            }
            (op::ADD, [Type::List(a), Type::List(b)]) if a.meets(b) => {
                Type::List(if **a == Type::Any {
                    b.clone()
                } else {
                    a.clone()
                })
            }
            (op::NEGATE, [a]) if a.is_number() => a.clone(),
            ("startsWith" | "endsWith" | "contains", [a, b])
                if method && a.is_text() && b.is_text() =>
            {
                Type::Bool
            }
            ("size", [Type::List(_) | Type::Fields]) => Type::Int,
            ("size", [a]) if a.is_text() => Type::Int,
            ("int" | "double", [a]) if !method && (a.is_text() || a.is_number()) => {
                if name == "int" {
                    Type::Int
                } else {
                    Type::Double
                }
            }
            ("string", [a]) if !method && (a.is_text() || a.is_number() || *a == Type::Bool) => {
                Type::Text
            }
            _ if FUNCTIONS.contains(&name) || shown(name) != name => {
                self.mismatch(expr, name, types, Type::Any)
            }
            _ => {
                let said = error(
                    "unknown_function",
                    format!("нет такой функции: «{name}»"),
                    format!("unknown function `{name}`"),
                );
                self.complain(expr, said.one_of(name, &FUNCTIONS));
                Type::Any
            }
        }
    }

    fn is_in(
        &mut self,
        expr: &IdedExpr,
        (a, at): (&IdedExpr, &Type),
        (b, bt): (&IdedExpr, &Type),
    ) -> Type {
        match bt {
            Type::List(of) => {
                self.must_meet(expr, at, of);
                if let Expr::List(list) = &b.expr {
                    list.elements
                        .iter()
                        .for_each(|element| self.words(at, element));
                }
                self.words(of, a);
            }
            Type::Fields if at.is_text() => {}
            Type::Any => {}
            _ => return self.mismatch(expr, op::IN, &[at.clone(), bt.clone()], Type::Bool),
        }
        Type::Bool
    }

    /// `[…].exists(x, …)` and the like, which the parser has turned into a loop.
    fn comprehension(&mut self, expr: &IdedExpr, loop_: &ComprehensionExpr) -> Type {
        let of = match self.infer(&loop_.iter_range) {
            Type::List(of) => *of,
            Type::Fields => Type::Text,
            Type::Any => Type::Any,
            other => return self.mismatch(expr, "exists", &[other], Type::Any),
        };
        if self.loops >= LOOPS_MAX || is_taken(&loop_.iter_var) {
            let said = error(
                "bad_condition",
                "перебор внутри перебора или занятое имя переменной",
                "a loop within a loop, or a variable with a name that is taken",
            );
            self.complain(expr, said);
            return Type::Any;
        }
        let accumulated = self.infer(&loop_.accu_init);
        self.loops += 1;
        let depth = self.scope.len();
        self.scope.push((loop_.iter_var.clone(), of.clone()));
        self.scope
            .extend(loop_.iter_var2.clone().map(|second| (second, of)));
        self.scope.push((loop_.accu_var.clone(), accumulated));
        self.infer(&loop_.loop_cond);
        let step = self.infer(&loop_.loop_step);
        self.scope.push((loop_.accu_var.clone(), step));
        let result = self.infer(&loop_.result);
        self.scope.truncate(depth);
        self.loops -= 1;
        result
    }
}

/// Whether a loop may not name its variable so.
fn is_taken(name: &str) -> bool {
    ROOTS.contains(&name) || name == "param"
}

const FUNCTIONS: [&str; 11] = [
    "startsWith",
    "endsWith",
    "contains",
    "size",
    "int",
    "double",
    "string",
    "has",
    "exists",
    "all",
    "exists_one",
];

/// An operator as it is written.
fn shown(name: &str) -> &str {
    match name {
        op::IN => "in",
        op::CONDITIONAL => "? :",
        op::INDEX => "[…]",
        other => other.trim_matches('_'),
    }
}

/// `a.b.c` as words; None for anything but names and dots.
fn path_of(expr: &IdedExpr) -> Option<Vec<&str>> {
    match &expr.expr {
        Expr::Ident(name) => Some(vec![name.as_str()]),
        Expr::Select(select) if !select.test => {
            let mut path = path_of(&select.operand)?;
            path.push(select.field.as_str());
            Some(path)
        }
        _ => None,
    }
}
