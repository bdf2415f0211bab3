"""How well is anatomy found, and calcium in it? Measured on virtual patients, whose truth is known."""
