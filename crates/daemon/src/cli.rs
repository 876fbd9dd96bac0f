//! The command line: verbs, arguments, exit codes.
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use gudok_calendar::by_hand::WORDS_MAX;
use gudok_dialplan::coverage::{DAYS, DAYS_MAX};
use gudok_sip::phones::Model;

use crate::span::Span;

/// Гудок: сервер горячей линии 8-800.
#[derive(Debug, Parser)]
#[command(name = "gudok", version, about, long_about = None)]
pub(crate) struct Cli {
    /// Файл настроек.
    #[arg(long, short, global = true, default_value = "gudok.toml")]
    pub config: PathBuf,
    /// Что сделать.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Работать: принимать вызовы.
    Serve,
    /// Показать всё на одном вызове: настоящий демон на loopback и два встроенных телефона.
    Demo(Demo),
    /// Проверить настройки и планы, ничего не запуская.
    Check(Check),
    /// Чем кончаются вызовы на каждый номер в ближайшие дни и в какие часы никто не ответит.
    Coverage(Coverage),
    /// JSON Schema планов для редактора: подсказки и ошибки прямо в тексте.
    Schema {
        /// Не планов, а их тестов: *.test.toml.
        #[arg(long)]
        tests: bool,
    },
    /// Все фразы, которые можно произнести: текст, длительность, громкость, голос и лицензия.
    Prompts {
        /// Что сделать; без слова — показать.
        #[command(subcommand)]
        verb: Option<Prompts>,
    },
    /// Что будет с таким вызовом в такой час: те же решения, что в работе.
    Simulate(Simulate),
    /// Сколько операторов нужно по часам смены: по формуле Эрланга и по нашей же очереди на записанных вызовах.
    Capacity(Capacity),
    /// Список вызовов.
    Calls(Calls),
    /// Исходы и уровень обслуживания за промежуток, по очередям, часам или номерам; формула названа у каждой цифры.
    Report(Report),
    /// История одного вызова: решения и причины.
    Explain {
        /// Номер вызова (или его начало).
        call: String,
    },
    /// Повторить решения по журналу и сравнить с тем, что было.
    Replay {
        /// Номер вызова (или его начало).
        call: String,
    },
    /// Что говорилось по SIP: сообщения одного вызова лесенкой, рисунком или съёмкой.
    Ladder(Ladder),
    /// Что было на линии: кто начал и закончил смену, в каком был состоянии и по чьему слову.
    Floor(Floor),
    /// Стена: очереди, операторы, звонки и тревоги прямо сейчас.
    Wall {
        /// Вывести JSON.
        #[arg(long)]
        json: bool,
    },
    /// Пропущенные вызовы: кто остался без ответа, чьи они, сколько ждут и скольким перезвонили.
    Missed(Missed),
    /// Обещанное звонящим: кому перезвонить, какие сообщения прослушать, и кто это сделал.
    Requests(Requests),
    /// Кто просил не звонить: записать, снять, показать.
    #[command(subcommand)]
    Dnc(Dnc),
    /// Записи разговоров.
    #[command(subcommand)]
    Recordings(Recordings),
    /// Справочник клиентов.
    #[command(subcommand)]
    Clients(Clients),
    /// Номера и регионы.
    #[command(subcommand)]
    Numbers(Numbers),
    /// Исходящие звонки.
    #[command(subcommand)]
    Outbound(Outbound),
    /// Операторы.
    #[command(subcommand)]
    Operators(Operators),
    /// Ключи программ, которые просят перезвонить: форма на сайте.
    #[command(subcommand)]
    Tokens(Tokens),
    /// Транки.
    #[command(subcommand)]
    Trunk(Trunk),
    /// Кого не слушаем за подбор паролей; lift — слушать снова.
    #[command(subcommand)]
    Bans(Bans),
    /// Блокировать звонящего, который скрыл номер, по его вызову: план видит его как client.class == "blocked". Без слов —
    /// показать, кто в блоке.
    Block(Block),
    /// Графики дежурств: кто дежурит, таблицы смен.
    #[command(subcommand)]
    Roster(Roster),
    /// Графики: открыть, закрыть или дать экстренное объявление вручную, до указанного часа.
    Schedule(Schedule),
    /// Ввести в силу план с диска: проверка, тесты, доказательство, что пойдёт иначе; с ошибкой остаётся прежний.
    Reload(Reason),
    /// Вернуть прежнюю версию плана: она проходит те же проверки и становится новой версией; файлы на диске не меняются.
    Rollback {
        /// Какую версию: gudok plans. Без числа — ту, что была до действующей.
        version: Option<u64>,
        /// Какая версия должна действовать: если план успели сменить, ничего не делать. Без числа и без ключа — та, что
        /// действует, когда команда начинает.
        #[arg(long)]
        expected: Option<u64>,
        #[command(flatten)]
        reason: Reason,
    },
    /// Новая версия плана рядом с действующей на живых вызовах, без последствий: сколько вызовов пошло бы иначе и где.
    #[command(subcommand)]
    Shadow(Shadow),
    /// История версий плана: когда, кто, почему и что пошло иначе.
    Plans(Plans),
    /// Вывести оператора на линию или снять с неё, закончить его обработку или смену: слово администратора.
    Force(Force),
    /// Поднять группу в помощь очередям, чья лестница её добавляет, не дожидаясь ступени; или вернуть как было.
    Reserve(Reserve),
    /// Перевести оператора в другие группы, до следующего плана.
    Regroup(Regroup),
    /// Отдать ждущий вызов этому оператору, минуя очередь.
    Assign(Assign),
    /// Дать ждущему вызову другой приоритет.
    Priority(Priority),
    /// Сказать фразы всем, кто ждёт в очереди; после них снова музыка.
    Announce(Announce),
    /// Не слышать о тревоге до часа, который скажете, или слышать снова.
    Quiet(Quiet),
    /// Сколько стоили минуты линий сегодня и в этом месяце.
    Cost,
    /// Режим атаки: проверять ли, человек ли звонит. Без слова — показать.
    Attack {
        /// Включить, выключить или решать по числу вызовов.
        mode: Option<Attack>,
    },
}

