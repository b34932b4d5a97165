"""Catchments: the areas of the service and the contracts of their providers."""
