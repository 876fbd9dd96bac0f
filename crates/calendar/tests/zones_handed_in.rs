//! Rules of zones that are handed in. One test, in a process of its own: what it puts in force stays.
use gudok_calendar::zones::{BadZone, InUse, ZONE_BYTES_MAX, ZONES_MAX};
use gudok_calendar::{Zone, Zones, parse_moment};
use gudok_model::Wall;

/// A zone whose clock is always this many hours ahead of UTC (RFC 9636): an empty block of version 1, then one of version 2
/// with one kind of time, then the rule for all time.
fn ahead(hours: i32, rule: &str) -> Vec<u8> {
    let counts = |types: u32, chars: u32| [0, 0, 0, 0, types, chars].map(u32::to_be_bytes);
    let header =
        |types, chars| [&b"TZif2"[..], &[0; 15], counts(types, chars).as_flattened()].concat();
    let kind = [&(hours * 3_600).to_be_bytes()[..], &[0, 0], b"ZZZ\0"].concat();
    let first = [header(1, 4), kind.clone()].concat();
    let second = [header(1, 4), kind].concat();
    [first, second, format!("\n{rule}\n").into_bytes()].concat()
}

#[test]
fn zones_that_are_handed_in_go_before_those_compiled_in_and_are_not_changed_after() {
    let mut zones = Zones::default();
    let told = zones.add("Asia/Irkutsk", b"no zone at all");
    assert!(matches!(told, Err(BadZone::NotTzif(_))), "{told:?}");
    let long = vec![0; ZONE_BYTES_MAX + 1];
    assert_eq!(
        zones.add("Asia/Chita", &long),
        Err(BadZone::TooLong(long.len()))
    );
    assert!(zones.is_empty());
    zones
        .add("Asia/Irkutsk", &ahead(9, "<+09>-9"))
        .expect("a zone");
    let leaps = "<+06>-6<+07>,M3.5.0/2,M10.5.0/3";
    zones.add("Asia/Omsk", &ahead(6, leaps)).expect("a zone");
    zones
        .add("Asia/Newtown", &ahead(5, "<+05>-5"))
        .expect("a zone");
    for index in zones.len()..ZONES_MAX {
        zones
            .add(&format!("Etc/Z{index}"), &ahead(0, "<-00>0"))
            .expect("a zone");
    }
    assert_eq!(
        zones.add("Etc/More", &ahead(0, "<-00>0")),
        Err(BadZone::TooMany)
    );
    zones.put_in_force().expect("nothing was looked up");
    assert_eq!(Zones::default().put_in_force(), Err(InUse));

    let (from, to) = (moment("2026-11-23T00:00Z"), moment("2027-12-28T00:00Z"));
    let zone = |name: &str| Zone::parse(name).expect("a zone");
    let hour = |name: &str| zone(name).local(from).hour;
    assert_eq!((hour("Asia/Irkutsk"), hour("asia/irkutsk")), (9, 9));
    assert_eq!((hour("Asia/Newtown"), hour("Asia/Chita")), (5, 9));
    assert_eq!(&**zone("asia/irkutsk").name(), "Asia/Irkutsk");
    let known = Zone::known();
    assert!(known.iter().any(|it| it == "Asia/Newtown"));
    assert_eq!(known.iter().filter(|it| *it == "Asia/Irkutsk").count(), 1);

    assert_eq!(zone("Asia/Irkutsk").departs(from, to), Some(from));
    // 2:00 in the zone that is six hours ahead, on the last Sunday of March.
    let spring = moment("2027-03-27T20:00Z");
    assert_eq!(zone("Asia/Omsk").departs(from, to), Some(spring));
    assert_eq!(zone("Asia/Omsk").departs(from, spring), None);
    assert_eq!(zone("Asia/Chita").departs(from, to), None);
    assert_eq!(
        zone("Asia/Newtown").departs(from, to),
        None,
        "nothing to differ from"
    );
}

fn moment(text: &str) -> Wall {
    parse_moment(&text.replace('Z', ":00Z"), &Zone::utc()).expect("a moment")
}