/// `demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Закончить после вызова; код выхода 0, если всё получилось.
    #[arg(long)]
    pub once: bool,
    /// Папка для данных показа; по умолчанию новая временная.
    #[arg(long)]
    pub dir: Option<PathBuf>,
    /// Порт SIP на 127.0.0.1; 0 — любой свободный.
    #[arg(long, default_value_t = 5_060)]
    pub port: u16,
}

/// `prompts`.
#[derive(Debug, Subcommand)]
pub(crate) enum Prompts {
    /// Озвучить тексты без записи командой раздела speech, заранее: запуск и check возьмут их готовыми.
    Build,
}

/// `coverage`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Показать, что этот план делает иначе, чем другой: папка с ним или running — тот, по которому демон работал последним.
    #[arg(long, value_name = "ПАПКА")]
    pub against: Option<String>,
    /// Часы, в которые никто не ответит, — ошибки и у номеров без allow_closed; так же, как plans.strict в настройках.
    #[arg(long)]
    pub strict: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Coverage {
    /// С какого дня: 2027-01-03. По умолчанию — с сегодняшнего.
    #[arg(long, value_name = "ДАТА")]
    pub from: Option<String>,
    /// На сколько дней вперёд.
    #[arg(long, value_name = "ДНЕЙ", default_value_t = DAYS, value_parser = clap::value_parser!(u32).range(1..=i64::from(DAYS_MAX)))]
    pub days: u32,
    /// Вывести JSON.
    #[arg(long)]
    pub json: bool,
}

/// `simulate`.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// Кто звонит: +79990001122, 89990001122 или anonymous.
    #[arg(long)]
    pub from: String,
    /// Какой номер набран.
    #[arg(long)]
    pub to: String,
    /// Когда: 2026-11-07T03:05+07:00. По умолчанию — сейчас.
    #[arg(long)]
    pub at: Option<String>,
    /// Кто из операторов готов, через запятую; никто — пустое слово "". По умолчанию — все из плана.
    #[arg(long, value_delimiter = ',')]
    pub ready: Option<Vec<String>>,
    /// По какому транку приходит вызов. По умолчанию — первый из настроек.
    #[arg(long)]
    pub trunk: Option<String>,
    /// Что знает о звонящем внешний справочник: класс, имя или поле, например class=vip или tariff=100. Можно повторять.
    #[arg(long, value_name = "КЛЮЧ=ЗНАЧЕНИЕ")]
    pub client: Vec<String>,
    /// Что нажимает звонящий на каждый вопрос плана, через запятую: "1,4502#". Пустое между запятыми — молчит. В очереди, у
    /// которой есть клавиши, — через сколько ожидания: "1 after 40s,1".
    #[arg(long, value_name = "КЛАВИШИ")]
    pub digits: Option<String>,
    /// Через сколько секунд оператор отвечает; без ответа — never.
    #[arg(long, default_value = "5")]
    pub answer_after: String,
    /// Кто на месте, кто уже ждёт и что задано вручную: файл TOML (dialplans/README.md) или running — как сейчас у демона.
    #[arg(long, value_name = "ФАЙЛ", conflicts_with = "ready")]
    pub state: Option<PathBuf>,
    /// Вывести JSON.
    #[arg(long)]
    pub json: bool,
    /// Сохранить рисунок SVG: все шаги номера и путь этого вызова.
    #[arg(long, value_name = "ФАЙЛ")]
    pub svg: Option<PathBuf>,
}

