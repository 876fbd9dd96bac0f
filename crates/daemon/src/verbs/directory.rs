//! `gudok clients` and `gudok operators`: what is kept in the database.
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use gudok_model::{AutoAnswer, NumberRules, OperatorId, OperatorProfile, ProjectId, Role};
use gudok_sip::phones::Model;
use gudok_store::{AddOperatorError, NewOperator};

use super::{block_on, open};
use crate::cli::{self, AddOperator, Clients, Operators};
use crate::clock;

/// Shortest password that is taken.
const PASSWORD_MIN: usize = 8;
/// Longest password that is read.
const PASSWORD_MAX: u64 = 256;

pub(crate) fn clients(config: &Path, verb: &Clients) -> anyhow::Result<ExitCode> {
    let Clients::Import { file, project } = verb;
    block_on(async {
        let (config, store) = open(config).await?;
        let rules = NumberRules {
            home_code: config
                .trunks
                .first()
                .and_then(|trunk| Some(trunk.home_code.as_ref()?.0.clone())),
            strip: None,
        };
        let csv = File::open(file).with_context(|| file.display().to_string())?;
        let report = store
            .import_clients(
                &ProjectId::new(project.as_str()),
                csv,
                &rules,
                clock::wall(),
            )
            .await?;
        for problem in &report.problems {
            say!("{}:{}: {}", file.display(), problem.line, problem.text);
        }
        let skipped = report
            .problems
            .iter()
            .filter(|problem| problem.skipped)
            .count();
        say!(
            "строк — {}, новых клиентов — {}, обновлено — {}, пропущено — {skipped}",
            report.rows,
            report.added,
            report.updated
        );
        store.close().await;
        Ok(if skipped == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(2)
        })
    })
}

