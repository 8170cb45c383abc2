"""What is agreed: event types, their schemas, who may open what, and how records are encoded."""
