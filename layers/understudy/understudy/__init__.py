"""What the functions of Understudy share: the domain, the ports, and what stands behind them."""
