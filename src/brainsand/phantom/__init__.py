"""Virtual heads with known deposits, and the scanner that images them."""
