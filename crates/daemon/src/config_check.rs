//! What the types of the configuration cannot say. Every complaint names the place and the remedy.
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use gudok_wire::sip::Trust;

use crate::config::{Config, Outbound, Transport};
use crate::config_error::{ConfigError, spot};

/// A hiccup of the network is no death of a phone.
const OPERATOR_SILENCE_MIN: Duration = Duration::from_secs(2);

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
    if let Some(complaint) = tls(config).or_else(|| ws(config)) {
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
    if let Some(complaint) = attack(config) {
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
        if trunk.sources.is_empty() {
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
        let out = trunk.outbound.as_ref()?;
        outbound(config, out, &key("outbound"))
    })
}

fn outbound(config: &Config, out: &Outbound, key: &str) -> Option<Complaint> {
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
    if out.address.port() == 0 || out.address.ip().is_unspecified() {
        return Some(complain(
            format!("{key}.address"),
            "не адрес: вызовы некуда отправлять",
            "напишите адрес и порт оператора связи: 203.0.113.65:5060",
        ));
    }
    if let Some(complaint) = tls_name(out, key) {
        return Some(complaint);
    }
    (out.transport == Transport::Tcp && config.sip.listen_tcp.is_none()).then(|| {
        complain(
            format!("{key}.transport"),
            "tcp, а sip.listen_tcp не задан",
            "добавьте sip.listen_tcp = \"0.0.0.0:0\" или напишите udp",
        )
    })
}

fn tls_name(out: &Outbound, key: &str) -> Option<Complaint> {
    let key = format!("{key}.tls_name");
    match (&out.tls_name, out.transport == Transport::Tls) {
        (Some(name), true) => (!Trust::is_name(name)).then(|| {
            complain(
                key,
                "не имя сервера",
                "напишите имя из сертификата оператора связи: sip.carrier.example",
            )
        }),
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
    let index = key.split('.').nth(1).and_then(|index| index.parse().ok());
    let trunk = index.and_then(|index: usize| Some((index, config.trunks.get(index)?)));
    match trunk {
        Some((index, trunk)) if !trunk.name.is_empty() => {
            key.replacen(&index.to_string(), &trunk.name, 1)
        }
        _ => key.to_owned(),
    }
}
