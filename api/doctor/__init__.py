"""The doctor: looks at a running deployment from outside, and says what is wrong and what to do."""
