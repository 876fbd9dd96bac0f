//! Invented carriers, each with the habit of a real one.
use std::net::{IpAddr, Ipv4Addr};

use gudok_dialplan::load::{Source, load};
use proptest::prelude::*;

use super::*;

mod captures;
mod parts;
mod sections;
use captures::{CARRIER, LITTLE, PSH, Written, ipv4, tcp, udp};
use sections::Section;

/// An INVITE with these headers; the Request-URI's user first.
fn invite(call: u32, dialled: &str, headers: &[&str]) -> String {
    let mut text = format!(
        "INVITE sip:{dialled}@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.65:5060;branch=z9hG4bK{call}\r\n\
         Call-ID: call-{call}@carrier.example\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
    );
    for header in headers {
        text += header;
        text += "\r\n";
    }
    text + "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n"
}

/// From is the trunk's login, the caller stands in P-Asserted-Identity; the 8-800 in Diversion alone.
fn carrier_of_logins() -> Vec<String> {
    [(1, "79990000011"), (2, "79990000012"), (3, "79990000013")]
        .map(|(call, caller)| {
            invite(
                call,
                "74990000002",
                &[
                    "From: \"Login\" <sip:74990000001@carrier.example>;tag=a",
                    "To: <sip:74990000002@192.0.2.10>",
                    &format!("P-Asserted-Identity: <tel:+{caller}>"),
                    "Diversion: <sip:88000000001@carrier.example>;reason=unconditional",
                ],
            )
        })
        .to_vec()
}

fn plan(numbers: &[&str]) -> Plan {
    let numbers: Vec<String> = numbers
        .iter()
        .map(|number| {
            format!(
                "[[number]]\ndid = \"{number}\"\nlabel = \"Линия {}\"\n",
                &number[8..]
            ) + "record = \"from_answer\"\nflow = \"main\"\n"
        })
        .collect();
    let text = numbers.concat() + "[[flow.main]]\nclose = [\"goodbye\"]\nreason = \"closed\"\n";
    let source = Source {
        name: "8800.toml".into(),
        text,
    };
    match load(&[source]) {
        Ok(loaded) => loaded.plan,
        Err(problems) => panic!("{}", problems[0].render()),
    }
}

fn trunk(more: &str) -> Trunk {
    let text = format!("name = \"carrier\"\nsources = [\"203.0.113.64/28\"]\n{more}");
    toml::from_str(&text).unwrap()
}

fn captured(file: &[u8]) -> Capture {
    let mut capture = Capture::default();
    capture.add("вызовы", file).unwrap();
    capture
}

/// With one number of ours.
fn told(file: &[u8], more: &str, expect: Option<&str>) -> String {
    told_by(&plan(&["+78000000001"]), file, more, expect)
}

fn told_by(plan: &Plan, file: &[u8], more: &str, expect: Option<&str>) -> String {
    let expect = expect.map(|number| expected(number).unwrap());
    match taught(captured(file), &trunk(more), plan, expect) {
        Ok(told) => told,
        Err(refused) => format!("64: {refused}"),
    }
}

/// From "Предложение" on.
fn proposed(file: &[u8], more: &str, expect: Option<&str>) -> String {
    let told = told(file, more, expect);
    let at = told.find("\n[[trunk]]").expect("a proposal");
    told[at + 1..].to_owned()
}

