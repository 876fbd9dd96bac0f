//! The tables of a plan, steps apart.
use gudok_model::{AlarmKind, CALLS_PER_HOUR_MAX, LEVEL_MAX, RING_MAX};

use super::outbound;
use super::survey::SURVEY;
use super::{CODE, Key, NAME, Of, PHONE, Shape, TEXT_MAX, words};
use crate::read::{
    ABSENCES, ANSWERS, AT_CLOSE, CONSULTATIONS, HANDOVER_WORDS, KINDS, LOCALES, RECORDS, STICKIES,
    STRATEGIES,
};

/// How long a lookup may take.
pub(crate) const LOOKUP: (u64, u64) = (0, 10_000);
/// By how much a short day is shorter.
pub(crate) const SHORT: (u64, u64) = (0, 4 * 3_600_000);
/// How long one phone rings.
pub(crate) const RING: (u64, u64) = (5_000, 120_000);
pub(crate) const WRAP_UP: (u64, u64) = (0, 3_600_000);
pub(crate) const REJECT_DELAY: (u64, u64) = (0, 600_000);
pub(crate) const REFUSE_MEMORY: (u64, u64) = (0, 3_600_000);
pub(crate) const AGING: (u64, u64) = (1_000, 3_600_000);
pub(crate) const MISSES: (u32, u32) = (0, 100);
pub(crate) const WEIGHT: (u32, u32) = (1, 100);
/// Phones that ring for one call.
pub(crate) const PHONES: (u32, u32) = (1, RING_MAX as u32);
/// How long until one more phone rings.
pub(crate) const STEP: (u64, u64) = (1_000, 60_000);
/// How well somebody knows something.
pub(crate) const LEVEL: (u32, u32) = (1, LEVEL_MAX as u32);
/// How well it must be known at a step of a ladder; 0: it need not be.
pub(crate) const LOWERED: (u32, u32) = (0, LEVEL_MAX as u32);
pub(crate) const AGING_MAX: (u32, u32) = (0, 8);
pub(crate) const MAX_STARVE: (u64, u64) = (10_000, 3_600_000);
pub(crate) const CALLERS: (u32, u32) = (1, 10_000);
/// Years of calendars.
pub(crate) const YEARS: (u32, u32) = (1970, 2200);
/// Days of a working week.
pub(crate) const WEEK: (u32, u32) = (5, 6);

/// Bounds as a schema has them.
pub(super) const fn int((least, most): (u32, u32)) -> Of {
    Of::Int(least as i64, most as i64)
}

const TEXT: Of = Of::Text(TEXT_MAX);
const WINDOW: Of = Of::Pattern("", "mon-fri 09:00-20:00");
const ZONE: Of = Of::Pattern("", "Asia/Irkutsk");
const WINDOWS: Of = Of::Many(&WINDOW);

/// A file of the plan.
pub(crate) static FILE: Shape = Shape::of(&[
    Key::may(
        "number",
        Of::List(&Of::Table(&NUMBER)),
        "номера, которые набирают",
    ),
    Key::may(
        "holidays",
        Of::List(&Of::Table(&HOLIDAYS)),
        "производственные календари по годам",
    ),
    Key::may(
        "schedule",
        Of::Map(NAME, &Of::Table(&SCHEDULE)),
        "графики работы",
    ),
    Key::may(
        "roster",
        Of::Map(NAME, &Of::Table(&ROSTER)),
        "графики дежурств",
    ),
    Key::may(
        "group",
        Of::Map(NAME, &Of::Table(&GROUP)),
        "группы операторов",
    ),
    Key::may(
        "skill",
        Of::Map(NAME, &Of::Map(LOGIN, &KNOWN_OF)),
        "навыки: кто из операторов знает и насколько, от 1 до 9",
    ),
    Key::may(
        "cap",
        Of::Map(NAME, &Of::Table(&CAP)),
        "ограничения операторов: звонков за час, разговоров за смену, до какого времени есть допуск",
    ),
    Key::may(
        "queue",
        Of::Map(NAME, &Of::Table(&QUEUE)),
        "очереди, настройки которых не обычные",
    ),
    Key::may(
        "survey",
        Of::Map(NAME, &Of::Table(&SURVEY)),
        "опросы после разговора",
    ),
    Key::may(
        "flow",
        Of::Map(NAME, &Of::Flow),
        "ветки и подветки: шаги звонка",
    ),
    Key::may(
        "outbound",
        Of::Table(&outbound::OUTBOUND),
        "исходящие: куда, сколько, по какой цене и с каких номеров",
    ),
    Key::may(
        "law",
        outbound::LAWS,
        "правила исходящих по датам: закон и порядок организации",
    ),
    Key::may(
        "alarm",
        Of::List(&Of::Table(&ALARM)),
        "тревоги, уровни которых не обычные",
    ),
    Key::may(
        "not_ready_reasons",
        Of::Map(CODE, &BREAK_OF),
        "причины перерыва: КОД = \"как показать\"",
    ),
    Key::may(
        "dispositions",
        Of::Map(CODE, &DISPOSITION_OF),
        "чем кончился разговор: КОД = \"как показать\"",
    ),
    Key::may(
        "supervision",
        Of::Table(&SUPERVISION),
        "супервизор в чужом разговоре",
    ),
]);

