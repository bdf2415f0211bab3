"""The cohort tried: does killed work resume to the same bytes, what does it cost, is the group level right?"""
