"""Tools for the web application: its pictures, and how it stands up to many people."""
