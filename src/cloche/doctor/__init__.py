"""The doctor: proves each wall by trying to cross it, and says what to do where one is missing."""
