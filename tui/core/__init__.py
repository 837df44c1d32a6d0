"""The vocabulary every other room speaks: events, commands, chat, errors, foreign text, secrets, ids, clock.

Imports the standard library only.
"""