/// `capacity`.
#[derive(Debug, Args)]
pub(crate) struct Capacity {
    /// Какой группе плана.
    #[arg(long, value_name = "ГРУППА")]
    pub group: String,
    /// День недели, в который смена начинается: mon tue wed thu fri sat sun (или пн вт ср чт пт сб вс).
    #[arg(long, value_name = "ДЕНЬ")]
    pub day: String,
    /// С какого часа.
    #[arg(long, value_name = "ЧЧ:ММ", default_value = "00:00")]
    pub from: String,
    /// До какого часа, через полночь — как есть.
    #[arg(long, value_name = "ЧЧ:ММ", default_value = "24:00")]
    pub to: String,
    /// Цель: столько процентов звонящих за столько секунд.
    #[arg(long, value_name = "ПРОЦЕНТ/СЕКУНД", default_value = "80/20")]
    pub target: String,
    /// Сколько в среднем готовы ждать: 90s. По умолчанию — по записям; без брошенных вызовов ждут без конца.
    #[arg(long, value_name = "ВРЕМЯ", value_parser = span)]
    pub patience: Option<Duration>,
    /// Сколько в среднем занимает вызов, разговор и обработка вместе: 240s. По умолчанию — по записям.
    #[arg(long, value_name = "ВРЕМЯ", value_parser = span)]
    pub handle: Option<Duration>,
    /// Сколько самое большее держат в очереди: 90s. По умолчанию — наибольший wait шагов плана, которые туда ведут.
    #[arg(long, value_name = "ВРЕМЯ", value_parser = span)]
    pub wait: Option<Duration>,
    /// Через сколько оператор снимает трубку. По умолчанию — по записям, без них — сразу.
    #[arg(long = "pick-up", value_name = "ВРЕМЯ", value_parser = span)]
    pub pick_up: Option<Duration>,
    /// Вызовы из таблицы, а не из записей: строка — время и, если известно, сколько секунд занял.
    #[arg(long, value_name = "ФАЙЛ", conflicts_with = "calls")]
    pub arrivals: Option<PathBuf>,
    /// Не по записям, а столько вызовов в час, приходящих как попало.
    #[arg(long, value_name = "ЧИСЛО", requires = "handle", value_parser = calls_per_hour)]
    pub calls: Option<f64>,
    /// За сколько последних недель брать записи.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=104))]
    pub weeks: u32,
    /// В каком поясе день и часы; по умолчанию — пояс первого номера плана.
    #[arg(long, value_name = "ПОЯС")]
    pub zone: Option<String>,
    /// Вывести JSON.
    #[arg(long)]
    pub json: bool,
}

/// More than a hotline can have is a mistake.
fn calls_per_hour(text: &str) -> Result<f64, String> {
    let calls: Option<f64> = text.parse().ok();
    let calls = calls.filter(|calls| (0.0..=100_000.0).contains(calls));
    calls.ok_or_else(|| "число вызовов в час, от 0 до 100000".to_owned())
}

/// `calls`.
#[derive(Debug, Args)]
pub(crate) struct Calls {
    /// Сколько последних показать.
    #[arg(long, short = 'n', default_value_t = 20)]
    pub limit: u32,
    /// Номер звонящего (любая запись).
    #[arg(long)]
    pub number: Option<String>,
    /// Только с таким исходом: answered, abandoned_queue, closed_msg …
    #[arg(long)]
    pub outcome: Option<String>,
    /// Только из этого региона, по номеру звонящего: RU-IRK.
    #[arg(long, value_name = "РЕГИОН")]
    pub region: Option<String>,
    /// Только с низкой оценкой разговора.
    #[arg(long)]
    pub low: bool,
    /// Отчёт: сколько вызовов из каждого региона, сколько из них отвечено и как долго ждали.
    #[arg(long, conflicts_with_all = ["number", "outcome", "region", "low", "session_id", "limit"])]
    pub by_region: bool,
    /// С этого времени: 2026-11-07T00:00+03:00; для отчёта.
    #[arg(long, requires = "by_region", value_name = "ВРЕМЯ")]
    pub from: Option<String>,
    /// До этого времени; для отчёта.
    #[arg(long, requires = "by_region", value_name = "ВРЕМЯ")]
    pub to: Option<String>,
    /// Вызов по Session-ID (RFC 7989) из журнала оператора связи: один номер или заголовок целиком.
    #[arg(long, value_name = "SESSION-ID", conflicts_with_all = ["number", "outcome", "low"])]
    pub session_id: Option<String>,
    /// Вид вывода.
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
}

/// `report`.
#[derive(Debug, Args)]
#[command(after_help = REPORTS)]
pub(crate) struct Report {
    /// С какого времени или дня: 2026-11-07, 2026-11-07T03:05+07:00. По умолчанию — с начала этого дня.
    #[arg(long, value_name = "ВРЕМЯ")]
    pub from: Option<String>,
    /// До какого времени или начала дня, не включая его. По умолчанию — до этой минуты.
    #[arg(long, value_name = "ВРЕМЯ")]
    pub to: Option<String>,
    /// По чему разложить: queue — по очереди, в которой вызов был последней; hour — по часам; number — по номеру линии;
    /// operator — по операторам: разговоры, удержание, обработка; callbacks — обещанные звонки и пропущенные вызовы.
    /// gudok report outbound: operator, number — кому звонили, day — по дням.
    #[arg(value_enum, long)]
    pub by: Option<ReportBy>,
    /// callbacks — то же, что --by callbacks; outbound — исходящие: попытки, дозвоны, запреты, разговор, стоимость;
    /// shifts — смены операторов по дням: вход и выход, время в каждом состоянии, перерывы, звонки, занятость, график.
    #[arg(value_enum, value_name = "О_ЧЁМ")]
    pub about: Option<ReportAbout>,
    /// callbacks: перезвонили за столько — обещание сдержано.
    #[arg(long, value_name = "ВРЕМЯ", default_value = "20m", value_parser = span)]
    pub within: Duration,
    /// T: отвеченный за столько отвечен вовремя.
    #[arg(long, value_name = "ВРЕМЯ", default_value = "20s", value_parser = span)]
    pub t: Duration,
    /// Ушедший раньше не считается ждавшим (SL3).
    #[arg(long, value_name = "ВРЕМЯ", default_value = "5s", value_parser = span)]
    pub short: Duration,
    /// shifts: только операторы этого проекта.
    #[arg(long, value_name = "ПРОЕКТ")]
    pub project: Option<String>,
    /// shifts: только операторы этой группы, как она в плане сейчас.
    #[arg(long, value_name = "ГРУППА")]
    pub group: Option<String>,
    /// shifts: только этот оператор.
    #[arg(long, value_name = "ОПЕРАТОР")]
    pub operator: Option<String>,
    /// Вывести JSON.
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Вывести CSV, как его открывает Excel в России: точка с запятой, запятая в дробях, UTF-8 с меткой.
    #[arg(long)]
    pub csv: bool,
}

