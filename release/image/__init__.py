"""Builds the image of the service without a daemon: Debian's packages, the pinned libraries, the wheel.

`root_folder.py` makes the files of the image, `archive.py` writes them as an image. It needs root, and Debian's
mmdebstrap and binutils. `deploy/Containerfile` gives the same content by an engine.
"""
