//! The steps of a flow.
use super::plan::{LOWERED, RING, int};
use super::{Key, NAME, Of, PHONE, Shape, TEXT_MAX, words};
use crate::draft::ParamKind;
use crate::read::say;

pub(crate) const WAIT: (u64, u64) = (1_000, 7_200_000);
pub(crate) const PRIORITY: (u32, u32) = (0, 9);
/// After what wait a caller is told of the keys of a queue.
pub(crate) const AFTER: (u64, u64) = (5_000, 3_600_000);
/// From which place on.
pub(crate) const POSITION: (u32, u32) = (1, 10_000);
/// How often a caller who waits may be spoken to.
pub(crate) const EVERY: (u64, u64) = (10_000, 600_000);
/// How long a search by something typed may take.
pub(crate) const FIND: (u64, u64) = (100, 10_000);
/// Within what time something may be promised: a week.
pub(crate) const DUE: (u64, u64) = (60_000, 7 * 24 * 3_600_000);
/// Longest message.
pub(crate) const MESSAGE: (u64, u64) = (5_000, 600_000);
/// Bounds of each wait for a key.
pub(crate) const KEY_WAIT: (u64, u64) = (1_000, 60_000);
/// How often a question may be put.
pub(crate) const TRIES: (u32, u32) = (1, 9);
/// One key of a telephone.
const KEY: &str = "^[0-9*#]$";

const PROMPTS: Of = Of::Many(&Of::Said);
const TEXT: Of = Of::Text(TEXT_MAX);
const REASON: &str = "почему, для записи о звонке";

/// What a step does: the key that makes it what it is, and all keys with it.
pub(crate) static STEPS: [(&str, &Shape); 17] = [
    ("play", &PLAY),
    ("menu", &MENU),
    ("ask", &ASK),
    ("set", &SET),
    ("needs", &NEEDS),
    ("lookup", &LOOKUP),
    ("when", &WHEN),
    ("call", &CALL),
    ("queue", &QUEUE),
    ("operator", &OPERATOR),
    ("external", &EXTERNAL),
    ("duty", &DUTY),
    ("callback", &CALLBACK),
    ("voicemail", &VOICEMAIL),
    ("close", &CLOSE),
    ("hangup", &HANGUP),
    ("goto", &GOTO),
];

/// The first entry of a sub-flow.
pub(crate) static PARAMS: Shape = Shape::of(&[Key::must(
    "params",
    Of::Map(NAME, &Of::Words(&words(&ParamKind::WORDS))),
    "параметры подветки: имя и вид; с этого она начинается",
)]);

static PLAY: Shape = Shape::of(&[
    Key::must("play", PROMPTS, "проиграть фразы и идти дальше"),
    Key::may(
        "notice",
        Of::Flag,
        "это уведомление о записи: после него она может начаться",
    ),
]);

/// A value in words, wherever a prompt may stand.
pub(crate) static SAY: Shape = Shape::of(&[
    Key::must(
        "say",
        Of::Words(&words(&say::KINDS)),
        "как сказать значение",
    ),
    Key::must(
        "value",
        Of::Condition,
        "что сказать: выражение; дата — \"2026-11-23\", время — \"9:00\", длительность — в секундах, сумма — в рублях",
    ),
    Key::may(
        "unit",
        Of::Words(&words(&say::UNITS)),
        "что считают: «две минуты»; только у number",
    ),
    Key::may(
        "gender",
        Of::Words(&words(&say::GENDERS)),
        "род: «одна», «одно»; только у number; обычно masculine",
    ),
    Key::may(
        "case",
        Of::Words(&words(&say::CASES)),
        "падеж: «с девяти часов» — genitive; обычно nominative",
    ),
    Key::may(
        "else",
        Of::Many(&Of::Named),
        "фразы, если значения нет или его так не сказать; обычно пропуск",
    ),
]);

