"""Real clients and judges with no model behind them, each in an environment of its own."""
