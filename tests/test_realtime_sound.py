"""Sound on the realtime socket: formats, the pace at which it is sent, and how much of it has been heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from itertools import pairwise

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.config import load_profile
from assistant.serve.errors import RequestError
from assistant.serve.realtime import g711
from assistant.serve.realtime.adaptation import turn_taking
from assistant.serve.realtime.audio_formats import FormatName, Incoming, Outgoing, decoded, encoded
from assistant.serve.realtime.card import SocketCard
from assistant.serve.realtime.client_player import ClientPlayer
from assistant.serve.realtime.session_config import SemanticVad, ServerVad
from assistant.serve.realtime.shape import checked
from assistant.turns.settings import TurnTakingSettings
from assistant.virtual_clock import run
from models.types import Audio

RATE = 24_000


def tone(duration_s: float, rate_hz: int = RATE) -> Audio:
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    return Audio((0.5 * np.sin(2 * np.pi * 440 * time_s)).astype(np.float32), rate_hz)


@pytest.mark.parametrize(("law", "codec"), [("mu", "pcm_mulaw"), ("A", "pcm_alaw")])
def test_telephone_codes_mean_what_ffmpeg_says_that_they_mean(law: g711.Law, codec: str) -> None:
    decoder = av.CodecContext.create(codec, "r")
    decoder.sample_rate, decoder.layout = 8000, "mono"
    every_code = bytes(range(256))
    theirs = decoder.decode(av.Packet(every_code))[0].to_ndarray().ravel()
    ours = g711.decode(every_code, law) * 32768
    assert np.array_equal(ours, theirs)
    again = g711.decode(g711.encode(ours.astype(np.float32) / 32768, law), law) * 32768
    assert np.array_equal(again, theirs)
    samples = np.linspace(-1.2, 1.2, 10_001, dtype=np.float32)
    errors = np.abs(g711.decode(g711.encode(samples, law), law) - samples.clip(ours.min() / 32768, ours.max() / 32768))
    assert np.all(errors <= 0.032 * np.abs(samples) + 0.001)


@settings(deadline=None)  # the first use of a codec loads it
@given(st.lists(st.integers(0, 5000), max_size=6), st.sampled_from(["audio/pcm", "audio/pcmu", "audio/pcma"]))
def test_sound_may_be_cut_anywhere(cuts: list[int], name: FormatName) -> None:
    sent = encoded(tone(0.2), name)
    edges = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    incoming = Incoming(name)
    pieces = [incoming.feed(sent[start:end]).samples for start, end in pairwise(edges)]
    whole = np.concatenate([*pieces, incoming.flush().samples])
    assert np.array_equal(whole, decoded(sent, name).samples)
    assert len(whole) == 3200


def test_what_is_sent_piece_by_piece_is_the_same_sound() -> None:
    outgoing = Outgoing("audio/pcmu")
    sound = tone(0.5)
    pieces = [outgoing.feed(sound.between(start, start + 0.1)) for start in (0, 0.1, 0.2, 0.3, 0.4)]
    assert b"".join([*pieces, outgoing.flush()]) == encoded(sound, "audio/pcmu")


def test_a_client_plays_what_it_has_by_the_clock_until_it_says_more() -> None:
    player = ClientPlayer(1000)
    player.advance(10.0)
    player.sent(500)
    assert player.advance(10.2) == 200
    assert player.advance(11.0) == 300
    player.begin()
    player.sent(1000)
    player.report(100, 11.1)
    assert player.unplayed_samples == 900
    player.advance(15.0)
    assert player.unplayed_samples == 600  # it has said nothing for long: perhaps it has stopped
    player.advance(17.0)
    player.advance(17.2)
    assert player.unplayed_samples < 600  # it will not say anything more
    player.forget()
    assert player.unplayed_samples == 0


def test_sound_is_sent_ahead_of_its_time_and_not_faster() -> None:
    async def play() -> None:
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        card = SocketCard(lambda audio: sent.append((loop.time() - start_s, len(audio.samples))), 0.25)
        playing = asyncio.create_task(card.play())
        await asyncio.sleep(1.0)
        begun_s = loop.time() - start_s
        card.playback.start()
        card.playback.put(tone(3.0))
        await asyncio.sleep(2.0)
        for at_s in {at_s for at_s, _ in sent}:
            ahead_s = sum(n_samples for then_s, n_samples in sent if then_s <= at_s) / RATE - (at_s - begun_s)
            assert 0.2 < ahead_s < 0.25 + 0.081  # the next of it is due in one tick, of up to two
        assert card.playback.played_samples / RATE == pytest.approx(2.0, abs=0.09)
        assert card.playback.taken_samples - card.playback.played_samples >= 0.2 * RATE
        card.playback.hold()
        await asyncio.sleep(1.0)
        held = len(sent)
        await asyncio.sleep(1.0)
        assert len(sent) == held
        assert card.playback.waiting_s > 0.3
        card.playback.resume()
        await asyncio.sleep(2.0)
        assert card.playback.waiting_s == 0.0
        assert sum(n_samples for _, n_samples in sent) == 3 * RATE
        playing.cancel()

    sent: list[tuple[float, int]] = []
    run(play())


@asynccontextmanager
async def after_a_reply_was_thrown_away(send: Callable[[Audio], None]) -> AsyncIterator[SocketCard]:
    """A client of 0.8 s that was sent the beginning of three seconds, and has forgotten them."""
    card = SocketCard(send, 0.8)
    card.has_echo = True
    playing = asyncio.create_task(card.play())
    card.playback.start()
    card.playback.put(tone(3.0))
    await asyncio.sleep(0.1)
    card.playback.stop()
    card.forget()
    yield card
    playing.cancel()


def test_what_a_client_has_thrown_away_does_not_delay_the_next_reply() -> None:
    async def play() -> None:
        sent: list[int] = []
        async with after_a_reply_was_thrown_away(lambda audio: sent.append(len(audio.samples))) as card:
            sent.clear()
            card.playback.start()
            card.playback.put(tone(3.0))
            await asyncio.sleep(0.1)
            assert sum(sent) >= 0.8 * RATE  # all that it may be ahead, at once: nothing of the first is still to play

    run(play())


def test_what_a_client_has_thrown_away_is_no_echo() -> None:
    async def hear() -> None:
        async with after_a_reply_was_thrown_away(lambda _: None) as card:
            await card.arrive(Audio(np.zeros(8_000, np.float32), 16_000))
            async with aclosing(card.frames()) as frames:
                heard = [await anext(frames) for _ in range(15)]
            assert not any(np.any(frame.loudspeaker.samples) for frame in heard)

    run(hear())


def test_a_microphone_that_falls_silent_is_taken_for_silence_but_not_between_large_pieces() -> None:
    async def hear() -> None:
        card = SocketCard(lambda _: None, 0.25)
        heard: list[float] = []

        async def listen() -> None:
            async for frame in card.frames():
                heard.extend(frame.microphone.samples)

        listening = asyncio.create_task(listen())
        for _ in range(4):
            await card.arrive(Audio(np.ones(8000, np.float32), 16_000))
            await asyncio.sleep(0.6)  # a little late, as networks are
        assert min(heard) == 1.0
        await asyncio.sleep(20.0)
        assert heard[-1] == 0.0
        assert 12.0 <= (len(heard) - 32_000) / 16_000 <= 13.0
        assert card.heard_ms == 2000
        assert card.between(500, 1500).duration_s == 1.0
        listening.cancel()

    run(hear())


_TURN_DETECTION = st.builds(
    dict,
    type=st.just("server_vad"),
    threshold=st.floats(0.001, 0.999),
    prefix_padding_ms=st.integers(0, 3000),
    silence_duration_ms=st.integers(100, 10_000),
)


@given(_TURN_DETECTION)
def test_every_fixed_silence_can_be_had(wanted: dict[str, object]) -> None:
    settings = turn_taking(load_profile("embedded").turn_taking, checked(ServerVad, wanted))
    assert settings.complete_silence_s == settings.incomplete_silence_s == settings.unjudged_silence_s


def test_who_is_less_eager_waits_longer() -> None:
    def waits_s(eagerness: str) -> float:
        wanted = checked(SemanticVad, {"type": "semantic_vad", "eagerness": eagerness})
        return turn_taking(TurnTakingSettings(), wanted).incomplete_silence_s

    assert waits_s("high") < waits_s("auto") == waits_s("medium") < waits_s("low")
    assert waits_s("auto") == TurnTakingSettings().incomplete_silence_s


def test_turn_detection_that_contradicts_the_profile_is_refused() -> None:
    patient = TurnTakingSettings(split_after_s=6.0, longest_utterance_s=7.0)
    with pytest.raises(RequestError, match="split_after_s"):
        turn_taking(patient, checked(ServerVad, {"type": "server_vad", "silence_duration_ms": 5000}))
