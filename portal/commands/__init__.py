"""The operator's commands, one module per noun; `portal.cli` puts them together."""
