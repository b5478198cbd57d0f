"""A recording's window becomes a film: MP4, picture, and boundary segments without what lies outside.

The only part of the product that needs PyAV; it runs in a Lambda of its own. What goes in are stored HLS segments
(MPEG-TS of H.264 without B-frames and AAC) and a `showrunner.cut.Cut`; what comes out goes to a sink.
"""
