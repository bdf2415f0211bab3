"""The application: a worklist, a viewer, corrections and a ranking that moves as facts come in.

Needs ``pip install "brainsand[web]"``. Put together in ``app.py``; analyses run through ``jobs``, never here.
"""
