"""The version, read by the package build and by querist itself."""

__version__ = "0.1.0"