static LOOKUP: Shape = Shape::of(&[
    Key::must(
        "lookup",
        Of::Either(&[Of::True, Of::Condition]),
        "true — дождаться поиска по номеру; выражение, например answer.account, — найти по нему",
    ),
    Key::may("by", TEXT, "по какому полю клиента искать; у выражения"),
    Key::may(
        "deadline",
        Of::Duration(FIND),
        "сколько искать, от этого шага; обычно lookup_deadline номера",
    ),
    Key::may(
        "on_none",
        Of::Branch,
        "ветка или шаги, если не найден никто",
    ),
    Key::may(
        "on_many",
        Of::Branch,
        "ветка или шаги, если найдено несколько",
    ),
    Key::may(
        "on_error",
        Of::Branch,
        "ветка или шаги, если справочник не ответил",
    ),
]);

static WHEN: Shape = Shape::of(&[
    Key::must(
        "when",
        Of::Condition,
        "условие: если верно — goto или then, иначе — else или дальше",
    ),
    Key::may("goto", Of::Named, "ветка, если верно"),
    Key::may("then", Of::Branch, "шаги, если верно"),
    Key::may("else", Of::Branch, "ветка или шаги, если неверно"),
]);

static GOTO: Shape = Shape::of(&[Key::must("goto", Of::Named, "уйти в другую ветку навсегда")]);

static CALL: Shape = Shape::of(&[
    Key::must("call", Of::Name, "пройти через подветку и идти дальше"),
    Key::may("with", Of::Map(NAME, &ARGUMENT), "что дать её параметрам"),
]);

const ARGUMENT: Of = Of::Either(&[TEXT, Of::Flag, Of::Int(i64::MIN, i64::MAX)]);

static QUEUE: Shape = Shape::of(&[
    Key::must(
        "queue",
        Of::Named,
        "встать в очередь; после разговора звонок окончен",
    ),
    Key::must(
        "wait",
        Of::Duration(WAIT),
        "сколько ждать, от входа в первую очередь",
    ),
    Key::may(
        "priority",
        int(PRIORITY),
        "приоритет, больше — раньше; обычно 0",
    ),
    Key::may(
        "leave_empty",
        Of::Flag,
        "уйти сразу, если в группе никого нет; обычно true",
    ),
    Key::may("music", Of::Named, "что слышит ждущий; обычно music"),
    Key::may("announce", Of::Table(&ANNOUNCE), "что ему говорят"),
    Key::may(
        "keys",
        Of::Map(KEY, &Of::Branch),
        "что он может нажать: ветка или шаги; после шагов — снова на своё место",
    ),
    Key::may("offer", Of::Table(&OFFER), "что ему говорят о клавишах"),
    Key::may("on_timeout", Of::Named, "ветка, если не дождались"),
    Key::may("on_full", Of::Named, "ветка, если очередь полна"),
    Key::may(
        "on_no_operators",
        Of::Named,
        "ветка, если в группе никого нет",
    ),
    Key::may(
        "on_error",
        Of::Named,
        "ветка при сбое у нас; обычно «техническая неполадка» и отбой",
    ),
    Key::may(
        "on_removed",
        Of::Named,
        "ветка, если очередь убрали из плана; обычно on_no_operators",
    ),
    Key::may(
        "on_closed",
        Of::Named,
        "ветка, если график очереди закрыт; без неё — та, что названа у очереди, как и у других выходов",
    ),
]);

/// `announce` of a queue.
pub(crate) static ANNOUNCE: Shape = Shape::of(&[
    Key::may("position", Of::Flag, "место в очереди"),
    Key::may("wait", Of::Flag, "примерное время ожидания"),
    Key::may("every", Of::Duration(EVERY), "как часто; обычно 30s"),
    Key::may("say", PROMPTS, "фразы после этого"),
]);

/// `offer` of a queue.
pub(crate) static OFFER: Shape = Shape::of(&[
    Key::must("say", PROMPTS, "фразы, например queue_callback"),
    Key::may(
        "after",
        Of::Duration(AFTER),
        "после скольких секунд в очереди; обычно 30s",
    ),
    Key::may("every", Of::Duration(EVERY), "как часто потом; обычно 1m"),
    Key::may(
        "position",
        int(POSITION),
        "только тем, кто на этом месте или дальше",
    ),
    Key::may(
        "wait",
        Of::Duration(WAIT),
        "не тем, кому, судя по последним звонкам, ждать меньше",
    ),
]);

