//! `gudok prompts`: what callers may hear, pack by pack.
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use gudok_model::Name;

use super::Refused;
use crate::config;
use crate::speaker::Speaker;
use crate::voice::{Entry, Voice};

pub(crate) fn prompts(path: &Path) -> anyhow::Result<ExitCode> {
    let config = config::read(path)?;
    let voice = Voice::read(&config).map_err(|error| Refused(error.to_string()))?;
    say!("{}", listed(voice.catalogue()));
    Ok(ExitCode::SUCCESS)
}

/// `prompts build`: what nobody recorded is spoken now, so that the next start need not wait for it.
pub(crate) fn build(path: &Path) -> anyhow::Result<ExitCode> {
    let config = config::read(path)?;
    let Some(speech) = &config.speech else {
        let told = "озвучивать нечем: в настройках нет раздела [speech] с командой";
        return Err(Refused(told.to_owned()).into());
    };
    let speaker = Speaker::new(speech);
    Voice::read_with(config.paths.prompts.as_deref(), Some(&speaker))
        .map_err(|error| Refused(error.to_string()))?;
    let (made, known) = speaker.finish();
    say!("озвучено фраз — {made}, были озвучены раньше — {known}");
    Ok(ExitCode::SUCCESS)
}

/// Each pack with its voice and licence, and under it its prompts.
fn listed(catalogue: &BTreeMap<Name, Entry>) -> String {
    let mut packs: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for (name, entry) in catalogue {
        let said = entry.measure;
        let text = entry.text.as_deref().unwrap_or("—");
        let line = format!(
            "  {name:<24} {:>6.2} с {:>6.1} дБ  {text}",
            said.duration.as_secs_f32(),
            said.loudness_db
        );
        let pack = packs.entry((&*entry.pack, &*entry.rights)).or_default();
        pack.push(line);
    }
    let pack = |((name, rights), lines): ((&str, &str), Vec<String>)| {
        format!(
            "{name} ({rights}), фраз — {}\n{}",
            lines.len(),
            lines.join("\n")
        )
    };
    packs.into_iter().map(pack).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_stands_under_its_pack_with_its_text() {
        let voice = Voice::read_with(None, None).expect("the built-in packs");
        let text = listed(voice.catalogue());
        let line = text
            .lines()
            .find(|line| line.trim_start().starts_with("o_3 "));
        assert!(line.is_some_and(|it| it.ends_with("третий")), "{line:?}");
        let packs: Vec<&str> = text.lines().filter(|line| !line.starts_with(' ')).collect();
        assert_eq!(packs.len(), 3, "{packs:?}");
        assert!(
            packs[1].starts_with("gudok-en (voice_kal_diphone"),
            "{packs:?}"
        );
    }
}
