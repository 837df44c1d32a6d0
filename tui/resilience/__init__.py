"""What stands between a turn and a model that fails: each module is one mechanism and knows none of the others.

None of them waits, reads the machine's clock or draws random numbers on its own: time and chance are arguments, waits
are returned as seconds. The engine puts the mechanisms together.
"""
