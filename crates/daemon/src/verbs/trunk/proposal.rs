//! The setting that reads the captured calls best, as a piece of `gudok.toml`, with its reasons.
use std::fmt::Write as _;

use gudok_model::PhoneNumber;

use super::judge::{CALLERS, Callers, Evidence, Grounds};
use super::lesson::{Named, is_local, list};
use crate::config::{CallerSource, DialledSource, Trunk};
use crate::hotline::reading::rules_of;

/// The proposal.
pub(super) fn proposal(evidence: &Evidence<'_>, callers: &Callers, trunk: &Trunk) -> String {
    let caller = caller(evidence, callers, trunk);
    let dialled = dialled(evidence, trunk);
    let unnamed = evidence
        .calls
        .iter()
        .filter(|call| !evidence.names_us(call));
    let unnamed = unnamed.count();
    let mut reasons = vec![
        because(evidence, callers, &caller),
        named(evidence, &dialled, unnamed),
    ];
    let mut text = format!(
        "Предложение: в [[trunk]] с name = \"{}\" заменить эти ключи, остальные оставить\n\n[[trunk]]\nname = \"{}\"\n",
        trunk.name, trunk.name
    );
    let _infallible = writeln!(text, "caller = {}", list(&caller));
    let _infallible = writeln!(text, "dialled = {}", list(&dialled));
    if unnamed > 0 {
        text += &default_did(evidence, trunk);
    }
    let present = trunk.strip.as_ref().map(|prefix| &prefix.0);
    if evidence.rules.strip.as_ref() != present {
        let (line, reason) = strip(evidence.rules.strip.as_deref());
        text += &line;
        reasons.push(reason);
    }
    reasons.extend(home_code(evidence));
    let guessed = matches!(callers.grounds, Grounds::Guess(_)) || evidence.rivals() > 0;
    let sure = !guessed && unnamed == 0;
    if sure && is_as_good(evidence, callers, trunk, (&caller, &dialled)) {
        reasons
            .push("нынешняя настройка читает эти вызовы не хуже: менять не обязательно".to_owned());
    }
    text += "\nПочему:\n";
    for reason in reasons {
        let _infallible = writeln!(text, " - {reason}");
    }
    text
}

/// Whether what is set reads no call worse.
fn is_as_good(
    evidence: &Evidence<'_>,
    callers: &Callers,
    trunk: &Trunk,
    (caller, dialled): (&[CallerSource], &[DialledSource]),
) -> bool {
    let now = Evidence {
        rules: rules_of(trunk),
        ..evidence.clone()
    };
    let callers_now = now.caller_order(&trunk.caller, callers).0.count();
    let dialled_now = now.dialled_order(&trunk.dialled).0.count();
    callers_now >= evidence.caller_order(caller, callers).0.count()
        && dialled_now >= evidence.dialled_order(dialled).0.count()
}

/// The best order with its spares; where no header names anybody, what is set.
fn caller(evidence: &Evidence<'_>, callers: &Callers, trunk: &Trunk) -> Vec<CallerSource> {
    let best = evidence.caller_orders(callers).into_iter().next();
    let named = callers.grounds != Grounds::Nobody;
    let Some(best) = best.filter(|best| named && best.count() > 0) else {
        return trunk.caller.clone();
    };
    let spare = evidence.spare_callers(&best.sources, callers);
    let whole = [best.sources.clone(), spare].concat();
    let (with_spare, _) = evidence.caller_order(&whole, callers);
    if with_spare.count() >= best.count() {
        whole
    } else {
        best.sources
    }
}

/// The same for the dialled number. Where headers name different numbers of ours the calls do not say which was dialled:
/// the present order stays, if it finds as many.
fn dialled(evidence: &Evidence<'_>, trunk: &Trunk) -> Vec<DialledSource> {
    let best = evidence.dialled_orders().into_iter().next();
    let now = evidence.dialled_order(&trunk.dialled).0.count();
    let rivals = evidence.rivals() > 0;
    let best = best.filter(|best| best.count() > 0 && !(rivals && now >= best.count()));
    match best {
        Some(best) => {
            let spare = evidence.spare_dialled(&best.sources);
            [best.sources, spare].concat()
        }
        None => trunk.dialled.clone(),
    }
}

