use proptest::prelude::*;

use super::*;

const HEADER: &str = "\u{feff}АВС/ DEF;От;До;Емкость;Оператор;Регион;Территория ГАР;ИНН\n";

/// What was read and what was said about it.
fn told(rows: &str) -> String {
    let text = format!("{HEADER}{rows}");
    let source = Source {
        name: "DEF-9xx.csv",
        bytes: text.as_bytes(),
    };
    let registry = read(&[source]).expect("a registry");
    let ranges = registry.ranges.iter().map(|it| {
        let also = if it.also.is_empty() {
            String::new()
        } else {
            format!("+{}", it.also)
        };
        format!(
            "{}–{} {}{also} {} {}",
            it.first, it.last, it.subject, it.zone, it.operator
        )
    });
    let problems = registry.problems.iter().map(Problem::to_string);
    ranges.chain(problems).collect::<Vec<_>>().join("\n")
}

#[test]
fn rows_as_the_registry_has_them() {
    insta::assert_snapshot!(told(
        "900;0000000;0061999;62000;ООО \"Связь\";Краснодарский край;Краснодарский край;0000000000\r\n\
         900;0062000;0062999;1000;\"ООО \"\"Дом; связь\"\"\";Ростовская обл.;Ростовская область;0000000000\n\
         \n\
         900;1400000;1599999;200000;Связь;г. Москва * Московская область;Город Москва, Московская область;0\n\
         900;1600000;1699999;100000;Связь;-;Московская область, Город Москва;0\n\
         900;1700000;1799999;100000;Связь;г. Норильск|Красноярский край;г. Норильск|г.о. город Норильск|Красноярский край;0\n\
         900;1800000;1899999;100000;Связь;-;м.р-н Районы, входящие в состав округа|Камчатский край;0\n\
         900;1900000;1999999;100000;Связь;Российская Федерация;Российская Федерация;0\n\
         900;2000000;2099999;100000;Связь;Москва и Московская область;;0\n\
         900;2100000;2199999;100000;Связь;Республика Крым и г. Севастополь;Республика Крым, Город Севастополь;0"
    ), @r#"
    9000000000–9000061999 RU-KDA Europe/Moscow ООО "Связь"
    9000062000–9000062999 RU-ROS Europe/Moscow ООО "Дом; связь"
    9001400000–9001599999 RU-MOW+RU-MOS Europe/Moscow Связь
    9001600000–9001699999 RU-MOW+RU-MOS Europe/Moscow Связь
    9001700000–9001799999 RU-KYA Asia/Krasnoyarsk Связь
    9001800000–9001899999 RU-KAM Asia/Kamchatka Связь
    9001900000–9001999999   Связь
    9002000000–9002099999 RU-MOW+RU-MOS Europe/Moscow Связь
    9002100000–9002199999 RU-CR+RU-SEV Europe/Simferopol Связь
    "#);
}

#[test]
fn what_is_odd_is_told_with_its_place_and_what_was_done() {
    insta::assert_snapshot!(told(
        "90;0000000;0000009;10;Связь;Омская обл.;Омская область;0\n\
         700;0000000;0000009;10;Связь;Омская обл.;Омская область;0\n\
         900;000000;0000009;10;Связь;Омская обл.;Омская область;0\n\
         900;0000000;00000x9;10;Связь;Омская обл.;Омская область;0\n\
         900;0000009;0000000;10;Связь;Омская обл.;Омская область;0\n\
         900;0000000;0000009;11;Связь;Омская обл.;Омская область;0\n\
         900;0000005;0000014;10;Связь;Томская обл.;Томская область;0\n\
         900;0000003;0000004;2;Связь;Томская обл.;Томская область;0\n\
         900;0000020;0000029;10;Связь;Неведомая обл.;Неведомая область;0\n\
         900;0000030;0000039;10;Связь;-;;0\n\
         900;0000040;0000049;10;Связь;-;Омская область, Неведомая область;0\n\
         900;0000050;0000059;10;Связь;-;Омская область, Томская область;0\n\
         900;0000060;0000069;10;Связь;-;Омская область, Томская область, Курская область;0\n\
         900;0000070;0000079;10\n\
         900;0000080;0000089;10;\"Связь;Омская обл.;Омская область;0\n\
         900;0000090;0000099;10;Связь;Омская обл.;Неведомая область;0"
    ), @r"
    9000000000–9000000009 RU-OMS Asia/Omsk Связь
    9000000010–9000000014 RU-TOM Asia/Tomsk Связь
    9000000020–9000000029   Связь
    9000000030–9000000039   Связь
    9000000040–9000000049 RU-OMS Asia/Omsk Связь
    9000000050–9000000059 RU-OMS+RU-TOM Asia/Omsk Связь
    9000000060–9000000069 RU-OMS+RU-TOM Asia/Omsk Связь
    9000000090–9000000099 RU-OMS Asia/Omsk Связь
    DEF-9xx.csv:2: ошибка: код «90» — не три цифры; строка пропущена
    DEF-9xx.csv:3: ошибка: кода 700 в плане нумерации России нет; строка пропущена
    DEF-9xx.csv:4: ошибка: начало диапазона «000000» — не семь цифр; строка пропущена
    DEF-9xx.csv:5: ошибка: конец диапазона «00000x9» — не семь цифр; строка пропущена
    DEF-9xx.csv:6: ошибка: диапазон перевёрнут: с 0000009 до 0000000; строка пропущена
    DEF-9xx.csv:7: предупреждение: ёмкость «11» не равна числу номеров 10; взят диапазон
    DEF-9xx.csv:8: предупреждение: диапазон пересекается с DEF-9xx.csv:7; взято только 9000000010–9000000014
    DEF-9xx.csv:9: ошибка: диапазон пересекается с DEF-9xx.csv:7 и весь лежит в том, что уже взято; строка пропущена
    DEF-9xx.csv:10: предупреждение: регион «Неведомая область» неизвестен; номера взяты без региона
    DEF-9xx.csv:11: предупреждение: регион не указан; номера взяты без региона
    DEF-9xx.csv:12: предупреждение: регион «Неведомая область» неизвестен; взято Омская область
    DEF-9xx.csv:13: предупреждение: «Омская область, Томская область»: у регионов разное время; взято время первого, Омская область
    DEF-9xx.csv:14: предупреждение: «Омская область, Томская область, Курская область»: больше двух регионов; взяты Омская область и Томская область
    DEF-9xx.csv:15: ошибка: столбцов 4, нужно не меньше 6; строка пропущена
    DEF-9xx.csv:16: ошибка: кавычка не закрыта; строка пропущена
    ");
}

#[test]
fn overlaps_between_files_name_the_other_file() {
    let text = |row: &str| format!("{HEADER}{row}");
    let (one, two) = (
        text("900;0000000;0000099;100;Связь;Омская обл.;Омская область;0"),
        text("900;0000050;0000149;100;Связь;Томская обл.;Томская область;0"),
    );
    let sources = [("a.csv", &one), ("b.csv", &two)].map(|(name, text)| Source {
        name,
        bytes: text.as_bytes(),
    });
    let registry = read(&sources).expect("a registry");
    let problems: Vec<String> = registry.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "b.csv:2: предупреждение: диапазон пересекается с a.csv:2; взято только 9000000100–9000000149"
        ]
    );
    assert_eq!(registry.ranges[1].first, 9_000_000_100);
}