/// Every report there is.
const REPORTS: &str = "Отчёты:
  gudok report                      исходы и уровень обслуживания по очередям
  gudok report --by hour            то же по часам
  gudok report --by number          то же по номерам линии
  gudok report --by operator        разговоры, удержание и обработка по операторам
  gudok report shifts               смены операторов по дням: состояния, перерывы, звонки, занятость, график
  gudok report callbacks            обещанные звонки и пропущенные вызовы
  gudok report outbound             исходящие по операторам; --by number — кому, --by day — по дням
  gudok calls --by-region           вызовы по регионам
  gudok cost                        стоимость минут линий
  gudok missed, gudok requests      пропущенные и обещанные по одному";

/// By what a report tells calls, or talks, apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ReportBy {
    /// Calls by the queue they were in last.
    Queue,
    /// Calls by the hour they arrived in.
    Hour,
    /// Calls by the number they dialled.
    Number,
    /// Talks by who had them.
    Operator,
    /// What callers were promised, and those nobody answered.
    Callbacks,
    /// Calls out by the day they were made.
    Day,
}

/// What a report is about besides calls that came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ReportAbout {
    /// As [`ReportBy::Callbacks`].
    Callbacks,
    /// Calls that began with us.
    Outbound,
    /// What operators did, by day.
    Shifts,
}

/// `ladder`.
#[derive(Debug, Args)]
pub(crate) struct Ladder {
    /// Номер вызова (или его начало); для отказанного INVITE — его Call-ID.
    #[arg(required_unless_present = "refused")]
    pub call: Option<String>,
    /// Показать каждое сообщение целиком; номера людей сокращены.
    #[arg(long)]
    pub full: bool,
    /// Сохранить рисунок SVG; с --full в нём и сами сообщения (видны под указателем мыши).
    #[arg(long, value_name = "ФАЙЛ")]
    pub svg: Option<PathBuf>,
    /// Сохранить съёмку pcap для sngrep, Wireshark или gudok trunk learn; номера в ней полностью.
    #[arg(long, value_name = "ФАЙЛ")]
    pub pcap: Option<PathBuf>,
    /// Вывести JSON.
    #[arg(long)]
    pub json: bool,
    /// Перечислить INVITE транков, получившие отказ раньше, чем стали вызовом.
    #[arg(long, conflicts_with_all = ["call", "svg", "pcap", "json", "full"])]
    pub refused: bool,
}

/// `floor`.
#[derive(Debug, Args)]
#[command(
    after_help = "Без --from смотрит последние файлы журнала; с ним — всё, что в журнале есть: он хранится paths.journal_keep (обычно 30 дней). Смены по дням за два года — gudok report shifts."
)]
pub(crate) struct Floor {
    /// Только этот оператор; обычно все.
    pub operator: Option<String>,
    /// Сколько последних строк показать. С --from или --to — сколько самое большее.
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub last: usize,
    /// С какого времени или дня: 2026-11-07, 2026-11-07T03:05+07:00. Журнал хранится paths.journal_keep, обычно 30 дней.
    #[arg(long, value_name = "ВРЕМЯ")]
    pub from: Option<String>,
    /// До какого времени или начала дня, не включая его.
    #[arg(long, value_name = "ВРЕМЯ")]
    pub to: Option<String>,
    /// Вывести JSON, факт на строку: seq, at (микросекунды с 1970 года), operator, fact — как в журнале.
    #[arg(long)]
    pub json: bool,
}

/// How lists are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Table,
    /// One JSON object a line.
    Json,
}

/// `force`.
#[derive(Debug, Args)]
pub(crate) struct Force {
    /// Кто.
    pub operator: String,
    /// Что с ним сделать; занятый — после того, чем занят.
    pub to: ForceTo,
    /// Причина из плана, для not-ready.
    pub reason: Option<String>,
}

/// What an operator is to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ForceTo {
    /// На линию.
    Ready,
    /// С линии, по причине из плана.
    NotReady,
    /// Закончить смену.
    Out,
    /// Закончить обработку звонка.
    Done,
}

/// `reserve`.
#[derive(Debug, Args)]
pub(crate) struct Reserve {
    /// Какую группу.
    pub group: String,
    /// Поднять или вернуть.
    pub on: Onward,
}

/// Raised or lowered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Onward {
    /// Поднять.
    On,
    /// Вернуть как было.
    Off,
}

/// `regroup`.
#[derive(Debug, Args)]
pub(crate) struct Regroup {
    /// Кого.
    pub operator: String,
    /// Все его группы отныне.
    #[arg(required = true)]
    pub groups: Vec<String>,
}

