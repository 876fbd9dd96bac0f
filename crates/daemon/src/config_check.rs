//! What the types of the configuration cannot say. Every complaint names the place and the remedy.
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use gudok_sip::dialog::session_timer::{LONGEST, MIN_SE};
use gudok_wire::sip::Trust;

use crate::config::{AtLimit, Config, Identity, Outbound, Register, Transport, Trunk, TrunkLimits};
use crate::config_error::{ConfigError, spot};
use crate::place::{Host, Place};
use crate::span::Span;

/// A hiccup of the network is no death of a phone.
const OPERATOR_SILENCE_MIN: Duration = Duration::from_secs(2);
/// Session timers that may be offered.
const SESSION_SECS: std::ops::RangeInclusive<u64> = MIN_SE as u64..=LONGEST as u64;
/// Lines with a price.
const LINES_MAX: usize = 256;
/// The dearest minute, hundredths: a mistake above it.
const MINUTE_COST_MAX: u64 = 1_000_000;
/// Nobody speaks one phrase for longer.
const SPEECH_MAX: Duration = Duration::from_secs(600);
/// Longest name of a currency.
const CURRENCY_MAX: usize = 8;

/// A key as in the file, with trunks by their index (`trunk.0.outbound`); what is wrong; what to write.
struct Complaint {
    key: String,
    what: &'static str,
    remedy: &'static str,
}

fn complain(key: impl Into<String>, what: &'static str, remedy: &'static str) -> Complaint {
    let key = key.into();
    Complaint { key, what, remedy }
}

/// Checks what is in force, file and environment together.
///
/// # Errors
/// The first complaint, at its place in the file, or with the variable that set the value.
pub(crate) fn check(path: &Path, text: &str, config: &Config) -> Result<(), ConfigError> {
    let complaint = trunks(config).or_else(|| rest(config));
    complaint.map_or(Ok(()), |complaint| {
        Err(ConfigError::Value {
            place: place(path, text, &complaint.key),
            key: shown(config, &complaint.key),
            what: complaint.what,
            remedy: complaint.remedy,
        })
    })
}

/// Limits that would let nobody in.
fn attack(config: &Config) -> Option<Complaint> {
    let none = "ноль: так не пройдёт ни один вызов";
    if config.limits.calls_per_second == Some(0) {
        return Some(complain(
            "limits.calls_per_second",
            none,
            "уберите ключ или напишите, сколько вызовов в секунду",
        ));
    }
    let attack = &config.attack;
    for (key, calls) in [
        ("attack.caller_calls", attack.caller_calls),
        ("attack.prefix_calls", attack.prefix_calls),
        ("attack.all_calls", attack.all_calls),
    ] {
        if calls == Some(0) {
            return Some(complain(
                key,
                none,
                "уберите ключ, чтобы не ограничивать, или напишите число вызовов",
            ));
        }
    }
    (!(1..=15).contains(&attack.prefix_digits)).then(|| {
        complain(
            "attack.prefix_digits",
            "не от 1 до 15",
            "сколько первых цифр номера, с кодом страны, считать одним направлением: 7",
        )
    })
}

/// A command that cannot be run, or that a start would wait for all day.
fn speech(config: &Config) -> Option<Complaint> {
    let speech = config.speech.as_ref()?;
    if speech.command.first().is_none_or(String::is_empty) {
        return Some(complain(
            "speech.command",
            "пусто: озвучивать нечем",
            "напишите программу и её аргументы или уберите раздел [speech]",
        ));
    }
    (speech.timeout.0 > SPEECH_MAX).then(|| {
        complain(
            "speech.timeout",
            "дольше 10m: запуск ждёт каждую фразу",
            "обычно хватает 20s",
        )
    })
}

