"""Learn, plan and evaluate social marketing and social media marketing campaigns."""

__version__ = "0.1.0"
