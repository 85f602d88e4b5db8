"""What the loudspeaker put into the microphone, taken out again."""
