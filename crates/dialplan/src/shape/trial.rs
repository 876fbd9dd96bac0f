//! The tables of the tests beside a plan.
use super::plan::{LEVEL, int};
use super::steps::PRIORITY;
use super::{Key, NAME, Of, PHONE, Shape, TEXT_MAX};
use crate::survey::MARKS;
use crate::trial::{CLASS_WORDS, END_WORDS, HAPPEN_WORDS, LOOKUPS};

/// Callers and operators that may be told of a queue.
pub(crate) const COUNT: (u32, u32) = (0, 1_000_000);

/// Marks after a talk.
pub(crate) const RATING: (u32, u32) = (MARKS.0 as u32, MARKS.1 as u32);

const TEXT: Of = Of::Text(TEXT_MAX);

/// A file of tests.
pub(crate) static FILE: Shape = Shape::of(&[Key::may(
    "test",
    Of::List(&Of::Table(&TEST)),
    "вызовы и что с ними должно стать",
)]);

/// `[[test]]`.
pub(crate) static TEST: Shape = Shape::of(&[
    Key::must("name", TEXT, "как тест называют люди"),
    Key::must("given", Of::Table(&GIVEN), "какой вызов"),
    Key::may(
        "happens",
        Of::Many(&HAPPENING),
        "чем по порядку кончаются очереди и внешние номера, что нажато в меню и вопросах",
    ),
    Key::must("expect", Of::Table(&EXPECT), "что с ним должно стать"),
]);

const HAPPENING: Of = Of::Either(&[
    Of::Words(&HAPPEN_WORDS),
    Of::Pattern("^answered after [0-9]+(ms|s|m|h)$", "answered after 20s"),
    Of::Pattern("^keys [0-9*#]{0,20}$", "keys 1"),
    Of::Pattern("^keys [0-9*#] after [0-9]+(ms|s|m|h)$", "keys 1 after 40s"),
]);

/// `given`.
pub(crate) static GIVEN: Shape = Shape::of(&[
    Key::must("from", TEXT, "кто звонит: номер или anonymous"),
    Key::must("to", TEXT, "что набрал"),
    Key::must(
        "at",
        Of::Moment,
        "когда: 2026-11-10T12:00 по часам номера или с поясом",
    ),
    Key::may(
        "region",
        TEXT,
        "регион звонящего: RU-IRK; неизвестен — пустая строка",
    ),
    Key::may("trunk", TEXT, "откуда пришёл вызов; обычно транк номера"),
    Key::may(
        "client",
        Of::Either(&[Of::Words(&LOOKUPS), Of::Table(&CLIENT)]),
        "что знает справочник; обычно none",
    ),
    Key::may(
        "directory",
        Of::Map(
            ".",
            &Of::Map(".", &Of::Either(&[Of::Words(&LOOKUPS), Of::Table(&CLIENT)])),
        ),
        "кого находят по набранному: поле, значение, клиент; обычно никого",
    ),
    Key::may(
        "queues",
        Of::Map(NAME, &Of::Table(&QUEUE)),
        "состояние очередей; обычно вся группа готова и никто не ждёт",
    ),
    Key::may(
        "accepted",
        Of::Map(NAME, &Of::Many(&Of::Name)),
        "кто в каком графике дежурств принял смену; обычно никто",
    ),
]);

/// A client with the fields of their card.
pub(crate) static CLIENT: Shape = Shape {
    keys: &[Key::may(
        "class",
        Of::Words(&CLASS_WORDS),
        "класс клиента; обычно regular",
    )],
    rest: Some(&Of::Text(u32::MAX)),
};

/// What is told of a queue.
pub(crate) static QUEUE: Shape = Shape::of(&[
    Key::may("waiting", int(COUNT), "сколько ждут"),
    Key::may("ready", int(COUNT), "сколько операторов свободны"),
    Key::may("logged_in", int(COUNT), "сколько операторов на линии"),
    Key::may("longest_wait", int(COUNT), "сколько секунд ждёт первый"),
]);

const NAMES: Of = Of::Many(&Of::Name);

/// `expect`.
pub(crate) static EXPECT: Shape = Shape::of(&[
    Key::may(
        "flow",
        NAMES,
        "вызов прошёл через эти ветки, в этом порядке",
    ),
    Key::may("queue", NAMES, "в каких очередях стоял: все, по порядку"),
    Key::may(
        "external",
        Of::Many(&PHONE),
        "на какие внешние номера звонил: все, по порядку",
    ),
    Key::may("says", NAMES, "эти фразы прозвучали в этом порядке"),
    Key::may("not_says", NAMES, "ни одна из этих фраз не прозвучала"),
    Key::may(
        "hears",
        Of::Many(&TEXT),
        "значения прозвучали этими словами, в этом порядке",
    ),
    Key::may(
        "priority",
        int(PRIORITY),
        "с каким приоритетом встал в первую очередь",
    ),
    Key::may(
        "needs",
        Of::Map(NAME, &int(LEVEL)),
        "какие навыки шаги плана потребовали для звонящего к последней очереди, все",
    ),
    Key::may("ends", Of::Words(&END_WORDS), "чем кончился"),
    Key::may("reason", Of::Name, "причина закрывающей фразы или отбоя"),
    Key::may(
        "rating",
        int(RATING),
        "какую оценку поставил после разговора",
    ),
    Key::may(
        "solved",
        Of::Flag,
        "сказал ли после разговора, что вопрос решён",
    ),
]);
