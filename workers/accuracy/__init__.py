"""The accuracy bank: the engine over labelled clips, scored, and compared with the last time."""
