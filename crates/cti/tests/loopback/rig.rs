//! A bridge on a loopback socket, with the test in the place of the core.
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gudok_cti::client::{DeskClient, DeskError};
use gudok_cti::{Authenticate, Bridge, Config, CtiInput, Login, SnapshotRequest, Token, open};
use gudok_model::{CallId, Caller, ClientMatch, Name, OfferId, OperatorId, SessionId, Wall};
use gudok_switchboard::desk::{Card, CardCall, DeskEvent, DeskSnapshot, OperatorState};
use gudok_switchboard::in_hand::Before;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// 2026-11-22T00:05:00Z.
pub(crate) const NOW: Wall = Wall(1_795_305_900_000_000);

pub(crate) struct Rig {
    pub(crate) bridge: Bridge,
    pub(crate) wishes: mpsc::Receiver<CtiInput>,
    pub(crate) address: SocketAddr,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) stop: Option<oneshot::Sender<()>>,
    pub(crate) served: tokio::task::JoinHandle<()>,
}

/// `anna-1` is the first token of operator `anna`.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<BTreeMap<String, (OperatorId, u64)>>);

impl Tokens {
    fn with(tokens: &[&str]) -> Arc<Self> {
        let table = tokens.iter().zip(1..).map(|(token, number)| {
            let operator = token.split('-').next().unwrap();
            (token.to_string(), (OperatorId::from(operator), number))
        });
        Arc::new(Self(Mutex::new(table.collect())))
    }

    pub(crate) fn revoke(&self, token: &str) {
        self.0.lock().unwrap().remove(token);
    }
}

impl Authenticate for Tokens {
    fn login(&self, token: &Token) -> Option<Login> {
        let (operator, number) = self.0.lock().unwrap().get(token.reveal())?.clone();
        Some(Login {
            operator,
            number,
            is_of_before: token.reveal().ends_with("before"),
        })
    }

    fn is_live(&self, login: u64) -> bool {
        self.0
            .lock()
            .unwrap()
            .values()
            .any(|(_, number)| *number == login)
    }
}

impl Rig {
    pub(crate) async fn start() -> Self {
        Self::start_with(Config::default()).await
    }

    pub(crate) async fn start_with(config: Config) -> Self {
        let (bridge, server, wishes) = open(config, NOW).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tokens = Tokens::with(&["anna-1", "anna-2", "boris-1", "anna-before"]);
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(server.serve(listener, tokens.clone(), async {
            stopped.await.ok();
        }));
        Self {
            bridge,
            wishes,
            address,
            tokens,
            stop: Some(stop),
            served,
        }
    }

    /// The next wish of the desks, which must come.
    pub(crate) async fn wish(&mut self) -> CtiInput {
        let wish = tokio::time::timeout(Duration::from_secs(60), self.wishes.recv()).await;
        wish.expect("a wish comes").expect("the server lives")
    }

    pub(crate) async fn connected(&mut self) -> (SessionId, bool) {
        match self.wish().await {
            CtiInput::Connected {
                session, takeover, ..
            } => (session, takeover),
            other => panic!("expected Connected, got {other:?}"),
        }
    }

    pub(crate) async fn lost(&mut self) -> SessionId {
        match self.wish().await {
            CtiInput::Lost { session, .. } => session,
            other => panic!("expected Lost, got {other:?}"),
        }
    }

    pub(crate) async fn snapshot_wanted(&mut self) -> SnapshotRequest {
        match self.wish().await {
            CtiInput::SnapshotWanted(request) => request,
            other => panic!("expected SnapshotWanted, got {other:?}"),
        }
    }

    pub(crate) async fn command(&mut self) -> gudok_cti::Command {
        match self.wish().await {
            CtiInput::Command(command) => command,
            other => panic!("expected Command, got {other:?}"),
        }
    }

    pub(crate) fn event(&self, operator: &str, event: DeskEvent) {
        self.bridge.event(&operator.into(), &event, NOW);
    }

    /// A desk that has shown the token and got `welcome`.
    pub(crate) async fn desk(&self, token: &str) -> (DeskClient, Value) {
        let (mut desk, hello) = DeskClient::connect(self.address).await.unwrap();
        assert_eq!(hello["type"], "hello");
        let welcome = desk.auth(&Token::new(token), false).await.unwrap();
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        (desk, welcome)
    }

    /// A desk that is up to date: connected as the first of its session, with an empty stream.
    pub(crate) async fn live_desk(&mut self, token: &str) -> DeskClient {
        let (mut desk, _) = self.desk(token).await;
        self.connected().await;
        self.bring_up(&mut desk, token.split('-').next().unwrap())
            .await;
        desk
    }

    pub(crate) async fn bring_up(&mut self, desk: &mut DeskClient, operator: &str) -> Value {
        desk.subscribe(None).await.unwrap();
        let request = self.snapshot_wanted().await;
        self.bridge
            .snapshot(&request, Some(&snapshot(operator)), NOW);
        let frame = desk.next().await.unwrap();
        assert_eq!(frame["type"], "snapshot");
        frame
    }
}

/// The close code a desk is sent, past whatever comes before.
pub(crate) async fn closed(desk: &mut DeskClient) -> (u16, String) {
    loop {
        match desk.next().await {
            Ok(_) => {}
            Err(DeskError::Closed { code, reason }) => return (code, reason),
            Err(other) => panic!("{other}"),
        }
    }
}

pub(crate) fn call(n: u128) -> CallId {
    CallId(Uuid::from_u128(n))
}

pub(crate) fn ringing(n: u128) -> DeskEvent {
    DeskEvent::Ringing { call_id: call(n) }
}

pub(crate) fn alert(text: impl Into<String>) -> DeskEvent {
    DeskEvent::Alert {
        what: "test".into(),
        text: text.into(),
    }
}

pub(crate) fn state(version: u64) -> OperatorState {
    OperatorState {
        version,
        display: "ready".into(),
        reason: None,
        actor: None,
        next: None,
        endpoint_up: true,
        call_id: None,
        since: NOW,
        deadline: None,
        extended: None,
        groups: None,
    }
}

pub(crate) fn snapshot(operator: &str) -> DeskSnapshot {
    DeskSnapshot {
        operator: operator.into(),
        name: "Анна".into(),
        state: state(1),
        card: None,
        talk: None,
        asked: None,
        supervising: None,
        parked: Vec::new(),
        reasons: vec!["lunch".into()],
        breaks: vec![],
        groups: vec![],
        dispositions: vec!["sold".into()],
        results: Vec::new(),
        noted: Vec::new(),
        callbacks: Vec::new(),
        callbacks_more: 0,
        resumed: false,
    }
}

pub(crate) fn card(n: u128, offer_epoch: u32) -> Box<Card> {
    let name = |text: &str| Name::from(text);
    Box::new(Card {
        offer_id: OfferId {
            call: call(n),
            index: 1,
        },
        offer_epoch,
        call_id: call(n),
        ring_deadline: NOW + Duration::from_secs(20),
        require: name("accept"),
        call: CardCall {
            direction: name("in"),
            did: "+78005550100".into(),
            did_label: "Горячая линия".into(),
            project: name("isp1"),
            queue: "tech".into(),
            group: "first_line".into(),
            priority: 5,
            waited_ms: 41_200,
            attempt: 1,
            record: true,
            notice_played: true,
            resumed: false,
            before: Before::default(),
        },
        caller: Caller::anonymous(),
        client: ClientMatch::Pending,
        request: None,
        why: Vec::new(),
        answers: BTreeMap::new(),
        server_now: NOW,
    })
}
