"""Where people and programs come in: HTTP, pages, command line, settings, composition root."""
