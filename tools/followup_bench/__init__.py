"""How often does comparing two scans see a change that is not there, and how often one that is?"""
