//! The built-in pack, embedded in the binary so that a fresh daemon has a voice.
use crate::{music, read_wav};

/// One prompt of the pack.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// Its name in dialplans.
    pub name: &'static str,
    /// 8 kHz mono.
    pub samples: Vec<i16>,
}

/// `ru/pack.toml`: the script, the voice and the licences.
const SCRIPT: &str = include_str!("../../ru/pack.toml");

macro_rules! spoken {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("../../ru/", $name, ".wav")) as &[u8])),*]
    };
}

/// The spoken prompts as WAV files.
const SPOKEN: [(&str, &[u8]); 25] = spoken![
    "all_busy",
    "callback_promise",
    "digit_eight",
    "digit_five",
    "digit_four",
    "digit_nine",
    "digit_one",
    "digit_seven",
    "digit_six",
    "digit_three",
    "digit_two",
    "duty_transfer",
    "emergency",
    "goodbye",
    "greeting",
    "holiday_closed",
    "human_check",
    "night_closed",
    "notice",
    "overflow_transfer",
    "please_wait",
    "technical_problem",
    "vip_greeting",
    "voicemail_intro",
    "voicemail_thanks",
];

/// The names of the built-in prompts, in order: a dialplan may use these without any file.
pub const BUILTIN: [&str; 2 + SPOKEN.len()] = {
    let mut names = [""; 2 + SPOKEN.len()];
    (names[0], names[1]) = ("music", "beep");
    let mut i = 0;
    while i < SPOKEN.len() {
        names[i + 2] = SPOKEN[i].0;
        i += 1;
    }
    names
};

/// All built-in prompts, in the order of [`BUILTIN`].
pub fn builtin() -> Vec<Prompt> {
    let composed = [
        Prompt {
            name: "music",
            samples: music::hold(),
        },
        Prompt {
            name: "beep",
            samples: music::beep(),
        },
    ];
    let spoken = SPOKEN.map(|(name, bytes)| Prompt {
        name,
        samples: read_wav(bytes).expect("the embedded pack is tested to be readable"),
    });
    composed.into_iter().chain(spoken).collect()
}

/// What the demo's caller and operator say, in this order.
pub fn demo() -> [Vec<i16>; 2] {
    [
        include_bytes!("../../demo/caller.wav") as &[u8],
        include_bytes!("../../demo/operator.wav"),
    ]
    .map(|bytes| read_wav(bytes).expect("the embedded pack is tested to be readable"))
}

/// What a spoken prompt says; None for music, the beep and names that are not in the pack.
pub fn text(name: &str) -> Option<&'static str> {
    let line = SCRIPT
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""))?;
    BUILTIN
        .contains(&name)
        .then(|| line.strip_suffix('"'))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_is_audible_and_not_too_long() {
        let pack = builtin();
        assert_eq!(pack.iter().map(|p| p.name).collect::<Vec<_>>(), BUILTIN);
        for prompt in pack {
            let peak = prompt
                .samples
                .iter()
                .map(|s| s.unsigned_abs())
                .max()
                .unwrap_or(0);
            assert!(peak > 4_000, "{} is nearly silent: {peak}", prompt.name);
            assert!(peak < 32_000, "{} clips: {peak}", prompt.name);
            assert!(
                prompt.samples.len() <= crate::SAMPLES_MAX,
                "{} is too long",
                prompt.name
            );
        }
    }

    #[test]
    fn the_demo_has_two_voices() {
        assert!(demo().iter().all(|voice| voice.len() > 16_000));
    }

    #[test]
    fn every_spoken_prompt_has_its_text_in_the_script() {
        for (name, _) in SPOKEN {
            assert!(
                text(name).is_some_and(|t| t.len() > 5),
                "{name} has no text"
            );
        }
        assert_eq!(text("name"), None);
        assert_eq!(
            text("notice"),
            Some("Для контроля качества обслуживания все разговоры записываются.")
        );
    }
}