/// `[supervision]`.
pub(crate) static SUPERVISION: Shape = Shape::of(&[Key::may(
    "told",
    Of::Flag,
    "показывать ли оператору, что его слушают; обычно true",
)]);

const BREAK_OF: Of = Of::Either(&[Of::Text(u32::MAX), Of::Table(&BREAK)]);

/// Bounds of `max` of a break. Milliseconds.
pub(crate) const BREAK_MAX: (u64, u64) = (60_000, 12 * 3_600_000);
pub(crate) const KEEP_READY: (u32, u32) = (0, 500);

/// `LUNCH = { text = "Обед", max = "40m", keep_ready = 2 }`.
pub(crate) static BREAK: Shape = Shape::of(&[
    Key::must("text", TEXT, "как показать"),
    Key::may(
        "max",
        Of::Duration(BREAK_MAX),
        "дольше этого — предупреждение; обычно никогда",
    ),
    Key::may(
        "keep_ready",
        int(KEEP_READY),
        "сколько операторов каждой его группы должно остаться на линии, иначе отказ; обычно 0",
    ),
]);

pub(crate) const CALLS_PER_HOUR: (u32, u32) = (1, CALLS_PER_HOUR_MAX);
/// Bounds of `talk_max` of a limit. Milliseconds.
pub(crate) const TALK_MAX: (u64, u64) = (60_000, 24 * 3_600_000);

/// `[cap.NAME]`.
pub(crate) static CAP: Shape = Shape::of(&[
    Key::must(
        "operators",
        Of::List(&Of::Pattern(LOGIN, "101")),
        "кого касается",
    ),
    Key::may(
        "calls_per_hour",
        int(CALLS_PER_HOUR),
        "разговоров со звонящими за любой час, не больше",
    ),
    Key::may(
        "talk_max",
        Of::Duration(TALK_MAX),
        "времени в разговорах за смену (длиннее суток — за последние сутки), не больше",
    ),
    Key::may(
        "until",
        TEXT,
        "когда кончается допуск: 2027-03-01T00:00+03:00",
    ),
]);

const KNOWN_OF: Of = Of::Either(&[int(LEVEL), Of::Table(&KNOWN)]);

/// `"101" = { level = 2, until = "2027-03-01" }`.
pub(crate) static KNOWN: Shape = Shape::of(&[
    Key::must("level", int(LEVEL), "насколько знает, от 1 до 9"),
    Key::must(
        "until",
        Of::Moment,
        "с полуночи этого дня навыка нет: 2027-03-01; или момент 2027-03-01T12:00+03:00",
    ),
]);

const DISPOSITION_OF: Of = Of::Either(&[Of::Text(u32::MAX), Of::Table(&DISPOSITION)]);

/// `OTHER = { text = "Другое", note = true }`.
pub(crate) static DISPOSITION: Shape = Shape::of(&[
    Key::must("text", TEXT, "как показать"),
    Key::may("note", Of::Flag, "без заметки не принимать; обычно false"),
]);

