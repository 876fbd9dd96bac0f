//! Carriers and phones that do what carriers and phones do: each behaviour by its name, against the daemon, with what
//! stays of the call.
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use anyhow::{Result, ensure};
use gudok_testkit::behaviour::Peer;
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::Daemon;
use gudok_testkit::record::Record;

use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans};

/// Longer than we wait for an ACK.
const LONG: Duration = Duration::from_secs(60);

/// Plays a caller against a hotline where everybody waits; what stays of the only call.
fn plays(name: &str, script: &str) -> Result<Record> {
    plays_on(&plans::patient(), name, script)
}

fn plays_on(plan: &str, name: &str, script: &str) -> Result<Record> {
    let mut daemon = hotline(plan).start()?;
    Peer::calls(name, script, CALLER, HOTLINE, daemon.sip)?.finish(LONG)?;
    only(&mut daemon)
}

fn only(daemon: &mut Daemon) -> Result<Record> {
    let record = daemon.record()?;
    let log = daemon.log();
    ensure!(!log.contains("panicked"), "{log}");
    Ok(record)
}

/// The caller waited, and was the one who hung up.
fn hung_up(record: &Record) {
    let outcome = record.text("outcome");
    assert!(
        matches!(outcome, "abandoned_ivr" | "abandoned_queue"),
        "{:#}\n{:#?}",
        record.row,
        record.story
    );
    assert_eq!(
        record.text("termination_reason"),
        "caller-hung-up",
        "{:#?}",
        record.story
    );
}

#[test]
fn uac_drops_one_200() -> Result<()> {
    let script = "
        > CALL 1 sendrecv
        < 100?
        < 200
        # The first 200 is lost on its way; it comes again.
        . 1200
        > ACK 1
        . 500
        > BYE 2
        < 200";
    hung_up(&plays("uac-drops-one-200", script)?);
    Ok(())
}

#[test]
fn ack_lost() -> Result<()> {
    let script = "
        > CALL 1 sendrecv
        < 100?
        < 200
        # No ACK, for all of the 32 s.
        < BYE
        = 200";
    let record = plays("ack-lost", script)?;
    assert_eq!(
        record.text("outcome"),
        "abandoned_queue",
        "{:#}\n{:#?}",
        record.row,
        record.story
    );
    assert_ne!(record.text("termination_reason"), "caller-hung-up");
    Ok(())
}

/// A socket to the daemon, and a caller who has just been answered. SIPp cannot say two things at once; this one can.
fn answered(daemon: &Daemon) -> Result<(UdpSocket, Caller)> {
    let line = UdpSocket::bind("127.0.0.1:0")?;
    line.connect(daemon.sip)?;
    line.set_read_timeout(Some(PATIENCE))?;
    let mut caller = Caller::new("UDP", line.local_addr()?, daemon.sip);
    line.send(caller.request("INVITE", 1, "sendrecv").as_bytes())?;
    let [answer] = heard(&line, ["1 INVITE"])?;
    caller.learn(&answer);
    line.send(caller.request("ACK", 1, "").as_bytes())?;
    Ok((line, caller))
}

#[test]
fn reinvite_crosses_bye() -> Result<()> {
    let mut daemon = hotline(&plans::patient()).start()?;
    let (line, caller) = answered(&daemon)?;
    line.send(caller.request("INVITE", 2, "sendonly").as_bytes())?;
    line.send(caller.request("BYE", 3, "").as_bytes())?;
    let [changed, gone] = heard(&line, ["2 INVITE", "3 BYE"])?;
    let status = |answer: &str| answer.split(' ').nth(1).unwrap_or("").to_owned();
    assert!(["200", "487"].contains(&&*status(&changed)), "{changed}");
    assert_eq!(status(&gone), "200");
    hung_up(&only(&mut daemon)?);
    Ok(())
}

#[test]
fn bye_retransmitted() -> Result<()> {
    let mut daemon = hotline(&plans::patient()).start()?;
    let (line, caller) = answered(&daemon)?;
    for _ in 0..2 {
        line.send(caller.request("BYE", 2, "").as_bytes())?;
        let [answer] = heard(&line, ["2 BYE"])?;
        assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    }
    hung_up(&only(&mut daemon)?);
    Ok(())
}

