"""The demo: a whole bus on one machine that plays a story and stops everything it started."""
