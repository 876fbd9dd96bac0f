//! What the captures say, in tables.
use std::fmt::Write as _;

use gudok_dialplan::plan::Plan;
use gudok_model::{Kind, Parsed, PhoneNumber};
use gudok_sip::Request;
use gudok_sip::identity::{Withheld, clean_display, withheld_by};

use super::calls::{Call, Calls};
use super::capture::Capture;
use super::judge::{CALLERS, Callers, DIALLED, Evidence, Order};
use crate::config::{CallerSource, DialledSource, Trunk};
use crate::hotline::reading::{Reading, rules_of};

/// Most calls shown header by header; all are counted.
const SHOWN_MAX: usize = 20;
/// Most settings shown.
const SETTINGS_MAX: usize = 24;

/// A header in the configuration and on the wire.
pub(super) trait Named: Copy {
    /// In `gudok.toml`.
    fn key(self) -> &'static str;
    /// In the message.
    fn header(self) -> &'static str;
}

impl Named for CallerSource {
    fn key(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::Pai => "pai",
            Self::Rpid => "rpid",
        }
    }

    fn header(self) -> &'static str {
        match self {
            Self::From => "From",
            Self::Pai => "P-Asserted-Identity",
            Self::Rpid => "Remote-Party-ID",
        }
    }
}

impl Named for DialledSource {
    fn key(self) -> &'static str {
        match self {
            Self::RequestUri => "request_uri",
            Self::To => "to",
            Self::Diversion => "diversion",
            Self::HistoryInfo => "history_info",
        }
    }

    fn header(self) -> &'static str {
        match self {
            Self::RequestUri => "Request-URI",
            Self::To => "To",
            Self::Diversion => "Diversion",
            Self::HistoryInfo => "History-Info",
        }
    }
}

/// A list as TOML writes it.
pub(super) fn list<S: Named>(sources: &[S]) -> String {
    let keys: Vec<String> = sources
        .iter()
        .map(|source| format!("\"{}\"", source.key()))
        .collect();
    format!("[{}]", keys.join(", "))
}

/// Of every call, header by header: what stands there and what it means.
pub(super) fn calls(evidence: &Evidence<'_>, callers: &Callers) -> String {
    let mut text = String::new();
    for (index, call) in evidence.calls.iter().take(SHOWN_MAX).enumerate() {
        let source = call
            .source
            .map_or_else(String::new, |it| format!(", от {it}"));
        let _infallible = writeln!(text, "{}. {}{source}", index + 1, call.place);
        headers(&mut text, evidence, call, |source, number| {
            if Some(number) == callers.truth[index].as_ref() {
                "  ← звонящий"
            } else if callers.logins.contains(&source) {
                "  не меняется: номер транка"
            } else {
                ""
            }
        });
    }
    let more = evidence.calls.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        let _infallible = writeln!(text, "… и ещё вызовов: {more}; они учтены ниже");
    }
    text
}

/// Of one call that has just come: its headers, and what the present setting makes of them.
pub(super) fn arrived(
    number: usize,
    call: &Call,
    stranger: bool,
    trunk: &Trunk,
    plan: &Plan,
) -> String {
    let source = call
        .source
        .map_or_else(String::new, |it| format!(" от {it}"));
    let unknown = if stranger {
        " — этого адреса нет в sources, вызов не принят"
    } else {
        ""
    };
    let mut text = format!("{number}. INVITE{source}{unknown}\n");
    let evidence = Evidence {
        calls: std::slice::from_ref(call),
        plan,
        rules: rules_of(trunk),
        expect: None,
    };
    headers(&mut text, &evidence, call, |_, _| "");
    let reading = Reading::of(trunk);
    let shown = |parsed: &Parsed| match &parsed.e164 {
        Some(number) => number.to_string(),
        None => "не понят".to_owned(),
    };
    let (caller, kept_back) = reading.caller_told(&call.request);
    let caller = match kept_back {
        Some(_) => "скрыт".to_owned(),
        None => shown(&caller.number),
    };
    let dialled = reading.dialled_of(&call.request, plan).number;
    let ours = match dialled.e164.as_ref().and_then(|it| plan.number(it)) {
        Some(number) => format!("наш: «{}»", number.label),
        None => "не наш".to_owned(),
    };
    let dialled = shown(&dialled);
    let _infallible = writeln!(
        text,
        "   сейчас: звонящий {caller}, набран {dialled} ({ours})"
    );
    text
}

/// Header by header: what stands there, what it means, and a mark of who calls.
fn headers(
    text: &mut String,
    evidence: &Evidence<'_>,
    call: &Call,
    mark: impl Fn(CallerSource, &PhoneNumber) -> &'static str,
) {
    for source in CALLERS {
        let read = evidence.caller_in(call, source);
        let mut verdict = verdict(evidence, call, source.header(), &read);
        if let Some(number) = &read.e164 {
            verdict += mark(source, number);
        }
        row(text, source.header(), &read, &verdict);
    }
    for source in DIALLED {
        let read = evidence.dialled_in(call, source);
        let verdict = verdict(evidence, call, source.header(), &read);
        row(text, source.header(), &read, &verdict);
    }
    if let Some(how) = withheld_by(&call.request.headers) {
        let _infallible = writeln!(text, "   скрыт: {}", how_withheld(how));
    }
}

fn how_withheld(how: Withheld) -> &'static str {
    match how {
        Withheld::Privacy => "Privacy",
        Withheld::RemoteParty => "privacy=full в Remote-Party-ID",
        Withheld::Anonymous => "anonymous во From",
    }
}

