"""Designs: each turns a table or counts into estimates, checks and a level."""
