"""The DICOM node: scans come in over the network, wait until they are whole, and their results go back."""