#[test]
fn the_first_row_keeps_its_numbers_wherever_they_lie() {
    insta::assert_snapshot!(told(
        "900;0000050;0000059;10;Связь;Омская обл.;Омская область;0\n\
         900;0000000;0000099;100;Связь;Томская обл.;Томская область;0\n\
         900;0000040;0000069;30;Связь;Курская обл.;Курская область;0"
    ), @r"
    9000000000–9000000049 RU-TOM Asia/Tomsk Связь
    9000000050–9000000059 RU-OMS Asia/Omsk Связь
    9000000060–9000000099 RU-TOM Asia/Tomsk Связь
    DEF-9xx.csv:3: предупреждение: диапазон пересекается с DEF-9xx.csv:2; взято только 9000000000–9000000049, 9000000060–9000000099
    DEF-9xx.csv:4: ошибка: диапазон пересекается с DEF-9xx.csv:3 и весь лежит в том, что уже взято; строка пропущена
    ");
}

#[test]
fn a_file_that_is_no_registry_is_refused_with_a_remedy() {
    let refused = |bytes: &[u8]| {
        let name = "x.csv";
        read(&[Source { name, bytes }])
            .expect_err("no registry")
            .to_string()
    };
    insta::assert_snapshot!(refused(b""), @"x.csv:1: это не файл реестра нумерации: нет столбца «АВС/ DEF»; нужны «АВС/ DEF», «От», «До», «Оператор», «Регион»");
    insta::assert_snapshot!(refused("имя;телефон\n".as_bytes()), @"x.csv:1: это не файл реестра нумерации: нет столбца «АВС/ DEF»; нужны «АВС/ DEF», «От», «До», «Оператор», «Регион»");
    insta::assert_snapshot!(refused("АВС/ DEF;От;До;Оператор\n".as_bytes()), @"x.csv:1: это не файл реестра нумерации: нет столбца «Регион»; нужны «АВС/ DEF», «От», «До», «Оператор», «Регион»");
    insta::assert_snapshot!(refused(b"\xc0\xc2\xd1/ DEF;\xce\xf2\n"), @"x.csv:1: файл не в UTF-8; перекодируйте: iconv -f cp1251 -t utf8");
}

#[test]
fn problems_beyond_the_limit_are_counted() {
    let rows = "x;y\n".repeat(PROBLEMS_MAX + 7);
    let text = format!("{HEADER}{rows}");
    let bytes = text.as_bytes();
    let registry = read(&[Source {
        name: "x.csv",
        bytes,
    }])
    .expect("a registry");
    assert_eq!(
        (registry.problems.len(), registry.untold, registry.dropped),
        (PROBLEMS_MAX, 7, PROBLEMS_MAX + 7)
    );
}

proptest! {
    /// Whatever stands in a file, what is read can be written.
    #[test]
    fn what_is_read_fits_into_a_table(rows in proptest::collection::vec(
        ("9[0-9]{2}|[0-9x]{0,4}", "[0-9]{7}|[0-9]{0,8}", "[0-9]{7}|[0-9]{0,8}", "[\";а-я ]{0,12}"),
        0..30,
    )) {
        let rows: String = rows
            .iter()
            .map(|(code, from, to, name)| format!("{code};{from};{to};1;{name};Омская обл.;{name};0\n"))
            .collect();
        let text = format!("{HEADER}{rows}");
        let registry = read(&[Source { name: "x.csv", bytes: text.as_bytes() }]).expect("a registry");
        let written = crate::table::write(&registry.ranges, "x", gudok_model::Wall(0));
        prop_assert!(written.is_ok(), "{written:?}");
    }
}

#[test]
fn a_row_that_is_cut_into_very_many_pieces_is_told_in_one_line() {
    let narrow: Vec<String> = (0..60)
        .map(|at| format!("900;00000{at:02};00000{at:02};1;Связь;Омская обл.;Омская область;0"))
        .collect();
    let narrow: Vec<&str> = narrow.iter().step_by(2).map(String::as_str).collect();
    let two = format!(
        "{}\n900;0000000;0000059;60;Связь;Томская обл.;Томская область;0\n\
         900;0000070;0000079;10;Связь;Курская обл.;Курская область;0",
        narrow.join("\n")
    );
    let told = told(&two);
    let last = told.lines().next_back().expect("a problem");
    assert!(last.contains("пересекается с DEF-9xx.csv:2; взято только 9000000001–9000000001, "));
    assert!(last.ends_with("9000000039–9000000039 и ещё 10"), "{last}");
}