/// The final answers to these requests, in whatever order they come.
fn heard<const N: usize>(line: &UdpSocket, wanted: [&str; N]) -> Result<[String; N]> {
    let mut answers = wanted.map(|_| String::new());
    let mut bytes = [0; 4096];
    while answers.iter().any(String::is_empty) {
        let count = line.recv(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
        let is_final = text.starts_with("SIP/2.0 ") && !text.starts_with("SIP/2.0 1");
        let of = |cseq: &&str| text.contains(&format!("CSeq: {cseq}\r\n"));
        if let Some(place) = wanted.iter().position(of).filter(|_| is_final) {
            answers[place] = text;
        }
    }
    Ok(answers)
}

/// A caller that writes its own messages.
pub(crate) struct Caller {
    transport: &'static str,
    own: SocketAddr,
    target: SocketAddr,
    to: String,
}

impl Caller {
    pub(crate) fn new(transport: &'static str, own: SocketAddr, target: SocketAddr) -> Self {
        let to = format!("<sip:{HOTLINE}@{target}>");
        Self {
            transport,
            own,
            target,
            to,
        }
    }

    /// Takes the other side's tag.
    pub(crate) fn learn(&mut self, answer: &str) {
        let to = answer.lines().find_map(|line| line.strip_prefix("To: "));
        self.to = to.unwrap_or("").trim().to_owned();
    }

    pub(crate) fn request(&self, method: &str, number: u32, direction: &str) -> String {
        let Self {
            transport,
            own,
            target,
            to,
        } = self;
        let sdp = match direction {
            "" => String::new(),
            direction => format!(
                "v=0\r\no=- 1 {number} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
                 m=audio 9000 RTP/AVP 8\r\na={direction}\r\n"
            ),
        };
        format!(
            "{method} sip:{HOTLINE}@{target} SIP/2.0\r\nVia: SIP/2.0/{transport} {own};rport;branch=z9hG4bK{method}{number}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{CALLER}@{own}>;tag=own\r\nTo: {to}\r\nCall-ID: own-words\r\n\
             CSeq: {number} {method}\r\nContact: <sip:trunk@{own};transport={transport}>\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        )
    }
}

#[test]
fn cancel_crosses_200() -> Result<()> {
    let script = "
        > CALL 1 sendrecv
        < 100?
        < 200
        # Sent before the 200 was read; too late, and answered all the same.
        > CANCEL 1
        < 200
        > ACK 1
        > BYE 2
        < 200";
    hung_up(&plays("cancel-crosses-200", script)?);
    Ok(())
}

#[test]
fn a_422_then_ok() -> Result<()> {
    let script = "
        > CALL 1 sendrecv | Supported: timer | Session-Expires: 60
        < 100?
        < 422 ~ Min-SE: 90
        > NAK 1
        > CALL 2 sendrecv | Supported: timer | Session-Expires: 90 | Min-SE: 90
        < 100?
        < 200 ~ Session-Expires: 90
        > ACK 2
        . 500
        > BYE 3
        < 200";
    hung_up(&plays("422-then-ok", script)?);
    Ok(())
}

#[test]
fn late_bye_after_crash() -> Result<()> {
    let mut daemon = hotline(&plans::patient()).start()?;
    let call = Call::new(CALLER, HOTLINE)
        .until_killed()
        .start(daemon.sip)?;
    daemon.log_line("call arrived")?;
    let mut daemon = daemon.crash_and_restart()?;
    let script = "
        > BYE 2 | To: <sip:[service]@[remote_ip]:[remote_port]>;tag=0123456789abcdef0123456789abcdef
        < 481";
    Peer::calls("late-bye-after-crash", script, CALLER, HOTLINE, daemon.sip)?.finish(PATIENCE)?;
    drop(call);
    let records = daemon.records()?;
    let [record] = records.as_slice() else {
        panic!("{} calls", records.len())
    };
    assert_eq!(
        record.text("termination_reason"),
        "daemon-restarted",
        "{:#}",
        record.row
    );
    Ok(())
}

#[test]
fn prack_lost() -> Result<()> {
    let plan = plans::patient().replace("answer = \"answer\"", "answer = \"early_media\"");
    let script = "
        > CALL 1 sendrecv | Require: 100rel
        < 100?
        < 183
        # The PRACK is lost, or the 183 was: it is said again.
        . 1200
        > PRACK 2 | RAck: [$rseq] 1 INVITE
        < 200
        # Nobody is there to answer: the caller gives up.
        . 500
        > CANCEL 1
        < 200
        < 487
        > NAK 1";
    let record = plays_on(&plan, "prack-lost", script)?;
    assert_eq!(
        record.text("outcome"),
        "abandoned_queue",
        "{:#}\n{:#?}",
        record.row,
        record.story
    );
    Ok(())
}

#[test]
fn hold_and_resume_three_forms() -> Result<()> {
    let script = "
        > CALL 1 sendrecv
        < 100?
        < 200
        > ACK 1
        . 300
        > INVITE 2 sendonly
        < 100?
        < 200 ~ a=recvonly
        > ACK 2
        > INVITE 3 inactive
        < 100?
        < 200 ~ a=inactive
        > ACK 3
        > INVITE 4 zero
        < 100?
        < 200
        > ACK 4
        > INVITE 5 sendrecv
        < 100?
        < 200 ~ a=sendrecv
        > ACK 5
        . 300
        > BYE 6
        < 200";
    hung_up(&plays("hold-and-resume-three-forms", script)?);
    Ok(())
}

#[test]
fn late_offer() -> Result<()> {
    let script = "
        > CALL 1
        < 100?
        < 200 ~ m=audio
        > ACK 1 sendrecv
        . 800
        > BYE 2
        < 200";
    hung_up(&plays("late-offer", script)?);
    Ok(())
}

#[test]
fn glare_491() -> Result<()> {
    let script = "
        > CALL 1 sendrecv
        < 100?
        < 200
        # A change before the first answer is settled.
        > INVITE 2 sendonly
        < 491
        > NAK 2
        > ACK 1
        . 300
        > INVITE 3 sendonly
        < 100?
        < 200 ~ a=recvonly
        > ACK 3
        > BYE 4
        < 200";
    hung_up(&plays("glare-491", script)?);
    Ok(())
}

#[test]
fn options_in_dialog() -> Result<()> {
    let script = "
        > CALL 1 sendrecv
        < 100?
        < 200
        > ACK 1
        > OPTIONS 2
        < 200 ~ Allow:
        > UPDATE 3
        < 200
        > MESSAGE 4
        < 405
        > BYE 5
        < 200";
    hung_up(&plays("options-in-dialog", script)?);
    Ok(())
}

/// A proxy outside rings two phones, and both are picked up.
#[test]
fn forked_200() -> Result<()> {
    let outside = UdpSocket::bind("127.0.0.1:0")?;
    outside.set_read_timeout(Some(PATIENCE))?;
    let mut daemon = hotline(&plans::with_overflow())
        .outbound(outside.local_addr()?)
        .start()?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(6))
        .start(daemon.sip)?;
    let proxy = std::thread::spawn(move || forks(&outside));
    call.finish(PATIENCE)?;
    let said = proxy.join().expect("the proxy does not panic")?;
    // Each answer is acknowledged; the second phone is let go at once, the first one when the caller goes.
    let mut ends = said.clone();
    ends.sort();
    assert_eq!(ends, ["ACK a", "ACK b", "BYE a", "BYE b"], "{said:?}");
    assert_eq!(said.last().map(String::as_str), Some("BYE a"), "{said:?}");
    let record = only(&mut daemon)?;
    assert_eq!(
        record.text("outcome"),
        "overflowed_external",
        "{:#}",
        record.row
    );
    Ok(())
}

/// Answers the INVITE for two phones, and every BYE; what was said to which phone.
fn forks(outside: &UdpSocket) -> Result<Vec<String>> {
    let own = outside.local_addr()?;
    let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9000 RTP/AVP 8\r\n";
    let mut said = Vec::new();
    let mut bytes = [0; 4096];
    while said.last().is_none_or(|last| last != "BYE a") {
        let (count, from) = outside.recv_from(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
        let method = text.split(' ').next().unwrap_or("");
        let reply = |tag: &str, body: &str| {
            let repeated = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
            let lines = text
                .lines()
                .filter(|line| repeated.iter().any(|name| line.starts_with(name)));
            let lines =
                lines.map(
                    |line| match line.starts_with("To:") && !line.contains(";tag=") {
                        true => format!("{line};tag={tag}\r\n"),
                        false => format!("{line}\r\n"),
                    },
                );
            format!(
                "SIP/2.0 200 OK\r\n{}Contact: <sip:{tag}@{own}>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
                lines.collect::<String>(),
                body.len()
            )
        };
        let phone = if text.contains(";tag=a\r\n") {
            "a"
        } else {
            "b"
        };
        let once = format!("{method} {phone}");
        match method {
            "INVITE" if said.is_empty() => {
                outside.send_to(reply("a", sdp).as_bytes(), from)?;
                outside.send_to(reply("b", sdp).as_bytes(), from)?;
            }
            "BYE" => {
                outside.send_to(reply(phone, "").as_bytes(), from)?;
                said.push(once);
            }
            "ACK" if !said.contains(&once) => said.push(once),
            _ => {}
        }
    }
    Ok(said)
}

/// A call whose every byte is a segment of its own.
#[test]
fn tcp_one_byte_at_a_time() -> Result<()> {
    let mut daemon = hotline(&plans::patient()).start()?;
    let line = TcpStream::connect(daemon.sip)?;
    line.set_nodelay(true)?;
    line.set_read_timeout(Some(PATIENCE))?;
    let mut caller = Caller::new("TCP", line.local_addr()?, daemon.sip);
    let dribble = |text: String| {
        let mut line = &line;
        text.bytes().try_for_each(|byte| line.write_all(&[byte]))
    };
    dribble(caller.request("INVITE", 1, "sendrecv"))?;
    caller.learn(&until(&line, "200")?);
    dribble(caller.request("ACK", 1, ""))?;
    dribble(caller.request("BYE", 2, ""))?;
    until(&line, "2 BYE")?;
    hung_up(&only(&mut daemon)?);
    Ok(())
}

/// The message of ours that holds this.
fn until(mut line: &TcpStream, wanted: &str) -> Result<String> {
    let mut heard = String::new();
    let mut bytes = [0; 4096];
    loop {
        let count = line.read(&mut bytes)?;
        ensure!(count > 0, "closed after {heard}");
        heard += &String::from_utf8_lossy(&bytes[..count]);
        let found = heard
            .split("SIP/2.0 ")
            .find(|message| match wanted.parse::<u16>() {
                Ok(_) => message.starts_with(wanted),
                Err(_) => message.contains(wanted),
            });
        if let Some(message) = found.filter(|message| message.contains("\r\n\r\n")) {
            return Ok(message.to_owned());
        }
    }
}
