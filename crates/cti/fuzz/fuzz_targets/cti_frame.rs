//! Any text a client may send is understood or refused, never a panic; a token never reaches a log.
#![no_main]
use gudok_cti::protocol::{ClientFrame, parse_offer_id};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(id) = parse_offer_id(text) {
        assert_eq!(parse_offer_id(&id.to_string()), Some(id));
    }
    match ClientFrame::parse(text) {
        Ok(ClientFrame::Auth { token, .. }) => {
            assert!(token.reveal().len() <= gudok_cti::config::TOKEN_BYTES_MAX);
            assert_eq!(format!("{token:?}"), "Token(…)");
        }
        Ok(_) => {}
        // What goes back to the client is short and without control characters.
        Err(error) => {
            let said = error.to_string();
            assert!(said.len() <= 512 && !said.chars().any(char::is_control));
        }
    }
});
