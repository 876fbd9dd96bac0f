//! The command line: verbs, arguments, exit codes.
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
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
    Check,
    /// Все фразы, которые можно произнести: текст, длительность, громкость, голос и лицензия.
    Prompts,
    /// Что будет с таким вызовом в такой час: те же решения, что в работе.
    Simulate(Simulate),
    /// Список вызовов.
    Calls(Calls),
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
    /// Записи разговоров.
    #[command(subcommand)]
    Recordings(Recordings),
    /// Справочник клиентов.
    #[command(subcommand)]
    Clients(Clients),
    /// Номера и регионы.
    #[command(subcommand)]
    Numbers(Numbers),
    /// Операторы.
    #[command(subcommand)]
    Operators(Operators),
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
    /// Кто из операторов готов, через запятую. По умолчанию — все из плана.
    #[arg(long, value_delimiter = ',')]
    pub ready: Option<Vec<String>>,
    /// По какому транку приходит вызов. По умолчанию — первый из настроек.
    #[arg(long)]
    pub trunk: Option<String>,
    /// Что знает о звонящем внешний справочник: класс, имя или поле, например class=vip или tariff=100. Можно повторять.
    #[arg(long, value_name = "КЛЮЧ=ЗНАЧЕНИЕ")]
    pub client: Vec<String>,
    /// Что нажимает звонящий на каждый вопрос плана, через запятую: "1,4502#". Пустое между запятыми — молчит.
    #[arg(long, value_name = "КЛАВИШИ")]
    pub digits: Option<String>,
    /// Через сколько секунд оператор отвечает; без ответа — never.
    #[arg(long, default_value = "5")]
    pub answer_after: String,
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
    /// Отчёт: сколько вызовов из каждого региона, сколько из них отвечено и как долго ждали.
    #[arg(long, conflicts_with_all = ["number", "outcome", "region", "session_id", "limit"])]
    pub by_region: bool,
    /// С этого времени: 2026-11-07T00:00+03:00; для отчёта.
    #[arg(long, requires = "by_region", value_name = "ВРЕМЯ")]
    pub from: Option<String>,
    /// До этого времени; для отчёта.
    #[arg(long, requires = "by_region", value_name = "ВРЕМЯ")]
    pub to: Option<String>,
    /// Вызов по Session-ID (RFC 7989) из журнала оператора связи: один номер или заголовок целиком.
    #[arg(long, value_name = "SESSION-ID", conflicts_with_all = ["number", "outcome"])]
    pub session_id: Option<String>,
    /// Вид вывода.
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
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

/// How lists are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Table,
    /// One JSON object a line.
    Json,
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
    /// Номер вызова или его начало: любой вызов этого звонящего с запуска демона.
    pub call: Option<String>,
    /// На сколько: 30m, 24h. Перезапуск демона снимает блок.
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
    /// Сохранить смены таблицей CSV, как её пишет и читает Excel.
    Export {
        /// Какой график дежурств.
        name: String,
        /// Куда.
        file: PathBuf,
    },
    /// Взять смены из таблицы CSV: сначала проверяется весь план с нею.
    Import {
        /// Какой график дежурств.
        name: String,
        /// Откуда.
        file: PathBuf,
    },
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

/// `operators`.
#[derive(Debug, Subcommand)]
pub(crate) enum Operators {
    /// Завести оператора или сменить ему пароль.
    Add(AddOperator),
    /// Список операторов.
    List,
    /// Какие телефоны сейчас зарегистрированы в работающем демоне и за какую модель он их принимает.
    Phones,
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
