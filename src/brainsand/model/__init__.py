"""The nouns: small frozen records that the rooms hand to one another."""
