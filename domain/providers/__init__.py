"""Providers: who gives the service, in a catchment or inside a school."""
