//! Calls out: what the rules beside the plan make of one, as the admin asks.
use anyhow::Result;

use crate::hotline;

/// A plan with the rules of calls out.
const PLAN: &str = r#"
[outbound]
zone = "Europe/Moscow"
night = "never"

[outbound.prefixes]
"+7" = { minute = "2.50" }
"+7809" = "denied"

[[outbound.cli]]
number = "+74950000001"

[law.house_hours]
article = "порядок организации"
from = 2026-01-01
hours = "09:00-21:00"

[law.ads_consent]
article = "38-ФЗ, ст. 18, ч. 1"
from = 2006-07-01
purposes = ["advertising"]
basis = ["consent"]
proof = true

[[number]]
did = "+78001234567"
record = "from_answer"
flow = "main"

[[flow.main]]
close = ["goodbye"]
reason = "main"
"#;

#[test]
fn a_call_out_is_checked_with_every_rule_and_its_place() -> Result<()> {
    let folder = hotline(PLAN).folder()?;
    let check = |more: &[&str]| -> Result<(Option<i32>, String)> {
        let output = folder.run(&[&["outbound", "check"], more].concat())?;
        let said = [output.stdout, output.stderr].concat();
        Ok((output.status.code(), String::from_utf8_lossy(&said).into()))
    };
    let (code, said) = check(&["83952000001", "--at", "2026-11-23T15:59", "--from", "101"])?;
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("там 2026-11-23 20:59 (Asia/Irkutsk, по номеру)"),
        "{said}"
    );
    assert!(
        said.contains("МОЖНО: показываем +74950000001, минута 2,50 ₽"),
        "{said}"
    );
    assert!(
        said.contains("да  operator_at_once (8800.toml:2:2)"),
        "{said}"
    );
    assert!(said.contains("—   ads_consent (8800.toml:18:6)"), "{said}");
    let (code, said) = check(&["+73952000001", "--at", "2026-11-23T16:00"])?;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("НЕЛЬЗЯ: house_hours (8800.toml:13:6): порядок организации"),
        "{said}"
    );
    assert!(said.contains("звонить можно 09:00-21:00"), "{said}");
    let advertises = [
        "--at",
        "2026-11-23T12:00",
        "--purpose",
        "advertising",
        "--basis",
    ];
    let (_, said) = check(&[&["+74950000002"], &advertises[..], &["consent"]].concat())?;
    assert!(said.contains("НЕЛЬЗЯ: ads_consent"), "{said}");
    let (code, said) = check(&[&["+74950000002"], &advertises[..], &["consent:№ 17"]].concat())?;
    assert_eq!(code, Some(0), "{said}");
    // Whom a caller is passed on to is no client.
    let late = ["+73952000001", "--at", "2026-11-23T16:00", "--as"];
    for door in ["transfer", "plan"] {
        let (code, said) = check(&[&late[..], &[door]].concat())?;
        assert_eq!(code, Some(0), "{said}");
        assert!(
            said.contains("МОЖНО: минута 2,50 ₽") && !said.contains("house_hours"),
            "{said}"
        );
    }
    let (_, said) = check(&["+78090000001"])?;
    assert!(said.contains("НЕЛЬЗЯ: prefix (8800.toml:8:1)"), "{said}");
    let (code, said) = check(&["+74950000002", "--purpose", "sale"])?;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("можно: service, debt, advertising, survey"),
        "{said}"
    );
    Ok(())
}