/// `assign`.
#[derive(Debug, Args)]
pub(crate) struct Assign {
    /// Номер вызова (или его начало).
    pub call: String,
    /// Кому; он может быть и не на линии.
    pub operator: String,
}

/// `priority`.
#[derive(Debug, Args)]
pub(crate) struct Priority {
    /// Номер вызова (или его начало).
    pub call: String,
    /// От 0 до 9; 9 — экстренный.
    #[arg(value_parser = clap::value_parser!(u8).range(0..=9))]
    pub priority: u8,
}

/// `announce`.
#[derive(Debug, Args)]
pub(crate) struct Announce {
    /// Какая очередь.
    pub queue: String,
    /// Фразы по именам, от одной до восьми: gudok prompts.
    #[arg(required = true, num_args = 1..=8)]
    pub prompts: Vec<String>,
}

/// `quiet`.
#[derive(Debug, Args)]
#[command(override_usage = "gudok quiet <ТРЕВОГА> [О ЧЁМ] <ВРЕМЯ|off>")]
pub(crate) struct Quiet {
    /// Какая тревога: service_level, trunk_down, disk … Какие сейчас есть, покажет gudok wall.
    #[arg(value_name = "ТРЕВОГА")]
    pub alarm: String,
    /// О какой очереди, каком транке, операторе или группе, если тревога о них, и на сколько: 30m, 2h, самое большее 24h; off — слышать снова.
    #[arg(required = true, num_args = 1..=2, value_names = ["О ЧЁМ", "ВРЕМЯ"])]
    pub about: Vec<String>,
    /// Только для этого проекта, если у каждого она своя; без него — для каждого.
    #[arg(long, value_name = "ПРОЕКТ")]
    pub project: Option<String>,
}

/// `bans`.
#[derive(Debug, Subcommand)]
pub(crate) enum Bans {
    /// Показать.
    List,
    /// Снова слушать этот адрес.
    Lift {
        /// Адрес IP.
        address: std::net::IpAddr,
    },
}

/// `block`.
#[derive(Debug, Args)]
pub(crate) struct Block {
    /// Номер вызова или его начало: любой вызов этого звонящего с запуска демона; для --lift и тот, что в списке.
    pub call: Option<String>,
    /// На сколько: 30m, 24h; действует и после перезапуска.
    #[arg(long = "for", value_name = "ВРЕМЯ", default_value = "24h", value_parser = span)]
    pub time: Duration,
    /// Больше не блокировать.
    #[arg(long, requires = "call")]
    pub lift: bool,
}

/// `roster`.
#[derive(Debug, Subcommand)]
pub(crate) enum Roster {
    /// Кто дежурит, в каком порядке и до какого времени; и где в графиках никого нет.
    Show {
        /// Какой график дежурств; без имени — все.
        name: Option<String>,
        /// Когда: 2026-11-23T20:00 в поясе графика. По умолчанию — сейчас.
        #[arg(long, value_name = "ВРЕМЯ")]
        at: Option<String>,
    },
    /// Принять смену: с этого часа звонят тому, кто заступил.
    Accept {
        /// Какой график дежурств.
        name: String,
        /// Кто заступает: имя из people.
        person: String,
        /// Кто это говорит: по умолчанию — пользователь системы.
        #[arg(long, value_name = "ИМЯ", value_parser = words)]
        by: Option<String>,
        /// Снять: смену приняли по ошибке. Вызовы пойдут, как если бы её не принимали.
        #[arg(long, requires = "why")]
        undo: bool,
        /// Почему снято: останется в записях.
        #[arg(long, value_name = "ТЕКСТ", value_parser = words, requires = "undo")]
        why: Option<String>,
    },
    /// Сохранить смены таблицей: книгой XLSX, если файл так назван, иначе CSV, как его пишет и читает Excel.
    Export {
        /// Какой график дежурств.
        name: String,
        /// Куда.
        file: PathBuf,
    },
    /// Взять смены из таблицы CSV или книги XLSX: сначала проверяется весь план с нею.
    Import {
        /// Какой график дежурств.
        name: String,
        /// Откуда.
        file: PathBuf,
        /// Какой лист книги, если заполнено несколько.
        #[arg(long, value_name = "ЛИСТ")]
        sheet: Option<String>,
    },
}

/// `reload`, `rollback`: who and why.
#[derive(Debug, Args)]
pub(crate) struct Reason {
    /// Почему: останется в истории версий.
    #[arg(long, value_name = "ТЕКСТ", value_parser = words)]
    pub reason: Option<String>,
    /// Кто: по умолчанию — пользователь системы.
    #[arg(long, value_name = "ИМЯ", value_parser = words)]
    pub author: Option<String>,
    /// Вывести JSON.
    #[arg(long)]
    pub json: bool,
}

/// `shadow`.
#[derive(Debug, Subcommand)]
pub(crate) enum Shadow {
    /// Начать: план из папки проверяется, как при вводе в силу; прежняя версия рядом кончается.
    Start {
        /// Папка с новым планом; демон читает её сам.
        #[arg(value_name = "ПАПКА")]
        folder: PathBuf,
        #[command(flatten)]
        reason: Reason,
    },
    /// Что получилось до сих пор.
    Status {
        /// Вывести JSON.
        #[arg(long)]
        json: bool,
    },
    /// Закончить.
    Off,
}

