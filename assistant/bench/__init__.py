"""What `assistant bench NAME` measures. Nothing here decides whether a figure is good."""
