//! A peer's behaviour in a few lines, as SIPp plays it.
//!
//! | line | what |
//! |---|---|
//! | `> CALL 1 sendrecv` | calls: an INVITE outside of any dialog with this number, and SDP with this direction |
//! | `> INVITE 2 sendonly` | sends a request in the dialog; `\| Name: value` adds headers |
//! | `> NAK 1` | the ACK of a refusal, in the transaction of the INVITE with this number |
//! | `= 200 sendrecv tag=a` | answers the last request, with SDP, with this tag where it has none; `\| Name: value` adds headers |
//! | `< 200`, `< 100?`, `< BYE` | waits for a response, a response that may be left out, a request |
//! | `< 200 ~ a=recvonly` | waits for a response that holds this |
//! | `. 1000` | lets so many milliseconds pass |
//! | `# …` | says why |
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::carrier::sipp;
use crate::daemon::PASSWORD;
use crate::process::{Process, free_port};

/// How long SIPp waits for anything: longer than the 32 s after which an unacknowledged answer is given up.
const LONGEST_MS: u32 = 45_000;

/// A peer that is under way.
#[derive(Debug)]
pub struct Peer {
    process: Process,
    name: String,
    /// Where it listens.
    pub address: SocketAddr,
    _dir: tempfile::TempDir,
}

impl Peer {
    /// Calls `to` as `from`.
    pub fn calls(
        name: &str,
        script: &str,
        from: &str,
        to: &str,
        target: SocketAddr,
    ) -> Result<Self> {
        let whom = ["-s".to_owned(), to.to_owned(), target.to_string()];
        Self::start(name, script, (from, free_port()?), "u1", &whom)
    }

    /// Waits for one call.
    pub fn waits(name: &str, script: &str) -> Result<Self> {
        Self::start(name, script, ("peer", free_port()?), "u1", &[])
    }

    /// Registers as this operator, naming itself so, and waits for one call where it registered.
    pub fn phone(
        name: &str,
        script: &str,
        (user, agent): (&str, &str),
        target: SocketAddr,
    ) -> Result<Self> {
        let (dir, port) = (tempfile::tempdir()?, free_port()?);
        let file = dir.path().join("register.xml");
        let text = include_str!("../sipp/phone_registers.xml")
            .replace("{user}", user)
            .replace("{agent}", agent)
            .replace("{password}", PASSWORD);
        std::fs::write(&file, text)?;
        let whom = [target.to_string()];
        let mut process = sipp(&file, dir.path(), "u1", &whom, port, "127.0.0.1")?;
        let status = process.wait(Duration::from_secs(20))?;
        ensure!(
            status.success(),
            "{name} does not register:\n{}",
            process.printed()
        );
        Self::start(name, script, ("peer", port), "u1", &[])
    }

    fn start(
        name: &str,
        script: &str,
        (from, port): (&str, u16),
        transport: &str,
        target: &[String],
    ) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("behaviour.xml");
        let text = scenario(name, script, from).with_context(|| format!("behaviour {name}"))?;
        std::fs::write(&file, text)?;
        let process = sipp(&file, dir.path(), transport, target, port, "127.0.0.1")?;
        Ok(Self {
            process,
            name: name.to_owned(),
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            _dir: dir,
        })
    }

    /// Waits until it is through; an error where it met something else than its script.
    pub fn finish(mut self, patience: Duration) -> Result<()> {
        let status = self.process.wait(patience)?;
        let unexpected = std::fs::read_to_string(self._dir.path().join("errors.log"));
        ensure!(
            status.success(),
            "{} failed ({status}):\n{}\n{}",
            self.name,
            unexpected.unwrap_or_default(),
            self.process.printed()
        );
        Ok(())
    }
}

fn scenario(name: &str, script: &str, from: &str) -> Result<String> {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE scenario SYSTEM \"sipp.dtd\">\n<scenario name=\"{name}\">\n"
    );
    for line in script.lines().map(str::trim) {
        let (verb, rest) = line.split_at(line.len().min(1));
        let rest = rest.trim();
        match verb {
            "" | "#" => {}
            ">" => send(&mut xml, rest, from)?,
            "=" => answer(&mut xml, rest)?,
            "<" => wait(&mut xml, rest)?,
            "." => writeln!(xml, "<pause milliseconds=\"{rest}\"/>")?,
            _ => bail!("«{line}» says nothing"),
        }
    }
    // SIPp takes a variable that is named once for a slip.
    for variable in ["held", "rseq"] {
        if xml.contains(&format!("assign_to=\"{variable}\"")) {
            writeln!(xml, "<Reference variables=\"{variable}\"/>")?;
        }
    }
    Ok(xml + "</scenario>\n")
}

/// The words before the first bar, and the header lines behind it.
fn cut(rest: &str) -> (Vec<&str>, String) {
    let mut parts = rest.split('|').map(str::trim);
    let words = parts.next().unwrap_or("").split_whitespace().collect();
    let headers = parts.map(|header| format!("{header}\n")).collect();
    (words, headers)
}

