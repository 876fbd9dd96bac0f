//! Ways that end in silence, go round, or are heard by nobody.
use super::{GOOD, instead, refused, with};

#[test]
fn a_call_may_not_end_in_silence() {
    insta::assert_snapshot!(instead("on_timeout = \"night\"\n", ""), @r#"
    missing_exit

      × нет выхода «on_timeout»: здесь звонок кончился бы молчанием
        ╭─[8800.toml:27:1]
     26 │ [[flow.main]]
     27 │ queue = "tech"
        · ─────
     28 │ wait = "60s"
        ╰────

      добавьте on_timeout = "ветка"; есть ветки: main, night
      [en] missing exit `on_timeout`: the call would end in silence
      add on_timeout = "flow"; there are flows: main, night
    "#);
    insta::assert_snapshot!(instead("close = [\"night_closed\"]\nreason = \"night\"", "play = [\"night_closed\"]"), @r#"
    silent_end

      × после этого шага ветка «night» кончается молчанием
        ╭─[8800.toml:34:1]
     33 │ [[flow.night]]
     34 │ play = ["night_closed"]
        · ────
        ╰────

      закончите очередью (queue), внешним номером (external), закрывающей фразой (close), обещанием
      перезвонить (callback), переходом (goto) или hangup с allow_hangup
      [en] flow `night` ends in silence after this step
      end it with `queue`, `external`, `close`, `callback`, `goto` or `hangup` with `allow_hangup`
    "#);
    let voicemail = "voicemail = [\"voicemail_intro\"]";
    insta::assert_snapshot!(instead("close = [\"night_closed\"]\nreason = \"night\"", voicemail), @r#"
    silent_end

      × после этого шага ветка «night» кончается молчанием
        ╭─[8800.toml:34:1]
     33 │ [[flow.night]]
     34 │ voicemail = ["voicemail_intro"]
        · ─────────
        ╰────

      закончите очередью (queue), внешним номером (external), закрывающей фразой (close), обещанием
      перезвонить (callback), переходом (goto) или hangup с allow_hangup
      [en] flow `night` ends in silence after this step
      end it with `queue`, `external`, `close`, `callback`, `goto` or `hangup` with `allow_hangup`
    "#);
    insta::assert_snapshot!(instead("close = [\"night_closed\"]\nreason = \"night\"", "hangup = true"), @r#"
    bare_hangup

      × повесить трубку молча нельзя без названной причины
        ╭─[8800.toml:34:1]
     33 │ [[flow.night]]
     34 │ hangup = true
        · ──────
        ╰────

      назовите причину: allow_hangup = "spam", или попрощайтесь: close = ["goodbye"]
      [en] a bare hang-up needs a named reason
      name the reason: allow_hangup = "spam", or say goodbye: close = ["goodbye"]
    "#);
    let condition =
        "when = 'caller.anonymous'\nthen = [{ close = [\"goodbye\"], reason = \"anonymous\" }]";
    insta::assert_snapshot!(instead("close = [\"night_closed\"]\nreason = \"night\"", condition), @r#"
    silent_end

      × после этого шага ветка «night» кончается молчанием
        ╭─[8800.toml:34:1]
     33 │ [[flow.night]]
     34 │ when = 'caller.anonymous'
        · ────
     35 │ then = [{ close = ["goodbye"], reason = "anonymous" }]
        ╰────

      закончите очередью (queue), внешним номером (external), закрывающей фразой (close), обещанием
      перезвонить (callback), переходом (goto) или hangup с allow_hangup
      [en] flow `night` ends in silence after this step
      end it with `queue`, `external`, `close`, `callback`, `goto` or `hangup` with `allow_hangup`
    "#);
}

#[test]
fn ways_that_are_wrong() {
    insta::assert_snapshot!(with("[[flow.night]]\nplay = [\"goodbye\"]\n"), @r#"
    unreachable

      × до этого шага звонок никогда не дойдёт: предыдущий шаг уводит его навсегда
        ╭─[8800.toml:37:1]
     36 │ [[flow.night]]
     37 │ play = ["goodbye"]
        · ────
        ╰────

      уберите шаг или перенесите его выше
      [en] no call gets to this step
      remove the step or move it up
    "#);
    insta::assert_snapshot!(instead("close = [\"night_closed\"]\nreason = \"night\"", "goto = \"night\""), @r#"
    endless

      × бесконечный круг через ветку «night»: в нём никто не ждёт и ничего не звучит
        ╭─[8800.toml:34:1]
     33 │ [[flow.night]]
     34 │ goto = "night"
        · ────
        ╰────

      добавьте в круг фразу или очередь или уберите goto
      [en] an endless circle through flow `night`
      add a prompt or a queue to the circle, or remove the goto
    "#);
    let round = "play = [\"night_closed\"]\n[[flow.night]]\ngoto = \"main\"";
    insta::assert_snapshot!(instead("close = [\"night_closed\"]\nreason = \"night\"", round), @r#"
    circle

      ⚠ звонок может ходить по кругу через ветку «main»
        ╭─[8800.toml:16:1]
     15 │ [[flow.main]]
     16 │ play = ["greeting", "notice"]
        · ────
     17 │ notice = true
        ╰────

      круг оборвётся после 200 шагов закрывающей фразой
      [en] a call can go round through flow `main`
      after 200 steps the circle is cut by the closing message
    "#);
    insta::assert_snapshot!(with("[[flow.lonely]]\ngoto = \"main\"\n[group.idle]\noperators = [\"9\"]\n"), @r#"
    unused

      ⚠ в ветку «lonely» не ведёт ни один номер
        ╭─[8800.toml:36:8]
     35 │ reason = "night"
     36 │ [[flow.lonely]]
        ·        ──────
     37 │ goto = "main"
        ╰────

      [en] no number leads to flow `lonely`

    unused

      ⚠ в группу «idle» не ведёт ни одна очередь
        ╭─[8800.toml:38:8]
     37 │ goto = "main"
     38 │ [group.idle]
        ·        ────
     39 │ operators = ["9"]
        ╰────

      [en] no queue leads to group `idle`
    "#);
    insta::assert_snapshot!(instead("queue = \"tech\"", "queue = \"tech\"\nexternal = \"+79990000101\""), @r#"
    two_actions

      × в одном шаге и «queue», и «external»
        ╭─[8800.toml:28:1]
     27 │ queue = "tech"
     28 │ external = "+79990000101"
        · ────────
     29 │ wait = "60s"
        ╰────

      один шаг делает одно дело: начните второй с новой строки [[flow.…]]
      [en] both `queue` and `external` in one step
      a step does one thing: begin the second with a line [[flow.…]] of its own
    "#);
}

#[test]
fn nobody_is_recorded_who_was_not_told() {
    insta::assert_snapshot!(instead("notice = true", "notice = false"), @r#"
    no_notice

      × номер «+78001234567»: до разговора можно дойти без уведомления о записи
        ╭─[8800.toml:27:1]
     26 │ [[flow.main]]
     27 │ queue = "tech"
        · ─────
     28 │ wait = "60s"
        ╰────

      проиграйте его раньше: play = ["notice"] с notice = true; или поставьте номеру record = "off"
      [en] 8800.toml:2:1: a talk can be reached without the recording notice
      play it earlier: play = ["notice"] with notice = true; or set record = "off" for the number
    "#);
    let direct = instead(
        "flow = \"main\"",
        "record = \"from_answer\"\nflow = \"main\"",
    );
    assert_eq!(direct, "");
}

#[test]
fn nothing_is_played_before_the_answer() {
    let ring = "answer = \"ring\"\nrecord = \"off\"\nflow = \"main\"";
    insta::assert_snapshot!(instead("flow = \"main\"", ring), @r#"
    play_before_answer

      × номер «+78001234567» ещё не снял трубку (answer = "ring"): фразу никто не услышит
        ╭─[8800.toml:18:1]
     17 │ [[flow.main]]
     18 │ play = ["greeting", "notice"]
        · ────
     19 │ notice = true
        ╰────

      поставьте номеру answer = "answer" или "early_media" или уберите фразу
      [en] 8800.toml:2:1: nothing can be played before the answer
      set answer = "answer" or "early_media" for the number, or remove the prompt
    "#);
}

#[test]
fn an_announcement_says_something_and_to_somebody_who_hears() {
    insta::assert_snapshot!(instead(
        "wait = \"60s\"",
        "wait = \"60s\"\nannounce = { every = \"30s\" }"
    ));
    insta::assert_snapshot!(instead(
        "wait = \"60s\"",
        "wait = \"60s\"\nannounce = { postion = true, every = \"2s\" }"
    ));
    insta::assert_snapshot!(instead(
        "schedule = \"office\"",
        "locale = \"eng\"\nschedule = \"office\""
    ));
    let rings = GOOD
        .replace(
            "play = [\"greeting\", \"notice\"]\nnotice = true\n\n[[flow.main]]\n",
            "",
        )
        .replace(
            "flow = \"main\"",
            "flow = \"main\"\nanswer = \"ring\"\nrecord = \"off\"",
        )
        .replace(
            "wait = \"60s\"",
            "wait = \"60s\"\nannounce = { position = true }",
        );
    insta::assert_snapshot!(refused(&rings));
}
