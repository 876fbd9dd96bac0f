"""SIPp as the carrier and as every operator's phone: starts it, reads its logs."""
import re
import subprocess
import time
from pathlib import Path

import recordings
from register import register
from servers import free_port, stop

HERE = Path(__file__).parent
# The first caller's number; the next ones follow.
FIRST_CALLER = 79990000000


class Generator:
    """One row's phones and callers."""

    def __init__(self, folder, media):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        self.media = media
        self.phones_port = free_port()
        self.phones_address = f"127.0.0.1:{self.phones_port}"
        self.phones = self.callers = None

    def register(self, target, operators):
        """Registers each operator's phone with digest."""
        register(target, self.phones_port, operators)

    def open_phones(self, target):
        """The phones answer from now on."""
        scenario = self._scenario("phone.xml", recordings.OPERATOR)
        self.phones = self._sipp("phone", target, self.phones_port, ["-sf", scenario, "-rtp_threadtasks", 100])
        time.sleep(0.5)

    def call(self, target, load):
        """The calls of the row begin."""
        calls, rate, hold = load.calls, load.rate, load.hold
        self._csv("callers.csv", [str(FIRST_CALLER + number) for number in range(calls)])
        scenario = self._scenario("caller.xml", recordings.CALLER)
        limit = int(calls / rate + hold + 60)
        self.callers = self._sipp("caller", target, free_port(), [
            "-sf", scenario, "-inf", "callers.csv", "-s", load.dialled, "-r", rate, "-l", load.most, "-m", calls,
            "-d", int(hold * 1000), "-rtp_threadtasks", 100, "-timeout", limit, "-timeout_error"])

    def pids(self):
        """Of both SIPp."""
        return [process.pid for process in (self.phones, self.callers) if process]

    def is_calling(self):
        """Whether callers are at work."""
        return self.callers.poll() is None

    def close(self):
        """Ends what still runs."""
        for process in (self.callers, self.phones):
            if process:
                stop(process, 3)

    def times(self):
        """{event: {caller: seconds since the epoch}}; events INV ANS END of the caller, PINV PACK of the phone."""
        out = {event: {} for event in ("INV", "ANS", "END", "PINV", "PACK")}
        for name in ("caller.log", "phone.log"):
            path = self.folder / name
            for line in path.open(errors="replace") if path.exists() else ():
                if found := re.match(r"([CP]) (\w+) \+?(\d+) .*?(\d{9,}\.\d+)", line):
                    side, event, caller, at = found.groups()
                    out[event if side == "C" else f"P{event}"].setdefault(caller, float(at))
        return out

    def _scenario(self, name, frequency):
        """The scenario with or without audio, in the row's folder."""
        tone = self.folder / f"{frequency}.al"
        tone.write_bytes(recordings.alaw_tone(frequency))
        stream = f'<nop><action><exec rtp_stream="{tone},-1,8,PCMA/8000"/></action></nop>'
        port = "[rtpstream_audio_port]" if self.media else "[media_port]"
        text = (HERE / "scenarios" / name).read_text()
        path = self.folder / name
        path.write_text(text.replace("{port}", port).replace("{stream}", stream if self.media else ""))
        return path

    def _csv(self, name, rows):
        (self.folder / name).write_text("\n".join(["SEQUENTIAL", *rows, ""]))

    def _sipp(self, name, target, port, arguments):
        command = ["sipp", target, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", port, "-nostdin", "-buff_size", 1 << 20,
                   "-trace_err", "-error_file", f"{name}.err", "-trace_logs", "-log_file", f"{name}.log", *arguments]
        with open(self.folder / f"{name}.out", "w") as out:
            return subprocess.Popen(list(map(str, command)), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
