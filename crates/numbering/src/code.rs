//! What geographic codes tell by themselves: without any file, and for numbers that a file has no range for.

/// What a code belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Coded {
    /// Code of the [`Subject`](crate::Subject).
    pub subject: &'static str,
    /// The other subject that uses the code.
    pub also: Option<&'static str>,
    /// More than the three digits that a code has at least told it: the place is known, not the subject alone.
    pub place: bool,
}

/// Longest code. Digits.
const CODE_MAX: usize = 5;

/// The region of a geographic number by the longest code it begins with. `national`: the ten digits behind `+7`.
pub fn coded(national: &str) -> Option<Coded> {
    (3..=CODE_MAX).rev().find_map(|digits| {
        let code = national.get(..digits)?;
        let at = CODES
            .binary_search_by(|(known, ..)| (*known).cmp(code))
            .ok()?;
        let (_, subject, also) = CODES[at];
        Some(Coded {
            subject,
            also: (!also.is_empty()).then_some(also),
            place: digits > 3,
        })
    })
}

/// Code, subject, and the other subject where two use it. In the order of the codes.
#[rustfmt::skip]
static CODES: &[(&str, &str, &str)] = &[
    ("301", "RU-BU", ""), ("302", "RU-ZAB", ""), ("341", "RU-UD", ""), ("342", "RU-PER", ""), ("343", "RU-SVE", ""),
    ("345", "RU-TYU", ""), ("346", "RU-KHM", ""), ("347", "RU-BA", ""), ("349", "RU-YAN", ""), ("351", "RU-CHE", ""),
    ("352", "RU-KGN", ""), ("353", "RU-ORE", ""), ("365", "RU-CR", ""), ("381", "RU-OMS", ""), ("382", "RU-TOM", ""),
    ("383", "RU-NVS", ""), ("384", "RU-KEM", ""), ("385", "RU-ALT", ""), ("388", "RU-AL", ""), ("390", "RU-KK", ""),
    ("391", "RU-KYA", ""), ("394", "RU-TY", ""), ("395", "RU-IRK", ""), ("401", "RU-KGD", ""), ("411", "RU-SA", ""),
    ("4112", "RU-SA", ""), ("413", "RU-MAG", ""), ("415", "RU-KAM", ""), ("416", "RU-AMU", ""), ("421", "RU-KHA", ""),
    ("423", "RU-PRI", ""), ("424", "RU-SAK", ""), ("426", "RU-YEV", ""), ("427", "RU-CHU", ""), ("471", "RU-KRS", ""),
    ("472", "RU-BEL", ""), ("473", "RU-VOR", ""), ("474", "RU-LIP", ""), ("475", "RU-TAM", ""), ("481", "RU-SMO", ""),
    ("482", "RU-TVE", ""), ("483", "RU-BRY", ""), ("484", "RU-KLU", ""), ("485", "RU-YAR", ""), ("486", "RU-ORL", ""),
    ("487", "RU-TUL", ""), ("491", "RU-RYA", ""), ("492", "RU-VLA", ""), ("493", "RU-IVA", ""), ("494", "RU-KOS", ""),
    ("495", "RU-MOW", "RU-MOS"), ("496", "RU-MOS", ""), ("498", "RU-MOS", ""), ("499", "RU-MOW", "RU-MOS"),
    ("811", "RU-PSK", ""), ("812", "RU-SPE", ""), ("813", "RU-LEN", ""), ("814", "RU-KR", ""), ("815", "RU-MUR", ""),
    ("816", "RU-NGR", ""), ("817", "RU-VLG", ""), ("818", "RU-ARK", ""), ("81853", "RU-NEN", ""),
    ("820", "RU-VLG", ""), ("821", "RU-KO", ""), ("831", "RU-NIZ", ""), ("833", "RU-KIR", ""), ("834", "RU-MO", ""),
    ("835", "RU-CU", ""), ("836", "RU-ME", ""), ("841", "RU-PNZ", ""), ("842", "RU-ULY", ""), ("843", "RU-TA", ""),
    ("844", "RU-VGG", ""), ("845", "RU-SAR", ""), ("846", "RU-SAM", ""), ("847", "RU-KL", ""), ("848", "RU-SAM", ""),
    ("851", "RU-AST", ""), ("855", "RU-TA", ""), ("856", "RU-DON", ""), ("857", "RU-LUG", ""), ("861", "RU-KDA", ""),
    ("862", "RU-KDA", ""), ("863", "RU-ROS", ""), ("865", "RU-STA", ""), ("866", "RU-KB", ""), ("867", "RU-SE", ""),
    ("869", "RU-SEV", ""), ("871", "RU-CE", ""), ("872", "RU-DA", ""), ("873", "RU-IN", ""), ("877", "RU-AD", ""),
    ("878", "RU-KC", ""), ("879", "RU-STA", ""),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Subject;

    #[test]
    fn the_codes_are_in_order_and_name_subjects() {
        assert!(
            CODES.is_sorted_by(|a, b| a.0 < b.0),
            "binary search needs it"
        );
        for (code, subject, also) in CODES {
            assert!(Subject::by_code(subject).is_some(), "{code}");
            assert!(
                also.is_empty() || Subject::by_code(also).is_some(),
                "{code}"
            );
            assert!((3..=CODE_MAX).contains(&code.len()), "{code}");
        }
    }

    #[test]
    fn every_subject_but_those_of_which_we_are_not_sure_has_a_code() {
        let coded = |subject: &&Subject| {
            CODES
                .iter()
                .any(|(_, code, also)| [*code, *also].contains(&subject.code))
        };
        let without: Vec<&str> = Subject::ALL
            .iter()
            .filter(|it| !coded(it))
            .map(|it| it.code)
            .collect();
        assert_eq!(without, ["RU-HER", "RU-ZAP"]);
    }

    #[test]
    fn the_longest_code_wins() {
        let told = |national| coded(national).map(|it| (it.subject, it.also, it.place));
        assert_eq!(told("3952000001"), Some(("RU-IRK", None, false)));
        assert_eq!(told("4950000001"), Some(("RU-MOW", Some("RU-MOS"), false)));
        assert_eq!(told("8182000001"), Some(("RU-ARK", None, false)));
        assert_eq!(told("8185300001"), Some(("RU-NEN", None, true)));
        assert_eq!(told("4112000001"), Some(("RU-SA", None, true)));
        assert_eq!(told("9990000001"), None);
        assert_eq!(told("39"), None);
        assert_eq!(told("39é2000001"), None);
    }
}