/// `plans`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Plans {
    /// Что показать; без слов — список.
    #[command(subcommand)]
    pub verb: Option<PlansVerb>,
    /// Все версии, а не последние 20.
    #[arg(long)]
    pub all: bool,
    /// Вывести JSON, по версии на строку.
    #[arg(long)]
    pub json: bool,
}

/// `plans …`.
#[derive(Debug, Subcommand)]
pub(crate) enum PlansVerb {
    /// Файлы версии.
    Show(ShowPlan),
    /// Весь план одним файлом, в одном порядке и с обычными значениями на виду: сравнить, прислать, прочесть целиком.
    Print {
        /// Папка с планом; без неё, или running, — план, который вступил в силу последним.
        #[arg(value_name = "ПАПКА", default_value = "running")]
        plan: String,
    },
}

/// `plans show`.
#[derive(Debug, Args)]
pub(crate) struct ShowPlan {
    /// Какая версия.
    pub version: u64,
    /// Вместо файлов — что она делает иначе, чем действующая.
    #[arg(long)]
    pub diff: bool,
    /// Записать файлы в пустую папку.
    #[arg(long, value_name = "ПАПКА", conflicts_with = "diff")]
    pub out: Option<PathBuf>,
}

fn words(text: &str) -> Result<String, String> {
    crate::hotline::schedules::one_line(text)
        .ok_or_else(|| format!("от 1 до {WORDS_MAX} знаков в одну строку"))
}

/// `schedule`.
#[derive(Debug, Args)]
pub(crate) struct Schedule {
    /// Имя графика из плана; list — показать все графики и кто что задавал вручную.
    #[arg(value_name = "ГРАФИК")]
    pub schedule: String,
    /// Что задать.
    pub how: Option<Hand>,
    /// Фраза объявления.
    #[arg(value_name = "ФРАЗА")]
    pub prompt: Option<String>,
    /// До какого времени: 2h, 18:00 или 2026-11-22T18:00 в поясе графика; не дальше 62 дней.
    #[arg(long, value_name = "ВРЕМЯ")]
    pub until: Option<String>,
    /// Почему: останется в записях и в причинах решений.
    #[arg(long, value_name = "ТЕКСТ")]
    pub why: Option<String>,
    /// Кто: по умолчанию — пользователь системы.
    #[arg(long, value_name = "ИМЯ")]
    pub by: Option<String>,
    /// Снять всё, что задано вручную.
    #[arg(long, conflicts_with_all = ["how", "prompt", "until", "why"])]
    pub clear: bool,
}

/// What to set over a schedule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Hand {
    /// Открыть.
    Open,
    /// Закрыть.
    Closed,
    /// Объявление, которое звонящий слышит первым.
    Announce,
}

/// `attack`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Attack {
    /// Проверять всех незнакомых.
    On,
    /// Не проверять никого.
    Off,
    /// Проверять, пока вызовов слишком много.
    Auto,
}

/// `missed`.
#[derive(Debug, Args)]
pub(crate) struct Missed {
    /// Все, новые первыми: и те, с кем уже поговорили, короткие и со скрытым номером.
    #[arg(long)]
    pub all: bool,
    /// Вывести JSON, по вызову на строку.
    #[arg(long)]
    pub json: bool,
}

/// `tokens`.
#[derive(Debug, Subcommand)]
pub(crate) enum Tokens {
    /// Выдать ключ: он показывается один раз, в базе остаётся только его хеш. Годится для POST /api/v1/requests.
    Add(AddToken),
    /// Какие ключи есть и были.
    List,
    /// Отозвать ключ: со следующего запроса он не действует.
    Revoke {
        /// Имя ключа.
        name: String,
    },
}

/// A key that is given out.
#[derive(Debug, Args)]
pub(crate) struct AddToken {
    /// Имя ключа: чья это форма или программа.
    pub name: String,
    /// От чьего имени она просит.
    #[arg(long, default_value = "main")]
    pub project: String,
}

/// `requests`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Requests {
    /// Только невыполненные, самые срочные первыми.
    #[arg(long)]
    pub open: bool,
    /// Вывести JSON, по заявке на строку.
    #[arg(long)]
    pub json: bool,
    /// Что сделать с заявкой.
    #[command(subcommand)]
    pub what: Option<RequestVerb>,
}

/// What is said of a request: the words of a desk and of the pages.
#[derive(Debug, Subcommand)]
pub(crate) enum RequestVerb {
    /// Звонить сейчас: звонит телефон оператора, потом клиента.
    Take {
        /// Номер заявки.
        #[arg(value_name = "НОМЕР", value_parser = clap::value_parser!(i64).range(1..))]
        request: i64,
        /// Чей телефон звонит: оператор, чья это заявка.
        #[arg(long, value_name = "ОПЕРАТОР")]
        operator: String,
    },
    /// Отложить: раньше не звонить.
    Later {
        /// Номер заявки.
        #[arg(value_name = "НОМЕР", value_parser = clap::value_parser!(i64).range(1..))]
        request: i64,
        /// На сколько: 2h, 30m.
        #[arg(value_name = "ВРЕМЯ", value_parser = span)]
        time: Duration,
        /// Кто: по умолчанию — пользователь системы.
        #[arg(long, value_name = "ИМЯ")]
        by: Option<String>,
    },
    /// Выполнена. О пропущенном вызове скажите как: --note.
    Done(CloseRequest),
    /// Больше не нужна; почему, скажите: --note.
    Cancel(CloseRequest),
    /// Клиент просил не звонить: заявка закрыта, номеру больше не звонят. Что он сказал: --note.
    Dnc(CloseRequest),
}