static OPERATOR: Shape = Shape::of(&[
    Key::must(
        "operator",
        TEXT,
        "позвонить одному оператору: его номер или выражение, например answer.ext",
    ),
    Key::may("ring", Of::Duration(RING), "сколько звонить; обычно 20s"),
    Key::may("music", Of::Named, "что слышит звонящий; обычно music"),
    Key::may("on_not_answered", Of::Named, "ветка, если не взял"),
    Key::may(
        "on_unavailable",
        Of::Named,
        "ветка, если он не на линии, занят или на перерыве",
    ),
    Key::may(
        "on_unknown",
        Of::Named,
        "ветка, если такого оператора нет; у выражения",
    ),
]);

static EXTERNAL: Shape = Shape::of(&[
    Key::must("external", PHONE, "позвонить на внешний номер"),
    Key::may(
        "trunk",
        TEXT,
        "по какому транку; обычно по тому, откуда пришёл звонок",
    ),
    Key::may("ring", Of::Duration(RING), "сколько звонить; обычно 30s"),
    Key::may("music", Of::Named, "что слышит звонящий; обычно music"),
    Key::may("on_not_answered", Of::Named, "ветка, если не ответили"),
    Key::may("ack", Of::Table(&ACK), "ответивший берёт звонок клавишей"),
]);

static DUTY: Shape = Shape::of(&[
    Key::must(
        "duty",
        Of::Named,
        "позвонить дежурным по графику, по порядку",
    ),
    Key::may(
        "trunk",
        TEXT,
        "по какому транку; обычно по тому, откуда пришёл звонок",
    ),
    Key::may("music", Of::Named, "что слышит звонящий; обычно music"),
    Key::may(
        "on_nobody",
        Of::Named,
        "ветка, если никто не дежурит или не ответил",
    ),
    Key::may("ack", Of::Table(&ACK), "ответивший берёт звонок клавишей"),
]);

/// `ack` of a call to somebody outside.
pub(crate) static ACK: Shape = Shape::of(&[
    Key::must("prompts", PROMPTS, "что слышит ответивший"),
    Key::may(
        "timeout",
        Of::Duration(KEY_WAIT),
        "сколько ждать клавишу; обычно 10s",
    ),
    Key::may(
        "keys",
        Of::Map(KEY, &Of::Words(&["take", "pass"])),
        "клавиши: взять звонок и передать дальше; обычно 1 и 2",
    ),
]);

static CALLBACK: Shape = Shape::of(&[
    Key::must("callback", Of::Name, "предложить перезвонить: чья заявка"),
    DUE_KEY,
    KEPT_BY,
    Key::may(
        "keep_place",
        Of::Flag,
        "кто ушёл сюда из очереди клавишей, сохраняет в ней место: звонок клиенту — в его черёд; обычно false",
    ),
    Key::may("key", KEY_WORD, "клавиша своего номера; обычно 1"),
    Key::may("other_key", KEY_WORD, "клавиша другого номера; обычно 2"),
    Key::may("prompts", PROMPTS, "предложение; обычно callback_offer"),
    Key::may(
        "ask_number",
        PROMPTS,
        "как спросить номер; обычно callback_number",
    ),
    Key::may(
        "check_number",
        PROMPTS,
        "как его проверить; обычно callback_check",
    ),
    Key::may("thanks", PROMPTS, "последние слова; обычно goodbye"),
    TIMEOUT,
    TRIES_KEY,
    BARGE_IN,
    TYPE_AHEAD,
    ON_INVALID,
    ON_TIMEOUT,
    Key::may(
        "otherwise",
        Of::Branch,
        "ветка или шаги, если не захотел; за клавишей очереди — обратно в неё",
    ),
]);

const KEY_WORD: Of = Of::Pattern(KEY, "1");
const DUE_KEY: Key = Key::may("due", Of::Duration(DUE), "за сколько это обещано");
const KEPT_BY: Key = Key::may(
    "schedule",
    Of::Name,
    "график, в открытые часы которого идёт срок; без него — круглые сутки",
);