fn because(evidence: &Evidence<'_>, callers: &Callers, caller: &[CallerSource]) -> String {
    let header = |source: CallerSource| source.header();
    match callers.grounds {
        Grounds::Told => told(evidence, callers, caller),
        Grounds::Changes(source) => {
            let logins: Vec<&str> = callers.logins.iter().map(|it| it.header()).collect();
            format!(
                "звонящий: {} меняется от вызова к вызову, а {} — нет: там номер транка",
                header(source),
                logins.join(" и ")
            )
        }
        Grounds::Unopposed(source) => format!(
            "звонящий: {} — номер, не наш и не набранный, и ничто ему не противоречит",
            header(source)
        ),
        Grounds::Guess(source) => format!(
            "звонящий: заголовки спорят, и понять, кто прав, нельзя; взят {}. Позвоните со своего телефона и повторите с \
             --expect, или снимите вызовы с двух разных номеров",
            header(source)
        ),
        Grounds::Nobody => {
            "звонящий: полного номера нет ни в одном заголовке; оставлено, как было".to_owned()
        }
    }
}

fn told(evidence: &Evidence<'_>, callers: &Callers, caller: &[CallerSource]) -> String {
    let (read, total) = (
        evidence.caller_order(caller, callers).0.count(),
        evidence.calls.len(),
    );
    let first = caller.first().map_or("", |source| source.header());
    match read {
        0 => "звонящий: номера из --expect нет ни в одном вызове: звонили не с него, или транк его не передаёт; \
              оставлено, как было"
            .to_owned(),
        _ => format!(
            "звонящий: номер из --expect так читается в {read} из {total}; прежде всего он в {first}"
        ),
    }
}

fn named(evidence: &Evidence<'_>, dialled: &[DialledSource], unnamed: usize) -> String {
    let total = evidence.calls.len();
    let first = dialled.first().map_or("", |source| source.header());
    let rivals = evidence.rivals();
    if rivals > 0 {
        return format!(
            "набранный: в {rivals} из {total} заголовки называют разные наши номера, и понять, на который звонили, нельзя; \
             первым взят {first}. Проверьте, какой номер набирали, и поставьте его заголовок первым в dialled"
        );
    }
    match unnamed {
        0 => format!("набранный: номер из плана есть в каждом вызове, прежде всего в {first}"),
        _ if unnamed == total => {
            "набранный: номера из плана нет ни в одном заголовке, приходит только технический; поэтому default_did. Если по \
             транку звонят на разные номера, впишите технические номера в план"
                .to_owned()
        }
        _ => format!(
            "набранный: номер из плана есть не везде (нет в {unnamed} из {total}); для остальных — default_did"
        ),
    }
}

/// The number of calls that do not say what was dialled: the present one, or the only one this trunk may bring.
fn default_did(evidence: &Evidence<'_>, trunk: &Trunk) -> String {
    let numbers = evidence.plan.numbers().iter();
    let here = numbers.filter(|number| {
        let only = number.trunk.as_ref().map(ToString::to_string);
        only.is_none_or(|only| only == trunk.name)
    });
    let dids: Vec<&PhoneNumber> = here.flat_map(|number| &number.dids).collect();
    match (&trunk.default_did, dids.as_slice()) {
        (Some(did), _) => format!("default_did = \"{}\"\n", did.0),
        (None, [did]) => format!("default_did = \"{did}\"\n"),
        (None, dids) => {
            let mut text = String::from(
                "# Уберите знак # у того номера, на который звонят по этому транку:\n",
            );
            for did in dids {
                let _infallible = writeln!(text, "# default_did = \"{did}\"");
            }
            text
        }
    }
}

fn strip(prefix: Option<&str>) -> (String, String) {
    match prefix {
        Some(prefix) => (
            format!("strip = \"{prefix}\"\n"),
            format!("strip: без цифр «{prefix}» впереди больше номеров читается верно"),
        ),
        None => (
            "# strip убрать\n".to_owned(),
            "strip: с ним читается меньше номеров, чем без него".to_owned(),
        ),
    }
}

/// Where a caller's number is local and nothing says of which town.
fn home_code(evidence: &Evidence<'_>) -> Option<String> {
    let mut calls = evidence.calls.iter();
    let local = calls.any(|call| {
        let mut callers = CALLERS
            .into_iter()
            .map(|source| evidence.caller_in(call, source));
        callers.any(|read| is_local(&read))
    });
    (local && evidence.rules.home_code.is_none()).then(|| {
        "home_code: есть местные номера звонящих; впишите код города, например home_code = \"3952\""
            .to_owned()
    })
}