/// `dnc`.
#[derive(Debug, Subcommand)]
pub(crate) enum Dnc {
    /// Клиент просил не звонить: его заявки закрыты, исходящие на номер запрещены.
    Add(Customer),
    /// Снова можно звонить.
    Remove(Customer),
    /// Кто просил не звонить, когда, кто записал и почему: последние, или один номер.
    List {
        /// Только этот номер: +79990001122.
        #[arg(value_name = "НОМЕР")]
        number: Option<String>,
        /// И тех, кому снова можно звонить.
        #[arg(long)]
        all: bool,
        /// Вывести JSON, по строке на каждого.
        #[arg(long)]
        json: bool,
    },
}

/// Whom not to call, or to call again.
#[derive(Debug, Args)]
pub(crate) struct Customer {
    /// Номер: +79990001122.
    pub number: String,
    /// Что сказал клиент; или почему снова можно звонить.
    #[arg(long, value_name = "ТЕКСТ")]
    pub why: String,
    /// О чём: service, debt, advertising или survey; без ключа — ни о чём.
    #[arg(long, value_name = "ЦЕЛЬ")]
    pub purpose: Option<String>,
    /// Чей клиент: проект номера плана или оператора; без ключа — единственный проект плана.
    #[arg(long)]
    pub project: Option<String>,
    /// Кто: по умолчанию — пользователь системы.
    #[arg(long, value_name = "ИМЯ")]
    pub by: Option<String>,
}

/// Which request, and what is said of it.
#[derive(Debug, Args)]
pub(crate) struct CloseRequest {
    /// Номер заявки.
    #[arg(value_name = "НОМЕР", value_parser = clap::value_parser!(i64).range(1..))]
    pub request: i64,
    /// Что сказать о ней: останется в записях.
    #[arg(long, value_name = "ТЕКСТ")]
    pub note: Option<String>,
    /// Кто: по умолчанию — пользователь системы.
    #[arg(long, value_name = "ИМЯ")]
    pub by: Option<String>,
}

/// `recordings`.
#[derive(Debug, Subcommand)]
pub(crate) enum Recordings {
    /// Проверить каждый файл по его SHA-256.
    Verify,
    /// Доделать из журнала то, что осталось недописанным.
    Repair,
}

/// `clients`.
#[derive(Debug, Subcommand)]
pub(crate) enum Clients {
    /// Загрузить клиентов из CSV; негодные строки перечисляются с номерами.
    Import {
        /// Файл CSV, UTF-8.
        file: PathBuf,
        /// Чей справочник.
        #[arg(long, default_value = "main")]
        project: String,
    },
}

/// `numbers`.
#[derive(Debug, Subcommand)]
pub(crate) enum Numbers {
    /// Сделать таблицу номеров из файлов реестра нумерации (ABC-3xx, ABC-4xx, ABC-8xx, DEF-9xx).
    Import(ImportNumbers),
    /// Что известно о номере: регион, пояс, местное время, насколько это надёжно.
    Show(ShowNumber),
}

/// `numbers import`.
#[derive(Debug, Args)]
pub(crate) struct ImportNumbers {
    /// Файлы CSV реестра, UTF-8.
    #[arg(required = true, value_name = "ФАЙЛ")]
    pub files: Vec<PathBuf>,
    /// Куда записать таблицу; прежняя заменяется целиком.
    #[arg(long, value_name = "ФАЙЛ")]
    pub out: PathBuf,
    /// Записать, сколько бы строк ни пропущено; без этого ключа больше 1 % — отказ, а меньше — код возврата 1.
    #[arg(long)]
    pub force: bool,
}

/// `numbers show`.
#[derive(Debug, Args)]
pub(crate) struct ShowNumber {
    /// Номер в любой записи: +79990001122, 8 (3952) 00-00-01.
    pub number: String,
    /// Таблица номеров; по умолчанию — paths.numbering из настроек.
    #[arg(long, value_name = "ФАЙЛ")]
    pub file: Option<PathBuf>,
}

/// `outbound`.
#[derive(Debug, Subcommand)]
pub(crate) enum Outbound {
    /// Можно ли позвонить на этот номер: решение, каждое правило и где оно написано, который час у того, кому звонят. Код
    /// возврата 0 — можно.
    Check(CheckOutbound),
}