fn send(xml: &mut String, rest: &str, from: &str) -> Result<()> {
    let (words, headers) = cut(rest);
    let (verb, number) = (
        words.first().context("a method")?,
        words.get(1).context("a number")?,
    );
    let (method, own_branch) = match *verb {
        "CALL" => ("INVITE", true),
        "NAK" => ("ACK", false),
        "CANCEL" => ("CANCEL", false),
        other => (other, true),
    };
    // One branch a transaction: that of an INVITE is also of its CANCEL and of the ACK of its refusal.
    let branch = match own_branch {
        true => format!("z9hG4bK-[pid]-[call_number]-{method}{number}"),
        false => format!("z9hG4bK-[pid]-[call_number]-INVITE{number}"),
    };
    let first = matches!(*verb, "CALL" | "NAK" | "CANCEL");
    let uri = match first || headers.contains("To:") {
        true => "sip:[service]@[remote_ip]:[remote_port]",
        false => "[next_url]",
    };
    // A script may write To itself: a dialog that nobody knows.
    let to = match (headers.contains("To:"), *verb) {
        (true, _) => String::new(),
        (false, "CALL" | "CANCEL") => "To: <sip:[service]@[remote_ip]:[remote_port]>\n".into(),
        (false, _) => "To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]\n".to_owned(),
    };
    let repeats = match method {
        "ACK" => "",
        _ => " retrans=\"500\"",
    };
    let body = words.get(2).map(|word| sdp(word)).transpose()?;
    write!(
        xml,
        "<send{repeats}>\n<![CDATA[\n{method} {uri} SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}\n\
         From: <sip:{from}@[local_ip]:[local_port]>;tag=[pid]c[call_number]\n{to}Call-ID: [call_id]\nCSeq: {number} {method}\n\
         Contact: <sip:trunk@[local_ip]:[local_port]>\nMax-Forwards: 70\n{headers}{}\n]]>\n</send>\n",
        with_length(body)
    )?;
    Ok(())
}

fn answer(xml: &mut String, rest: &str) -> Result<()> {
    let (words, headers) = cut(rest);
    let status = words.first().context("a status")?;
    let tag = words.iter().find_map(|word| word.strip_prefix("tag="));
    let tag = tag.map_or_else(String::new, |tag| format!(";tag=[pid]{tag}[call_number]"));
    let contact = match headers.contains("Contact:") {
        true => "",
        false => "Contact: <sip:peer@[local_ip]:[local_port]>\n",
    };
    let body = words[1..].iter().find(|word| !word.contains('='));
    let body = body.map(|word| sdp(word)).transpose()?;
    write!(
        xml,
        "<send>\n<![CDATA[\nSIP/2.0 {status} Answer\n[last_Via:]\n[last_Record-Route:]\n[last_From:]\n[last_To:]{tag}\n\
         [last_Call-ID:]\n[last_CSeq:]\n{contact}{headers}{}\n]]>\n</send>\n",
        with_length(body)
    )?;
    Ok(())
}

fn wait(xml: &mut String, rest: &str) -> Result<()> {
    let (what, held) = rest.split_once('~').unwrap_or((rest, ""));
    let (what, held) = (what.trim(), held.trim());
    let (what, optional) = match what.strip_suffix('?') {
        Some(what) => (what, " optional=\"true\"".to_owned()),
        None => (what, format!(" timeout=\"{LONGEST_MS}\"")),
    };
    let kind = match what.bytes().all(|byte| byte.is_ascii_digit()) {
        true => "response",
        false => "request",
    };
    write!(xml, "<recv {kind}=\"{what}\" rrs=\"true\"{optional}>")?;
    if !held.is_empty() {
        write!(
            xml,
            "<action><ereg regexp=\"{held}\" search_in=\"msg\" check_it=\"true\" assign_to=\"held\"/></action>"
        )?;
    }
    if what == "183" {
        xml.push_str(
            "<action><ereg regexp=\"[0-9]+\" search_in=\"hdr\" header=\"RSeq:\" assign_to=\"rseq\"/></action>",
        );
    }
    xml.push_str("</recv>\n");
    Ok(())
}

fn with_length(body: Option<String>) -> String {
    match body {
        Some(body) => format!("Content-Type: application/sdp\nContent-Length: [len]\n\n{body}"),
        None => "Content-Length: 0\n".to_owned(),
    }
}

/// A description with this direction; `zero` is the old form of hold.
fn sdp(direction: &str) -> Result<String> {
    let (address, direction) = match direction {
        "zero" => ("0.0.0.0", "sendrecv"),
        "sendrecv" | "sendonly" | "recvonly" | "inactive" => ("[media_ip]", direction),
        other => bail!("«{other}» is no direction"),
    };
    Ok(format!(
        "v=0\no=peer 1 1 IN IP[local_ip_type] [local_ip]\ns=-\nc=IN IP4 {address}\nt=0 0\nm=audio [media_port] RTP/AVP 8 101\n\
         a=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\na=ptime:20\na={direction}\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_a_scenario() {
        let xml = scenario(
            "short",
            "> CALL 1 sendrecv | X: y\n< 100?\n< 486\n> NAK 1\n. 10\n",
            "me",
        );
        let xml = xml.expect("a script");
        for part in [
            "X: y",
            "a=sendrecv",
            "optional=\"true\"",
            "ACK sip:[service]",
            "milliseconds=\"10\"",
        ] {
            assert!(xml.contains(part), "no {part} in {xml}");
        }
        assert_eq!(xml.matches("-INVITE1").count(), 2, "one branch: {xml}");
    }

    #[test]
    fn what_says_nothing_is_refused() {
        for script in ["? 100", "> INVITE", "> INVITE 1 sideways"] {
            assert!(scenario("bad", script, "me").is_err(), "{script}");
        }
    }
}
