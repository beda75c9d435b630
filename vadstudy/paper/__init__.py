"""The paper: notebooks executed headlessly, the report made of what they wrote, and the pages."""
