"""Python types of the records, generated from the schemas."""
