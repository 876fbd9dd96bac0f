//! A supervisor's or an admin's word at another door than a desk: from the pages and from the command line.
use gudok_cti::Misfit;
use gudok_model::Name;
use gudok_switchboard::desk::CommandResult;
use gudok_switchboard::{Directive, Input, Speaker};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot::Sender;

use super::Hotline;
use super::at_doors::{Answer, NOT_WRITTEN};
use super::schedules::NOT_JOURNALED;

/// Who wants what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Said {
    /// Whether they may is judged by the switchboard.
    pub by: Speaker,
    /// What.
    pub directive: Directive,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Came {
    /// Why it was not done: a code of `cti.v1`. None: it was.
    pub refused: Option<Name>,
    /// Russian.
    pub text: String,
}

impl Came {
    /// Not done for this reason.
    pub(crate) fn refused(code: &str) -> Self {
        Self {
            refused: Some(code.into()),
            text: why(code).to_owned(),
        }
    }

    /// Not understood: with the argument that does not fit.
    pub(crate) fn misfit(misfit: Misfit) -> Self {
        let code = "bad_command";
        let text = match misfit.arg() {
            Some(arg) => format!("{}: {arg}", why(code)),
            None => "такого распоряжения нет: какие есть, перечислены в cti.v1".to_owned(),
        };
        Self {
            refused: Some(code.into()),
            text,
        }
    }
}

impl Hotline {
    /// Done at once, where the disk takes it and the switchboard has nothing against it; whoever said it is told when the disk
    /// has it.
    pub(super) fn directed(&mut self, said: &Said, whom: Sender<Vec<u8>>) {
        let came = self.direct(said);
        let now = self.clock.now().mono;
        self.paper.hold_at_door(now, Answer::Directed(whom, came));
    }

    fn direct(&mut self, said: &Said) -> Came {
        let Said { by, directive } = said.clone();
        self.directives += 1;
        let input = Input::Directed {
            by,
            id: self.directives.to_string(),
            directive,
        };
        tracing::info!(?said, "a word about people and queues at a door");
        (self.answered, self.told) = (None, None);
        if !self.decide(input) {
            return Came {
                refused: Some("not_journaled".into()),
                text: NOT_JOURNALED.to_owned(),
            };
        }
        match self.answered.take() {
            Some(CommandResult::Ok) => Came {
                refused: None,
                text: self.told.take().map_or_else(
                    || "сделано".to_owned(),
                    |told| format!("сделано. {}", told.text()),
                ),
            },
            Some(CommandResult::Error { code, .. }) => Came::refused(&code),
            Some(CommandResult::Denied { rule, .. }) => Came::refused(&rule),
            None => Came::refused("failed"),
        }
    }
}

/// In words, with what to do about it. Russian.
fn why(code: &str) -> &'static str {
    match code {
        "not_allowed" => {
            "так распоряжаются супервизоры и администраторы: gudok operators add ID --supervisor"
        }
        "unknown_operator" => "такого оператора в вашем проекте нет: gudok operators list",
        "unknown_group" => "такой группы в плане нет, или в ней не только операторы вашего проекта",
        "unknown_queue" => {
            "такой очереди в плане нет, или в неё не ведёт ни один номер вашего проекта"
        }
        "unknown_call" => "такой вызов сейчас не ждёт в очереди, кто ждёт: gudok wall",
        "unknown_reason" => "такой причины в плане нет: [not_ready_reasons]",
        "unknown_prompt" => "такой фразы нет на языке очереди: gudok prompts",
        "too_many_prompts" => "фраз может быть от 1 до 8",
        "too_many_groups" => "групп может быть не больше 64",
        "operator_busy" => "оператор занят: у него звонок или обработка другого звонка",
        "operator_away" => "оператор не на смене, или его телефон не на связи",
        "not_logged_in" => "оператор не на смене",
        "invalid_state" => "сейчас это невозможно: оператор занят другим",
        "no_ladder" => {
            "эту группу не добавляет лестница (relax) ни одной очереди: поднимать её не для кого; добавьте ступень в план (relax = [{ after = \"60s\", add = \"ГРУППА\" }]) или переведите людей: gudok regroup"
        }
        "no_wrap_up" => "оператор сейчас ничего не оформляет: что он делает, покажет gudok wall",
        "unknown_alarm" => {
            "такой тревоги нет, или она не о вашей очереди; какие сейчас есть: gudok wall"
        }
        "endpoint_down" => "телефон или рабочее место оператора не на связи",
        NOT_WRITTEN => {
            "сделано, но журнал ещё не на диске: перезапуск может этого не вспомнить; посмотрите место на диске журнала, а что действует — gudok floor"
        }
        "bad_command" => "непонятное распоряжение: слова нет, или оно не того вида",
        _ => "не сделано",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each that a word about people, queues and alarms may be refused with.
    #[test]
    fn a_refusal_has_words_of_its_own() {
        let codes = [
            "not_allowed",
            "unknown_operator",
            "unknown_group",
            "unknown_queue",
            "unknown_call",
            "unknown_reason",
            "unknown_prompt",
            "unknown_alarm",
            "too_many_prompts",
            "too_many_groups",
            "no_ladder",
            "no_wrap_up",
            "operator_busy",
            "operator_away",
            "not_logged_in",
            "invalid_state",
            "endpoint_down",
            "bad_command",
            NOT_WRITTEN,
        ];
        let told: std::collections::BTreeSet<_> = codes.iter().map(|code| why(code)).collect();
        assert_eq!(told.len(), codes.len(), "no two are told alike");
        assert!(!told.contains(why("nonsense")));
        assert!(why("unknown_call").contains("gudok wall"));
    }
}
