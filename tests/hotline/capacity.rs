//! How many operators a shift needs.
use anyhow::Result;
use gudok_testkit::daemon::Setup;
use serde_json::Value;

/// Two Saturday evenings: by eight a caller every six minutes, and at half past nine ten within half a minute.
fn table() -> String {
    let mut rows = "время;секунд\n".to_owned();
    for day in ["07", "14"] {
        for minute in (0..60).step_by(6) {
            rows += &format!("2026-11-{day} 20:{minute:02}:10;120\n");
            rows += &format!("\"2026-11-{day} 21:30:{:02}\";120\n", minute / 2);
        }
        rows += &format!("2026-11-{day} 12:00:00;120\n");
    }
    rows
}

#[test]
fn a_shift_is_planned_by_the_formula_and_by_our_own_queue() -> Result<()> {
    let folder = Setup::default().folder()?;
    folder.write("arrivals.csv", &table())?;
    let words = "capacity --group tech --day sat --from 20:00 --to 22:00 --patience 90s";
    let words: Vec<&str> = words.split(' ').collect();
    let of_table = [&words[..], &["--arrivals", "arrivals.csv", "--json"]].concat();
    let told: Value = serde_json::from_str(&folder.verb(&of_table)?)?;
    assert_eq!((&told["shifts"], &told["calls"]), (&2.into(), &40.into()));
    let operators = |hour: usize, by: &str| told["hours"][hour][by]["operators"].as_u64();
    // The formula sees ten callers in either hour.
    assert_eq!(operators(0, "erlang_a"), operators(1, "erlang_a"), "{told}");
    assert!(
        operators(1, "simulated") > operators(0, "simulated"),
        "{told}"
    );
    for hour in 0..2 {
        let level = told["hours"][hour]["simulated"]["service_level"].as_f64();
        assert!(level >= Some(0.8), "{told}");
    }

    // 10 erlang: the textbook says 14.
    let said = "capacity --group tech --day sat --from 20:00 --to 21:00 --calls 200 --handle 180s";
    let told = folder.verb(&said.split(' ').collect::<Vec<_>>())?;
    assert!(told.contains("сб 20:00–21:00 (Asia/Irkutsk)"), "{told}");
    let row = told.lines().find(|line| line.starts_with("20:00–21:00"));
    let formula = row.and_then(|row| row.split_whitespace().nth(4));
    assert_eq!(formula, Some("14"), "{told}");

    // The plan keeps nobody for longer than 90 s; where few need be answered, most are sent on.
    assert!(
        told.contains("ждут не дольше 90 с (wait в плане разный: 60, 90 с"),
        "{told}"
    );
    let said = "capacity --group tech --day sat --from 20:00 --to 21:00 --calls 200 --handle 180s --target 10/5 --wait 5s --json";
    let told = folder.run(&said.split(' ').collect::<Vec<_>>())?;
    let told: Value = serde_json::from_slice(&told.stdout)?;
    let hour = &told["hours"][0];
    assert_eq!(
        (&told["wait_s"], &hour["formula_fits"]),
        (&5.0.into(), &false.into())
    );
    assert!(
        hour["simulated"]["timed_out"].as_f64() > Some(0.3),
        "{told}"
    );
    assert!(
        hour["simulated"]["mean_wait_s"].as_f64() <= Some(5.0),
        "{told}"
    );

    // A third of callers gives up while the phone rings: nobody helps.
    let said = "capacity --group tech --day sat --from 20:00 --to 21:00 --calls 30 --handle 120s --pick-up 10s --patience 30s";
    let said: Vec<&str> = said.split(' ').collect();
    let told = folder.run(&said)?;
    let text = String::from_utf8_lossy(&told.stdout);
    assert_eq!(told.status.code(), Some(1), "{text}");
    assert!(
        text.contains("цель недостижима: в срок не больше 71.7 %"),
        "{text}"
    );
    let told = folder.run(&[&said[..], &["--json"]].concat())?;
    let told: Value = serde_json::from_slice(&told.stdout)?;
    let hour = &told["hours"][0];
    assert_eq!(
        (&hour["reached"], &hour["simulated"]),
        (&false.into(), &Value::Null)
    );

    folder.write(
        "arrivals.csv",
        "время\n2026-11-07 20:00:00;120\n2026-11-07 20:01:00;two\n",
    )?;
    let refused = folder.run(&of_table)?;
    let error = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "{error}");
    assert!(
        error.contains("arrivals.csv:3:21: «two» — не число секунд"),
        "{error}"
    );
    Ok(())
}
