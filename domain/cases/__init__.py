"""Cases: one module for each thing that people do with the case of a student."""
