"""How true are the measures? Virtual scans of known calcium, measured, with the error and its stated doubt."""
