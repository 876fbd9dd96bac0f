//! Clients from a file as people have it, and operators whose passwords nobody can read.
use gudok_model::{
    AutoAnswer, ClientClass, ClientMatch, NumberRules, OperatorProfile, PhoneNumber, ProjectId,
    Role, Wall,
};
use gudok_store::{AddOperatorError, ImportError, ImportReport, NewOperator, Store};

async fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(&dir.path().join("gudok.db"))
        .await
        .expect("a fresh database");
    (dir, store)
}

async fn import(store: &Store, file: impl AsRef<[u8]>) -> Result<ImportReport, ImportError> {
    let rules = NumberRules {
        home_code: Some("3952".into()),
        strip: None,
    };
    store
        .import_clients(&"demo".into(), file.as_ref(), &rules, Wall(1))
        .await
}

async fn lookup(store: &Store, number: &str) -> ClientMatch {
    let number = PhoneNumber::try_from(number.to_owned()).expect("a number");
    store.client_by_number(&"demo".into(), &number).await
}

const FILE: &str = "\u{feff}Код;ФИО;Телефон;Телефон 2;Класс;Адрес
17;ООО «Пример»;8 (999) 000-00-01, +7 999 000-00-02;;vip;Иркутск
18;Иванова А. А.;89990000003;22-33-44;;
19;;89990000004;;;
20;Петров;нет телефона;12;;
21;Сидоров;89990000005;;золотой;

22;Мария;+79990000001;мусор;лид;Ангарск
17;ООО «Пример»;89990000009;;;Братск
23;Лишнее;89990000006;;;;;поле
24;\"Незакрытая;89990000007;;;
25;Последний;8-999-000-00-08;;инженер;
26;Короткая
";

