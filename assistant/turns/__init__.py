"""Whose turn it is: decisions without input, output or clock."""
