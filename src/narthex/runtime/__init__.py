"""Time, threads, files, chance: the seams between Narthex and the machine, which tests replace."""