/// Levels of alarms.
pub(crate) const PERCENT: (u32, u32) = (0, 100);
pub(crate) const COUNT: (u32, u32) = (0, 100_000);
/// Milliseconds.
pub(crate) const SECONDS: (u64, u64) = (0, 24 * 3_600_000);
/// How long a level lasts before it is an alarm.
pub(crate) const LASTS: (u64, u64) = (0, 3_600_000);

const LEVELS: Of = Of::Either(&[int(COUNT), Of::Duration(SECONDS)]);

/// `[[alarm]]`.
pub(crate) static ALARM: Shape = Shape::of(&[
    Key::must(
        "what",
        Of::Words(&words(&AlarmKind::WORDS)),
        "о чём тревога",
    ),
    Key::may(
        "queue",
        Of::Name,
        "только для этой очереди; обычно для всех, у которых нет своего правила",
    ),
    Key::may(
        "on",
        LEVELS,
        "на каком уровне включается: проценты, число или время",
    ),
    Key::may("off", LEVELS, "на каком снимается"),
    Key::may(
        "for",
        Of::Duration(LASTS),
        "сколько это должно длиться, чтобы включиться",
    ),
]);

/// `[[number]]`.
pub(crate) static NUMBER: Shape = Shape::of(&[
    Key::must(
        "did",
        Of::Many(&PHONE),
        "номер или номера, которые набирают",
    ),
    Key::may("label", TEXT, "как номер называют люди; обычно сам номер"),
    Key::may("project", TEXT, "чей это номер; обычно main"),
    Key::may(
        "trunk",
        TEXT,
        "принимать только с этого транка; обычно с любого",
    ),
    Key::may(
        "answer",
        Of::Words(&words(&ANSWERS)),
        "снять трубку сразу (обычно), говорить до снятия или гудки, пока не ответит оператор",
    ),
    Key::may(
        "record",
        Of::Words(&words(&RECORDS)),
        "запись: после уведомления (обычно), с ответа, никогда",
    ),
    Key::may(
        "record_consultations",
        Of::Words(&words(&CONSULTATIONS)),
        "запись консультаций оператора отдельной дорожкой: никогда (обычно), с коллегами, со всеми",
    ),
    Key::may(
        "locale",
        Of::Words(&words(&LOCALES)),
        "язык фраз; обычно ru",
    ),
    Key::may(
        "lookup_deadline",
        Of::Duration(LOOKUP),
        "сколько ждать поиска клиента от начала звонка; обычно 800ms",
    ),
    Key::may("zone", ZONE, "часовой пояс, в котором читается now"),
    Key::may(
        "schedule",
        Of::Name,
        "график, который выбирает между flow и after_hours",
    ),
    Key::may(
        "after_hours",
        Of::Name,
        "ветка, с которой звонок начинается, когда график закрыт",
    ),
    Key::may(
        "busy",
        Of::Name,
        "ветка для звонков сверх того, что успеваем",
    ),
    Key::may(
        "allow_closed",
        Of::List(&Of::Name),
        "причины закрывающих фраз, которыми вызов может кончиться, ни с кем не поговорив",
    ),
    Key::must("flow", Of::Name, "ветка, с которой начинается звонок"),
]);

/// `[schedule.NAME]`.
pub(crate) static SCHEDULE: Shape = Shape::of(&[
    Key::must("zone", ZONE, "имя пояса из базы IANA"),
    Key::may("windows", WINDOWS, "часы работы: дни и время"),
    Key::may("holidays", Of::Name, "производственный календарь"),
    Key::may("week", int(WEEK), "дней в рабочей неделе; обычно 5"),
    Key::may(
        "short_days",
        Of::Duration(SHORT),
        "на сколько раньше кончается короткий день; обычно 0",
    ),
    Key::may(
        "dates",
        Of::Map("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", &DATE),
        "отдельные даты: сильнее всего остального",
    ),
]);

const DATE: Of = Of::Either(&[
    Of::Words(&["closed"]),
    Of::Many(&Of::Pattern("", "09:00-14:00")),
    Of::Table(&CLOSED),
]);

