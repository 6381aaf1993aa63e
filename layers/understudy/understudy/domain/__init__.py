"""The objects of the Assistants API as frozen models, and the rules about them. No I/O."""