#[tokio::test]
async fn good_rows_go_in_and_each_bad_one_is_told_with_its_line() {
    let (_dir, store) = store().await;
    let report = import(&store, FILE).await.unwrap();
    insta::assert_snapshot!(report, @r#"
    Строк: 11. Клиентов добавлено: 4, обновлено: 0. Номеров: 7. Пропущено строк: 6.
    строка 4: пропущена: нет имени
    строка 5: «нет телефона» — не номер телефона, пропущен
    строка 5: «12» — не номер телефона, пропущен
    строка 5: пропущена: нет ни одного годного номера телефона
    строка 6: пропущена: неизвестный класс «золотой»; бывает: обычный, vip, лид, инженер, заблокирован
    строка 8: «мусор» — не номер телефона, пропущен
    строка 8: номер есть и у клиента из строки 2; оператор увидит обоих
    строка 9: повтор: этот клиент уже был в строке 2; строки объединены
    строка 10: пропущена: полей 8, а в заголовке 6
    строка 11: пропущена: кавычка открыта и не закрыта
    строка 13: пропущена: полей 2, а в заголовке 6
    "#);
    let ClientMatch::Many { candidates, .. } = lookup(&store, "+79990000001").await else {
        panic!("two")
    };
    let told: Vec<_> = candidates
        .iter()
        .map(|c| (c.id.as_str(), c.name.as_str(), c.class))
        .collect();
    assert_eq!(
        told,
        [
            ("17", "ООО «Пример»", ClientClass::Vip),
            ("22", "Мария", ClientClass::Lead)
        ]
    );
    assert_eq!(candidates[0].fields["Адрес"], "Иркутск");
    let local = lookup(&store, "+73952223344").await;
    assert_eq!(local.client().map(|client| client.id.as_str()), Some("18"));
    assert!(matches!(
        lookup(&store, "+79990000009").await,
        ClientMatch::One { .. }
    ));
    assert!(matches!(
        lookup(&store, "+79990000042").await,
        ClientMatch::None { .. }
    ));
}

/// From a strange telephone: by a column of the sheet, or by the id.
#[tokio::test]
async fn a_client_is_found_by_a_column_and_by_the_id() {
    let (_dir, store) = store().await;
    let csv = "код;имя;телефон;договор\nA-1;Анна;89990000001;45-02 17\nB2;Борис;89990000002;777\nB3;Борис мл.;89990000003;777\n";
    import(&store, csv).await.unwrap();
    let by = async |field: &str, value: &str| {
        let found = store
            .client_by_field(&ProjectId::from("demo"), field, value)
            .await;
        match found {
            ClientMatch::One { client, .. } => client.name,
            ClientMatch::Many { candidates, .. } => format!("{} candidates", candidates.len()),
            ClientMatch::None { .. } => "nobody".to_owned(),
            other => format!("{other:?}"),
        }
    };
    assert_eq!(by("договор", "450217").await, "Анна");
    assert_eq!(by("договор", "777").await, "2 candidates");
    assert_eq!(by("id", "B2").await, "Борис");
    for (field, value) in [
        ("имя", "Анна"),
        ("договор", "4502"),
        ("договор", "' OR 1=1 --"),
    ] {
        assert_eq!(by(field, value).await, "nobody", "{field} {value}");
    }
    let again = "код;имя;телефон;договор\nA-1;Анна;89990000001;900\n";
    import(&store, again).await.unwrap();
    assert_eq!(by("договор", "450217").await, "nobody");
    assert_eq!(by("договор", "900").await, "Анна");
}

#[tokio::test]
async fn importing_again_replaces_and_removes_nobody() {
    let (_dir, store) = store().await;
    import(&store, "name,phone\nOne,89990000001\nTwo,89990000002\n")
        .await
        .unwrap();
    let report = import(&store, "phone,name\n89990000001,Uno\n89990000003,Three\n")
        .await
        .unwrap();
    assert_eq!((report.added, report.updated, report.numbers), (1, 1, 2));
    let name = async |number| {
        lookup(&store, number)
            .await
            .client()
            .map(|client| client.name.clone())
    };
    assert_eq!(name("+79990000001").await.as_deref(), Some("Uno"));
    assert_eq!(name("+79990000002").await.as_deref(), Some("Two"));
    let (other, number) = (ProjectId::from("other"), "+79990000001".to_owned());
    let found = store
        .client_by_number(&other, &PhoneNumber::try_from(number).unwrap())
        .await;
    assert!(
        matches!(found, ClientMatch::None { .. }),
        "another business sees nobody"
    );
}

#[tokio::test]
async fn a_file_that_is_none_is_an_error_with_a_remedy() {
    let (_dir, store) = store().await;
    let error = async |file: &[u8]| import(&store, file).await.unwrap_err().to_string();
    // «имя;телефон» and a name in Windows-1251.
    let cp1251 = b"\xe8\xec\xff;\xf2\xe5\xeb\xe5\xf4\xee\xed\n\xc0\xed\xed\xe0;1\n";
    insta::assert_snapshot!(error(cp1251).await, @r#"
    строка 1: файл не в UTF-8 (похоже на Windows-1251); сохраните его как «CSV UTF-8»
    "#);
    insta::assert_snapshot!(error(b"").await, @r#"
    файл пуст; нужна строка заголовков, например: имя;телефон
    "#);
    insta::assert_snapshot!(error("имя;адрес\n".as_bytes()).await, @r#"
    нет столбца «телефон»; есть: имя, адрес. Назовите столбец одним из слов: телефон, номер, мобильный, phone
    "#);
}

fn anna(password: &str) -> NewOperator<'_> {
    let profile = OperatorProfile {
        id: "anna".into(),
        name: "Анна".into(),
        project: "demo".into(),
        auto_answer: AutoAnswer::ByPhone,
        phone_only: true,
        phone: Some("snom".into()),
        role: Role::Supervisor,
    };
    NewOperator {
        profile,
        realm: "gudok",
        password,
    }
}

#[tokio::test]
async fn operators_are_kept_with_hashes_that_are_never_printed() {
    let (_dir, store) = store().await;
    store.add_operator(&anna("secret"), Wall(1)).await.unwrap();
    let again = store.add_operator(&anna("other"), Wall(1)).await;
    assert!(matches!(again, Err(AddOperatorError::Exists(_))));
    assert_eq!(store.operators().await.unwrap(), [anna("").profile]);

    let credential = store.credentials().await.unwrap().remove(0);
    // echo -n anna:gudok:secret | md5sum
    assert_eq!(credential.ha1_md5, "0a1621d24cfc8f1f8dbf9f608a07f558");
    assert_eq!(credential.ha1_sha256.len(), 64);
    assert!(credential.accepts("secret") && !credential.accepts("Secret"));
    let printed = format!("{credential:?} {:?}", anna("secret"));
    assert!(
        !printed.contains(&credential.ha1_md5) && !printed.contains("secret"),
        "{printed}"
    );

    let signed_in = store.sign_in("anna", "secret").await.unwrap();
    assert_eq!(signed_in, Some(anna("").profile));
    for (operator, password) in [("anna", "Secret"), ("boris", "secret"), ("", "")] {
        assert_eq!(store.sign_in(operator, password).await.unwrap(), None);
    }

    store.update_operator(&anna("new")).await.unwrap();
    assert!(store.credentials().await.unwrap()[0].accepts("new"));
    assert!(store.remove_operator(&"anna".into()).await.unwrap());
    assert!(matches!(
        store.update_operator(&anna("x")).await,
        Err(AddOperatorError::Unknown(_))
    ));
    assert!(matches!(
        store.add_operator(&anna(""), Wall(1)).await,
        Err(AddOperatorError::BadPassword)
    ));
    let mut bad = anna("x");
    bad.profile.id = "anna:root".into();
    assert!(matches!(
        store.add_operator(&bad, Wall(1)).await,
        Err(AddOperatorError::BadId)
    ));
}

#[tokio::test]
async fn a_role_changes_without_the_password_and_a_leave_takes_it() {
    let (_dir, store) = store().await;
    let profile = OperatorProfile {
        id: "101".into(),
        name: "Оператор 101".into(),
        project: "main".into(),
        auto_answer: AutoAnswer::Off,
        phone_only: false,
        phone: None,
        role: Role::Operator,
    };
    let new = NewOperator {
        profile,
        realm: "gudok",
        password: "correct-horse",
    };
    store.add_operator(&new, Wall(1)).await.expect("added");
    let id = "101".into();
    let mut seen = Vec::new();
    for role in [Role::Supervisor, Role::Admin, Role::Operator] {
        assert!(store.set_role(&id, role).await.expect("changed"));
        let now = store.operators().await.expect("read")[0].role;
        let (supervises, admin) = (store.supervises(&id).await, store.is_admin(&id).await);
        seen.push((now, supervises.expect("read"), admin.expect("read")));
    }
    let expected = [
        (Role::Supervisor, true, false),
        (Role::Admin, true, true),
        (Role::Operator, false, false),
    ];
    assert_eq!(seen, expected);
    let same = store.sign_in("101", "correct-horse").await.expect("read");
    assert!(same.is_some(), "the password is the same");
    assert!(store.remove_operator(&id).await.expect("removed"));
    assert!(!store.set_role(&id, Role::Admin).await.expect("asked"));
    assert!(!store.supervises(&id).await.expect("asked"));
}