/// `outbound check`.
#[derive(Debug, Args)]
pub(crate) struct CheckOutbound {
    /// Кому: номер в любой записи.
    pub number: String,
    /// Когда: 2026-11-23T21:30 по часам раздела outbound или 2026-11-23T21:30+07:00. По умолчанию — сейчас.
    #[arg(long)]
    pub at: Option<String>,
    /// Кто звонит: логин оператора.
    #[arg(long, value_name = "ОПЕРАТОР")]
    pub from: Option<String>,
    /// Как кого: client — оператор звонит клиенту, transfer — переводит или консультируется, plan — звонит шаг плана.
    #[arg(long = "as", value_name = "ДВЕРЬ", default_value = "client")]
    pub door: String,
    /// Зачем: service, debt, advertising или survey.
    #[arg(long, value_name = "ЦЕЛЬ", default_value = "service")]
    pub purpose: String,
    /// На каком основании: request, contract, consent или debt; чем доказать — после двоеточия, consent:№ 17.
    #[arg(long, value_name = "ОСНОВАНИЕ")]
    pub basis: Option<String>,
    /// Какой номер показать. По умолчанию — первый подходящий из реестра.
    #[arg(long, value_name = "НОМЕР")]
    pub cli: Option<String>,
    /// Часовой пояс клиента, как в поле zone его карточки: Asia/Irkutsk. По умолчанию — из карточки справочника.
    #[arg(long, value_name = "ПОЯС")]
    pub zone: Option<String>,
}

/// `operators`.
#[derive(Debug, Subcommand)]
pub(crate) enum Operators {
    /// Завести оператора или сменить ему пароль.
    Add(AddOperator),
    /// Убрать оператора: он больше не войдёт и не зарегистрирует телефон; его вызовы и записи остаются.
    Remove {
        /// Логин: 101.
        id: String,
    },
    /// Сменить роль; имя, пароль и открытое рабочее место остаются.
    Role {
        /// Логин: 101.
        id: String,
        /// Кто он теперь.
        role: RoleWord,
    },
    /// Список операторов.
    List,
    /// Какие телефоны сейчас зарегистрированы в работающем демоне и за какую модель он их принимает.
    Phones,
}

/// What an operator may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum RoleWord {
    /// Берёт звонки.
    Operator,
    /// Видит операторов, очереди и вызовы своего проекта и распоряжается ими.
    Supervisor,
    /// Видит всё, вводит план и откатывает его.
    Admin,
}

/// `trunk`.
#[derive(Debug, Subcommand)]
pub(crate) enum Trunk {
    /// Показать по снятым или живым INVITE, какой заголовок какой номер даёт, и предложить настройку транка.
    Learn(Learn),
}

/// `trunk learn`.
#[derive(Debug, Args)]
pub(crate) struct Learn {
    /// Файлы: сообщения SIP текстом (журнал, sngrep) или съёмка pcap, pcapng (tcpdump -s 0 -w, Wireshark).
    #[arg(
        required_unless_present = "live",
        conflicts_with = "live",
        value_name = "ФАЙЛ"
    )]
    pub files: Vec<PathBuf>,
    /// Слушать работающий демон: показывать INVITE этого транка и неизвестных адресов по мере прихода.
    #[arg(long)]
    pub live: bool,
    /// Закончить после стольких вызовов транка (с неизвестных адресов не в счёт).
    #[arg(long, requires = "live", value_name = "ЧИСЛО", value_parser = clap::value_parser!(u32).range(1..=200))]
    pub count: Option<u32>,
    /// Сколько слушать: 60s, 10m. Раньше — Ctrl-C; итог будет показан.
    #[arg(long = "for", value_name = "ВРЕМЯ", default_value = "60s", value_parser = span)]
    pub time: Duration,
    /// С какого номера на самом деле звонили: +79990001122. Все вызовы в файлах должны быть с него.
    #[arg(long, value_name = "НОМЕР")]
    pub expect: Option<String>,
    /// Чьи вызовы в файлах. По умолчанию — первого транка из настроек.
    #[arg(long)]
    pub trunk: Option<String>,
}

fn span(text: &str) -> Result<Duration, String> {
    Span::try_from(text.to_owned()).map(|span| span.0)
}

/// `operators add`.
#[derive(Debug, Args)]
pub(crate) struct AddOperator {
    /// Логин телефона и рабочего места: 101.
    pub id: String,
    /// Имя на экране.
    #[arg(long)]
    pub name: String,
    /// Чей оператор.
    #[arg(long, default_value = "main")]
    pub project: String,
    /// Файл с паролем; без него пароль читается со стандартного ввода.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
    /// Как телефону отвечать самому.
    #[arg(long, value_enum, default_value_t = AutoAnswer::Off)]
    pub auto_answer: AutoAnswer,
    /// Модель телефона; без ключа демон узнаёт её по тому, как телефон себя называет.
    #[arg(long, value_name = "МОДЕЛЬ", value_parser = PossibleValuesParser::new(Model::ALL.map(Model::name)))]
    pub phone: Option<String>,
    /// Может вводить план и откатывать его через HTTP; без ключа — не может, и прежнее право снимается.
    #[arg(long)]
    pub admin: bool,
    /// Видит операторов, очереди и вызовы своего проекта и распоряжается ими; без ключа — нет, и прежнее право снимается.
    #[arg(long)]
    pub supervisor: bool,
    /// Работает без рабочего места: готов, пока зарегистрирован телефон.
    #[arg(long)]
    pub phone_only: bool,
}

/// Auto-answer headers by device.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum AutoAnswer {
    /// The operator picks up.
    Off,
    /// Call-Info.
    CallInfo,
    /// Alert-Info.
    AlertInfo,
    /// Answer-Mode.
    AnswerMode,
    /// All three.
    All,
    /// As the make of the phone wants it.
    ByPhone,
}