/// `{ closed = "переезд" }`.
pub(crate) static CLOSED: Shape = Shape::of(&[Key::must("closed", TEXT, "почему закрыто")]);

/// `[[holidays]]`.
pub(crate) static HOLIDAYS: Shape = Shape::of(&[
    Key::must("calendar", Of::Name, "имя календаря"),
    Key::must("year", int(YEARS), "год, к которому относятся дни"),
    Key::must("source", TEXT, "откуда дни взяты"),
    Key::may("provisional", Of::Flag, "дни ещё не все: нет переносов"),
    Key::may("extends", Of::Name, "календарь, который этот продолжает"),
    Key::must(
        "days",
        Of::List(&Of::Table(&DAY)),
        "дни, которые не как обычно",
    ),
]);

/// A day of a calendar.
pub(crate) static DAY: Shape = Shape::of(&[
    Key::must("date", Of::Moment, "дата"),
    Key::must(
        "kind",
        Of::Words(&words(&KINDS)),
        "праздник, выходной, рабочий, короткий",
    ),
    Key::may("name", TEXT, "название"),
    Key::may(
        "week",
        int(WEEK),
        "только для графиков с такой неделей; обычно для всех",
    ),
]);

/// `[roster.NAME]`.
pub(crate) static ROSTER: Shape = Shape::of(&[
    Key::must("zone", ZONE, "имя пояса из базы IANA"),
    Key::may(
        "ring",
        Of::Duration(RING),
        "сколько звонить каждому; обычно 30s",
    ),
    Key::may("hours", WINDOWS, "когда дежурный обязателен; обычно всегда"),
    Key::must("people", Of::Map(NAME, &PERSON), "кто дежурит"),
    Key::must(
        "shifts",
        Of::Either(&[
            Of::Pattern("\\.roster\\.csv$", "duty.roster.csv"),
            Of::List(&Of::Table(&SHIFT)),
        ]),
        "смены: таблица рядом с планом или список",
    ),
    Key::may(
        "handover",
        Of::Words(&HANDOVER_WORDS),
        "как переходит смена: по часам (clock, обычно) или когда её примут (accept)",
    ),
    Key::may(
        "accept_within",
        Of::Duration(ACCEPT_WITHIN),
        "при accept: за сколько смену принимают; обычно 30m",
    ),
]);

/// Bounds of `accept_within`. Milliseconds.
pub(crate) const ACCEPT_WITHIN: (u64, u64) = (60_000, 12 * 3_600_000);

const PERSON: Of = Of::Either(&[PHONE, Of::Table(&HUMAN)]);

/// `{ number = "+7…", name = "…" }`.
pub(crate) static HUMAN: Shape = Shape::of(&[
    Key::must("number", PHONE, "куда звонить"),
    Key::may("name", TEXT, "как называть"),
    Key::may("ring", Of::Duration(RING), "сколько звонить этому человеку"),
]);

/// One shift of a list.
pub(crate) static SHIFT: Shape = Shape::of(&[
    Key::must("person", Of::Name, "кто дежурит: имя из people"),
    Key::must("from", Of::Moment, "с какого часа"),
    Key::must("till", Of::Moment, "до какого часа"),
    Key::may(
        "order",
        Of::Either(&[Of::Int(0, i64::MAX), Of::Pattern("^ *[0-9]* *$", "1")]),
        "кому звонят первым",
    ),
    Key::may(
        "substitute",
        Of::Either(&[Of::Name, Of::Words(&[""])]),
        "кто дежурит вместо него",
    ),
]);

/// The login of an operator.
const LOGIN: &str = "^[A-Za-z0-9_.-]{1,64}$";

