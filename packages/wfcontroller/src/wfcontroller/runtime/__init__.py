"""Drives programs: queue, timers, list+watch, workers.  It decides nothing about workflows."""
