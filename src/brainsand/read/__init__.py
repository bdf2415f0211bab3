"""Reading: files in, arrays in HU on a true grid out, names left at the door."""
