//! Who was to be called when the last run ended: taken up again at a start, as the journal told it last.
use gudok_model::{
    CallId, GroupId, OpenRequest, PhoneNumber, RequestAbout, RequestKind, RequestPlace,
    RequestSource, RequestState, Wall,
};
use gudok_store::RequestRow;

use crate::verbs::requests::key;

/// The open requests to call somebody, the most urgent first. Messages are for ears, and what is no request of ours is for people.
pub(crate) fn open_requests(rows: &[RequestRow]) -> Vec<OpenRequest> {
    rows.iter().filter_map(open_request).collect()
}

fn open_request(row: &RequestRow) -> Option<OpenRequest> {
    let key = key(row)?;
    let state = row.told.as_deref();
    let state = state.and_then(|told| serde_json::from_str::<RequestState>(told).ok());
    let place = row.place.as_deref();
    let place = place.and_then(|place| serde_json::from_str::<RequestPlace>(place).ok());
    let needs = row.needs.as_deref();
    let needs = needs.and_then(|needs| serde_json::from_str(needs).ok());
    let line = row.line.clone().or_else(|| row.did.clone());
    Some(OpenRequest {
        id: CallId(row.call_id.parse().ok()?),
        project: key.project,
        number: key.number,
        kind: key.kind,
        region: None,
        group: row.owner.as_deref().map(GroupId::new),
        line: line.and_then(|line| PhoneNumber::try_from(line).ok()),
        created: Wall(row.created_at),
        wished: row.wished_at.map(Wall),
        due: Wall(row.due_at),
        about: about(row),
        place,
        needs: needs.unwrap_or_default(),
        // What was promised and got no further: with a wish for a later hour it waits for that, else for people or a machine.
        state: state.unwrap_or_else(|| first(row, key.kind)),
        attempts: u8::try_from(row.tries).unwrap_or(u8::MAX),
        epoch: u32::try_from(row.epoch).unwrap_or(u32::MAX),
    })
}

fn about(row: &RequestRow) -> RequestAbout {
    RequestAbout {
        source: match row.source.as_str() {
            "web" => RequestSource::Web,
            "api" => RequestSource::Api,
            _ => RequestSource::Call,
        },
        note: row.note.clone(),
        basis: row.basis.as_deref().map(Into::into),
    }
}

fn first(row: &RequestRow, kind: RequestKind) -> RequestState {
    match (row.not_before, kind) {
        (Some(at), RequestKind::Callback) => RequestState::Scheduled { at: Wall(at) },
        _ => RequestState::ByHand,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(kind: &str, told: Option<&str>) -> RequestRow {
        RequestRow {
            project: "main".to_owned(),
            kind: kind.to_owned(),
            number: Some("+79990000001".to_owned()),
            call_id: uuid::Uuid::nil().to_string(),
            owner: Some("tech".to_owned()),
            did: Some("+78001234567".to_owned()),
            due_at: 7,
            attempts: 2,
            tries: 1,
            epoch: 3,
            needs: Some(r#"{"english":3}"#.to_owned()),
            wished_at: Some(6),
            told: told.map(str::to_owned),
            ..RequestRow::default()
        }
    }

    #[test]
    fn a_dial_that_was_cut_counts_once() {
        let id = uuid::Uuid::nil();
        let told = format!(r#"{{"state":"dialing","by":"ivan","epoch":3,"call":"{id}"}}"#);
        let open = open_requests(&[row("callback", Some(&told))]);
        assert!(matches!(open[0].state, RequestState::Dialing { .. }));
        assert_eq!(open[0].attempts, 1);
    }

    #[test]
    fn what_was_to_be_called_comes_back_as_it_stood() {
        let told = r#"{"state":"retry_wait","attempts":2,"at":9,"why":"busy"}"#;
        let mut later = row("callback", None);
        later.source = "web".to_owned();
        later.note = Some("тариф".to_owned());
        later.basis = Some("форма 17".to_owned());
        later.not_before = Some(5);
        let mut hidden = row("callback", None);
        hidden.number = None;
        let rows = [
            row("callback", Some(told)),
            row("missed", None),
            later,
            row("voicemail", None),
            hidden,
        ];
        let open = open_requests(&rows);
        let states: Vec<_> = open.iter().map(|it| it.state.clone()).collect();
        let waits = RequestState::RetryWait {
            attempts: 2,
            at: Wall(9),
            why: "busy".into(),
        };
        let scheduled = RequestState::Scheduled { at: Wall(5) };
        assert_eq!(states, [waits, RequestState::ByHand, scheduled]);
        let about = RequestAbout {
            source: RequestSource::Web,
            note: Some("тариф".to_owned()),
            basis: Some("форма 17".into()),
        };
        assert_eq!(open[2].about, about);
        let first = &open[0];
        assert_eq!(
            (first.attempts, first.epoch),
            (1, 3),
            "since it was asked for last"
        );
        assert_eq!(first.needs, [("english".into(), 3)].into());
        assert_eq!(first.wished, Some(Wall(6)), "it is their wish still");
        assert_eq!(
            first.line.as_ref().map(PhoneNumber::as_str),
            Some("+78001234567")
        );
    }
}