/// How many callers withhold the number, and who will know it: the tables show it all the same.
pub(super) fn withheld(evidence: &Evidence<'_>, trunk: &Trunk) -> String {
    let reading = Reading::of(trunk);
    let withheld = |call: &&Call| withheld_by(&call.request.headers).is_some();
    let kept_back = |call: &&Call| reading.caller_told(&call.request).1.is_some();
    let count = evidence.calls.iter().filter(withheld).count();
    if count == 0 {
        return String::new();
    }
    let kept = evidence.calls.iter().filter(kept_back).count();
    let told = match (trunk.show_private, kept) {
        (true, _) => {
            "show_private = true: их номера видны на рабочих местах и в записях".to_owned()
        }
        (false, 0) => "номера и так нет".to_owned(),
        (false, kept) => format!(
            "из них с номером, которого не увидит никто: {kept} (show_private = true покажет)"
        ),
    };
    format!("Скрывают номер: {count}; {told}\n")
}

fn row(text: &mut String, header: &str, read: &Parsed, verdict: &str) {
    // A hostile caller must not draw on the admin's terminal.
    let raw = clean_display(&read.raw).unwrap_or_else(|| "—".to_owned());
    let _infallible = writeln!(text, "   {header:<20} {raw:<18} {verdict}");
}

/// The number, or why it is none.
fn verdict(evidence: &Evidence<'_>, call: &Call, header: &str, read: &Parsed) -> String {
    if let Some(number) = &read.e164 {
        let ours = evidence.plan.number(number);
        let ours = ours.map_or_else(String::new, |it| format!("  наш: «{}»", it.label));
        return format!("{number}{ours}");
    }
    let why = match (read.raw.is_empty(), read.kind) {
        (true, _) if !is_there(&call.request, header) => "нет заголовка",
        (true, _) => "номера в заголовке нет",
        (_, Kind::Short) => "короткий номер",
        _ if is_local(read) && evidence.rules.home_code.is_none() => {
            "местный номер: нужен home_code"
        }
        _ => "не номер телефона",
    };
    why.to_owned()
}

fn is_there(request: &Request, header: &str) -> bool {
    header == DialledSource::RequestUri.header() || request.headers.get(header).is_some()
}

/// Whether it may be a local number.
pub(super) fn is_local(read: &Parsed) -> bool {
    let digits = read.raw.bytes().all(|byte| byte.is_ascii_digit());
    digits && (5..=7).contains(&read.raw.len())
}

/// What was taken and what was passed over.
pub(super) fn found(capture: &Capture, sorted: &Calls) -> String {
    let mut text = format!("Вызовов: {}\n", sorted.calls.len());
    for (why, count) in &capture.passed {
        let _infallible = writeln!(text, "Пропущено {count}: {why}");
    }
    for fault in &sorted.faults {
        let _infallible = writeln!(text, "   {fault}");
    }
    if !sorted.strangers.is_empty() {
        let strangers: Vec<String> = sorted.strangers.iter().map(ToString::to_string).collect();
        let _infallible = writeln!(
            text,
            "Ни один вызов не пришёл с адресов транка (sources); отправители: {}",
            strangers.join(", ")
        );
    }
    text
}

/// How many calls each setting reads rightly, best first; the present one last.
pub(super) fn settings(evidence: &Evidence<'_>, callers: &Callers, trunk: &Trunk) -> String {
    let total = evidence.calls.len();
    let (by_caller, by_dialled) = (evidence.caller_orders(callers), evidence.dialled_orders());
    let pairs = by_caller
        .iter()
        .flat_map(|caller| by_dialled.iter().map(move |dialled| (caller, dialled)));
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_by_key(|(caller, dialled)| {
        let (wrong, sum) = (
            total - both(caller, dialled),
            caller.count() + dialled.count(),
        );
        (wrong, 2 * total - sum)
    });
    let mut text = format!("Прочитано верно, из {total}:  звонящий / набранный номер / оба\n");
    for (caller, dialled) in pairs.iter().take(SETTINGS_MAX) {
        text += &line("", caller, dialled);
    }
    if pairs.len() > SETTINGS_MAX {
        let more = pairs.len() - SETTINGS_MAX;
        let _infallible = writeln!(text, "   … и ещё хуже или не лучше: {more}");
    }
    text + &present(evidence, callers, trunk)
}

/// The present setting, with the present prefix.
fn present(evidence: &Evidence<'_>, callers: &Callers, trunk: &Trunk) -> String {
    let now = Evidence {
        rules: rules_of(trunk),
        ..evidence.clone()
    };
    let (caller, _) = now.caller_order(&trunk.caller, callers);
    let (dialled, _) = now.dialled_order(&trunk.dialled);
    let unnamed = dialled.right.len() - dialled.count();
    let default = trunk.default_did.as_ref().filter(|_| unnamed > 0);
    let default = default.map_or_else(String::new, |did| {
        format!("           по default_did {} — {unnamed}\n", did.0)
    });
    line("сейчас: ", &caller, &dialled) + &default
}

fn both(caller: &Order<CallerSource>, dialled: &Order<DialledSource>) -> usize {
    let pairs = caller.right.iter().zip(&dialled.right);
    pairs
        .filter(|(caller, dialled)| **caller && **dialled)
        .count()
}

fn line(mark: &str, caller: &Order<CallerSource>, dialled: &Order<DialledSource>) -> String {
    format!(
        "   {} / {} / {}  {mark}caller = {}, dialled = {}\n",
        caller.count(),
        dialled.count(),
        both(caller, dialled),
        list(&caller.sources),
        list(&dialled.sources)
    )
}
