//! The table of a survey.
use super::plan::int;
use super::steps::{BARGE_IN, KEY_WAIT, TRIES};
use super::{Key, Of, Shape};

/// Marks that may count as low: the best one never does, and 0 says that none does.
pub(crate) const LOW: (u32, u32) = (0, 4);
/// Of a hundred.
pub(crate) const SHARE: (u32, u32) = (1, 100);
/// How long a caller is left alone: up to a year.
pub(crate) const AGAIN: (u64, u64) = (0, 365 * 24 * 3_600_000);
/// The shortest talk that is asked about.
pub(crate) const TALK: (u64, u64) = (0, 3_600_000);

/// No values in words: nothing of the call is known to it.
const PROMPTS: Of = Of::Many(&Of::Name);

/// `[survey.NAME]`.
pub(crate) static SURVEY: Shape = Shape::of(&[
    Key::may(
        "prompts",
        PROMPTS,
        "как спросить оценку от 1 до 5; обычно rate_call",
    ),
    Key::may(
        "ask_solved",
        PROMPTS,
        "второй вопрос, решён ли вопрос (1 — да, 2 — нет): фразы, например rate_solved; обычно его нет",
    ),
    Key::may(
        "thanks",
        PROMPTS,
        "последние слова ответившему; обычно rate_thanks",
    ),
    Key::may(
        "low",
        int(LOW),
        "до какой оценки она низкая, 0 — никакая; обычно 2",
    ),
    Key::may(
        "share",
        int(SHARE),
        "сколько звонящих из ста спрашивать; обычно 100",
    ),
    Key::may(
        "again",
        Of::Duration(AGAIN),
        "не спрашивать одного звонящего чаще; обычно 24h, 0s — после каждого разговора",
    ),
    Key::may(
        "talk_min",
        Of::Duration(TALK),
        "после разговоров короче не спрашивать; обычно 10s",
    ),
    Key::may(
        "tell_operator",
        Of::Flag,
        "показать ответы оператору на рабочем месте; обычно false",
    ),
    Key::may(
        "timeout",
        Of::Duration(KEY_WAIT),
        "сколько ждать клавишу после фраз; обычно 5s",
    ),
    Key::may("tries", int(TRIES), "сколько раз спросить; обычно 2"),
    BARGE_IN,
    Key::may(
        "on_invalid",
        PROMPTS,
        "фразы перед повтором, если нажато не то",
    ),
    Key::may(
        "on_timeout",
        PROMPTS,
        "фразы перед повтором, если не нажато ничего",
    ),
]);
