//! Trunks of every kind: registered, with several addresses, with names, with limits; and what a carrier sees of us.
use std::time::{Duration, Instant};

use anyhow::Result;
use gudok_testkit::audio;
use gudok_testkit::carrier::{Call, Callee};
use gudok_testkit::daemon::{Daemon, Setup};
use gudok_testkit::desk::get;
use gudok_testkit::names::{Data, Names};
use gudok_testkit::outside::{Heard, Outside};
use gudok_testkit::process::free_port;

use crate::encrypted::until;
use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans};

async fn metrics(daemon: &Daemon) -> Result<String> {
    let page = get(daemon.web, "/metrics").await?;
    Ok(page.as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_registered_trunk_brings_a_call_and_takes_its_leave() -> Result<()> {
    let registrar = Callee::registrar()?;
    let register = format!(
        "[trunk.register]\nregistrar = \"{}\"\nuser = \"line7\"\npassword_file = \"password\"\nexpires = \"2m\"\n",
        registrar.address
    );
    let mut daemon = hotline(&plans::closed())
        .sources("")
        .trunk(&register)
        .start()?;
    daemon.logged("trunk registered")?;
    Call::new(CALLER, HOTLINE)
        .hold(PATIENCE)
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(
        (record.text("outcome"), record.text("trunk")),
        ("closed_msg", "carrier"),
        "{:#}",
        record.row
    );
    registrar.finish(PATIENCE)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registrar_that_does_not_answer_is_on_the_pages() -> Result<()> {
    let register = format!(
        "[trunk.register]\nregistrar = \"127.0.0.1:{}\"\nuser = \"line7\"\npassword_file = \"password\"\n",
        free_port()?
    );
    let mut daemon = hotline(&plans::closed()).trunk(&register).start()?;
    daemon.logged("trunk not registered")?;
    let page = metrics(&daemon).await?;
    for line in [
        "gudok_alarms_total{what=\"trunk_unregistered\"} 1",
        "gudok_trunk_registered{trunk=\"carrier\"} 0",
    ] {
        assert!(page.contains(line), "{line}:\n{page}");
    }
    let health = get(daemon.web, "/healthz").await?;
    assert_eq!(
        health["details"]["trunks"]["carrier"]["registered"], false,
        "{health}"
    );
    daemon.stop()
}

/// A trunk that registers there.
fn registered_at(registrar: &Outside, key: &str) -> String {
    format!(
        "[trunk.register]\nregistrar = \"{}\"\nuser = \"line7\"\npassword_file = \"password\"\n{key}\n",
        registrar.address
    )
}

/// The number of the REGISTER that it lets in, for ten minutes.
fn lets_in(registrar: &Outside, after: u32) -> Result<u32> {
    let number =
        |heard: &Heard| -> Option<u32> { heard.header("CSeq")?.split(' ').next()?.parse().ok() };
    loop {
        let asked = registrar.hears("REGISTER")?;
        let number = number(&asked).unwrap_or(0);
        if number > after {
            registrar.answers(&asked, 200, "Expires: 600\r\n", "")?;
            return Ok(number);
        }
    }
}

/// Calls leave elsewhere, and nobody asks there, so nothing else would tell for seven minutes that no call can come in.
#[tokio::test(flavor = "multi_thread")]
async fn a_registrar_that_answers_options_no_more_has_to_prove_that_it_knows_us() -> Result<()> {
    let registrar = Outside::new()?;
    let outbound = format!(
        "[trunk.outbound]\naddress = \"127.0.0.1:{}\"\nnumber = \"+78001234567\"\noptions = false\n",
        free_port()?
    );
    let mut daemon = hotline(&plans::closed())
        .trunk(&(registered_at(&registrar, "options_every = \"5s\"") + &outbound))
        .start()?;
    let first = lets_in(&registrar, 0)?;
    let question = registrar.hears("OPTIONS")?;
    registrar.answers(&question, 200, "", "")?;
    daemon.log_line("the trunk's registrar fails")?;
    lets_in(&registrar, first)?;
    daemon.log_line("trunk address answers REGISTER")?;
    // The page follows what is logged.
    let alive = "gudok_trunk_addresses{trunk=\"carrier\",state=\"down\"} 0";
    let page = until(daemon.web, "/metrics", |page| page.contains(alive)).await?;
    for line in [
        "gudok_alarms_total{what=\"trunk_down\"} 1",
        "gudok_trunk_registered{trunk=\"carrier\"} 1",
        "gudok_trunk_addresses{trunk=\"carrier\",state=\"unknown\"} 2",
    ] {
        assert!(page.contains(line), "{line}:\n{page}");
    }
    assert!(!page.contains("what=\"trunk_unregistered\""), "{page}");
    Ok(())
}

#[test]
fn a_registrar_that_may_have_forgotten_us_is_asked_when_the_carrier_is_back() -> Result<()> {
    let (registrar, switch) = (Outside::new()?, Outside::new()?);
    let outbound = format!(
        "[trunk.outbound]\naddress = \"{}\"\nnumber = \"+78001234567\"\noptions_every = \"5s\"\n",
        switch.address
    );
    let mut daemon = hotline(&plans::closed())
        .trunk(&(registered_at(&registrar, "options = false") + &outbound))
        .start()?;
    let first = lets_in(&registrar, 0)?;
    let question = switch.hears("OPTIONS")?;
    switch.answers(&question, 200, "", "")?;
    daemon.log_line("state=\"down\"")?;
    while daemon.log().matches("trunk address is up").count() < 2 {
        let question = switch.hears("OPTIONS")?;
        switch.answers(&question, 200, "", "")?;
    }
    lets_in(&registrar, first)?;
    assert!(!daemon.log().contains("trunk not registered"));
    Ok(())
}

/// Calls at once; the callee must have it before the plan gives up ringing.
fn goes_outside(daemon: &mut Daemon, callee: Callee) -> Result<()> {
    let started = Instant::now();
    Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(11))
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    callee.finish(PATIENCE)?;
    assert!(started.elapsed() < Duration::from_secs(20));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_goes_on_from_a_dead_trunk_to_one_that_lives() -> Result<()> {
    let callee = Callee::answering()?;
    let outbound = |address: &str| {
        format!(
            "[trunk.outbound]\naddress = \"{address}\"\nnumber = \"+78001234567\"\noptions = false\n"
        )
    };
    let dead = format!("127.0.0.1:{}", free_port()?);
    let spare = format!(
        "[[trunk]]\nname = \"spare\"\nsources = [\"203.0.113.0/24\"]\n{}",
        outbound(&callee.address.to_string())
    );
    let mut daemon = hotline(&plans::with_overflow())
        .trunk(&(outbound(&dead) + &spare))
        .start()?;
    goes_outside(&mut daemon, callee)?;
    let page = metrics(&daemon).await?;
    for line in [
        "gudok_trunk_failovers_total{trunk=\"carrier\"} 1",
        "gudok_trunk_addresses{trunk=\"carrier\",state=\"held\"} 1",
        "gudok_trunk_calls_total{trunk=\"carrier\",way=\"out\"} 1",
        "gudok_trunk_failed_total{trunk=\"carrier\",way=\"out\",class=",
        "gudok_trunk_calls_total{trunk=\"spare\",way=\"out\"} 1",
        "gudok_trunk_answered_total{trunk=\"spare\",way=\"out\"} 1",
    ] {
        assert!(page.contains(line), "{line}:\n{page}");
    }
    let record = daemon.record()?;
    assert_eq!(record.number("outcome_flag"), 1, "{:#}", record.row);
    assert!(record.number("talk_ms") > 2_000, "{:#}", record.row);
    Ok(())
}

/// The offer names the port of one family: going on to the other needs another one, and the callee is heard there.
#[test]
fn a_call_goes_on_from_one_family_of_addresses_to_the_other() -> Result<()> {
    for (callee, dead) in [
        (Callee::answering()?, "[::1]"),
        (Callee::answering_v6()?, "127.0.0.1"),
    ] {
        let outbound = |address: &str| {
            format!(
                "[trunk.outbound]\naddress = \"{address}\"\nnumber = \"+78001234567\"\noptions = false\n"
            )
        };
        let dead = format!("{dead}:{}", free_port()?);
        let spare = format!(
            "[[trunk]]\nname = \"spare\"\nsources = [\"203.0.113.0/24\"]\n{}",
            outbound(&callee.address.to_string())
        );
        let mut daemon = hotline(&plans::with_overflow())
            .both_families()
            .trunk(&(outbound(&dead) + &spare))
            .start()?;
        goes_outside(&mut daemon, callee)?;
        let record = daemon.record()?;
        assert_eq!(record.number("outcome_flag"), 1, "{:#}", record.row);
        assert!(record.number("talk_ms") > 2_000, "{:#}", record.row);
        let (_, heard) = record.sound(&daemon.folder)?;
        let secs = heard.secs_of(audio::OPERATOR);
        assert!(secs > 1.0, "the callee is heard for {secs} s");
    }
    Ok(())
}

/// A carrier known by a name alone, which leads to a dead port and to this callee, and who asks for it.
fn named(callee: &Callee) -> Result<(Names, Setup)> {
    let here = Data::A([127, 0, 0, 1].into());
    let names = Names::serve(&[
        (
            "carrier.test",
            1,
            Data::Naptr(1, 1, "SIP+D2U", "_sip._udp.carrier.test"),
        ),
        (
            "_sip._udp.carrier.test",
            1,
            Data::Srv(1, 0, free_port()?, "a.carrier.test"),
        ),
        (
            "_sip._udp.carrier.test",
            1,
            Data::Srv(2, 0, callee.address.port(), "a.carrier.test"),
        ),
        ("a.carrier.test", 1, here),
    ])?;
    let dns = format!("[dns]\nservers = [\"{}\"]\n", names.address);
    let outbound = "[trunk.outbound]\naddress = \"carrier.test\"\nnumber = \"+78001234567\"\noptions = false\n";
    let setup = hotline(&plans::with_overflow())
        .sources("carrier.test")
        .trunk(outbound)
        .config(&dns);
    Ok((names, setup))
}

#[test]
fn a_name_leads_to_the_address_that_lives_even_when_the_dns_has_died() -> Result<()> {
    let callee = Callee::answering()?;
    let (names, setup) = named(&callee)?;
    let mut daemon = setup.start()?;
    // Where to call, and who calls.
    daemon.log_line("dns: answered")?;
    daemon.log_line("dns: answered")?;
    names.silence();
    daemon.log_line("the last answer stays in use")?;
    goes_outside(&mut daemon, callee)?;
    let record = daemon.record()?;
    assert_eq!(record.number("outcome_flag"), 1, "{:#}", record.row);
    Ok(())
}

/// Who calls is known by the name, and so is the way out.
#[test]
fn a_start_while_the_dns_is_dead_knows_what_the_run_before_has_found() -> Result<()> {
    let callee = Callee::answering()?;
    let (names, setup) = named(&callee)?;
    let mut daemon = setup.start()?;
    daemon.logged("written down for the next start names=2")?;
    names.silence();
    let mut daemon = daemon.crash_and_restart()?;
    goes_outside(&mut daemon, callee)?;
    let record = daemon.record()?;
    assert_eq!(record.number("outcome_flag"), 1, "{:#}", record.row);
    assert!(!daemon.log().contains("dns: answered"), "of that run alone");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trunk_takes_no_more_calls_than_its_contract_says() -> Result<()> {
    for (when_full, status) in [("", 503), ("when_full = \"busy\"\n", 486)] {
        let limits = format!("[trunk.limits]\nmax_calls = 1\n{when_full}");
        let mut daemon = hotline(&plans::patient()).trunk(&limits).start()?;
        let first = Call::new(CALLER, HOTLINE)
            .hold(Duration::from_secs(4))
            .start(daemon.sip)?;
        daemon.log_line("caller queued")?;
        Call::new(CALLER, HOTLINE)
            .refused(status)
            .start(daemon.sip)?
            .finish(PATIENCE)?;
        let page = metrics(&daemon).await?;
        let line = "gudok_trunk_full_total{trunk=\"carrier\",way=\"in\",what=\"calls\"} 1";
        assert!(page.contains(line), "{page}");
        first.finish(PATIENCE)?;
        daemon.log_line("call ended")?;
        assert_eq!(daemon.records()?.len(), 1, "a call that fits is on record");
        let refused = daemon.folder.verb(&["ladder", "--refused"])?;
        let told = format!("  {status}  «trunk limit: calls»  ");
        assert!(refused.contains(&told), "{refused}");
    }
    Ok(())
}

#[test]
fn a_carrier_sees_the_numbers_of_the_contract_where_it_wants_them() -> Result<()> {
    let callee = Callee::checking(&[
        ("From", "Gudok.*sip:73952000001@"),
        ("P-Asserted-Identity", "sip:73952000001@"),
        ("Remote-Party-ID", "sip:73952000001@.*party=calling"),
        ("Diversion", "sip:78001234567@.*reason=unconditional"),
    ])?;
    let outbound = format!(
        "[trunk.outbound]\naddress = \"{}\"\nnumber = \"+73952000001\"\ndial_format = \"national7\"\noptions = false\n\
         allowed_numbers = [\"+73952000001\", \"+78001234567\"]\ndisplay_name = \"Gudok\"\n\
         identity = [\"from\", \"pai\", \"rpid\", \"diversion\"]\n",
        callee.address
    );
    let mut daemon = hotline(&plans::with_overflow()).trunk(&outbound).start()?;
    goes_outside(&mut daemon, callee)?;
    let record = daemon.record()?;
    assert_eq!(record.number("outcome_flag"), 1, "{:#}", record.row);
    Ok(())
}
