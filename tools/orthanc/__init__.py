"""A real Orthanc on loopback, and the node tried against it: ``python -m orthanc demo kill many``."""
