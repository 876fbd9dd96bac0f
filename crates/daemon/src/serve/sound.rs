//! The media threads and the recorder, opened as the configuration says.
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use gudok_recorder::Recorder;
use gudok_sip::sdp::OwnMedia;
use gudok_store::Store;
use gudok_wire::media::{Media, MediaConfig};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::config::Config;
use crate::hotline::Sound;
use crate::hotline::audio::Capabilities;
use crate::metrics::Metrics;

/// The recorder's way to the hotline. At a start it tells of all that its journal holds, since it cannot know what the
/// last run still wrote down; what is on record already would stand in the call's story once more with every start.
pub(super) fn tell_once(
    recorded: mpsc::Sender<gudok_recorder::Event>,
    store: Store,
    office: Handle,
) -> gudok_recorder::OnEvent {
    Arc::new(move |event| {
        if let gudok_recorder::Event::Sealed(sealed) = &event
            && sealed.recovered
            && let (call, sha256) = (sealed.sidecar.call, &sealed.sidecar.sha256)
            && let Ok(true) = office.block_on(store.knows_recording(call, sha256))
        {
            return;
        }
        if recorded.try_send(event).is_err() {
            tracing::error!(
                "recorder: an event was lost; the next start tells it from the journal"
            );
        }
    })
}

pub(super) fn open_sound(
    config: &Config,
    clock: Clock,
    seed: &[u8; 32],
    recorded: gudok_recorder::OnEvent,
    capabilities: Capabilities,
    metrics: &Metrics,
) -> anyhow::Result<(Sound, mpsc::Receiver<gudok_media::control::Event>)> {
    std::fs::create_dir_all(&config.paths.recordings)?;
    let recorder = Recorder::start(&config.paths.recordings, recorded)?;
    let seed = u64::from_be_bytes(seed[..8].try_into().unwrap_or_default());
    let (bind, other) = config.media_addresses();
    let mut media = MediaConfig::new(bind, clock.epoch(), seed);
    media.other = other;
    media.ports = config.media.ports.first..=config.media.ports.last;
    media.silence = config.media.silence.0;
    media.learns = config.media.learn;
    media.pin &= config.media.pin;
    if config.media.workers > 0 {
        media.workers = config.media.workers;
    }
    let (media, events) = Media::start(media, |_| match recorder.sink() {
        Ok(sink) => Some(sink),
        Err(error) => {
            tracing::error!(%error, "recorder: a media thread is not recorded");
            None
        }
    })?;
    Ok((
        Sound::new(media, recorder, capabilities, metrics.clone()),
        events,
    ))
}

/// What our descriptions say and whom they believe.
pub(super) fn capabilities(config: &Config, signalling: &Arc<[SocketAddr]>) -> Capabilities {
    let own = |bound: IpAddr| OwnMedia {
        advertised: config.advertised_to(bound.is_ipv6()),
        bound,
        machine: machine_addresses(bound, signalling).into(),
        ports: (config.media.ports.first, config.media.ports.last),
        signalling: Arc::clone(signalling),
    };
    let (bound, other) = config.media_addresses();
    Capabilities {
        own: own(bound),
        other: other.map(own),
        learn: config.media.learn,
        operator_silence: config.media.operator_silence.0,
    }
}

/// The addresses at which sockets bound to these take what comes, where they are more than these. Taken once:
/// who gives the machine another address restarts the daemon.
fn machine_addresses(bound: IpAddr, signalling: &[SocketAddr]) -> Vec<IpAddr> {
    if !bound.is_unspecified() && !signalling.iter().any(|it| it.ip().is_unspecified()) {
        return Vec::new();
    }
    gudok_wire::media::machine_addresses().unwrap_or_else(|error| {
        tracing::warn!(
            %error,
            "the machine's addresses are not known, a call may name our own RTP ports: set media.address, or allow \
             AF_NETLINK in the unit's RestrictAddressFamilies"
        );
        Vec::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hotline::tests::Folder;

    #[test]
    fn behind_nat_our_ports_are_ours_at_the_machines_own_address() {
        let folder = Folder::new();
        let mut config = folder.config();
        config.sip.advertise = Some(IpAddr::from([203, 0, 113, 10]).into());
        let mut machine = |bound: [u8; 4]| {
            config.media.address = Some(IpAddr::from(bound).into());
            capabilities(&config, &[].into()).own.machine
        };
        let (everywhere, here) = ([0, 0, 0, 0], [127, 0, 0, 1]);
        assert!(machine(everywhere).contains(&here.into()));
        assert!(machine(here).is_empty(), "one address is all there is");
        let sip = [SocketAddr::from((everywhere, 5060))].into();
        let own = capabilities(&config, &sip).own;
        assert!(own.machine.contains(&here.into()), "for SIP");
    }
}