/// Lines priced twice, for nothing, or with limits that are reached before the first call.
fn lines(config: &Config) -> Option<Complaint> {
    let complain = |index: usize, key: &str, what, remedy| {
        Some(complain(format!("line.{index}.{key}"), what, remedy))
    };
    if config.lines.len() > LINES_MAX {
        let (what, remedy) = ("больше 256 номеров", "оставьте те, что стоят больше всего");
        return complain(LINES_MAX, "number", what, remedy);
    }
    for (index, line) in config.lines.iter().enumerate() {
        let before = config.lines.get(..index).unwrap_or_default();
        if before.iter().any(|it| it.number == line.number) {
            let (what, remedy) = ("номер описан дважды", "оставьте одну секцию [[line]]");
            return complain(index, "number", what, remedy);
        }
        if !(1..=MINUTE_COST_MAX).contains(&line.cost_per_minute.0) {
            let what = "ноль или дороже 10 000 за минуту";
            return complain(
                index,
                "cost_per_minute",
                what,
                "цена минуты по договору: 1.80",
            );
        }
        let shown = line.currency.chars().count();
        if !(1..=CURRENCY_MAX).contains(&shown) || line.currency.chars().any(char::is_control) {
            let what = "пусто или длиннее 8 знаков";
            return complain(index, "currency", what, "напишите, например, \"руб.\"");
        }
        let sums = [
            ("alarm_per_day", line.alarm_per_day),
            ("alarm_per_month", line.alarm_per_month),
            ("limit_per_day", line.limit_per_day),
            ("limit_per_month", line.limit_per_month),
        ];
        for (key, sum) in sums {
            if sum.is_some_and(|sum| sum.0 == 0) {
                let what = "ноль: порог достигнут раньше первого вызова";
                return complain(index, key, what, "напишите сумму или уберите ключ");
            }
        }
        let bounded = line.limit_per_day.is_some() || line.limit_per_month.is_some();
        if line.at_limit == AtLimit::Brief && !bounded {
            let remedy = "добавьте limit_per_day или limit_per_month или уберите at_limit";
            return complain(index, "at_limit", "предел не задан", remedy);
        }
    }
    None
}

