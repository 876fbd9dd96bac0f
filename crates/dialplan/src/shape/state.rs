//! The tables of the state that a simulation begins with. Of these no schema is printed.
use super::plan::int;
use super::steps::PRIORITY;
use super::trial::CLIENT;
use super::{Key, Of, Shape, TEXT_MAX, words};
use crate::state::{DOES, HANDS, SINCE, SPAN};
use crate::trial::LOOKUPS;

const TEXT: Of = Of::Text(TEXT_MAX);
const SOON: Of = Of::Duration(SPAN);
const ANY_NAME: &str = "";

/// The file.
pub(crate) static FILE: Shape = Shape::of(&[
    Key::may(
        "operator",
        Of::Map(ANY_NAME, &Of::Table(&OPERATOR)),
        "операторы",
    ),
    Key::may("waiting", Of::List(&Of::Table(&WAITING)), "кто уже ждёт"),
    Key::may(
        "schedule",
        Of::Map(ANY_NAME, &Of::Table(&BY_HAND)),
        "что задано графикам вручную",
    ),
    Key::may(
        "accepted",
        Of::Map(ANY_NAME, &Of::Many(&Of::Name)),
        "кто в каком графике дежурств принял смену",
    ),
    Key::may(
        "client",
        Of::Either(&[Of::Words(&LOOKUPS), Of::Table(&CLIENT)]),
        "что знает справочник",
    ),
    Key::may(
        "directory",
        Of::Map(
            ".",
            &Of::Map(".", &Of::Either(&[Of::Words(&LOOKUPS), Of::Table(&CLIENT)])),
        ),
        "кого находят по набранному: поле, значение, клиент; обычно никого",
    ),
    Key::may("lookup", SOON, "через сколько он отвечает"),
    Key::may("patience", SOON, "сколько звонящий ждёт"),
    Key::may("talk", SOON, "сколько длится разговор"),
    Key::may("outside", TEXT, "через сколько отвечают снаружи, или never"),
]);

const STATE: Key = Key::must("state", Of::Words(&words(&DOES)), "чем занят");
const FOR: Key = Key::may("since", Of::Duration(SINCE), "сколько уже");
const PHONE: Key = Key::may("phone", Of::Flag, "телефон на связи; обычно true");
const ANSWERS: Key = Key::may(
    "answers",
    TEXT,
    "через сколько отвечает, или never, rejects, unreachable",
);
const LEFT: Key = Key::may("left", SOON, "сколько это ещё продлится");
const REASON: Key = Key::may("reason", Of::Text(u32::MAX), "причина перерыва");

/// `[operator.101]`: every key of every state.
pub(crate) static OPERATOR: Shape = Shape::of(&[STATE, FOR, PHONE, ANSWERS, LEFT, REASON]);
/// Of one who is ready or away.
pub(crate) static THERE: Shape = Shape::of(&[STATE, FOR, PHONE, ANSWERS]);
/// Of one in a talk or the work after it.
pub(crate) static LEAVING: Shape = Shape::of(&[STATE, FOR, PHONE, ANSWERS, LEFT]);
/// Of one in a break.
pub(crate) static BREAK: Shape = Shape::of(&[STATE, FOR, PHONE, ANSWERS, REASON]);

/// `[[waiting]]`.
pub(crate) static WAITING: Shape = Shape::of(&[
    Key::must("queue", Of::Name, "в какой очереди"),
    Key::must("since", Of::Duration(SINCE), "сколько уже"),
    Key::may("priority", int(PRIORITY), "приоритет; обычно 0"),
]);

/// `[schedule.office]`.
pub(crate) static BY_HAND: Shape = Shape::of(&[
    Key::may("set", Of::Words(&words(&HANDS)), "открыт или закрыт"),
    Key::may("announce", TEXT, "экстренное объявление"),
    Key::may("until", TEXT, "до какого часа"),
    Key::may("why", TEXT, "почему"),
    Key::may("who", TEXT, "кто"),
]);
