"""Workers: the OS processes that hold one guest each."""
