//! `gudok demo`: the real daemon on loopback, two built-in softphones that speak, one call from the first packet to
//! the sealed recording, told as it happens.
pub(crate) mod desk;
mod stage;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use gudok_phone::{Answer, Event, Keys, Phone, Setup};
use gudok_store::Store;
use tokio::sync::mpsc::Receiver;

use crate::cli::Demo;
use crate::doors::Addresses;
use crate::serve::{self, Running};
use desk::Desk;
use stage::Stage;

/// What is dialled.
const HOTLINE: &str = "88001234567";
/// Who calls; the client directory knows the number.
const CALLER: &str = "+79990001122";
/// The operator who answers.
const OPERATOR: &str = "101";
/// How long the two talk.
const TALK: Duration = Duration::from_secs(8);
/// A step that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Shows one call; without `--once` stays up afterwards.
pub(crate) fn demo(arguments: &Demo) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(show(arguments))
}

async fn show(arguments: &Demo) -> anyhow::Result<ExitCode> {
    let stage = Stage::set(arguments.dir.as_deref(), arguments.port)?;
    let config = crate::config::read(&stage.config)?;
    stage.people(&config).await?;
    let _log = crate::log::Log::start("error")?;
    let running = serve::start(config, &tokio::runtime::Handle::current()).await?;
    let told = Story::new();
    told.say(&format!(
        "демон работает: SIP {}, данные в {}",
        running.addresses.sip,
        stage.dir.display()
    ));

    let call = one_call(&running.addresses, &stage, &told).await;
    match &call {
        Ok(call) => where_things_are(&stage, &told, &call.id).await?,
        Err(error) => told.say(&format!("показ не удался: {error:#}")),
    }
    let shown = call.is_ok();
    if let Ok(call) = call
        && !arguments.once
    {
        stay(&running, &stage, call.seat).await?;
    }
    running.shut_down(true).await;
    Ok(if shown {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A call that was shown.
struct Shown {
    id: String,
    seat: Seat,
}

/// The operator who answers whoever dials the demo.
struct Seat {
    desk: Desk,
    _phone: Phone,
    at_phone: Receiver<Event>,
}

/// The call itself.
async fn one_call(addresses: &Addresses, stage: &Stage, told: &Story) -> anyhow::Result<Shown> {
    let [caller_says, operator_says] = gudok_prompts::demo();
    let (operator, mut at_operator) = phone(
        addresses,
        OPERATOR,
        stage,
        operator_says,
        Answer::After(Duration::from_secs(2)),
    )?;
    operator.register().await;
    wait(&mut at_operator, |event| *event == Event::Registered)
        .await
        .context("телефон оператора не зарегистрирован")?;
    told.say("телефон оператора 101 зарегистрирован (digest)");
    let (caller, mut at_caller) = phone(addresses, "102", stage, caller_says, Answer::Never)?;
    caller.register().await;
    wait(&mut at_caller, |event| *event == Event::Registered)
        .await
        .context("второй телефон не зарегистрирован")?;
    told.say("второй телефон зарегистрирован; с него и позвоним");

    let mut desk = Desk::open(addresses, OPERATOR, &stage.password).await?;
    desk.ready().await?;
    told.say("рабочее место 101 подключено по WebSocket, оператор готов");

    told.say(&format!("звоним {CALLER} → {HOTLINE}"));
    caller.dial(HOTLINE, CALLER).await;
    wait(&mut at_caller, |event| {
        matches!(event, Event::Established { .. })
    })
    .await
    .context("линия не ответила")?;
    told.say("линия ответила: приветствие и предупреждение о записи");

    let card = desk.card().await?;
    stage.keep("screen-pop.json", &card.text)?;
    told.say(&format!("карточка на экране: {}", card.client));
    let rang = wait(&mut at_operator, |event| {
        matches!(event, Event::Incoming { .. })
    })
    .await?;
    if let Event::Incoming { at, .. } = rang {
        let ahead = at.saturating_duration_since(card.at);
        told.say(&format!(
            "телефон оператора зазвонил через {:.1} мс после карточки",
            ahead.as_secs_f64() * 1_000.0
        ));
    }
    wait(&mut at_operator, |event| {
        matches!(event, Event::Established { .. })
    })
    .await
    .context("оператор не ответил")?;
    told.say("оператор снял трубку: разговор");
    tokio::time::sleep(TALK).await;
    caller.hang_up().await;
    wait(&mut at_operator, |event| {
        matches!(event, Event::Ended { .. })
    })
    .await?;
    told.say("звонящий положил трубку");
    desk.finish(&card.call).await?;
    told.say("оператор указал результат: обработка закончена");
    ensure_heard(&caller, "звонящий")?;
    ensure_heard(&operator, "оператор")?;
    let seat = Seat {
        desk,
        _phone: operator,
        at_phone: at_operator,
    };
    Ok(Shown {
        id: card.call,
        seat,
    })
}

/// Both ears must have heard a voice, or the demo shows nothing.
fn ensure_heard(phone: &Phone, who: &str) -> anyhow::Result<()> {
    let heard = phone.heard();
    let peak = heard
        .iter()
        .map(|sample| sample.unsigned_abs())
        .max()
        .unwrap_or(0);
    if peak < 1_000 {
        bail!("{who} ничего не услышал")
    } else {
        Ok(())
    }
}

/// Waits until the record is whole, and prints where everything lies.
async fn where_things_are(stage: &Stage, told: &Story, call: &str) -> anyhow::Result<()> {
    let store = Store::open(&stage.database).await?;
    let deadline = Instant::now() + PATIENCE;
    let row = loop {
        let row = store
            .calls(&gudok_store::CallFilter::default())
            .await?
            .into_iter()
            .find(|row| row.call_id == call);
        match row {
            Some(row) if row.recording_sha256.is_some() => break row,
            _ if Instant::now() > deadline => bail!("запись разговора не появилась"),
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    store.close().await;
    told.say(&format!(
        "запись готова: {:.1} с, SHA-256 {}",
        row.recording_ms.unwrap_or(0) as f64 / 1_000.0,
        row.recording_sha256.as_deref().unwrap_or("")
    ));
    print_places(stage, &row);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the demo speaks to a person")]
fn print_places(stage: &Stage, row: &gudok_store::CallRow) {
    let config = stage.config.display();
    println!();
    println!("карточка:  {}", stage.dir.join("screen-pop.json").display());
    println!(
        "запись:    {}",
        stage
            .dir
            .join("recordings")
            .join(row.recording_file.as_deref().unwrap_or(""))
            .display()
    );
    println!("история:   gudok explain {} --config {config}", row.call_id);
    println!("повтор:    gudok replay {} --config {config}", row.call_id);
    println!("CDR:       gudok calls --config {config}");
    println!("проверка:  gudok recordings verify --config {config}");
}

/// Stays up: any softphone may register and dial, and operator 101 answers.
#[expect(clippy::print_stdout, reason = "the demo speaks to a person")]
async fn stay(running: &Running, stage: &Stage, mut seat: Seat) -> anyhow::Result<()> {
    let (sip, password) = (running.addresses.sip, &stage.password);
    println!();
    println!(
        "демон остаётся, Ctrl+C — конец. Наберите с любого SIP-телефона sip:{HOTLINE}@{sip}: ответит"
    );
    println!(
        "оператор 101. Или зарегистрируйте телефон оператора 102, пароль {password}, на {sip}."
    );
    loop {
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => return Ok(interrupted?),
            card = seat.desk.next_card() => println!("карточка на экране: {}", card?.client),
            event = seat.at_phone.recv() => match event {
                Some(Event::Established { .. }) => println!("оператор 101 снял трубку"),
                Some(Event::Ended { .. }) => println!("разговор окончен"),
                Some(_) => {}
                None => bail!("телефон оператора закончил работу"),
            },
        }
    }
}

fn phone(
    addresses: &Addresses,
    user: &str,
    stage: &Stage,
    says: Vec<i16>,
    answer: Answer,
) -> anyhow::Result<(Phone, Receiver<Event>)> {
    let setup = Setup {
        user: user.to_owned(),
        password: stage.password.clone(),
        realm: "gudok".to_owned(),
        server: addresses.sip,
        bind: addresses.sip.ip(),
        says,
        answer,
        keys: Keys::Events,
    };
    Ok(Phone::start(setup)?)
}

async fn wait(
    events: &mut Receiver<Event>,
    wanted: impl Fn(&Event) -> bool,
) -> anyhow::Result<Event> {
    let next = async {
        while let Some(event) = events.recv().await {
            match event {
                event if wanted(&event) => return Ok(event),
                Event::Refused(status) => bail!("отказ {status}"),
                Event::NotRegistered(status) => bail!("регистрация не принята: {status}"),
                _ => {}
            }
        }
        bail!("телефон закончил работу")
    };
    tokio::time::timeout(PATIENCE, next)
        .await
        .context("слишком долго")?
}

/// Says what happens, with the time since the beginning.
struct Story(Instant);

impl Story {
    fn new() -> Self {
        Self(Instant::now())
    }

    #[expect(clippy::print_stdout, reason = "the demo speaks to a person")]
    fn say(&self, line: &str) {
        println!("{:7.3} с  {line}", self.0.elapsed().as_secs_f64());
    }
}

/// A path as text for the configuration.
fn quoted(path: &Path) -> String {
    format!("{:?}", path.display().to_string())
}
