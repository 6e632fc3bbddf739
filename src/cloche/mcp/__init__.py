"""What clients see: the FastMCP application and its tools."""
