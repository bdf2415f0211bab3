"""Trains the parcellation network on virtual CTs of the heads the atlas is made of.

    PYTHONPATH=src:tools python -m train_parcellation --heads ../shared/data/head_labels --minutes 120

Needs torch and onnx (dependency group ``train``). The heads held out of the atlas are held out here too.
"""
