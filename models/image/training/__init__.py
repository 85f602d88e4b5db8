"""How the embedded image model is made: from an emoji font to a folder that diffusers loads. See `pipeline`."""
