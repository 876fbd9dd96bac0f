//! Answers that go out together: those to one peer are one call of the system, where each alone goes all the way through it.
use std::cmp::Reverse;
use std::net::SocketAddr;
use std::ops::Range;

use gudok_sip::endpoint::{Flow, Transport};

use super::segments::{SEGMENTS_MAX, segment_max};

/// Most answers that wait to go out; a full bundle is to be sent.
pub const BUNDLE_MAX: usize = 1_024;
/// Most bytes that a run has together: what the largest datagram over IPv4 carries.
const RUN_BYTES_MAX: usize = 65_507;

/// Answers that wait to go out, written one behind the other; steady work allocates nothing.
///
/// They may go out in any order, and after what is sent meanwhile: it is for answers of different transactions that leave
/// no state, such as refusals.
#[derive(Default, Debug)]
pub struct Bundle {
    text: String,
    answers: Vec<Answer>,
    /// The text up to here is of answers.
    end: usize,
}

#[derive(Clone, Debug)]
struct Answer {
    flow: Flow,
    place: Range<usize>,
}

impl Bundle {
    /// Where the next answer is to be written: behind what is there, which is to be left alone.
    pub fn room(&mut self) -> &mut String {
        // Of an answer that was not finished.
        self.text.truncate(self.end);
        &mut self.text
    }

    /// What was written since goes there.
    pub fn add(&mut self, flow: Flow) {
        let place = self.end..self.text.len();
        self.end = place.end;
        self.answers.push(Answer { flow, place });
    }

    /// Whether nothing waits to go out.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Whether no more may wait.
    pub fn is_full(&self) -> bool {
        self.answers.len() >= BUNDLE_MAX
    }

    /// Takes everything out: datagrams in runs, each to one peer and so that the system can cut it into its datagrams by
    /// their length; and what goes over flows, one by one.
    pub(super) fn empty(&mut self, mut send: impl FnMut(Flow, &[&[u8]])) {
        let mut answers = std::mem::take(&mut self.answers);
        answers.sort_unstable_by_key(|it| (it.flow.remote, Reverse(it.place.len())));
        let bytes = self.text.as_bytes();
        let mut run = [&b""[..]; SEGMENTS_MAX];
        let mut rest = answers.as_slice();
        while let Some(first) = rest.first() {
            let count = run_of(rest);
            for (answer, part) in rest.iter().zip(&mut run).take(count) {
                *part = &bytes[answer.place.clone()];
            }
            send(first.flow, &run[..count]);
            rest = &rest[count..];
        }
        answers.clear();
        self.answers = answers;
        self.text.clear();
        self.end = 0;
    }
}

/// How many of the next answers are one run: to one peer, of one length each, and a shorter one at the end.
fn run_of(answers: &[Answer]) -> usize {
    let Flow {
        transport, remote, ..
    } = answers[0].flow;
    let each = answers[0].place.len();
    // To no port nothing is sent, which says nothing of what the system can do.
    let is_lost = remote.port() == 0 || each == 0;
    if transport != Transport::Udp || is_lost || each > segment_max(remote) {
        return 1;
    }
    let most = SEGMENTS_MAX.min(RUN_BYTES_MAX / each);
    let fits = |answer: &&Answer| is_to(answer, transport, remote) && answer.place.len() == each;
    let same = answers.iter().take(most).take_while(fits).count();
    let shorter = answers.get(same).filter(|_| same < most);
    same + usize::from(shorter.is_some_and(|answer| is_to(answer, transport, remote)))
}

fn is_to(answer: &Answer, transport: Transport, remote: SocketAddr) -> bool {
    answer.flow.transport == transport && answer.flow.remote == remote
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(transport: Transport, last: u8) -> Flow {
        Flow {
            transport,
            local: ([192, 0, 2, 1], 5060).into(),
            remote: ([203, 0, 113, last], 5060).into(),
            connection: 0,
        }
    }

    /// The runs by who they go to and the lengths in them.
    fn runs(bundle: &mut Bundle) -> Vec<(SocketAddr, Vec<usize>)> {
        let mut runs = Vec::new();
        bundle.empty(|flow, run| {
            runs.push((flow.remote, run.iter().map(|part| part.len()).collect()));
        });
        runs
    }

    fn held(answers: &[(Flow, usize)]) -> Bundle {
        let mut bundle = Bundle::default();
        for (flow, length) in answers {
            bundle.room().push_str(&"x".repeat(*length));
            bundle.add(*flow);
        }
        bundle
    }

    #[test]
    fn answers_to_one_peer_are_runs_of_one_length_with_a_shorter_one_at_the_end() {
        let (one, other) = (flow(Transport::Udp, 1), flow(Transport::Udp, 2));
        let mut bundle = held(&[
            (one, 450),
            (other, 451),
            (one, 449),
            (one, 450),
            (one, 449),
            (one, 450),
        ]);
        let wanted = vec![
            (one.remote, vec![450, 450, 450, 449]),
            (one.remote, vec![449]),
            (other.remote, vec![451]),
        ];
        assert_eq!(runs(&mut bundle), wanted);
        assert!(bundle.is_empty() && runs(&mut bundle).is_empty());
    }

    #[test]
    fn what_goes_over_a_connection_or_fills_a_packet_goes_alone() {
        let (tcp, udp) = (flow(Transport::Tcp, 1), flow(Transport::Udp, 1));
        let mut bundle = held(&[(tcp, 9), (tcp, 9), (udp, 1_473), (udp, 1_473), (udp, 0)]);
        assert!(runs(&mut bundle).iter().all(|(_, run)| run.len() == 1));
        let mut bundle = held(&vec![(udp, 1_472); 100]);
        let sizes: Vec<usize> = runs(&mut bundle).iter().map(|(_, run)| run.len()).collect();
        assert_eq!(sizes, [44, 44, 12], "as many as a datagram carries");
        let mut bundle = held(&vec![(udp, 10); 100]);
        let sizes: Vec<usize> = runs(&mut bundle).iter().map(|(_, run)| run.len()).collect();
        assert_eq!(sizes, [SEGMENTS_MAX, 100 - SEGMENTS_MAX]);
    }

    #[test]
    fn an_answer_that_was_not_finished_is_nobodys() {
        let mut bundle = Bundle::default();
        bundle.room().push_str("half an ans");
        bundle.room().push_str("whole");
        bundle.add(flow(Transport::Udp, 1));
        let mut sent = Vec::new();
        bundle.empty(|_, run| sent.push(run.concat()));
        assert_eq!(sent, [b"whole"]);
    }

    #[test]
    fn a_full_bundle_says_so() {
        let mut bundle = held(&vec![(flow(Transport::Udp, 1), 9); BUNDLE_MAX - 1]);
        assert!(!bundle.is_full() && !bundle.is_empty());
        bundle.add(flow(Transport::Udp, 1));
        assert!(bundle.is_full());
    }
}
