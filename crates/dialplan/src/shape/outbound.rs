//! Calls out: `[outbound]` and `[law.NAME]`.
use gudok_outbound::law::KINDS;
use gudok_outbound::{Ground, LABEL_MAX, Purpose};

use super::plan::int;
use super::{Key, NAME, Of, PHONE, Shape, TEXT_MAX, words};

/// Bounds of limits; the machine that counts has no room for more.
pub(crate) const AT_ONCE: (u32, u32) = (0, gudok_outbound::counters::ATTEMPTS_MAX);
/// Attempts of an hour.
pub(crate) const PER_HOUR: (u32, u32) = (0, gudok_outbound::counters::HOURLY_MAX);
/// Roubles of a day.
pub(crate) const ROUBLES: (u32, u32) = (0, 100_000_000);
/// Milliseconds.
pub(crate) const TALK_MAX: (u64, u64) = (60_000, 4 * 3_600_000);
/// Contacts with one number; the machine remembers a few more.
pub(crate) const CONTACTS: (u32, u32) = (0, 60);
/// Characters of a label.
const LABEL: u32 = 32;
const _: () = assert!(LABEL as usize == LABEL_MAX);
/// What stands for hours that there are none of.
pub(crate) const NEVER: &str = "never";

const TEXT: Of = Of::Text(TEXT_MAX);
const ZONE: Of = Of::Pattern("", "Asia/Irkutsk");
const HOURS: Of = Of::Pattern("", "09:00-21:00");
const PURPOSES: Of = Of::List(&Of::Words(&words(&Purpose::WORDS)));
pub(crate) const PREFIX: &str = "^\\+[0-9]{1,15}$";
const MINUTE: Of = Of::Pattern("^[0-9]{1,9}([.,][0-9]{1,2})?$", "2.50");

/// `[outbound]`.
pub(crate) static OUTBOUND: Shape = Shape::of(&[
    Key::must(
        "zone",
        ZONE,
        "часы организации: по ним ночь и даты, с которых действуют правила",
    ),
    Key::may(
        "holidays",
        Of::Name,
        "производственный календарь; без него каждый день считается и рабочим, и выходным",
    ),
    Key::may(
        "night",
        Of::Either(&[Of::Words(&[NEVER]), HOURS]),
        "когда наружу звонит только сам план; обычно 23:00-07:00, never — никогда",
    ),
    Key::may(
        "talk_max",
        Of::Duration(TALK_MAX),
        "сколько может длиться исходящий; обычно 60m",
    ),
    Key::may("limits", Of::Table(&LIMITS), "пределы на всех вместе"),
    Key::may(
        "operator",
        Of::Table(&LIMITS),
        "пределы на каждого оператора",
    ),
    Key::must(
        "prefixes",
        Of::Map(PREFIX, &TERMS),
        "куда можно звонить: решает самое длинное начало номера, чего здесь нет — нельзя",
    ),
    Key::may(
        "cli",
        Of::List(&Of::Table(&CLI)),
        "реестр номеров, которые можно показывать; показывается первый подходящий",
    ),
]);

/// `[outbound.limits]` and `[outbound.operator]`.
pub(crate) static LIMITS: Shape = Shape::of(&[
    Key::may(
        "at_once",
        int(AT_ONCE),
        "исходящих сразу; обычно 5 на всех и 1 на оператора",
    ),
    Key::may(
        "per_hour",
        int(PER_HOUR),
        "исходящих за любой час; обычно 60 на всех и 30 на оператора",
    ),
    Key::may(
        "roubles_per_day",
        int(ROUBLES),
        "рублей за любые сутки; обычно 10000 на всех и 3000 на оператора",
    ),
]);

/// What stands for a direction that is closed.
pub(crate) const DENIED: &str = "denied";

const TERMS: Of = Of::Either(&[Of::Words(&[DENIED]), Of::Table(&TARIFF)]);

/// `{ minute = "2.50" }`.
pub(crate) static TARIFF: Shape = Shape::of(&[
    Key::must("minute", MINUTE, "сколько стоит начатая минута, в рублях"),
    Key::may(
        "zone",
        ZONE,
        "часовой пояс тех, кому звонят, если его не знает план нумерации: за границей",
    ),
]);

/// `[[outbound.cli]]`.
pub(crate) static CLI: Shape = Shape::of(&[
    Key::must("number", PHONE, "номер"),
    Key::may("owner", TEXT, "чей он по договору с оператором связи"),
    Key::may(
        "label",
        Of::Text(LABEL),
        "что видит абонент: до 32 букв кириллицы и латиницы, цифр и пробелов",
    ),
    Key::may("category", TEXT, "категория вызовов по договору"),
    Key::may("contract", TEXT, "номер договора с оператором связи"),
    Key::may(
        "valid_to",
        Of::Moment,
        "последний день договора; обычно без срока",
    ),
    Key::may("purposes", PURPOSES, "для каких целей; обычно для всех"),
]);

/// `[law.NAME]`.
pub(crate) static LAW: Shape = Shape::of(&[
    Key::must("article", TEXT, "статья закона или чьё это правило"),
    Key::must("from", Of::Moment, "первый день, когда правило действует"),
    Key::may("till", Of::Moment, "последний день; обычно без срока"),
    Key::may(
        "purposes",
        PURPOSES,
        "о звонках с какими целями; обычно о всех",
    ),
    Key::may(
        "to",
        Of::List(&Of::Words(&words(&KINDS))),
        "о звонках на какие номера; обычно на все",
    ),
    Key::may(
        "hours",
        HOURS,
        "когда можно звонить, по часам того, кому звонят",
    ),
    Key::may(
        "days_off",
        HOURS,
        "то же в выходные и праздники; обычно как hours",
    ),
    Key::may(
        "basis",
        Of::List(&Of::Words(&words(&Ground::WORDS))),
        "какое основание годится",
    ),
    Key::may("proof", Of::True, "основание надо доказать документом"),
    Key::may(
        "contacts",
        Of::Table(&CONTACT_LIMITS),
        "сколько раз можно поговорить с одним номером",
    ),
    Key::may(
        "label",
        Of::True,
        "у номера, который мы показываем, должны быть owner, label, category и contract",
    ),
]);

/// `contacts = { day = 1, week = 2, month = 8 }`.
pub(crate) static CONTACT_LIMITS: Shape = Shape::of(&[
    Key::may("day", int(CONTACTS), "за день"),
    Key::may("week", int(CONTACTS), "за 7 дней"),
    Key::may("month", int(CONTACTS), "за 31 день"),
]);

/// `[law.…]` by its names.
pub(crate) const LAWS: Of = Of::Map(NAME, &Of::Table(&LAW));