static VOICEMAIL: Shape = Shape::of(&[
    Key::must("voicemail", PROMPTS, "фразы, сигнал и сообщение звонящего"),
    Key::may(
        "max",
        Of::Duration(MESSAGE),
        "наибольшая длина сообщения; обычно 2m",
    ),
    Key::may("group", Of::Name, "чья это заявка"),
    DUE_KEY,
    KEPT_BY,
]);

static CLOSE: Shape = Shape::of(&[
    Key::must("close", PROMPTS, "закрывающая фраза и конец звонка"),
    Key::must("reason", Of::Name, REASON),
]);

static HANGUP: Shape = Shape::of(&[
    Key::must("hangup", Of::True, "повесить трубку без слов"),
    Key::must("allow_hangup", Of::Name, REASON),
]);

static MENU: Shape = Shape::of(&[
    Key::must("menu", PROMPTS, "фразы и одна клавиша"),
    Key::must(
        "keys",
        Of::Map(KEY, &Of::Branch),
        "куда ведёт каждая клавиша: ветка или шаги",
    ),
    TIMEOUT,
    TRIES_KEY,
    BARGE_IN,
    TYPE_AHEAD,
    ON_INVALID,
    ON_TIMEOUT,
    OTHERWISE,
]);

static ASK: Shape = Shape::of(&[
    Key::must(
        "ask",
        Of::Name,
        "спросить цифры: они станут фактом answer.ИМЯ",
    ),
    Key::must("prompts", PROMPTS, "как спросить"),
    Key::must(
        "digits",
        Of::Pattern("^ *\\+?[0-9]{1,3} *(- *\\+?[0-9]{1,3} *)?$", "6-10"),
        "сколько цифр",
    ),
    Key::may(
        "end",
        Of::Words(&["#", "*", ""]),
        "клавиша конца ввода; обычно #",
    ),
    Key::may(
        "between",
        Of::Duration(KEY_WAIT),
        "сколько ждать следующую цифру; обычно 4s",
    ),
    Key::may(
        "check",
        Of::Condition,
        "условие над answer — набранным только что",
    ),
    TIMEOUT,
    TRIES_KEY,
    BARGE_IN,
    TYPE_AHEAD,
    ON_INVALID,
    ON_TIMEOUT,
    OTHERWISE,
]);

const TIMEOUT: Key = Key::may(
    "timeout",
    Of::Duration(KEY_WAIT),
    "сколько ждать первую клавишу после фраз; обычно 5s в меню, 7s в вопросе",
);
const TRIES_KEY: Key = Key::may("tries", int(TRIES), "сколько раз спросить; обычно 3");
const TYPE_AHEAD: Key = Key::may(
    "type_ahead",
    Of::Flag,
    "клавиши до вопроса считаются; обычно true в меню",
);
pub(super) const BARGE_IN: Key = Key::may(
    "barge_in",
    Of::Flag,
    "первая клавиша обрывает фразы; обычно true",
);
const ON_INVALID: Key = Key::may(
    "on_invalid",
    PROMPTS,
    "фразы перед повтором, если нажато не то",
);
const ON_TIMEOUT: Key = Key::may(
    "on_timeout",
    PROMPTS,
    "фразы перед повтором, если не нажато ничего",
);
const OTHERWISE: Key = Key::must(
    "otherwise",
    Of::Branch,
    "ветка или шаги, когда попытки кончились",
);

static SET: Shape = Shape::of(&[Key::must(
    "set",
    Of::Map(NAME, &VALUE),
    "запомнить факты vars.ИМЯ: строка — выражение, число и true/false — сами по себе",
)]);

static NEEDS: Shape = Shape::of(&[Key::must(
    "needs",
    Of::Map(NAME, &int(LOWERED)),
    "что должен знать оператор для этого звонящего: навык и уровень, 0 — больше не нужен",
)]);

const VALUE: Of = Of::Either(&[Of::Condition, Of::Flag, Of::Int(i64::MIN, i64::MAX)]);