fn rest(config: &Config) -> Option<Complaint> {
    let unknown = |address: &SocketAddr| {
        let v6 = address.is_ipv6();
        // What listens for both families may be known by an address of either.
        let other = config.sip.listen.all().len() == 1 && config.advertised(!v6).is_some();
        config.advertised(v6).is_none() && !other
    };
    if config.sip.listen.all().iter().any(unknown) {
        return Some(complain(
            "sip.advertise",
            "не задан, а sip.listen слушает все адреса",
            "укажите адрес, по которому нас видит оператор связи",
        ));
    }
    if let Some(complaint) = tls(config)
        .or_else(|| ws(config))
        .or_else(|| unheard(config))
        .or_else(|| speech(config))
    {
        return Some(complaint);
    }
    let in_uri = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if config.sip.realm.is_empty() || !config.sip.realm.chars().all(in_uri) {
        return Some(complain(
            "sip.realm",
            "пусто или не имя: оно пишется в адреса SIP",
            "оставьте латинские буквы, цифры, точку и дефис: gudok",
        ));
    }
    if !SESSION_SECS.contains(&config.sip.session_expires.0.as_secs()) {
        return Some(complain(
            "sip.session_expires",
            "короче 90s или дольше суток: короче не позволяет RFC 4028, а дольше — всё равно что никогда",
            "обычно 30m; чтобы не предлагать вовсе, напишите session_timers = false",
        ));
    }
    if config.media.ports.legs() < 2 {
        return Some(complain(
            "media.ports",
            "слишком узкий диапазон",
            "нужно хотя бы 4 порта, лучше 20000",
        ));
    }
    if config.media.operator_silence.0 < OPERATOR_SILENCE_MIN {
        return Some(complain(
            "media.operator_silence",
            "слишком мало: обычная потеря пакетов сойдёт за умерший телефон",
            "не меньше 2s; чтобы ждать дольше, как других, напишите то же, что в media.silence",
        ));
    }
    if config.dns.servers.iter().any(|it| it.name().is_some()) {
        return Some(complain(
            "dns.servers",
            "имя вместо адреса: узнать его не у кого",
            "напишите адреса: [\"192.0.2.53\"], или уберите ключ, чтобы взять системные",
        ));
    }
    let is_rule = |rule: &String| {
        let digits = rule.strip_suffix('*').unwrap_or(rule).strip_prefix('+');
        digits.is_some_and(|digits| {
            (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    if !config.transfer.outside.iter().all(is_rule) {
        return Some(complain(
            "transfer.outside",
            "не номер и не его начало",
            "пишите с плюсом и кодом страны: \"+74951234567\" или \"+7495*\"",
        ));
    }
    if let Some(complaint) = attack(config).or_else(|| lines(config)) {
        return Some(complaint);
    }
    if config
        .hep
        .as_ref()
        .is_some_and(|hep| hep.collector.port() == 0)
    {
        return Some(complain(
            "hep.collector",
            "порт 0: туда ничего не дойдёт",
            "напишите адрес и порт, на котором HOMER ждёт HEP: 192.0.2.10:9060",
        ));
    }
    (config.limits.calls == 0).then(|| {
        complain(
            "limits.calls",
            "ноль: ни один вызов не будет принят",
            "напишите, сколько вызовов выдержат транк и машина: 2000",
        )
    })
}

fn trunks(config: &Config) -> Option<Complaint> {
    if config.trunks.is_empty() {
        return Some(complain(
            "trunk",
            "нет ни одного транка",
            "добавьте раздел [[trunk]] с name и sources",
        ));
    }
    let mut names = BTreeSet::new();
    config.trunks.iter().enumerate().find_map(|(index, trunk)| {
        let key = |name: &str| format!("trunk.{index}.{name}");
        if trunk.name.is_empty() || !names.insert(trunk.name.as_str()) {
            return Some(complain(
                key("name"),
                "имя транка пусто или повторяется",
                "дайте каждому транку своё имя",
            ));
        }
        if trunk.sources.is_empty() && trunk.register.is_none() {
            return Some(complain(
                key("sources"),
                "пусто: с этого транка никто не дозвонится",
                "укажите адреса, например [\"203.0.113.0/24\"]",
            ));
        }
        if trunk.caller.is_empty() || trunk.dialled.is_empty() {
            let empty = if trunk.caller.is_empty() {
                "caller"
            } else {
                "dialled"
            };
            return Some(complain(
                key(empty),
                "пусто: номер взять неоткуда",
                "перечислите заголовки или уберите ключ, чтобы взять обычные",
            ));
        }
        limits(trunk, &key("limits"))
            .or_else(|| register(config, trunk.register.as_ref()?, &key("register")))
            .or_else(|| outbound(config, trunk, trunk.outbound.as_ref()?, &key("outbound")))
    })
}

fn limits(trunk: &Trunk, key: &str) -> Option<Complaint> {
    let TrunkLimits {
        max_calls,
        max_cps_in,
        max_cps_out,
        ..
    } = trunk.limits;
    let zero = [
        ("max_calls", max_calls == Some(0)),
        ("max_cps_in", max_cps_in == Some(0)),
        ("max_cps_out", max_cps_out == Some(0)),
    ];
    let (name, _) = zero.into_iter().find(|(_, zero)| *zero)?;
    Some(complain(
        format!("{key}.{name}"),
        "ноль: через этот транк не пройдёт ни один вызов",
        "напишите, сколько вызовов позволяет договор, или уберите ключ",
    ))
}

fn register(config: &Config, register: &Register, key: &str) -> Option<Complaint> {
    let user = |name: &str, text: &str| {
        let fits = !text.is_empty() && text.chars().all(in_user);
        (!fits).then(|| {
            complain(
                format!("{key}.{name}"),
                "пусто или не имя: оно пишется в адреса SIP",
                "оставьте латинские буквы, цифры, точку, плюс и дефис",
            )
        })
    };
    user("user", &register.user)
        .or_else(|| user("contact_user", register.contact_user.as_ref()?))
        .or_else(|| somewhere(&register.registrar, format!("{key}.registrar")))
        .or_else(|| {
            let key = format!("{key}.registrar");
            beyond(config, &register.registrar, register.transport, key)
        })
        .or_else(|| {
            let (name, place) = (register.tls_name.as_ref(), Some(&register.registrar));
            tls_name(name, place, register.transport, key)
        })
        .or_else(|| spoken(config, register.transport, key))
        .or_else(|| {
            let secs = register.expires.0.as_secs();
            (!EXPIRES_SECS.contains(&secs)).then(|| {
                complain(
                    format!("{key}.expires"),
                    "регистрация не бывает короче минуты и дольше суток",
                    "обычно 10m; оператор связи может назначить другое сам",
                )
            })
        })
        .or_else(|| probed(register.options_every, &register.options_ok, key))
}

/// Shorter ones only load the registrar, and longer ones find a changed address too late.
const EXPIRES_SECS: std::ops::RangeInclusive<u64> = 60..=86_400;
/// A carrier is asked at most so often.
const OPTIONS_EVERY_MIN: Duration = Duration::from_secs(5);
/// Longest name shown (the law on labelled calls, 41-ФЗ). Characters.
const DISPLAY_MAX: usize = 32;

fn in_user(c: char) -> bool {
    c.is_ascii_alphanumeric() || ".-_+".contains(c)
}

fn somewhere(place: &Place, key: String) -> Option<Complaint> {
    let nowhere = matches!(place.host, Host::Address(address) if address.is_unspecified());
    (nowhere || place.port == Some(0)).then(|| {
        complain(
            key,
            "не адрес: вызовы некуда отправлять",
            "напишите адрес и порт оператора связи: 203.0.113.65:5060",
        )
    })
}

fn spoken(config: &Config, transport: Option<Transport>, key: &str) -> Option<Complaint> {
    (transport == Some(Transport::Tcp) && config.sip.listen_tcp.is_none()).then(|| {
        complain(
            format!("{key}.transport"),
            "tcp, а sip.listen_tcp не задан",
            "добавьте sip.listen_tcp = \"0.0.0.0:0\" или напишите udp",
        )
    })
}

/// Whether one of these takes this family; `[::]` alone takes both.
fn takes(addresses: &[SocketAddr], v6: bool) -> bool {
    let alone = |it: &SocketAddr| it.is_ipv6() && it.ip().is_unspecified() && addresses.len() == 1;
    addresses
        .iter()
        .any(|address| address.is_ipv6() == v6 || alone(address))
}

/// An address that no datagram of ours can be sent to.
fn beyond(
    config: &Config,
    place: &Place,
    transport: Option<Transport>,
    key: String,
) -> Option<Complaint> {
    let Host::Address(address) = place.host else {
        return None;
    };
    let udp = matches!(transport, None | Some(Transport::Udp));
    (udp && !takes(config.sip.listen.all(), address.to_canonical().is_ipv6())).then(|| {
        complain(
            key,
            "другого семейства, чем sip.listen: по UDP туда ничего не отправить",
            "добавьте в sip.listen адрес этого семейства: [\"0.0.0.0:5060\", \"[::]:5060\"]",
        )
    })
}

/// Listeners of a family that we have no sound in: who calls there would get 488.
fn unheard(config: &Config) -> Option<Complaint> {
    let (first, other) = config.media_addresses();
    let heard = |v6: bool| first.is_ipv6() == v6 || other.is_some_and(|it| it.is_ipv6() == v6);
    let (tls, ws) = (config.sip.tls.as_ref(), config.sip.ws.as_ref());
    let listeners = [
        ("sip.listen", Some(&config.sip.listen)),
        ("sip.listen_tcp", config.sip.listen_tcp.as_ref()),
        ("sip.tls.listen", tls.and_then(|it| it.listen.as_ref())),
        ("sip.ws.listen", ws.and_then(|it| it.listen.as_ref())),
        (
            "sip.ws.listen_tls",
            ws.and_then(|it| it.listen_tls.as_ref()),
        ),
    ];
    let deaf = |addresses: &[SocketAddr]| {
        [false, true]
            .into_iter()
            .any(|v6| takes(addresses, v6) && !heard(v6))
    };
    let found = listeners
        .into_iter()
        .find(|(_, listen)| listen.is_some_and(|it| deaf(it.all())));
    found.map(|(key, _)| {
        complain(
            key,
            "слушает семейство адресов, в котором нет звука: такие вызовы получат 488",
            "задайте media.address по одному на семейство: [\"203.0.113.10\", \"2001:db8::10\"], или слушайте одно",
        )
    })
}

/// What is allowed, and yet likely to surprise; for `gudok check`.
pub(crate) fn warnings(config: &Config) -> Vec<String> {
    let listens = |tls: &crate::config::SipTls| tls.listen.is_some();
    if config.sip.tls.as_ref().is_some_and(listens) {
        return Vec::new();
    }
    let over_tls = |trunk: &&Trunk| {
        let out = trunk.outbound.as_ref().and_then(|it| it.transport);
        let register = trunk.register.as_ref().and_then(|it| it.transport);
        [out, register].contains(&Some(Transport::Tls))
    };
    let trunks = config.trunks.iter().filter(over_tls);
    trunks
        .map(|trunk| {
            format!(
                "транк {}: звоним по TLS, а sip.tls.listen не задан: сам оператор связи по TLS к нам не подключится, и если \
                 наше соединение оборвётся посреди разговора, его BYE не дойдёт; задайте sip.tls.listen",
                trunk.name
            )
        })
        .collect()
}

fn outbound(config: &Config, trunk: &Trunk, out: &Outbound, key: &str) -> Option<Complaint> {
    let digest = [
        out.user.is_some(),
        out.realm.is_some(),
        out.password_file.is_some(),
    ];
    if digest.contains(&true) && digest.contains(&false) {
        return Some(complain(
            key,
            "user, realm и password_file нужны вместе",
            "задайте все три или уберите все; realm — как в WWW-Authenticate оператора связи",
        ));
    }
    match &out.address {
        Some(place) => somewhere(place, format!("{key}.address")),
        None if trunk.register.is_some() => None,
        None => Some(complain(
            key,
            "нет address: вызовы некуда отправлять",
            "напишите адрес оператора связи, например address = \"203.0.113.65:5060\"",
        )),
    }
    .or_else(|| {
        let place = out.address.as_ref();
        let place = place.or(trunk.register.as_ref().map(|it| &it.registrar));
        tls_name(out.tls_name.as_ref(), place, out.transport, key)
    })
    .or_else(|| spoken(config, out.transport, key))
    .or_else(|| {
        let registered = trunk.register.as_ref().and_then(|it| it.transport);
        let transport = out.transport.or(registered);
        let key = format!("{key}.address");
        beyond(config, out.address.as_ref()?, transport, key)
    })
    .or_else(|| shown_number(trunk, out, key))
    .or_else(|| probed(out.options_every, &out.options_ok, key))
}

/// What a callee sees of us.
fn shown_number(trunk: &Trunk, out: &Outbound, key: &str) -> Option<Complaint> {
    if !out.allowed_numbers.is_empty() && !out.allowed_numbers.contains(&out.number) {
        return Some(complain(
            format!("{key}.number"),
            "номера нет в allowed_numbers: оператор связи разорвёт такие вызовы",
            "добавьте его в allowed_numbers, если он есть в договоре, или напишите номер из списка",
        ));
    }
    if out.identity.is_empty() {
        return Some(complain(
            format!("{key}.identity"),
            "пусто: нашего номера не будет ни в одном заголовке",
            "перечислите заголовки, обычно [\"from\", \"pai\"], или уберите ключ",
        ));
    }
    let login = trunk.register.is_some() || out.user.is_some();
    if !out.identity.contains(&Identity::From) && !login {
        return Some(complain(
            format!("{key}.identity"),
            "нет from, а писать туда нечего: ни register, ни user не заданы",
            "добавьте \"from\"",
        ));
    }
    let name = out.display_name.as_deref().unwrap_or("-");
    let fits = (1..=DISPLAY_MAX).contains(&name.chars().count());
    let plain = name
        .chars()
        .all(|c| !c.is_control() && !"\"\\<>".contains(c));
    (!fits || !plain).then(|| {
        complain(
            format!("{key}.display_name"),
            "имя пусто, длиннее 32 знаков или с кавычками и скобками",
            "напишите, как в договоре, или уберите ключ, чтобы имя не показывать",
        )
    })
}

fn probed(every: Span, accepted: &[u16], key: &str) -> Option<Complaint> {
    if every.0 < OPTIONS_EVERY_MIN {
        return Some(complain(
            format!("{key}.options_every"),
            "слишком часто: оператор связи примет это за атаку",
            "не чаще 5s; обычно 10s или 15s; чтобы не спрашивать, напишите options = false",
        ));
    }
    let final_status = |status: &u16| (200..700).contains(status);
    (!accepted.iter().all(final_status)).then(|| {
        complain(
            format!("{key}.options_ok"),
            "не ответ SIP",
            "перечислите ответы от 200 до 699, например [200, 404, 405]",
        )
    })
}

fn tls_name(
    name: Option<&String>,
    place: Option<&Place>,
    transport: Option<Transport>,
    key: &str,
) -> Option<Complaint> {
    let key = format!("{key}.tls_name");
    match (name, transport == Some(Transport::Tls)) {
        (Some(name), true) => (!Trust::is_name(name)).then(|| {
            complain(
                key,
                "не имя сервера",
                "напишите имя из сертификата оператора связи: sip.carrier.example",
            )
        }),
        (None, true) if place.is_some_and(|it| it.name().is_some()) => None,
        (None, true) => Some(complain(
            key,
            "не задан, а transport = tls: сертификату нечего доказывать",
            "напишите имя из сертификата оператора связи: sip.carrier.example",
        )),
        (Some(_), false) => Some(complain(
            key,
            "задан, а transport не tls",
            "напишите transport = \"tls\" или уберите tls_name",
        )),
        (None, false) => None,
    }
}

fn ws(config: &Config) -> Option<Complaint> {
    let ws = config.sip.ws.as_ref()?;
    if ws.listen.is_none() && ws.listen_tls.is_none() {
        return Some(complain(
            "sip.ws",
            "слушать негде",
            "добавьте listen_tls = \"0.0.0.0:8443\" или listen = \"127.0.0.1:8080\"",
        ));
    }
    let shown = config
        .sip
        .tls
        .as_ref()
        .and_then(|tls| tls.certificate.as_ref());
    (ws.listen_tls.is_some() && shown.is_none()).then(|| {
        complain(
            "sip.ws.listen_tls",
            "показать подключившимся нечего",
            "добавьте sip.tls.certificate и sip.tls.key",
        )
    })
}

fn tls(config: &Config) -> Option<Complaint> {
    let tls = config.sip.tls.as_ref()?;
    if tls.certificate.is_some() != tls.key.is_some() {
        return Some(complain(
            "sip.tls",
            "certificate и key нужны вместе",
            "задайте оба или уберите оба",
        ));
    }
    (tls.listen.is_some() && tls.certificate.is_none()).then(|| {
        complain(
            "sip.tls.listen",
            "показать подключившимся нечего",
            "добавьте certificate и key",
        )
    })
}

/// `file:line:column` of the value, or of the deepest section on the way to it; the variable, where one sets it.
fn place(path: &Path, text: &str, key: &str) -> String {
    let variable = format!("GUDOK__{}", key.to_uppercase().replace('.', "__"));
    if std::env::var_os(&variable).is_some() {
        return variable;
    }
    spot(path, text, span(text, key)).place
}

fn span(text: &str, key: &str) -> usize {
    let Ok(table) = DeTable::parse(text) else {
        return 0;
    };
    let mut at = 0;
    let mut names = key.split('.');
    let mut met = names.next().and_then(|name| table.get_ref().get(name));
    while let Some(value) = met {
        at = value.span().start;
        met = names.next().and_then(|name| within(value.get_ref(), name));
    }
    at
}

fn within<'a>(value: &'a DeValue<'a>, name: &str) -> Option<&'a Spanned<DeValue<'a>>> {
    match value {
        DeValue::Array(list) => list.get(name.parse::<usize>().ok()?),
        DeValue::Table(table) => table.get(name),
        _ => None,
    }
}

/// The key with the trunk's name for its index.
fn shown(config: &Config, key: &str) -> String {
    let index = key
        .strip_prefix("trunk.")
        .and_then(|it| it.split('.').next());
    let index = index.and_then(|index| index.parse().ok());
    let trunk = index.and_then(|index: usize| Some((index, config.trunks.get(index)?)));
    match trunk {
        Some((index, trunk)) if !trunk.name.is_empty() => {
            key.replacen(&index.to_string(), &trunk.name, 1)
        }
        _ => key.to_owned(),
    }
}
