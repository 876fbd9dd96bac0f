//! The table of numbers: from the disk, and in words.
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use gudok_calendar::Zone;
use gudok_model::{Confidence, Region, Wall};
use gudok_numbering::table::TABLE_BYTES_MAX;
use gudok_numbering::{Numbering, Table};

use crate::config::Config;
use crate::metrics::Metrics;
use crate::verbs::Refused;

/// What is known of numbers, as the configuration says; blocks on the disk.
///
/// # Errors
/// When the table that it names cannot be read or is none.
pub(crate) fn read(config: &Config) -> Result<Arc<Numbering>, Refused> {
    let Some(path) = &config.paths.numbering else {
        return Ok(Arc::new(Numbering::built_in()));
    };
    let table = table(path)
        .map_err(|why| Refused(format!("paths.numbering: {}: {why}", path.display())))?;
    Ok(Arc::new(Numbering::with(table)))
}

/// The same for a start: what is wrong with the table is said, and the codes of cities do until it is right. A hotline
/// without regions is better than none.
pub(crate) fn at_start(config: &Config, metrics: &Metrics) -> Arc<Numbering> {
    read(config).unwrap_or_else(|error| {
        metrics.alarm("numbering");
        tracing::error!(
            "the table of numbers cannot be used, regions come from codes alone\n{error:#}"
        );
        Arc::new(Numbering::built_in())
    })
}

/// One table; what it cannot be is said in Russian.
pub(crate) fn table(path: &Path) -> Result<Table, String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| {
        file.take(TABLE_BYTES_MAX as u64 + 1)
            .read_to_end(&mut bytes)
    });
    read.map_err(|error| error.to_string())?;
    Table::read(bytes).map_err(|error| error.to_string())
}

/// A region in one line, without the time there.
pub(crate) fn told(region: &Region) -> String {
    let also = region.also.as_ref();
    let also = also.map_or_else(String::new, |also| format!(", {also}"));
    let zone = region.zone.as_ref();
    let zone = zone.map_or_else(String::new, |zone| format!(", {zone}"));
    format!(
        "{} ({}{also}){zone} — {}",
        region.name,
        region.code,
        how_sure(region)
    )
}

/// What the guess is worth.
fn how_sure(region: &Region) -> &'static str {
    match region.confidence {
        Confidence::Exact => "городской номер, диапазон реестра",
        Confidence::Code => "городской номер, по коду",
        Confidence::Mobile => "мобильный: где номер выдан, абонент мог уехать с ним",
        Confidence::Mixed if region.also.is_some() => "диапазон общий для двух регионов",
        Confidence::Mixed => "в регионе несколько поясов, назван основной",
        Confidence::Country => "известна только страна",
        Confidence::Unknown => "неизвестно",
    }
}

/// What the clock shows there: `14:05, сб`. None where the zone is not known.
pub(crate) fn local_time(region: &Region, at: Wall) -> Option<String> {
    const DAYS: [&str; 7] = ["пн", "вт", "ср", "чт", "пт", "сб", "вс"];
    let local = Zone::parse(region.zone.as_deref()?).ok()?.local(at);
    let day = usize::from(local.weekday().to_monday_zero_offset().unsigned_abs()) % 7;
    Some(format!(
        "{:02}:{:02}, {}",
        local.hour, local.minute, DAYS[day]
    ))
}
