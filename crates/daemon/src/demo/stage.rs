//! What the demo needs before the curtain: a folder, a configuration, a plan, people.
use std::path::{Path, PathBuf};

use anyhow::Context;
use gudok_model::{AutoAnswer, NumberRules, OperatorId, OperatorProfile, ProjectId};
use gudok_store::NewOperator;

use super::quoted;
use crate::clock;
use crate::config::Config;
use crate::verbs::open_store;

const PLAN: &str = include_str!("8800.toml");
/// Invented: the number is not in use.
const CLIENTS: &str =
    "id;name;phone;class;address\n1029384;ООО «Пример»;+79990001122;regular;ул. Примерная, 1\n";

/// The demo's own world.
pub(super) struct Stage {
    pub dir: PathBuf,
    pub config: PathBuf,
    pub database: PathBuf,
    pub password: String,
}

impl Stage {
    /// Makes the folder and writes configuration and plan.
    pub(super) fn set(dir: Option<&Path>, port: u16) -> anyhow::Result<Self> {
        let dir = match dir {
            Some(dir) => dir.to_owned(),
            None => std::env::temp_dir().join(format!("gudok-demo-{}", std::process::id())),
        };
        let plans = dir.join("dialplans");
        std::fs::create_dir_all(&plans).with_context(|| dir.display().to_string())?;
        std::fs::write(plans.join("8800.toml"), PLAN)?;
        let (config, database) = (dir.join("gudok.toml"), dir.join("gudok.db"));
        std::fs::write(&config, configuration(&dir, port))?;
        Ok(Self {
            dir,
            config,
            database,
            password: password()?,
        })
    }

    /// Two operators and one client.
    pub(super) async fn people(&self, config: &Config) -> anyhow::Result<()> {
        let store = open_store(config).await?;
        for id in ["101", "102"] {
            let profile = OperatorProfile {
                id: OperatorId::from(id),
                name: format!("Оператор {id}"),
                project: ProjectId::from("demo"),
                auto_answer: AutoAnswer::Off,
                phone_only: false,
                phone: None,
                role: gudok_model::Role::Operator,
            };
            let new = NewOperator {
                profile,
                realm: &config.sip.realm,
                password: &self.password,
            };
            if store.add_operator(&new, clock::wall()).await.is_err() {
                store.update_operator(&new).await?;
            }
        }
        let project = ProjectId::from("demo");
        store
            .import_clients(
                &project,
                CLIENTS.as_bytes(),
                &NumberRules::default(),
                clock::wall(),
            )
            .await?;
        store.close().await;
        Ok(())
    }

    /// Keeps something for the spectator.
    pub(super) fn keep(&self, name: &str, text: &str) -> anyhow::Result<()> {
        Ok(std::fs::write(self.dir.join(name), text)?)
    }
}

/// A port that is taken must not end the show: then any free one serves. Our RTP is below the ports that the system
/// gives by itself: the phones of the show are on this machine, and none may take one that is ours.
fn configuration(dir: &Path, port: u16) -> String {
    let free = std::net::UdpSocket::bind(("127.0.0.1", port)).is_ok()
        && std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    let port = if free { port } else { 0 };
    let path = |name: &str| quoted(&dir.join(name));
    format!(
        "[sip]\nlisten = \"127.0.0.1:{port}\"\nlisten_tcp = \"127.0.0.1:0\"\n\n\
         [[trunk]]\nname = \"loopback\"\nsources = [\"127.0.0.0/8\"]\n\n\
         [paths]\ndialplans = {}\nrecordings = {}\njournal = {}\ndatabase = {}\n\n\
         [media]\nports = \"20000-32766\"\n\n\
         [cti]\nlisten = \"127.0.0.1:0\"\n\n[web]\nlisten = \"127.0.0.1:0\"\n",
        path("dialplans"),
        path("recordings"),
        path("journal"),
        path("gudok.db"),
    )
}

/// A fresh one for each show.
fn password() -> anyhow::Result<String> {
    let mut random = [0_u8; 6];
    getrandom::fill(&mut random)?;
    Ok(hex::encode(random))
}
