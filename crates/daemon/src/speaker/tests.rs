use std::path::Path;
use std::time::{Duration, Instant};

use super::*;
use crate::span::Span;

/// A shell that is the voice: `$1` is the file to write, `$2` one that holds a prompt.
fn voice(folder: &Path, script: &str) -> Speech {
    let prompt = folder.join("prompt.wav");
    std::fs::write(&prompt, as_wav(&[1_000; 800])).expect("written");
    let words = [
        "sh",
        "-c",
        script,
        "sh",
        "{out}",
        &prompt.display().to_string(),
    ];
    Speech {
        command: words.map(str::to_owned).into(),
        voice: "anna".to_owned(),
        timeout: Span(Duration::from_secs(20)),
        cache: folder.join("cache"),
    }
}

fn told(speech: &Speech) -> String {
    let error = Speaker::new(speech).speak("ru", "Алло!");
    error.expect_err("it cannot speak").to_string()
}

#[test]
fn what_was_spoken_once_is_not_spoken_again_and_other_words_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let count = folder.path().join("count");
    let script = format!("cat >> {}; cp \"$2\" \"$1\"", count.display());
    let speech = voice(folder.path(), &script);
    let first = Speaker::new(&speech);
    let samples = first.speak("ru", "Алло!").expect("spoken");
    assert_eq!(samples, vec![1_000; 800]);
    first.speak("ru", "Алло!").expect("known");
    first.speak("en", "Алло!").expect("another language");
    assert_eq!(first.finish(), (2, 0));

    let again = Speaker::new(&speech);
    assert_eq!(again.speak("ru", "Алло!").expect("known"), samples);
    assert_eq!(again.finish(), (0, 1));
    let other = Speech {
        voice: "ivan".to_owned(),
        ..speech.clone()
    };
    let other = Speaker::new(&other);
    other.speak("ru", "Алло!").expect("another voice");
    let heard = std::fs::read_to_string(count).expect("written");
    assert_eq!(heard, "Алло!\n".repeat(3));

    // A file that is spoilt is spoken anew.
    for file in std::fs::read_dir(&speech.cache).expect("there") {
        std::fs::write(file.expect("a file").path(), "RIFF").expect("spoilt");
    }
    let anew = Speaker::new(&speech);
    anew.speak("ru", "Алло!").expect("spoken");
    assert_eq!(anew.finish(), (1, 0));
    let parts = std::fs::read_dir(&speech.cache).expect("there");
    let part = |it: std::io::Result<std::fs::DirEntry>| it.expect("a file").path();
    assert!(
        parts
            .map(part)
            .all(|it| it.extension().is_some_and(|it| it == "wav"))
    );
}

#[test]
fn a_pipe_may_promise_more_than_it_brings_or_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut speech = voice(folder.path(), "");
    let prompt = folder.path().join("prompt.wav");
    speech.command = ["cat", &prompt.display().to_string()]
        .map(str::to_owned)
        .into();
    for (locale, promised) in [("ru", 0x7fff_f000), ("en", 0)] {
        let mut streamed = as_wav(&[500; 80]);
        set_length(&mut streamed, 40, promised);
        set_length(&mut streamed, 4, promised + 36);
        std::fs::write(&prompt, streamed).expect("written");
        let spoken = Speaker::new(&speech).speak(locale, "Алло!");
        assert_eq!(spoken.expect("spoken"), vec![500; 80]);
    }
}

#[test]
fn the_text_is_one_argument_whatever_it_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let heard = folder.path().join("heard");
    let script = format!("printf %s \"$3\" > {}; cp \"$2\" \"$1\"", heard.display());
    let mut speech = voice(folder.path(), &script);
    speech.command.push("{text}".to_owned());
    let text = "$(exit 1) `{out}` \"; exit 1";
    let spoken = Speaker::new(&speech).speak("ru", text);
    assert_eq!(spoken.expect("spoken").len(), 800);
    assert_eq!(std::fs::read_to_string(heard).expect("written"), text);
}

#[test]
fn a_command_that_hangs_is_ended_with_all_it_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let id = folder.path().join("id");
    let script = format!("sleep 600 & echo $! > {}; wait", id.display());
    let mut speech = voice(folder.path(), &script);
    speech.timeout = Span(Duration::from_millis(1_500));
    let begun = Instant::now();
    let said = told(&speech);
    assert!(said.contains("не закончила за 1 с и остановлена"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(60));
    let id = std::fs::read_to_string(id).expect("it was started");
    // It is gone, or waits for somebody to take note of its end; a signal takes a moment to be obeyed.
    let state = || std::fs::read_to_string(format!("/proc/{}/stat", id.trim()));
    while !state().map_or(true, |it| it.contains(") Z")) {
        assert!(begun.elapsed() < Duration::from_secs(60), "it sleeps on");
        std::thread::yield_now();
    }
}

#[test]
fn who_cannot_speak_is_named_with_the_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let failed = told(&voice(folder.path(), "echo no such voice >&2; exit 3"));
    assert!(
        failed.contains("«sh»") && failed.ends_with("3: no such voice"),
        "{failed}"
    );
    let silent = told(&voice(folder.path(), "true"));
    assert!(silent.contains("выдала не то"), "{silent}");
    let endless = told(&voice(
        folder.path(),
        "head -c 6000000 /dev/zero > \"$1\"; sleep 600",
    ));
    assert!(endless.contains("это не фраза"), "{endless}");
    let mut absent = voice(folder.path(), "");
    absent.command = vec!["no-such-voice".to_owned()];
    let absent = told(&absent);
    assert!(
        absent.contains("«no-such-voice» не запускается"),
        "{absent}"
    );
    let speech = voice(folder.path(), "cp \"$2\" \"$1\"");
    let long = Speaker::new(&speech).speak("ru", &"а".repeat(TEXT_MAX));
    assert!(matches!(long, Err(SpeakError::TooLong)));
}