pub(crate) fn operators(config: &Path, verb: &Operators) -> anyhow::Result<ExitCode> {
    block_on(async {
        let (config, store) = open(config).await?;
        match verb {
            Operators::Add(arguments) => {
                fits_the_phone(arguments)?;
                let password = password(arguments)?;
                add(&store, &config.sip.realm, arguments, &password).await?;
                say!("оператор {} записан; {TOLD_BY}", arguments.id);
            }
            Operators::Remove { id } => {
                let there = store.remove_operator(&OperatorId::new(id.as_str())).await?;
                ensure!(there, unknown(id));
                say!("оператор {id} убран; {TOLD_BY}");
            }
            Operators::Role { id, role: word } => {
                let to = role_of(*word);
                let there = store.set_role(&OperatorId::new(id.as_str()), to).await?;
                ensure!(there, unknown(id));
                say!("оператор {id} теперь {}; {TOLD_BY}", role(to));
            }
            Operators::Phones => say!("{}", super::control::phones(&config)?),
            Operators::List => {
                for operator in store.operators().await? {
                    let seat = if operator.phone_only {
                        "только телефон"
                    } else {
                        "рабочее место"
                    };
                    say!(
                        "{}\t{}\t{}\t{seat}\t{}\t{}\t{}",
                        operator.id,
                        operator.name,
                        operator.project,
                        answers(operator.auto_answer),
                        operator.phone.as_deref().unwrap_or("-"),
                        role(operator.role)
                    );
                }
            }
        }
        store.close().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// How a running daemon hears of it.
const TOLD_BY: &str = "работающий демон узнает об этом по SIGHUP";

fn unknown(id: &str) -> String {
    format!("оператора {id} нет; кто есть, покажет gudok operators list")
}

fn answers(how: AutoAnswer) -> &'static str {
    match how {
        AutoAnswer::Off => "отвечает человек",
        AutoAnswer::CallInfo => "отвечает телефон (call-info)",
        AutoAnswer::AlertInfo => "отвечает телефон (alert-info)",
        AutoAnswer::AnswerMode => "отвечает телефон (answer-mode)",
        AutoAnswer::All => "отвечает телефон (all)",
        AutoAnswer::ByPhone => "отвечает телефон (by-phone)",
    }
}

fn role_of(word: cli::RoleWord) -> Role {
    match word {
        cli::RoleWord::Operator => Role::Operator,
        cli::RoleWord::Supervisor => Role::Supervisor,
        cli::RoleWord::Admin => Role::Admin,
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Operator => "оператор",
        Role::Supervisor => "супервизор",
        Role::Admin => "администратор",
    }
}

/// Adds the operator, or gives an existing one these settings and this password.
async fn add(
    store: &gudok_store::Store,
    realm: &str,
    arguments: &AddOperator,
    password: &str,
) -> Result<(), AddOperatorError> {
    let new = NewOperator {
        profile: profile(arguments),
        realm,
        password,
    };
    match store.add_operator(&new, clock::wall()).await {
        Err(AddOperatorError::Exists(_)) => store.update_operator(&new).await?,
        other => other?,
    }
    Ok(())
}

/// A desk of an operator whose phone answers by itself does not ask for the call to be taken: it must be such a phone.
fn fits_the_phone(arguments: &AddOperator) -> anyhow::Result<()> {
    let model = arguments.phone.as_deref().and_then(Model::named);
    let by_hand = model.is_some_and(|model| !model.answers_by_itself());
    ensure!(
        !by_hand || arguments.auto_answer == cli::AutoAnswer::Off,
        "телефон {} сам не ответит: трубку аналогового телефона поднимет только рука; уберите --auto-answer",
        arguments.phone.as_deref().unwrap_or_default()
    );
    Ok(())
}

fn profile(arguments: &AddOperator) -> OperatorProfile {
    OperatorProfile {
        id: OperatorId::new(arguments.id.as_str()),
        name: arguments.name.clone(),
        project: ProjectId::new(arguments.project.as_str()),
        auto_answer: match arguments.auto_answer {
            cli::AutoAnswer::Off => AutoAnswer::Off,
            cli::AutoAnswer::CallInfo => AutoAnswer::CallInfo,
            cli::AutoAnswer::AlertInfo => AutoAnswer::AlertInfo,
            cli::AutoAnswer::AnswerMode => AutoAnswer::AnswerMode,
            cli::AutoAnswer::All => AutoAnswer::All,
            cli::AutoAnswer::ByPhone => AutoAnswer::ByPhone,
        },
        phone_only: arguments.phone_only,
        phone: arguments.phone.as_deref().map(Into::into),
        role: match (arguments.admin, arguments.supervisor) {
            (true, _) => Role::Admin,
            (false, true) => Role::Supervisor,
            (false, false) => Role::Operator,
        },
    }
}

/// From the file, or from standard input; the line end is not part of it.
fn password(arguments: &AddOperator) -> anyhow::Result<String> {
    let mut text = String::new();
    match &arguments.password_file {
        Some(file) => {
            let file = File::open(file).with_context(|| file.display().to_string())?;
            file.take(PASSWORD_MAX).read_to_string(&mut text)?;
        }
        None => {
            eprintln!("пароль оператора {}:", arguments.id);
            std::io::stdin()
                .take(PASSWORD_MAX)
                .read_line_into(&mut text)?;
        }
    }
    let password = text.lines().next().unwrap_or_default().to_owned();
    ensure!(
        password.len() >= PASSWORD_MIN,
        "пароль короче {PASSWORD_MIN} знаков"
    );
    Ok(password)
}

/// One line, without taking more of the input than it needs to.
trait ReadLine {
    fn read_line_into(self, text: &mut String) -> std::io::Result<()>;
}

impl<R: Read> ReadLine for R {
    fn read_line_into(self, text: &mut String) -> std::io::Result<()> {
        std::io::BufRead::read_line(&mut std::io::BufReader::new(self), text).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_lifts_the_receiver_of_an_analogue_phone() {
        let add = |auto_answer, phone: Option<&str>| AddOperator {
            id: "101".into(),
            name: "101".into(),
            project: "main".into(),
            password_file: None,
            auto_answer,
            phone: phone.map(str::to_owned),
            phone_only: false,
            admin: false,
            supervisor: false,
        };
        for auto_answer in [cli::AutoAnswer::ByPhone, cli::AutoAnswer::All] {
            let refused = fits_the_phone(&add(auto_answer, Some("adapter")));
            let told = refused.expect_err("nothing lifts it").to_string();
            assert!(told.contains("adapter"), "{told}");
            for phone in [Some("yealink"), Some("generic"), None] {
                assert!(fits_the_phone(&add(auto_answer, phone)).is_ok());
            }
        }
        assert!(fits_the_phone(&add(cli::AutoAnswer::Off, Some("adapter"))).is_ok());
    }
}
