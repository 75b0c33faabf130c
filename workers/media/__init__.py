"""Streams to chunks, chunks to frames, chunks to clips."""
