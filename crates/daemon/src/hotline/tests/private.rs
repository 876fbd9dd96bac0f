//! Operators and a caller who withholds the number: what their phones, their transfers and the CRM learn of it.
use std::net::TcpListener;

use gudok_model::OperatorProfile;
use tokio::runtime::Handle;

use super::people::on_record;
use super::phones::{ALL_RING, Phone};
use super::*;

/// Who this is, in a P-Asserted-Identity.
const PRIVATE: &str = "P-Asserted-Identity: \"Ann\" <sip:+79990007788@c>\r\nPrivacy: id\r\n";
/// What nobody is to learn; the second is in From.
const SECRETS: [&str; 3] = ["79990007788", "79990001122", "Ann"];

fn keeps_secrets(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

/// A trunk may bring the numbers of those who withhold them, for desks; phones keep lists of calls.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_learns_nothing_even_where_desks_do() {
    let folder = Folder::new();
    folder.write("dialplans/8800.toml", ALL_RING);
    folder.set_of_trunk("show_private = true\n");
    let adapter = |profile: &mut OperatorProfile| profile.phone = Some("adapter".into());
    folder.hire_with("101", adapter).await;
    let running = serve::start(folder.config(), &Handle::current())
        .await
        .expect("it starts");
    let phone = Phone::register(&running, "101").await;
    let caller = Caller::new(&running).await;
    caller.send_with("INVITE", PRIVATE, OFFER).await;
    let invite = phone.expect("INVITE ").await;
    running.shut_down(true).await;
    keeps_secrets(&invite);
    assert!(invite.contains(";privacy=full"), "{invite}");
    let told = on_record(&folder).await;
    assert!(
        told.contains(SECRETS[0]) && told.contains(SECRETS[2]),
        "desks know: {told}"
    );
}

/// Nobody is looked for by a number that is withheld, and the operator who passes the caller on passes no number on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_a_crm_nor_a_transfer_outside_tells_the_number() {
    let crm = TcpListener::bind("127.0.0.1:0").expect("a port");
    crm.set_nonblocking(true).expect("settable");
    let folder = Folder::new();
    let queue = "[[flow.main]]\nqueue";
    let looked_up = ALL_RING.replace(queue, &format!("[[flow.main]]\nlookup = true\n\n{queue}"));
    folder.write("dialplans/8800.toml", &looked_up);
    let carrier = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let identity = "identity = [\"from\", \"pai\", \"rpid\", \"diversion\"]";
    folder.set_outbound(carrier.local_addr().expect("bound"), identity);
    let more = format!(
        "\n[transfer]\noutside = [\"+7999*\"]\n\n[crm]\nname = \"x\"\nurl = \"http://{}/?phone={{number}}\"\n\
         timeout = \"1s\"\n[crm.map]\nid = \"/id\"\nname = \"/name\"\n",
        crm.local_addr().expect("bound")
    );
    folder.write("gudok.toml", &(folder.text() + &more));
    folder.hire(&["101"]).await;
    let running = serve::start(folder.config(), &Handle::current())
        .await
        .expect("it starts");
    let phone = Phone::register(&running, "101").await;
    let mut caller = Caller::new(&running).await;
    caller.send_with("INVITE", PRIVATE, OFFER).await;
    let accepted = caller.expect("SIP/2.0 200", "1 INVITE").await;
    caller.acknowledge(&accepted, "").await;
    let asked = phone.expect("INVITE ").await;
    assert!(crm.accept().is_err(), "the CRM is asked for nobody");
    phone.respond(&asked, "200 OK", OFFER).await;
    phone.expect("ACK ").await;
    phone.refer(&asked, "sip:+79990000009@gudok").await;
    phone.expect("SIP/2.0 202").await;
    let outside = timeout(PATIENCE, invite_to(&carrier))
        .await
        .expect("it dials");
    running.shut_down(true).await;
    for text in [asked, outside, on_record(&folder).await] {
        keeps_secrets(&text);
    }
}
