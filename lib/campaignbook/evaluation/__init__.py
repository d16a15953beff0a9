"""Designs: each turns a table or counts into estimates, checks and a level.

`spec` and `parts` are what a plan says; `designs` runs the one that it names.
"""