/// `[group.NAME]`.
pub(crate) static GROUP: Shape = Shape::of(&[
    Key::must(
        "operators",
        Of::List(&Of::Pattern(LOGIN, "101")),
        "логины операторов по порядку",
    ),
    Key::may(
        "strategy",
        Of::Words(&words(&STRATEGIES)),
        "кому звонить; обычно longest_idle",
    ),
    Key::may(
        "ring",
        Of::Duration(RING),
        "сколько звонить одному оператору; обычно 20s",
    ),
    Key::may(
        "wrap_up",
        Of::Duration(WRAP_UP),
        "время на оформление после разговора; обычно 10s",
    ),
    Key::may(
        "reject_delay",
        Of::Duration(REJECT_DELAY),
        "пауза оператору после отказа; обычно 5s",
    ),
    Key::may(
        "refuse_memory",
        Of::Duration(REFUSE_MEMORY),
        "сколько помнить, что он отказался от этого звонка; обычно 60s",
    ),
    Key::may(
        "misses_max",
        int(MISSES),
        "после скольких пропусков подряд снять с линии, 0 — никогда; обычно 3",
    ),
    Key::may(
        "ring_max",
        int(PHONES),
        "сколько телефонов звонит одному вызову при ring_all и progressive; обычно 50",
    ),
    Key::may(
        "step",
        Of::Duration(STEP),
        "при progressive: через сколько звонит ещё один телефон; обычно 5s",
    ),
    Key::may(
        "weights",
        Of::Map(LOGIN, &int(WEIGHT)),
        "при weighted_random: чей жребий тяжелее; обычно у всех 1",
    ),
]);

/// Steps of the ladder of a queue.
pub(crate) const RELAX_MAX: usize = 8;

/// How long somebody waits before a group is added. Milliseconds.
pub(crate) const RELAX_AFTER: (u64, u64) = (1_000, 3_600_000);

/// A step of `relax`.
pub(crate) static RELAX: Shape = Shape::of(&[
    Key::must(
        "after",
        Of::Duration(RELAX_AFTER),
        "с какого ожидания, считая от первой очереди",
    ),
    Key::may("add", Of::Name, "группа, которую тоже спрашивают"),
    Key::may(
        "needs",
        Of::Map(NAME, &int(LOWERED)),
        "какой уровень навыка теперь достаточен, 0 — не нужен",
    ),
]);

/// Bounds of `within` of `empty`. Milliseconds.
pub(crate) const EXPECT_WITHIN: (u64, u64) = (0, 12 * 3_600_000);

const ABSENT: Of = Of::List(&Of::Words(&words(&ABSENCES)));

/// `empty` of a queue.
pub(crate) static EMPTY: Shape = Shape::of(&[
    Key::may(
        "join",
        ABSENT,
        "кто не считается: если все таковы, в очередь не встают; обычно logged_out, [] — встают всегда",
    ),
    Key::may(
        "leave",
        ABSENT,
        "если все таковы, кто ждёт, уходит; обычно logged_out, [] — никогда; below_skill — знает меньше, чем нужно ему сейчас",
    ),
    Key::may(
        "expects",
        Of::Name,
        "график или график дежурств, по которому кто-то должен быть: тогда ждут и тревога",
    ),
    Key::may(
        "within",
        Of::Duration(EXPECT_WITHIN),
        "ждут и тех, кто должен прийти за это время; обычно 15m",
    ),
]);

/// Bounds of `tries` of `callback`.
pub(crate) const RETRY_TRIES: (u32, u32) = (1, 10);
/// Bounds of `pause` of `callback`. Milliseconds.
pub(crate) const RETRY_PAUSE: (u64, u64) = (60_000, 86_400_000);

/// `callback` of a queue.
pub(crate) static RETRY: Shape = Shape::of(&[
    Key::may(
        "tries",
        int(RETRY_TRIES),
        "сколько раз звонить клиенту; обычно 3, дальше решают люди",
    ),
    Key::may(
        "pause",
        Of::Duration(RETRY_PAUSE),
        "сколько ждать между попытками; обычно 5m",
    ),
]);

/// Bounds of `resume_window`. Milliseconds.
pub(crate) const RESUME_WINDOW: (u64, u64) = (0, 3_600_000);

