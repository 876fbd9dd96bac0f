use proptest::prelude::*;

use super::*;

fn range(first: u64, last: u64, subject: &str, operator: &str) -> Range {
    let zone = crate::Subject::by_code(subject).map_or("", |it| it.zone);
    Range {
        first,
        last,
        subject: subject.into(),
        also: String::new(),
        zone: zone.into(),
        operator: operator.into(),
    }
}

fn table(ranges: &[Range]) -> Table {
    let bytes = write(ranges, "invented.csv", Wall(1_700_000_000_000_000)).expect("it fits");
    Table::read(bytes).expect("our own")
}

#[test]
fn a_number_is_found_from_the_first_to_the_last_of_its_range() {
    let table = table(&[
        range(9_000_000_000, 9_000_061_999, "RU-KDA", "ООО «Связь»"),
        range(9_000_062_000, 9_000_062_999, "RU-ROS", "ООО «Связь»"),
        range(9_990_000_000, 9_999_999_999, "", ""),
    ]);
    let told = |number| {
        let entry = table.find(number)?;
        Some(format!(
            "{} {} {}",
            entry.subject, entry.zone, entry.operator
        ))
    };
    assert_eq!(told(8_999_999_999), None);
    assert_eq!(
        told(9_000_000_000).as_deref(),
        Some("RU-KDA Europe/Moscow ООО «Связь»")
    );
    assert_eq!(
        told(9_000_061_999).as_deref(),
        Some("RU-KDA Europe/Moscow ООО «Связь»")
    );
    assert_eq!(
        told(9_000_062_000).as_deref(),
        Some("RU-ROS Europe/Moscow ООО «Связь»")
    );
    assert_eq!(told(9_000_063_000), None, "a gap");
    assert_eq!(told(9_999_999_999).as_deref(), Some("  "));
    assert_eq!(told(u64::MAX), None);
    assert_eq!(table.ranges(), 3);
    assert_eq!(table.source(), "invented.csv");
    assert_eq!(table.made(), Wall(1_700_000_000_000_000));
}

#[test]
fn an_empty_table_knows_nothing() {
    let table = table(&[]);
    assert_eq!(table.find(9_000_000_000), None);
    assert_eq!(table.size(), HEADER + "invented.csv".len());
}

#[test]
fn neighbours_that_tell_the_same_are_one_range() {
    let table = table(&[
        range(9_000_000_000, 9_000_000_009, "RU-KDA", "a"),
        range(9_000_000_010, 9_000_000_019, "RU-KDA", "a"),
        range(9_000_000_020, 9_000_000_029, "RU-KDA", "b"),
    ]);
    assert_eq!(table.ranges(), 2);
    assert_eq!(
        table.find(9_000_000_015).map(|it| it.first),
        Some(9_000_000_000)
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    let written = |ranges: &[Range]| write(ranges, "", Wall(0)).map(|_| ());
    let first = range(9_000_000_000, 9_000_000_009, "RU-KDA", "");
    let overlapping = range(9_000_000_009, 9_000_000_019, "RU-ROS", "");
    assert_eq!(
        written(&[first.clone(), overlapping]),
        Err(TooMuch::Order(9_000_000_009))
    );
    let backwards = range(9_000_000_009, 9_000_000_000, "RU-ROS", "");
    assert_eq!(written(&[backwards]), Err(TooMuch::Order(9_000_000_009)));
    let long = Range {
        zone: "Z".repeat(33),
        ..first
    };
    assert_eq!(written(&[long]), Err(TooMuch::Word("Z".repeat(33))));
}

#[test]
fn a_file_that_is_cut_changed_or_foreign_is_refused() {
    let good = write(
        &[range(9_000_000_000, 9_000_000_009, "RU-KDA", "a")],
        "x",
        Wall(0),
    )
    .expect("it fits");
    let read = |bytes: &[u8]| Table::read(bytes.to_vec()).map(|_| ());
    assert_eq!(read(&good), Ok(()));
    assert_eq!(read(b""), Err(TableError::Foreign));
    assert_eq!(read(&[b'x'; 200]), Err(TableError::Foreign));
    let mut other = good.clone();
    other[8..12].reverse();
    assert_eq!(
        read(&other),
        Err(TableError::Foreign),
        "the other byte order"
    );
    let mut newer = good.clone();
    newer[12] = 2;
    assert_eq!(read(&newer), Err(TableError::Version(2)));
    let cut = &good[..good.len() - 1];
    let wanted = good.len();
    assert_eq!(
        read(cut),
        Err(TableError::Length {
            wanted,
            found: wanted - 1
        })
    );
    for at in 16..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 1;
        assert!(read(&changed).is_err(), "byte {at} is not guarded");
    }
    let promise = [&good[..16], &[0xff; 12], &good[28..]].concat();
    assert!(matches!(read(&promise), Err(TableError::Length { .. })));
}

proptest! {
    /// The search agrees with a walk over all ranges.
    #[test]
    fn the_search_finds_what_a_walk_finds(
        steps in proptest::collection::vec((0_u64..50, 0_u64..50, 0_usize..89), 0..40),
        asked in 0_u64..4_000,
    ) {
        let (mut ranges, mut next) = (Vec::new(), 9_000_000_000);
        for (gap, length, subject) in steps {
            let subject = crate::Subject::ALL[subject].code;
            ranges.push(range(next + gap, next + gap + length, subject, ""));
            next += gap + length + 1;
        }
        let asked = 9_000_000_000 + asked;
        let walked = ranges.iter().find(|range| (range.first..=range.last).contains(&asked));
        let table = table(&ranges);
        let found = table.find(asked);
        prop_assert_eq!(found.map(|it| it.subject), walked.map(|it| it.subject.as_str()));
    }

    /// A spoilt file whose checksum was made anew is wrong, and nothing worse.
    #[test]
    fn spoilt_contents_never_panic(at in 44_usize..140, byte: u8, asked in 8_999_999_990_u64..9_000_000_100) {
        let ranges = [
            range(9_000_000_000, 9_000_000_009, "RU-KDA", "Связь"),
            range(9_000_000_020, 9_000_000_029, "RU-ROS", "Дом"),
        ];
        let mut bytes = write(&ranges, "x", Wall(0)).expect("it fits");
        let at = at.min(bytes.len() - 1);
        bytes[at] = byte;
        let sum = checksum(&bytes).to_le_bytes();
        bytes[CHECKED..HEADER].copy_from_slice(&sum);
        let table = Table::read(bytes).expect("its header is whole");
        let _ = table.find(asked);
        let _ = table.source();
    }
}
