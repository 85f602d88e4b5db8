"""Named weights: the catalogue, where they come from, and the store on this machine."""