/// `[queue.NAME]`.
pub(crate) static QUEUE: Shape = Shape::of(&[
    Key::may(
        "group",
        Of::Name,
        "кто отвечает; обычно группа с тем же именем",
    ),
    Key::may(
        "weight",
        int(WEIGHT),
        "доля операторов между очередями; обычно 10",
    ),
    Key::may(
        "callers_max",
        int(CALLERS),
        "сколько звонящих может ждать; обычно 100",
    ),
    Key::may(
        "aging",
        Of::Duration(AGING),
        "через сколько ожидания приоритет растёт на единицу; обычно не растёт",
    ),
    Key::may(
        "aging_max",
        int(AGING_MAX),
        "выше какого приоритета ожидание не поднимает; обычно 8",
    ),
    Key::may(
        "max_starve",
        Of::Duration(MAX_STARVE),
        "кто прождал дольше, идёт раньше более весомых очередей; обычно 5m",
    ),
    Key::may(
        "needs",
        Of::Map(NAME, &int(LEVEL)),
        "какие навыки нужны и насколько; обычно никаких",
    ),
    Key::may(
        "preempt",
        Of::Flag,
        "экстренный вызов (приоритет 9) снимает оператора, у которого другой только звонит; обычно нет",
    ),
    Key::may(
        "relax",
        Of::List(&Of::Table(&RELAX)),
        "кого ещё спрашивать и чего не требовать, если ждут долго; обычно ничего",
    ),
    Key::may(
        "wrap_up",
        Of::Duration(WRAP_UP),
        "время на оформление после разговора; обычно как у группы",
    ),
    Key::may(
        "wrap_up_max",
        Of::Duration(WRAP_UP),
        "самое большее с продлениями; обычно на 10m больше, чем дано",
    ),
    Key::may(
        "hold_max",
        Of::Duration(HOLD_MAX),
        "предупреждать, если клиент на удержании дольше; обычно никогда",
    ),
    Key::may(
        "sticky",
        Of::Table(&STICKY),
        "оператор, которого ждут прежде других; обычно никто",
    ),
    Key::may(
        "survey",
        Of::Name,
        "опрос, когда оператор положил трубку; обычно никакого",
    ),
    Key::may(
        "empty",
        Of::Table(&EMPTY),
        "когда в группе никого нет; обычно — когда все вышли",
    ),
    Key::may(
        "resume_window",
        Of::Duration(RESUME_WINDOW),
        "кто положил трубку в очереди и за это время перезвонил, стоит на прежнем месте; обычно 2m, 0s — никогда",
    ),
    Key::may(
        "callback",
        Of::Table(&RETRY),
        "как перезванивают тем, кому в ней обещан звонок",
    ),
    Key::may(
        "schedule",
        Of::Name,
        "график самой очереди: пока он закрыт, в неё не встают; обычно открыта всегда",
    ),
    Key::may(
        "at_close",
        Of::Words(&words(&AT_CLOSE)),
        "что с теми, кто ждёт, когда график закрылся: stay — ждут дальше (обычно), leave — уходят в on_closed",
    ),
    Key::may(
        "on_closed",
        Of::Name,
        "ветка, когда график очереди закрыт; как и другие выходы — если у шага не названа своя",
    ),
    Key::may("on_timeout", Of::Name, "ветка, если не дождались"),
    Key::may("on_full", Of::Name, "ветка, если очередь полна"),
    Key::may(
        "on_no_operators",
        Of::Name,
        "ветка, если в группе никого нет",
    ),
    Key::may("on_error", Of::Name, "ветка при сбое у нас"),
    Key::may(
        "on_removed",
        Of::Name,
        "ветка, если очередь убрали из плана",
    ),
]);

/// Bounds of `hold_max`. Milliseconds.
pub(crate) const HOLD_MAX: (u64, u64) = (5_000, 3_600_000);
/// How long somebody is waited for.
pub(crate) const STICKY_WAIT: (u64, u64) = (1_000, 600_000);

/// `sticky` of a queue.
pub(crate) static STICKY: Shape = Shape::of(&[
    Key::must(
        "by",
        Of::Words(&words(&STICKIES)),
        "кто это: с кем этот номер говорил последним (last), логин из поля клиента agent или manager",
    ),
    Key::must(
        "wait",
        Of::Duration(STICKY_WAIT),
        "сколько его ждать, от входа в очередь",
    ),
]);
