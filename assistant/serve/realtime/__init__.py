"""The OpenAI realtime protocol, as it is generally available: events on a socket <-> a conversation.

Understood: session.update · input_audio_buffer.append, commit, clear · conversation.item.create, retrieve, delete,
truncate · response.create, cancel · and one of ours, `assistant.played`.

Sent: session.created, updated · input_audio_buffer.speech_started, speech_stopped, timeout_triggered, committed,
cleared · conversation.item.added, done, retrieved, deleted, truncated, input_audio_transcription.delta, completed,
failed · response.created, done, output_item.added, done, content_part.added, done, output_audio.delta, done,
output_audio_transcript.delta, done, output_text.delta, done, function_call_arguments.delta, done ·
rate_limits.updated · error · and those of `extensions`.

Sound is audio/pcm at 24 kHz, audio/pcmu or audio/pcma. A conversation is a `LiveSession` whose sound card is the
socket: turns are taken, replies interrupted, and commands and pictures understood as at a microphone. What is different
from OpenAI: `semantic_vad` is the default, transcription is on, a reply is sent some 0.25 s ahead of its playing and
not all at once, an utterance that makes no turn is deleted again, and a goodbye ends the connection. Not there:
transcription sessions, pictures as input, MCP tools, stored prompts, log probabilities.
"""