#[test]
fn login_in_from_and_the_8800_in_diversion() {
    insta::assert_snapshot!(told(carrier_of_logins().concat().as_bytes(), "", None), @r#"
    1. вызовы, строка 1
       P-Asserted-Identity  +79990000011       +79990000011  ← звонящий
       Remote-Party-ID      —                  нет заголовка
       From                 74990000001        +74990000001  не меняется: номер транка
       Request-URI          74990000002        +74990000002
       To                   74990000002        +74990000002
       Diversion            88000000001        +78000000001  наш: «Линия 0001»
       History-Info         —                  нет заголовка
    2. вызовы, строка 14
       P-Asserted-Identity  +79990000012       +79990000012  ← звонящий
       Remote-Party-ID      —                  нет заголовка
       From                 74990000001        +74990000001  не меняется: номер транка
       Request-URI          74990000002        +74990000002
       To                   74990000002        +74990000002
       Diversion            88000000001        +78000000001  наш: «Линия 0001»
       History-Info         —                  нет заголовка
    3. вызовы, строка 27
       P-Asserted-Identity  +79990000013       +79990000013  ← звонящий
       Remote-Party-ID      —                  нет заголовка
       From                 74990000001        +74990000001  не меняется: номер транка
       Request-URI          74990000002        +74990000002
       To                   74990000002        +74990000002
       Diversion            88000000001        +78000000001  наш: «Линия 0001»
       History-Info         —                  нет заголовка

    Вызовов: 3

    Прочитано верно, из 3:  звонящий / набранный номер / оба
       3 / 3 / 3  caller = ["pai"], dialled = ["diversion"]
       3 / 0 / 0  caller = ["pai"], dialled = ["request_uri"]
       3 / 0 / 0  caller = ["pai"], dialled = ["to"]
       0 / 3 / 0  caller = ["from"], dialled = ["diversion"]
       0 / 0 / 0  caller = ["from"], dialled = ["request_uri"]
       0 / 0 / 0  caller = ["from"], dialled = ["to"]
       3 / 3 / 3  сейчас: caller = ["pai", "rpid", "from"], dialled = ["request_uri", "to", "diversion", "history_info"]

    Предложение: в [[trunk]] с name = "carrier" заменить эти ключи, остальные оставить

    [[trunk]]
    name = "carrier"
    caller = ["pai"]
    dialled = ["diversion"]

    Почему:
     - звонящий: P-Asserted-Identity меняется от вызова к вызову, а From — нет: там номер транка
     - набранный: номер из плана есть в каждом вызове, прежде всего в Diversion
     - нынешняя настройка читает эти вызовы не хуже: менять не обязательно
    "#);
}

#[test]
fn the_proposal_is_a_trunk_of_gudok_toml() {
    let told = proposed(carrier_of_logins().concat().as_bytes(), "", None);
    let snippet = told.split("\nПочему").next().unwrap();
    let whole = snippet.replace(
        "name = \"carrier\"",
        "name = \"carrier\"\nsources = [\"192.0.2.1\"]",
    );
    let config: config::Config =
        toml::from_str(&format!("[sip]\nlisten = \"127.0.0.1:5060\"\n{whole}")).unwrap();
    assert_eq!(config.trunks[0].caller, [config::CallerSource::Pai]);
    assert_eq!(config.trunks[0].dialled, [config::DialledSource::Diversion]);
}

#[test]
fn one_call_that_nothing_explains_needs_the_callers_number() {
    let file = invite(
        1,
        "88000000001",
        &[
            "From: <sip:89990000011@carrier.example>;tag=a",
            "To: <sip:88000000001@192.0.2.10>",
            "P-Asserted-Identity: <sip:74990000001@carrier.example>",
        ],
    );
    insta::assert_snapshot!(proposed(file.as_bytes(), "", None), @r#"
    [[trunk]]
    name = "carrier"
    caller = ["pai"]
    dialled = ["request_uri", "to"]

    Почему:
     - звонящий: заголовки спорят, и понять, кто прав, нельзя; взят P-Asserted-Identity. Позвоните со своего телефона и повторите с --expect, или снимите вызовы с двух разных номеров
     - набранный: номер из плана есть в каждом вызове, прежде всего в Request-URI
    "#);
    insta::assert_snapshot!(proposed(file.as_bytes(), "", Some("8 999 000-00-11")), @r#"
    [[trunk]]
    name = "carrier"
    caller = ["from"]
    dialled = ["request_uri", "to"]

    Почему:
     - звонящий: номер из --expect так читается в 1 из 1; прежде всего он в From
     - набранный: номер из плана есть в каждом вызове, прежде всего в Request-URI
    "#);
}

#[test]
fn a_caller_whom_no_header_names_changes_nothing() {
    let file = carrier_of_logins().concat();
    let told = proposed(file.as_bytes(), "caller = [\"rpid\"]", Some("+79990000099"));
    assert!(told.contains("caller = [\"rpid\"]\n"), "{told}");
    assert!(
        told.contains("номера из --expect нет ни в одном вызове"),
        "{told}"
    );
    let one = proposed(file.as_bytes(), "", Some("+79990000012"));
    assert!(
        one.contains("в 1 из 3; прежде всего он в P-Asserted-Identity"),
        "{one}"
    );
}

#[test]
fn only_a_technical_number_needs_a_default() {
    let file = invite(
        1,
        "74990000002",
        &[
            "From: <sip:200001@carrier.example>;tag=a",
            "To: <sip:74990000002@192.0.2.10>",
        ],
    );
    insta::assert_snapshot!(proposed(file.as_bytes(), "", None), @r#"
    [[trunk]]
    name = "carrier"
    caller = ["pai", "rpid", "from"]
    dialled = ["request_uri", "to", "diversion", "history_info"]
    default_did = "+78000000001"

    Почему:
     - звонящий: полного номера нет ни в одном заголовке; оставлено, как было
     - набранный: номера из плана нет ни в одном заголовке, приходит только технический; поэтому default_did. Если по транку звонят на разные номера, впишите технические номера в план
     - home_code: есть местные номера звонящих; впишите код города, например home_code = "3952"
    "#);
    let two = plan(&["+78000000001", "+78000000002"]);
    let told = taught(
        captured(file.as_bytes()),
        &trunk("home_code = \"3952\""),
        &two,
        None,
    )
    .unwrap();
    assert!(
        told.contains("# default_did = \"+78000000001\"\n# default_did = \"+78000000002\"\n"),
        "which of them is for the admin to say: {told}"
    );
    assert!(told.contains("+73952200001  ← звонящий"), "{told}");
}

#[test]
fn a_prefix_of_the_carrier_is_found_and_one_too_many_is_removed() {
    let prefixed = invite(
        1,
        "988000000001",
        &[
            "From: <sip:989990000011@carrier.example>;tag=a",
            "To: <sip:988000000001@192.0.2.10>",
        ],
    );
    insta::assert_snapshot!(proposed(prefixed.as_bytes(), "", Some("+79990000011")), @r#"
    [[trunk]]
    name = "carrier"
    caller = ["from"]
    dialled = ["request_uri", "to"]
    strip = "9"

    Почему:
     - звонящий: номер из --expect так читается в 1 из 1; прежде всего он в From
     - набранный: номер из плана есть в каждом вызове, прежде всего в Request-URI
     - strip: без цифр «9» впереди больше номеров читается верно
    "#);
    let plain = prefixed.replace("sip:9", "sip:");
    let told = proposed(plain.as_bytes(), "strip = \"8800\"", None);
    assert!(told.contains("# strip убрать"), "{told}");
}

#[test]
fn a_caller_who_hides_is_nobody_and_not_the_login() {
    let mut file = carrier_of_logins().concat();
    file += &invite(
        4,
        "74990000002",
        &[
            "From: <sip:74990000001@carrier.example>;tag=a",
            "To: <sip:74990000002@192.0.2.10>",
            "P-Asserted-Identity: <sip:anonymous@anonymous.invalid>",
            "Privacy: id",
            "Diversion: <sip:88000000001@carrier.example>",
        ],
    );
    let told = told(file.as_bytes(), "", None);
    assert!(
        told.contains("4 / 4 / 4  caller = [\"pai\"], dialled = [\"diversion\"]"),
        "{told}"
    );
}

#[test]
fn a_number_that_nobody_will_see_is_marked_as_hidden() {
    let mut calls = carrier_of_logins();
    calls[1] = calls[1].replace("Diversion:", "Privacy: id\r\nDiversion:");
    let file = calls.concat();
    let of_hidden = |more| told(file.as_bytes(), more, None);
    let hidden = of_hidden("");
    assert_eq!(hidden.matches("   скрыт: Privacy\n").count(), 1, "{hidden}");
    let count = "Скрывают номер: 1; из них с номером, которого не увидит никто: 1";
    assert!(hidden.contains(count), "{hidden}");
    // The order of headers is learnt from it all the same.
    assert!(hidden.contains("3 / 3 / 3  caller = [\"pai\"]"), "{hidden}");
    let shown = of_hidden("show_private = true");
    assert!(
        shown.contains("Скрывают номер: 1; show_private = true"),
        "{shown}"
    );
    let open = told(carrier_of_logins().concat().as_bytes(), "", None);
    assert!(
        !open.contains("скрыт") && !open.contains("Скрывают"),
        "{open}"
    );
}

#[test]
fn a_log_with_bare_line_feeds_junk_and_bodies_left_out() {
    let log: String = carrier_of_logins()
        .iter()
        .map(|message| {
            let message = message.replace("\r\n", "\n").replace("\nv=0\n", "\n");
            let message = message.replace("Content-Length: 5", "Content-Length: 312");
            format!("2026-11-22 10:00:00 <--- received --->\n\n{message}<------------->\n")
        })
        .collect();
    let whole = carrier_of_logins().concat();
    let proposal = |file: &str| proposed(file.as_bytes(), "", None);
    assert_eq!(proposal(&log), proposal(&whole));
}

#[test]
fn a_body_may_look_like_a_message() {
    let inner = "INVITE sip:88000000001@192.0.2.10 SIP/2.0\r\nVia: x\r\n\r\n";
    let file = carrier_of_logins()[0]
        .replace(
            "Content-Length: 5",
            &format!("Content-Length: {}", inner.len()),
        )
        .replace("v=0\r\n", inner);
    let capture = captured((file + &carrier_of_logins()[1]).as_bytes());
    assert_eq!(capture.messages.len(), 2);
}

#[test]
fn what_is_no_new_call_is_counted() {
    let first = &carrier_of_logins()[0];
    let again = first.clone();
    let inside = first
        .replace("call-1", "call-9")
        .replace("192.0.2.10>", "192.0.2.10>;tag=b");
    let options = first.replace("INVITE", "OPTIONS");
    let wrong = first.replace("From:", "Form:");
    let file = [first, &again, &inside, &options, &wrong]
        .map(String::as_str)
        .concat();
    let capture = &mut captured(file.as_bytes());
    let sorted = calls::sort(capture, &trunk(""));
    insta::assert_snapshot!(lesson::found(capture, &sorted), @r#"
    Вызовов: 1
    Пропущено 1: SIP с ошибкой, в работе будет отклонён
    Пропущено 1: ответы и другие запросы SIP
    Пропущено 1: INVITE внутри разговора
    Пропущено 1: повторы того же вызова (Call-ID)
       вызовы, строка 53: byte 411: From is missing
    "#);
}

#[test]
fn nothing_usable_says_what_was_there() {
    let options = carrier_of_logins()[0].replace("INVITE", "OPTIONS");
    insta::assert_snapshot!(told(options.as_bytes(), "", None), @r#"
    64: в файлах нет ни одного INVITE, начинающего вызов
    Вызовов: 0
    Пропущено 1: ответы и другие запросы SIP
    "#);
    insta::assert_snapshot!(told(b"", "", None), @r#"
    64: в файлах нет ни одного INVITE, начинающего вызов
    Вызовов: 0
    "#);
}

#[test]
fn two_numbers_of_ours_in_one_call_are_told_and_the_present_order_stays() {
    let calls = [(1, "79990000011"), (2, "79990000012")].map(|(call, caller)| {
        invite(
            call,
            "84990000002",
            &[
                &format!("From: <sip:+{caller}@carrier.example>;tag=a"),
                "To: <sip:84990000002@192.0.2.10>",
                "Diversion: <sip:88000000001@carrier.example>",
            ],
        )
    });
    let plan = plan(&["+78000000001", "+74990000002"]);
    let more = "dialled = [\"diversion\", \"request_uri\"]\n";
    let told = told_by(&plan, calls.concat().as_bytes(), more, None);
    assert!(
        told.contains("в 2 из 2 заголовки называют разные наши номера"),
        "{told}"
    );
    assert!(
        told.contains("\ndialled = [\"diversion\", \"request_uri\"]"),
        "{told}"
    );
}

#[test]
fn calls_from_an_address_that_no_trunk_has() {
    let calls = carrier_of_logins();
    let ip = ipv4([198, 51, 100, 7], 17, 0, &udp(calls[0].as_bytes()));
    let told = told(&LITTLE.file(&[LITTLE.packet(&ip)]), "", None);
    assert!(told.contains("отправители: 198.51.100.7"), "{told}");
}

#[test]
fn more_calls_than_are_learnt_from_are_counted() {
    let call = &carrier_of_logins()[0];
    let calls = (0..calls::CALLS_MAX + 2).map(|id| call.replace("call-1", &format!("call-{id}")));
    let told = told(calls.collect::<String>().as_bytes(), "", None);
    assert!(
        told.contains("Вызовов: 200\nПропущено 2: сверх предела"),
        "{told}"
    );
    assert!(told.contains("… и ещё вызовов: 180"), "{told}");
}

#[test]
fn what_a_caller_writes_does_not_draw_on_the_terminal() {
    let file = carrier_of_logins()[0].replace("+79990000011", "%1b[31m\u{202E}x");
    let told = told(file.as_bytes(), "", None);
    assert!(!told.contains(['\u{1b}', '\u{202E}']), "{told:?}");
}

/// Bytes in a file of some kind.
fn learnt(file: &[u8]) {
    let mut capture = Capture::default();
    if capture.add("x", file).is_ok() {
        let plan = plan(&["+78000000001"]);
        let _either = taught(capture, &trunk(""), &plan, None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        learnt(&bytes);
        for link in [0, 1, 101, 113, 276] {
            let written = Written { link, ..LITTLE };
            learnt(&[written.file(&[]), bytes.clone()].concat());
            learnt(&written.file(std::slice::from_ref(&bytes)));
            let section = Section { big_endian: link == 1 };
            learnt(&[section.head(), section.interface(link as u16, 0), bytes.clone()].concat());
            learnt(&[section.head(), section.interface(link as u16, 0), section.enhanced(0, &bytes)].concat());
        }
    }

    #[test]
    fn any_damage_ends(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        kind in 0..3u8,
    ) {
        let calls = carrier_of_logins();
        let mut file = match kind {
            0 => calls.concat().into_bytes(),
            1 => {
                let section = Section { big_endian: false };
                let parts = calls.iter().flat_map(|call| parts::of_ipv4(7, &udp(call.as_bytes()), 96));
                let blocks = parts.map(|ip| section.enhanced(0, &ip)).collect::<Vec<_>>().concat();
                [section.head(), section.interface(101, 0), blocks].concat()
            }
            _ => {
                let packets: Vec<Vec<u8>> = calls
                    .iter()
                    .flat_map(|call| {
                        let call = call.as_bytes();
                        [(17, udp(call)), (6, tcp(1, PSH, &call[..99])), (6, tcp(100, PSH, &call[99..]))]
                    })
                    .map(|(protocol, bytes)| LITTLE.packet(&ipv4(CARRIER, protocol, 0, &bytes)))
                    .collect();
                LITTLE.file(&packets)
            }
        };
        for (at, byte) in damage {
            let at = at.index(file.len());
            file[at] = byte;
        }
        learnt(&file);
    }
}
