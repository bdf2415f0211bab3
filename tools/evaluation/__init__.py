"""How well does the ranking do on published patients? The tables of ``docs/evaluation.md``, printed by one command."""
