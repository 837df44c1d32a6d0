"""Tools: what models can do with the files and programs of a project."""
